/**
 * Words inside a picture of lines, none over another.
 *
 * @import {Ghost, Layout, Line, Mark} from "./curves.js"
 */

import { put, s } from "../elements.js";
import { apart, diamond } from "../scales.js";
import { LETTER, ROW, numberText } from "../text.js";

/** @param {number|null} value @returns {value is number} */
const drawable = (value) => value !== null && Number.isFinite(value);

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
  const faded = ghosts.map(({ name, lines: parts }) => ({ name, points: parts.flatMap(({ points }) => points) }));
  const texts = [...lines, ...faded].flatMap(({ name, points }) => {
    const most = Math.max(...points.map(([, value]) => (drawable(value) ? value : -Infinity)));
    return most > yRange[1] ? [`↑ ${name} up to ${numberText(most)}`] : [];
  });
  const place = { x: size[0] - edge.right, "text-anchor": "end" };
  return texts.map((text, i) => s("text", { ...place, y: edge.top + 10 + ROW * i }, text));
}

/** The name of a faded line, above its end. @param {Ghost} ghost @param {Layout} at */
export function ghostName({ name, lines }, { x, y, xRange, yRange, edge }) {
  const points = (lines.at(-1)?.points ?? []).filter(([at, value]) => at <= xRange[1] && drawable(value));
  const last = points.at(-1);
  if (!last || Number(last[1]) > yRange[1]) return [];
  const right = x(last[0]);
  const under = points.filter(([at]) => x(at) >= right - 6 * name.length);
  const top = Math.min(...under.map(([, value]) => y(Number(value))));
  const fits = right - 6 * name.length >= edge.left;
  const place = { x: fits ? right : edge.left + 4, y: Math.max(edge.top + 8, top - 5),
    "text-anchor": fits ? "end" : "start" };
  return [s("text", { ...place, class: "hs-ghostname" }, name)];
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

/** @param {Mark[]} marks @param {Layout} at */
export function markNodes(marks, at) {
  const nodes = marks.map((mark) => markNode(mark, at));
  const base = at.size[1] - at.edge.bottom;
  const heights = apart(nodes.map(({ word }) => Number(word.getAttribute("y"))), ROW, 12, base - 4);
  nodes.forEach(({ word }, i) => put(word, { y: heights[i] }));
  return nodes.flatMap(({ shape, word }) => [shape, word]);
}
