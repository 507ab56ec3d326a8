/**
 * What is gained against what it costs, a point for each run: mouse or arrow keys name a point, a click or Enter
 * chooses it. The points are kept from picture to picture, so that they can be seen to move.
 *
 * @typedef {{name: string, seed: number, group: number, x: number, y: number, says: string}} Run
 * @typedef {{name: string, mark: "circle"|"triangle"|"diamond"}} Family
 * @typedef {Titled & {kind: "trade", x: string, y: string, x_range: Range, y_range: Range, runs: Run[],
 *   groups: Family[], chosen: {name: string, seed: number}, rule: number, rule_name: string}} TradeSpec x is on a
 *   logarithmic axis; `says` is what is read out of a run; `rule` is a place on x with a name
 *
 * @import {Range, Scale} from "../scales.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { axisNodes, paintKeys, shortText } from "../axes.js";
import { h, placeIn, put, s, say } from "../elements.js";
import { circle, linear, logTicks, logarithmic, ticks, triangle } from "../scales.js";
import { numberText, widest } from "../text.js";
import { drawn, picture } from "./frame.js";

const NEAR = 14; // pixels from the mouse to a point that it names
const HINT = "Point at a run, or walk with the arrow keys. Click or Enter chooses it.";
/** @type {Record<string, number>} */
const MOVES = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5,
  Home: -Infinity, End: Infinity };
const SHAPES = { circle: (/** @type {number} */ r) => circle(0, 0, r),
  triangle: (/** @type {number} */ r) => triangle(0, -0.2 * r, 1.15 * r),
  diamond: (/** @type {number} */ r) => `M0 ${-1.3 * r}L${1.3 * r} 0L0 ${1.3 * r}L${-1.3 * r} 0Z` };

/** The runs from left to right, those that lie at the same place from below. @param {Run[]} runs */
export const inOrder = (runs) => runs.map((_, i) => i).sort((a, b) => runs[a].x - runs[b].x || runs[a].y - runs[b].y);

/** Where a key leads from a run; null where it leads nowhere. @param {string} key @param {Run[]} runs
 * @param {number} at */
export function walked(key, runs, at) {
  const order = inOrder(runs);
  if (MOVES[key] === undefined || !order.length) return null;
  return order[Math.min(order.length - 1, Math.max(0, order.indexOf(at) + MOVES[key]))];
}

/** The run nearest to a place in pixels, where one is near; of runs in one place the chosen one.
 * @param {TradeSpec} spec @param {Scale} x @param {Scale} y @param {[number, number]} place */
export function nearestRun({ runs, chosen }, x, y, [px, py]) {
  let [found, least] = [-1, NEAR ** 2];
  runs.forEach((run, i) => {
    const far = (x(run.x) - px) ** 2 + (y(run.y) - py) ** 2 - (isChosen(run, chosen) ? 1 : 0);
    if (far < least) [found, least] = [i, far];
  });
  return found;
}

/** @param {Run} run @param {TradeSpec["chosen"]} chosen */
const isChosen = ({ name, seed }, chosen) => name === chosen.name && seed === chosen.seed;

/** What the picture shows, for those who do not see it. @param {TradeSpec} spec */
export const tradeText = ({ title, x, y, runs, groups, rule, rule_name }) =>
  `${title}: ${y} by ${x}, ${runs.length} runs; ` + groups.map(({ name }, i) =>
    `${name}, ${runs.filter(({ group }) => group === i).length}`).join("; ") + `; ${rule_name} at ${numberText(rule)}`;

/** @param {TradeSpec} spec @returns {[string[], () => (string|number)[][]]} */
const runTable = ({ x, y, runs }) => [["regime", "seed", x, y], () =>
  runs.map(({ name, seed, x: at, y: up }) => [name, String(seed), numberText(at), up.toFixed(3)])];

/** @param {TradeSpec} spec @param {Range} size */
function layoutOf({ x_range, y_range }, [width, height]) {
  const ys = ticks(...y_range, 5);
  const edge = { left: 31 + widest(ys.map(String)), right: 16, top: 18, bottom: 34 };
  const x = logarithmic(x_range, [edge.left, width - edge.right]);
  const xs = logTicks(...x_range, Math.max(2, Math.floor((width - 60) / 56)));
  return { x, y: linear(y_range, [height - edge.bottom, edge.top]), xs, ys, edge };
}

/** @param {Place} place @param {(run: Run) => void} choose what a click on a run, or Enter, does */
export function trade(place, choose) {
  const parts = picture(place, "hs-plot hs-trade");
  const [axes, rule, marks, around] = ["axes", "traderule", "traded", "tradedaround"].map((look) =>
    s("g", { class: `hs-${look}`, "aria-hidden": "true" }));
  parts.svg.append(axes, rule, marks, around);
  const said = h("p", { class: "hs-readout", "aria-live": "polite" }, HINT);
  parts.root.insertBefore(said, parts.under);
  /** @type {{spec: TradeSpec, x: Scale, y: Scale}|null} */
  let now = null;
  let at = -1; // the run that is named, if any
  const name = (/** @type {number} */ i) => {
    if (!now) return;
    at = i;
    const run = now.spec.runs[i];
    say(said, run ? run.says : HINT);
    const lit = run ? [s("circle", { cx: now.x(run.x), cy: now.y(run.y), r: 9, class: "hs-ring" })] : [];
    around.replaceChildren(...ringsOf(now), ...lit);
    put(parts.svg, { "aria-valuenow": i + 1, "aria-valuetext": run ? run.says : HINT });
  };
  listen(parts.svg, { name, choose, at: () => at, now: () => now });
  return drawn(parts, (/** @type {TradeSpec} */ spec, size) => {
    const { x, y, xs, ys, edge } = layoutOf(spec, size);
    now = { spec, x, y };
    axes.replaceChildren(...axisNodes({ size, edge, x, y, xs, ys, xName: spec.x, yName: spec.y, xText: shortText }));
    rule.replaceChildren(...ruleNodes(spec, x(spec.rule), edge, size));
    paintRuns(marks, now);
    paintKeys(parts.keys, spec.groups.map(({ name, mark }, i) =>
      ({ name, look: `hs-mark hs-mark-${i}`, shape: shifted(mark) })));
    put(parts.svg, { "aria-label": tradeText(spec), "aria-valuemin": 1, "aria-valuemax": spec.runs.length });
    name(at < spec.runs.length ? at : -1);
  }, runTable);
}

/** The shape of a family in a legend's box. @param {Family["mark"]} mark */
const shifted = (mark) => ({ circle: circle(7, 7, 4), triangle: triangle(7, 6, 5),
  diamond: "M7 2L12 7L7 12L2 7Z" })[mark];

/** @param {TradeSpec} spec @param {number} at @param {import("../axes.js").Edge} edge @param {Range} size */
const ruleNodes = ({ rule_name }, at, edge, [, height]) => [
  s("line", { x1: at, x2: at, y1: edge.top, y2: height - edge.bottom, class: "hs-pointed" }),
  s("text", { x: at, y: edge.top - 6, "text-anchor": "middle" }, rule_name)];

/** A mark for each run; one that was there is moved, so that it can be followed.
 * @param {Element} group @param {{spec: TradeSpec, x: Scale, y: Scale}} now */
function paintRuns(group, { spec, x, y }) {
  const { runs, groups, chosen } = spec;
  if (group.childElementCount !== runs.length) group.replaceChildren(...runs.map(() => s("path")));
  runs.forEach((run, i) => {
    const own = run.name === chosen.name;
    const node = /** @type {SVGElement} */ (group.children[i]);
    put(node, { d: SHAPES[groups[run.group].mark](own ? 5 : 3.4),
      class: `hs-mark hs-mark-${run.group}${own ? " hs-wrong" : ""}` });
    node.style.transform = `translate(${x(run.x).toFixed(1)}px, ${y(run.y).toFixed(1)}px)`;
  });
}

/** A target around the chosen run. @param {{spec: TradeSpec, x: Scale, y: Scale}} now */
const ringsOf = ({ spec, x, y }) => spec.runs.filter((run) => isChosen(run, spec.chosen)).map((run) =>
  s("circle", { cx: x(run.x), cy: y(run.y), r: 9, class: "hs-target" }));

/** Mouse and keys. @param {SVGSVGElement} svg @param {{name: (i: number) => void, choose: (run: Run) => void,
 *   at: () => number, now: () => {spec: TradeSpec, x: Scale, y: Scale}|null}} deeds */
function listen(svg, { name, choose, at, now }) {
  const under = (/** @type {MouseEvent} */ event) => {
    const there = now();
    return there ? nearestRun(there.spec, there.x, there.y, placeIn(event, svg)) : -1;
  };
  const pick = (/** @type {number} */ i) => {
    const run = now()?.spec.runs[i];
    if (run) choose(run);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const there = now();
    if (!there) return;
    const { runs, chosen } = there.spec;
    const start = at() < 0 ? runs.findIndex((run) => isChosen(run, chosen)) : at();
    const to = walked(event.key, runs, start);
    if (to === null && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (to === null) pick(start);
    else name(to);
  };
  put(svg, { tabindex: 0, role: "slider", "aria-roledescription": "run", onkeydown: key,
    onpointermove: (/** @type {PointerEvent} */ event) => name(under(event)),
    onpointerleave: () => { if (!svg.matches(":focus-visible")) name(-1); },
    onclick: (/** @type {MouseEvent} */ event) => pick(under(event)) });
}
