// Scales, ticks, ranges and paths.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apart, curvePath, linear, rangeOf, roundRange, ticks } from "../../headswap/web/scales.js";

test("a scale maps the ends of its domain to the ends of its range, also when the domain is empty", () => {
  const y = linear([0, 2], [100, 0]);
  assert.deepEqual([y(0), y(1), y(2)], [100, 50, 0]);
  assert.equal(linear([3, 3], [0, 10])(3), 0);
});

test("ticks are round, inside, and whole where asked", () => {
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(0, 30, 6, true), [0, 5, 10, 15, 20, 25, 30]);
  assert.deepEqual(ticks(0, 1, 10, true), [0, 1]);
  assert.deepEqual(ticks(2, 2), [2]);
  for (const high of [0.003, 0.7, 1, 7, 13, 199, 200])
    for (const tick of ticks(0, high, 6)) assert.ok(tick >= 0 && tick <= high * (1 + 1e-9));
});

test("a curve has a gap where a loss is missing, and a dot where it stands alone", () => {
  const same = (v) => v;
  assert.equal(curvePath([[1, 1], [2, 2]], same, same), "M1.0 1.0L2.0 2.0");
  assert.equal(curvePath([[1, 1], [2, null], [3, 3]], same, same), "M1.0 1.0h0M3.0 3.0h0");
  assert.equal(curvePath([[1, Infinity], [2, NaN]], same, same), "");
});

test("a range holds every finite value and is never empty", () => {
  assert.deepEqual(rangeOf([3, null, -1, NaN, 2]), [-1, 3]);
  assert.deepEqual(rangeOf([2, 2]), [1.5, 2.5]);
  assert.deepEqual(rangeOf([null]), [0, 1]);
});

test("a round range ends on ticks, holds the values, and takes 0 in where it is near", () => {
  assert.deepEqual(roundRange([0.2, 1.13]), [0, 1.5]);
  assert.deepEqual(roundRange([-2, 3]), [-2, 4]);
  assert.deepEqual(roundRange([0, 1]), [0, 1]);
  for (const [low, high] of [[0.9, 0.95], [-7, -3], [1e-4, 3e-4], [12, 900], [99.5, 100.5]]) {
    const [a, b] = roundRange([low, high]);
    assert.ok(a <= low && b >= high && b - a < 4 * (high - Math.min(low, a)), `${low} ${high}: ${a} ${b}`);
  }
});

test("names at the ends of lines keep their order and stand apart", () => {
  assert.deepEqual(apart([10, 50], 13, 0, 100), [10, 50]);
  assert.deepEqual(apart([50, 48, 49], 13, 0, 100), [74, 48, 61]);
  assert.deepEqual(apart([98, 99], 13, 0, 100), [87, 100]);
  assert.deepEqual(apart([], 13, 0, 100), []);
});
