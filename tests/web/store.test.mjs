// The lab's store.
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyStore, messagesFor, missing, pinRun, reduce, shownRun, takeRuns, visibleRuns } from "../../headswap/lab/store.js";
import { answer, epoch, heard, run } from "./runs.mjs";

const told = (...messages) => messages.reduce(reduce, emptyStore());

test("a run, its epochs and its end become the store; no earlier store is changed", () => {
  const before = told({ kind: "run", n: 1, run: run(7) });
  const frozen = JSON.stringify(before);
  const after = [{ kind: "epoch", n: 2, id: 7, epoch: epoch(1, 0.4) }, { kind: "epoch", n: 3, id: 7, epoch: epoch(2, 0.3) },
    { kind: "end", n: 4, id: 7, outcome: "done", diagnosis: "fine" }].reduce(reduce, before);
  assert.equal(JSON.stringify(before), frozen);
  assert.equal(after.n, 4);
  assert.equal(after.current, 7);
  assert.deepEqual(after.runs[0].epochs.map((e) => e.epoch), [1, 2]);
  assert.deepEqual([after.runs[0].outcome, after.runs[0].diagnosis], ["done", "fine"]);
});

test("a second stage says how many weights learn now", () => {
  const before = reduce(emptyStore(), { kind: "run", n: 1, run: run(7, { learning: 130, cached: "pooled" }) });
  const { runs: [after] } = reduce(before, { kind: "stage", n: 2, id: 7, learning: 118914, cached: "" });
  assert.deepEqual([after.learning, after.cached], [118914, ""]);
});

test("messages are kept once per data set, also for a run that comes without", () => {
  const texts = [["hi", 0], ["win", 1]];
  const store = told({ kind: "run", n: 1, run: run(7), messages: { d: texts } }, { kind: "run", n: 2, run: run(8), messages: {} });
  assert.deepEqual(messagesFor(store, store.runs[1]), texts);
  assert.deepEqual(messagesFor(store, null), []);
  assert.deepEqual(missing(store, [store.runs[1], null]), { runs: [], data: [] });
  assert.deepEqual(missing(store, [run(9, { whole: false, data_key: "other" })]), { runs: [9], data: ["other"] });
});

test("a history in brief takes no epochs from a run that is known whole", () => {
  const whole = run(1, { epochs: [epoch(1, 0.5), epoch(2, 0.4)] });
  const brief = { ...whole, whole: false, outcome: "done", epochs: [epoch(1, 0.5, { p: [] }), epoch(2, 0.4)] };
  const store = reduce(told({ kind: "run", n: 1, run: whole }), { kind: "history", n: 3, runs: [brief], current: 1 });
  assert.deepEqual([store.runs[0].whole, store.runs[0].epochs[0].p.length, store.runs[0].outcome], [true, 2, "done"]);
  const more = { ...brief, epochs: [...brief.epochs, epoch(3, 0.3)] };
  assert.equal(reduce(store, { kind: "history", n: 4, runs: [more], current: 1 }).runs[0].whole, false);
});

test("the state comes in its turn, and late news of it is no news", () => {
  const state = (n, sentence) => ({ kind: "state", n, phase: "idle", sentence, done: 0 });
  const store = told(state(1, "one"), state(2, "two"));
  assert.equal(store.state.sentence, "two");
  assert.equal(reduce(store, state(1, "one")), store);
});

test("an epoch told twice is one epoch", () => {
  const store = told({ kind: "run", n: 1, run: run(1) }, { kind: "epoch", n: 2, id: 1, epoch: epoch(1, 0.4) }, { kind: "epoch", n: 3, id: 1, epoch: epoch(1, 0.2) });
  assert.deepEqual(store.runs[0].epochs.map((e) => e.validation), [0.2]);
});

test("old news changes nothing", () => {
  const store = told({ kind: "run", n: 1, run: run(1) });
  assert.equal(reduce(store, { kind: "cleared", n: 1 }), store);
  assert.equal(reduce(store, { kind: "cleared" }), store);
});

test("a jump in the numbers is a gap, which only a history heals", () => {
  const store = told({ kind: "run", n: 1, run: run(1) });
  const torn = reduce(store, { kind: "epoch", n: 3, id: 1, epoch: epoch(2, 0.4) });
  assert.deepEqual([torn.gap, torn.n, torn.runs[0].epochs.length], [true, 1, 0]);
  assert.equal(reduce(torn, { kind: "epoch", n: 4, id: 1, epoch: epoch(3, 0.4) }), torn);
  const whole = reduce(torn, { kind: "history", n: 4, runs: [run(1, { epochs: [epoch(1, 0.5), epoch(2, 0.4)] })], current: 1 });
  assert.deepEqual([whole.gap, whole.n, whole.current, whole.runs[0].epochs.length], [false, 4, 1, 2]);
});

test("a history replaces everything, also with a lower number", () => {
  const store = told({ kind: "run", n: 1, run: run(1) }, { kind: "run", n: 2, run: run(2) });
  const fresh = reduce(store, { kind: "history", n: 0, runs: [], current: null });
  assert.deepEqual([fresh.n, fresh.runs.length, fresh.current], [0, 0, null]);
});

test("news of a run nobody told of is a gap; an unknown kind is only counted", () => {
  assert.equal(told({ kind: "epoch", n: 1, id: 9, epoch: epoch(1, 0.1) }).gap, true);
  const store = told({ kind: "constructor", n: 1 });
  assert.deepEqual([store.n, store.gap], [1, false]);
});

test("an answer is kept as long as its run; clearing keeps the recorded runs", () => {
  const news = [{ kind: "run", n: 1, run: run(1, { recorded: true }) }, { kind: "run", n: 2, run: run(2) },
    { n: 3, ...answer("hi", heard(2, [0.8, 0.2])) }];
  assert.deepEqual(told(...news).answer, { text: "hi", answers: [heard(2, [0.8, 0.2])], gone: [] });
  const cleared = told(...news, { kind: "cleared", n: 4 });
  assert.equal(cleared.answer, null);
  assert.deepEqual(cleared.runs.map((r) => r.id), [1]);
});

test("answers to one text gather, the latest of each run; another text begins anew", () => {
  const [first, later] = [heard(1, [0.8, 0.2], { epoch: 1 }), heard(1, [0.3, 0.7], { epoch: 2 })];
  const other = heard(2, [0.5, 0.5]);
  const gather = (...all) => told(...all.map((one, i) => ({ ...one, n: i + 1 }))).answer;
  assert.deepEqual(gather(answer("hi", first), answer("hi", other), answer("hi", later)).answers, [other, later]);
  assert.deepEqual(gather(answer("hi", first), answer("ho", other)), { text: "ho", answers: [other], gone: [] });
  const gone = { ...answer("hi"), gone: [1, 3] };
  assert.deepEqual(gather(gone, answer("hi", first)).gone, [3], "whoever answers is not gone");
});

test("recorded runs stand in until there is a real one, and stay when pinned", () => {
  const recorded = [run(1, { recorded: true }), run(2, { recorded: true })];
  const store = takeRuns(emptyStore(), recorded);
  assert.deepEqual(visibleRuns(store).map((r) => r.id), [1, 2]);
  assert.equal(shownRun(store, null).id, 2);
  const later = reduce(pinRun(store, 1, true), { kind: "run", n: 1, run: run(3) });
  assert.deepEqual(visibleRuns(later).map((r) => r.id), [1, 3]);
  assert.equal(shownRun(later, null).id, 3);
  assert.equal(shownRun(later, 1).id, 1);
  assert.equal(shownRun(emptyStore(), null), null);
});
