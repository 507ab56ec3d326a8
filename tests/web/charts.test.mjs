// The charts' pure functions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { barText } from "../../headswap/web/charts/bars.js";
import { heatLayout } from "../../headswap/web/charts/heat.js";
import { isNumber } from "../../headswap/web/charts/table.js";
import { countKinds } from "../../headswap/web/charts/tape.js";

test("a number that came as text is a number all the same", () => {
  for (const yes of [3, 0.5, null, "0.512", "12 %", "−0.1", "1,000", "–", ""]) assert.ok(isNumber(yes), String(yes));
  for (const no of ["F1", "spam", "3 pads", "64 by 64", "-"]) assert.ok(!isNumber(no), no);
});

test("a bar says of how much only where that says more", () => {
  assert.equal(barText(["head", 130, 118914], "weights"), "130 of 118,914 weights (0.11 %)");
  assert.equal(barText(["head", 130, 130], "weights"), "130 weights");
  assert.equal(barText(["a", 0.84, 1], ""), "0.840");
  assert.equal(barText(["a", 23, 100], "%"), "23.0 %");
  assert.equal(barText(["a", 3, null], ""), "3");
  assert.equal(barText(["spam", 39.6, 218.1], "messages"), "40 of 218 messages (18 %)");
  assert.equal(barText(["spam", 83.25, 90], "messages"), "83 of 90 messages (93 %)");
  assert.equal(barText(["a", 2, 0], "bytes"), "2 of 0 bytes (0 %)");
});

test("kinds are counted in the order in which they occur", () => {
  const cells = ["special", "byte", "byte", "pad"].map((kind) => ({ kind }));
  assert.deepEqual(countKinds(cells), [["special", 1], ["byte", 2], ["pad", 1]]);
  assert.deepEqual(countKinds([]), []);
});

test("a heat map fits its width, and its labels do not overlap", () => {
  const names = (many, text) => Array.from({ length: many }, () => text);
  for (const width of [280, 368, 460, 900])
    for (const many of [1, 3, 12, 32, 64, 160])
      for (const text of ["a", "pad", "a longer name"]) {
        const at = heatLayout(width, names(many, text), names(many, text));
        assert.ok(at.left + at.cell * many <= width);
        assert.ok(at.skipRows * at.tall >= 13);
        assert.ok(at.skipColumns * at.cell >= (at.upright ? 13 : 6.6 * text.length));
      }
});
