// The charts' pure functions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { barText } from "../../headswap/web/charts/bars.js";
import { messageWords, signsOf } from "../../headswap/web/charts/batch.js";
import { guessWords, heightOf } from "../../headswap/web/charts/guesses.js";
import { endsOf, heatLayout, unitText } from "../../headswap/web/charts/heat.js";
import { lookingWords } from "../../headswap/web/charts/looking.js";
import { isNumber } from "../../headswap/web/charts/table.js";
import { countKinds } from "../../headswap/web/charts/tape.js";
import { short, sumWords } from "../../headswap/web/charts/worked.js";

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

test("a heat map of numbers says them short, with their unit, and names the ends of its shades", () => {
  const said = [0, 0.04, 0.05, 3.62, 9.96, 19, 165.2, 5440].map(unitText);
  assert.deepEqual(said, ["0", "<0.1", "0.1", "3.6", "10", "19", "165", "5,440"]);
  assert.deepEqual(endsOf({ most: 100, unit: "%" }), ["0 %", "100 % or more"]);
  assert.deepEqual(endsOf({ most: 100, unit: "%", whole: true }), ["0 %", "100 %"]);
  assert.deepEqual(endsOf({}), ["0", "1"], "shares are as they were");
});

test("the bytes of one character share one sign, as far as the cut", () => {
  const byte = (sign, part, of, kind = "byte") => ({ sign, part, of, id: 0, kind });
  const emoji = [1, 2, 3, 4].map((part) => byte("👍", part, 4, part < 3 ? "byte" : "cut"));
  const signs = signsOf([byte("a", 1, 1), byte("a", 1, 1), ...emoji]);
  assert.deepEqual(signs.map(({ sign, many }) => [sign, many]), [["a", 1], ["a", 1], ["👍", 2], ["👍", 2]]);
  const whole = [1, 2].map((part) => byte("é", part, 2));
  assert.deepEqual(signsOf([...whole, ...whole]).map(({ many }) => many), [2, 2], "é twice is two signs");
});

test("a message says how much of it is read, is pad, and is cut off", () => {
  const cells = [..."bbppc"].map((k) => ({ sign: "a", part: 1, of: 1, id: 0, kind: { b: "byte", p: "pad", c: "cut" }[k] }));
  assert.equal(messageWords({ name: "Yours", cells, more: 4 }), "Yours: 2 positions read, 2 pads, 5 cut off");
});

test("a surprise is as high as the loss, and never leaves the picture", () => {
  const highest = Math.log(260);
  assert.equal(heightOf(1, highest), 0);
  assert.ok(Math.abs(heightOf(1 / 260, highest) - 1) < 1e-9);
  assert.ok(Math.abs(heightOf(0.5, highest) - Math.log(2) / highest) < 1e-9);
  for (const chance of [0, 1e-30]) assert.equal(heightOf(chance, highest), 1);
});

test("a guess is told with what came, and a small chance is not told as none", () => {
  const spec = { labels: ["a", "b"], chances: [0.9, 0.0001], next: [[["a", 0.9]], [["c", 0.7]], [[" ", 0.5]]] };
  assert.equal(guessWords(spec, 0), "It expected a, and a came: it had given it 90.0 %.");
  assert.equal(guessWords(spec, 1), "It expected c, but b came: it had given that < 0.1 %.");
  assert.equal(guessWords(spec, 2), "Next it expects ␣: 50.0 %.");
});

test("a position says from where it takes most", () => {
  const spec = { rows: ["bos", "a", "b"], values: [[1, null, null], [0.8, 0.2, null], [0.1, 0.1, 0.8]] };
  assert.equal(lookingWords(spec, 1), "Position 2, a, takes most from bos, 1 back: 80 %.");
  assert.equal(lookingWords(spec, 2), "Position 3, b, takes most from itself: 80 %.");
});

test("a sum by hand leaves out what is hidden and writes its signs so that it can be typed in", () => {
  const spec = { shares: [0.25, 0.75, 0], values: [[0, 1], [0, -2], [0, 9]], mix: [0, -1.25], scores: [1, 2, null], number: 1 };
  assert.equal(sumWords(spec), "0.25 · 1.00 + 0.75 · (−2.00) = −1.25");
  assert.equal(short(-0.001), "0.00");
});
