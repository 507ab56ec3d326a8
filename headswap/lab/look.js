/**
 * What is on show: which run, which of its epochs, and what follows from them.
 *
 * @typedef {{selected: number|null, at: number|null, held: boolean, playing: boolean, chosen: string|null,
 *   against: number|null, rival: number|null, measure: Measure, message: Marked|null}} Look
 *   the run that was chosen, the epoch under the cursor (null: the newest; between two while it plays), whether it
 *   stays, the chosen cell (or "fixed" or "broken" against the rival), of more than two classes the one that is held
 *   against the rest, the pinned run that was chosen to differ from, what the curves are of, and the marked message
 * @typedef {{index: number, data: string}} Marked a message, and the data set that it is of
 * @typedef {{at: number, next: Epoch|null, share: number, trail: Epoch[]}} Glide while a run plays: where between two
 *   epochs it is, and the epochs just passed
 * @typedef {{run: Run, epoch: number, counts: Counts, judged: Judged}} Rival a pinned run at the same time
 * @typedef {{run: Run|null, live: boolean, held: boolean, chosen: string|null, against: number|null,
 *   glide: Glide|null, epoch: Epoch|null, messages: Message[], judged: Judged, threshold: number, answer: Answer|null,
 *   spread: Spreads|null, labels: string[], pinned: Run[], rival: Rival|null, rivals: Run[], measure: Measure,
 *   message: number|null, names: Record<number, string>, whos: Record<number, number>, veiled: boolean}} Shown
 *   `rivals` are the pinned runs on the same messages; `names` tell the runs in view apart, `whos` are the identities
 *   of pinned ones; `veiled` where a bet is still to be made
 *
 * @import {Answer} from "./asked.js"
 * @import {Measure} from "./measures.js"
 * @import {Counts, Judged, Spreads} from "./scores.js"
 * @import {Epoch, Message, Run, Store} from "./store.js"
 */

import { namesOf } from "./apart.js";
import { nearestEpoch } from "./epochs.js";
import { chosenIn } from "./picked.js";
import { intervals, judge } from "./scores.js";
import { messagesFor, shownRun } from "./store.js";

const KEPT = 2000;
const TRAIL = 5;
const USUAL = ["ham", "spam"];

/** Everything as at the start, but for what is kept. @param {Partial<Look>} [kept] @returns {Look} */
export const freshLook = (kept = {}) =>
  ({ selected: null, at: null, held: false, playing: false, chosen: null, against: null, rival: null, measure: "loss",
    message: null, ...kept });

/** What a share is of, in words. @param {string[]} names those of the matrix */
export const shareName = (names) => (names.length === 2 ? `P(${names[1]})` : "P(predicted)");

/** `intervals` that remembers what it has computed: the table of runs asks at every epoch. */
export function keptIntervals() {
  /** @type {Map<string, Spreads>} */
  const known = new Map();
  return (/** @type {Counts} */ counts) => {
    const key = counts.join();
    if (known.size > KEPT) known.clear();
    const spreads = known.get(key) ?? intervals(counts);
    known.set(key, spreads);
    return spreads;
  };
}

/** The class held against the rest, where there are more than two. @param {Run|null} run @param {Look} look */
const againstOf = (run, { against }) =>
  (run && against !== null && run.label_names.length > 2 && against < run.label_names.length ? against : null);

/** The pinned runs on the same messages. @param {Store} store @param {Run|null} run @returns {Run[]} */
const rivalsOf = ({ runs }, run) => runs.filter((one) => run && one.pinned && one.id !== run.id &&
  one.data_key === run.data_key && one.epochs.length > 0);

/** The chosen one of these runs, else the last. @param {Run[]} rivals @param {Run} run @param {Look} look
 * @param {Epoch} epoch @param {number} threshold @returns {Rival|null} */
function rivalOf(rivals, run, look, epoch, threshold) {
  const other = rivals.find((one) => one.id === look.rival) ?? rivals.at(-1);
  if (!other) return null;
  const then = look.at === null || !other.whole ? other.epochs.at(-1) : nearestEpoch(other.epochs, epoch.epoch);
  if (!then?.p.length) return null;
  const judged = judge(other, then, threshold, againstOf(run, look));
  return { run: other, epoch: then.epoch, counts: judged.counts, judged };
}

/** The run on show and its epoch; nothing while a bet waits for its answer, or before a run that plays has begun.
 * @param {Store} store @param {Look} look @param {boolean} veils @param {(run: Run) => boolean} [fits]
 * @returns {{run: Run|null, epoch: Epoch|null}} */
function inView(store, { selected, at, playing }, veils, fits) {
  const run = veils ? null : shownRun(store, selected, fits);
  if (playing && at !== null) return { run, epoch: run?.epochs[Math.floor(at) - 1] ?? null };
  const epoch = at === null ? run?.epochs.at(-1) : nearestEpoch(run?.epochs ?? [], at);
  return { run, epoch: epoch ?? null };
}

/** Where a run that plays is between two epochs. @param {Run|null} run @param {Look} look @returns {Glide|null} */
function glideOf(run, { at, playing }) {
  if (!run || !playing || at === null) return null;
  const whole = Math.floor(at);
  return { at, next: run.epochs[whole] ?? null, share: at - whole,
    trail: run.epochs.slice(Math.max(0, whole - TRAIL), whole) };
}

/** The run in view and the pinned ones, each once. @param {Store} store @param {number|null} selected
 * @param {(run: Run) => boolean} [fits] whether a recorded run fits the settings */
export function runsOnShow(store, selected, fits = undefined) {
  const run = shownRun(store, selected, fits);
  return [...(run ? [run] : []), ...store.runs.filter((one) => one.pinned && one.id !== run?.id)];
}

/** @param {Store} store @param {Look} look @param {number} threshold @param {(counts: Counts) => Spreads} spreadOf
 * @param {boolean} veils whether runs are hidden until a bet is made
 * @param {(run: Run) => boolean} [fits] whether a recorded run fits the settings @param {string[]} [usual] the classes
 * before there is a run @returns {Shown} */
export function shownOf(store, look, threshold, spreadOf, veils = false, fits = undefined, usual = USUAL) {
  const { run, epoch } = inView(store, look, veils, fits);
  const against = againstOf(run, look);
  const labels = run?.label_names ?? usual;
  const empty = { names: labels, truths: [], guesses: [], shares: [], counts: labels.map(() => labels.map(() => 0)) };
  const judged = run ? judge(run, epoch, threshold, against) : empty;
  const there = epoch !== null && judged.guesses.length > 0;
  const rivals = veils ? [] : rivalsOf(store, run);
  const rival = run && epoch ? rivalOf(rivals, run, look, epoch, threshold) : null;
  const message = run && look.message?.data === run.data_key ? look.message.index : null;
  const chosen = chosenIn(look.chosen, judged.names, rival !== null);
  return { held: look.held, chosen, against, run, live: look.at === null, glide: glideOf(run, look),
    epoch, judged, threshold, labels, measure: look.measure, rivals, rival, whos: store.whos, message,
    messages: messagesFor(store, run), answer: store.answer, spread: there ? spreadOf(judged.counts) : null,
    pinned: veils ? [] : store.runs.filter((one) => one.pinned), veiled: veils && store.runs.length > 0,
    names: namesOf(runsOnShow(store, look.selected, fits)) };
}
