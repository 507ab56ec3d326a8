// F1 against perplexity: mouse and keys name a run, a click chooses it, and a run that moves is the same mark.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openedWidget } from "./dom.mjs";
import widget from "../../headswap/explorers/explorer.js";
import { inOrder, nearestRun, trade, tradeText, walked } from "../../headswap/web/charts/trade.js";

const run = (name, seed, group, x, y) => ({ name, seed, group, x, y, says: `${name} ${seed}` });
const RUNS = [run("full", 0, 1, 30, 0.9), run("full", 1, 1, 20, 0.88), run("head-only", 0, 0, 2, 0.86), run("lora", 0, 0, 2, 0.89)];
const SPEC = { kind: "trade", title: "F1 against perplexity", x: "perplexity", y: "F1", x_range: [1, 100], y_range: [0.8, 1],
  groups: [{ name: "frozen", mark: "circle" }, { name: "learns", mark: "diamond" }], runs: RUNS,
  chosen: { name: "full", seed: 1 }, rule: 2, rule_name: "before any run" };
const same = (value) => value;

/** The chart, what it has chosen, and its picture. */
function drawn(spec = SPEC) {
  const chosen = [];
  const chart = trade({ name: "block-trade" }, (one) => chosen.push(one));
  chart.paint(spec);
  return { ...chart, chosen, said: () => chart.root.looking("hs-readout")[0].textContent };
}

test("arrow keys walk from left to right, and from below where runs lie at one place", () => {
  assert.deepEqual(inOrder(RUNS), [2, 3, 1, 0]);
  assert.equal(walked("ArrowRight", RUNS, 3), 1);
  assert.equal(walked("ArrowLeft", RUNS, 2), 2, "the first stays the first");
  assert.equal(walked("End", RUNS, 2), 0);
  assert.equal(walked("a", RUNS, 2), null);
});

test("the nearest run within reach is named, and none beyond", () => {
  const at = (x, y) => nearestRun({ ...SPEC, runs: [run("a", 0, 0, 10, 10), run("b", 0, 0, 20, 10)] }, same, same, [x, y]);
  assert.deepEqual([at(11, 10), at(18, 10), at(40, 10), at(10, 30)], [0, 1, -1, -1]);
});

test("of runs in one place the chosen one is named", () => {
  const runs = [run("a", 0, 0, 10, 10), run("b", 0, 0, 10, 10)];
  const named = (name) => nearestRun({ ...SPEC, runs, chosen: { name, seed: 0 } }, same, same, [12, 10]);
  assert.deepEqual([named("a"), named("b"), named("c")], [0, 1, 0]);
});

test("keys name a run for the eye and for a screen reader, and Enter chooses it", () => {
  const { svg, chosen, said } = drawn();
  svg.fire("keydown", { key: "ArrowLeft" });
  assert.equal(said(), "lora 0", "it starts at the chosen one");
  assert.equal(svg.getAttribute("aria-valuetext"), "lora 0");
  svg.fire("keydown", { key: "Enter" });
  assert.deepEqual(chosen.map(({ name, seed }) => [name, seed]), [["lora", 0]]);
});

test("a chosen run sets the explorer's regime and seed", () => {
  const { model, el } = openedWidget(widget, { title: "Lost", controls: [], value: { regime: "full", seed: 1, texts: "own" }, shown: [SPEC] });
  const svg = el.looking("hs-trade")[0];
  svg.fire("keydown", { key: "Home" });
  svg.fire("keydown", { key: " " });
  assert.deepEqual(model.values.value, { regime: "head-only", seed: 0, texts: "own" });
});

test("a run that moves is the same mark at another place, so that it can be followed", () => {
  const { root, paint } = drawn();
  const marks = () => root.looking("hs-traded")[0].children;
  const [before, place] = [marks()[0], marks()[0].style.transform];
  paint({ ...SPEC, runs: RUNS.map((one) => ({ ...one, x: 2 })) });
  assert.equal(marks()[0], before);
  assert.notEqual(marks()[0].style.transform, place);
});

test("shape tells what colour tells, an outline tells the chosen regime, and a target its seed", () => {
  const { root } = drawn();
  const marks = root.looking("hs-traded")[0].children.map((one) => [/a/.test(one.getAttribute("d")), /hs-wrong/.test(one.getAttribute("class"))]);
  assert.deepEqual(marks, [[false, true], [false, true], [true, false], [true, false]]);
  assert.equal(root.looking("hs-target").length, 1);
});

test("the picture says in words how many runs there are of each kind, and where the rule is", () => {
  assert.equal(tradeText(SPEC), "F1 against perplexity: F1 by perplexity, 4 runs; frozen, 2; learns, 2; before any run at 2");
});
