/**
 * A comparison as the browser knows it: a value, and what each message of the kernel makes of it.
 *
 * @typedef {[number, number, number]} Estimate a mean over seeds and the ends of its 95 % interval
 * @typedef {{label: string, regime: string, value: string|number|null}} Candidate
 * @typedef {Record<string, number|null>} Scores
 * @typedef {{candidate: number, seed: number, failed?: string, diverged?: boolean, scores?: Record<string, Scores>,
 *   train?: (number|null)[], validation?: (number|null)[], floor?: number|null,
 *   seconds?: number, learning?: number, bytes?: number, perplexity?: number|null}} Trial a run; one that failed has
 *   nothing but its sentence
 * @typedef {{candidate: number, seeds: number, means: Record<string, Estimate>, ahead: Record<string, Estimate>,
 *   confusion: number[][]}} Cell
 * @typedef {{candidates: Candidate[], regimes: string[], values: (string|number)[], seeds: number, vary: string,
 *   varied: string, whos?: number[], log: boolean, sweep: boolean, planned: number, tests: string[],
 *   judged: Record<string, number>,
 *   items?: string, same: string, names: string[]}} Plan
 * @typedef {{phase: string, sentence: string, done: number, left: number|null}} Progress
 * @typedef {Progress & {plan: Plan, runs: Trial[], cells: Cell[], rival: number, test: string}} Contest
 * @typedef {{sentence: string, wrong: boolean}} Expected how long the next one would take, or why it cannot be
 * @typedef {{regimes: string[], seeds: number, vary: string, values: (string|number)[]}} Asked what to compare
 * @typedef {{kind: "contest", contest: Contest}
 *   | ({kind: "contested", run: Trial, cells: Cell[], test: string} & Progress)
 *   | ({kind: "contesting"} & Progress) | ({kind: "expected"} & Expected)
 *   | {kind: "opened", id: number, sentence: string}} Told
 */

export const RUNNING = ["running", "stopping"];
const KINDS = ["contest", "contested", "contesting", "expected", "opened"];

/** Whether news are of a comparison. @param {{kind: string}} news @returns {news is Told} */
export const isOfContest = (news) => KINDS.includes(news.kind);

/** @param {Trial} run */
const placeOf = ({ candidate, seed }) => `${candidate},${seed}`;

/** @template T @param {T[]} old @param {T[]} news @param {(one: T) => string|number} key @returns {T[]} */
function merged(old, news, key) {
  const keys = news.map(key);
  return [...old.filter((one) => !keys.includes(key(one))), ...news];
}

/** The comparison after one thing that happened to it. @param {Contest|null} contest @param {Told} told
 * @returns {Contest|null} */
export function afterNews(contest, told) {
  if (told.kind === "contest") return told.contest;
  if (!contest || (told.kind !== "contested" && told.kind !== "contesting")) return contest;
  const { phase, sentence, done, left } = told;
  const now = { ...contest, phase, sentence, done, left };
  if (told.kind === "contesting") return now;
  return { ...now, test: told.test, runs: merged(contest.runs, [told.run], placeOf),
    cells: merged(contest.cells, told.cells, (cell) => cell.candidate) };
}

/** @type {Record<string, {name: string, short: string, more: number}>} `more`: whether more of it is better */
export const SCORES = {
  f1: { name: "F1", short: "F1", more: 1 },
  precision: { name: "precision", short: "precision", more: 1 },
  recall: { name: "recall", short: "recall", more: 1 },
  accuracy: { name: "accuracy", short: "accuracy", more: 1 },
  average_precision: { name: "average precision", short: "AP", more: 1 },
  loss: { name: "loss (nats)", short: "loss", more: -1 },
};

/** @type {Record<string, {name: string, log: boolean}>} */
export const COSTS = {
  seconds: { name: "training (seconds)", log: true },
  learning: { name: "weights that learn", log: true },
  bytes: { name: "bytes to store", log: true },
  perplexity: { name: "perplexity afterwards", log: false },
};

/** A candidate's colour, dash and shape: of a sweep its regime's. @param {Plan} plan @param {number} candidate */
export function whoIs(plan, candidate) {
  const regime = plan.regimes.indexOf(plan.candidates[candidate].regime);
  return plan.sweep || !plan.vary ? plan.whos?.[regime] ?? regime : candidate;
}

/** A candidate's finished runs by seed. @param {Contest} contest @param {number} candidate */
export const trialsOf = (contest, candidate) => contest.runs
  .filter((run) => run.candidate === candidate && !run.failed).sort((a, b) => a.seed - b.seed);

/** @param {Contest} contest @param {number} candidate */
export const cellOf = (contest, candidate) => contest.cells.find((cell) => cell.candidate === candidate) ?? null;

/** A score of a run on the test set in view. @param {Contest} contest @param {Trial} trial @param {string} score */
export const scoreOf = (contest, trial, score) => trial.scores?.[contest.test]?.[score] ?? null;

/** A candidate's name where the value is told apart elsewhere: of a sweep by the slider.
 * @param {Plan} plan @param {number} candidate */
export const shortName = (plan, candidate) =>
  (plan.sweep ? plan.candidates[candidate].regime : nameOf(plan, candidate));

/** A value as the page writes it. @param {string|number|null} value */
export const valueText = (value) => (typeof value === "number" ? value.toLocaleString("en-US", {
  maximumSignificantDigits: 6 }) : value ?? "");

/** What tells a candidate apart where all others are in sight: what is the same for all goes unsaid.
 * @param {Plan} plan @param {number} candidate */
export function nameOf({ candidates, regimes, vary }, candidate) {
  const { regime, value } = candidates[candidate];
  if (!vary) return regime;
  return regimes.length > 1 ? `${regime}, ${valueText(value)}` : valueText(value);
}

/** Every run as a row for a spreadsheet. @param {Contest} contest @returns {Record<string, unknown>[]} */
export function rowsOf(contest) {
  const { plan } = contest;
  return [...contest.runs].sort((a, b) => a.candidate - b.candidate || a.seed - b.seed).map((run) => {
    const { regime, value } = plan.candidates[run.candidate];
    const scores = Object.keys(SCORES).map((score) => [score, scoreOf(contest, run, score)]);
    return { regime, ...(plan.vary ? { [plan.vary]: value } : {}), seed: run.seed, test: contest.test,
      ...Object.fromEntries(scores), seconds: run.seconds ?? null, learning: run.learning ?? null,
      bytes: run.bytes ?? null, perplexity: run.perplexity ?? null, failed: run.failed ?? "" };
  });
}
