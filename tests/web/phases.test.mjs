// What may be pressed in which phase.
import assert from "node:assert/strict";
import { test } from "node:test";
import { buttonsAt, phaseShown } from "../../headswap/lab/phases.js";

test("Train is impossible while running or unanswered, Stop while idle", () => {
  const works = (phase, answered = true) => Object.entries(buttonsAt(phase, answered)).filter(([, on]) => on).map(([name]) => name);
  assert.deepEqual(works("idle"), ["train", "step", "reset", "pin"]);
  assert.deepEqual(works("idle", false), ["reset", "pin"]);
  assert.deepEqual(works("preparing"), ["stop", "reset", "pin"]);
  assert.deepEqual(works("training"), ["stop", "reset", "pin"]);
  assert.deepEqual(works("stopping"), ["reset", "pin"]);
  assert.deepEqual(works("paused"), ["train", "step", "stop", "reset", "pin"]);
  assert.deepEqual(works("failed"), ["train", "step", "reset", "pin"]);
});

test("stopping is shown from the click until Python has left the phase", () => {
  assert.equal(phaseShown("training", null), "training");
  assert.equal(phaseShown("training", "preparing"), "stopping");
  assert.equal(phaseShown("idle", "training"), "idle");
  assert.equal(phaseShown("paused", "training"), "paused");
  assert.equal(phaseShown("paused", "paused"), "stopping");
  assert.equal(phaseShown("idle", "paused"), "idle");
});
