// The lab as a whole, on a page that is none.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { fakeModel, makeElement, paintFrames } from "./dom.mjs";
import { answer, epoch, heard, run } from "./runs.mjs";
import widget from "../../headswap/lab/view.js";

const TEXTS = { d: [["hi", 0], ["win", 1]] };
const TRAITS = { regime: "head-only", pool: "mean", epochs: 3, learning_rate: null, messages: 640, max_len: 32, seed: 0,
  data: "fixture", head: "", batch_size: 32, schedule: "", causal: true, encoding: "", positive: "", threshold: 0.5,
  choices: { regimes: [{ name: "head-only", summary: "the head", rate: 0.01, schedule: "cosine" }], pools: [], heads: [], schedules: [] },
  controls: null, locked: [], question: "", answers: [], files: [], kept: {}, text_column: "", label_column: "" };

function opened(traits = {}, more = {}) {
  const [model, el] = [Object.assign(fakeModel({ ...TRAITS, ...traits }), more), makeElement("div")];
  const close = widget.render({ model, el });
  paintFrames();
  return { model, el, close, told: 0, part: (name) => el.all().find((node) => node.attributes["data-hs"] === name) };
}

/** Tell the lab of these things in order, and let it paint. */
function tell(lab, ...news) {
  for (const one of news) lab.model.tell("msg:custom", { n: ++lab.told, ...one });
  paintFrames();
}

test("before the first epoch nothing is counted as wrong", () => {
  const lab = opened();
  assert.equal(lab.part("messages").tagged("h4")[0].textContent, "Wrong");
  assert.match(lab.part("messages").textContent, /Messages appear with the first epoch/);
  const done = run(1, { epochs: [epoch(1, 0.5, { p: [100, 200] })] });
  tell(lab, { kind: "run", run: done, messages: TEXTS });
  assert.equal(lab.part("messages").tagged("h4")[0].textContent, "Wrong: 1 · epoch 1");
});

test("a run's own labels name the positive class everywhere", () => {
  const lab = opened();
  const fraud = run(1, { label_names: ["legit", "fraud"], epochs: [epoch(1, 0.5, { p: [600, 200] })] });
  tell(lab, { kind: "run", run: fraud, messages: TEXTS }, answer("pay now", heard(1, [0.3, 0.7])));
  assert.match(lab.part("metrics").textContent, /fraud is positive/);
  assert.equal(lab.part("messages").looking("hs-p")[0].getAttribute("title"), "P(fraud)");
  assert.match(lab.part("try").textContent, /P\(fraud\) 0.700 → fraud · epoch 1/);
  assert.ok(lab.part("try").named("P(fraud)"));
  const fold = lab.part("scatter").tagged("details")[0];
  fold.open = true;
  fold.fire("toggle");
  assert.deepEqual(fold.tagged("th").map((head) => head.textContent), ["message", "label", "P(fraud)", "x", "y"]);
  assert.doesNotMatch(lab.el.textContent, /spam|\bham\b/);
});

test("a panel that cannot be drawn leaves the others alone", () => {
  const silent = mock.method(console, "error", () => {});
  const lab = opened();
  tell(lab, { kind: "run", run: run(1, { epochs: [epoch(1, 0.5, { xy: null })] }) });
  assert.match(lab.part("scatter").textContent, /This part could not be drawn: .*\./);
  assert.equal(lab.part("confusion").looking("hs-broken").length, 0);
  assert.match(lab.part("runs").textContent, /1 · 1 of 3/);
  silent.mock.restore();
});

test("every control of the lab keeps its keys from JupyterLab", () => {
  const lab = opened();
  tell(lab, { kind: "run", run: run(1, { epochs: [epoch(1, 0.5)] }) });
  const tags = ["input", "select", "button", "summary"];
  const focusable = lab.el.all().filter((node) => tags.includes(node.tag) || "tabindex" in node.attributes);
  assert.ok(focusable.length > 30);
  const open = focusable.filter((node) => node.getAttribute("data-lm-suppress-shortcuts") !== "true");
  assert.deepEqual(open.map((node) => node.tag), []);
});

test("an answer to the learner is not wiped away by the news of a run, and then makes room", () => {
  const clock = mock.method(performance, "now", () => now);
  let now = 1000;
  const training = { kind: "state", phase: "training", sentence: "run 1: epoch 3 of 200", done: 0.1 };
  const lab = opened();
  tell(lab, training, { kind: "said", sentence: "bad.csv has one column", wrong: true });
  now += 2000;
  tell(lab, training);
  assert.match(lab.part("status").textContent, /bad.csv has one column/);
  assert.equal(lab.part("status").getAttribute("data-failed"), "yes");
  now += 5000;
  tell(lab, training);
  assert.match(lab.part("status").textContent, /epoch 3 of 200/);
  assert.equal(lab.part("status").getAttribute("data-failed"), null);
  clock.mock.restore();
});

test("that the kernel is busy is said until it answers", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const lab = opened({}, { widget_manager: { kernel: { status: "busy" } } });
  mock.timers.tick(3100);
  paintFrames();
  assert.match(lab.part("status").textContent, /busy with another cell/);
  tell(lab, { kind: "history", n: 0, runs: [], current: null, messages: {} });
  mock.timers.tick(1100);
  assert.doesNotMatch(lab.part("status").textContent, /busy/);
  mock.timers.reset();
});

test("a text waits for no model where there is none, and a reset takes the verdict with it", () => {
  const lab = opened();
  const field = lab.part("try").tagged("input")[0];
  field.value = "win";
  field.fire("input");
  paintFrames();
  assert.match(lab.part("try").textContent, /Press Train first/);
  tell(lab, { kind: "run", run: run(1, { epochs: [epoch(1, 0.5)] }) }, answer("win", heard(1, [0.2, 0.8])));
  assert.match(lab.part("try").textContent, /0\.800 → spam/);
  tell(lab, { kind: "cleared" });
  assert.doesNotMatch(lab.part("try").textContent, /0\.800/);
});

test("keys that are faster than the screen hold the epoch that they chose", () => {
  const lab = opened();
  tell(lab, { kind: "run", run: run(1, { epochs: [epoch(1, 0.5), epoch(2, 0.4), epoch(3, 0.3)] }) });
  const slider = lab.part("curves").all().find((node) => node.getAttribute("role") === "slider");
  for (const key of ["ArrowLeft", "ArrowLeft", "ArrowRight", "Enter"]) slider.fire("keydown", { key });
  slider.fire("blur");
  paintFrames();
  assert.match(lab.part("curves").textContent, /epoch 2: .*held/);
});

test("Train sends the settings as they are seen, and a closed view lets go of the model", () => {
  const lab = opened();
  lab.el.looking("hs-do-train")[0].click();
  const { do: what, settings } = lab.model.sent.at(-1);
  assert.deepEqual([what, settings.regime, settings.epochs, settings.threshold], ["train", "head-only", 3, 0.5]);
  lab.close();
  assert.equal(lab.model.listening(), 0);
});

const THREE = { label_names: ["bill", "love", "work"], truths: "0121", data_key: "three" };
const ofThree = (said, shares) => epoch(1, 0.5, { said, p: shares.flat(), xy: [0, 0, 1, 1, 2, 2, 3, 3] });

test("three classes have a matrix of nine cells, mean scores, and each one a threshold against the rest", () => {
  const lab = opened();
  const shares = [[800, 100, 100], [300, 600, 100], [100, 500, 400], [200, 700, 100]];
  tell(lab, { kind: "run", run: run(1, { ...THREE, epochs: [ofThree("0111", shares)] }),
    messages: { three: [["pay", 0], ["kiss", 1], ["desk", 2], ["hug", 1]] } },
  answer("a kiss", heard(1, [0.1, 0.7, 0.2])));
  assert.equal(lab.part("confusion").looking("hs-cell").length, 9);
  assert.match(lab.part("metrics").textContent, /mean over the classes/);
  assert.match(lab.part("metrics").textContent, /accuracy0\.750/);
  assert.match(lab.part("messages").textContent, /Wrong: 1 .*work.*desk/s);
  assert.match(lab.part("try").textContent, /P\(love\) 0\.700 → love/);
  const choice = lab.part("confusion").tagged("select").find((one) => one.id.endsWith("-against"));
  choice.value = "2";
  choice.fire("change");
  paintFrames();
  assert.equal(lab.part("confusion").looking("hs-cell").length, 4);
  assert.match(lab.part("metrics").textContent, /work is positive/);
  assert.match(lab.part("try").textContent, /P\(work\) 0\.200 → not work/);
});

test("runs trained before a bet was made stay hidden until it is", () => {
  const lab = opened({ question: "Which is higher?", answers: ["one", "the other"] });
  tell(lab, { kind: "run", run: run(1, { epochs: [epoch(1, 0.5)] }), messages: TEXTS });
  assert.match(lab.part("diagnosis").textContent, /Choose an answer first/);
  assert.equal(lab.part("runs").looking("hs-link").length, 0);
  assert.match(lab.part("metrics").textContent, /accuracy–/);
  const choice = lab.el.tagged("select")[0];
  choice.value = "one";
  choice.fire("change");
  paintFrames();
  assert.equal(lab.part("runs").looking("hs-link").length, 1);
});

test("what a page shows and has not heard is asked for once", () => {
  const lab = opened();
  const brief = run(1, { whole: false, data_key: "old", epochs: [epoch(1, 0.5, { p: [], xy: [] }), epoch(2, 0.4)] });
  lab.model.tell("msg:custom", { kind: "history", n: 5, runs: [brief], current: 1, state: { phase: "idle", sentence: "ready", done: 0 }, messages: {} });
  lab.told = 5;
  paintFrames();
  const wants = () => lab.model.sent.filter((order) => order.do === "want");
  assert.deepEqual(wants(), [{ do: "want", runs: [1], data: ["old"] }]);
  tell(lab, { kind: "state", phase: "idle", sentence: "ready", done: 0 });
  assert.equal(wants().length, 1);
  tell(lab, { kind: "told", runs: [{ ...brief, whole: true, epochs: [epoch(1, 0.5), epoch(2, 0.4)] }], messages: { old: TEXTS.d } });
  assert.equal(wants().length, 1);
});

test("a number that is being typed is left alone until Enter or leaving", () => {
  const lab = opened();
  const seed = lab.el.all().find((node) => node.tag === "input" && node.id?.endsWith("-seed"));
  seed.value = "12";
  seed.fire("input");
  tell(lab, { kind: "run", run: run(1, { epochs: [epoch(1, 0.5)] }) }, { kind: "end", id: 1, outcome: "done", diagnosis: "" });
  lab.model.tell("change:seed");
  paintFrames();
  assert.deepEqual([seed.value, lab.model.values.seed], ["12", 0]);
  seed.value = "12345";
  seed.fire("keydown", { key: "Enter" });
  assert.equal(lab.model.values.seed, 12345);
  seed.value = "7";
  seed.fire("input");
  seed.fire("blur");
  assert.equal(lab.model.values.seed, 7);
});

test("a kernel that ends is told, and nothing is left running", async () => {
  const heard = [];
  const kernel = { status: "idle", statusChanged: { connect: (work) => heard.push(work), disconnect: () => heard.pop() } };
  const lab = opened({}, { widget_manager: { kernel } });
  tell(lab, { kind: "run", run: run(1, { epochs: [epoch(1, 0.5)] }) }, { kind: "state", phase: "training", sentence: "", done: 0 });
  heard[0](null, "restarting");
  paintFrames();
  assert.match(lab.part("status").textContent, /The kernel was restarted: run this cell again/);
  assert.match(lab.part("runs").textContent, /lost with the kernel/);
  assert.equal(lab.el.looking("hs-do-stop")[0].getAttribute("aria-disabled"), "true");
  tell(lab, { kind: "line", line: "Lab()" }, { kind: "said", sentence: "late news", wrong: false });
  await new Promise((after) => setTimeout(after));
  paintFrames();
  assert.match(lab.part("status").textContent, /^The kernel was restarted/, "whatever is said afterwards");
  lab.close();
  assert.equal(heard.length, 0);
});
