/**
 * The one to three numbers that matter, large, each with what it is; and a sentence about them.
 *
 * @typedef {{name: string, value: string, says: string, yours?: string, agrees?: boolean}} Figure `yours` is what the
 *   learner's own function says of the same
 * @typedef {Titled & {kind: "numbers", items: Figure[], text: string}} NumbersSpec
 * @import {Place, Titled} from "./frame.js"
 */

import { h, say } from "../elements.js";
import { frame } from "./frame.js";

/** What the learner's own number is, and whether it is the same. @param {Figure} figure */
export function yoursText({ yours, agrees }) {
  if (!yours) return "";
  return agrees === undefined ? `yours: ${yours}` : `yours: ${yours} ${agrees ? "✓ the same" : "✗ not the same"}`;
}

/** @param {Figure} figure */
function figureNode(figure) {
  const yours = yoursText(figure);
  return h("div", { class: "hs-figure", role: "listitem" },
    ...(figure.name ? [h("p", { class: "hs-figure-name" }, figure.name)] : []),
    h("p", { class: "hs-large" }, figure.value), h("p", { class: "hs-hint" }, figure.says),
    ...(yours ? [h("p", { class: `hs-yours${figure.agrees === false ? " hs-off" : ""}` }, yours)] : []));
}

/** @param {Place} place */
export function numbers(place) {
  const list = h("div", { class: "hs-figures", role: "list" });
  const text = h("p");
  const { root, entitle } = frame(place, list, text);
  const paint = (/** @type {NumbersSpec} */ spec) => {
    entitle(spec);
    list.replaceChildren(...spec.items.map(figureNode));
    text.hidden = !spec.text;
    say(text, spec.text);
  };
  return { root, paint };
}
