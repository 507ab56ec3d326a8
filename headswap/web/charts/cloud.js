/**
 * Points in two dimensions: shape and colour say the group, an outline says wrong. Some may be ringed, the others then
 * fade, and one may be marked by a target.
 *
 * @typedef {{name: string, mark: string, points: [number, number][], wrong?: boolean[], texts?: string[],
 *   shares?: number[], trails?: [number, number][][], ids?: number[]}} Group `mark` is circle or triangle, or a
 *   number, which has a shape and a colour of its own; for each point whether it is wrong, its text, the share that it
 *   was given, the places that it has just come through, and its number among all
 * @typedef {Titled & {kind: "cloud", groups: Group[], x_range?: Range, y_range?: Range, hint?: string, share?: string,
 *   ringed?: number[]|null, marked?: number|null}} CloudSpec `hint` is read where no point is; `share` names the
 *   shares, such as P(spam); `ringed` and `marked` are numbers of points
 *
 * @import {Key} from "../axes.js"
 * @import {Range, Scale} from "../scales.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { paintKeys } from "../axes.js";
import { h, placeIn, put, s, say } from "../elements.js";
import { IDENTITIES, shapeOf } from "../identity.js";
import { circle, linear, rangeOf, triangle } from "../scales.js";
import { numberText, ofThem } from "../text.js";
import { drawn, picture } from "./frame.js";

const MARGIN = 10;
const SIZES = { circle: 3, triangle: 3.8, own: 3.6 }; // pixels: the radius of a mark
const KEYS = { circle: 4, triangle: 5, own: 4.5 };
const NEAR = 12;
const RING = 6.5; // pixels: the radius of the ring around a chosen point
const TARGET = 9; // that of the target on the marked one
const STROKE = 5;

/** A few points alone are what the picture is about. @param {Group} group */
const isSpecial = ({ wrong, points }) => !wrong && points.length < 5;

/** Whether a group has an identity of its own. @param {string} mark */
const isOwn = (mark) => /^\d+$/.test(mark);

/** @param {Group} group @param {number} i @param {boolean} outlined */
function markLook({ mark }, i, outlined) {
  const own = isOwn(mark) ? `hs-who hs-who-${Number(mark) % IDENTITIES}` : `hs-mark-${i % 4}`;
  return `hs-mark ${own}${outlined ? " hs-wrong" : ""}`;
}

/** A mark as a path, its size by what it is. Beyond the last identity a number has the first colour and another shape.
 * @param {string} mark @param {number} x @param {number} y @param {{circle: number, triangle: number, own: number}} of
 * @param {number} [scale] */
function markPath(mark, x, y, of, scale = 1) {
  if (mark === "circle") return circle(x, y, scale * of.circle);
  if (mark === "triangle") return triangle(x, y, scale * of.triangle);
  const turn = Math.floor(Number(mark) / IDENTITIES);
  return shapeOf(Number(mark) + 3 * turn, x, y, scale * of.own);
}

/** Two paths for a group: those that are right, and those that are outlined.
 * @param {Group} group @param {Scale} x @param {Scale} y @param {number} [scale] of the marks
 * @returns {[string, string]} */
export function groupPaths(group, x, y, scale = 1) {
  const special = isSpecial(group);
  /** @type {[string, string]} */
  const paths = ["", ""];
  group.points.forEach(([a, b], i) => {
    const [px, py] = [x(a), y(b)].map((value) => Number(value.toFixed(1)));
    paths[special || group.wrong?.[i] ? 1 : 0] += markPath(group.mark, px, py, SIZES, scale * (special ? 1.7 : 1));
  });
  return paths;
}

/** @param {CloudSpec} spec @returns {Key[]} */
function keysOf({ groups }) {
  const keys = groups.map((group, i) => ({ name: group.name, look: markLook(group, i, isSpecial(group)),
    shape: markPath(group.mark, 7, group.mark === "triangle" ? 6 : 7, KEYS) }));
  const judged = groups.some((group) => group.wrong);
  return judged ? [...keys, { name: "wrong", look: "hs-mark hs-mark-0 hs-wrong", shape: circle(7, 7, 4) }] : keys;
}

/** @param {CloudSpec} spec */
function cloudText({ title, groups, ringed, marked, hint }) {
  const all = groups.map(({ name, mark, points }) => `${name}, ${ofThem(points.length, isOwn(mark) ? "mark" : mark)}`);
  const one = groups.flatMap(({ ids, texts }) => texts?.filter((_, i) => ids?.[i] === marked) ?? []);
  return [`${title}: ${all.join("; ")}`, ...(ringed ? [hint] : []), ...one.map((text) => `marked: ${text}`)].join("; ");
}

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

/** The point nearest to a place, where one is near; only points with a text count.
 * @param {Group[]} groups @param {Scale} x @param {Scale} y @param {[number, number]} place in pixels */
function nearest(groups, x, y, [px, py]) {
  /** @type {{group: Group, i: number}|null} */
  let found = null;
  let least = NEAR ** 2;
  for (const group of groups) {
    if (!group.texts) continue;
    group.points.forEach(([a, b], i) => {
      const distance = (x(a) - px) ** 2 + (y(b) - py) ** 2;
      if (distance >= least) return;
      [found, least] = [{ group, i }, distance];
    });
  }
  return /** @type {{group: Group, i: number}|null} */ (found);
}

/** What the point nearest to a place says.
 * @param {CloudSpec} spec @param {Scale} x @param {Scale} y @param {[number, number]} place in pixels */
export function nearestText({ groups, share }, x, y, place) {
  const found = nearest(groups, x, y, place);
  if (!found) return "";
  const { group: { texts = [], shares }, i } = found;
  return share && shares ? `${share} ${shares[i].toFixed(3)}: ${texts[i]}` : texts[i];
}

/** The line below that reads out the point under the mouse; a click chooses it.
 * @param {SVGSVGElement} svg @param {((id: number) => void)|null} choose */
function pointed(svg, choose) {
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
  const click = (/** @type {MouseEvent} */ event) => {
    const hit = now && nearest(now.spec.groups, now.x, now.y, placeIn(event, svg));
    const id = hit?.group.ids?.[hit.i];
    if (id !== undefined) choose?.(id);
  };
  put(svg, { onpointermove: point, onpointerleave: () => read(""), onclick: choose && click });
  /** @param {CloudSpec} spec @param {Scale} x @param {Scale} y */
  const paint = (spec, x, y) => {
    now = { spec, x, y };
    if (!found || spec.groups.every(({ points }) => !points.length)) read("");
  };
  return { said, paint };
}

/** The groups without the points that lie in front, and with them alone.
 * @param {CloudSpec} spec @returns {[Group[], Group[]]} */
function layersOf({ groups, ringed, marked }) {
  const inFront = (/** @type {number|undefined} */ id) =>
    id !== undefined && (id === marked || Boolean(ringed?.includes(id)));
  const part = (/** @type {Group} */ group, /** @type {boolean} */ front) => {
    const kept = group.points.map((_, i) => i).filter((i) => inFront(group.ids?.[i]) === front);
    const wrong = group.wrong && kept.map((i) => Boolean(group.wrong?.[i]));
    return { ...group, points: kept.map((i) => group.points[i]), wrong };
  };
  if (!ringed && typeof marked !== "number") return [groups, []];
  return [groups.map((group) => part(group, false)), groups.map((group) => part(group, true))];
}

/** Where the points of these numbers are. @param {Group[]} groups @param {number[]} wanted */
const placesOf = (groups, wanted) =>
  groups.flatMap(({ ids, points }) => points.filter((_, i) => ids !== undefined && wanted.includes(ids[i])));

/** A ring around each of these points. @param {[number, number][]} points @param {Scale} x @param {Scale} y */
export const ringPath = (points, x, y) => points.map(([a, b]) => circle(x(a), y(b), RING)).join("");

/** A target: a larger ring with four strokes. @param {[number, number][]} points @param {Scale} x @param {Scale} y */
export const targetPath = (points, x, y) => points.map(([a, b]) => {
  const [px, py] = [x(a), y(b)];
  const strokes = [[-1, 0], [1, 0], [0, -1], [0, 1]].map(([dx, dy]) =>
    `M${(px + TARGET * dx).toFixed(1)} ${(py + TARGET * dy).toFixed(1)}l${STROKE * dx} ${STROKE * dy}`);
  return `${circle(px, py, TARGET)}${strokes.join("")}`;
}).join("");

/** All right ones first: those that are outlined lie over them. @param {Element} group @param {Group[]} groups
 * @param {Scale} x @param {Scale} y */
function paintMarks(group, groups, x, y) {
  const many = groups.length;
  if (group.childElementCount !== 2 * many) group.replaceChildren(...groups.flatMap(() => [s("path"), s("path")]));
  groups.forEach((one, i) => groupPaths(one, x, y).forEach((d, outlined) =>
    put(group.children[i + outlined * many], { class: markLook(one, i, outlined === 1), d })));
}

/** The ways that the points have just come, one path for each group. @param {Element} group @param {CloudSpec} spec
 * @param {Scale} x @param {Scale} y */
function paintTrails(group, { groups }, x, y) {
  if (group.childElementCount !== groups.length) group.replaceChildren(...groups.map(() => s("path")));
  const step = (/** @type {[number, number]} */ [a, b], /** @type {number} */ i) =>
    `${i ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`;
  const path = (/** @type {[number, number][][]} */ trails) => trails.map((way) => way.map(step).join("")).join("");
  groups.forEach(({ mark, trails = [] }, i) => put(group.children[i], { d: path(trails),
    class: `hs-trail ${isOwn(mark) ? `hs-who hs-who-${Number(mark) % IDENTITIES}` : `hs-trail-${i % 4}`}` }));
}

/** @param {Place} place @param {((id: number) => void)|null} [choose] what a click on a point does */
export function cloud(place, choose = null) {
  const parts = picture(place, `hs-cloud${choose ? " hs-choosable" : ""}`);
  const [cross, trails, marks] = [s("path", { class: "hs-rule" }), s("g", { "aria-hidden": "true" }), s("g")];
  const [front, rings, halo, target] = [s("g"), s("path", { class: "hs-ring" }), s("path", { class: "hs-halo" }),
    s("path", { class: "hs-target" })];
  parts.svg.append(cross, trails, marks, front, rings, halo, target);
  const pointer = pointed(parts.svg, choose);
  parts.under.append(pointer.said);
  return drawn(parts, (/** @type {CloudSpec} */ spec, [width, height]) => {
    const all = spec.groups.flatMap((group) => group.points);
    const x = linear(spec.x_range ?? rangeOf(all.map(([at]) => at)), [MARGIN, width - MARGIN]);
    const y = linear(spec.y_range ?? rangeOf(all.map(([, at]) => at)), [height - MARGIN, MARGIN]);
    put(cross, { d: `M0 ${y(0).toFixed(1)}H${width}M${x(0).toFixed(1)} 0V${height}` });
    paintTrails(trails, spec, x, y);
    const [back, chosen] = layersOf(spec);
    paintMarks(marks, back, x, y);
    paintMarks(front, chosen, x, y);
    for (const layer of [trails, marks]) put(layer, { class: spec.ringed ? "hs-faded" : null });
    put(rings, { d: ringPath(placesOf(spec.groups, spec.ringed ?? []), x, y) });
    const marked = targetPath(placesOf(spec.groups, typeof spec.marked === "number" ? [spec.marked] : []), x, y);
    for (const layer of [halo, target]) put(layer, { d: marked });
    paintKeys(parts.keys, keysOf(spec));
    put(parts.svg, { "aria-label": cloudText(spec) });
    pointer.paint(spec, x, y);
  }, pointTable);
}
