// A run painted at the eye's pace, panels behind a word, and keys of the lab as a whole.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { fakeModel, makeElement, motion, paintFrame, paintFrames } from "./dom.mjs";
import { epoch, run } from "./runs.mjs";
import { curvesSpec } from "../../headswap/lab/panels/curves.js";
import { cloudSpec } from "../../headswap/lab/panels/cloud.js";
import { freshLook, shownOf } from "../../headswap/lab/look.js";
import { pace } from "../../headswap/lab/replay.js";
import { headText } from "../../headswap/lab/rows.js";
import { intervals } from "../../headswap/lab/scores.js";
import { emptyStore, takeRun } from "../../headswap/lab/store.js";
import widget from "../../headswap/lab/view.js";
import { overNodes } from "../../headswap/web/charts/names.js";

const TRAITS = { regime: "head-only", pool: "mean", epochs: 4, learning_rate: null, messages: 640, max_len: 32, seed: 0,
  data: "fixture", head: "", batch_size: 32, schedule: "", causal: true, encoding: "", positive: "", threshold: 0.5,
  choices: { regimes: [{ name: "head-only", summary: "the head", rate: 0.01, schedule: "cosine" }], pools: [], heads: [], schedules: [] },
  controls: null, locked: [], question: "", answers: [], files: [], kept: {}, text_column: "", label_column: "", folds: [], present: false, rates: {}, machine: {} };
const EPOCHS = [1, 2, 3, 4].map((i) => epoch(i, 1 / i));
const TEXTS = { d: [["hi", 0], ["win", 1]] };

beforeEach(() => { motion.still = true; });

function opened(traits = {}) {
  const [model, el] = [fakeModel({ ...TRAITS, ...traits }), makeElement("div")];
  widget.render({ model, el });
  paintFrames();
  const tell = (...news) => { for (const one of news) model.tell("msg:custom", { n: ++told, ...one }); };
  let told = 0;
  return { model, el, tell, part: (name) => el.all().find((node) => node.attributes["data-hs"] === name),
    button: (text) => el.tagged("button").find((node) => node.textContent.includes(text)),
    fold: (name) => el.all().find((node) => node.attributes["data-fold"] === name) };
}

/** Frames until a time of the test's own, thirty a second. */
function playUntil(ms, from = performance.now()) {
  for (let at = from; at <= from + ms; at += 33) paintFrame(at);
  return from + ms;
}

const told = (id, more = {}) => ({ kind: "run", run: run(id, { planned: 4, epochs: EPOCHS, outcome: "done", ...more }), messages: TEXTS });
const readout = (lab) => lab.part("curves").looking("hs-readout")[0].textContent;

test("the first run of a page is painted over two seconds, though its numbers came at once", () => {
  const lab = opened();
  motion.still = false;
  lab.tell(told(1));
  const then = playUntil(300);
  assert.equal(lab.el.dataset.playing, "true");
  assert.match(readout(lab), /epoch 1|no epoch yet/);
  playUntil(2000, then);
  assert.equal(lab.el.dataset.playing, "false");
  assert.match(readout(lab), /epoch 4/);
});

test("a second run is painted as it comes", () => {
  const lab = opened();
  lab.tell(told(1));
  paintFrames();
  motion.still = false;
  lab.tell(told(2));
  paintFrame(performance.now());
  assert.equal(lab.el.dataset.playing, "false");
});

test("whoever wants stillness sees the end at once", () => {
  const lab = opened();
  lab.tell(told(1));
  paintFrames();
  assert.match(readout(lab), /epoch 4/);
});

for (const [how, act] of [
  ["Space", (lab) => lab.el.fire("keydown", { key: " ", target: lab.el, stopPropagation() {} })],
  ["Stop", (lab) => lab.button("Stop").click()]]) {
  test(`${how} ends the painting, and the end is on show`, () => {
    const lab = opened();
    motion.still = false;
    lab.tell(told(1));
    const then = playUntil(200);
    act(lab);
    paintFrame(then);
    assert.equal(lab.el.dataset.playing, "false");
    assert.match(readout(lab), /epoch 4/);
    assert.ok(!lab.model.sent.some(({ do: order }) => order === "stop" || order === "train"), "no run is stopped or begun");
  });
}

test("the scrubber holds an epoch, and Replay goes on from there", () => {
  const lab = opened();
  lab.tell(told(1));
  paintFrames();
  const scrubber = lab.part("play").tagged("input")[0];
  scrubber.value = "2";
  scrubber.fire("input");
  paintFrames();
  assert.match(readout(lab), /epoch 2.*held/);
  motion.still = false;
  lab.button("Replay").click();
  paintFrame(performance.now());
  assert.match(readout(lab), /epoch 2/);
  playUntil(2000);
  assert.match(readout(lab), /epoch 4/);
});

test("between two epochs lines end, and points stand, between them", () => {
  const store = { ...takeRun(emptyStore(), run(1, { planned: 4, epochs: [epoch(1, 1), epoch(2, 0.5)] })), messages: TEXTS };
  store.runs[0].epochs[0].xy = [0, 0, 0, 0];
  store.runs[0].epochs[1].xy = [400, 0, 0, 400];
  const shown = shownOf(store, { ...freshLook(), at: 1.25, playing: true }, 0.5, intervals);
  const [training] = curvesSpec(shown, 4).lines;
  assert.deepEqual(training.points.at(-1), [1.25, training.points[0][1] + 0.25 * (store.runs[0].epochs[1].train - training.points[0][1])]);
  assert.deepEqual(cloudSpec(shown).groups[0].points[0], [0.1, 0]);
  assert.deepEqual(cloudSpec(shown).groups[0].trails[0], [[0, 0], [0.1, 0]]);
});

test("a run of any length takes about two seconds, a short one less", () => {
  assert.equal(20 / pace(20), 2);
  assert.equal(200 / pace(200), 2);
  assert.equal(1 / pace(1), 0.25);
});

test("a recorded run is on show until one of one's own begins, and the page says when it is not of these settings", () => {
  const lab = opened({ epochs: 4 });
  const recorded = (id, regime) => run(id, { regime, pool: "mean", seed: 0, planned: 4, recorded: true, label: regime, epochs: EPOCHS });
  lab.tell({ kind: "history", runs: [recorded(-1, "head-only"), recorded(-2, "full")], messages: TEXTS });
  paintFrames();
  assert.match(lab.part("curves").textContent, /head-only/);
  lab.model.values.regime = "full";
  lab.model.tell("change:regime");
  paintFrames();
  assert.match(lab.part("curves").textContent, /full/);
  lab.model.values.messages = 20;
  lab.model.tell("change:messages");
  paintFrames();
  assert.match(lab.part("curves").textContent, /full/);
  assert.match(lab.el.looking("hs-next")[0].textContent, /had other settings: Train/);
  lab.el.looking("hs-do-train")[0].click();
  paintFrames();
  assert.doesNotMatch(lab.part("curves").textContent, /full/, "an old run in its place would look like a dead button");
  assert.match(lab.part("diagnosis").textContent, /Getting the messages/);
});

test("what is not the story stands behind one word, opens, and stays open", () => {
  const lab = opened();
  assert.equal(lab.fold("curves").open, true);
  assert.equal(lab.fold("scatter").open, false);
  lab.fold("scatter").tagged("summary")[0].fire("click");
  paintFrames();
  assert.equal(lab.fold("scatter").open, true);
  assert.deepEqual(lab.model.values.folds, ["scatter"]);
  assert.equal(opened({ folds: ["scatter"] }).fold("scatter").open, true, "in another view, too");
});

test("P presents the lab: curves and vectors stand open, the rest is a word; P again ends it", () => {
  const lab = opened();
  const p = () => {
    lab.el.fire("keydown", { key: "p", target: lab.el, stopPropagation() {} });
    lab.model.tell("change:present");
    paintFrames();
  };
  p();
  assert.deepEqual(["curves", "scatter", "confusion", "runs"].map((name) => lab.fold(name).open), [true, true, false, false]);
  assert.deepEqual(lab.model.values.folds, [], "what was open is remembered");
  p();
  assert.equal(lab.fold("confusion").open, true);
});

test("Reset can be taken back until the next run", () => {
  const lab = opened();
  lab.tell(told(1), { kind: "cleared", undo: "reset" });
  paintFrames();
  lab.button("Undo reset").click();
  assert.deepEqual(lab.model.sent.at(-1), { do: "restore" });
  lab.tell(told(2));
  paintFrames();
  assert.ok(lab.button("Reset") && !lab.button("Undo reset"));
});

test("a line that leaves the picture at the top says how high it goes, and a pinned run's does, too", () => {
  const at = { edge: { left: 30, right: 10, top: 12, bottom: 30 }, size: [400, 200], yRange: [0, 1] };
  const lines = [{ name: "training", points: [[1, 0.5]] }, { name: "validation", points: [[1, 0.9], [2, 3.2], [3, null]] }];
  const ghosts = [{ name: "run 1", who: 2, points: [[1, 7]] }];
  assert.deepEqual(overNodes(lines, ghosts, at).map((node) => node.textContent),
    ["↑ validation up to 3.20", "↑ run 1 up to 7"]);
});

test("F1's heading names the threshold where that is not one half", () => {
  assert.equal(headText("f1", "F1 (95 %)", 0.5), "F1 (95 %)");
  assert.equal(headText("f1", "F1 (95 %)", 0.62), "F1 at 0.62 (95 %)");
  assert.equal(headText("seed", "seed", 0.62), "seed");
});

test("a number out of range is put inside, and that is said", () => {
  const lab = opened();
  const input = lab.el.all().find((node) => node.attributes["data-control"] === "epochs").tagged("input")[0];
  input.value = "1000";
  input.fire("input");
  input.fire("blur");
  paintFrames();
  assert.equal(lab.model.values.epochs, 200);
  assert.match(lab.part("status").textContent, /Epochs must be a whole number from 1 to 200; it's 200 now/);
});

test("a run that did not begin does not wear the verdict of the one before", () => {
  const lab = opened();
  lab.tell(told(1, { diagnosis: "It has settled." }));
  lab.tell({ kind: "state", phase: "failed", sentence: "failed: no such file", done: 0 });
  paintFrames();
  assert.match(lab.part("diagnosis").textContent, /didn't start. You still see run 1/);
});
