// The lab's settings.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clampSetting, positionOf, rateAt } from "../../headswap/lab/settings.js";

test("a setting is clamped to what the lab accepts", () => {
  assert.equal(clampSetting("epochs", "500"), 200);
  assert.equal(clampSetting("epochs", "0"), 1);
  assert.equal(clampSetting("epochs", "12.6"), 13);
  assert.equal(clampSetting("messages", 641), 640);
  assert.equal(clampSetting("messages", 3), 20);
  assert.equal(clampSetting("seed", -1), 0);
  assert.equal(clampSetting("max_len", 1e9), 256);
  assert.equal(clampSetting("learning_rate", 7), 1);
});

test("what is no number is no setting", () => {
  for (const bad of ["", " ", "ten", NaN, undefined]) assert.equal(clampSetting("epochs", bad), undefined);
});

test("the rate slider gives rates of two digits and finds its place again", () => {
  assert.equal(rateAt(-3), 0.001);
  assert.equal(rateAt(-2.5), 0.0032);
  assert.equal(positionOf(0.001), -3);
  assert.equal(positionOf(1e-9), -5);
  assert.equal(positionOf(5), 0);
});
