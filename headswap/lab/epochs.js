/**
 * What a run's epochs say together.
 *
 * @import {Epoch} from "./store.js"
 */

import { ticks } from "../web/scales.js";

/** The height of the loss axis: all of every curve, unless one diverges; then what leaves is cut at the top.
 * @param {(number|null)[]} values @param {number|null} first the first epoch's loss */
export function lossTop(values, first) {
  const finite = values.filter((value) => value !== null && Number.isFinite(value)).map(Number);
  if (!finite.length) return 1;
  const cap = Math.max(1.5, 3 * (first ?? 1));
  const most = Math.min(Math.max(...finite), cap);
  const step = ticks(0, most, 4)[1] ?? most;
  return Math.max(step, Math.ceil(most / step - 1e-9) * step) || 1;
}

/** The epoch with the lowest validation loss, the first of equals. @param {Epoch[]} epochs @returns {number|null} */
export function bestEpoch(epochs) {
  let [best, least] = [/** @type {number|null} */ (null), Infinity];
  for (const { epoch, validation } of epochs)
    if (validation !== null && validation < least) [best, least] = [epoch, validation];
  return best;
}

/** The epoch nearest to a place on the axis. @param {Epoch[]} epochs @param {number} at @returns {Epoch|null} */
export function nearestEpoch(epochs, at) {
  /** @type {Epoch|null} */
  let found = null;
  for (const epoch of epochs) if (!found || Math.abs(epoch.epoch - at) < Math.abs(found.epoch - at)) found = epoch;
  return found;
}

/** Null where nobody kept them: in a still picture. @param {Epoch[]} epochs @returns {number|null} */
export const secondsOf = (epochs) => (epochs.some((epoch) => epoch.seconds === null) ? null
  : epochs.reduce((sum, epoch) => sum + Number(epoch.seconds), 0));
