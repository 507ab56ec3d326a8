/**
 * How surprised a language model is at each byte of a text, as a skyline, and what it expected instead at one of them.
 *
 * @typedef {Titled & {kind: "guesses", labels: string[], chances: number[], next: Guess[][], highest: number}}
 *   GuessesSpec `chances` has the probability that each byte had before it came; `next` has one list more, for the
 *   byte that is not there yet; `highest` is the loss at the top of the picture
 * @import {Guess} from "./next_bytes.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, say, tableFold } from "../elements.js";
import { visible } from "../text.js";
import { frame } from "./frame.js";
import { chanceText, nextBytes } from "./next_bytes.js";
import { cellBy } from "./strips.js";

/** How high a byte stands: minus the logarithm of its chance, as a share of the highest.
 * @param {number} chance @param {number} highest */
export const heightOf = (chance, highest) => Math.min(1, Math.max(0, -Math.log(Math.max(chance, 1e-12)) / highest));

/** What is said of one byte. @param {GuessesSpec} spec @param {number} at */
export function guessWords({ labels, chances, next }, at) {
  const best = visible(next[at][0][0]);
  if (at >= labels.length) return `Next it expects ${best}: ${chanceText(next[at][0][1])}.`;
  const came = visible(labels[at]);
  return best === came ? `It expected ${came}, and ${came} came: it had given it ${chanceText(chances[at])}.`
    : `It expected ${best}, but ${came} came: it had given that ${chanceText(chances[at])}.`;
}

/** @param {string} label @param {number} height from 0 to 1 */
function towerNode(label, height) {
  const bar = h("span", { class: "hs-g-bar" });
  bar.style.height = `${(100 * height).toFixed(1)}%`;
  return h("span", { class: "hs-g-tower", "aria-hidden": "true" }, h("span", { class: "hs-g-air" }, bar),
    h("span", { class: "hs-g-sign" }, visible(label)));
}

/** @param {GuessesSpec} spec @returns {(string|number)[][]} */
const rowsOf = ({ labels, chances, next }) => labels.map((label, i) =>
  [i + 1, visible(label), chanceText(chances[i]), visible(next[i][0][0]), chanceText(next[i][0][1])]);

/** @param {Place} place */
export function guesses(place) {
  const towers = h("div", { class: "hs-towers", tabindex: 0, role: "slider", "aria-valuemin": 1 });
  const [said, list] = [h("p", { class: "hs-n-text", role: "status" }), nextBytes()];
  const fill = () => { if (shown) fillTable(["", "byte", "its chance", "expected", "chance"], () => rowsOf(now())); };
  const { fold, paint: fillTable } = tableFold(fill);
  const below = h("div", { class: "hs-g-below" }, said, list.root);
  const { root, entitle } = frame(place, towers, below, fold);
  /** @type {GuessesSpec|null} */
  let shown = null;
  let at = Infinity;
  const now = () => /** @type {GuessesSpec} */ (shown);
  const show = () => {
    const spec = now();
    const here = Math.min(at, spec.next.length - 1);
    const words = guessWords(spec, here);
    [...towers.children].forEach((tower, i) => put(tower, { "data-at": i === here }));
    say(said, words);
    list.paint(spec.next[here], spec.labels[here] ?? "", "what it expected here");
    put(towers, { "aria-label": spec.title, "aria-valuemax": spec.next.length, "aria-valuenow": here + 1,
      "aria-valuetext": words });
  };
  const move = (/** @type {number} */ to) => { at = to; if (shown) show(); };
  put(towers, {
    onpointermove: (/** @type {PointerEvent} */ { target }) => {
      const to = [...towers.children].findIndex((tower) => tower.contains(/** @type {Element} */ (target)));
      if (to >= 0 && to !== at) move(to);
    },
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const many = shown?.next.length ?? 0;
      const to = cellBy(event.key, Math.min(at, many - 1), many);
      if (to === null) return;
      event.preventDefault();
      move(to);
    },
  });
  const paint = (/** @type {GuessesSpec} */ spec) => {
    if (shown && shown.labels.join("\n") !== spec.labels.join("\n")) at = Infinity;
    shown = spec;
    entitle(spec);
    towers.replaceChildren(...spec.labels.map((label, i) => towerNode(label, heightOf(spec.chances[i], spec.highest))),
      towerNode("?", 0));
    show();
    fill();
  };
  return { root, paint };
}
