/**
 * A reliability diagram: how often the messages of each bin came true, against how sure the model was of them.
 *
 *   reliability(place) → {root, svg, paint(spec: ReliabilitySpec), resized}, as every chart
 *   spec = {kind: "reliability", title, bins: [{low, high, count, claimed, came_true, interval: [low, high]}, …],
 *           ece, floor: {mean, high} | null, before?: bins, was?, from?, claim?, came?, item?, empty?}     from 0 to 1
 *   errorText(ece, floor), binText(bin, spec) → what is said of the whole, and of one bin
 *
 * `binsOf`, `eceOf` and `floorOf` of web/calibrated.js make bins, ece and floor of probabilities; so does
 * headswap.calibration in Python (there a bin's `chance` is `claimed` here, its `share` is `came_true`).
 *
 * @typedef {Titled & {kind: "reliability", bins: Bin[], ece: number, floor: {mean: number, high: number}|null,
 *   before?: Bin[]|null, was?: string, from?: number, claim?: string, came?: string, item?: string,
 *   empty?: string}} ReliabilitySpec
 *   `before` are the bins of the same messages before something was done to them, drawn as crosses; `was` is
 *   what the legend calls them, also while there are none; the axis starts at `from`, the least claim that is
 *   possible (of C classes 1 / C); `claim` and `came` are the words for what the model says and what comes of it
 *   ("sure", "right"); `item` what one of them is called; `empty` is said where there are none
 * @typedef {{x: Scale, y: Scale, base: number, foot: number, from: number, edge: Edge}} Layout where the picture ends,
 *   and where the strip of counts does
 *
 * @import {Bin} from "../calibrated.js"
 * @import {Edge} from "../axes.js"
 * @import {Scale, Range} from "../scales.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { paintKeys, shortText } from "../axes.js";
import { h, placeIn, put, s, say } from "../elements.js";
import { circle, linear, ticks } from "../scales.js";
import { LETTER, countText, ofThem, widest } from "../text.js";
import { drawn, picture } from "./frame.js";

const STRIP = 40; // pixels for the counts below the picture
const TOO_SURE = "below the line: too sure";
const FIFTHS = [0, 0.2, 0.4, 0.6, 0.8, 1];
/** @type {Record<string, number>} */
const MOVES = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity };

/** @param {number} share */
const whole = (share) => String(Math.round(100 * share));
/** @param {number} share */
const tenth = (share) => `${(100 * share).toFixed(1)} %`;

/** Whether a bin's interval holds what the model claimed: then its gap may be luck. @param {Bin} bin */
export const couldBeLuck = ({ claimed, interval: [low, high] }) => low <= claimed && claimed <= high;

/** The error beside its floor. @param {number} ece @param {{mean: number, high: number}|null} floor */
export function errorText(ece, floor) {
  const error = `Calibration error ${tenth(ece)}`;
  if (!floor) return `${error}.`;
  const verdict = ece <= floor.high ? ", so this could be luck" : "";
  return `${error}; luck alone gives a perfect model of this size up to ${tenth(floor.high)}${verdict}.`;
}

/** What a bin says of itself. @param {Bin} bin @param {Pick<ReliabilitySpec, "claim"|"came"|"item">} [words] */
export function binText({ low, high, count, came_true, interval }, words = {}) {
  const { claim = "sure", came = "right", item = "message" } = words;
  const called = `called ${whole(low)} to ${whole(high)} % ${claim}`;
  if (!count) return `No ${item} was ${called}.`;
  const right = Math.round(came_true * count);
  const [from, to] = interval.map(whole);
  return `Of ${ofThem(count, item)} ${called}, ${countText(right)} (${whole(came_true)} %) ` +
    `${right === 1 ? "was" : "were"} ${came}; 95 % interval ${from} to ${to} %.`;
}

/** The bins with messages in them, each with its place. @param {Bin[]} bins */
const filled = (bins) => bins.map((bin, i) => ({ bin, i })).filter(({ bin }) => bin.count > 0);

/** Where the axis begins, in tenths: of two classes at one half, so that they use the whole width.
 * @param {ReliabilitySpec} spec */
function startOf({ bins, before, from }) {
  const lowest = from ?? Math.min(0.5, ...filled([...bins, ...(before ?? [])]).map(({ bin }) => bin.claimed));
  return Math.floor(10 * lowest + 1e-9) / 10;
}

/** @param {ReliabilitySpec} spec @param {Range} size @returns {Layout} */
function layoutOf(spec, [width, height]) {
  const edge = { left: 62, right: 12, top: 8, bottom: 52 + STRIP };
  const [from, base] = [startOf(spec), height - edge.bottom];
  return { x: linear([from, 1], [edge.left, width - edge.right]), y: linear([0, 1], [base, edge.top]), base,
    foot: height - 36, from, edge };
}

/** @param {Layout} layout @param {Range} size @param {ReliabilitySpec} spec */
function axesOf({ x, y, base, foot, from, edge }, [width, height], spec) {
  const { claim = "sure", came = "right", item = "message" } = spec;
  const right = width - edge.right;
  const percent = (/** @type {number} */ share) => `${whole(share)} %`;
  const middle = (edge.top + base) / 2;
  return [
    ...FIFTHS.flatMap((share) => [
      s("line", { class: "hs-rule", x1: edge.left, x2: right, y1: y(share), y2: y(share) }),
      s("text", { x: edge.left - 7, y: y(share) + 4, "text-anchor": "end" }, percent(share))]),
    s("line", { class: "hs-base", x1: edge.left, x2: right, y1: foot, y2: foot }),
    ...ticks(from, 1, Math.min(5, Math.floor((right - edge.left) / 60))).flatMap((share) => [
      s("line", { class: "hs-base", x1: x(share), x2: x(share), y1: foot, y2: foot + 4 }),
      s("text", { x: x(share), y: foot + 16, "text-anchor": share === 1 ? "end" : "middle" }, percent(share))]),
    s("text", { x: (edge.left + right) / 2, y: height - 4, "text-anchor": "middle" }, `how ${claim} the model was`),
    s("text", { x: 11, y: middle, "text-anchor": "middle", transform: `rotate(-90 11 ${middle})` },
      `how many were ${came}`),
    s("text", { x: edge.left - 7, y: foot - 2, "text-anchor": "end" }, `${item}s`),
  ];
}

/** The line of a perfect model. @param {Layout} layout */
const diagonalOf = ({ x, y, from }) =>
  [s("path", { class: "hs-r-perfect", d: `M${x(from)} ${y(from)}L${x(1)} ${y(1)}` })];

/** How far up the words "too sure" are from the foot: where a bin is in their way, just below the picture.
 * @param {Bin[]} bins @param {Layout} layout */
export function tooSureAt(bins, { x, y }) {
  const [left, top] = [x(1) - 12 - widest([TOO_SURE]), y(0) - 20];
  const taken = filled(bins).some(({ bin: { claimed, came_true, interval } }) =>
    x(claimed) + 6 > left && Math.max(y(Math.min(came_true, ...interval, claimed))) + 6 > top);
  return taken ? -14 : 7;
}

/** What lies to either side of the line. @param {ReliabilitySpec} spec @param {Layout} layout */
const sidesOf = ({ bins, before }, layout) => [
  s("text", { class: "hs-r-side", x: layout.x(1) - 6, "text-anchor": "end",
    y: layout.y(0) - tooSureAt([...bins, ...(before ?? [])], layout) }, TOO_SURE),
  s("text", { class: "hs-r-side", x: layout.x(layout.from) + 6, y: layout.y(1) + 14 }, "above it: not sure enough")];

/** A bin's interval, its gap to the line, and its point: hollow where the gap may be luck.
 * @param {Bin} bin @param {Layout} layout */
function binNodes(bin, { x, y }) {
  const [at, right] = [x(bin.claimed), y(bin.came_true)];
  const [low, high] = bin.interval.map(y);
  const hollow = couldBeLuck(bin) ? " hs-hollow" : "";
  return [s("path", { class: "hs-r-interval", d: `M${at} ${low}V${high}M${at - 4} ${low}h8M${at - 4} ${high}h8` }),
    s("path", { class: `hs-r-gap${hollow}`, d: `M${at} ${y(bin.claimed)}V${right}` }),
    s("path", { class: `hs-r-point${hollow}`, d: circle(at, right, 5) })];
}

/** Where a bin was before. @param {Bin} bin @param {Layout} layout */
const beforeNode = (bin, { x, y }) => s("path", { class: "hs-r-before",
  d: `M${x(bin.claimed) - 4} ${y(bin.came_true) - 4}l8 8m-8 0l8 -8` });

/** How many messages each bin holds. @param {Bin[]} bins @param {Layout} layout */
function countNodes(bins, { x, foot, from }) {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  return filled(bins).flatMap(({ bin: { low, high, count } }) => {
    const [left, right] = [x(Math.max(from, low)) + 1, x(high) - 1];
    const tall = Math.max(1, ((STRIP - 15) * count) / most);
    const text = shortText(count);
    const fits = LETTER * text.length <= right - left + 4;
    return [s("rect", { class: "hs-r-count", x: left, y: foot - tall, width: Math.max(1, right - left), height: tall }),
      ...(fits ? [s("text", { x: (left + right) / 2, y: foot - tall - 3, "text-anchor": "middle" }, text)] : [])];
  });
}

/** @param {ReliabilitySpec} spec */
const keysOf = ({ before, was }) => [
  { name: "off by more than luck", look: "hs-r-point", shape: circle(7, 7, 4) },
  { name: "could be luck", look: "hs-r-point hs-hollow", shape: circle(7, 7, 4) },
  { name: "95 % interval", look: "hs-r-interval", shape: "M7 1V13M4 1h6M4 13h6" },
  { name: "gap", look: "hs-r-gap", shape: "M7 2V12" },
  { name: "perfect", look: "hs-r-perfect" },
  ...(before || was ? [{ name: was ?? "before", look: "hs-r-before", shape: "M3 3l8 8m-8 0l8 -8" }] : [])];

/** @param {ReliabilitySpec} spec @returns {[string[], () => (string|number)[][]]} */
const tableOf = ({ bins, claim = "sure", came = "right", item = "message" }) => [
  [`% ${claim}, from`, "to", `${item}s`, "mean claim", came, "95 % from", "to"],
  () => filled(bins).map(({ bin: { low, high, count, claimed, came_true, interval } }) =>
    [whole(low), whole(high), count, tenth(claimed), tenth(came_true), ...interval.map(tenth)])];

/** @param {Place} place */
export function reliability(place) {
  const parts = picture(place, "hs-plot hs-reliability");
  const groups = Array.from({ length: 6 }, () => s("g"));
  const [band, axes, counts, perfect, before, points] = groups;
  parts.svg.append(...groups);
  const [error, readout] = [h("p", { class: "hs-said" }), h("p", { class: "hs-readout" })];
  for (const node of [readout, error]) parts.svg.after(node);
  /** @type {{spec: ReliabilitySpec, layout: Layout, size: Range}|null} */
  let now = null;
  /** @type {number|null} */
  let at = null;
  const point = (/** @type {number|null} */ i) => {
    at = i;
    const bin = i === null ? null : now?.spec.bins[i];
    const text = now && bin ? binText(bin, now.spec) : "";
    band.replaceChildren(...(now && bin ? [bandNode(bin, now.layout)] : []));
    say(readout, text || (now?.spec.bins.some(({ count }) => count) ? HINT : " "));
    put(parts.svg, { "aria-valuenow": i ?? 0, "aria-valuetext": text || "no bin chosen" });
  };
  listen(parts.svg, () => now, () => at, point);
  return drawn(parts, (/** @type {ReliabilitySpec} */ spec, size) => {
    const layout = layoutOf(spec, size);
    now = { spec, layout, size };
    const there = filled(spec.bins);
    const said = there.length ? errorText(spec.ece, spec.floor) : spec.empty ?? "There are no messages yet.";
    say(error, said.replaceAll(" %", "\u00a0%"));
    put(parts.svg, { "aria-label": `${spec.label ?? spec.title}: ${said}`, "aria-valuemax": spec.bins.length - 1 });
    axes.replaceChildren(...axesOf(layout, size, spec));
    counts.replaceChildren(...countNodes(spec.bins, layout));
    perfect.replaceChildren(...diagonalOf(layout));
    before.replaceChildren(...filled(spec.before ?? []).map(({ bin }) => beforeNode(bin, layout)));
    points.replaceChildren(...there.flatMap(({ bin }) => binNodes(bin, layout)), ...sidesOf(spec, layout));
    paintKeys(parts.keys, keysOf(spec));
    point(at !== null && spec.bins[at]?.count ? at : null);
  }, tableOf);
}

const HINT = "Point at a bin, or press → and ←, to read it.";

/** @param {Bin} bin @param {Layout} layout */
const bandNode = ({ low, high }, { x, foot, from, edge }) => s("rect", { class: "hs-r-at", y: edge.top,
  x: x(Math.max(from, low)), width: x(high) - x(Math.max(from, low)), height: foot - edge.top });

/** Mouse and arrow keys go from bin to bin. @param {SVGSVGElement} svg
 * @param {() => {spec: ReliabilitySpec, layout: Layout, size: Range}|null} now @param {() => number|null} at
 * @param {(bin: number|null) => void} point */
function listen(svg, now, at, point) {
  put(svg, { tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-orientation": "horizontal",
    onpointermove: (/** @type {PointerEvent} */ event) => {
      const shown = now();
      if (!shown || !(event.movementX || event.movementY)) return;
      const { spec, layout: { edge, from }, size } = shown;
      const share = linear([edge.left, size[0] - edge.right], [from, 1])(placeIn(event, svg)[0]);
      point(filled(spec.bins).find(({ bin: { low, high } }) => low <= share && share <= high)?.i ?? null);
    },
    onpointerleave: () => { if (!svg.matches(":focus-visible")) point(null); },
    onblur: () => point(null),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") return point(null);
      const [places, move] = [filled(now()?.spec.bins ?? []).map(({ i }) => i), MOVES[event.key]];
      if (move === undefined || !places.length) return;
      event.preventDefault();
      const was = places.indexOf(at() ?? -1);
      const first = move > 0 && Number.isFinite(move) ? 0 : places.length - 1;
      point(places[was < 0 && Number.isFinite(move) ? first : Math.min(places.length - 1, Math.max(0, was + move))]);
    },
  });
}
