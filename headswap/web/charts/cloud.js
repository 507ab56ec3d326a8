/**
 * Points in two dimensions: shape and colour say the group, an outline says wrong.
 *
 * @typedef {{name: string, mark: string, points: [number, number][], wrong?: boolean[], texts?: string[],
 *   shares?: number[], trails?: [number, number][][]}} Group `mark` is circle or triangle; for each point whether it is
 *   wrong, its text, the share that it was given, and the places that it has just come through
 * @typedef {Titled & {kind: "cloud", groups: Group[], x_range?: Range, y_range?: Range, hint?: string, share?: string}}
 *   CloudSpec `hint` is read where no point is; `share` names the shares, such as P(spam)
 *
 * @import {Key} from "../axes.js"
 * @import {Range, Scale} from "../scales.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { paintKeys } from "../axes.js";
import { h, placeIn, put, s, say } from "../elements.js";
import { circle, linear, rangeOf, triangle } from "../scales.js";
import { numberText, ofThem } from "../text.js";
import { drawn, picture } from "./frame.js";

const MARGIN = 10;
const NEAR = 12;

/** A few points alone are what the picture is about. @param {Group} group */
const isSpecial = ({ wrong, points }) => !wrong && points.length < 5;

/** @param {number} i @param {boolean} outlined */
const markLook = (i, outlined) => `hs-mark hs-mark-${i % 4}${outlined ? " hs-wrong" : ""}`;

/** Two paths for a group: those that are right, and those that are outlined.
 * @param {Group} group @param {Scale} x @param {Scale} y @returns {[string, string]} */
export function groupPaths(group, x, y) {
  const special = isSpecial(group);
  const [shape, size] = group.mark === "triangle" ? [triangle, 3.8] : [circle, 3];
  /** @type {[string, string]} */
  const paths = ["", ""];
  group.points.forEach(([a, b], i) => {
    const [px, py] = [x(a), y(b)].map((value) => Number(value.toFixed(1)));
    paths[special || group.wrong?.[i] ? 1 : 0] += shape(px, py, size * (special ? 1.7 : 1));
  });
  return paths;
}

/** @param {CloudSpec} spec @returns {Key[]} */
function keysOf({ groups }) {
  const keys = groups.map((group, i) => ({ name: group.name, look: markLook(i, isSpecial(group)),
    shape: group.mark === "triangle" ? triangle(7, 6, 5) : circle(7, 7, 4) }));
  const judged = groups.some((group) => group.wrong);
  return judged ? [...keys, { name: "wrong", look: markLook(0, true), shape: circle(7, 7, 4) }] : keys;
}

/** @param {CloudSpec} spec */
const cloudText = ({ title, groups }) =>
  `${title}: ${groups.map((group) => `${group.name}, ${ofThem(group.points.length, group.mark)}`).join("; ")}`;

/** @param {CloudSpec} spec @returns {[string[], () => (string|number)[][]]} */
function pointTable({ groups, share }) {
  const place = (/** @type {[number, number]} */ [x, y]) => [numberText(x), numberText(y)];
  /** @type {(group: Group, i: number) => (string|number)[]} */
  const bare = ({ name, points }, i) => [name, ...place(points[i])];
  /** @type {typeof bare} */
  const judged = ({ name, points, texts, shares }, i) =>
    [texts?.[i] ?? "", name, (shares?.[i] ?? NaN).toFixed(3), ...place(points[i])];
  const row = share ? judged : bare;
  return [share ? ["message", "label", share, "x", "y"] : ["group", "x", "y"],
    () => groups.flatMap((group) => group.points.map((_, i) => row(group, i)))];
}

/** What the point nearest to a place says, where one is near.
 * @param {CloudSpec} spec @param {Scale} x @param {Scale} y @param {[number, number]} place in pixels */
export function nearestText({ groups, share }, x, y, [px, py]) {
  let [found, least] = ["", NEAR ** 2];
  for (const { points, texts, shares } of withTexts(groups)) {
    points.forEach(([a, b], i) => {
      const distance = (x(a) - px) ** 2 + (y(b) - py) ** 2;
      if (distance >= least) return;
      least = distance;
      found = share && shares ? `${share} ${shares[i].toFixed(3)}: ${texts[i]}` : texts[i];
    });
  }
  return found;
}

/** The groups whose points have texts. @param {Group[]} groups */
const withTexts = (groups) => groups.flatMap((group) => (group.texts ? [{ ...group, texts: group.texts }] : []));

/** The line below that reads out the point under the mouse. @param {SVGSVGElement} svg */
function pointed(svg) {
  const said = h("p", { class: "hs-under", hidden: true });
  /** @type {{spec: CloudSpec, x: Scale, y: Scale}|null} */
  let now = null;
  let found = "";
  const read = (/** @type {string} */ text) => {
    found = text;
    say(said, text || (now?.spec.hint ?? ""));
    said.hidden = !said.textContent;
  };
  const point = (/** @type {PointerEvent} */ event) => {
    if (!now) return;
    read(nearestText(now.spec, now.x, now.y, placeIn(event, svg)));
  };
  put(svg, { onpointermove: point, onpointerleave: () => read("") });
  /** @param {CloudSpec} spec @param {Scale} x @param {Scale} y */
  const paint = (spec, x, y) => {
    now = { spec, x, y };
    if (!found || spec.groups.every(({ points }) => !points.length)) read("");
  };
  return { said, paint };
}

/** All right ones first: those that are outlined lie over them. @param {Element} group @param {CloudSpec} spec
 * @param {Scale} x @param {Scale} y */
function paintMarks(group, { groups }, x, y) {
  const many = groups.length;
  if (group.childElementCount !== 2 * many) group.replaceChildren(...groups.flatMap(() => [s("path"), s("path")]));
  groups.forEach((one, i) => groupPaths(one, x, y).forEach((d, outlined) =>
    put(group.children[i + outlined * many], { class: markLook(i, outlined === 1), d })));
}

/** The ways that the points have just come, one path for each group. @param {Element} group @param {CloudSpec} spec
 * @param {Scale} x @param {Scale} y */
function paintTrails(group, { groups }, x, y) {
  if (group.childElementCount !== groups.length) group.replaceChildren(...groups.map(() => s("path")));
  const step = (/** @type {[number, number]} */ [a, b], /** @type {number} */ i) =>
    `${i ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`;
  const path = (/** @type {[number, number][][]} */ trails) => trails.map((way) => way.map(step).join("")).join("");
  groups.forEach(({ trails = [] }, i) =>
    put(group.children[i], { class: `hs-trail hs-trail-${i % 4}`, d: path(trails) }));
}

/** @param {Place} place */
export function cloud(place) {
  const parts = picture(place, "hs-cloud");
  const [cross, trails, marks] = [s("path", { class: "hs-rule" }), s("g", { "aria-hidden": "true" }), s("g")];
  parts.svg.append(cross, trails, marks);
  const pointer = pointed(parts.svg);
  parts.under.append(pointer.said);
  return drawn(parts, (/** @type {CloudSpec} */ spec, [width, height]) => {
    const all = spec.groups.flatMap((group) => group.points);
    const x = linear(spec.x_range ?? rangeOf(all.map(([at]) => at)), [MARGIN, width - MARGIN]);
    const y = linear(spec.y_range ?? rangeOf(all.map(([, at]) => at)), [height - MARGIN, MARGIN]);
    put(cross, { d: `M0 ${y(0).toFixed(1)}H${width}M${x(0).toFixed(1)} 0V${height}` });
    paintTrails(trails, spec, x, y);
    paintMarks(marks, spec, x, y);
    paintKeys(parts.keys, keysOf(spec));
    put(parts.svg, { "aria-label": cloudText(spec) });
    pointer.paint(spec, x, y);
  }, pointTable);
}
