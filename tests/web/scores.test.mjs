// Counts, scores and intervals.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { confusionAt, intervals, messagesOf, scoresOf } from "../../headswap/lab/scores.js";

const MESSAGES = [["a", 0], ["b", 0], ["c", 1], ["d", 1], ["e", 1]];
const P = [100, 700, 900, 400, 499];

test("the confusion matrix follows the threshold, which belongs to spam", () => {
  assert.deepEqual(confusionAt(MESSAGES, P, 0.5), { tn: 1, fp: 1, fn: 2, tp: 1 });
  assert.deepEqual(confusionAt(MESSAGES, P, 0.4), { tn: 1, fp: 1, fn: 0, tp: 3 });
  assert.deepEqual(confusionAt(MESSAGES, P, 0), { tn: 0, fp: 2, fn: 0, tp: 3 });
  assert.deepEqual(confusionAt(MESSAGES, [70], 0.07), { tn: 0, fp: 1, fn: 0, tp: 0 });
  assert.deepEqual(confusionAt([], [], 0.5), { tn: 0, fp: 0, fn: 0, tp: 0 });
});

test("a score with an empty denominator is 0", () => {
  assert.deepEqual(scoresOf({ tn: 5, fp: 0, fn: 0, tp: 0 }), { precision: 0, recall: 0, f1: 0, accuracy: 1 });
  assert.deepEqual(scoresOf({ tn: 0, fp: 0, fn: 0, tp: 0 }), { precision: 0, recall: 0, f1: 0, accuracy: 0 });
  const scores = scoresOf({ tn: 50, fp: 10, fn: 20, tp: 80 });
  assert.deepEqual([scores.recall, scores.accuracy], [0.8, 130 / 160]);
  assert.ok(Math.abs(scores.f1 - 160 / 190) < 1e-12);
});

test("an interval is the one that Python computes, and a perfect score is not certain", () => {
  // tests/metrics/test_intervals.py holds the same numbers against Metrics.intervals.
  const known = JSON.parse(readFileSync(new URL("../metrics/intervals.json", import.meta.url), "utf-8"));
  for (const { cells, intervals: ends } of known) {
    const found = intervals(cells);
    for (const [name, limits] of Object.entries(ends))
      limits.forEach((end, i) => assert.ok(Math.abs(found[name][i] - end) < 1e-9, `${name} of ${JSON.stringify(cells)}`));
  }
  assert.ok(intervals({ tn: 80, fp: 0, fn: 0, tp: 80 }).f1[0] < 0.98);
});

test("messages come nearest to the threshold first; without a cell, all that are wrong", () => {
  assert.deepEqual(messagesOf(MESSAGES, P, 0.5, null).map((m) => m.text), ["e", "d", "b"]);
  assert.deepEqual(messagesOf(MESSAGES, P, 0.5, "fn").map((m) => m.text), ["e", "d"]);
  assert.deepEqual(messagesOf([["x", 0], ["y", 0]], [400, 400], 0.5, "tn").map((m) => m.text), ["x", "y"]);
});
