// What a new person stumbles over: what a picture, a message or a key must not do.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { openedWidget, paintFrames } from "./dom.mjs";
import { answer, epoch, heard, run } from "./runs.mjs";
import widget from "../../headswap/lab/view.js";
import { addsUp } from "../../headswap/lab/panels/words.js";
import { machine } from "../../headswap/web/charts/machine.js";
import { sharesOf } from "../../headswap/web/charts/matrix.js";

const layer = (key, name, more = {}) => ({ key, name, detail: "", weights: 4, learns: 0, rate: null,
  origin: "pretrained", once: true, moved: null, parts: [], ...more });
const MACHINE = { kind: "machine", title: "The machine", key: "K", tuned: 0.002, swapped: true, labels: ["ham", "spam"],
  code: "Regime()", summary: "4 of 12 weights learn.", choices: { rates: [0, 1] }, flow: null,
  old: { name: "Language-model head", rows: 260, weights: 9 },
  layers: [layer("embedding", "Embeddings"), layer("block[0]", "Block 1"),
    layer("head", "Head", { learns: 4, rate: 1, origin: "new", once: false, rows: 2 })] };
const TRAITS = { regime: "head-only", pool: "mean", epochs: 3, learning_rate: null, messages: 640, max_len: 32, seed: 0,
  data: "fixture", head: "", batch_size: 32, schedule: "", causal: true, encoding: "", positive: "", threshold: 0.5,
  choices: { regimes: [], pools: [], heads: [], schedules: [] }, controls: null, locked: [], question: "", answers: [],
  files: [], kept: {}, text_column: "", label_column: "", folds: [], present: false, rates: {}, machine: MACHINE };
const TEXTS = { d: [["hi", 0], ["win", 1]] };
const EPOCHS = [epoch(1, 0.5), epoch(2, 0.4), epoch(3, 0.3)];

function opened(traits = {}) {
  const { model, el, tell, part } = openedWidget(widget, { ...TRAITS, ...traits });
  const key = (name, target = el) => {
    el.fire("keydown", { key: name, target, stopPropagation() {} });
    paintFrames();
  };
  const type = (text) => {
    const field = part("try").tagged("input")[0];
    field.value = text;
    field.fire("input");
    paintFrames();
  };
  return { model, el, tell, part, key, type, says: (name) => part(name).textContent };
}

const done = (id, more = {}) => ({ kind: "run", messages: TEXTS,
  run: run(id, { machine: "K", outcome: "done", epochs: EPOCHS, diagnosis: "It has settled.", ...more }) });
const state = (phase) => ({ kind: "state", phase, sentence: "", done: 0 });

for (const button of ["Train", "Step"])
  test(`${button} glues the new head on, so that what learns is what one sees`, () => {
    const lab = opened();
    lab.part("machine").looking("hs-m-swap")[0].click();
    paintFrames();
    const head = () => lab.el.all().find((node) => node.attributes["data-key"] === "head").attributes["data-state"];
    assert.equal(head(), "waiting");
    lab.el.looking(`hs-do-${button.toLowerCase()}`)[0].click();
    paintFrames();
    assert.equal(head(), "learns");
  });

test("a bar grows with what its own part has moved, whatever the others do", () => {
  const chart = machine({ name: "machine" }, {});
  const width = (block, head) => {
    const [embedding, one, top] = MACHINE.layers;
    chart.paint({ ...MACHINE, layers: [embedding, { ...one, moved: block }, { ...top, moved: head }] });
    const box = chart.root.all().find((node) => node.getAttribute("data-key") === "block[0]");
    assert.match(box.looking("hs-m-moved")[0].getAttribute("title"), /full when they've moved by their own size/);
    return Number(/[\d.]+/.exec(box.looking("hs-m-bar")[0].getAttribute("style"))[0]);
  };
  const widths = [width(0.24, 10), width(0.37, 30), width(0.44, 70), width(1, 70), width(3, 70)];
  assert.deepEqual(widths, [24, 37, 44, 100, 100]);
});

test("the least loss there is has a name that says it is of the training messages: validation may lie below", () => {
  const lab = opened();
  lab.tell(done(1, { floor: 0.2 }));
  assert.match(lab.says("curves"), /training floor/);
});

test("Escape ends the presentation, but first what else it can undo", () => {
  const lab = opened({ present: true });
  lab.tell(done(1));
  const scrubber = lab.part("play").tagged("input")[0];
  scrubber.value = "2";
  scrubber.fire("input");
  paintFrames();
  lab.key("Escape");
  assert.equal(lab.model.values.present, true, "an epoch was held");
  lab.key("Escape", scrubber);
  assert.equal(lab.model.values.present, true, "who types is left alone");
  lab.key("Escape");
  assert.equal(lab.model.values.present, false);
});

test("the lab itself can take the focus, and Escape closes the look inside a block from its own button", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const lab = opened();
  assert.equal(lab.el.getAttribute("tabindex"), "-1");
  lab.tell(done(1), state("idle"));
  lab.type("win");
  mock.timers.tick(200);
  paintFrames();
  const flow = (zoom) => ({ text: "win", tokens: [{ text: "w", kind: "byte" }], position: 0, head: 0, heads: 1, zoom,
    steps: [], strips: { "block[0]": [0.5] }, attention: {}, logits: [0, 2], probabilities: [0.1, 0.9] });
  const answered = (zoom) => {
    const { asked } = lab.model.sent.filter((order) => order.do === "flow").at(-1);
    assert.equal(JSON.parse(asked)[5], zoom);
    lab.tell({ kind: "flow", asked, flow: flow(zoom), labels: ["ham", "spam"] });
  };
  answered("");
  const inside = lab.part("machine").named("Look inside Block 1");
  inside.click();
  paintFrames();
  answered("block[0]");
  const zoom = lab.part("machine").looking("hs-m-zoom")[0];
  assert.equal(zoom.hidden, false);
  zoom.tagged("button")[0].focus();
  lab.key("Escape", inside);
  answered("");
  assert.equal(zoom.hidden, true);
  assert.equal(document.activeElement, inside, "nothing that is hidden keeps the keys");
  mock.timers.reset();
});

test("Try says what to do where no run is in view, and of nothing that is not in sight", () => {
  const lab = opened();
  lab.type("win");
  assert.match(lab.says("try"), /Press Train first\.$|Press Train first\.[^:]/);
  assert.doesNotMatch(lab.says("try"), /recorded/);
  lab.type("");
  assert.doesNotMatch(lab.says("try"), /Example shows/);
  assert.match(lab.part("try").tagged("input")[0].getAttribute("placeholder"), /Send us your PIN/);
  lab.tell(done(1));
  assert.match(lab.says("try"), /Type anything/);
  assert.doesNotMatch(lab.says("try"), /Example shows/, "that link comes with the mouse");
  lab.type("win");
  const line = lab.part("try").all().find((node) => /^It has only seen polite scams/.test(node.textContent));
  const invented = () => !line.hidden;
  assert.equal(invented(), false, "nothing has been answered yet");
  lab.tell(answer("win", heard(1, [0.2, 0.8])));
  assert.equal(invented(), true);
  lab.tell(done(2, { settings: { data: "mine.csv" } }), answer("win", heard(2, [0.2, 0.8])));
  assert.equal(invented(), false, "messages of one's own are not invented");
});

test("words that speak against the verdict when they are added up are said to", () => {
  const piece = (effect, strong = true) => ({ read: "", unread: "", effect, part: 1, strong });
  const verdict = (positive) => ({ p: 0.5, name: "", verdict: "", positive, sought: 1 });
  assert.equal(addsUp([piece(2), piece(-1)], verdict(true)), true);
  assert.equal(addsUp([piece(2), piece(-1)], verdict(false)), false);
  assert.equal(addsUp([piece(-2), piece(3, false)], verdict(true)), false, "only those that have a number");
  assert.equal(addsUp([piece(0.01, false)], verdict(false)), true);
});

test("a run with the settings of the one before says why its curve is the same", () => {
  const lab = opened();
  const next = () => lab.el.looking("hs-next")[0].textContent;
  const settings = { epochs: 3 };
  lab.tell(done(1, { line: "Lab()", settings }));
  assert.doesNotMatch(next(), /same curve/);
  lab.tell(done(2, { line: "Lab()", settings }));
  assert.match(next(), /Same settings and seed, so the same curve: change the regime/);
  lab.tell(done(3, { line: "Lab(seed=1)", settings }));
  assert.doesNotMatch(next(), /same curve/);
});

test("a reset from this page brings what it says into view, once; one from elsewhere scrolls nothing", () => {
  const lab = opened();
  lab.tell(done(1));
  let scrolls = 0;
  lab.part("diagnosis").scrollIntoView = () => { scrolls += 1; };
  lab.tell({ kind: "cleared", undo: "reset" }, done(1));
  assert.equal(scrolls, 0);
  lab.el.looking("hs-do-reset")[0].click();
  paintFrames();
  assert.equal(scrolls, 0, "nothing has come of it yet");
  lab.tell({ kind: "cleared", undo: "reset" });
  assert.equal(scrolls, 1);
  lab.tell(state("idle"));
  assert.equal(scrolls, 1);
});

test("the machine tells that its parts can be clicked, and not where that is locked", () => {
  const hint = (lab) => lab.part("machine").all().find((node) => node.textContent === "click to freeze or thaw");
  const lab = opened();
  assert.equal(hint(lab).hidden, false);
  const plates = lab.part("machine").looking("hs-m-plate");
  plates.find((node) => node.getAttribute("aria-label").startsWith("Block 1")).click();
  paintFrames();
  assert.equal(hint(lab).hidden, false, "what goes away would move what is below it");
  assert.equal(hint(opened({ locked: ["regime"] })).hidden, true);
});

test("what comes and goes keeps its room: the bar that replays is there, unseen, before there is a run", () => {
  const lab = opened();
  assert.ok(!lab.part("play").hidden && "data-idle" in lab.part("play").attributes);
  lab.tell(done(1));
  assert.ok(!("data-idle" in lab.part("play").attributes));
});

test("what is said of an epoch in the middle says which one it is of", () => {
  const lab = opened();
  const epochs = [{ ...EPOCHS[0], diagnosis: "It's still improving." }, ...EPOCHS.slice(1)];
  lab.tell(done(1, { epochs }));
  assert.match(lab.says("diagnosis"), /^It has settled/);
  const scrubber = lab.part("play").tagged("input")[0];
  scrubber.value = "1";
  scrubber.fire("input");
  paintFrames();
  assert.match(lab.says("diagnosis"), /^At epoch 1: it's still improving\./);
  assert.match(lab.says("status"), /in the end: it has settled$/);
});

test("a score at another threshold says so, and what the run before it had stands beside", () => {
  const lab = opened({ threshold: 0.9 });
  lab.tell(done(1));
  assert.match(lab.says("confusion"), /At threshold 0\.90/);
  assert.doesNotMatch(lab.says("confusion"), /run 1:/);
  lab.tell(done(2, { line: "Lab(seed=1)" }));
  assert.match(lab.says("confusion"), /on 2 validation messages; F1 of run 1: \d\.\d{3}/);
  lab.model.values.threshold = 1;
  lab.model.tell("change:threshold");
  paintFrames();
  assert.match(lab.says("confusion"), /It calls all of them ham/);
});

test("a chosen cell leads to its messages", () => {
  const lab = opened();
  lab.tell(done(1));
  lab.part("confusion").looking("hs-cell-tp")[0].click();
  paintFrames();
  const read = lab.part("confusion").all().find((node) => /^Read th/.test(node.textContent) && node.tag === "button");
  read.click();
  paintFrames();
  assert.deepEqual(lab.model.values.folds, ["messages"]);
});

test("whoever would train what the recorded run was is told so before, and afterwards", () => {
  const lab = opened();
  const next = () => lab.el.looking("hs-next")[0].textContent;
  const recorded = run(-1, { recorded: true, line: "Lab()", epochs: EPOCHS, planned: 3, regime: "head-only", pool: "mean", seed: 0, outcome: "done", keeps: true });
  lab.tell({ kind: "history", runs: [recorded], messages: TEXTS });
  paintFrames();
  assert.match(next(), /would repeat this recorded run/);
  lab.tell(done(1, { line: "Lab()", settings: { epochs: 3 } }));
  assert.match(next(), /so the same curve/);
  assert.doesNotMatch(lab.says("confusion"), /F1 of/, "the same run again is no other one");
});

test("a message that changes sides with the next run says what the one before made of it", () => {
  const lab = opened();
  lab.tell(done(1, { line: "Lab()" }));
  lab.type("win");
  lab.tell(answer("win", heard(1, [0.2, 0.8])));
  assert.doesNotMatch(lab.says("try"), /said/);
  lab.tell(done(2, { line: "Lab(regime='full')" }), answer("win", heard(2, [0.9, 0.1])));
  assert.match(lab.says("try"), /P\(spam\) 0\.100 → ham.*Run 1 said spam \(0\.800\)\./);
});

test("P within a text presents nothing", () => {
  const lab = opened();
  for (const letter of "sexy p") lab.key(letter);
  assert.equal(lab.model.values.present, false);
});

test("the shares of a row add up to a hundred", () => {
  assert.deepEqual(sharesOf([66, 14]), ["83 %", "17 %"]);
  assert.deepEqual(sharesOf([1, 1, 1]), ["34 %", "33 %", "33 %"]);
  assert.deepEqual(sharesOf([0, 0]), ["0 %", "0 %"]);
  assert.deepEqual(sharesOf([999, 1]), ["100 %", "0.10 %"]);
});

test("a comparison under way says on the other face why Train waits", () => {
  const lab = opened();
  const plan = { candidates: [], planned: 10, regimes: [], values: [], seeds: 5, vary: "", tests: [], judged: {}, names: [] };
  lab.tell({ kind: "contest", contest: { plan, runs: [], cells: [], rival: 0, test: "", phase: "running", sentence: "", done: 3, left: null } });
  assert.match(lab.el.looking("hs-next")[0].textContent, /3 of 10 runs\. You can train when that's done/);
});

test("what the learner has come from is the run of other settings, be it recorded or not", () => {
  const lab = opened();
  const recorded = (id, regime, line, more) => run(id, { recorded: true, line, regime, pool: "mean", seed: 0, planned: 3, epochs: EPOCHS, outcome: "done", ...more });
  lab.tell({ kind: "history", runs: [recorded(-1, "head-only", "Lab()", { keeps: true }), recorded(-2, "full", "Lab(regime='full')")], messages: TEXTS });
  paintFrames();
  lab.type("win");
  lab.tell(answer("win", heard(-1, [0.2, 0.8])));
  lab.model.values.regime = "full";
  lab.model.tell("change:regime");
  paintFrames();
  assert.match(lab.el.looking("hs-next")[0].textContent, /Train runs it again/);
  lab.tell(done(1, { line: "Lab(regime='full')", regime: "full", settings: { regime: "full", epochs: 3 } }), answer("win", heard(1, [0.9, 0.1])));
  assert.match(lab.says("try"), /The recorded run said spam \(0\.800\)/);
  assert.match(lab.says("confusion"), /F1 of the recorded run: \d/);
});

test("of a run on one's own messages nobody says that its messages were invented, at whatever epoch", () => {
  const lab = opened();
  lab.tell(done(1, { settings: { data: "mine.csv" } }));
  lab.type("win");
  lab.tell(answer("win", heard(1, [0.2, 0.8], { epoch: 3 })));
  const scrubber = lab.part("play").tagged("input")[0];
  scrubber.value = "1";
  scrubber.fire("input");
  paintFrames();
  assert.match(lab.says("try"), /this answer is from epoch 3/);
  assert.doesNotMatch(lab.part("try").all().filter((node) => !node.hidden).map((node) => node.textContent).join(), /invented/);
});
