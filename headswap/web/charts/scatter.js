/**
 * What is compared as points over two numbers, such as a score against what it costs.
 *
 * @typedef {{name: string, who: number, x: number, y: number, low: number, high: number,
 *   points: {seed: number, x: number, y: number}[]}} Spot a mean with the interval of y, and a point per seed
 * @typedef {Titled & {kind: "scatter", x: string, y: string, log: boolean, spots: Spot[], empty: string}} ScatterSpec
 *   `log`: equal steps of x are equal factors; `empty` is said where there is nothing to draw
 *
 * @import {Scale, Range} from "../scales.js"
 * @import {Edge} from "../axes.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { axisNodes, shortText } from "../axes.js";
import { h, put, s, say } from "../elements.js";
import { shapeOf, spotOf } from "../identity.js";
import { apart, linear, logTicks, logarithmic, rangeOf, ticks } from "../scales.js";
import { ROW, numberText, widest } from "../text.js";
import { drawn, picture } from "./frame.js";

const ROOM = 0.06; // of the range, at either end

/** The range with some room at its ends. @param {number[]} values @param {boolean} log @returns {Range} */
function roomy(values, log) {
  const [low, high] = rangeOf(values);
  if (log) return low > 0 && low < high ? [low / 1.4, high * 1.4] : [Math.max(low, 1e-9) / 2, high * 2];
  return [low - ROOM * (high - low), high + ROOM * (high - low)];
}

/** @param {ScatterSpec} spec @param {Range} size */
function layoutOf({ spots, log }, [width, height]) {
  const xRange = roomy(spots.flatMap((spot) => [spot.x, ...spot.points.map((one) => one.x)]), log);
  const yRange = roomy(spots.flatMap((spot) => [spot.low, spot.high, ...spot.points.map((one) => one.y)]), false);
  const ys = ticks(...yRange, 4);
  const many = Math.max(2, Math.floor((width - 60) / 64));
  const xs = log ? logTicks(...xRange, many) : ticks(...xRange, Math.min(6, many));
  const edge = { left: 31 + widest(ys.map(String)), right: 16, top: 10, bottom: 34 };
  const x = (log ? logarithmic : linear)(xRange, [edge.left, width - edge.right]);
  return { x, y: linear(yRange, [height - edge.bottom, edge.top]), xs, ys, edge };
}

/** Names beside their marks, none over another. @param {Spot[]} spots @param {Scale} x @param {Scale} y
 * @param {Edge} edge @param {Range} size */
function nameNodes(spots, x, y, edge, [width, height]) {
  const heights = apart(spots.map((spot) => y(spot.y) + 4), ROW, edge.top + 8, height - edge.bottom - 2);
  return spots.map((spot, i) => {
    const left = x(spot.x) + 10 + widest([spot.name]) > width - edge.right;
    return s("text", { x: x(spot.x) + (left ? -9 : 9), y: heights[i], "text-anchor": left ? "end" : "start" },
      spot.name);
  });
}

/** @param {ScatterSpec} spec @returns {[string[], () => (string|number)[][]]} */
const table = ({ x, y, spots }) => [["", x, y, "95 % from", "to"], () => spots.map((spot) =>
  [spot.name, numberText(spot.x), numberText(spot.y), numberText(spot.low), numberText(spot.high)])];

/** @param {Place} place @param {(spot: number, seed: number) => void} open what a click on a point does */
export function scatter(place, open) {
  const parts = picture(place, "hs-plot hs-scattered");
  const groups = ["axes", "seeds", "spots", "spotnames"].map((look) => s("g", { class: `hs-${look}` }));
  const [axes, seeds, marks, words] = groups;
  parts.svg.append(...groups);
  const said = h("p", { class: "hs-under" }, " ");
  parts.under.append(said);
  return drawn(parts, (/** @type {ScatterSpec} */ spec, size) => {
    const names = spec.spots.map((spot) => spot.name).join(", ");
    put(parts.svg, { "aria-label": `${spec.title}: ${spec.y} by ${spec.x}; ${names}` });
    if (!spec.spots.length) {
      for (const group of groups) group.replaceChildren();
      return say(said, spec.empty);
    }
    const { x, y, xs, ys, edge } = layoutOf(spec, size);
    axes.replaceChildren(...axisNodes({ size, edge, x, y, xs, ys, xName: spec.x, yName: spec.y, xText: shortText }));
    seeds.replaceChildren(...spec.spots.flatMap((spot, i) => spot.points.map((one) => s("path", {
      class: `hs-seed hs-who-${spot.who}`, d: shapeOf(0, x(one.x), y(one.y), 2.6), onclick: () => open(i, one.seed),
      onpointerenter: () => say(said, `${spot.name}, seed ${one.seed}: ${numberText(one.x)}, ${one.y.toFixed(3)}.`),
      onpointerleave: () => say(said, " ") }))));
    marks.replaceChildren(...spec.spots.flatMap((spot) => [
      s("line", { class: `hs-reach hs-who-${spot.who}`, x1: x(spot.x), x2: x(spot.x), y1: y(spot.low),
        y2: y(spot.high) }),
      s("path", { class: spotOf(spot.who), d: shapeOf(spot.who, x(spot.x), y(spot.y)) })]));
    words.replaceChildren(...nameNodes(spec.spots, x, y, edge, size));
    say(said, " ");
  }, table);
}
