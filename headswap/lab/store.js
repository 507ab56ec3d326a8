/**
 * What the lab knows of its runs: a value, and what each message of the kernel makes of it.
 *
 * @typedef {[string, number, Picture?]} Message a text and its class, and an image's picture
 * @typedef {{epoch: number, train: number|null, validation: number|null, p: number[], said: string, tails?: string,
 *   xy: number[], perplexity: number|null, moved?: Record<string, number>, seconds: number|null,
 *   diagnosis: string}} Epoch p and xy in thousandths; `moved` how far each layer is from where it began; of
 *   two classes p is the positive one's, of more it holds all in turn, and `said` a digit for the class that each was
 *   taken for; `tails` tells shares near 0 more exactly (a run recorded long ago tells none)
 * @typedef {{id: number, label: string, line: string, settings?: Partial<Settings>, regime: string, pool: string,
 *   seed: number, planned: number, learning: number, total: number, cached: string, floor?: number|null,
 *   recorded: boolean, pinned: boolean, outcome: string, forecast: string, machine?: string, perplexity0: number|null,
 *   stages: number, truths: string, data_key: string, label_names: string[], epochs: Epoch[], whole: boolean,
 *   diagnosis: string, best: number|null, ahead?: boolean, keeps?: boolean}} Run
 *   `settings` are those that are not the usual ones (a run recorded long ago tells none); `truths` holds a digit for
 *   each message's class; a run that is not `whole` has p and xy for its last epoch alone; one that is trained `ahead`
 *   was promised when the lab was made; a recorded one that `keeps` its classifier can be asked
 * @typedef {{phase: string, sentence: string, done: number, left?: number|null}} State
 * @typedef {{sentence: string, wrong: boolean}} Said the kernel's answer to what the learner did
 * @typedef {Record<string, Message[]>} Texts the messages of each data set
 * @typedef {{n: number, gap: boolean, runs: Run[], current: number|null, messages: Texts, answer: Answer|null,
 *   state: State, undo: string, contest: Contest|null, whos: Record<number, number>}} Store `n` counts the news; `gap`
 *   says that some are missing; `undo` is "reset" or "delete" where that has put runs away last, and they can be
 *   brought back; `whos` has the identity of each pinned run
 * @typedef {{kind: "history", n: number, runs?: Run[], current?: number|null, state?: State, said?: Said|null,
 *   messages?: Texts, undo?: string, forecast?: string, contest?: Contest|null}} History
 *   all there is to know
 * @typedef {{n: number} & ({kind: "run", run: Run, messages?: Texts} | {kind: "epoch", id: number, epoch: Epoch}
 *   | {kind: "told", runs: Run[], messages: Texts} | ({kind: "state"} & State)
 *   | ({kind: "said"} & Said)
 *   | {kind: "stage", id: number, learning: number, cached: string}
 *   | {kind: "end", id: number, outcome: string, diagnosis: string, best?: number|null}
 *   | {kind: "pin", id: number, pinned: boolean} | ({kind: "answer"} & Answer)
 *   | ({kind: "flow"} & Flowed) | {kind: "cleared", undo?: string} | {kind: "deleted", id: number, undo?: string}
 *   | {kind: "line", line: string} | Told)} Step one thing that happened
 * @typedef {History|Step} News
 *
 * @import {Contest, Told} from "../comparing/contest.js"
 * @import {Flowed} from "./engine.js"
 * @import {Answer} from "./asked.js"
 * @import {Settings} from "./settings.js"
 * @import {Picture} from "../web/pixels.js"
 */

import { afterNews } from "../comparing/contest.js";
import { identities } from "./apart.js";
import { withAnswers } from "./asked.js";

/** @returns {Store} */
export const emptyStore = () => ({ n: 0, gap: false, runs: [], current: null, messages: {}, answer: null, undo: "",
  contest: null, whos: {}, state: { phase: "idle", sentence: "ready", done: 0 } });

/** @param {Store} store @param {number} id @param {(run: Run) => Run} change @returns {Store} */
function withRun(store, id, change) {
  if (!store.runs.some((run) => run.id === id)) return { ...store, gap: true };
  return { ...store, runs: store.runs.map((run) => (run.id === id ? change(run) : run)) };
}

/** A run taken in: new or in place of itself. @param {Store} store @param {Run} run @returns {Store} */
export function takeRun(store, run) {
  const known = store.runs.some((other) => other.id === run.id);
  const runs = known ? store.runs.map((other) => (other.id === run.id ? run : other)) : [...store.runs, run];
  return { ...store, runs };
}

/** A run as history tells it, unless it is known whole already. @param {Run[]} known @param {Run} told */
function fuller(known, told) {
  const mine = known.find((run) => run.id === told.id);
  if (told.whole || !mine?.whole || mine.epochs.length !== told.epochs.length) return told;
  return { ...told, epochs: mine.epochs, whole: true };
}

/** Messages are kept once per data set. @param {Store} store @param {Texts|undefined} messages @returns {Store} */
const takeTexts = (store, messages) => ({ ...store, messages: { ...store.messages, ...messages } });

/** @param {Store} store @param {Run[]} runs */
export const takeRuns = (store, runs) => runs.reduce(takeRun, store);

/** @param {Store} store @param {number} id @param {boolean} pinned @returns {Store} */
export const pinRun = (store, id, pinned) =>
  identified({ ...store, runs: store.runs.map((run) => (run.id === id ? { ...run, pinned } : run)) });

/** The store with an identity for each pinned run. @param {Store} store @returns {Store} */
function identified(store) {
  const whos = identities(store.whos, store.runs.filter((run) => run.pinned).map((run) => run.id));
  return whos === store.whos ? store : { ...store, whos };
}

/** @param {Epoch[]} epochs @param {Epoch} epoch */
function putEpoch(epochs, epoch) {
  const last = epochs[epochs.length - 1];
  if (!last || last.epoch < epoch.epoch) return [...epochs, epoch];
  return [...epochs.filter((old) => old.epoch !== epoch.epoch), epoch].sort((a, b) => a.epoch - b.epoch);
}

/** @param {State} told @returns {State} */
const stateOf = ({ phase, sentence, done, left }) => ({ phase, sentence, done, left });

/** The store after one thing that happened; what is of no known kind changes nothing.
 * @param {Store} store @param {Step} step @returns {Store} */
function applied(store, step) {
  switch (step.kind) {
    case "run": return { ...takeTexts(takeRun(store, step.run), step.messages), current: step.run.id, undo: "" };
    case "told": return takeTexts(takeRuns(store, step.runs), step.messages);
    case "state": return { ...store, state: stateOf(step) };
    case "epoch": return withRun(store, step.id, (run) => ({ ...run, epochs: putEpoch(run.epochs, step.epoch) }));
    case "stage": return withRun(store, step.id, (run) => ({ ...run, learning: step.learning, cached: step.cached }));
    case "end": return withRun(store, step.id, (run) =>
      ({ ...run, outcome: step.outcome, diagnosis: step.diagnosis, best: step.best ?? run.best }));
    case "pin": return pinRun(store, step.id, step.pinned);
    case "answer": return { ...store, answer: withAnswers(store.answer, step) };
    case "cleared": return { ...store, runs: store.runs.filter((run) => run.recorded), current: null, answer: null,
      undo: step.undo ?? "" };
    case "deleted": return { ...store, runs: store.runs.filter((run) => run.id !== step.id), undo: step.undo ?? "",
      current: store.current === step.id ? null : store.current };
    case "contest": case "contested": case "contesting": return { ...store, contest: afterNews(store.contest, step) };
    default: return store;
  }
}

/** The store after a message. Old news changes nothing; a jump in the numbers sets `gap`, and only a history heals it.
 * @param {Store} store @param {News} news @returns {Store} */
export const reduce = (store, news) => identified(reduced(store, news));

/** @param {Store} store @param {News} news @returns {Store} */
function reduced(store, news) {
  if (news.kind === "history") {
    const state = news.state ?? store.state;
    const fresh = { ...store, n: news.n, gap: false, runs: [], current: news.current ?? null, state,
      undo: news.undo ?? "", contest: news.contest ?? null };
    return takeTexts(takeRuns(fresh, (news.runs ?? []).map((run) => fuller(store.runs, run))), news.messages);
  }
  if (typeof news.n !== "number" || news.n <= store.n) return store;
  if (news.n > store.n + 1) return store.gap ? store : { ...store, gap: true };
  return { ...applied(store, news), n: news.n };
}

/** Recorded runs stand in until there is a real one; a pinned one stays. @param {Store} store */
export function visibleRuns(store) {
  const real = store.runs.some((run) => !run.recorded);
  return store.runs.filter((run) => !real || !run.recorded || run.pinned);
}

/** The run on show: the chosen one, else the one that runs or ran last, else a recorded one that fits.
 * @param {Store} store @param {number|null} id @param {(run: Run) => boolean} fits whether a recorded run is one of the
 *   settings on the page @returns {Run|null} */
export function shownRun(store, id, fits = () => true) {
  const runs = visibleRuns(store);
  const find = (/** @type {number|null} */ wanted) => runs.find((run) => run.id === wanted);
  const own = runs.filter((run) => !run.recorded);
  return find(id) ?? find(store.current) ?? own.at(-1) ?? runs.filter(fits).at(-1) ?? null;
}

/** What must be asked for, to show these runs: whole runs, and the messages of data sets.
 * @param {Store} store @param {(Run|null)[]} shown @returns {{runs: number[], data: string[]}} */
export function missing(store, shown) {
  const there = shown.filter((run) => run !== null);
  const keys = there.map((run) => run.data_key).filter((key) => !Object.hasOwn(store.messages, key));
  return { runs: there.filter((run) => !run.whole).map((run) => run.id), data: [...new Set(keys)] };
}

/** @param {Store} store @param {Run|null} run @returns {Message[]} */
export const messagesFor = (store, run) => (run && store.messages[run.data_key]) || [];
