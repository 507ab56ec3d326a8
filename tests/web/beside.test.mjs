// Pinned runs beside the run on show: in the curves, the matrix, the table and the answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeModel, makeElement, paintFrames } from "./dom.mjs";
import { answer, epoch, heard, run } from "./runs.mjs";
import { freshLook, shownOf } from "../../headswap/lab/look.js";
import { MEASURES } from "../../headswap/lab/measures.js";
import { curvesSpec } from "../../headswap/lab/panels/curves.js";
import { intervals } from "../../headswap/lab/scores.js";
import { emptyStore, pinRun, takeRuns } from "../../headswap/lab/store.js";
import widget from "../../headswap/lab/view.js";
import { sideNames } from "../../headswap/web/charts/names.js";
import { linear, logRange } from "../../headswap/web/scales.js";
import { LETTER, ROW } from "../../headswap/web/text.js";

const TEXTS = { d: [["hi", 0], ["win", 1]] };
const epochs = (many, first = 1, more = {}) => Array.from({ length: many }, (_, i) => epoch(i + 1, first / (i + 1), more));
const done = (id, settings = {}, more = {}) => run(id, { settings, outcome: "done", planned: 3, seed: settings.seed ?? 0,
  regime: "head-only", epochs: epochs(3), ...more });

function opened(...runs) {
  const traits = { regime: "head-only", epochs: 3, threshold: 0.5, choices: {}, controls: null, locked: [], folds: [] };
  const [model, el] = [fakeModel(traits), makeElement("div")];
  widget.render({ model, el });
  const part = (name) => el.all().find((node) => node.attributes["data-hs"] === name);
  const tell = (news) => { model.tell("msg:custom", news); paintFrames(); };
  tell({ kind: "history", n: 1, runs, current: runs.at(-1)?.id ?? null, messages: TEXTS, state: { phase: "idle", sentence: "ready", done: 0 } });
  return { model, el, part, tell };
}

const specOf = (runs, look = {}, planned = 3) => {
  const all = runs.filter((one) => one.pinned).reduce((store, one) => pinRun(store, one.id, true), takeRuns(emptyStore(), runs));
  return curvesSpec(shownOf(all, freshLook({ selected: runs.at(-1).id, ...look }), 0.5, intervals), planned);
};

function choose(select, value) {
  select.value = value;
  select.fire("change");
  paintFrames();
}

test("the ± of the matrix is against the pinned run that the learner chooses; with one there is no choice", () => {
  const wrong = { epochs: epochs(3, 1, { p: [900, 100] }) };
  const lab = opened(done(1, {}, { pinned: true }), done(2, { seed: 1 }, { pinned: true, ...wrong }), done(3, { seed: 2 }));
  const select = lab.part("confusion").named("± against");
  const changes = () => lab.part("confusion").looking("hs-change").map((one) => one.textContent);
  assert.deepEqual([select.value, select.hidden, changes()], ["2", false, ["+1", "−1", "−1", "+1"]]);
  assert.deepEqual(select.tagged("option").map((one) => one.textContent), ["seed 0", "seed 1"]);
  choose(select, "1");
  assert.deepEqual(changes(), ["±0", "±0", "±0", "±0"]);
  assert.ok(lab.part("confusion").named("true ham, predicted ham: 1, 100 % of all ham, +0 against seed 0"));
  lab.tell({ kind: "pin", n: 2, id: 2, pinned: false });
  assert.equal(select.hidden, true);
  assert.match(lab.part("confusion").looking("hs-rivalry")[0].textContent, /± against seed 0.* · epoch 3/);
});

test("a pinned run on other messages is no rival", () => {
  const lab = opened(done(1, {}, { pinned: true, data_key: "other" }), done(2, { seed: 1 }));
  assert.equal(lab.part("confusion").looking("hs-rivalry")[0].hidden, true);
});

test("a pinned run wears the same identity in the table, the curves, the words of the matrix and its answer", () => {
  const lab = opened(done(1, {}, { pinned: true }), done(2, { seed: 1 }));
  const field = lab.part("try").tagged("input")[0];
  field.value = "win";
  lab.tell({ n: 2, ...answer("win", heard(1, [0.2, 0.8]), heard(2, [0.2, 0.8])) });
  const who = (node) => node.all().map((one) => /hs-spot (hs-who-\d)/.exec(one.attributes.class ?? "")?.[1]).find(Boolean);
  const places = [lab.part("runs").all().find((node) => node.attributes["data-run"] === "1"), lab.part("confusion"),
    lab.part("curves").looking("hs-sides")[0], lab.part("curves").looking("hs-ghosts")[0], lab.part("try").looking("hs-tried")[1]];
  assert.deepEqual(new Set(places.map(who)).size, 1);
  assert.ok(who(places[0]));
});

test("a select in the panel's head turns the curves from the loss to a score", () => {
  const lab = opened(done(1));
  const select = lab.part("curves").named("What the curves show");
  assert.deepEqual(select.tagged("option").map((one) => one.textContent), ["loss", "loss, log", "F1", "precision", "recall", "accuracy"]);
  choose(select, "f1");
  assert.equal(lab.part("curves").tagged("h4")[0].textContent, "F1");
  assert.match(lab.part("curves").textContent, /epoch 3: F1 1\.000/);
  lab.el.looking("hs-do-train")[0].click();
  lab.tell({ kind: "run", n: 2, run: done(2, {}, { epochs: [] }) });
  assert.equal(select.value, "f1", "a new run changes nothing about it");
});

test("a score's curve is what the matrix says at the threshold, epoch by epoch, and ends at 1", () => {
  const some = run(1, { whole: true, epochs: [epoch(1, 0.5, { p: [600, 900] }), epoch(2, 0.4)] });
  const spec = specOf([some], { measure: "precision" });
  assert.deepEqual(spec.lines.map(({ name, points }) => [name, points]), [["validation", [[1, 0.5], [2, 1]]]]);
  assert.deepEqual([spec.y, spec.y_range, spec.floor], ["precision (threshold 0.50)", [0.5, 1], null]);
  assert.deepEqual(spec.marks, [[2, 1, "lowest loss: 2"]]);
  for (const measure of Object.keys(MEASURES)) assert.ok(specOf([some], { measure }).y_range[1] >= 0.5, measure);
});

test("scores of epochs that have not come are asked for, and their absence is said", () => {
  const brief = done(1, {}, { pinned: true, whole: false, epochs: [epoch(1, 0.5, { p: [] }), epoch(2, 0.4)] });
  const lab = opened(brief, done(2, { seed: 1 }));
  assert.deepEqual(lab.model.sent.filter((order) => order.do === "want").at(-1).runs, [1]);
  choose(lab.part("curves").named("What the curves show"), "recall");
  assert.match(lab.part("curves").textContent, /Some epochs are missing/);
  lab.tell({ kind: "told", n: 2, runs: [{ ...brief, whole: true, epochs: epochs(2) }], messages: {} });
  assert.doesNotMatch(lab.part("curves").textContent, /Some epochs are missing/);
});

test("on the logarithmic axis every loss above 0 and the floor have a place", () => {
  const spec = specOf([done(1, {}, { floor: 0.03, epochs: [epoch(1, 4, { train: 0.2 }), epoch(2, 0.4, { train: 0.1 })] })], { measure: "log" });
  assert.deepEqual([spec.y_log, spec.y_range, spec.floor.value], [true, [0.02, 5], 0.03]);
  assert.deepEqual(logRange([0.21, 0.47, null, 0]), [0.2, 0.5]);
  assert.deepEqual([logRange([]), logRange([0.1])], [[0.1, 1], [0.05, 0.2]]);
});

test("the axis reaches as far as a longer pinned run, or its name says how far that goes", () => {
  const spec = (many) => specOf([done(1, {}, { pinned: true, epochs: epochs(many) }), done(2, { seed: 1 })]);
  assert.deepEqual([spec(2).x_range, spec(2).x], [[0, 3], "epoch (of 3)"]);
  assert.deepEqual([spec(8).x_range, spec(8).x, spec(8).ghosts[0].tail], [[0, 8], "epoch (this run: 3)", ""]);
  assert.deepEqual([spec(200).x_range, spec(200).ghosts[0].tail], [[0, 9], " → 200"]);
});

test("without a pinned run the curves name nothing beside them; with one, the run on show too", () => {
  assert.deepEqual([specOf([done(1)]).own, specOf([done(1)]).note], [null, ""]);
  const spec = specOf([done(1, {}, { pinned: true }), done(2, { seed: 1 })]);
  assert.deepEqual([spec.own.name, spec.ghosts.map((ghost) => ghost.name)], ["seed 1", ["seed 0"]]);
});

test("names beside the lines never overlap, and stay in the picture", () => {
  const [size, edge] = [[560, 210], { left: 60, right: 150, top: 12, bottom: 34 }];
  const at = { size, edge, xRange: [0, 20], y: linear([0, 1], [size[1] - edge.bottom, edge.top]) };
  for (let n = 0; n < 200; n++) {
    const ghosts = Array.from({ length: 1 + (n % 20) }, (_, i) => ({ name: `a long name of run ${i} `.repeat(2), who: i % 8,
      tail: i % 3 ? "" : " → 200", points: [[1, 0.3], [20, n % 2 ? 0.5 : Math.random() * 1.4]] }));
    const own = { name: "the run on show, at length", who: null };
    const texts = sideNames({ own, lines: [{ points: [[20, 0.5]] }], ghosts }, at).filter((node) => node.tag === "text");
    const heights = texts.map((text) => Number(text.attributes.y)).sort((a, b) => a - b);
    heights.forEach((height, i) => assert.ok(!i || height - heights[i - 1] > ROW - 0.01, `${heights}`));
    assert.ok(heights[0] >= edge.top && heights.at(-1) <= size[1] - edge.bottom + 5);
    for (const { attributes: { x, class: look }, childNodes: [words] } of texts)
      assert.ok(Number(x) + LETTER * (look ? 1.15 : 1) * [...words].length <= size[0], words);
    if (ghosts.length > 13) assert.match(texts.at(-1).textContent, /and \d+ more/);
  }
});
