/**
 * Counts, scores and intervals of any number of classes; of two the second is the positive one.
 *
 * @typedef {number[][]} Counts C×C, rows the truth
 * @typedef {{precision: number, recall: number, f1: number, accuracy: number}} Scores
 * @typedef {{[K in keyof Scores]: [number, number]}} Spreads
 * @typedef {{names: string[], truths: number[], guesses: number[], shares: number[], counts: Counts}} Judged
 *   what was said of each message, and the share of the class that is looked for (of all: of the class that was said)
 *
 * @import {Epoch, Run} from "./store.js"
 */

const Z = 1.95996398454;
const HALF = 0.5;
const NAMES = /** @type {const} */ (["precision", "recall", "f1", "accuracy"]);

/** @param {number} p thousandths @param {number} threshold */
const isPositive = (p, threshold) => p >= Math.round(threshold * 1000);

/** What an epoch says of the messages: of two classes at the threshold; of more the likeliest, or one `against` the
 * rest. @param {Run} run @param {Epoch|null} epoch @param {number} threshold @param {number|null} against
 * @returns {Judged} */
export function judge(run, epoch, threshold, against = null) {
  const [labels, p] = [run.label_names, epoch?.p ?? []];
  const many = labels.length;
  const truths = [...run.truths].map(Number).slice(0, many > 2 ? p.length / many : p.length);
  if (many > 2 && against === null) {
    const guesses = [...(epoch?.said ?? "")].map(Number);
    return judged(labels, truths, guesses, guesses.map((guess, i) => p[i * many + guess] / 1000));
  }
  const sought = many > 2 ? Number(against) : 1;
  const names = many > 2 ? [`not ${labels[sought]}`, labels[sought]] : labels;
  const shares = truths.map((_, i) => (many > 2 ? p[i * many + sought] : p[i]));
  const guesses = shares.map((share) => Number(isPositive(share, threshold)));
  const real = truths.map((truth) => Number(truth === sought));
  return judged(names, real, guesses, shares.map((share) => share / 1000));
}

/** @param {string[]} names @param {number[]} truths @param {number[]} guesses @param {number[]} shares
 * @returns {Judged} */
function judged(names, truths, guesses, shares) {
  const counts = names.map(() => names.map(() => 0));
  truths.forEach((truth, i) => { counts[truth][guesses[i]] += 1; });
  return { names, truths, guesses, shares, counts };
}

/** @param {number[]} values */
const sum = (values) => values.reduce((all, one) => all + one, 0);
/** @param {number} part @param {number} whole */
const share = (part, whole) => (whole ? part / whole : 0);

/** What is counted of each class. @param {Counts} counts */
const tallies = (counts) => counts.map((row, i) =>
  ({ hit: row[i], real: sum(row), taken: sum(counts.map((other) => other[i])), weight: weightOf(counts.length, i) }));

/** The positive class alone counts of two, every class the same of more. @param {number} classes @param {number} i */
const weightOf = (classes, i) => (classes > 2 ? 1 / classes : i);

/** A share of nothing is 0. @param {Counts} counts @returns {Scores} */
export function scoresOf(counts) {
  const classes = tallies(counts);
  const mean = (/** @type {(one: typeof classes[number]) => number} */ of) =>
    sum(classes.map((one) => one.weight * of(one)));
  return { precision: mean(({ hit, taken }) => share(hit, taken)), recall: mean(({ hit, real }) => share(hit, real)),
    f1: mean(({ hit, taken, real }) => share(2 * hit, taken + real)),
    accuracy: share(sum(classes.map(({ hit }) => hit)), sum(classes.map(({ real }) => real))) };
}

/** By how much one more message in a cell moves a score, as `metrics/counts.py` has it.
 * @param {Counts} counts @param {keyof Scores} name @returns {Counts} */
function gradient(counts, name) {
  const [classes, total] = [tallies(counts), sum(counts.map(sum))];
  const [byTaken, byReal] = [Number(name !== "recall"), Number(name !== "precision")];
  const parts = classes.map(({ hit, real, taken, weight }) => {
    const bottom = byTaken * taken + byReal * real;
    const factor = weight * (byTaken + byReal);
    return { rise: factor / bottom, fall: (factor * hit) / bottom ** 2 };
  });
  const moves = counts.map((row, i) => row.map((_, j) => (name === "accuracy" ? Number(i === j) / total
    : (i === j ? parts[i].rise : 0) - byTaken * parts[j].fall - byReal * parts[i].fall)));
  const middle = sum(moves.map((row, i) => sum(row.map((move, j) => move * counts[i][j])))) / total;
  return moves.map((row) => row.map((move) => move - middle));
}

/** @param {number} value @param {number} width @param {number} inside @returns {[number, number]} */
function onLogits(value, width, inside) {
  const middle = Math.log(value / (1 - value));
  const half = width / (value * (1 - value));
  const [low, high] = [-half, half].map((side) => 1 / (1 + Math.exp(-middle - side)));
  return [Math.min(low, inside), Math.max(high, inside)];
}

/** 95 % interval of each score: how far the luck of the messages reaches. On the logit scale, half a message added to
 * each cell, as `metrics/intervals.py` has it, so none leaves 0 to 1 and no perfect score is certain.
 * @param {Counts} counts @returns {Spreads} */
export function intervals(counts) {
  const spare = HALF / (counts.length - 1);
  const smooth = counts.map((row, i) => row.map((count, j) => count + (i === j ? HALF : spare)));
  const [found, plain] = [scoresOf(smooth), scoresOf(counts)];
  const of = (/** @type {keyof Scores} */ name) => {
    const moves = gradient(smooth, name);
    const variance = sum(moves.map((row, i) => sum(row.map((move, j) => smooth[i][j] * move ** 2))));
    return onLogits(found[name], Z * Math.sqrt(variance), plain[name]);
  };
  return /** @type {Spreads} */ (Object.fromEntries(NAMES.map((name) => [name, of(name)])));
}

/** The messages of one cell (null: all that are wrong), the least decided first.
 * @param {Judged} judged @param {number} threshold @param {[number, number]|null} cell */
export function messagesOf({ names, truths, guesses, shares }, threshold, cell) {
  const middle = names.length === 2 ? threshold : 0;
  return truths.map((truth, index) => ({ index, truth, guess: guesses[index], p: shares[index] }))
    .filter(({ truth, guess }) => (cell ? truth === cell[0] && guess === cell[1] : truth !== guess))
    .sort((a, b) => Math.abs(a.p - middle) - Math.abs(b.p - middle) || a.index - b.index);
}
