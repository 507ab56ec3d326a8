/**
 * The one, two or three numbers that matter, large, each with its words; and a sentence about them.
 *
 * @typedef {[string, string]} Item a number, and what it is
 * @typedef {Titled & {kind: "numbers", items: Item[], text: string}} NumbersSpec
 * @import {Place, Titled} from "./frame.js"
 */

import { h, say } from "../elements.js";
import { frame } from "./frame.js";

/** @param {Item} item */
const itemNode = ([number, what]) => h("div", { class: "hs-n-item" },
  h("span", { class: "hs-n-number" }, number), h("span", { class: "hs-n-what" }, what));

/** @param {Place} place */
export function numbers(place) {
  const [list, text] = [h("div", { class: "hs-n-items" }), h("p", { class: "hs-n-text" })];
  const { root, entitle } = frame(place, list, text);
  const paint = (/** @type {NumbersSpec} */ spec) => {
    entitle(spec);
    list.replaceChildren(...spec.items.map(itemNode));
    text.hidden = !spec.text;
    say(text, spec.text);
  };
  return { root, paint };
}
