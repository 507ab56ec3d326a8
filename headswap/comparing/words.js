/**
 * What a comparison says, in one or two sentences: who is ahead, and whether luck alone may have done it.
 *
 * @import {Cell, Contest} from "./contest.js"
 */

import { couldBeLuck, estimateText } from "../web/charts/contenders.js";
import { RUNNING, SCORES, cellOf, shortName, valueText } from "./contest.js";

/** @param {string[]} names @param {string} [joint] */
const listed = (names, joint = "and") =>
  (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${joint} ${names.at(-1)}`);

/** The candidates that are compared with each other: of a sweep those of one value.
 * @param {Contest} contest @param {number} at the place of that value */
export function rowsAt({ plan }, at) {
  const all = plan.candidates.map((_, candidate) => candidate);
  return plan.sweep ? all.filter((candidate) => plan.candidates[candidate].value === plan.values[at]) : all;
}

/** @param {Contest} contest @param {number} rival @param {number} at */
function rivalAt(contest, rival, at) {
  const { candidates, sweep } = contest.plan;
  const isRival = (/** @type {number} */ one) => candidates[one].regime === candidates[rival].regime;
  return sweep ? rowsAt(contest, at).find(isRival) ?? -1 : rival;
}

/** How many seeds are in, where more were asked for: half a comparison has no verdict yet.
 * @param {Contest} contest @param {Cell[]} cells */
function soFar({ phase, plan }, cells) {
  const least = Math.min(...cells.map(({ seeds }) => seeds));
  if (least >= plan.seeds) return "";
  const when = RUNNING.includes(phase) ? "So far, at" : phase === "stopped" ? "Stopped, at" : "At";
  return `${when} ${least} of ${plan.seeds} seeds: `;
}

/** @param {Contest} contest @param {string} score @param {number} at */
export function headline(contest, score, at) {
  const { plan } = contest;
  const cells = rowsAt(contest, at).map((candidate) => cellOf(contest, candidate)).filter((cell) => cell !== null);
  if (!cells.length) return RUNNING.includes(contest.phase) ? "The first runs are under way." : "No run has finished.";
  const where = `${soFar(contest, cells)}${
    plan.sweep ? `${plan.varied} ${valueText(plan.values[at])}: ` : ""}`;
  const rival = rivalAt(contest, contest.rival, at);
  const others = cells.filter((cell) => cell.candidate !== rival && cell.ahead[score]);
  if (!others.length) return `${where}${alone(contest, cells, score)}`;
  const own = cellOf(contest, rival);
  const sure = others.filter((cell) => pairsOf(cell, own) > 1);
  const said = sure.length ? verdict(contest, sure, score, shortName(contest.plan, rival)) : ANECDOTE;
  return where ? `${where}${said.charAt(0).toLowerCase()}${said.slice(1)}` : said;
}

const ANECDOTE = "One seed is an anecdote: run more seeds to see how far luck reaches.";

/** How many seeds a difference can rest on. @param {Cell} cell @param {Cell|null} rival */
export const pairsOf = (cell, rival) => Math.min(cell.seeds, rival?.seeds ?? cell.seeds);

/** @param {Contest} contest @param {Cell[]} cells @param {string} score */
const alone = ({ plan }, [{ candidate, means }], score) =>
  `${shortName(plan, candidate)} reaches ${SCORES[score].name} ${estimateText(means[score])}.`;

/** @param {Contest} contest @param {Cell[]} others @param {string} score @param {string} rival */
function verdict(contest, others, score, rival) {
  const luck = (/** @type {Cell} */ cell) => couldBeLuck(cell.ahead[score]);
  const better = (/** @type {Cell} */ cell) => SCORES[score].more * cell.ahead[score][0] > 0;
  const named = (/** @type {(cell: Cell) => boolean} */ holds, joint = "and") =>
    listed(others.filter(holds).map((cell) => shortName(contest.plan, cell.candidate)), joint);
  const [up, down] = [named((cell) => !luck(cell) && better(cell)), named((cell) => !luck(cell) && !better(cell))];
  const { name, more } = SCORES[score];
  const on = score === "f1" ? "" : ` in ${name}${more < 0 ? ", where less is better," : ""}`;
  const sure = [up && `${up} beat${up.includes(" and ") ? "" : "s"} ${rival}${on} by more than luck.`,
    down && `${down} ${down.includes(" and ") ? "are" : "is"} behind ${rival}${on} by more than luck.`];
  const open = named(luck, "or");
  return [...sure, open && `The difference between ${rival} and ${open}${on} could be luck.`].filter(Boolean).join(" ");
}

/** How far it has come. @param {Contest} contest */
export function progressText({ phase, sentence, done, left, plan }) {
  if (!RUNNING.includes(phase)) return sentence;
  const time = (/** @type {number} */ s) => (s < 100 ? `${Math.ceil(s)} s` : `${Math.round(s / 60)} min`);
  const rest = left === null || left < 1 ? "" : `, about ${time(left)} left`;
  return phase === "stopping" ? "stopping…" : `${done} of ${plan.planned} runs${rest} · ${sentence}`;
}

/** Runs that failed, in words. @param {Contest} contest */
export function failuresText({ runs, plan }) {
  const failed = runs.filter((run) => run.failed);
  if (!failed.length) return "";
  const names = [...new Set(failed.map((run) => plan.candidates[run.candidate].label))];
  return `${failed.length} run${failed.length > 1 ? "s" : ""} failed (${listed(names)}): ${failed[0].failed}`;
}
