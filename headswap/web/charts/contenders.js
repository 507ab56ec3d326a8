/**
 * What is compared, a row each: a point per seed, the mean and its 95 % interval, and how far it is ahead of a rival.
 *
 * @typedef {[number, number, number]} Estimate a mean and the ends of its interval
 * @typedef {{name: string, who: number, points: {seed: number, value: number}[], mean: Estimate|null,
 *   ahead: Estimate|null, rival: boolean, few?: boolean, note: string}} Contender `note` where there is nothing
 *   to draw; `few` where one seed is all that a difference rests on
 * @typedef {Titled & {kind: "contenders", rows: Contender[], range: Range, gap: Range, score: string, against: string,
 *   digits?: number}} ContendersSpec `range` of the scores, `gap` of the differences
 *
 * @import {Range} from "../scales.js"
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, s, say } from "../elements.js";
import { shapeOf, spotOf } from "../identity.js";
import { ticks } from "../scales.js";
import { frame } from "./frame.js";

const HIGH = 26;
const MIDDLE = HIGH / 2;
const TICKS = 5;

/** @param {number} value @param {Range} range */
const percentIn = (value, [low, high]) => `${(100 * (value - low)) / (high - low || 1)}%`;

/** @param {number} value @param {boolean} [signed] */
function valueText(value, signed = false) {
  const sign = value < 0 ? "−" : signed ? "+" : "";
  return `${sign}${Math.abs(value).toFixed(3)}`;
}

/** @param {Estimate} estimate @param {boolean} [signed] */
export const estimateText = ([mean, low, high], signed = false) =>
  `${valueText(mean, signed)} (${valueText(low, signed)} to ${valueText(high, signed)})`;

/** Whether an interval of a difference holds 0: then luck alone may have made it. @param {Estimate} ahead */
export const couldBeLuck = ([, low, high]) => low <= 0 && high >= 0;

/** A mark at a share of the width: a picture of its own, whose origin is that place.
 * @param {string} at @param {number} y @param {string} look @param {string} d */
function markAt(at, y, look, d) {
  const place = s("svg", { x: at, y, overflow: "visible", width: 1, height: 1 });
  place.append(s("path", { class: look, d }));
  return place;
}

/** @param {Estimate} estimate @param {Range} range @param {number} who @param {boolean} hollow */
function estimateNodes([mean, low, high], range, who, hollow) {
  const bar = s("line", { class: `hs-reach hs-who-${who}`, x1: percentIn(low, range), x2: percentIn(high, range),
    y1: MIDDLE, y2: MIDDLE });
  return [bar, markAt(percentIn(mean, range), MIDDLE, spotOf(who, hollow), shapeOf(who, 0, 0))];
}

/** @param {Range} range @param {number|null} strong a value whose rule is stronger */
const rules = (range, strong) => ticks(...range, TICKS).map((value) => s("line", {
  class: value === strong ? "hs-base" : "hs-rule", x1: percentIn(value, range), x2: percentIn(value, range), y1: 0,
  y2: HIGH }));

/** The numbers over a column. @param {Range} range @param {boolean} signed */
const axisTexts = (range, signed) => ticks(...range, TICKS).map((value) => {
  const sign = signed && value > 0 ? "+" : value < 0 ? "−" : "";
  return s("text", { x: percentIn(value, range), y: 11, "text-anchor": "middle" }, `${sign}${Math.abs(value)}`);
});

/** @param {string} [look] */
const axis = (look = "") => s("svg", { class: `hs-reaches ${look}`, height: 14, "aria-hidden": "true" });

/** @param {((row: number, seed: number) => void)|null} open @param {(text: string) => void} point */
function makeRow(open, point) {
  const [name, sample] = [h("span"), s("svg", { class: "hs-sample", width: 16, height: 16, "aria-hidden": "true" })];
  const plots = [0, 1].map(() => s("svg", { class: "hs-reaches", height: HIGH, "aria-hidden": "true" }));
  const scales = [0, 1].map(() => axis("hs-ownaxis")); // where a row has its pictures below each other
  const [difference, verdict] = [h("span", { class: "hs-difference" }), h("span")];
  const [scored, ahead] = [h("td", { class: "hs-number" }), h("td", { class: "hs-number" }, difference, " ", verdict)];
  const head = h("th", { scope: "row" }, sample, name);
  const drawn = plots.map((plot, i) => h("td", { class: "hs-drawn" }, scales[i], plot));
  const root = h("tr", {}, head, scored, drawn[0], ahead, drawn[1]);
  const points = (/** @type {Contender} */ row, /** @type {number} */ number, /** @type {ContendersSpec} */ spec) =>
    row.points.map(({ seed, value }, i) => {
      const y = row.points.length < 2 ? MIDDLE : 4 + (i * (HIGH - 8)) / (row.points.length - 1);
      const mark = markAt(percentIn(value, spec.range), y, `hs-seed hs-who-${row.who}`, shapeOf(0, 0, 0, 3));
      const says = `${row.name}, seed ${seed}: ${spec.score} ${valueText(value)}`;
      put(mark, { onclick: open && (() => open(number, seed)), onpointerleave: () => point(""),
        onpointerenter: () => point(open ? `${says}. Click to see this run.` : says) });
      mark.append(s("title", {}, says));
      return mark;
    });
  return { name, sample, plots, scales, drawn, scored, ahead, difference, verdict, points, root, painted: "" };
}

/** @param {ReturnType<typeof makeRow>} at @param {Contender} row @param {number} number @param {ContendersSpec} spec */
function paintRow(at, row, number, spec) {
  const now = JSON.stringify([row, spec.range, spec.gap, spec.score]);
  if (now === at.painted) return; // marks that are made anew would lose a click that has just begun
  at.painted = now;
  say(at.name, row.name);
  at.sample.replaceChildren(s("path", { class: spotOf(row.who), d: shapeOf(row.who, 8, 8) }));
  say(at.scored, row.mean ? estimateText(row.mean) : row.note);
  at.plots[0].replaceChildren(...rules(spec.range, null), ...at.points(row, number, spec),
    ...(row.mean ? estimateNodes(row.mean, spec.range, row.who, false) : []));
  const luck = row.ahead !== null && (row.few || couldBeLuck(row.ahead));
  const verdict = row.few ? "one seed: no verdict" : luck ? "could be luck" : "more than luck";
  say(at.difference, row.rival ? "the one to beat" : row.ahead ? estimateText(row.ahead, true) : "");
  say(at.verdict, row.ahead && !row.rival ? verdict : "");
  at.scales[0].replaceChildren(...axisTexts(spec.range, false));
  at.scales[1].replaceChildren(...axisTexts(spec.gap, true));
  put(at.drawn[1], { "data-empty": row.rival });
  put(at.ahead, { "data-luck": row.ahead ? String(luck) : null });
  at.plots[1].replaceChildren(...rules(spec.gap, 0),
    ...(row.ahead ? estimateNodes(row.ahead, spec.gap, row.who, luck) : []));
}

/** @param {Place} place @param {((row: number, seed: number) => void)|null} [open] what a click on a point does */
export function contenders(place, open = null) {
  const body = h("tbody");
  const [scored, ahead] = [h("span"), h("span")];
  const axes = [0, 1].map(() => axis());
  const head = h("tr", {}, h("td"), ...[0, 1].flatMap((i) => [h("th", { scope: "col" }, [scored, ahead][i]),
    h("td", { class: "hs-drawn" }, axes[i])]));
  const table = h("table", { class: "hs-rowtable" }, h("thead", {}, head), body);
  const said = h("p", { class: "hs-under" }, " ");
  const { root, entitle } = frame(place, table, said);
  const point = (/** @type {string} */ text) => say(said, text || " ");
  /** @type {ReturnType<typeof makeRow>[]} */
  let made = [];
  const paint = (/** @type {ContendersSpec} */ spec) => {
    entitle(spec);
    put(table, { "aria-label": spec.title });
    say(scored, spec.score);
    say(ahead, spec.against);
    axes[0].replaceChildren(...axisTexts(spec.range, false));
    axes[1].replaceChildren(...axisTexts(spec.gap, true));
    if (made.length !== spec.rows.length) {
      made = spec.rows.map(() => makeRow(open, point));
      body.replaceChildren(...made.map((row) => row.root));
    }
    spec.rows.forEach((row, i) => paintRow(made[i], row, i, spec));
  };
  return { root, paint };
}
