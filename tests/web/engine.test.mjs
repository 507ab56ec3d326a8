// The machine in the lab: what it draws of the next run and of the run on show, and what it asks the kernel.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { openedWidget, paintFrames } from "./dom.mjs";
import { epoch, run } from "./runs.mjs";
import widget from "../../headswap/lab/view.js";

const layer = (key, more = {}) => ({ key, name: key, detail: "", weights: 4, learns: 0, rate: null, origin: "pretrained",
  once: true, moved: null, parts: [], ...more });
const MACHINE = { kind: "machine", title: "The machine", key: "K", tuned: 0.002, swapped: true, labels: ["ham", "spam"],
  code: "Regime()", summary: "4 of 12 weights learn.", choices: { rates: [0, 1] }, flow: null,
  old: { name: "Language-model head", rows: 260, weights: 9 },
  layers: [layer("embedding"), layer("block[0]"), layer("head", { learns: 4, rate: 1, origin: "new", once: false, rows: 2 })] };
const TRAITS = { regime: "head-only", pool: "mean", epochs: 3, learning_rate: null, messages: 640, max_len: 32, seed: 0,
  data: "fixture", head: "", batch_size: 32, schedule: "", causal: true, encoding: "", positive: "", threshold: 0.5,
  choices: { regimes: [], pools: [], heads: [], schedules: [] }, controls: null, locked: [], question: "", answers: [],
  files: [], kept: {}, text_column: "", label_column: "", folds: [], present: false, rates: {}, machine: MACHINE };

function opened(traits = {}) {
  const { model, el, tell, part } = openedWidget(widget, { ...TRAITS, ...traits });
  return { model, el, tell, part, plate: (name) => part("machine").looking("hs-m-plate")
    .find((node) => node.getAttribute("aria-label").startsWith(name)) };
}

const done = (machine, moved) => [{ kind: "run", run: run(1, { machine, outcome: "done", epochs: [epoch(1, 0.5, { moved })] }),
  messages: { d: [["hi", 0], ["win", 1]] } }];
const flowsAsked = (lab) => lab.model.sent.filter((order) => order.do === "flow");

test("a click on a part sends the rates of all of them, and the regime reads built by hand", () => {
  const lab = opened();
  lab.plate("block[0]").click();
  assert.deepEqual(lab.model.values.rates, { embedding: 0, "block[0]": 1, head: 1 });
  paintFrames();
  const regime = lab.el.all().find((node) => node.attributes["data-control"] === "regime");
  assert.equal(regime.tagged("select")[0].value, "built by hand");
});

test("where the regime is locked a click builds nothing and says why", () => {
  const lab = opened({ locked: ["regime"] });
  lab.plate("block[0]").click();
  paintFrames();
  assert.deepEqual(lab.model.values.rates, {});
  assert.match(lab.part("status").textContent, /locked/);
});

test("how far a part has moved is told of the run on show, if that is the machine that is drawn", () => {
  const same = opened();
  same.tell(...done("K", { head: 0.25 }));
  assert.match(same.plate("head").textContent, /moved 25 %/);
  const other = opened();
  other.tell(...done("another", { head: 0.25 }));
  assert.doesNotMatch(other.part("machine").textContent, /moved 25/);
});

test("a text's values are asked for once the run is over, once for each question, and drawn if they answer it", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const lab = opened();
  const [begun] = done("K", {});
  const state = (phase) => ({ kind: "state", phase, sentence: "", done: 0 });
  lab.tell({ ...begun, run: { ...begun.run, outcome: "running" } }, state("training"));
  const field = lab.part("try").tagged("input")[0];
  field.value = "win";
  field.fire("input");
  mock.timers.tick(200);
  paintFrames();
  assert.equal(flowsAsked(lab).length, 0, "a run that trains is left alone");
  lab.tell({ kind: "end", id: 1, outcome: "done", diagnosis: "" }, state("idle"));
  lab.tell({ kind: "answer", text: "win", answers: [], gone: [] });
  assert.equal(flowsAsked(lab).length, 1);
  const [{ asked, id, text, position }] = flowsAsked(lab);
  assert.deepEqual([id, text, position], [1, "win", -1]);
  const flow = { text: "win", tokens: [{ text: "w", kind: "byte" }], position: 0, head: 0, heads: 1, zoom: "", steps: [],
    strips: { embedding: [0.5] }, attention: {}, logits: [0, 2], probabilities: [0.12, 0.88] };
  lab.tell({ kind: "flow", asked: "another question", flow, labels: ["ham", "spam"] });
  assert.doesNotMatch(lab.part("machine").textContent, /0\.88/);
  lab.tell({ kind: "flow", asked, flow, labels: ["ham", "spam"] });
  assert.match(lab.part("machine").textContent, /0\.88/);
  mock.timers.reset();
});

test("a recorded run that keeps its model shows a text's values before Train, and one that keeps none is left alone", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  for (const keeps of [true, false]) {
    const lab = opened();
    const recorded = run(-1, { recorded: true, keeps, label: "head-only", regime: "head-only", pool: "mean", machine: "K", outcome: "done",
      epochs: [epoch(1, 0.5)] });
    lab.tell({ kind: "history", n: 0, runs: [recorded], current: null, messages: {} });
    const field = lab.part("try").tagged("input")[0];
    field.value = "win";
    field.fire("input");
    mock.timers.tick(200);
    paintFrames();
    assert.deepEqual(flowsAsked(lab).map(({ id, text }) => [id, text]), keeps ? [[-1, "win"]] : []);
    if (!keeps) continue;
    const flow = { text: "win", tokens: [{ text: "w", kind: "byte" }], position: 0, head: 0, heads: 1, zoom: "", steps: [],
      strips: { embedding: [0.5] }, attention: {}, logits: [0, 2], probabilities: [0.12, 0.88] };
    lab.tell({ kind: "flow", asked: flowsAsked(lab)[0].asked, flow, labels: ["ham", "spam"] });
    assert.match(lab.part("machine").textContent, /0\.88/);
    assert.doesNotMatch(lab.part("machine").textContent, /run -1/);
  }
  mock.timers.reset();
});
