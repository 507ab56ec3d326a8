/**
 * Scores from 0 to 1, each a number, its 95 % interval and both as a picture; a ring for a rival's score.
 *
 * @typedef {{name: string, value: number|null, low: number, high: number, rival?: number|null}} Row null: none yet
 * @typedef {Titled & {kind: "intervals", rows: Row[]}} IntervalsSpec
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, s, say } from "../elements.js";
import { frame } from "./frame.js";

const GRID = ["0%", "25%", "50%", "75%", "100%"];

/** @param {number} share */
const percent = (share) => `${100 * share}%`;

function makeRow() {
  const bar = s("rect", { class: "hs-range", y: 4, height: 6, rx: 2 });
  const dot = s("circle", { class: "hs-point", cy: 7, r: 3.5 });
  const ring = s("circle", { class: "hs-rival", cy: 7, r: 4 });
  const plot = s("svg", { class: "hs-interval", "aria-hidden": "true" });
  plot.append(s("line", { class: "hs-rule", x1: "0%", x2: "100%", y1: 7, y2: 7 }),
    ...GRID.map((at) => s("line", { class: "hs-rule", x1: at, x2: at, y1: 2, y2: 12 })), bar, ring, dot);
  const [name, value] = [h("th", { scope: "row" }), h("td", { class: "hs-number" })];
  const spread = h("td", { class: "hs-spread" });
  return { bar, dot, ring, name, value, spread, root: h("tr", {}, name, value, spread, h("td", {}, plot)) };
}

/** @param {ReturnType<typeof makeRow>} at @param {Row} row */
function paintRow(at, { name, value, low, high, rival = null }) {
  const there = value !== null;
  say(at.name, name);
  say(at.value, there ? value.toFixed(3) : "–");
  say(at.spread, there ? `${low.toFixed(2)} to ${high.toFixed(2)}` : "");
  put(at.bar, { x: percent(low), width: percent(there ? Math.max(0, high - low) : 0) });
  put(at.dot, { cx: percent(value ?? 0), visibility: there ? "visible" : "hidden" });
  put(at.ring, { cx: percent(rival ?? 0), visibility: there && rival !== null ? "visible" : "hidden" });
}

/** @param {Place} place */
export function intervals(place) {
  const body = h("tbody");
  const { root, entitle } = frame(place, h("table", { class: "hs-scores" }, body));
  /** @type {ReturnType<typeof makeRow>[]} */
  let made = [];
  const paint = (/** @type {IntervalsSpec} */ spec) => {
    entitle(spec);
    if (made.length !== spec.rows.length) {
      made = spec.rows.map(makeRow);
      body.replaceChildren(...made.map((row) => row.root));
    }
    spec.rows.forEach((row, i) => paintRow(made[i], row));
  };
  return { root, paint };
}
