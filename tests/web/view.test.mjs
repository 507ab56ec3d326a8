// The view's pure functions: `node --test tests/web/view.test.mjs`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as draw from "../../headswap/web/charts.js";
import * as view from "../../headswap/lab/view.js";

const epoch = (number, validation, more = {}) =>
  ({ epoch: number, train: 0.5, validation, p: [100, 900], xy: [0, 0, 1, 1], perplexity: null, seconds: 0.1, diagnosis: "", ...more });
const run = (id, more = {}) =>
  ({ id, label: `run ${id}`, line: "Lab(regime='head')", regime: "head", pool: "mean", seed: 0, planned: 3, learning: 130,
    total: 118914, cached: "", recorded: false, pinned: false, outcome: "running", forecast: "", perplexity0: null, stages: 1,
    messages: [["hi", 0], ["win", 1]], data_key: "d", label_names: ["ham", "spam"], epochs: [], diagnosis: "", best: null, ...more });

test("importing the module touches no page and gives a render", () => {
  assert.equal(typeof view.default.render, "function");
});

test("a setting is clamped to what the lab accepts", () => {
  assert.equal(view.clampSetting("epochs", "500"), 200);
  assert.equal(view.clampSetting("epochs", "0"), 1);
  assert.equal(view.clampSetting("epochs", "12.6"), 13);
  assert.equal(view.clampSetting("messages", 641), 640);
  assert.equal(view.clampSetting("messages", 3), 20);
  assert.equal(view.clampSetting("seed", -1), 0);
  assert.equal(view.clampSetting("max_len", 1e9), 256);
  assert.equal(view.clampSetting("learning_rate", null), null);
  assert.equal(view.clampSetting("learning_rate", 7), 1);
  assert.equal(view.clampSetting("regime", "full"), "full");
});

test("what is no number is no setting", () => {
  for (const bad of ["", " ", "ten", NaN, undefined]) assert.equal(view.clampSetting("epochs", bad), undefined);
});

test("the rate slider gives rates of two digits and finds its place again", () => {
  assert.equal(view.rateAt(-3), 0.001);
  assert.equal(view.rateAt(-2.5), 0.0032);
  assert.equal(view.positionOf(0.001), -3);
  assert.equal(view.positionOf(1e-9), -5);
  assert.equal(view.positionOf(5), 0);
});

test("numbers read like numbers", () => {
  assert.equal(view.lossText(null), "none");
  assert.equal(view.lossText(0.12345), "0.123");
  assert.equal(view.lossText(123456), "1.23e+5");
  assert.equal(view.secondsText(0.0123), "12 ms");
  assert.equal(view.secondsText(1.5), "1.50 s");
  assert.equal(draw.countText(118914), "118,914");
  assert.equal(draw.percentText(130 / 118914), "0.11 %");
  assert.equal(draw.percentText(0), "0 %");
});

test("a scale maps the ends of its domain to the ends of its range, also when the domain is empty", () => {
  const y = draw.linear([0, 2], [100, 0]);
  assert.deepEqual([y(0), y(1), y(2)], [100, 50, 0]);
  assert.equal(draw.linear([3, 3], [0, 10])(3), 0);
});

test("ticks are round, inside, and whole where asked", () => {
  assert.deepEqual(draw.ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(draw.ticks(0, 30, 6, true), [0, 5, 10, 15, 20, 25, 30]);
  assert.deepEqual(draw.ticks(0, 1, 10, true), [0, 1]);
  assert.deepEqual(draw.ticks(2, 2), [2]);
  for (const high of [0.003, 0.7, 1, 7, 13, 199, 200])
    for (const tick of draw.ticks(0, high, 6)) assert.ok(tick >= 0 && tick <= high * (1 + 1e-9));
});

test("the loss axis holds every curve, and cuts one that diverges", () => {
  assert.equal(view.lossTop([0.7, 0.4, null], 0.7), 0.8);
  assert.ok(view.lossTop([0.7, 1e6], 0.7) <= 3);
  assert.equal(view.lossTop([null], null), 1);
  assert.equal(view.lossTop([0, 0], 0), 1);
});

test("a curve has a gap where a loss is missing, and a dot where it stands alone", () => {
  const same = (v) => v;
  assert.equal(draw.curvePath([[1, 1], [2, 2]], same, same), "M1.0 1.0L2.0 2.0");
  assert.equal(draw.curvePath([[1, 1], [2, null], [3, 3]], same, same), "M1.0 1.0h0M3.0 3.0h0");
  assert.equal(draw.curvePath([[1, Infinity], [2, NaN]], same, same), "");
});

test("the best epoch has the lowest finite validation loss, the first of equals", () => {
  assert.equal(view.bestEpoch([epoch(1, 0.5), epoch(2, 0.3), epoch(3, 0.3), epoch(4, null)]), 2);
  assert.equal(view.bestEpoch([epoch(1, null)]), null);
  assert.equal(view.bestEpoch([]), null);
});

test("the crosshair takes the nearest epoch there is", () => {
  const epochs = [epoch(1, 0), epoch(2, 0), epoch(3, 0)];
  assert.equal(view.nearestEpoch(epochs, 2.4).epoch, 2);
  assert.equal(view.nearestEpoch(epochs, 99).epoch, 3);
  assert.equal(view.nearestEpoch([], 1), null);
});

const MESSAGES = [["a", 0], ["b", 0], ["c", 1], ["d", 1], ["e", 1]];
const P = [100, 700, 900, 400, 499];

test("the confusion matrix follows the threshold, which belongs to spam", () => {
  assert.deepEqual(view.confusionAt(MESSAGES, P, 0.5), { tn: 1, fp: 1, fn: 2, tp: 1 });
  assert.deepEqual(view.confusionAt(MESSAGES, P, 0.4), { tn: 1, fp: 1, fn: 0, tp: 3 });
  assert.deepEqual(view.confusionAt(MESSAGES, P, 0), { tn: 0, fp: 2, fn: 0, tp: 3 });
  assert.deepEqual(view.confusionAt(MESSAGES, [70], 0.07), { tn: 0, fp: 1, fn: 0, tp: 0 });
  assert.deepEqual(view.confusionAt([], [], 0.5), { tn: 0, fp: 0, fn: 0, tp: 0 });
});

test("a score with an empty denominator is 0", () => {
  assert.deepEqual(view.scoresOf({ tn: 5, fp: 0, fn: 0, tp: 0 }), { precision: 0, recall: 0, f1: 0, accuracy: 1 });
  assert.deepEqual(view.scoresOf({ tn: 0, fp: 0, fn: 0, tp: 0 }), { precision: 0, recall: 0, f1: 0, accuracy: 0 });
  const scores = view.scoresOf({ tn: 50, fp: 10, fn: 20, tp: 80 });
  assert.deepEqual([scores.recall, scores.accuracy], [0.8, 130 / 160]);
  assert.ok(Math.abs(scores.f1 - 160 / 190) < 1e-12);
});

test("an interval is the one that Python computes, and a perfect score is not certain", () => {
  // tests/metrics/test_intervals.py holds the same numbers against Metrics.intervals.
  const known = JSON.parse(readFileSync(new URL("../metrics/intervals.json", import.meta.url), "utf-8"));
  for (const { cells, intervals } of known) {
    const found = view.intervals(cells);
    for (const [name, ends] of Object.entries(intervals))
      ends.forEach((end, i) => assert.ok(Math.abs(found[name][i] - end) < 1e-9, `${name} of ${JSON.stringify(cells)}`));
  }
  assert.ok(view.intervals({ tn: 80, fp: 0, fn: 0, tp: 80 }).f1[0] < 0.98);
});

test("messages come nearest to the threshold first; without a cell, all that are wrong", () => {
  assert.deepEqual(view.messagesOf(MESSAGES, P, 0.5, null).map((m) => m.text), ["e", "d", "b"]);
  assert.deepEqual(view.messagesOf(MESSAGES, P, 0.5, "fn").map((m) => m.text), ["e", "d"]);
  assert.deepEqual(view.messagesOf([["x", 0], ["y", 0]], [400, 400], 0.5, "tn").map((m) => m.text), ["x", "y"]);
});

const told = (...messages) => messages.reduce(view.reduce, view.emptyStore());

test("a run, its epochs and its end become the store; no earlier store is changed", () => {
  const before = told({ kind: "run", n: 1, run: run(7) });
  const frozen = JSON.stringify(before);
  const after = [{ kind: "epoch", n: 2, id: 7, epoch: epoch(1, 0.4) }, { kind: "epoch", n: 3, id: 7, epoch: epoch(2, 0.3) },
    { kind: "end", n: 4, id: 7, outcome: "done", diagnosis: "fine" }].reduce(view.reduce, before);
  assert.equal(JSON.stringify(before), frozen);
  assert.equal(after.n, 4);
  assert.equal(after.current, 7);
  assert.deepEqual(after.runs[0].epochs.map((e) => e.epoch), [1, 2]);
  assert.deepEqual([after.runs[0].outcome, after.runs[0].diagnosis], ["done", "fine"]);
});

test("messages are kept once per data set, also for a run that comes without", () => {
  const { messages, ...bare } = run(8);
  const store = told({ kind: "run", n: 1, run: run(7) }, { kind: "run", n: 2, run: bare });
  assert.deepEqual(view.messagesFor(store, store.runs[1]), messages);
  assert.equal(store.runs[0].messages, undefined);
  assert.deepEqual(view.messagesFor(store, null), []);
});

test("an epoch told twice is one epoch", () => {
  const store = told({ kind: "run", n: 1, run: run(1) }, { kind: "epoch", n: 2, id: 1, epoch: epoch(1, 0.4) }, { kind: "epoch", n: 3, id: 1, epoch: epoch(1, 0.2) });
  assert.deepEqual(store.runs[0].epochs.map((e) => e.validation), [0.2]);
});

test("old news changes nothing", () => {
  const store = told({ kind: "run", n: 1, run: run(1) });
  assert.equal(view.reduce(store, { kind: "cleared", n: 1 }), store);
  assert.equal(view.reduce(store, { kind: "cleared" }), store);
});

test("a jump in the numbers is a gap, which only a history heals", () => {
  const store = told({ kind: "run", n: 1, run: run(1) });
  const torn = view.reduce(store, { kind: "epoch", n: 3, id: 1, epoch: epoch(2, 0.4) });
  assert.deepEqual([torn.gap, torn.n, torn.runs[0].epochs.length], [true, 1, 0]);
  assert.equal(view.reduce(torn, { kind: "epoch", n: 4, id: 1, epoch: epoch(3, 0.4) }), torn);
  const whole = view.reduce(torn, { kind: "history", n: 4, runs: [run(1, { epochs: [epoch(1, 0.5), epoch(2, 0.4)] })], current: 1 });
  assert.deepEqual([whole.gap, whole.n, whole.current, whole.runs[0].epochs.length], [false, 4, 1, 2]);
});

test("a history replaces everything, also with a lower number", () => {
  const store = told({ kind: "run", n: 1, run: run(1) }, { kind: "run", n: 2, run: run(2) });
  const fresh = view.reduce(store, { kind: "history", n: 0, runs: [], current: null });
  assert.deepEqual([fresh.n, fresh.runs.length, fresh.current], [0, 0, null]);
});

test("news of a run nobody told of is a gap; an unknown kind is only counted", () => {
  assert.equal(told({ kind: "epoch", n: 1, id: 9, epoch: epoch(1, 0.1) }).gap, true);
  const store = told({ kind: "constructor", n: 1 });
  assert.deepEqual([store.n, store.gap], [1, false]);
});

test("an answer is kept; clearing keeps the recorded runs", () => {
  const store = told({ kind: "run", n: 1, run: run(1, { recorded: true }) }, { kind: "run", n: 2, run: run(2) },
    { kind: "answer", n: 3, text: "hi", p: 0.2, id: 2, epoch: 1 }, { kind: "cleared", n: 4 });
  assert.deepEqual(store.answer, { text: "hi", p: 0.2, id: 2, epoch: 1 });
  assert.deepEqual(store.runs.map((r) => r.id), [1]);
});

test("recorded runs stand in until there is a real one, and stay when pinned", () => {
  const recorded = [run(1, { recorded: true }), run(2, { recorded: true })];
  const store = view.takeRuns(view.emptyStore(), recorded);
  assert.deepEqual(view.visibleRuns(store).map((r) => r.id), [1, 2]);
  assert.equal(view.shownRun(store, null).id, 2);
  const later = view.reduce(view.pinRun(store, 1, true), { kind: "run", n: 1, run: run(3) });
  assert.deepEqual(view.visibleRuns(later).map((r) => r.id), [1, 3]);
  assert.equal(view.shownRun(later, null).id, 3);
  assert.equal(view.shownRun(later, 1).id, 1);
  assert.equal(view.shownRun(view.emptyStore(), null), null);
});

test("a row of the table counts as the lab counts", () => {
  const row = view.runRow(run(4, { epochs: [epoch(1, 0.5), epoch(2, 0.3)] }), [["hi", 0], ["win", 1]], 0.5);
  assert.deepEqual([row.f1, row.best, row.epochs, row.seconds], [1, 2, 2, 0.2]);
  const empty = view.runRow(run(5), [], 0.5);
  assert.deepEqual([empty.f1, empty.best, empty.f1_low], [null, null, null]);
});

test("rows sort by number or text, the empty ones last either way", () => {
  const rows = [{ id: 1, f1: 0.9, regime: "full" }, { id: 2, f1: null, regime: "head" }, { id: 3, f1: 0.7, regime: "bitfit" }, { id: 4, f1: 0.9, regime: "full" }];
  const ids = (key, way) => view.sortRows(rows, key, way).map((row) => row.id);
  assert.deepEqual(ids("f1", 1), [3, 1, 4, 2]);
  assert.deepEqual(ids("f1", -1), [1, 4, 3, 2]);
  assert.deepEqual(ids("regime", 1), [3, 1, 4, 2]);
  assert.deepEqual(rows.map((row) => row.id), [1, 2, 3, 4]);
});

test("a CSV cell with comma, quote or line break is quoted", () => {
  assert.equal(view.csvCell('say "hi", twice'), '"say ""hi"", twice"');
  assert.equal(view.csvCell("a\nb"), '"a\nb"');
  assert.equal(view.csvCell(null), "");
  assert.equal(view.csvOf([{ id: 1, line: "Lab(regime='head', seed=0)" }]), "id,line\r\n1,\"Lab(regime='head', seed=0)\"\r\n");
  assert.equal(view.csvOf([]), "");
});

test("Train is impossible while running or unanswered, Stop while idle", () => {
  const works = (phase, answered = true) => Object.entries(view.buttonsAt(phase, answered)).filter(([, on]) => on).map(([name]) => name);
  assert.deepEqual(works("idle"), ["train", "step", "reset", "pin"]);
  assert.deepEqual(works("idle", false), ["reset", "pin"]);
  assert.deepEqual(works("preparing"), ["stop", "reset", "pin"]);
  assert.deepEqual(works("training"), ["stop", "reset", "pin"]);
  assert.deepEqual(works("stopping"), ["reset", "pin"]);
  assert.deepEqual(works("paused"), ["train", "step", "stop", "reset", "pin"]);
  assert.deepEqual(works("failed"), ["train", "step", "reset", "pin"]);
});

test("stopping is shown from the click until Python has left the phase", () => {
  assert.equal(view.phaseShown("training", null), "training");
  assert.equal(view.phaseShown("training", "preparing"), "stopping");
  assert.equal(view.phaseShown("idle", "training"), "idle");
  assert.equal(view.phaseShown("paused", "training"), "paused");
  assert.equal(view.phaseShown("paused", "paused"), "stopping");
  assert.equal(view.phaseShown("idle", "paused"), "idle");
});
