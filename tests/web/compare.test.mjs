// Many runs in one look: what the browser makes of news, what it says, and what it asks for.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { fakeModel, makeElement, motion, paintFrames } from "./dom.mjs";
import { afterNews, nameOf, rowsOf, whoIs } from "../../headswap/comparing/contest.js";
import { contendersSpec, costSpec, lossesSpec, meanMatrixSpec, sweepSpec } from "../../headswap/comparing/specs.js";
import { failuresText, headline, progressText } from "../../headswap/comparing/words.js";
import { valuesOf } from "../../headswap/lab/compare/asks.js";
import widget from "../../headswap/lab/view.js";
import { couldBeLuck, estimateText } from "../../headswap/web/charts/contenders.js";
import { lineOf, shapeOf, spotOf } from "../../headswap/web/identity.js";
import { logTicks, logarithmic } from "../../headswap/web/scales.js";

const PLAN = { candidates: [{ label: "head-only", regime: "head-only", value: null }, { label: "full", regime: "full", value: null },
  { label: "scratch", regime: "scratch", value: null }], regimes: ["head-only", "full", "scratch"], values: [], seeds: 2, vary: "",
varied: "", log: false, sweep: false, planned: 6, tests: ["balanced"], judged: { balanced: 2000 }, same: "mean pooling", names: ["ham", "spam"] };
const SWEEP = { ...PLAN, candidates: ["head-only", "full"].flatMap((regime) => [20, 640].map((value) => ({ label: "", regime, value }))),
  regimes: ["head-only", "full"], values: [20, 640], vary: "messages", varied: "Training messages", log: true, sweep: true, planned: 8 };
const trial = (candidate, seed, f1, more = {}) => ({ candidate, seed, scores: { balanced: { f1 } }, train: [0.7, 0.6],
  validation: [0.6, 0.5 + 0.1 * seed], floor: null, seconds: 2, learning: 130, bytes: 520, perplexity: null, ...more });
const cell = (candidate, mean, ahead, seeds = 2) => ({ candidate, seeds, means: { f1: mean }, ahead: ahead ? { f1: ahead } : {},
  confusion: [[70.5, 9.5], [8, 72]] });
const contest = (more = {}) => ({ plan: PLAN, runs: [], cells: [], rival: 0, test: "balanced", phase: "idle", sentence: "", done: 0, left: null, ...more });
const FULL = contest({ runs: [trial(0, 0, 0.8), trial(0, 1, 0.82), trial(1, 0, 0.9)],
  cells: [cell(0, [0.81, 0.79, 0.83]), cell(1, [0.9, 0.88, 0.92], [0.09, 0.02, 0.16]), cell(2, [0.8, 0.78, 0.82], [-0.01, -0.03, 0.01])] });

beforeEach(() => { motion.still = true; });

test("a run that comes in twice counts once, and its cell is the latest", () => {
  const told = (f1, mean) => ({ kind: "contested", run: trial(0, 0, f1), cells: [cell(0, [mean, 0, 1])], test: "balanced",
    phase: "running", sentence: "", done: 1, left: 3 });
  const after = afterNews(afterNews(contest(), told(0.7, 0.7)), told(0.8, 0.8));
  assert.equal(after.runs.length, 1);
  assert.equal(after.cells[0].means.f1[0], 0.8);
  assert.equal(after.left, 3);
});

test("news before any comparison change nothing", () =>
  assert.equal(afterNews(null, { kind: "contesting", phase: "running", sentence: "", done: 0, left: null }), null));

test("a difference whose interval holds 0 could be luck, and only that", () => {
  assert.ok(couldBeLuck([0.01, -0.01, 0.03]) && couldBeLuck([0.01, 0, 0.02]));
  assert.ok(!couldBeLuck([0.02, 0.01, 0.03]) && !couldBeLuck([-0.02, -0.03, -0.01]));
});

test("the headline says who is ahead by more than luck and who is not", () => {
  const said = headline(FULL, "f1", 0);
  assert.match(said, /full beats head-only by more than luck/);
  assert.match(said, /The difference between head-only and scratch could be luck/);
});

test("of the loss the lower one is ahead", () => {
  const losses = { ...FULL, cells: [cell(0, [0]), { ...cell(1, [0]), ahead: { loss: [-0.1, -0.2, -0.05] } }] };
  assert.match(headline(losses, "loss", 0), /full beats head-only/);
});

test("one seed is called an anecdote", () => {
  const one = contest({ cells: [cell(0, [0.8, 0.7, 0.9], null, 1), cell(1, [0.9, 0.8, 0.95], [0.1, 0.05, 0.15], 1)] });
  assert.match(headline(one, "f1", 0), /anecdote/);
});

test("nothing is said of what has not come in", () => {
  assert.match(headline(contest({ phase: "running" }), "f1", 0), /under way/);
  assert.doesNotMatch(headline(contest({ cells: [cell(0, [0.8, 0.7, 0.9])] }), "f1", 0), /undefined|NaN|luck/);
});

test("a candidate is named by what tells it apart", () => {
  assert.equal(nameOf(PLAN, 1), "full");
  assert.equal(nameOf({ ...SWEEP, regimes: ["full"], candidates: [{ label: "", regime: "full", value: 80000 }] }, 0), "80,000");
  assert.equal(nameOf(SWEEP, 3), "full, 640");
});

test("every row has its points, its mean and its difference, and the rival none", () => {
  const { rows } = contendersSpec(FULL, "f1", 0);
  assert.deepEqual(rows.map((row) => row.points.length), [2, 1, 0]);
  assert.deepEqual(rows.map((row) => row.rival), [true, false, false]);
  assert.equal(rows[0].ahead, null);
});

test("all that is drawn lies inside the axis", () => {
  const { range, gap, rows } = contendersSpec(FULL, "f1", 0);
  for (const row of rows) for (const { value } of row.points) assert.ok(value > range[0] && value < range[1]);
  for (const row of rows) for (const value of row.ahead ?? []) assert.ok(value >= gap[0] && value <= gap[1]);
  assert.ok(gap[0] < 0 && gap[1] > 0);
});

test("a regime that diverged says so in its row, and the failure is told", () => {
  const failed = contest({ runs: [{ candidate: 2, seed: 0, failed: "the loss is infinite", diverged: true }] });
  assert.equal(contendersSpec(failed, "f1", 0).rows[2].note, "diverged");
  assert.match(failuresText(failed), /1 run failed \(scratch\): the loss is infinite/);
});

test("a sweep is a line for each regime, in the order of what varies", () => {
  const swept = contest({ plan: SWEEP, cells: [0, 1, 2, 3].map((i) => cell(i, [0.6 + 0.1 * i, 0.5, 1])) });
  const spec = sweepSpec(swept, "f1", 1);
  assert.deepEqual(spec.lines.map((line) => line.points.map(([x]) => x)), [[20, 640], [20, 640]]);
  assert.equal(spec.rule, 640);
  assert.deepEqual(contendersSpec(swept, "f1", 0).rows.map((row) => row.mean[0]), [0.6, 0.8]);
});

test("along names the regimes stand beside each other, each with its bar, and no line joins two names", () => {
  const pools = { ...SWEEP, vary: "pool", varied: "Pooling", values: ["mean", "cls"], log: false,
    candidates: SWEEP.candidates.map(({ regime, value }) => ({ regime, value: value === 20 ? "mean" : "cls", label: "" })) };
  const swept = contest({ plan: pools, cells: [0, 1, 2, 3].map((i) => cell(i, [0.6 + 0.1 * i, 0.5, 1])) });
  const spec = sweepSpec(swept, "f1", 1);
  assert.deepEqual([spec.words, spec.rule], [["mean", "cls"], 1]);
  assert.deepEqual(spec.lines.map(({ points }) => points.map(([, value]) => value?.toFixed(1) ?? null)),
    [["0.6", null, "0.7"], ["0.8", null, "0.9"]]);
  const [first, second] = spec.lines.map(({ whiskers }) => whiskers.map(([x]) => x));
  assert.ok(first.every((x, i) => x < second[i] && Math.round(x) === i && Math.round(second[i]) === i));
  assert.match(headline(swept, "f1", 1), /^Pooling cls: /);
});

test("colour, dash and shape belong to the regime along a sweep", () =>
  assert.deepEqual([0, 1, 2, 3].map((i) => whoIs(SWEEP, i)), [0, 0, 1, 1]));

test("eight things differ in colour, in dash and in shape", () => {
  const eight = [0, 1, 2, 3, 4, 5, 6, 7];
  for (const look of [lineOf, spotOf, (i) => shapeOf(i, 0, 0)]) assert.equal(new Set(eight.map((i) => look(i))).size, 8);
});

test("the loss by epoch is the mean of the seeds, its band their least and most", () => {
  const [line] = lossesSpec(FULL, 0).lines;
  assert.deepEqual(line.points.map(([, y]) => Number(y.toFixed(3))), [0.6, 0.55]);
  assert.deepEqual(line.band[1].slice(1), [0.5, 0.6]);
});

test("a cost that nobody measured draws no point", () => {
  assert.equal(costSpec(FULL, "f1", "perplexity", 0).spots.length, 0);
  assert.equal(costSpec(FULL, "f1", "seconds", 0).spots.length, 2);
});

test("the mean matrix says of how many seeds it is", () =>
  assert.match(meanMatrixSpec(FULL, 1).note, /mean of 2 seeds/));

test("rows for a spreadsheet hold every run and what varied", () => {
  const rows = rowsOf(contest({ plan: SWEEP, runs: [trial(3, 0, 0.9)] }));
  assert.equal(rows[0].messages, 640);
  assert.equal(rows[0].f1, 0.9);
});

test("progress tells runs and time left", () => {
  assert.match(progressText(contest({ phase: "running", done: 3, left: 12.2, sentence: "seed 1: full" })), /3 of 6 runs, about 13 s left/);
  assert.equal(progressText(contest({ phase: "idle", sentence: "6 of 6 runs, in 20 s" })), "6 of 6 runs, in 20 s");
});

test("values are read as somebody types them", () => {
  assert.deepEqual(valuesOf("20, 40;  80"), [20, 40, 80]);
  assert.deepEqual(valuesOf("mean max"), ["mean", "max"]);
  assert.deepEqual(valuesOf(" "), []);
});

test("a logarithmic axis has equal steps for equal factors, and few round numbers", () => {
  const x = logarithmic([1, 100], [0, 200]);
  assert.ok(Math.abs(x(10) - 100) < 1e-9);
  assert.deepEqual(logTicks(20, 640, 8), [20, 50, 100, 200, 500]);
  assert.ok(logTicks(1, 1e6, 5).length <= 7);
});

test("an estimate is written with its signs", () =>
  assert.equal(estimateText([0.039, -0.003, 0.082], true), "+0.039 (−0.003 to +0.082)"));

// ---- the face in the page

const TRAITS = { regime: "head-only", pool: "mean", epochs: 4, learning_rate: null, messages: 640, max_len: 32, seed: 0, data: "fixture",
  head: "", batch_size: 32, schedule: "", causal: true, encoding: "", positive: "", threshold: 0.5, text_column: "", label_column: "",
  choices: { regimes: ["head-only", "full", "scratch"].map((name) => ({ name, summary: "", rate: 0.01, schedule: "cosine" })), pools: [],
    heads: [], schedules: [], varied: [{ name: "messages", label: "Training messages", usual: [20, 40], number: true }], usual: ["head-only", "full"] },
  controls: null, locked: [], question: "", answers: [], files: [], kept: {}, folds: [], present: false, rates: {}, machine: {},
  face: "compare", contest: {} };

function opened(traits = {}) {
  const [model, el] = [fakeModel({ ...TRAITS, ...traits }), makeElement("div")];
  widget.render({ model, el });
  paintFrames();
  let told = 0;
  const tell = (...news) => { for (const one of news) model.tell("msg:custom", { n: ++told, ...one }); paintFrames(); };
  return { model, el, tell, button: (text) => el.tagged("button").find((node) => node.textContent === text),
    orders: () => model.sent };
}

test("the order to compare names regimes, seeds and all settings", () => {
  const { el, orders } = opened();
  el.looking("hs-do-compare")[0].click();
  const { plan, settings } = orders().at(-1);
  assert.deepEqual([plan.regimes, plan.seeds, plan.vary], [["head-only", "full"], 5, ""]);
  assert.equal(settings.max_len, 32);
});

test("a comparison that a whole story tells of has begun", () => {
  const { el, tell } = opened();
  el.looking("hs-do-compare")[0].click();
  tell({ kind: "history", runs: [], current: null, messages: {}, contest: contest({ sentence: "4 of 4 runs, in 2 s" }) });
  assert.match(el.looking("hs-comparetop")[0].textContent, /4 of 4 runs/);
});

test("while one is under way no second begins, and Stop works", () => {
  const { el, tell, orders } = opened();
  tell({ kind: "contest", contest: contest({ phase: "running" }) });
  el.looking("hs-do-compare")[0].click();
  el.looking("hs-do-halt")[0].click();
  assert.deepEqual(orders().map(({ do: what }) => what).filter((what) => what !== "hello"), ["halt"]);
});

test("every picture is drawn of every stage, empty, half and whole, of regimes and of a sweep", () => {
  const { el, tell, model } = opened({ folds: ["mean", "losses", "compared"] });
  const swept = contest({ plan: SWEEP, runs: [trial(0, 0, 0.7), trial(3, 0, 0.9)], cells: [cell(0, [0.7, 0.6, 0.8]), cell(3, [0.9, 0.8, 1])] });
  for (const shown of [contest(), contest({ phase: "running" }), FULL, swept]) {
    tell({ kind: "contest", contest: shown });
    assert.deepEqual(el.all().filter((node) => node.attributes["data-broken"]), []);
  }
  assert.ok(model.sent.length);
});

test("a click on a point asks for that very run, and what is opened is shown in the first face", () => {
  const { el, tell, orders, model } = opened();
  tell({ kind: "contest", contest: FULL });
  el.looking("hs-seed").find((node) => node.tag === "path").parentNode.click();
  assert.deepEqual(orders().at(-1), { do: "open", candidate: 0, seed: 0 });
  tell({ kind: "opened", id: 3 });
  assert.equal(model.get("face"), "run");
});

test("a regime that is clicked takes part or leaves, in the usual order", () => {
  const { model, button } = opened();
  button("scratch").click();
  assert.deepEqual(model.get("contest").regimes, ["head-only", "full", "scratch"]);
  button("head-only").click();
  assert.deepEqual(model.get("contest").regimes, ["full", "scratch"]);
});

test("the other face is hidden, and a tab brings it back", () => {
  const { el, model, button } = opened();
  const grids = el.all().filter((node) => (node.attributes.class ?? "").split(" ").includes("hs-grid"));
  assert.deepEqual(grids.map((node) => node.hidden), [true, false]);
  button("One run").click();
  paintFrames();
  assert.equal(model.get("face"), "run");
  assert.deepEqual(grids.map((node) => node.hidden), [false, true]);
});

test("a lab without the control has no second face", () => {
  const { el } = opened({ controls: ["regime", "train"] });
  assert.ok(el.looking("hs-faces")[0].hidden);
});

test("half a comparison says how many seeds it rests on", () => {
  const few = { ...FULL, plan: { ...PLAN, seeds: 5 } };
  assert.match(headline({ ...few, phase: "running" }, "f1", 0), /^So far, at 2 of 5 seeds: full beats/);
  assert.match(headline({ ...few, phase: "stopped" }, "f1", 0), /^Stopped, at 2 of 5 seeds: /);
  assert.match(headline({ ...few, phase: "idle" }, "f1", 0), /^At 2 of 5 seeds: /, "runs that failed were not stopped");
  assert.match(headline(FULL, "f1", 0), /^full beats/);
});

test("another rival leaves the slider where it is, another comparison does not", () => {
  const lab = opened({ face: "compare" });
  const cells = [0, 1, 2, 3].map((candidate) => cell(candidate, [0.8, 0.7, 0.9]));
  const told = (more) => lab.tell({ kind: "contest", contest: contest({ plan: SWEEP, cells, ...more }) });
  const slider = () => lab.el.looking("hs-along")[0].tagged("input")[0];
  told({});
  assert.equal(slider().value, "1");
  slider().value = "0";
  slider().fire("input");
  paintFrames();
  told({ rival: 2 });
  assert.equal(slider().value, "0");
  told({ plan: { ...SWEEP, values: [10, 640] } });
  assert.equal(slider().value, "1");
});

test("the axis of a sweep does not follow the wide band of the first seeds", () => {
  const wide = contest({ plan: SWEEP, cells: [cell(0, [0.8, 0, 1.6]), cell(1, [0.9, 0.85, 0.95])] });
  const [low, high] = sweepSpec(wide, "f1", 0).y_range;
  assert.ok(low >= 0.6 && high <= 1, `${low} to ${high}`);
});

test("one seed in common is no verdict, however narrow its interval", () => {
  const early = { ...FULL, cells: [cell(0, [0.81, 0.79, 0.83], null, 2), cell(1, [0.9, 0.88, 0.92], [0.09, 0.02, 0.16], 1)] };
  assert.match(headline(early, "f1", 0), /one seed is an anecdote/i);
  assert.equal(contendersSpec(early, "f1", 0).rows[1].few, true);
  assert.equal(contendersSpec(FULL, "f1", 0).rows[1].few, false);
});

test("a headline on another score than F1 names it, and of the loss says that less is better", () => {
  const losses = { ...FULL, cells: [cell(0, [0]), { ...cell(1, [0]), ahead: { loss: [-0.1, -0.2, -0.05] } }] };
  assert.match(headline(losses, "loss", 0), /in loss \(nats\), where less is better, by more than luck/);
});

test("what was never run is not shown as under way", () => {
  assert.equal(contendersSpec(contest({ phase: "stopped" }), "f1", 0).rows[0].note, "not run");
  assert.equal(contendersSpec(contest({ phase: "running" }), "f1", 0).rows[0].note, "…");
});

test("marks that have not changed stay where they are, so that no click on them is lost", () => {
  const lab = opened({ face: "compare" });
  const told = (more) => lab.tell({ kind: "contest", contest: { ...FULL, ...more } });
  told({});
  const marks = () => lab.el.looking("hs-contenders")[0].looking("hs-seed");
  const before = marks();
  assert.ok(before.length > 2);
  told({ done: 5, sentence: "more" });
  assert.ok(marks().every((mark, i) => mark === before[i]));
});

test("a kernel that has gone is told on this face, too", () => {
  const lab = opened({ face: "compare" });
  lab.tell({ kind: "contest", contest: FULL });
  lab.tell({ kind: "said", sentence: "a comparison is under way", wrong: true });
  assert.match(lab.el.looking("hs-comparetop")[0].textContent, /a comparison is under way/);
  lab.model.send = () => { throw new Error("closed"); };
  lab.el.looking("hs-do-compare")[0].click();
  lab.tell({ kind: "said", sentence: "late news", wrong: false });
  assert.match(lab.el.looking("hs-comparetop")[0].textContent, /The kernel was restarted/);
});
