// What the page is made of: elements, frames, the link, and the charts that both lab and explorers draw.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { fakeModel, makeElement, paintFrames } from "./dom.mjs";
import { groupPaths, nearestText } from "../../headswap/web/charts/cloud.js";
import { stepFrom } from "../../headswap/web/charts/cursor.js";
import { curves } from "../../headswap/web/charts/curves.js";
import { spotBy } from "../../headswap/web/charts/heat.js";
import { cellAt, cellName, matrix } from "../../headswap/web/charts/matrix.js";
import { h, put, s } from "../../headswap/web/elements.js";
import { guarded, scheduler } from "../../headswap/web/frames.js";
import { GONE, LATE, Link } from "../../headswap/web/link.js";
import { triangle } from "../../headswap/web/scales.js";

const OWN = "data-lm-suppress-shortcuts";

test("every element that can have the focus keeps its keys from JupyterLab", () => {
  for (const tag of ["input", "select", "button", "summary", "a", "textarea"]) assert.equal(h(tag).getAttribute(OWN), "true", tag);
  assert.equal(h("div", { tabindex: 0 }).getAttribute(OWN), "true");
  const svg = s("svg");
  assert.equal(svg.getAttribute(OWN), null);
  put(svg, { tabindex: 0 });
  assert.equal(svg.getAttribute(OWN), "true");
});

test("a part that throws says so in its own place, stops no other, and comes back", () => {
  const silent = mock.method(console, "error", () => {});
  const [first, second] = [h("div", {}, h("p", {}, "old")), h("div")];
  let broken = true;
  const paint = guarded(first, () => { if (broken) throw new Error("no such class"); });
  const frames = scheduler({ first: paint, second: guarded(second, () => second.append("drawn")) });
  frames.all();
  paintFrames();
  assert.equal(first.looking("hs-broken")[0].textContent, "This part could not be drawn: no such class.");
  assert.equal(first.getAttribute("data-broken"), "true");
  assert.equal(second.textContent, "drawn");
  frames.mark("first");
  paintFrames();
  assert.equal(first.looking("hs-broken").length, 1, "said once");
  broken = false;
  frames.mark("first");
  paintFrames();
  assert.deepEqual([first.textContent, first.getAttribute("data-broken")], ["old", null]);
  silent.mock.restore();
});

test("a value is saved once when a hand rests, and an order does not overtake it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const model = fakeModel({ threshold: 0.5 });
  const link = new Link(model, () => {});
  link.set("threshold", 0.6, 120);
  link.set("threshold", 0.7, 120);
  assert.deepEqual([model.saved, link.get("threshold")], [0, 0.7]);
  t.mock.timers.tick(120);
  assert.equal(model.saved, 1);
  link.set("threshold", 0.8, 120);
  link.flush();
  link.flush();
  assert.equal(model.saved, 2);
  t.mock.timers.tick(1000);
  assert.equal(model.saved, 2);
  link.set("threshold", 0.9, 120);
  link.close();
  assert.equal(model.saved, 3, "what was set is not lost with the view");
});

test("the echo of an earlier save takes nothing away that was typed since", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const model = fakeModel({ text: "" });
  const link = new Link(model, () => {});
  link.set("text", "hel", 120);
  t.mock.timers.tick(120);
  link.set("text", "hello", 120);
  model.set("text", "hel"); // what the kernel sends back
  assert.equal(link.get("text"), "hello");
  t.mock.timers.tick(120);
  assert.deepEqual([model.values.text, model.saved], ["hello", 2]);
  model.set("text", "from Python");
  assert.equal(link.get("text"), "from Python");
});

test("a kernel that does not answer is said to", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const said = [];
  const model = fakeModel({});
  const link = new Link(model, (sentence) => said.push(sentence));
  let waits = true;
  link.expect(() => waits, () => { waits = false; });
  t.mock.timers.tick(3000);
  assert.deepEqual([said, waits], [[LATE], false]);
  link.expect(() => waits, () => {});
  t.mock.timers.tick(3000);
  assert.equal(said.length, 1, "an answer came");
  model.send = () => { throw new Error("closed"); };
  link.send({ do: "stop" });
  assert.deepEqual(said, [LATE, GONE]);
});

test("nobody is called silent who was heard since", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const said = [];
  const link = new Link(fakeModel({}), (sentence) => said.push(sentence));
  link.expect(() => true);
  link.answered();
  t.mock.timers.tick(3000);
  assert.deepEqual(said, []);
});

test("the story is asked for once until it comes, and a closed view hears nothing", () => {
  const model = fakeModel({});
  const link = new Link(model, () => {});
  link.greet({ do: "hello" });
  link.greet({ do: "hello" });
  assert.equal(model.sent.length, 1);
  link.greeted();
  link.greet({ do: "hello" });
  assert.equal(model.sent.length, 2);
  link.listen("change:a", () => {});
  assert.equal(model.listening(), 1);
  link.close();
  assert.equal(model.listening(), 0);
});

test("a cell of two classes has its name, of more its place", () => {
  assert.deepEqual([[0, 0], [0, 1], [1, 0], [1, 1]].map(([i, j]) => cellName(i, j, 2)), ["tn", "fp", "fn", "tp"]);
  assert.equal(cellName(2, 0, 3), "2,0");
  assert.deepEqual(["tn", "fp", "fn", "tp", "9,1", "none"].map(cellAt), [[0, 0], [0, 1], [1, 0], [1, 1], [9, 1], null]);
});

const MATRIX = { kind: "matrix", title: "Verdicts", counts: [[60, 20], [20, 60]], names: ["ham", "spam"], chosen: "fn" };

test("a matrix of two classes says its counts, its shares and what is chosen", () => {
  const chosen = [];
  const { root, paint } = matrix({ name: "confusion" }, (name) => chosen.push(name));
  paint(MATRIX);
  const cell = root.named("true spam, predicted ham: 20, 25 % of all spam");
  assert.equal(cell.getAttribute("aria-pressed"), "true");
  cell.click();
  assert.deepEqual(chosen, ["fn"]);
  paint({ ...MATRIX, rival: [[61, 19], [20, 60]] });
  assert.ok(root.named("true ham, predicted ham: 60, 75 % of all ham, -1 against the pinned run"));
  assert.deepEqual(root.looking("hs-change").map((one) => one.textContent), ["−1", "+1", "±0", "±0"]);
  paint({ ...MATRIX, counts: null });
  assert.deepEqual(root.looking("hs-count").map((one) => one.textContent), ["–", "–", "–", "–"]);
});

test("a matrix takes two to ten classes, and keeps its buttons while their number stays", () => {
  const { root, paint } = matrix({ name: "confusion" }, () => {});
  for (const classes of [2, 3, 5, 10, 2]) {
    const names = Array.from({ length: classes }, (_, i) => `class ${i}`);
    const counts = names.map((_, i) => names.map((_, j) => (i === j ? 8 : 1)));
    paint({ ...MATRIX, counts, names, chosen: cellName(1, 0, classes) });
    const cells = root.tagged("button");
    assert.equal(cells.length, classes ** 2);
    assert.equal(cells.filter((cell) => cell.getAttribute("aria-pressed") === "true").length, 1);
    assert.equal(root.looking("hs-cell-right").length, classes);
    paint({ ...MATRIX, counts, names });
    assert.equal(root.tagged("button")[0], cells[0]);
    assert.equal(root.tagged("table").length, 1);
  }
});

test("a matrix whose cells do nothing has no buttons", () => {
  const { root, paint } = matrix({ name: "confusion" }, null);
  paint({ ...MATRIX, chosen: null });
  assert.equal(root.tagged("button").length, 0);
  assert.equal(root.named("true spam, predicted spam: 60, 75 % of all spam").getAttribute("role"), "img");
});

const LOSS = { kind: "curves", title: "Loss", x: "epoch", y: "loss (nats)", marks: [[2, 0.4, "best: 2"]], x_range: [0, 3],
  y_range: [0, 1], lines: [{ name: "training", points: [[1, 0.5], [2, 0.4], [3, null]] }] };

test("curves to look at are a picture with words; curves to walk along are a slider", () => {
  const still = curves({ name: "block-curves" });
  still.paint(LOSS);
  const picture = still.root.tagged("svg").find((svg) => svg.getAttribute("class") === "hs-plot");
  assert.equal(picture.getAttribute("aria-label"),
    "Loss: loss (nats) from 0 to 1, by epoch from 0 to 3; lines: training; marked: best: 2");
  const went = [];
  const walk = { to: (at) => went.push(at), leave: () => went.push("live"), hold: () => went.push("held") };
  const live = curves({ name: "curves" }, walk);
  const cursor = { at: 2, live: false, held: false, last: 3, readout: "epoch 2" };
  live.paint({ ...LOSS, cursor, legend: true, floor: { name: "best possible", value: 0.2, says: "least" } });
  const slider = live.root.named("Epoch shown");
  assert.deepEqual(["aria-valuenow", "aria-valuemax", "aria-valuetext"].map((name) => slider.getAttribute(name)), ["2", "3", "epoch 2"]);
  assert.deepEqual(live.root.looking("hs-key").map((key) => key.textContent), ["training", "best possible"]);
  slider.fire("keydown", { key: "ArrowLeft" });
  slider.fire("keydown", { key: "Escape" });
  slider.fire("click", { clientX: 400 });
  assert.equal(went[0], 1);
  assert.deepEqual([went[1], went[3]], ["live", "held"]);
  assert.ok(went[2] > 3);
});

test("a legend shows each line as it is drawn, over named places too", () => {
  const lines = [{ name: "kept", points: [[0, 0.5], [1, 0.6]] }, { name: "all", points: [[0, 0.9], [1, 0.9]], dash: true }];
  const { root, paint } = curves({ name: "block-curves" });
  paint({ ...LOSS, lines, marks: [], words: ["1", "64"], rule: 0 });
  const drawn = root.looking("hs-line").map((line) => line.getAttribute("class"));
  const said = root.looking("hs-key").map((key) => key.tagged("path")[0].getAttribute("class"));
  assert.deepEqual(said, ["hs-line hs-line-0", "hs-line hs-line-1 hs-dash"]);
  for (const look of said) assert.equal(drawn.filter((one) => one === look).length, 2, look);
});

test("keys lead along the lines and across the cells, and no further than their ends", () => {
  const at = { at: 2, last: 3 };
  assert.deepEqual(["ArrowLeft", "ArrowRight", "PageUp", "Home", "End", "x"].map((key) => stepFrom(key, at)), [1, 3, 3, 1, 3, null]);
  assert.equal(stepFrom("Home", { at: null, last: 1 }), null);
  const grid = { rows: ["a", "b"], columns: ["c", "d", "e"] };
  assert.deepEqual(["ArrowUp", "ArrowDown", "ArrowRight", "Home", "End", "x"].map((key) => spotBy(key, [0, 1], grid)),
    [[0, 1], [1, 1], [0, 2], [0, 0], [0, 2], null]);
});

test("ten groups have ten marks: no two share colour and shape", () => {
  const same = (v) => v;
  const marks = Array.from({ length: 10 }, (_, i) =>
    groupPaths({ name: "", mark: String(i), points: [[0, 0]], wrong: [false] }, same, same)[0]);
  const pairs = marks.map((path, i) => `${i % 8} ${path}`);
  assert.equal(new Set(pairs).size, 10);
  assert.ok(marks[8] !== marks[0] && marks[9] !== marks[1]);
});

test("a point is read out near the mouse, and outlined where it is wrong", () => {
  const same = (v) => v;
  const groups = [{ name: "ham", mark: "circle", points: [[10, 10]], wrong: [false], texts: ["hi"], shares: [0.25] },
    { name: "spam", mark: "triangle", points: [[40, 40]], wrong: [true], texts: ["win"], shares: [0.5] }];
  assert.equal(nearestText({ groups, share: "P(spam)" }, same, same, [12, 12]), "P(spam) 0.250: hi");
  assert.equal(nearestText({ groups, share: "P(spam)" }, same, same, [25, 25]), "");
  assert.deepEqual(groupPaths(groups[1], same, same), ["", triangle(40, 40, 3.8)]);
  const alone = groupPaths({ name: "yours", mark: "circle", points: [[0, 0]] }, same, same);
  assert.deepEqual([alone[0], alone[1] !== ""], ["", true]);
});

test("the fake page keeps order", () => {
  const root = makeElement("div");
  root.append("b");
  root.prepend("a");
  assert.equal(root.textContent, "ab");
});
