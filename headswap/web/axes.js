/**
 * Axes and legends.
 *
 * @typedef {{left: number, right: number, top: number, bottom: number}} Edge
 * @typedef {{size: Range, edge: Edge, x: Scale, y: Scale, xs: number[], ys: number[], xName: string,
 *   yName: string, xText?: (value: number) => string}} Axes `xText` writes the numbers below
 * @typedef {{name: string, look: string, shape?: string, says?: string}} Key a look is a class, a shape a path
 *
 * @import {Range, Scale} from "./scales.js"
 */

import { h, s } from "./elements.js";

// From the numbers to the axis: clear of what is drawn at the very left.
const GAP = 9;

/** A frame of two named axes, with a rule for each round number of y. @param {Axes} axes */
export function axisNodes({ size: [width, height], edge, x, y, xs, ys, xName, yName, xText = String }) {
  const [right, base] = [width - edge.right, height - edge.bottom];
  const rules = ys.flatMap((value) => [
    s("line", { x1: edge.left, x2: right, y1: y(value), y2: y(value), class: "hs-rule" }),
    s("text", { x: edge.left - GAP, y: y(value) + 4, "text-anchor": "end" }, String(value))]);
  const marks = xs.flatMap((value) => [
    s("line", { x1: x(value), x2: x(value), y1: base, y2: base + 4, class: "hs-base" }),
    s("text", { x: x(value), y: base + 16, "text-anchor": "middle" }, xText(value))]);
  const middle = (edge.top + base) / 2;
  return [...rules, s("line", { x1: edge.left, x2: right, y1: base, y2: base, class: "hs-base" }), ...marks,
    s("text", { x: (edge.left + right) / 2, y: height - 4, "text-anchor": "middle" }, xName),
    s("text", { x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, yName)];
}

/** A number in few signs: 12000 is 12k. @param {number} value */
export function shortText(value) {
  if (Math.abs(value) >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  return Math.abs(value) >= 1e4 ? `${Number((value / 1e3).toPrecision(3))}k` : String(value);
}

/** One entry of a legend: the piece of a line, or a shape. @param {Key} key */
function keyNode({ name, look, shape, says }) {
  const sample = s("svg", { width: shape ? 14 : 26, height: shape ? 14 : 10, "aria-hidden": "true" });
  sample.append(s("path", { class: look, d: shape ?? "M1 5H25" }));
  return h("span", { class: "hs-key", title: says }, sample, h("span", {}, name));
}

/** @type {WeakMap<Element, string>} */
const painted = new WeakMap();

/** A legend, drawn again only where it differs. @param {Element} place @param {Key[]} keys */
export function paintKeys(place, keys) {
  const now = JSON.stringify(keys);
  if (painted.get(place) === now) return;
  painted.set(place, now);
  place.replaceChildren(...keys.map(keyNode));
}
