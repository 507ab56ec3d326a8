// What a run's epochs say together.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bestEpoch, lossTop, nearestEpoch } from "../../headswap/lab/epochs.js";
import { epoch } from "./runs.mjs";

test("the loss axis holds every curve, and cuts one that diverges", () => {
  assert.equal(lossTop([0.7, 0.4, null], 0.7), 0.8);
  assert.ok(lossTop([0.7, 1e6], 0.7) <= 3);
  assert.equal(lossTop([null], null), 1);
  assert.equal(lossTop([0, 0], 0), 1);
});

test("the best epoch has the lowest finite validation loss, the first of equals", () => {
  assert.equal(bestEpoch([epoch(1, 0.5), epoch(2, 0.3), epoch(3, 0.3), epoch(4, null)]), 2);
  assert.equal(bestEpoch([epoch(1, null)]), null);
  assert.equal(bestEpoch([]), null);
});

test("the crosshair takes the nearest epoch there is", () => {
  const epochs = [epoch(1, 0), epoch(2, 0), epoch(3, 0)];
  assert.equal(nearestEpoch(epochs, 2.4).epoch, 2);
  assert.equal(nearestEpoch(epochs, 99).epoch, 3);
  assert.equal(nearestEpoch([], 1), null);
});
