// The lab as a whole, on a page that is none.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { fakeModel, makeElement, paintFrames } from "./dom.mjs";
import { epoch, run } from "./runs.mjs";
import widget from "../../headswap/lab/view.js";

const TRAITS = { regime: "head-only", pool: "mean", epochs: 3, learning_rate: null, messages: 640, max_len: 32, seed: 0,
  data: "fixture", head: "", batch_size: 32, schedule: "", causal: true, encoding: "", positive: "", threshold: 0.5,
  choices: { regimes: [{ name: "head-only", summary: "the head", rate: 0.01, schedule: "cosine" }], pools: [], heads: [], schedules: [] },
  controls: null, locked: [], question: "", answers: [], state: { phase: "idle", sentence: "ready", done: 0 }, finished: [] };

function opened(traits = {}) {
  const [model, el] = [fakeModel({ ...TRAITS, ...traits }), makeElement("div")];
  const close = widget.render({ model, el });
  paintFrames();
  return { model, el, close, part: (name) => el.all().find((node) => node.attributes["data-hs"] === name) };
}

/** Tell the lab of these things in order, and let it paint. */
function tell(lab, ...news) {
  news.forEach((one, i) => lab.model.tell("msg:custom", { n: i + 1, ...one }));
  paintFrames();
}

test("before the first epoch nothing is counted as wrong", () => {
  const lab = opened();
  assert.equal(lab.part("messages").tagged("h4")[0].textContent, "Wrong");
  assert.match(lab.part("messages").textContent, /Messages appear with the first epoch/);
  const done = run(1, { epochs: [epoch(1, 0.5, { p: [100, 200] })] });
  tell(lab, { kind: "run", run: done });
  assert.equal(lab.part("messages").tagged("h4")[0].textContent, "Wrong: 1 · epoch 1");
});

test("a run's own labels name the positive class everywhere", () => {
  const lab = opened();
  const fraud = run(1, { label_names: ["legit", "fraud"], epochs: [epoch(1, 0.5, { p: [600, 200] })] });
  tell(lab, { kind: "run", run: fraud }, { kind: "answer", text: "pay now", p: 0.7, id: 1, epoch: 1 });
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

test("Train sends the settings as they are seen, and a closed view lets go of the model", () => {
  const lab = opened();
  lab.el.looking("hs-do-train")[0].click();
  const { do: what, settings } = lab.model.sent.at(-1);
  assert.deepEqual([what, settings.regime, settings.epochs, settings.threshold], ["train", "head-only", 3, 0.5]);
  lab.close();
  assert.equal(lab.model.listening(), 0);
});
