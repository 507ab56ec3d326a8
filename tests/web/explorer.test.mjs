// The explorers' pure functions: `node --test tests/web/explorer.test.mjs`.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as explorer from "../../headswap/explorers/explorer.js";

test("importing the module touches no page and gives a render", () => {
  assert.equal(typeof explorer.default.render, "function");
});

test("a number has about three digits, a whole one all of them, and none is a dash", () => {
  assert.equal(explorer.numberText(118914), "118,914");
  assert.equal(explorer.numberText(0.84), "0.840");
  assert.equal(explorer.numberText(12.34), "12.3");
  assert.equal(explorer.numberText(12345.67), "12,345.7");
  assert.equal(explorer.numberText(0.000123), "0.00012");
  assert.equal(explorer.numberText(-1.5), "-1.50");
  for (const none of [null, undefined, NaN, Infinity]) assert.equal(explorer.numberText(none), "–");
});

test("a slider's number has as many digits as its step", () => {
  assert.equal(explorer.stepText(32, 1), "32");
  assert.equal(explorer.stepText(2560, 20), "2,560");
  assert.equal(explorer.stepText(0.5, 0.01), "0.50");
  assert.equal(explorer.stepText(1, 0.25), "1.00");
  assert.equal(explorer.stepText(0.00003, 1e-5), "0.00003");
});

test("a blank becomes a sign that can be seen", () => {
  assert.deepEqual([" ", "\n", "\t", "", "a", "é"].map(explorer.visible), ["␣", "⏎", "⇥", "∅", "a", "é"]);
});

test("a number that came as text is a number all the same", () => {
  for (const yes of [3, 0.5, null, "0.512", "12 %", "−0.1", "1,000", "–", ""]) assert.ok(explorer.isNumber(yes), String(yes));
  for (const no of ["F1", "spam", "3 pads", "64 by 64", "-"]) assert.ok(!explorer.isNumber(no), no);
});

test("a bar says of how much only where that says more", () => {
  assert.equal(explorer.barText(["head", 130, 118914], "weights"), "130 of 118,914 weights (0.11 %)");
  assert.equal(explorer.barText(["head", 130, 130], "weights"), "130 weights");
  assert.equal(explorer.barText(["a", 0.84, 1], ""), "0.840");
  assert.equal(explorer.barText(["a", 23, 100], "%"), "23.0 %");
  assert.equal(explorer.barText(["a", 3, null], ""), "3");
  assert.equal(explorer.barText(["spam", 39.6, 218.1], "messages"), "40 of 218 messages (18 %)");
  assert.equal(explorer.barText(["spam", 83.25, 90], "messages"), "83 of 90 messages (93 %)");
  assert.equal(explorer.barText(["a", 2, 0], "bytes"), "2 of 0 bytes (0 %)");
});

test("kinds are counted in the order in which they occur", () => {
  const cells = ["special", "byte", "byte", "pad"].map((kind) => ({ kind }));
  assert.deepEqual(explorer.countKinds(cells), [["special", 1], ["byte", 2], ["pad", 1]]);
  assert.deepEqual(explorer.countKinds([]), []);
});

test("a range holds every finite value and is never empty", () => {
  assert.deepEqual(explorer.rangeOf([3, null, -1, NaN, 2]), [-1, 3]);
  assert.deepEqual(explorer.rangeOf([2, 2]), [1.5, 2.5]);
  assert.deepEqual(explorer.rangeOf([null]), [0, 1]);
});

test("a round range ends on ticks, holds the values, and takes 0 in where it is near", () => {
  assert.deepEqual(explorer.roundRange([0.2, 1.13]), [0, 1.5]);
  assert.deepEqual(explorer.roundRange([-2, 3]), [-2, 4]);
  assert.deepEqual(explorer.roundRange([0, 1]), [0, 1]);
  for (const [low, high] of [[0.9, 0.95], [-7, -3], [1e-4, 3e-4], [12, 900], [99.5, 100.5]]) {
    const [a, b] = explorer.roundRange([low, high]);
    assert.ok(a <= low && b >= high && b - a < 4 * (high - Math.min(low, a)), `${low} ${high}: ${a} ${b}`);
  }
});

test("names at the ends of lines keep their order and stand apart", () => {
  assert.deepEqual(explorer.apart([10, 50], 13, 0, 100), [10, 50]);
  assert.deepEqual(explorer.apart([50, 48, 49], 13, 0, 100), [74, 48, 61]);
  assert.deepEqual(explorer.apart([98, 99], 13, 0, 100), [87, 100]);
  assert.deepEqual(explorer.apart([], 13, 0, 100), []);
});

test("a heat map fits its width, and its labels do not overlap", () => {
  const names = (many, text) => Array.from({ length: many }, () => text);
  for (const width of [280, 368, 460, 900])
    for (const many of [1, 3, 12, 32, 64, 160])
      for (const text of ["a", "pad", "a longer name"]) {
        const at = explorer.heatLayout(width, names(many, text), names(many, text));
        assert.ok(at.left + at.cell * many <= width);
        assert.ok(at.skipRows * at.tall >= 13);
        assert.ok(at.skipColumns * at.cell >= (at.upright ? 13 : 6.6 * text.length));
      }
});

test("a label is cut to its room, and never to nothing", () => {
  assert.equal(explorer.cut("short", 100), "short");
  assert.equal(explorer.cut("a rather long label", 50), "a rath…");
  assert.equal(explorer.cut("👍👍👍👍", 20), "👍👍…");
  assert.equal(explorer.cut("label", 1), "…");
});

test("counts come by their names", () => {
  assert.deepEqual(explorer.cellsOf([[1, 2], [3, 4]]), { tn: 1, fp: 2, fn: 3, tp: 4 });
});
