/**
 * A colour, a dash and a shape for each thing that is compared: any one of the three tells it from the others.
 */

import { put, s } from "./elements.js";
import { circle } from "./scales.js";

export const IDENTITIES = 8;

/** @typedef {(x: number, y: number, r: number) => string} Shape the path of a mark around a place */

/** A path through corners that are given in shares of the radius.
 * @param {[number, number][]} corners @returns {Shape} */
const corners = (corners) => (x, y, r) =>
  `${corners.map(([a, b], i) => `${i ? "L" : "M"}${(x + a * r).toFixed(1)} ${(y + b * r).toFixed(1)}`).join("")}Z`;

const PLUS = /** @type {[number, number][]} */ ([[-0.35, -1.1], [0.35, -1.1], [0.35, -0.35], [1.1, -0.35], [1.1, 0.35],
  [0.35, 0.35], [0.35, 1.1], [-0.35, 1.1], [-0.35, 0.35], [-1.1, 0.35], [-1.1, -0.35], [-0.35, -0.35]]);
const TURN = Math.SQRT1_2;

/** @type {Shape[]} */
const SHAPES = [
  (x, y, r) => circle(x, y, r),
  corners([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]),
  corners([[0, -1.15], [1.1, 0.85], [-1.1, 0.85]]),
  corners([[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]]),
  corners([[0, 1.15], [1.1, -0.85], [-1.1, -0.85]]),
  corners(PLUS),
  corners(PLUS.map(([a, b]) => [TURN * (a - b), TURN * (a + b)])),
  corners([[-0.45, -1.2], [0.45, -1.2], [0.45, 1.2], [-0.45, 1.2]]),
];

/** @param {number} who */
const place = (who) => ((who % IDENTITIES) + IDENTITIES) % IDENTITIES;

/** The classes of its line. @param {number} who */
export const lineOf = (who) => `hs-line hs-who-${place(who)} hs-way-${place(who)}`;

/** The classes of its mark. @param {number} who @param {boolean} [hollow] */
export const spotOf = (who, hollow = false) => `hs-spot hs-who-${place(who)}${hollow ? " hs-hollow" : ""}`;

/** The path of its mark. @param {number} who @param {number} x @param {number} y @param {number} [r] */
export const shapeOf = (who, x, y, r = 4.5) => SHAPES[place(who)](x, y, r);

const WIDE = 36;
const HIGH = 12;

/** A piece of its line with its mark, to stand beside a name; `paint(null)` hides it. */
export function sample() {
  const [line, spot] = [s("path", { d: `M2 ${HIGH / 2}H${WIDE - 2}` }), s("path")];
  const root = s("svg", { class: "hs-identity", width: WIDE, height: HIGH, "aria-hidden": "true" });
  root.append(line, spot);
  const paint = (/** @type {number|null} */ who) => {
    put(root, { hidden: who === null });
    if (who === null) return;
    put(line, { class: lineOf(who) });
    put(spot, { class: spotOf(who), d: shapeOf(who, WIDE / 2, HIGH / 2, 4) });
  };
  return { root, paint };
}
