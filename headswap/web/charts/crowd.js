/**
 * A crowd of messages, one mark each, by what they are and what they are called.
 *
 * @typedef {{tp: number, fp: number, fn: number, tn: number}} Crowd
 * @typedef {Titled & {kind: "crowd", counts: Crowd, text: string}} CrowdSpec
 * @import {Range} from "../scales.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, s, say } from "../elements.js";
import { paintKeys } from "../axes.js";
import { drawn, picture } from "./frame.js";

const ROWS = 20;
const GAP = 1; // an empty column between what is called spam and what is let through
/** @type {[keyof Crowd, string, boolean, boolean][]} name, words, whether it is spam, whether it is called spam */
const GROUPS = [["tp", "spam, caught", true, true], ["fp", "ham, called spam", false, true],
  ["fn", "spam, let through", true, false], ["tn", "ham, let through", false, false]];

/** The place of each mark, column and row, group after group: what is called spam first, then what is let through.
 * @param {Crowd} counts @returns {{places: Record<string, [number, number][]>, columns: number, divide: number}} */
export function crowdPlaces(counts) {
  const divide = Math.ceil((counts.tp + counts.fp) / ROWS);
  const starts = { tp: 0, fp: counts.tp, fn: ROWS * (divide + GAP), tn: ROWS * (divide + GAP) + counts.fn };
  const places = Object.fromEntries(GROUPS.map(([name]) => [name, Array.from({ length: counts[name] }, (_, i) =>
    /** @type {[number, number]} */ ([Math.floor((starts[name] + i) / ROWS), (starts[name] + i) % ROWS]))]));
  return { places, columns: Math.ceil((starts.tn + counts.tn) / ROWS), divide };
}

/** A triangle for spam, a circle for ham.
 * @param {boolean} spam @param {number} x @param {number} y @param {number} r half its height */
const markPath = (spam, x, y, r) => (spam
  ? `M${x.toFixed(1)} ${(y - r).toFixed(1)}l${r.toFixed(1)} ${(1.8 * r).toFixed(1)}h${(-2 * r).toFixed(1)}Z`
  : `M${(x - 0.8 * r).toFixed(1)} ${y.toFixed(1)}${half(0.8 * r, 1)}${half(0.8 * r, -1)}Z`);

/** Half a circle, to the right or back. @param {number} r @param {1|-1} way */
const half = (r, way) => `a${r.toFixed(2)} ${r.toFixed(2)} 0 1 0 ${(2 * way * r).toFixed(2)} 0`;

/** @param {boolean} spam @param {boolean} called */
const lookOf = (spam, called) => `hs-mark hs-mark-${Number(spam)}${called ? "" : " hs-let"}`;

/** @param {Place} place */
export function crowd(place) {
  const parts = picture(place, "hs-plot hs-crowd");
  const said = h("p", { class: "hs-hint" });
  parts.under.prepend(said);
  const group = s("g", { "aria-hidden": "true" });
  parts.svg.append(group);
  return drawn(parts, (/** @type {CrowdSpec} */ spec, size) => {
    group.replaceChildren(...crowdNodes(spec.counts, size));
    paintKeys(parts.keys, GROUPS.map(([name, words, spam, called]) =>
      ({ name: `${words} ${spec.counts[name]}`, look: lookOf(spam, called), shape: markPath(spam, 7, 7, 4.5) })));
    say(said, spec.text);
    put(parts.svg, { "aria-label": `${spec.title}: ${spec.text}` });
  }, ({ counts }) => [["messages", "how many"], () => GROUPS.map(([name, words]) => [words, counts[name]])]);
}

/** @param {Crowd} counts @param {Range} size */
function crowdNodes(counts, [width, height]) {
  const { places, columns, divide } = crowdPlaces(counts);
  const step = Math.min((width - 4) / Math.max(1, columns), (height - 4) / ROWS);
  const left = (width - step * columns) / 2;
  const mark = (/** @type {boolean} */ spam) => (/** @type {[number, number]} */ [column, row]) =>
    markPath(spam, left + step * (column + 0.5), 2 + step * (row + 0.5), 0.42 * step);
  const paths = GROUPS.map(([name, , spam, called]) =>
    s("path", { class: lookOf(spam, called), d: places[name].map(mark(spam)).join("") }));
  const box = { x: left - 2, y: 0.5, width: step * divide + 4, height: step * ROWS + 3, rx: 3 };
  return [...(divide ? [s("rect", { class: "hs-called hs-box", ...box })] : []), ...paths];
}
