/**
 * Where each position looks, as a grid; the text itself, shaded by how much one position takes from each; and what the
 * model expects after that position. Text, grid and guesses follow the same position.
 *
 * @typedef {Titled & {kind: "looking", rows: string[], columns: string[], values: (number|null)[][], next: Guess[][]}}
 *   LookingSpec
 * @import {Guess} from "./next_bytes.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, say } from "../elements.js";
import { percentText, visible } from "../text.js";
import { frame } from "./frame.js";
import { heat } from "./heat.js";
import { nextBytes } from "./next_bytes.js";
import { cellBy } from "./strips.js";

const HIGHEST = 310; // pixels for the rows of the grid, so that all is seen at once

/** What one position does. @param {LookingSpec} spec @param {number} at */
export function lookingWords({ rows, values }, at) {
  const shares = values[at].map((share) => share ?? 0);
  const best = shares.indexOf(Math.max(...shares));
  const back = at - best;
  const where = back === 0 ? "itself" : back < 0 ? `${visible(rows[best])}, ${-back} ahead`
    : `${visible(rows[best])}, ${back} back`;
  return `Position ${at + 1}, ${visible(rows[at])}, takes most from ${where}: ${percentText(shares[best])}.`;
}

/** The text, one sign per position. @param {(at: number) => void} choose */
function shadedText(choose) {
  const row = h("div", { class: "hs-l-text", tabindex: 0, role: "slider", "aria-valuemin": 1 });
  let [at, many] = [0, 0];
  put(row, {
    onpointermove: (/** @type {PointerEvent} */ { target }) => {
      const to = [...row.children].indexOf(/** @type {Element} */ (target));
      if (to >= 0 && to !== at) choose(to);
    },
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const to = cellBy(event.key, at, many);
      if (to === null) return;
      event.preventDefault();
      choose(to);
    },
  });
  /** @param {LookingSpec} spec @param {number} here @param {string} words */
  const paint = (spec, here, words) => {
    [at, many] = [here, spec.rows.length];
    const signs = () => spec.rows.map(() => h("span", { "aria-hidden": "true" }));
    if (row.childElementCount !== many) row.replaceChildren(...signs());
    [...row.children].forEach((node, i) => {
      const cell = /** @type {HTMLElement} */ (node);
      const share = spec.values[here][i];
      say(cell, visible(spec.rows[i]));
      put(cell, { "data-at": i === here, "data-hidden": share === null });
      cell.style.setProperty("--hs-part", Math.sqrt(share ?? 0).toFixed(3));
    });
    put(row, { "aria-label": "The position that looks", "aria-valuemax": many, "aria-valuenow": here + 1,
      "aria-valuetext": words });
  };
  return { row, paint };
}

/** @param {Place} place */
export function looking(place) {
  /** @type {LookingSpec|null} */
  let shown = null;
  let at = Infinity;
  const choose = (/** @type {number} */ to) => { at = to; if (shown) show(shown); };
  const text = shadedText(choose);
  const grid = heat({ name: "looking-grid" }, choose, HIGHEST);
  const said = h("p", { class: "hs-n-text", role: "status" });
  const [after, list] = [h("p", { class: "hs-title" }), nextBytes()];
  const side = h("div", { class: "hs-l-side" }, said, after, list.root);
  const { root, entitle } = frame(place, text.row, h("div", { class: "hs-l-both" }, grid.root, side));
  /** @param {LookingSpec} spec */
  const show = (spec) => {
    const here = Math.min(at, spec.rows.length - 1);
    const words = lookingWords(spec, here);
    text.paint(spec, here, words);
    grid.mark(here);
    say(said, words);
    say(after, `The next byte, after ${visible(spec.rows[here])}`);
    list.paint(spec.next[here], spec.rows[here + 1] ?? "", "what it expects next");
  };
  const paint = (/** @type {LookingSpec} */ spec) => {
    if (shown && shown.rows.join("\n") !== spec.rows.join("\n")) at = Infinity;
    shown = spec;
    entitle(spec);
    grid.paint({ kind: "heat", title: "Who looks where", rows: spec.rows, columns: spec.columns, values: spec.values });
    show(spec);
  };
  return { root, paint, svg: grid.svg, resized: grid.resized };
}
