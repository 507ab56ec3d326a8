// Counts, scores and intervals.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { intervals, judge, messagesOf, scoresOf } from "../../headswap/lab/scores.js";
import { epoch, run } from "./runs.mjs";

const P = [100, 700, 900, 400, 499];
const judgedAt = (p, threshold, truths = "00111") => judge(run(1, { truths }), epoch(1, 0.5, { p }), threshold);
const countsAt = (p, threshold, truths) => judgedAt(p, threshold, truths).counts;

test("the confusion matrix follows the threshold, which belongs to the positive class", () => {
  assert.deepEqual(countsAt(P, 0.5), [[1, 1], [2, 1]]);
  assert.deepEqual(countsAt(P, 0.4), [[1, 1], [0, 3]]);
  assert.deepEqual(countsAt(P, 0), [[0, 2], [0, 3]]);
  assert.deepEqual(countsAt([70], 0.07), [[0, 1], [0, 0]]);
  assert.deepEqual(countsAt([], 0.5), [[0, 0], [0, 0]]);
});

test("a score with an empty denominator is 0", () => {
  assert.deepEqual(scoresOf([[5, 0], [0, 0]]), { precision: 0, recall: 0, f1: 0, accuracy: 1 });
  assert.deepEqual(scoresOf([[0, 0], [0, 0]]), { precision: 0, recall: 0, f1: 0, accuracy: 0 });
  const scores = scoresOf([[50, 10], [20, 80]]);
  assert.deepEqual([scores.recall, scores.accuracy], [0.8, 130 / 160]);
  assert.ok(Math.abs(scores.f1 - 160 / 190) < 1e-12);
});

test("an interval is the one that Python computes, of two classes and of more, and a perfect score is not certain", () => {
  // tests/metrics/test_intervals.py holds the same numbers against Metrics.intervals.
  const known = JSON.parse(readFileSync(new URL("../metrics/intervals.json", import.meta.url), "utf-8"));
  assert.ok(known.some(({ counts }) => counts.length === 3));
  for (const { counts, intervals: ends } of known) {
    const found = intervals(counts);
    for (const [name, limits] of Object.entries(ends))
      limits.forEach((end, i) => assert.ok(Math.abs(found[name][i] - end) < 1e-9, `${name} of ${JSON.stringify(counts)}`));
  }
  assert.ok(intervals([[80, 0], [0, 80]]).f1[0] < 0.98);
});

test("messages come nearest to the threshold first; without a cell, all that are wrong", () => {
  const rows = (p, truths, cell) => messagesOf(judgedAt(p, 0.5, truths), 0.5, cell).map(({ index }) => index);
  assert.deepEqual(rows(P, "00111", null), [4, 3, 1]);
  assert.deepEqual(rows(P, "00111", [1, 0]), [4, 3]);
  assert.deepEqual(rows([400, 400], "00", [0, 0]), [0, 1]);
});

test("of three classes the likeliest counts, or one against the rest at the threshold", () => {
  const three = run(1, { label_names: ["a", "b", "c"], truths: "012" });
  const last = epoch(1, 0.5, { said: "011", p: [800, 100, 100, 300, 600, 100, 100, 500, 400] });
  assert.deepEqual(judge(three, last, 0.5).counts, [[1, 0, 0], [0, 1, 0], [0, 1, 0]]);
  assert.deepEqual(judge(three, last, 0.4, 2).counts, [[2, 0], [0, 1]]);
  assert.deepEqual(judge(three, last, 0.5, 2).names, ["not c", "c"]);
  assert.ok(Math.abs(scoresOf(judge(three, last, 0.5).counts).recall - 2 / 3) < 1e-12);
});
