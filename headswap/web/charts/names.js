/**
 * Words inside a picture of lines, none over another.
 *
 * @typedef {{name: string, tail?: string, who: number|null, line?: Line, points: Point[]}} Aside
 *   a name beside the lines; `line` is the one it names, where that is no ghost
 *
 * @import {Point} from "../scales.js"
 * @import {CurvesSpec, Ghost, Layout, Line, Mark} from "./curves.js"
 */

import { put, s } from "../elements.js";
import { lineOf, shapeOf, spotOf } from "../identity.js";
import { apart, diamond } from "../scales.js";
import { LETTER, ROW, cut, numberText, widest } from "../text.js";

/** @param {number|null} value @returns {value is number} */
const drawable = (value) => value !== null && Number.isFinite(value);

/** The classes of a line. @param {{dash?: boolean, tone?: number, who?: number}} line @param {number} i */
export const lineLook = (line, i) => (line.who === undefined
  ? `hs-line hs-line-${(line.tone ?? i) % 4}${line.dash ? " hs-dash" : ""}` : lineOf(line.who));

/** Names where the lines end. @param {Line[]} lines @param {Layout} at */
export function endNames(lines, { x, y, edge, size }) {
  const ended = lines.flatMap(({ name, points }) => {
    const last = points.filter(([, value]) => drawable(value)).at(-1);
    return last ? [{ name, at: x(last[0]) + 6, height: y(Number(last[1])) + 4 }] : [];
  });
  const places = apart(ended.map((end) => end.height), ROW, edge.top + 4, size[1] - edge.bottom + 2);
  return ended.map((end, i) => s("text", { x: end.at, y: places[i] }, end.name));
}

/** What is cut off at the top, and how high it goes: a line that leaves the picture says so.
 * @param {Line[]} lines @param {Ghost[]} ghosts @param {Layout} at */
export function overNodes(lines, ghosts, { edge, size, yRange }) {
  const texts = [...lines, ...ghosts].flatMap(({ name, points }) => {
    const most = Math.max(...points.map(([, value]) => (drawable(value) ? value : -Infinity)));
    return most > yRange[1] ? [`↑ ${name} up to ${numberText(most)}`] : [];
  });
  const place = { x: size[0] - edge.right, "text-anchor": "end" };
  return texts.map((text, i) => s("text", { ...place, y: edge.top + 10 + ROW * i }, text));
}

const GAP = 7; // from the end of the axis to a mark beside it
const INDENT = 16; // from there to its name
const BOLD = 1.15; // how much wider the name of the run on show is

/** What is named beside the lines: the run whose lines these are, then the others.
 * @param {CurvesSpec} spec @returns {Aside[]} */
function asides({ own, lines, ghosts = [] }) {
  const line = lines.at(-1);
  return own && line ? [{ ...own, line, points: line.points }, ...ghosts] : ghosts;
}

/** The room that names beside the lines take, at most a third of the width. @param {CurvesSpec} spec
 * @param {number} width */
export function roomBeside(spec, width) {
  const rooms = asides(spec).map(({ name, tail = "", line }) => widest([`${name}${tail}`]) * (line ? BOLD : 1));
  return rooms.length ? Math.min(0.33 * width, Math.max(...rooms) + GAP + INDENT + 2) : 0;
}

/** Names beside the lines, each with its mark and as high as its line ends; as many as there is room for.
 * @param {CurvesSpec} spec @param {Layout} at */
export function sideNames(spec, { y, xRange, edge, size }) {
  const [left, low, high] = [size[0] - edge.right + GAP, edge.top, size[1] - edge.bottom];
  const [all, fits] = [asides(spec), Math.max(1, Math.floor((high - low) / ROW) + 1)];
  const named = all.length > fits ? all.slice(0, fits - 1) : all;
  const ends = named.map(({ points }) => {
    const last = points.filter(([at, value]) => at <= xRange[1] && drawable(value)).at(-1);
    return last ? Math.min(high, Math.max(low, y(Number(last[1])))) : high;
  });
  const rest = all.length - named.length;
  const places = apart(rest ? [...ends, high] : ends, ROW, low, high);
  const more = rest ? [s("text", { x: left + INDENT, y: places[named.length] + 4 }, `and ${rest} more`)] : [];
  return [...named.flatMap((one, i) => sideName(one, left, places[i], edge.right - GAP - INDENT)), ...more];
}

/** @param {Aside} aside @param {number} left @param {number} height @param {number} room */
function sideName({ name, tail = "", who, line }, left, height, room) {
  const short = cut(name, (line ? room / BOLD : room) - LETTER * tail.length);
  const text = s("text", { x: left + INDENT, y: height + 4, class: line ? "hs-own" : null }, `${short}${tail}`);
  if (short !== name) text.append(s("title", {}, name));
  const piece = line ? [s("path", { class: lineLook(line, 0), d: `M${left} ${height}h14` })] : [];
  const mark = who === null ? [] : [s("path", { class: spotOf(who), d: shapeOf(who, left + 7, height, 4) })];
  return [...piece, ...mark, text];
}

/** A diamond on a line and its word, on the side and at the height where there is room.
 * @param {Mark} mark @param {Layout} at */
function markNode([at, value, text], { x, y, edge, size }) {
  const [px, py] = [x(at), y(value)];
  const left = px + 9 + LETTER * text.length > size[0] - edge.right + 4;
  const below = py + 18 < size[1] - edge.bottom;
  const word = { x: px + (left ? -9 : 9), y: py + (below ? 16 : -8), "text-anchor": left ? "end" : "start" };
  return { shape: s("path", { d: diamond(px, py) }), word: s("text", word, text) };
}

/** @param {Mark[]} marks @param {Layout} at @param {number} [over] rows of text at the top */
export function markNodes(marks, at, over = 0) {
  const nodes = marks.map((mark) => markNode(mark, at));
  const base = at.size[1] - at.edge.bottom;
  const heights = apart(nodes.map(({ word }) => Number(word.getAttribute("y"))), ROW,
    12 + ROW * over, base - 4);
  nodes.forEach(({ word }, i) => put(word, { y: heights[i] }));
  return nodes.flatMap(({ shape, word }) => [shape, word]);
}
