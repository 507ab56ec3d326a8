/**
 * A place on the lines that mouse and arrow keys move, read out below the picture.
 *
 * @typedef {{at: number|null, live: boolean, held: boolean, last: number, readout: string}} Cursor
 *   where it is, whether it follows the newest point, whether it stays when the mouse goes, and what is read out there
 * @typedef {{to: (x: number) => void, leave: () => void, hold: () => void}} Walk what moving it does
 *
 * @import {CurvesSpec, Layout} from "./curves.js"
 */

import { h, placeIn, put, s, say } from "../elements.js";
import { linear } from "../scales.js";

/** @type {Record<string, number>} */
const MOVES = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10,
  Home: -Infinity, End: Infinity };

/** Where a key leads from a place; null where it leads nowhere. @param {string} key @param {Cursor} cursor */
export function stepFrom(key, { at, last }) {
  const move = MOVES[key];
  return move === undefined || at === null ? null : Math.min(last, Math.max(1, at + move));
}

/** @param {CurvesSpec} spec @param {Layout} place */
function crossNodes({ cursor, lines }, { x, y, edge, size }) {
  if (!cursor || cursor.at === null) return [];
  const at = x(cursor.at);
  const dots = lines.flatMap(({ points, tone }, i) => {
    const value = points.find((point) => point[0] === cursor.at)?.[1] ?? null;
    if (value === null || !Number.isFinite(value) || y(value) < edge.top - 4) return [];
    return [s("circle", { cx: at, cy: y(value), r: 3.5, class: `hs-dot hs-dot-${(tone ?? i) % 4}` })];
  });
  return cursor.live ? dots : [s("line", { x1: at, x2: at, y1: edge.top, y2: size[1] - edge.bottom }), ...dots];
}

/** @param {Cursor} cursor */
const spoken = ({ live, readout }) => (live ? `latest, ${readout}` : readout);
/** @param {Cursor} cursor */
const written = ({ live, held, readout }) => (live ? readout : `${readout} ${held ? "(held: Escape goes back)" : ""}`);

/** The picture becomes a slider. @param {SVGSVGElement} svg @param {Walk} walk */
export function cursor(svg, walk) {
  const group = s("g", { class: "hs-cross" });
  const readout = h("p", { class: "hs-readout" });
  put(svg, { tabindex: 0, role: "slider", "aria-label": "Epoch shown", "aria-valuemin": 1,
    "aria-orientation": "horizontal" });
  /** @type {{cursor: Cursor, layout: Layout}|null} */
  let now = null;
  /** What was done holds at once: the next key may come before the next picture. @param {Partial<Cursor>} part */
  const moved = (part) => { if (now) now = { ...now, cursor: { ...now.cursor, ...part } }; };
  listen(svg, {
    to: (at) => { moved({ at, live: false }); walk.to(at); },
    hold: () => { moved({ held: true }); walk.hold(); },
    leave: () => { moved({ held: false, live: true }); walk.leave(); },
  }, () => now);
  /** @param {CurvesSpec} spec @param {Layout} layout */
  const paint = (spec, layout) => {
    now = spec.cursor ? { cursor: spec.cursor, layout } : null;
    group.replaceChildren(...crossNodes(spec, layout));
    if (!spec.cursor) return;
    say(readout, written(spec.cursor));
    put(svg, { "aria-valuemax": Math.max(1, spec.cursor.last), "aria-valuenow": spec.cursor.at ?? 1,
      "aria-valuetext": spoken(spec.cursor) });
  };
  return { group, readout, paint };
}

/** @param {SVGSVGElement} svg @param {Walk} walk @param {() => {cursor: Cursor, layout: Layout}|null} now */
function listen(svg, walk, now) {
  const held = () => now()?.cursor.held ?? false;
  const toPointer = (/** @type {MouseEvent} */ event) => {
    const at = now();
    if (!at) return;
    const { edge, size, xRange } = at.layout;
    walk.to(linear([edge.left, size[0] - edge.right], xRange)(placeIn(event, svg)[0]));
  };
  const click = (/** @type {MouseEvent} */ event) => {
    if (held()) return walk.leave();
    toPointer(event);
    walk.hold();
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const at = now();
    if (event.key === "Escape") return walk.leave();
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (held()) return walk.leave();
      if (at && at.cursor.at !== null) walk.to(at.cursor.at);
      return walk.hold();
    }
    const to = at && stepFrom(event.key, at.cursor);
    if (to === null) return;
    event.preventDefault();
    walk.to(to);
  };
  put(svg, {
    onpointermove: (/** @type {PointerEvent} */ event) => {
      if (!held() && (event.movementX || event.movementY)) toPointer(event);
    },
    // Whoever walks by the keys stays: what moves under a resting mouse must not throw them out.
    onpointerleave: () => { if (!held() && !svg.matches(":focus-visible")) walk.leave(); },
    onblur: () => { if (!held()) walk.leave(); },
    onclick: click, onkeydown: key,
  });
}
