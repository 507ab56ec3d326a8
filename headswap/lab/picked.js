/**
 * Which messages are meant: those of a chosen cell, those that the run fixed or broke against its rival, or all wrong
 * ones.
 *
 * @typedef {{index: number, truth: number, guess: number, p: number, rival: {guess: number, p: number}|null}} Listed a
 *   message, what was said of it, and what the rival said where the two are compared
 *
 * @import {Judged} from "./scores.js"
 * @import {Run} from "./store.js"
 * @import {Shown} from "./look.js"
 */

import { cellAt, cellName } from "../web/charts/matrix.js";
import { messagesOf } from "./scores.js";

/** What a run did to a message that its rival had wrong, or right. */
export const AGAINST = /** @type {const} */ (["fixed", "broken"]);

/** Whether these messages are told by two runs. @param {string|null} chosen */
export const isAgainst = (chosen) => AGAINST.some((name) => name === chosen);

/** The cell of this name in a matrix of these classes. @param {string|null} chosen @param {string[]} names
 * @returns {[number, number]|null} */
export function cellIn(chosen, names) {
  const cell = chosen === null ? null : cellAt(chosen);
  const inside = cell?.every((place) => place < names.length);
  return cell && inside && cellName(...cell, names.length) === chosen ? cell : null;
}

/** What is chosen, as far as it can be: a cell of this matrix, or a comparison that has somebody to compare with.
 * @param {string|null} chosen @param {string[]} names @param {boolean} hasRival */
export const chosenIn = (chosen, names, hasRival) =>
  ((isAgainst(chosen) ? hasRival : cellIn(chosen, names)) ? chosen : null);

/** @param {Judged} judged @param {number} index */
const isRight = ({ truths, guesses }, index) => guesses[index] === truths[index];

/** Messages that one of two runs has right, those that moved furthest first where shares are of one class.
 * @param {Judged} judged @param {Judged} other @param {boolean} fixed whether the first one is right
 * @returns {Listed[]} */
function between(judged, other, fixed) {
  const two = judged.names.length === 2;
  const rows = judged.truths.map((truth, index) => ({ index, truth, guess: judged.guesses[index],
    p: judged.shares[index], rival: { guess: other.guesses[index], p: other.shares[index] } }));
  const moved = (/** @type {typeof rows[number]} */ row) => (two ? Math.abs(row.p - row.rival.p) : 0);
  return rows.filter(({ index }) => isRight(judged, index) === fixed && isRight(other, index) !== fixed)
    .sort((a, b) => moved(b) - moved(a) || a.index - b.index);
}

/** The messages that are listed. @param {Shown} shown @returns {Listed[]} */
export function listedOf({ epoch, chosen, judged, rival, threshold }) {
  if (!epoch) return [];
  if (rival && isAgainst(chosen)) return between(judged, rival.judged, chosen === "fixed");
  return messagesOf(judged, threshold, cellIn(chosen, judged.names)).map((row) => ({ ...row, rival: null }));
}

/** The marked message as a row, where the list does not hold it. @param {Shown} shown @param {Listed[]} listed
 * @returns {Listed[]} */
export function asideOf({ message, judged, epoch }, listed) {
  const there = epoch !== null && message !== null && message < judged.guesses.length;
  if (!there || listed.some(({ index }) => index === message)) return [];
  return [{ index: message, truth: judged.truths[message], guess: judged.guesses[message], p: judged.shares[message],
    rival: null }];
}

/** How many messages a run fixed and broke. @param {Shown} shown @returns {{fixed: number, broken: number}} */
export function againstCounts({ epoch, judged, rival }) {
  if (!epoch || !rival) return { fixed: 0, broken: 0 };
  return { fixed: between(judged, rival.judged, true).length, broken: between(judged, rival.judged, false).length };
}

/** What the listed messages are called. @param {Shown} shown */
export function listName({ chosen, judged: { names } }) {
  const cell = cellIn(chosen, names);
  if (cell && cell[0] === cell[1]) return `${names[cell[0]]} called ${names[cell[0]]}`;
  if (cell) return `${names[cell[0]]} taken for ${names[cell[1]]}`;
  return chosen ?? "wrong";
}

/** A run in few words. @param {Run} run */
export const shortName = (run) => (run.recorded ? run.regime : `run ${run.id}`);
