/**
 * Lines over two named axes.
 *
 * @typedef {{name: string, points: Point[], dash?: boolean, tone?: number, who?: number, mark?: number|null,
 *   band?: [number, number, number][], whiskers?: [number, number, number][]}} Line a dashed one differs without
 *   colour; `tone` is its colour, else its place in the list; `who` is its identity (web/identity.js), and its points
 *   are marked then; `mark` is the identity of a line that keeps its colour: a few of its points are marked; a band
 *   reaches at each place of x from low to high, and so do whiskers, each for itself
 * @typedef {[number, number, string]} Mark a diamond and its word
 * @typedef {{name: string, tail?: string, who: number, points: Point[]}} Ghost a line to compare with, named at the
 *   right; `tail` follows the name even where that is cut
 * @typedef {{name: string, value: number, says: string}} Floor the least that a line can come to
 * @typedef {Titled & {kind: "curves", x: string, y: string, lines: Line[], marks: Mark[],
 *   x_range: Range|null, y_range: Range|null, legend?: boolean, ghosts?: Ghost[], floor?: Floor|null,
 *   cursor?: Cursor|null, log?: boolean, y_log?: boolean, rule?: number|null, words?: string[],
 *   own?: {name: string, who: number|null}|null}} CurvesSpec `legend`: names in a legend even where they fit beside the
 *   lines; `log`, `y_log`: equal steps of x or y are equal factors; `rule` is a place of x that is pointed at; `words`
 *   are the names of the places 0, 1, 2 … of x; `own` is what the last line is called among ghosts
 * @typedef {{x: Scale, y: Scale, xRange: Range, yRange: Range, ys: number[], edge: Edge, size: Range,
 *   named: boolean}} Layout `named`: the names stand where the lines end
 *
 * @import {Edge} from "../axes.js"
 * @import {Point, Range, Scale} from "../scales.js"
 * @import {Cursor, Walk} from "./cursor.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { axisNodes, paintKeys, shortText } from "../axes.js";
import { freshId, put, s } from "../elements.js";
import { lineOf, shapeOf, spotOf } from "../identity.js";
import { curvePath, linear, logTicks, logarithmic, rangeOf, roundRange, ticks } from "../scales.js";
import { ROW, numberText, widest } from "../text.js";
import { cursor } from "./cursor.js";
import { drawn, picture } from "./frame.js";
import { endNames, lineLook, markNodes, overNodes, roomBeside, sideNames } from "./names.js";

const SPOTS = 12; // points of a line that are still marked one by one
const FEW = 6; // marks on a line that is one of many and crosses the whole picture
const DECADE = 10; // an axis of fewer factors has the round numbers of a linear one

/** @param {CurvesSpec} spec @param {Range} size @returns {Layout} */
function layoutOf(spec, size) {
  const [width, height] = size;
  const bands = spec.lines.flatMap((line) => line.band ?? []).flatMap(([at, low, high]) =>
    /** @type {Point[]} */ ([[at, low], [at, high]]));
  const all = [...spec.lines.flatMap((line) => line.points), ...bands, ...spec.marks];
  const xRange = spec.x_range ?? rangeOf(all.map(([at]) => at));
  const yRange = spec.y_range ?? roundRange(rangeOf(all.map(([, value]) => value)));
  const names = spec.lines.map((line) => line.name);
  const named = !spec.legend && !spec.words && widest(names) <= 0.34 * width && names.length * ROW <= height - 50;
  const ys = spec.y_log && yRange[1] > DECADE * yRange[0] ? logTicks(...yRange, 6) : ticks(...yRange, 4);
  const right = Math.max(14, named ? widest(names) + 12 : roomBeside(spec, width));
  const edge = { left: 31 + widest(ys.map(String)), right, top: 12, bottom: 34 };
  const x = (spec.log ? logarithmic : linear)(xRange, [edge.left, width - edge.right]);
  const y = (spec.y_log ? logarithmic : linear)(yRange, [height - edge.bottom, edge.top]);
  return { x, y, xRange, yRange, ys, edge, size, named };
}

/** @param {CurvesSpec} spec @param {Layout} at */
function axesOf(spec, { x, y, xRange, ys, edge, size }) {
  const whole = spec.lines.every((line) => line.points.every(([at]) => Number.isInteger(at)));
  if (spec.words) return axisNodes({ size, edge, x, y, ys, xName: spec.x, yName: spec.y, ...wordTicks(spec.words, x) });
  const many = Math.max(2, Math.min(8, (size[0] - edge.left - edge.right) / 56));
  const xs = spec.log ? logTicks(...xRange, many) : ticks(...xRange, many, whole);
  return axisNodes({ size, edge, x, y, xs, ys, xName: spec.x, yName: spec.y, xText: shortText });
}

/** As many names as have room below the axis. @param {string[]} words @param {Scale} x */
function wordTicks(words, x) {
  const step = Math.ceil((widest(words) + 8) / Math.max(1, x(1) - x(0)));
  return { xs: words.map((_, i) => i).filter((i) => i % step === 0), xText: (/** @type {number} */ i) => words[i] };
}

/** @param {CurvesSpec} spec @param {number} at */
const placeText = ({ words }, at) => words?.[Math.round(at)] ?? numberText(at);

/** What the picture shows, for those who do not see it. @param {CurvesSpec} spec @param {Layout} at */
function curvesText(spec, { xRange, yRange }) {
  const { title, x, y, lines, marks, words } = spec;
  const [first, last] = words ? [words[0], words.at(-1)] : xRange.map(numberText);
  const marked = marks.map(([, , text]) => text).join(", ");
  return `${title}: ${y} from ${numberText(yRange[0])} to ${numberText(yRange[1])}, ` +
    `by ${x} from ${first} to ${last}; ` +
    `lines: ${lines.map((line) => line.name).join(", ")}${marked ? `; marked: ${marked}` : ""}`;
}

/** @param {CurvesSpec} spec @param {Layout} at */
function keysOf({ lines, floor, words }, { named, yRange }) {
  const looked = (/** @type {Line} */ line, /** @type {number} */ i) => (words && line.who !== undefined
    ? { name: line.name, look: spotOf(line.who), shape: shapeOf(line.who, 7, 7) }
    : { name: line.name, look: lineLook(line, i) });
  const keys = named ? [] : lines.map(looked);
  return floor && floor.value <= yRange[1]
    ? [...keys, { name: floor.name, look: "hs-line hs-floor", says: floor.says }] : keys;
}

/** @param {CurvesSpec} spec @returns {[string[], () => (string|number)[][]]} */
const pointTable = (spec) => [["line", spec.x, spec.y], () => spec.lines.flatMap(({ name, points }) =>
  points.filter(([, value]) => !spec.words || value !== null)
    .map(([at, value]) => [name, placeText(spec, at), numberText(value)]))];

/** The area that lines may be drawn in: one that diverges is cut at the top. */
function clipArea() {
  const id = freshId();
  const [defs, clip, hole] = [s("defs"), s("clipPath", { id }), s("rect")];
  clip.append(hole);
  defs.append(clip);
  const paint = (/** @type {Layout} */ { edge, size: [width, height] }) =>
    put(hole, { x: edge.left - 6, y: edge.top - 4, width: Math.max(0, width - edge.left - edge.right + 12),
      height: Math.max(0, height - edge.top - edge.bottom + 6) });
  return { defs, paint, clipped: { "clip-path": `url(#${id})` } };
}

/** The groups of the picture, each with how to paint it. */
function layers() {
  const area = clipArea();
  const group = (/** @type {string} */ look, inside = {}) =>
    s("g", { class: `hs-${look}`, "aria-hidden": "true", ...inside });
  const [axes, sides, marks, ends, over] = ["axes", "sides", "best", "ends", "over"].map((look) => group(look));
  const [bands, ghosts, lines] = ["bands", "ghosts", "lines"].map((look) => group(look, area.clipped));
  const rule = s("path", { class: "hs-pointed" });
  const floor = s("path", { class: "hs-line hs-floor", ...area.clipped });
  const back = (/** @type {CurvesSpec} */ spec, /** @type {Layout} */ at) => {
    area.paint(at);
    axes.replaceChildren(...axesOf(spec, at));
    ghosts.replaceChildren(...(spec.ghosts ?? []).flatMap(({ who, points }) => [
      s("path", { class: `${lineOf(who)} hs-beside`, d: curvePath(points, at.x, at.y) }),
      s("path", { class: spotOf(who), d: spotPath(who, fewOf(points, who, at.xRange), at) })]));
  };
  const front = (/** @type {CurvesSpec} */ spec, /** @type {Layout} */ at) => {
    paintBands(bands, spec.lines, at);
    paintLines(lines, spec.lines, at);
    put(rule, { d: rulePath(spec, at) });
    put(floor, { d: floorPath(spec, at) });
    ends.replaceChildren(...(at.named ? endNames(spec.lines, at) : []));
    const tall = overNodes(spec.lines, spec.ghosts ?? [], at);
    over.replaceChildren(...tall);
    marks.replaceChildren(...markNodes(spec.marks, at, tall.length));
    sides.replaceChildren(...sideNames(spec, at));
  };
  return { nodes: [area.defs, axes, bands, rule, ghosts, floor, lines, sides, marks, ends, over], back, front };
}

/** Each line, and the marks of those that have an identity. @param {Element} group @param {Line[]} lines
 * @param {Layout} at */
function paintLines(group, lines, at) {
  const paths = lines.flatMap(() => [s("path"), s("path")]);
  if (group.childElementCount !== paths.length) group.replaceChildren(...paths);
  lines.forEach((line, i) => {
    const who = line.who ?? line.mark ?? null;
    put(group.children[2 * i], { class: lineLook(line, i), d: curvePath(line.points, at.x, at.y) });
    put(group.children[2 * i + 1], who === null ? { class: null, d: null }
      : { class: spotOf(who), d: spotPath(who, marked(line, who, at.xRange), at) });
  });
}

/** The points of a line that are marked. @param {Line} line @param {number} mark its identity
 * @param {Range} xRange */
function marked({ who, points }, mark, xRange) {
  if (who === undefined) return fewOf(points, mark, xRange);
  return points.length > SPOTS ? [] : points;
}

/** The last point and some before it, not the same ones for every identity: lines that lie over each other show both.
 * @param {Point[]} points @param {number} who @param {Range} xRange */
function fewOf(points, who, [low, high]) {
  const [step, last] = [Math.max(1, Math.round((high - low) / FEW)), points.length - 1];
  return points.filter((_, i) => i === last || (i % step === who % step && last - i > step / 2));
}

/** @param {number} who @param {Point[]} points @param {Layout} at */
const spotPath = (who, points, { x, y }) => points.map(([at, value]) =>
  (value === null || !Number.isFinite(value) ? "" : shapeOf(who, x(at), y(value), 3.6))).join("");

/** @param {Element} group @param {Line[]} lines @param {Layout} at */
function paintBands(group, lines, { x, y }) {
  const banded = lines.filter((line) => line.band?.length);
  /** @param {number} at @param {number} value */
  const place = (at, value) => `${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
  const bars = lines.flatMap(({ who = 0, whiskers = [] }) => whiskers.map(([at, low, high]) =>
    s("path", { class: `hs-whisker hs-who-${who}`, d: `M${place(at, low)}L${place(at, high)}` })));
  group.replaceChildren(...bars, ...banded.map(({ who = 0, band = [] }) => {
    const there = band.map(([at, , high]) => place(at, high));
    const back = [...band].reverse().map(([at, low]) => place(at, low));
    return s("path", { class: `hs-band hs-who-${who}`, d: `M${[...there, ...back].join("L")}Z` });
  }));
}

/** @param {CurvesSpec} spec @param {Layout} at */
const rulePath = ({ rule = null }, { x, edge, size: [, height] }) =>
  (rule === null ? "" : `M${x(rule).toFixed(1)} ${edge.top}V${height - edge.bottom}`);

/** @param {CurvesSpec} spec @param {Layout} at */
function floorPath({ floor }, { x, y, xRange, yRange }) {
  if (!floor || floor.value > yRange[1]) return "";
  return `M${x(xRange[0]).toFixed(1)} ${y(floor.value).toFixed(1)}H${x(xRange[1]).toFixed(1)}`;
}

/**
 * @param {Place} place
 * @param {Walk|null} [walk] what moving along the lines does; without it the picture is only looked at
 * @param {(spec: CurvesSpec) => [string[], () => (string|number)[][]]} [table] another table than that of the points
 */
export function curves(place, walk = null, table = pointTable) {
  const parts = picture(place, "hs-plot");
  const { nodes, back, front } = layers();
  parts.svg.append(...nodes);
  const cross = walk ? cursor(parts.svg, walk) : null;
  if (cross) {
    parts.svg.append(cross.group);
    parts.under.prepend(cross.readout);
  }
  let painted = "";
  return drawn(parts, (/** @type {CurvesSpec} */ spec, size) => {
    const at = layoutOf(spec, size);
    const [first, last] = spec.words ? [0, spec.words.length - 1] : at.xRange;
    for (const [side, room] of /** @type {const} */ ([["left", at.x(first)], ["right", size[0] - at.x(last)]]))
      parts.root.style.setProperty(`--hs-${side}`, `${room}px`); // for a slider below, as long as the axis
    // Axes and ghosts seldom change, and are most of the work.
    const { x, y, y_log, words, ghosts } = spec;
    const now = JSON.stringify([size, at.xRange, at.yRange, at.edge, x, y, y_log, words, ghosts]);
    if (now !== painted) back(spec, at);
    painted = now;
    front(spec, at);
    paintKeys(parts.keys, keysOf(spec, at));
    if (cross) cross.paint(spec, at);
    else put(parts.svg, { "aria-label": curvesText(spec, at) });
  }, table);
}
