/**
 * What is on show: which run, which of its epochs, and what follows from them.
 *
 * @typedef {{selected: number|null, at: number|null, held: boolean, chosen: string|null}} Look
 *   the run that was chosen, the epoch under the cursor (null: the newest), whether it stays, the chosen cell
 * @typedef {{run: Run, epoch: number, cells: Cells}} Rival a pinned run at the same time
 * @typedef {{run: Run|null, live: boolean, held: boolean, chosen: string|null, epoch: Epoch|null, messages: Message[],
 *   cells: Cells, threshold: number, answer: Answer|null, spread: Spreads|null, labels: string[], pinned: Run[],
 *   rival: Rival|null}} Shown
 *
 * @import {Cells, Spreads} from "./scores.js"
 * @import {Answer, Epoch, Message, Run, Store} from "./store.js"
 */

import { nearestEpoch } from "./epochs.js";
import { confusionAt, intervals } from "./scores.js";
import { messagesFor, shownRun } from "./store.js";

const KEPT = 2000;

/** Everything as at the start, but for the chosen cell where it is given. @returns {Look} */
export const freshLook = (/** @type {string|null} */ chosen = null) =>
  ({ selected: null, at: null, held: false, chosen });

/** What the probability is of, in words: the second class is the positive one. @param {string[]} labels */
export const shareName = (labels) => `P(${labels[1]})`;

/** `intervals` that remembers what it has computed: the table of runs asks at every epoch. */
export function keptIntervals() {
  /** @type {Map<string, Spreads>} */
  const known = new Map();
  return (/** @type {Cells} */ cells) => {
    const key = `${cells.tn},${cells.fp},${cells.fn},${cells.tp}`;
    if (known.size > KEPT) known.clear();
    const spreads = known.get(key) ?? intervals(cells);
    known.set(key, spreads);
    return spreads;
  };
}

/** The last pinned run on the same messages. @param {Store} store @param {Run} run @param {boolean} live
 * @param {Epoch} epoch @param {number} threshold @returns {Rival|null} */
function rivalOf(store, run, live, epoch, threshold) {
  const others = store.runs.filter((one) => one.pinned && one.id !== run.id && one.data_key === run.data_key);
  const other = others.filter((one) => one.epochs.length).at(-1);
  if (!other) return null;
  const then = live ? other.epochs.at(-1) : nearestEpoch(other.epochs, epoch.epoch);
  const messages = messagesFor(store, other);
  return then ? { run: other, epoch: then.epoch, cells: confusionAt(messages, then.p, threshold) } : null;
}

/** @param {Store} store @param {Look} look @param {number} threshold @param {(cells: Cells) => Spreads} spreadOf
 * @returns {Shown} */
export function shownOf(store, { selected, at, held, chosen }, threshold, spreadOf) {
  const run = shownRun(store, selected);
  const live = at === null;
  const epoch = (live ? run?.epochs.at(-1) : nearestEpoch(run?.epochs ?? [], at)) ?? null;
  const messages = messagesFor(store, run);
  const cells = confusionAt(messages, epoch?.p ?? [], threshold);
  return { held, chosen, run, live, epoch, messages, cells, threshold, answer: store.answer,
    spread: epoch ? spreadOf(cells) : null, labels: run?.label_names ?? ["ham", "spam"],
    pinned: store.runs.filter((one) => one.pinned),
    rival: run && epoch ? rivalOf(store, run, live, epoch, threshold) : null };
}
