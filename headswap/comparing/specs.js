/**
 * A comparison as specs of charts.
 *
 * @import {Contender, ContendersSpec} from "../web/charts/contenders.js"
 * @import {CurvesSpec, Line} from "../web/charts/curves.js"
 * @import {MatrixSpec} from "../web/charts/matrix.js"
 * @import {ScatterSpec} from "../web/charts/scatter.js"
 * @import {Point, Range} from "../web/scales.js"
 * @import {Candidate, Contest, Estimate} from "./contest.js"
 */

import { rangeOf } from "../web/scales.js";
import { COSTS, RUNNING, SCORES, cellOf, scoreOf, shortName, trialsOf, valueText, whoIs } from "./contest.js";
import { pairsOf, rowsAt } from "./words.js";

const ROOM = 0.05;
const noteText = (/** @type {string} */ items) =>
  `Each bar is a 95 % interval, for the luck of the seeds and of the ${items}. A difference is more than luck if ` +
  `its bar stays clear of 0. It's measured seed by seed on the same ${items}, so it can be clear even if the bars of ` +
  "two scores overlap.";
/** What is judged, many of them. @param {Contest["plan"]} plan */
const itemsOf = ({ items = "messages" }) => items;

/** @param {(number|null)[]} values @returns {Range} */
function roomy(values) {
  const [low, high] = rangeOf(values);
  const room = ROOM * (high - low || 1);
  return [low - room, high + room];
}

/** A range of scores in steps of a tenth, at least two of them. @param {number[]} values @returns {Range} */
function wide(values) {
  const [low, high] = rangeOf(values);
  const [from, to] = [Math.floor(10 * low - 0.5) / 10, Math.ceil(10 * high + 0.5) / 10];
  return [low >= 0 ? Math.max(0, from) : from, high <= 1 ? Math.min(1, to) : to];
}

/** @param {Contest} contest @param {string} score */
export function scoreName({ plan, test }, score) {
  const many = plan.judged[test];
  const which = test === "natural" ? "natural " : "";
  return `${SCORES[score].name}${many ? ` on ${valueText(many)} ${which}test ${itemsOf(plan)}` : ""}`;
}

/** The points of a candidate's runs. @param {Contest} contest @param {number} candidate @param {string} score */
function pointsOf(contest, candidate, score) {
  return trialsOf(contest, candidate).flatMap((trial) => {
    const value = scoreOf(contest, trial, score);
    return value === null ? [] : [{ seed: trial.seed, value }];
  });
}

/** Why a row is empty. @param {Contest} contest @param {number} candidate */
function noteOf(contest, candidate) {
  const failed = contest.runs.filter((run) => run.candidate === candidate && run.failed);
  if (!failed.length) return RUNNING.includes(contest.phase) ? "…" : "not run";
  return failed.every((run) => run.diverged) ? "diverged" : "failed";
}

/** @param {Contest} contest @param {string} score @param {number} at the place of the value in view
 * @returns {ContendersSpec} */
export function contendersSpec(contest, score, at) {
  const { plan, rival } = contest;
  const own = plan.candidates[rival];
  /** @param {Candidate} other */
  const isRival = (other) => (plan.sweep ? other.regime === own.regime : other === own);
  /** @param {number} candidate */
  const rivalCell = (candidate) => cellOf(contest, plan.sweep ? plan.candidates.findIndex(({ regime, value }) =>
    regime === own.regime && value === plan.candidates[candidate].value) : rival);
  /** @type {Contender[]} */
  const rows = rowsAt(contest, at).map((candidate) => {
    const cell = cellOf(contest, candidate);
    return { name: shortName(plan, candidate), who: whoIs(plan, candidate),
      points: pointsOf(contest, candidate, score), mean: cell?.means[score] ?? null, ahead: cell?.ahead[score] ?? null,
      few: cell !== null && pairsOf(cell, rivalCell(candidate)) < 2,
      rival: isRival(plan.candidates[candidate]), note: noteOf(contest, candidate) };
  });
  const scores = rows.flatMap((row) => [...row.points.map(({ value }) => value), ...(row.mean ?? [])]);
  const gaps = rows.flatMap((row) => row.ahead ?? []);
  const name = shortName(plan, rival);
  const value = plan.sweep ? ` at ${valueText(plan.values[at])}` : "";
  return { kind: "contenders", title: `${SCORES[score].name}${value}`, rows, note: noteText(itemsOf(plan)),
    subtitle: `${scoreName(contest, score)}; ${plan.same}`,
    range: scores.length ? roomy(scores) : [0, 1], gap: gaps.length ? roomy([...gaps, 0]) : [-0.1, 0.1],
    score: scoreName(contest, score), against: `ahead of ${name}, on the same ${itemsOf(plan)}` };
}

/** @param {Contest} contest @param {string} score @param {string} cost @param {number} at @returns {ScatterSpec} */
export function costSpec(contest, score, cost, at) {
  const { plan } = contest;
  const spots = rowsAt(contest, at).flatMap((candidate) => {
    const cell = cellOf(contest, candidate);
    const points = trialsOf(contest, candidate).flatMap((trial) => {
      const [x, y] = [trial[/** @type {"seconds"} */ (cost)] ?? null, scoreOf(contest, trial, score)];
      return x === null || y === null ? [] : [{ seed: trial.seed, x, y }];
    });
    if (!cell || !points.length) return [];
    const [y, low, high] = cell.means[score];
    const x = points.reduce((sum, point) => sum + point.x, 0) / points.length;
    return [{ name: shortName(plan, candidate), who: whoIs(plan, candidate), x, y, low, high, points }];
  });
  const random = cost === "perplexity" ? " A random body never learned the language." : "";
  return { kind: "scatter", title: `${SCORES[score].short} against cost`, x: COSTS[cost].name, y: SCORES[score].name,
    log: COSTS[cost].log, spots, empty: `Points appear as runs end.${random}` };
}

/** Each regime's means along what varies, with their intervals. @param {Contest} contest @param {string} score
 * @param {(value: string|number|null, regime: number) => number} place where on the axis */
const meansAlong = (contest, score, place) => contest.plan.regimes.map((regime, i) => {
  const there = contest.plan.candidates.flatMap((candidate, number) => {
    const mean = cellOf(contest, number)?.means[score];
    return candidate.regime === regime && mean ? [{ x: place(candidate.value, i), mean }] : [];
  });
  return { name: regime, who: contest.plan.whos?.[i] ?? i,
    points: there.map(({ x, mean }) => /** @type {[number, number|null]} */ ([x, mean[0]])),
    reach: there.map(({ x, mean: [, low, high] }) => /** @type {Estimate} */ ([x, low, high])) };
});

/** Names have places side by side, and the regimes stand beside each other at each. @param {Contest} contest
 * @param {string} score @param {number} at */
function alongNames(contest, score, at) {
  const { values, regimes } = contest.plan;
  const step = Math.min(0.12, 0.7 / regimes.length);
  const beside = (/** @type {number} */ regime) => (regime - (regimes.length - 1) / 2) * step;
  const lines = meansAlong(contest, score, (value, regime) => values.indexOf(value ?? "") + beside(regime))
    .map(({ points, reach, ...line }) => ({ ...line, whiskers: reach,
      points: points.flatMap((point) => /** @type {Point[]} */ ([point, [point[0], null]])).slice(0, -1) }));
  return { lines, words: values.map(valueText), rule: at, subtitle: "means with 95 % intervals",
    x_range: /** @type {Range} */ ([-0.45, values.length - 0.55]) };
}

/** @param {Contest} contest @param {string} score @param {number} at */
function alongNumbers(contest, score, at) {
  const values = contest.plan.values.map(Number);
  const lines = meansAlong(contest, score, Number).map(({ reach, ...line }) => ({ ...line, band: reach }));
  return { lines, log: contest.plan.log, rule: values[at] ?? null, subtitle: "means with 95 % bands",
    x_range: values.length > 1 ? /** @type {Range} */ ([values[0], values.at(-1)]) : null };
}

/** Of a sweep each regime's score over what varies: a curve with a band along numbers, marks with bars along names.
 * @param {Contest} contest @param {string} score @param {number} at @returns {CurvesSpec} */
export function sweepSpec(contest, score, at) {
  const { plan } = contest;
  const along = (typeof plan.values[0] === "string" ? alongNames : alongNumbers)(contest, score, at);
  // An interval of few seeds reaches far: it may be cut, so that the means stay where they are while runs come in.
  const means = along.lines.flatMap(({ points }) => points.flatMap(([, value]) => value ?? []));
  const varied = plan.varied.toLowerCase();
  return { ...along, kind: "curves", title: `${SCORES[score].name} by ${varied}`,
    subtitle: `${along.subtitle}, cut off at the edge; ${plan.same}`,
    x: varied, y: SCORES[score].name, marks: [], y_range: means.length ? wide(means) : null };
}

/** The validation loss by epoch, a candidate's mean over its seeds with the least and the most as a band.
 * @param {Contest} contest @param {number} at @returns {CurvesSpec} */
export function lossesSpec(contest, at) {
  const { plan } = contest;
  /** @type {Line[]} */
  const lines = rowsAt(contest, at).flatMap((candidate) => {
    const all = trialsOf(contest, candidate).map((trial) => trial.validation ?? []);
    if (!all.length) return [];
    const epochs = Math.min(...all.map((losses) => losses.length));
    const columns = Array.from({ length: epochs }, (_, i) =>
      all.map((losses) => losses[i]).filter((one) => one !== null));
    const there = columns.map((some, i) => ({ epoch: i + 1, some })).filter(({ some }) => some.length);
    return [{ name: shortName(plan, candidate), who: whoIs(plan, candidate),
      points: there.map(({ epoch, some }) => /** @type {[number, number]} */ (
        [epoch, some.reduce((sum, one) => sum + one, 0) / some.length])),
      band: there.map(({ epoch, some }) => /** @type {Estimate} */ ([epoch, Math.min(...some), Math.max(...some)])) }];
  });
  const means = lines.flatMap((line) => line.points.map(([, loss]) => loss));
  return { kind: "curves", title: "Validation loss",
    subtitle: "mean over seeds; bands from the lowest to the highest, cut off at the edge", x: "epoch",
    y: "loss (nats)", lines, marks: [], x_range: null, y_range: means.length ? roomy(means) : null,
    legend: true };
}

/** The mean of the seeds' confusion matrices. @param {Contest} contest @param {number} candidate
 * @returns {MatrixSpec} */
export function meanMatrixSpec(contest, candidate) {
  const cell = candidate < 0 ? null : cellOf(contest, candidate);
  return { kind: "matrix", title: "Confusion", label: "Confusion matrix", names: contest.plan.names,
    counts: cell ? cell.confusion.map((row) => row.map((count) => Math.round(count))) : null,
    note: cell ? `mean of ${cell.seeds} seed${cell.seeds > 1 ? "s" : ""}, rounded` : "" };
}
