/**
 * What a head says all over a plane: shades for how likely the second class is, the line where the verdict turns, and
 * points on top. The side of the second class is hatched, and wrong points are outlined: neither needs its colour.
 *
 * @typedef {{name: string, mark: string, points: [number, number][], wrong: boolean[]}} Side
 * @typedef {Titled & {kind: "field", x: string, y: string, x_range: Range, y_range: Range, logits: number[][],
 *   names: [string, string], groups: Side[]}} FieldSpec `logits` are those in the middle of each cell, row by row from
 *   the bottom; above 0 they favour the second name
 *
 * @import {Key} from "../axes.js"
 * @import {Range, Scale} from "../scales.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { paintKeys } from "../axes.js";
import { freshId, put, s } from "../elements.js";
import { circle, linear, triangle } from "../scales.js";
import { numberText, ofThem } from "../text.js";
import { groupPaths } from "./cloud.js";
import { drawn, picture } from "./frame.js";

const LEVELS = 10;
const STRONGEST = 0.32; // of the class's colour, where the head is certain
const EDGE = { left: 18, right: 1, top: 1, bottom: 18 };
const FEW = 100; // points that have room to be larger
const HATCH = "M2 8l6-6M2 13l11-11M8 13l5-5";

/** @param {number} logit */
const chanceOf = (logit) => 1 / (1 + Math.exp(-logit));

/** Which of ten shades a logit has: the upper five favour the second class. @param {number} logit */
const levelOf = (logit) => (logit > 0 ? Math.max(LEVELS / 2, Math.min(LEVELS - 1, Math.floor(LEVELS * chanceOf(logit))))
  : Math.min(LEVELS / 2 - 1, Math.floor(LEVELS * chanceOf(logit))));

/** One path for each shade, neighbours in a row drawn as one. @param {number[][]} logits @param {Scale} column
 * @param {Scale} row the places of the cells' edges, by their number */
export function shadePaths(logits, column, row) {
  const paths = Array.from({ length: LEVELS }, () => "");
  logits.forEach((values, j) => {
    const [low, high] = [Math.round(row(j)), Math.round(row(j + 1))];
    const levels = values.map(levelOf);
    for (let from = 0, to = 0; from < levels.length; from = to) {
      while (to < levels.length && levels[to] === levels[from]) to += 1;
      const [left, right] = [Math.round(column(from)), Math.round(column(to))];
      paths[levels[from]] += `M${left} ${low}H${right}V${high}H${left}Z`;
    }
  });
  return paths;
}

/** The numbers in the middle of cells, and those at the edges of the first and the last, carried on in a straight
 * line: [place by number of cells, value] for each. @param {number[]} values @returns {[number, number][]} */
function withEnds(values) {
  const [first, last] = [values[0], values[values.length - 1]];
  const [second, before] = [values[1] ?? first, values[values.length - 2] ?? last];
  const middle = values.map((value, i) => /** @type {[number, number]} */ ([i + 0.5, value]));
  return [[0, 1.5 * first - 0.5 * second], ...middle, [values.length, 1.5 * last - 0.5 * before]];
}

/** The line where logits are 0, as pieces from side to side of each square between four places.
 * @param {number[][]} logits @param {Scale} column @param {Scale} row */
export function turnPath(logits, column, row) {
  const rows = logits.map((values) => withEnds(values));
  const columns = rows[0].map((_, i) => withEnds(rows.map((values) => values[i][1])));
  const [across, up] = [rows[0].map(([at]) => at), columns[0].map(([at]) => at)];
  const value = (/** @type {number} */ i, /** @type {number} */ j) => columns[i][j][1];
  /** @typedef {[number, number]} Corner */
  const crossing = (/** @type {Corner} */ [i, j], /** @type {Corner} */ [k, l]) => {
    const [a, b] = [value(i, j), value(k, l)];
    if (a > 0 === b > 0) return null;
    const share = a / (a - b);
    const [x, y] = [column(across[i] + share * (across[k] - across[i])), row(up[j] + share * (up[l] - up[j]))];
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  };
  const pieces = [];
  for (let i = 0; i + 1 < across.length; i++)
    for (let j = 0; j + 1 < up.length; j++) {
      /** @type {Corner[]} */
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const found = corners.map((corner, n) => crossing(corner, corners[(n + 1) % 4])).filter((one) => one !== null);
      for (let n = 0; n + 1 < found.length; n += 2) pieces.push(`M${found[n]}L${found[n + 1]}`);
    }
  return pieces.join("");
}

/** How much of the plane is on the second side. @param {number[][]} logits */
const shareOf = (logits) => {
  const all = logits.flat();
  return all.filter((logit) => logit > 0).length / Math.max(1, all.length);
};

/** @param {Side} group */
const sideText = ({ name, mark, wrong }) =>
  `${name}, ${ofThem(wrong.length, mark)}, ${wrong.filter(Boolean).length} of them wrong`;

/** What the picture shows, for those who do not see it. @param {FieldSpec} spec */
export const fieldText = ({ title, logits, names, groups }) =>
  `${title}: it says ${names[1]} in ${Math.round(100 * shareOf(logits))} % of the picture, ${names[0]} in the rest; ` +
  groups.map(sideText).join("; ");

/** @param {FieldSpec} spec @returns {[string[], () => (string|number)[][]]} */
const pointTable = ({ x, y, groups }) => [["class", x, y, "the head is"], () =>
  groups.flatMap(({ name, points, wrong }) => points.map(([a, b], i) =>
    [name, numberText(a), numberText(b), wrong[i] ? "wrong" : "right"]))];

/** @param {FieldSpec} spec @returns {Key[]} */
const keysOf = ({ names, groups }) => [
  ...groups.map(({ name, mark }, i) => ({ name, look: `hs-mark hs-mark-${i}`,
    shape: mark === "triangle" ? triangle(7, 6, 5) : circle(7, 7, 4) })),
  { name: "wrong", look: "hs-mark hs-f-none hs-wrong", shape: circle(7, 7, 4) },
  { name: `called ${names[1]}`, look: "hs-f-hatch", shape: HATCH }];

/** The hatch of the second side: a pattern that only its shades are filled with. */
function hatching() {
  const id = freshId();
  const pattern = s("pattern", { id, width: 9, height: 9, patternUnits: "userSpaceOnUse" });
  pattern.append(s("path", { class: "hs-f-hatch", d: "M-1 1l2-2M0 9l9-9M8 10l2-2" }));
  const defs = s("defs");
  defs.append(pattern);
  return { defs, fill: `url(#${id})` };
}

/** @param {Place} place */
export function field(place) {
  const parts = picture(place, "hs-field");
  const hatch = hatching();
  const shades = s("g", { "shape-rendering": "crispEdges", "aria-hidden": "true" });
  const [hatched, halo, turn] = [s("path", { fill: hatch.fill }), s("path", { class: "hs-f-halo" }),
    s("path", { class: "hs-f-turn" })];
  const [marks, names] = [s("g", { "aria-hidden": "true" }), s("g", { "aria-hidden": "true" })];
  parts.svg.append(hatch.defs, shades, hatched, halo, turn, marks, names);
  return drawn(parts, (/** @type {FieldSpec} */ spec, [width, height]) => {
    const [across, up] = [/** @type {Range} */ ([EDGE.left, width - EDGE.right]),
      /** @type {Range} */ ([height - EDGE.bottom, EDGE.top])];
    const [column, row] = [linear([0, spec.logits[0].length], across), linear([0, spec.logits.length], up)];
    const paths = shadePaths(spec.logits, column, row);
    shades.replaceChildren(...paths.map(shadeNode));
    put(hatched, { d: paths.slice(LEVELS / 2).join("") });
    const line = turnPath(spec.logits, column, row);
    for (const path of [halo, turn]) put(path, { d: line });
    marks.replaceChildren(...markNodes(spec.groups, linear(spec.x_range, across), linear(spec.y_range, up)));
    const middle = (up[0] + up[1]) / 2;
    names.replaceChildren(
      s("text", { x: (across[0] + across[1]) / 2, y: height - 4, "text-anchor": "middle" }, spec.x),
      s("text", { x: 11, y: middle, "text-anchor": "middle", transform: `rotate(-90 11 ${middle})` }, spec.y));
    paintKeys(parts.keys, keysOf(spec));
    put(parts.svg, { "aria-label": fieldText(spec) });
  }, pointTable);
}

/** @param {string} d @param {number} level */
function shadeNode(d, level) {
  const far = level < LEVELS / 2 ? LEVELS / 2 - level : level + 1 - LEVELS / 2;
  const node = s("path", { class: level < LEVELS / 2 ? "hs-f-no" : "hs-f-yes", d });
  node.style.setProperty("--hs-part", ((STRONGEST * far) / (LEVELS / 2)).toFixed(3));
  return node;
}

/** The points of all groups, those that are wrong last, so that they lie on top.
 * @param {Side[]} groups @param {Scale} x @param {Scale} y */
function markNodes(groups, x, y) {
  const many = groups.reduce((sum, { points }) => sum + points.length, 0);
  const paths = groups.map((group) => groupPaths(group, x, y, many > FEW ? 1 : 1.5));
  return [0, 1].flatMap((outlined) => paths.map((both, i) =>
    s("path", { class: `hs-mark hs-mark-${i}${outlined ? " hs-wrong" : ""}`, d: both[outlined] })));
}
