/**
 * Small pictures side by side, each with its name: a digit that is moved, what a model was shown, what it painted.
 *
 * @typedef {{name: string, says: string, picture: Picture, hidden?: number[], side?: number}} Shown `hidden` are the
 *   patches, of so many pixels a side, that nobody was shown
 * @typedef {Titled & {kind: "pictures", items: Shown[], keys?: {right: string, down: string, most: number}|null,
 *   at?: {right: number, down: number}}} PicturesSpec `keys` name the values that the arrow keys on the first picture
 *   change, each between -most and most; `at` is what they are now
 * @import {Place, Titled} from "./frame.js"
 * @import {Picture} from "../pixels.js"
 */

import { h, put, s, say } from "../elements.js";
import { pictureNode } from "../pixels.js";
import { frame } from "./frame.js";

const SIDE = 132; // pixels of the page
/** @type {Record<string, ["right"|"down", number]>} */
const MOVES = { ArrowRight: ["right", 1], ArrowLeft: ["right", -1], ArrowDown: ["down", 1], ArrowUp: ["down", -1] };

/** A veil over each hidden patch. @param {Shown} shown */
function veils({ picture: { columns }, hidden = [], side = 1 }) {
  const across = columns / side;
  return hidden.map((patch) => s("rect", { class: "hs-veil", x: side * (patch % across),
    y: side * Math.floor(patch / across), width: side, height: side }));
}

/** @param {Shown} shown */
function drawnNode(shown) {
  const svg = pictureNode(shown.picture, SIDE, shown.says);
  svg.append(...veils(shown));
  return svg;
}

/** One picture, drawn anew where it has changed. */
function onePicture() {
  const [place, name] = [h("div", { class: "hs-frame" }), h("figcaption")];
  const root = h("figure", { class: "hs-shown" }, place, name);
  let painted = "";
  const paint = (/** @type {Shown} */ shown) => {
    const now = JSON.stringify(shown);
    if (now !== painted) place.replaceChildren(drawnNode(shown));
    painted = now;
    say(name, shown.name);
  };
  return { root, place, paint };
}

/** Where an arrow key moves to; null where it moves nothing. @param {PicturesSpec} spec @param {string} key
 * @returns {[string, number]|null} */
export function movedBy({ keys, at }, key) {
  const move = MOVES[key];
  if (!keys || !at || !move) return null;
  const [way, by] = move;
  const to = Math.min(keys.most, Math.max(-keys.most, at[way] + by));
  return to === at[way] ? null : [keys[way], to];
}

/** @param {Place} place @param {(name: string, value: number) => void} set */
export function pictures(place, set) {
  const row = h("div", { class: "hs-pictures" });
  const { root, entitle } = frame(place, row);
  /** @type {ReturnType<typeof onePicture>[]} */
  let made = [];
  /** @type {PicturesSpec|null} */
  let shown = null;
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (!shown?.keys || !MOVES[event.key]) return;
    event.preventDefault();
    const moved = movedBy(shown, event.key);
    if (moved) set(...moved);
  };
  const paint = (/** @type {PicturesSpec} */ spec) => {
    shown = spec;
    entitle(spec);
    if (made.length !== spec.items.length) {
      made = spec.items.map(onePicture);
      row.replaceChildren(...made.map((one) => one.root));
      if (made[0]) put(made[0].place, { onkeydown: press });
    }
    spec.items.forEach((item, i) => made[i].paint(item));
    if (made[0]) put(made[0].place, spec.keys ? { tabindex: 0, role: "group",
      "aria-label": "The digit: the arrow keys move it" } : { tabindex: null, role: null, "aria-label": null });
  };
  return { root, paint };
}
