/**
 * Is a model as often right as it says? Bins, calibration error, its floor, NLL, Brier and temperature, from plain
 * probabilities. It is the arithmetic of headswap/calibration in the browser, so that a slider answers at once.
 *
 *   statedOf(rows, labels)           → {chance, right}: the likeliest class's probability, and whether it was right
 *   binsOf(stated, bins = 15)        → Bin[]: bins of equal width, the last one closed
 *   eceOf(bins)                      → 0 to 1
 *   floorOf(chance, bins = 15, {draws, seed}) → {mean, low, high}: the error of a perfect model with these claims
 *   nllOf(rows, labels), brierOf(rows, labels) → means over the messages, in nats and from 0 to 2
 *   tempered(rows, temperature)      → rows of softmax(log p / temperature)
 *   fitTemperature(rows, labels)     → {best, why}: the temperature of the lowest NLL, or null, and why
 *   wilson(right, count)             → [low, high]: the 95 % interval of a share
 *
 * `rows` hold the probabilities of each message's classes, N×C; `labels` each message's class, from 0.
 *
 * @typedef {{low: number, high: number, count: number, claimed: number, came_true: number,
 *   interval: [number, number]}} Bin the claims between two edges: how many, their mean probability, the share that
 *   came true and its 95 % interval; an empty bin has 0 for both
 * @typedef {{chance: number[], right: boolean[]}} Stated
 * @typedef {{mean: number, low: number, high: number}} Floor its mean, and where 95 % of the draws lie
 * @typedef {{best: number|null, why: string}} Fit
 */

export const BINS = 15;
const Z = 1.959964;
const LEAST = 1e-12; // a probability of 0 has no logarithm
const [MOST_DRAWS, FEWEST_DRAWS, OUTCOMES] = [1000, 200, 400_000]; // outcomes drawn in all: a few milliseconds

/** @param {number[]} values */
const sum = (values) => values.reduce((all, one) => all + one, 0);

/** The place of the greatest, the first of equals. @param {number[]} row */
const placeOfMost = (row) => row.reduce((best, value, i) => (value > row[best] ? i : best), 0);

/** What the model claimed of each message, and whether it came true. @param {number[][]} rows
 * @param {number[]} labels @returns {Stated} */
export function statedOf(rows, labels) {
  const chosen = rows.map(placeOfMost);
  const chance = rows.map((row, i) => Math.min(1, row[chosen[i]]));
  return { chance, right: chosen.map((one, i) => one === labels[i]) };
}

/** The bin of a value: it holds its lower edge, and the last one its upper edge, too.
 * @param {number} value @param {number} bins */
function placeOf(value, bins) {
  const near = Math.min(bins - 1, Math.floor(value * bins));
  if (near + 1 < bins && value >= (near + 1) / bins) return near + 1; // value * bins was rounded down
  return near > 0 && value < near / bins ? near - 1 : near;
}

/** The claims in bins of equal width. @param {Stated} stated @returns {Bin[]} */
export function binsOf({ chance, right }, bins = BINS) {
  const found = Array.from({ length: bins }, () => ({ count: 0, claimed: 0, came: 0 }));
  chance.forEach((value, i) => {
    const bin = found[placeOf(value, bins)];
    bin.count += 1;
    bin.claimed += value;
    bin.came += Number(right[i]);
  });
  return found.map(({ count, claimed, came }, k) => ({ low: k / bins, high: (k + 1) / bins, count,
    claimed: claimed / Math.max(1, count), came_true: came / Math.max(1, count), interval: wilson(came, count) }));
}

/** How far the claims of a bin are off, in the mean over all messages. @param {Bin[]} bins */
export function eceOf(bins) {
  const many = sum(bins.map(({ count }) => count));
  return sum(bins.map(({ count, claimed, came_true }) => count * Math.abs(claimed - came_true))) / Math.max(1, many);
}

/** Wilson's 95 % interval of a share; from 0 to 1 where nothing was counted. @param {number} right
 * @param {number} count @returns {[number, number]} */
export function wilson(right, count) {
  if (!count) return [0, 1];
  const [share, spread] = [right / count, Z ** 2 / count];
  const middle = (share + spread / 2) / (1 + spread);
  const half = Math.sqrt(share * (1 - share) * spread + spread ** 2 / 4) / (1 + spread);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). @param {number} seed */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What luck alone makes of the error: each claim comes true as often as it says, again and again. The same seed draws
 * the same luck for every temperature, so the floor moves smoothly under a slider.
 * @param {number[]} chance @param {{draws?: number, seed?: number}} [drawing] @returns {Floor} */
export function floorOf(chance, bins = BINS, drawing = {}) {
  const { draws, seed = 0 } = drawing;
  if (!chance.length) return { mean: 0, low: 0, high: 0 };
  const many = draws ?? Math.max(FEWEST_DRAWS, Math.min(MOST_DRAWS, Math.floor(OUTCOMES / chance.length)));
  const [random, place] = [randomFrom(seed), chance.map((value) => placeOf(value, bins))];
  const errors = new Float64Array(many);
  const gaps = new Float64Array(bins);
  for (let draw = 0; draw < many; draw += 1) {
    gaps.fill(0);
    for (let i = 0; i < chance.length; i += 1) gaps[place[i]] += chance[i] - Number(random() < chance[i]);
    errors[draw] = gaps.reduce((all, gap) => all + Math.abs(gap), 0) / chance.length;
  }
  errors.sort();
  return { mean: sum([...errors]) / many, low: quantile(errors, 0.025), high: quantile(errors, 0.975) };
}

/** Between the two nearest, as NumPy has it. @param {Float64Array} sorted @param {number} share */
function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}

/** @param {number[][]} rows @param {number[]} labels */
export const nllOf = (rows, labels) =>
  -sum(rows.map((row, i) => Math.log(Math.max(LEAST, row[labels[i]])))) / Math.max(1, rows.length);

/** @param {number[][]} rows @param {number[]} labels */
export const brierOf = (rows, labels) =>
  sum(rows.map((row, i) => sum(row.map((p, c) => (p - Number(c === labels[i])) ** 2)))) / Math.max(1, rows.length);

/** @param {number[][]} rows */
const logsOf = (rows) => rows.map((row) => row.map((p) => Math.log(Math.max(LEAST, p))));

/** @param {number[]} logits */
function softmax(logits) {
  const most = Math.max(...logits);
  const raised = logits.map((value) => Math.exp(value - most));
  const whole = sum(raised);
  return raised.map((value) => value / whole);
}

/** The probabilities at a temperature: above 1 less sure, below 1 surer. @param {number[][]} rows
 * @param {number} temperature */
export const tempered = (rows, temperature) =>
  (temperature === 1 ? rows : logsOf(rows).map((logs) => softmax(logs.map((value) => value / temperature))));

/** By how much the sum of the NLL rises with 1 / T; it is asked often, so it makes no arrays.
 * @param {number[][]} logs @param {number[]} labels @param {number} cold 1 / T */
function slopeAt(logs, labels, cold) {
  let slope = 0;
  for (let i = 0; i < logs.length; i += 1) {
    const row = logs[i];
    const most = Math.max(...row);
    let [whole, mean] = [0, 0];
    for (const value of row) {
      const raised = Math.exp(cold * (value - most));
      whole += raised;
      mean += raised * value;
    }
    slope += mean / whole - row[labels[i]];
  }
  return slope;
}

/** The temperature of the lowest NLL on these messages. The NLL is convex in 1 / T, so halving an interval finds it.
 * @param {number[][]} rows @param {number[]} labels @returns {Fit} */
export function fitTemperature(rows, labels) {
  if (new Set(labels).size < 2) return { best: null, why: "all of these are of one class" };
  if (rows.every((row, i) => row[labels[i]] === Math.max(...row)))
    return { best: null, why: "all of them are right, so surer is always better here" };
  const logs = logsOf(rows);
  if (slopeAt(logs, labels, 0) >= 0)
    return { best: null, why: "the model does no better than guessing, so the less sure it sounds, the better" };
  let [low, high] = [0, 1];
  while (slopeAt(logs, labels, high) < 0) high *= 2;
  while (high - low > 1e-10 * high) {
    const middle = (low + high) / 2;
    if (slopeAt(logs, labels, middle) > 0) high = middle;
    else low = middle;
  }
  return { best: 2 / (low + high), why: "" };
}
