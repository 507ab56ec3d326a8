/**
 * The runs as rows of a table.
 *
 * @typedef {ReturnType<typeof runRow>} Row
 * @typedef {[string, string]} Column the name of a value, and what it is called
 * @typedef {ReturnType<typeof differing>} Ways
 * @import {Value} from "./apart.js"
 * @import {Counts, Spreads} from "./scores.js"
 * @import {Run} from "./store.js"
 */

import { differing, valuesOf } from "./apart.js";
import { bestEpoch, secondsOf } from "./epochs.js";
import { intervals, judge, scoresOf } from "./scores.js";

/** @type {Column[]} */
const TOLD = [["id", "run"], ["regime", "regime"], ["f1", "F1 (95 %)"], ["pool", "pooling"], ["seed", "seed"]];
/** @type {Column[]} */
const FOUND = [["learning", "learns"], ["seconds", "seconds"], ["best", "best epoch"]];

/** The columns of these rows: a few that are always there, and the settings in which the runs differ.
 * @param {Ways} ways @returns {Column[]} */
export const columnsOf = (ways) => [...TOLD, ...ways.map(({ name, column }) => /** @type {Column} */ ([name, column])),
  ...FOUND];

/** What a column is called; F1 says at which threshold, where that is not one half.
 * @param {string} name @param {string} text @param {number} threshold */
export const headText = (name, text, threshold) =>
  (name === "f1" && threshold !== 0.5 ? `F1 at ${threshold.toFixed(2)} (95 %)` : text);

/** @param {Run} run @param {number} threshold @param {(counts: Counts) => Spreads} spread
 * @param {Record<string, Value>} [told] settings that get a column of their own */
export function runRow(run, threshold, spread = intervals, told = {}) {
  const last = run.epochs.at(-1);
  const counts = last?.p.length ? judge(run, last, threshold).counts : null;
  const scores = counts ? scoresOf(counts) : null;
  const [low, high] = counts ? spread(counts).f1 : [null, null];
  return { id: run.id, label: run.label, regime: run.regime, pool: run.pool, seed: run.seed, ...told,
    planned: run.planned, epochs: run.epochs.length, learning: run.learning, total: run.total,
    seconds: secondsOf(run.epochs), best: run.best ?? bestEpoch(run.epochs),
    f1: scores?.f1 ?? null, f1_low: low, f1_high: high, precision: scores?.precision ?? null,
    recall: scores?.recall ?? null, accuracy: scores?.accuracy ?? null, threshold, outcome: run.outcome,
    recorded: run.recorded, pinned: run.pinned, forecast: run.forecast, diagnosis: run.diagnosis, line: run.line };
}

/** All runs as a table, with the settings in which they differ and that no other column tells.
 * @param {Run[]} runs @param {number} threshold @param {(counts: Counts) => Spreads} [spread] */
export function tableOf(runs, threshold, spread) {
  const all = runs.map(valuesOf);
  const ways = differing(all).filter(({ fixed }) => !fixed);
  const told = all.map((values) => Object.fromEntries(ways.map(({ name }) => [name, values[name]])));
  return { ways, rows: runs.map((run, i) => runRow(run, threshold, spread, told[i])) };
}

/** @param {unknown} value */
const isEmpty = (value) => value === null || value === undefined;

/** @param {unknown} a @param {unknown} b */
const compare = (a, b) =>
  (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));

/** Rows in order of one column; rows without a value come last either way, equals keep their order of birth.
 * @template {{id: number}} R @param {R[]} rows @param {string} key @param {number} way 1 or -1 */
export function sortRows(rows, key, way) {
  const value = (/** @type {R} */ row) => /** @type {Record<string, unknown>} */ (row)[key];
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (isEmpty(x) || isEmpty(y)) return Number(isEmpty(x)) - Number(isEmpty(y)) || a.id - b.id;
    return way * compare(x, y) || a.id - b.id;
  });
}
