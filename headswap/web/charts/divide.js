/**
 * Every message as a mark at its P(spam), a lane per class, and a threshold that divides them.
 *
 * @typedef {{name: string, mark: "circle"|"triangle", places: number[]}} Lane places from 0 to 1
 * @typedef {Titled & {kind: "divide", lanes: Lane[], label: string, sides: [string, string], key: string,
 *   threshold?: number, named?: "right"}} DivideSpec `sides` are the names of what lies below the threshold, and from
 *   it on; the lanes are `named` on the right where all marks crowd on the left
 * @import {Range} from "../scales.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { freshId, h, put, s, say } from "../elements.js";
import { linear } from "../scales.js";
import { sliderInput } from "../controls.js";
import { drawn, picture } from "./frame.js";

const STEP = 7; // pixels from mark to mark
const SIDE = 10; // half a slider's thumb: the line is right above its middle
const TOP = 18; // the row of the sides' names
const NAME = 15; // the row of a lane's name

/** The marks of a lane: column and level of each place, the lowest level first, in the order of the places.
 * @param {number[]} places @param {number} columns @returns {[number, number][]} */
export function stacked(places, columns) {
  const high = new Array(columns).fill(0);
  return places.map((place) => {
    const column = Math.min(columns - 1, Math.floor(place * columns));
    return [column, high[column]++];
  });
}

/** @param {"circle"|"triangle"} mark @param {number} x @param {number} y */
const markPath = (mark, x, y) => (mark === "circle"
  ? `M${(x - 2.8).toFixed(1)} ${y.toFixed(1)}a2.8 2.8 0 1 0 5.6 0a2.8 2.8 0 1 0 -5.6 0Z`
  : `M${x.toFixed(1)} ${(y - 3.2).toFixed(1)}l3.3 5.8h-6.6Z`);

/** Two paths of a lane: the marks below the threshold, and those from it on.
 * @param {Lane} lane @param {number} threshold @param {Range} size its width and height @param {number} base */
export function lanePaths({ mark, places }, threshold, [width, height], base) {
  const columns = Math.max(1, Math.floor((width - 2 * SIDE) / STEP));
  const x = linear([0, columns], [SIDE, width - SIDE]);
  const marks = stacked(places, columns);
  const most = Math.max(...marks.map(([, level]) => level + 1), 1);
  const up = Math.min(STEP, (height - 6) / most);
  const paths = ["", ""];
  marks.forEach(([column, level], i) => {
    paths[Number(places[i] >= threshold)] += markPath(mark, x(column + 0.5), base - 4 - up * level);
  });
  return paths;
}

/** How many of a lane are on either side, in words. @param {DivideSpec} spec @param {number} threshold */
export const dividedText = ({ lanes, sides }, threshold) => lanes.map(({ name, places }) => {
  const above = places.filter((place) => place >= threshold).length;
  return `${places.length} ${name}: ${places.length - above} ${sides[0]}, ${above} ${sides[1]}`;
}).join("; ");

/** @param {DivideSpec} spec @returns {[string[], () => (string|number)[][]]} */
const placeTable = ({ lanes, label }) => [["class", label],
  () => lanes.flatMap(({ name, places }) => places.map((place) => [name, place.toFixed(3)]))];

/** @param {Place} place @param {(threshold: number) => void} slide */
export function divide(place, slide) {
  const parts = picture(place, "hs-plot hs-divide");
  const id = freshId();
  const { input, shown, paint: paintSlider } = sliderInput({ id, low: 0, high: 1, step: 0.01 },
    (value) => value.toFixed(2), slide);
  const label = h("label", { for: id });
  const bar = h("div", { class: "hs-divider" }, h("span", { class: "hs-divider-label" }, label, shown), input);
  parts.root.insertBefore(bar, parts.under);
  const group = s("g", { "aria-hidden": "true" });
  parts.svg.append(group);
  return drawn(parts, (/** @type {DivideSpec} */ spec, size) => {
    const threshold = spec.threshold ?? 0.5;
    say(label, spec.label);
    paintSlider(threshold);
    group.replaceChildren(...nodesOf(spec, threshold, size));
    put(parts.svg, { "aria-label": `${spec.title}: ${dividedText(spec, threshold)}` });
  }, placeTable);
}

/** @param {DivideSpec} spec @param {number} threshold @param {Range} size */
function nodesOf({ lanes, sides, named }, threshold, [width, height]) {
  const at = linear([0, 1], [SIDE, width - SIDE])(threshold);
  const lane = (height - TOP) / lanes.length;
  const text = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ anchor,
    /** @type {string} */ said, look = "") => s("text", { x, y, "text-anchor": anchor, class: look }, said);
  /** @type {Element[]} */
  const nodes = [s("rect", { class: "hs-called", x: at, y: 0, width: Math.max(0, width - at), height }),
    ...(at > 90 ? [text(at - 6, 12, "end", `${sides[0]} ←`)] : []),
    ...(width - at > 90 ? [text(at + 6, 12, "start", `→ ${sides[1]}`)] : [])];
  lanes.forEach((one, i) => {
    const base = TOP + lane * (i + 1);
    const paths = lanePaths(one, threshold, [width, lane - NAME], base);
    const many = `${one.places.length} ${one.name}`;
    const right = Math.min(i, 1); // spam belongs on the right side, ham on the left
    nodes.push(s("line", { class: "hs-base", x1: SIDE, x2: width - SIDE, y1: base, y2: base }),
      ...paths.map((d, side) => s("path", { d, class: `hs-mark hs-mark-${i}${side === right ? "" : " hs-wrong"}` })),
      right && named !== "right" ? text(SIDE, base - lane + NAME + 6, "start", many, "hs-lane")
        : text(width - SIDE, base - lane + NAME + 6, "end", many, "hs-lane"));
  });
  return [...nodes, s("line", { class: "hs-cut", x1: at, x2: at, y1: 0, y2: height })];
}
