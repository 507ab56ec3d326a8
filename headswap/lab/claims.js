/**
 * The probabilities of an epoch as numbers that have a logarithm, and what they are worth at a temperature.
 *
 * @typedef {{bins: Bin[], ece: number, floor: Floor, nll: number, brier: number}} Worth
 * @typedef {Worth & {before: Worth, fit: Fit, mended: number, luck: boolean, many: number}} Claims at the temperature
 *   asked for and, `before`, at 1; `fit` is the best one, `mended` the NLL there, and `luck` whether 1 is about as good
 *
 * @import {Bin, Fit, Floor} from "../web/calibrated.js"
 * @import {Epoch, Run} from "./store.js"
 */

import { BINS, binsOf, brierOf, eceOf, fitTemperature, floorOf, nllOf, statedOf, tempered } from "../web/calibrated.js";

// As live/told.py writes them: what thousandths are too coarse for comes again, as a logarithm in two letters.
const [TAIL, FIRST, STEP, LEAST_TOLD] = [10, 4.6, 0.00563, 0.0005];
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
// Twice the gain of all messages in nats, beyond which it is more than luck at 95 %: chi squared with one degree.
const MORE_THAN_LUCK = 3.84;

/** @param {string} letters @returns {number[]} */
const tailsOf = (letters) => Array.from({ length: letters.length / 2 }, (_, i) =>
  Math.exp(-FIRST - STEP * (64 * LETTERS.indexOf(letters[2 * i]) + LETTERS.indexOf(letters[2 * i + 1]))));

/** @param {number[]} values */
const sum = (values) => values.reduce((all, one) => all + one, 0);

/** The smaller share of two, or each of more. @param {Epoch} epoch @param {boolean} two */
function sharesOf({ p, tails = "" }, two) {
  const far = tailsOf(tails);
  let k = 0;
  return p.map((told) => {
    const side = two && told > 500 ? 1000 - told : told;
    if (side >= TAIL) return side / 1000;
    k += 1;
    return far[k - 1] ?? Math.max(LEAST_TOLD, side / 1000);
  });
}

/** Who was said is the likeliest, also by thousandths. @param {number[]} row @param {number} said */
function settled(row, said) {
  const others = row.filter((_, i) => i !== said);
  const likely = row[said] > 1 - TAIL / 1000 ? 1 - sum(others) : row[said];
  const now = row.map((value, i) => (i === said ? Math.max(likely, Math.max(...others) * (1 + 1e-9)) : value));
  const whole = sum(now);
  return now.map((value) => value / whole);
}

/** The probabilities of every message, N×C. @param {Run} run @param {Epoch} epoch @returns {number[][]} */
export function rowsOf(run, epoch) {
  const classes = run.label_names.length;
  const shares = sharesOf(epoch, classes === 2);
  if (classes === 2) return shares.map((side, i) => (epoch.p[i] > 500 ? [side, 1 - side] : [1 - side, side]));
  return [...epoch.said].map((digit, i) => settled(shares.slice(i * classes, (i + 1) * classes), Number(digit)));
}

/** @param {number[][]} rows @param {number[]} labels @returns {Worth} */
function worthOf(rows, labels) {
  const stated = statedOf(rows, labels);
  const bins = binsOf(stated);
  return { bins, ece: eceOf(bins), floor: floorOf(stated.chance, BINS), nll: nllOf(rows, labels),
    brier: brierOf(rows, labels) };
}

/** @type {WeakMap<Epoch, {rows: number[][], labels: number[], before: Worth, fit: Fit, mended: number}>} */
const known = new WeakMap();

/** What does not hang on the temperature asked for. @param {Run} run @param {Epoch} epoch */
function knownOf(run, epoch) {
  const kept = known.get(epoch);
  if (kept) return kept;
  const rows = rowsOf(run, epoch);
  const labels = [...run.truths].slice(0, rows.length).map(Number);
  const fit = fitTemperature(rows, labels);
  const found = { rows, labels, before: worthOf(rows, labels), fit,
    mended: fit.best === null ? NaN : nllOf(tempered(rows, fit.best), labels) };
  known.set(epoch, found);
  return found;
}

/** An epoch's probabilities at a temperature; null where they have not come. @param {Run|null} run
 * @param {Epoch|null} epoch @param {number} temperature @returns {Claims|null} */
export function claimsOf(run, epoch, temperature) {
  if (!run || !epoch?.p.length) return null;
  const { rows, labels, before, fit, mended } = knownOf(run, epoch);
  const now = temperature === 1 ? before : worthOf(tempered(rows, temperature), labels);
  const luck = 2 * rows.length * (before.nll - mended) < MORE_THAN_LUCK;
  return { ...now, before, fit, mended, luck, many: rows.length };
}
