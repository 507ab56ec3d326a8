// Numbers and signs as text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { countText, cut, lossText, numberText, percentText, secondsText, stepText, visible } from "../../headswap/web/text.js";

test("numbers read like numbers", () => {
  assert.equal(lossText(null), "none");
  assert.equal(lossText(0.12345), "0.123");
  assert.equal(lossText(123456), "1.23e+5");
  assert.equal(secondsText(0.0123), "12 ms");
  assert.equal(secondsText(1.5), "1.50 s");
  assert.equal(countText(118914), "118,914");
  assert.equal(percentText(130 / 118914), "0.11 %");
  assert.equal(percentText(0), "0 %");
});

test("a number has about three digits, a whole one all of them, and none is a dash", () => {
  assert.equal(numberText(118914), "118,914");
  assert.equal(numberText(0.84), "0.840");
  assert.equal(numberText(12.34), "12.3");
  assert.equal(numberText(12345.67), "12,345.7");
  assert.equal(numberText(0.000123), "0.00012");
  assert.equal(numberText(-1.5), "-1.50");
  for (const none of [null, undefined, NaN, Infinity]) assert.equal(numberText(none), "–");
});

test("a slider's number has as many digits as its step", () => {
  assert.equal(stepText(32, 1), "32");
  assert.equal(stepText(2560, 20), "2,560");
  assert.equal(stepText(0.5, 0.01), "0.50");
  assert.equal(stepText(1, 0.25), "1.00");
  assert.equal(stepText(0.00003, 1e-5), "0.00003");
});

test("a blank becomes a sign that can be seen", () => {
  assert.deepEqual([" ", "\n", "\t", "", "a", "é"].map(visible), ["␣", "⏎", "⇥", "∅", "a", "é"]);
});

test("a label is cut to its room, and never to nothing", () => {
  assert.equal(cut("short", 100), "short");
  assert.equal(cut("a rather long label", 50), "a rath…");
  assert.equal(cut("👍👍👍👍", 20), "👍👍…");
  assert.equal(cut("label", 1), "…");
});
