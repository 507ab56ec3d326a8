/**
 * What the lab knows of its runs: a value, and what each message of the kernel makes of it.
 *
 * @typedef {[string, number]} Message a text and its class
 * @typedef {{epoch: number, train: number|null, validation: number|null, p: number[], xy: number[],
 *   perplexity: number|null, seconds: number, diagnosis: string}} Epoch p and xy in thousandths
 * @typedef {{id: number, label: string, line: string, regime: string, pool: string, seed: number, planned: number,
 *   learning: number, total: number, cached: string, floor?: number|null, recorded: boolean, pinned: boolean,
 *   outcome: string, forecast: string, perplexity0: number|null, stages: number, messages?: Message[],
 *   data_key: string, label_names: string[], epochs: Epoch[], diagnosis: string, best: number|null}} Run
 * @typedef {{text: string, p: number, id: number|null, epoch: number|null}} Answer
 * @typedef {{n: number, gap: boolean, runs: Run[], current: number|null, messages: Record<string, Message[]>,
 *   answer: Answer|null}} Store `n` counts the news; `gap` says that some are missing
 * @typedef {{kind: "history", n: number, runs?: Run[], current?: number|null}} History all there is to know
 * @typedef {{n: number} & ({kind: "run", run: Run} | {kind: "epoch", id: number, epoch: Epoch}
 *   | {kind: "end", id: number, outcome: string, diagnosis: string} | {kind: "pin", id: number, pinned: boolean}
 *   | ({kind: "answer"} & Answer) | {kind: "cleared"})} Step one thing that happened
 * @typedef {History|Step} News
 */

/** @returns {Store} */
export const emptyStore = () => ({ n: 0, gap: false, runs: [], current: null, messages: {}, answer: null });

/** @param {Store} store @param {number} id @param {(run: Run) => Run} change @returns {Store} */
function withRun(store, id, change) {
  if (!store.runs.some((run) => run.id === id)) return { ...store, gap: true };
  return { ...store, runs: store.runs.map((run) => (run.id === id ? change(run) : run)) };
}

/** A run taken in: new or in place of itself; its messages are kept once per data set.
 * @param {Store} store @param {Run} run @returns {Store} */
export function takeRun(store, run) {
  const { messages, ...rest } = run;
  const known = store.runs.some((other) => other.id === run.id);
  const runs = known ? store.runs.map((other) => (other.id === run.id ? rest : other)) : [...store.runs, rest];
  return { ...store, runs, messages: messages ? { ...store.messages, [run.data_key]: messages } : store.messages };
}

/** @param {Store} store @param {Run[]} runs */
export const takeRuns = (store, runs) => runs.reduce(takeRun, store);

/** @param {Store} store @param {number} id @param {boolean} pinned @returns {Store} */
export const pinRun = (store, id, pinned) =>
  ({ ...store, runs: store.runs.map((run) => (run.id === id ? { ...run, pinned } : run)) });

/** @param {Epoch[]} epochs @param {Epoch} epoch */
function putEpoch(epochs, epoch) {
  const last = epochs[epochs.length - 1];
  if (!last || last.epoch < epoch.epoch) return [...epochs, epoch];
  return [...epochs.filter((old) => old.epoch !== epoch.epoch), epoch].sort((a, b) => a.epoch - b.epoch);
}

/** The store after one thing that happened; what is of no known kind changes nothing.
 * @param {Store} store @param {Step} step @returns {Store} */
function applied(store, step) {
  switch (step.kind) {
    case "run": return { ...takeRun(store, step.run), current: step.run.id };
    case "epoch": return withRun(store, step.id, (run) => ({ ...run, epochs: putEpoch(run.epochs, step.epoch) }));
    case "end": return withRun(store, step.id, (run) => ({ ...run, outcome: step.outcome, diagnosis: step.diagnosis }));
    case "pin": return pinRun(store, step.id, step.pinned);
    case "answer": return { ...store, answer: { text: step.text, p: step.p, id: step.id, epoch: step.epoch } };
    case "cleared": return { ...store, runs: store.runs.filter((run) => run.recorded), current: null };
    default: return store;
  }
}

/** The store after a message. Old news changes nothing; a jump in the numbers sets `gap`, and only a history heals it.
 * @param {Store} store @param {News} news @returns {Store} */
export function reduce(store, news) {
  if (news.kind === "history") {
    const fresh = { ...store, n: news.n, gap: false, runs: [], current: news.current ?? null };
    return takeRuns(fresh, news.runs ?? []);
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

/** The run on show: the chosen one, else the one that runs or ran last.
 * @param {Store} store @param {number|null} id @returns {Run|null} */
export function shownRun(store, id) {
  const runs = visibleRuns(store);
  const find = (/** @type {number|null} */ wanted) => runs.find((run) => run.id === wanted);
  return find(id) ?? find(store.current) ?? runs.filter((run) => !run.recorded).at(-1) ?? runs.at(-1) ?? null;
}

/** @param {Store} store @param {Run|null} run @returns {Message[]} */
export const messagesFor = (store, run) => (run && store.messages[run.data_key]) || [];
