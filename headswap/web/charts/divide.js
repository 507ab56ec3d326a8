/**
 * Every message as a mark at its P(spam) or another score, a lane per class, and a threshold that divides them.
 *
 * @typedef {{name: string, mark: "circle"|"triangle", places: number[]}} Lane places from 0 to 1
 * @typedef {{name: string, low: number, high: number, log?: boolean, unit?: string, says: string}} Score what lies at
 *   the places 0 and 1, how a table calls it, and what the axis says of it
 * @typedef {Titled & {kind: "divide", lanes: Lane[], label: string, sides: [string, string], key: string,
 *   threshold?: number, named?: "right", score?: Score}} DivideSpec `sides` are the names of what lies below the
 *   threshold, and from it on; the lanes are `named` on the right where all marks crowd on the left; with a `score`
 *   there are an axis and a legend, and the threshold is told in the score's own numbers
 * @import {Range} from "../scales.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { paintKeys } from "../axes.js";
import { freshId, h, put, s, say } from "../elements.js";
import { circle, linear, logTicks, logarithmic, ticks } from "../scales.js";
import { sliderInput } from "../controls.js";
import { widest } from "../text.js";
import { drawn, picture } from "./frame.js";

const STEP = 7; // pixels from mark to mark
const SIDE = 10; // half a slider's thumb: the line is right above its middle
const TOP = 18; // the row of the sides' names
const NAME = 15; // the row of a lane's name
const AXIS = 36; // the rows of the axis's numbers and name

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

/** A place in the numbers of the score, or as it is. @param {Score|undefined} score @param {number} place
 * @param {number} [digits] */
export function placeText(score, place, digits = 2) {
  if (!score) return place.toFixed(digits);
  const { low, high, log, unit = "" } = score;
  const value = log ? low * (high / low) ** place : low + (high - low) * place;
  return `${value.toFixed(digits - 1)}${unit}`.replace(/^-/, "−");
}

/** The messages of all lanes, the highest score first. @param {DivideSpec} spec
 * @returns {[string[], () => (string|number)[][]]} */
export const placeTable = ({ lanes, label, score }) => [["class", score?.name ?? label],
  () => lanes.flatMap(({ name, places }) => places.map((place) => ({ name, place })))
    .sort((one, other) => other.place - one.place).map(({ name, place }) => [name, placeText(score, place, 3)])];

/** What marks, outline and line mean. @param {DivideSpec} spec */
const keysOf = ({ lanes, score }) => (score ? [
  ...lanes.map(({ name, mark }, i) => ({ name, look: `hs-mark hs-mark-${i}`, shape: mark === "circle"
    ? circle(7, 7, 4) : "M7 2l5 9h-10Z" })),
  { name: "outlined: a mistake", look: "hs-outline", shape: circle(7, 7, 4) },
  { name: "threshold", look: "hs-cut", shape: "M7 0V14" }] : []);

/** @param {Place} place @param {(threshold: number) => void} slide */
export function divide(place, slide) {
  const parts = picture(place, "hs-plot hs-divide");
  const id = freshId();
  /** @type {Score|undefined} */
  let score;
  const { input, shown, paint: paintSlider } = sliderInput({ id, low: 0, high: 1, step: 0.01 },
    (value) => placeText(score, value), slide);
  const label = h("label", { for: id });
  const bar = h("div", { class: "hs-divider" }, h("span", { class: "hs-divider-label" }, label, shown), input);
  parts.root.insertBefore(bar, parts.under);
  const group = s("g", { "aria-hidden": "true" });
  parts.svg.append(group);
  return drawn(parts, (/** @type {DivideSpec} */ spec, size) => {
    const threshold = spec.threshold ?? 0.5;
    score = spec.score;
    say(label, spec.label);
    paintSlider(threshold);
    paintKeys(parts.keys, keysOf(spec));
    group.replaceChildren(...nodesOf(spec, threshold, size));
    put(parts.svg, { "aria-label": `${spec.title}: ${dividedText(spec, threshold)}` });
  }, placeTable);
}

/** @param {number} x @param {number} y @param {string} anchor @param {string} said @param {string} [look] */
const words = (x, y, anchor, said, look = "") => s("text", { x, y, "text-anchor": anchor, class: look }, said);

/** The numbers of a score below the lanes, and what they are. @param {Score} score @param {Range} size */
function axisOf({ low, high, log, unit = "", says }, [width, height]) {
  const [from, to] = [SIDE, width - SIDE];
  const x = (log ? logarithmic : linear)([low, high], [from, to]);
  const many = Math.min(log ? 8 : 5, Math.floor(width / 60));
  const values = log && high > 20 * low ? logTicks(low, high, many) : ticks(low, high, many);
  const anchor = (/** @type {number} */ at) => (at > to - 12 ? "end" : at < from + 12 ? "start" : "middle");
  return [...values.flatMap((value) => [
    s("line", { class: "hs-base", x1: x(value), x2: x(value), y1: height - AXIS, y2: height - AXIS + 4 }),
    words(x(value), height - AXIS + 16, anchor(x(value)), `${value}${unit}`.replace(/^-/, "−"))]),
  words(width / 2, height - 5, "middle", says)];
}

/** Where the threshold's line may run from `top` to `base`: it leaves out the row of a name that it would cross.
 * @param {number} at @param {[number, number]} name from where to where @param {number} top @param {number} base */
const cutBeside = (at, [from, to], top, base) =>
  `M${at.toFixed(1)} ${from - 4 < at && at < to + 4 ? top + NAME : top}V${base}`;

/** @param {DivideSpec} spec @param {number} threshold @param {Range} size */
function nodesOf({ lanes, sides, named, score }, threshold, [width, whole]) {
  const height = whole - (score ? AXIS : 0);
  const at = linear([0, 1], [SIDE, width - SIDE])(threshold);
  const lane = (height - TOP) / lanes.length;
  /** @type {Element[]} */
  const nodes = [s("rect", { class: "hs-called", x: at, y: 0, width: Math.max(0, width - at), height }),
    ...(at > 90 ? [words(at - 6, 12, "end", `${sides[0]} ←`)] : []),
    ...(width - at > 90 ? [words(at + 6, 12, "start", `→ ${sides[1]}`)] : []),
    ...(score ? axisOf(score, [width, whole]) : [])];
  let cut = `M${at.toFixed(1)} 0V${TOP}`;
  lanes.forEach((one, i) => {
    const base = TOP + lane * (i + 1);
    const paths = lanePaths(one, threshold, [width, lane - NAME], base);
    const many = `${one.places.length} ${one.name}`;
    const right = Math.min(i, 1); // spam belongs on the right side, ham on the left
    const first = right && named !== "right";
    const long = widest([many]) * 1.1; // it is bold
    cut += cutBeside(at, first ? [SIDE, SIDE + long] : [width - SIDE - long, width - SIDE], base - lane, base);
    nodes.push(s("line", { class: "hs-base", x1: SIDE, x2: width - SIDE, y1: base, y2: base }),
      s("path", { d: paths[1 - right], class: "hs-outline" }), // around all of a pile, below its fill
      ...paths.map((d, side) => s("path", { d, class: `hs-mark hs-mark-${i}${side === right ? "" : " hs-outlined"}` })),
      words(first ? SIDE : width - SIDE, base - lane + NAME - 3, first ? "start" : "end", many, "hs-lane"));
  });
  return [...nodes, s("path", { class: "hs-cut", d: cut })];
}
