/**
 * What the curves can be of: the loss, or a validation score at the lab's threshold, epoch by epoch.
 *
 * @typedef {"loss"|"log"|keyof Scores} Measure
 * @typedef {{threshold: number, against: number|null}} Judging
 *
 * @import {Point} from "../web/scales.js"
 * @import {Scores} from "./scores.js"
 * @import {Epoch, Run} from "./store.js"
 */

import { judge, scoresOf } from "./scores.js";

/** @type {Record<Measure, string>} in the order in which they are offered */
export const MEASURES = { loss: "loss", log: "loss, log", f1: "F1", precision: "precision", recall: "recall",
  accuracy: "accuracy" };

/** @param {Measure} measure @returns {measure is "loss"|"log"} */
export const isLoss = (measure) => measure === "loss" || measure === "log";

/** @type {WeakMap<Epoch, {key: string, scores: Scores}>} every epoch is drawn again with each new one */
const known = new WeakMap();

/** The validation scores after an epoch; null where its probabilities have not come.
 * @param {Run} run @param {Epoch} epoch @param {Judging} judging @returns {Scores|null} */
export function scoresAfter(run, epoch, { threshold, against }) {
  if (!epoch.p.length) return null;
  const sought = against !== null && against < run.label_names.length ? against : null;
  const key = `${threshold},${sought}`;
  const kept = known.get(epoch);
  if (kept?.key === key) return kept.scores;
  const scores = scoresOf(judge(run, epoch, threshold, sought).counts);
  known.set(epoch, { key, scores });
  return scores;
}

/** A run's validation curve. @param {Run} run @param {Measure} measure @param {Judging} judging @returns {Point[]} */
export const validationOf = (run, measure, judging) => run.epochs.map((epoch) =>
  [epoch.epoch, isLoss(measure) ? epoch.validation : scoresAfter(run, epoch, judging)?.[measure] ?? null]);

/** What the axis says. @param {Measure} measure @param {Judging} judging @param {number} classes */
export function measureText(measure, { threshold, against }, classes) {
  if (isLoss(measure)) return measure === "log" ? "loss (nats, log)" : "loss (nats)";
  const of = classes > 2 && against === null ? "mean over the classes" : `threshold ${threshold.toFixed(2)}`;
  return `${MEASURES[measure]} (${of})`;
}
