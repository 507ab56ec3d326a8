/**
 * Counts, scores and intervals of two classes; the second is the positive one.
 *
 * @typedef {{tn: number, fp: number, fn: number, tp: number}} Cells
 * @typedef {{precision: number, recall: number, f1: number, accuracy: number}} Scores
 * @typedef {{[K in keyof Scores]: [number, number]}} Spreads
 *
 * @import {Message} from "./store.js"
 */

import { cellName } from "../web/charts/matrix.js";

/** @param {number} p thousandths @param {number} threshold */
export const isPositive = (p, threshold) => p >= Math.round(threshold * 1000);

/** The cell that a message falls into. @param {number} truth @param {number} p @param {number} threshold */
const cellOf = (truth, p, threshold) =>
  /** @type {keyof Cells} */ (cellName(truth, isPositive(p, threshold) ? 1 : 0, 2));

/** @param {Message[]} messages @param {number[]} p @param {number} threshold @returns {Cells} */
export function confusionAt(messages, p, threshold) {
  const cells = { tn: 0, fp: 0, fn: 0, tp: 0 };
  const many = Math.min(messages.length, p.length);
  for (let i = 0; i < many; i++) cells[cellOf(messages[i][1], p[i], threshold)] += 1;
  return cells;
}

/** The same as a matrix, rows the truth. @param {Cells} cells */
export const countsOf = ({ tn, fp, fn, tp }) => [[tn, fp], [fn, tp]];

/** A share of nothing is 0. @param {Cells} cells @returns {Scores} */
export function scoresOf({ tn, fp, fn, tp }) {
  const share = (/** @type {number} */ a, /** @type {number} */ b) => (b ? a / b : 0);
  return { precision: share(tp, tp + fp), recall: share(tp, tp + fn), f1: share(2 * tp, 2 * tp + fp + fn),
    accuracy: share(tp + tn, tn + fp + fn + tp) };
}

/** @param {number} score @param {number} hit @param {number} missed @returns {[number, number]} */
function intervalOf(score, hit, missed, weight = 1) {
  const middle = Math.log((weight * hit) / missed);
  const half = 1.95996398454 * Math.sqrt(1 / hit + 1 / missed);
  const [low, high] = [-half, half].map((side) => 1 / (1 + Math.exp(-middle - side)));
  return [Math.min(low, score), Math.max(high, score)];
}

/** 95 % interval of each score: how far the luck of the messages reaches. On the logit scale (log of right over wrong,
 * half a message added to each cell), as `metrics/intervals.py` has it, so none leaves 0 to 1 and no perfect score is
 * certain. @param {Cells} cells @returns {Spreads} */
export function intervals({ tn, fp, fn, tp }) {
  const scores = scoresOf({ tn, fp, fn, tp });
  return { precision: intervalOf(scores.precision, tp + 0.5, fp + 0.5),
    recall: intervalOf(scores.recall, tp + 0.5, fn + 0.5),
    f1: intervalOf(scores.f1, tp + 0.5, fp + fn + 1, 2),
    accuracy: intervalOf(scores.accuracy, tp + tn + 1, fp + fn + 1) };
}

/** The messages of one cell (null: all that are wrong), nearest to the threshold first.
 * @param {Message[]} messages @param {number[]} p @param {number} threshold @param {string|null} cell */
export function messagesOf(messages, p, threshold, cell) {
  const rows = [];
  for (let i = 0; i < Math.min(messages.length, p.length); i++) {
    const name = cellOf(messages[i][1], p[i], threshold);
    if (cell ? name === cell : name === "fp" || name === "fn")
      rows.push({ index: i, text: messages[i][0], label: messages[i][1], p: p[i] / 1000 });
  }
  return rows.sort((a, b) => Math.abs(a.p - threshold) - Math.abs(b.p - threshold) || a.index - b.index);
}
