/**
 * Numbers as places: scales, round numbers, ranges, and paths through points.
 *
 * @typedef {(value: number) => number} Scale
 * @typedef {[number, number]} Range from low to high
 * @typedef {[number, number|null]} Point null where there is nothing to draw
 */

/** @param {Range} domain @param {Range} range @returns {Scale} */
export function linear([d0, d1], [r0, r1]) {
  const span = d1 - d0 || 1;
  return (value) => r0 + ((value - d0) / span) * (r1 - r0);
}

/** As `linear`, but equal steps are equal factors; what is not above 0 lies at the low end.
 * @param {Range} domain @param {Range} range @returns {Scale} */
export function logarithmic([d0, d1], range) {
  const on = linear([Math.log(d0), Math.log(d1)], range);
  return (value) => on(Math.log(Math.max(value, d0 * 1e-3)));
}

/** Round numbers of a logarithmic axis: 1, 2 and 5 of each power of ten, or the powers alone where those are many.
 * @param {number} low @param {number} high @param {number} [most] */
export function logTicks(low, high, most = 8) {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const powers = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  const inside = (/** @type {number[]} */ values) => values.map((value) => Number(value.toPrecision(3)))
    .filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  const all = [[1, 2, 5], [1, 3], [1]].map((steps) => inside(powers.flatMap((power) => steps.map((n) => n * power))));
  return all.find((found) => found.length <= most) ?? all[2];
}

/** The range of what is above 0, opened to 1, 2 or 5 of a power of ten at both ends.
 * @param {(number|null|undefined)[]} values @returns {Range} */
export function logRange(values) {
  const there = values.filter((value) => Number.isFinite(value) && Number(value) > 0).map(Number);
  if (!there.length) return [0.1, 1];
  /** @param {number} value @param {(steps: number[], part: number) => number|undefined} pick */
  const round = (value, pick) => {
    const power = 10 ** Math.floor(Math.log10(value));
    return Number(((pick([1, 2, 5, 10], value / power) ?? 1) * power).toPrecision(3));
  };
  const low = round(Math.min(...there), (steps, part) => steps.filter((step) => step <= part * (1 + 1e-9)).at(-1));
  const high = round(Math.max(...there), (steps, part) => steps.find((step) => step >= part * (1 - 1e-9)));
  return low < high ? [low, high] : [low / 2, high * 2];
}

/** Round numbers from low to high, about `count` of them.
 * @param {number} low @param {number} high @param {boolean} [whole] */
export function ticks(low, high, count = 5, whole = false) {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10);
  if (whole) step = Math.max(1, Math.round(step));
  const first = Math.ceil(low / step - 1e-9);
  const many = Math.floor(high / step + 1e-9) - first;
  return Array.from({ length: many + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** From the least finite value to the greatest; some room where they are one.
 * @param {(number|null)[]} values @returns {Range} */
export function rangeOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values)
    if (value !== null && Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low > high) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** The range opened to round numbers, and to 0 where that is near. @param {Range} range @returns {Range} */
export function roundRange([low, high]) {
  const from = low > 0 && low < 0.6 * high ? 0 : low;
  const [a, b] = ticks(from, high, 4);
  const step = b - a || high - from;
  return [Number((Math.floor(from / step + 1e-9) * step).toPrecision(12)),
    Number((Math.ceil(high / step - 1e-9) * step).toPrecision(12))];
}

/** Places in their old order, at least `gap` apart, inside from `low` to `high` where they fit.
 * @param {number[]} places @param {number} gap @param {number} low @param {number} high */
export function apart(places, gap, low, high) {
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  const at = order.map((i) => places[i]);
  at.forEach((_, i) => { at[i] = Math.max(at[i], i ? at[i - 1] + gap : low); });
  for (let i = at.length - 1; i >= 0; i--) at[i] = Math.min(at[i], i === at.length - 1 ? high : at[i + 1] - gap);
  const result = places.map(() => 0);
  order.forEach((i, rank) => { result[i] = at[rank]; });
  return result;
}

/** An SVG path through the finite values; a null breaks the line, a lone value stays visible as a dot.
 * @param {Point[]} points @param {Scale} x @param {Scale} y */
export function curvePath(points, x, y) {
  const parts = [];
  let pen = 0;
  for (const [at, value] of points) {
    if (value === null || !Number.isFinite(value)) {
      if (pen === 1) parts.push("h0");
      pen = 0;
      continue;
    }
    parts.push(`${pen ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
    pen += 1;
  }
  if (pen === 1) parts.push("h0");
  return parts.join("");
}

/** @param {number} x @param {number} y */
export const circle = (x, y, r = 3) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;

/** @param {number} x @param {number} y */
export const triangle = (x, y, r = 3.8) => `M${x} ${y - r}l${r} ${1.75 * r}h${-2 * r}Z`;

/** @param {number} x @param {number} y */
export const diamond = (x, y) => `M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z`;
