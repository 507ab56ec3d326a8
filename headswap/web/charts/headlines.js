/**
 * The one or two results that matter, in large letters.
 *
 * @typedef {{name: string, big: string, says: string, loud: boolean}} Card a loud one has a thick frame and a sign
 * @typedef {Titled & {kind: "headlines", cards: Card[]}} HeadlinesSpec
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, say } from "../elements.js";
import { frame } from "./frame.js";

const SPACE = "\u00a0";

/** A result in one line: no break inside of it. @param {string} text */
const whole = (text) => text.replaceAll(" ", SPACE);
/** Words whose percent signs stay with their numbers. @param {string} text */
const kept = (text) => text.replace(/(\d) %/g, `$1${SPACE}%`);

/** A card made once and painted often. */
function cardPart() {
  const [name, says] = ["name", "says"].map((what) => h("span", { class: `hs-result-${what}` }));
  const big = h("strong");
  const root = h("li", { class: "hs-result" }, name, big, says);
  const paint = (/** @type {Card} */ card) => {
    say(name, kept(card.name));
    say(big, whole(card.big));
    say(says, kept(card.loud ? `⚠${SPACE}${card.says}` : card.says));
    put(root, { "data-loud": card.loud });
  };
  return { root, paint };
}

/** @param {Place} place */
export function headlines(place) {
  const list = h("ul", { class: "hs-results", role: "list", "aria-live": "polite" });
  const { root, entitle } = frame(place, list);
  /** @type {ReturnType<typeof cardPart>[]} */
  let made = [];
  const paint = (/** @type {HeadlinesSpec} */ spec) => {
    entitle(spec);
    put(list, { "aria-label": spec.title });
    if (made.length !== spec.cards.length) {
      made = spec.cards.map(cardPart);
      list.replaceChildren(...made.map((one) => one.root));
    }
    spec.cards.forEach((card, i) => made[i].paint(card));
  };
  return { root, paint };
}
