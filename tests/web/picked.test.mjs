// One message, marked everywhere: the lists, the cloud, and two runs against each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeModel, makeElement, paintFrames } from "./dom.mjs";
import { epoch, run } from "./runs.mjs";
import { freshLook, shownOf } from "../../headswap/lab/look.js";
import { cloudSpec } from "../../headswap/lab/panels/cloud.js";
import { againstCounts, cellIn, chosenIn, listedOf } from "../../headswap/lab/picked.js";
import { intervals } from "../../headswap/lab/scores.js";
import { emptyStore, takeRuns } from "../../headswap/lab/store.js";
import widget from "../../headswap/lab/view.js";

const TEXTS = [["hi", 0], ["win", 1], ["lunch", 0], ["prize", 1]];
const XY = [0, 0, 500, 0, 0, 500, 500, 500];
// Of the four, run 1 has "win" and "lunch" wrong, run 2 "lunch" and "prize".
const ran = (id, p, more = {}) => run(id, { truths: "0101", epochs: [epoch(1, 0.5, { p, xy: XY })], ...more });
const FIRST = ran(1, [100, 200, 900, 800], { pinned: true, label: "head-only" });
const SECOND = ran(2, [100, 600, 700, 400], { label: "full" });
const indexes = (rows) => rows.map(({ index }) => index);

const shownWith = (look, runs = [FIRST, SECOND]) =>
  shownOf({ ...takeRuns(emptyStore(), runs), messages: { d: TEXTS }, current: 2 }, { ...freshLook(), ...look }, 0.5, intervals);

test("fixed is what only this run has right, broken what only its rival has right", () => {
  assert.deepEqual(indexes(listedOf(shownWith({ chosen: "fixed" }))), [1]);
  assert.deepEqual(indexes(listedOf(shownWith({ chosen: "broken" }))), [3]);
  assert.deepEqual(againstCounts(shownWith({})), { fixed: 1, broken: 1 });
  assert.deepEqual(listedOf(shownWith({ chosen: "fixed" }))[0].rival, { guess: 0, p: 0.2 });
  assert.deepEqual(againstCounts(shownWith({}, [SECOND])), { fixed: 0, broken: 0 }, "nobody to compare with");
});

test("of the fixed ones those come first that moved furthest", () => {
  const [rival, own] = [ran(1, [900, 400, 600, 100], { pinned: true }), ran(2, [100, 600, 300, 900])];
  assert.deepEqual(indexes(listedOf(shownWith({ chosen: "fixed" }, [rival, own]))), [0, 3, 2, 1]);
});

test("what cannot be chosen here is not: a cell of another matrix, a comparison with nobody", () => {
  assert.deepEqual(cellIn("fp", ["ham", "spam"]), [0, 1]);
  for (const [name, names] of [["fp", ["a", "b", "c"]], ["1,2", ["ham", "spam"]], ["2,0", ["ham", "spam"]], ["nonsense", ["a", "b"]]])
    assert.equal(cellIn(name, names), null, name);
  assert.deepEqual([chosenIn("fixed", ["ham", "spam"], false), chosenIn("fixed", ["ham", "spam"], true)], [null, "fixed"]);
  assert.equal(shownWith({ chosen: "broken" }, [SECOND]).chosen, null);
});

test("the points of what is chosen are ringed, and nothing is where nothing is chosen", () => {
  assert.equal(cloudSpec(shownWith({})).ringed, null);
  assert.deepEqual(cloudSpec(shownWith({ chosen: "fn" })).ringed, [3]);
  assert.deepEqual(cloudSpec(shownWith({ chosen: "fixed" })).ringed, [1]);
  assert.match(cloudSpec(shownWith({ chosen: "fn" })).hint, /ringed: 1 spam taken for ham/);
});

test("a message is marked in its own data set only", () => {
  assert.equal(shownWith({ message: { index: 2, data: "d" } }).message, 2);
  assert.equal(shownWith({ message: { index: 2, data: "other" } }).message, null);
});

// ---- the same on a page

function opened(runs = [SECOND]) {
  const model = fakeModel({ regime: "head-only", pool: "mean", epochs: 1, threshold: 0.5, controls: null, locked: [], question: "",
    answers: [], files: [], kept: {}, folds: ["scatter"], choices: { regimes: [], pools: [], heads: [], schedules: [] } });
  const el = makeElement("div");
  widget.render({ model, el });
  let told = 0;
  const part = (name) => el.all().find((node) => node.attributes["data-hs"] === name);
  const lab = { model, el, part, list: () => part("messages").looking("hs-list")[0], svg: () => part("scatter").looking("hs-cloud")[0],
    tell: (...news) => { for (const one of news) model.tell("msg:custom", { n: ++told, ...one }); paintFrames(); },
    do: (node, event, more = {}) => { node.fire(event, { target: node, stopPropagation() {}, ...more }); paintFrames(); },
    rows: () => lab.list().children.map((row) => row.textContent), marked: () => lab.list().children.filter((row) =>
      row.attributes["aria-selected"] === "true").map((row) => row.textContent),
    target: () => part("scatter").looking("hs-target")[0].getAttribute("d"), rings: () => part("scatter").looking("hs-ring")[0].getAttribute("d") };
  lab.tell({ kind: "history", runs, current: runs.at(-1).id, messages: { d: TEXTS } });
  return lab;
}

/** Where the point of a message is, as the cloud draws it: 400 by 200 pixels, a margin of 10. */
const at = (index) => ({ clientX: 10 + 380 * (XY[2 * index] / 2000 + 0.5), clientY: 190 - 180 * (XY[2 * index + 1] / 2000 + 0.5) });
const circles = (d) => (d.match(/M/g) ?? []).length;

test("a chosen cell rings its points, the others fade, and its list says which", () => {
  const lab = opened();
  assert.deepEqual([lab.rings(), lab.part("scatter").looking("hs-faded").length], ["", 0]);
  lab.do(lab.part("confusion").looking("hs-cell-fn")[0], "click");
  assert.equal(circles(lab.rings()), 1);
  assert.equal(lab.part("scatter").looking("hs-faded").length, 2);
  assert.match(lab.svg().getAttribute("aria-label"), /ringed: 1 spam taken for ham/);
  assert.match(lab.part("messages").textContent, /spam taken for ham: 1/);
  assert.match(lab.rows().join(), /prize/);
});

test("a point opens its message, and a second click lets it go", () => {
  const lab = opened();
  const fold = lab.el.all().find((node) => node.attributes["data-fold"] === "messages");
  assert.equal(fold.open, false);
  lab.do(lab.svg(), "click", at(2));
  assert.deepEqual([fold.open, lab.marked().length, circles(lab.target())], [true, 1, 5]);
  assert.match(lab.marked()[0], /lunch/);
  assert.match(lab.svg().getAttribute("aria-label"), /marked: lunch/);
  lab.do(lab.svg(), "click", { clientX: 200, clientY: 3 });
  assert.equal(lab.marked().length, 1, "a click on nothing changes nothing");
  lab.do(lab.svg(), "click", at(2));
  assert.deepEqual([lab.marked(), lab.target()], [[], ""]);
});

test("a message marks its point; arrows go on, Enter and Escape let go", () => {
  const lab = opened();
  const key = (name) => lab.do(lab.list(), "keydown", { key: name });
  lab.do(lab.list().children[1], "click");
  const first = lab.target();
  assert.match(lab.marked()[0], /lunch/);
  key("ArrowUp");
  assert.match(lab.marked()[0], /prize/);
  assert.notEqual(lab.target(), first);
  assert.equal(lab.list().getAttribute("aria-activedescendant"), lab.list().children[0].id);
  key("ArrowUp");
  assert.match(lab.marked()[0], /prize/, "the first one stays");
  key("Enter");
  assert.deepEqual(lab.marked(), []);
  key("Enter");
  assert.match(lab.marked()[0], /prize/);
  lab.do(lab.el, "keydown", { key: "Escape" });
  assert.deepEqual([lab.marked(), lab.target()], [[], ""]);
});

test("a marked message that its list does not hold comes first and says so", () => {
  const lab = opened();
  lab.do(lab.svg(), "click", at(0));
  assert.match(lab.rows()[0], /hi.*ham · not in this list/);
  assert.equal(lab.rows().length, 3);
  assert.match(lab.part("messages").tagged("h4")[0].textContent, /^Wrong: 2/, "it does not count");
});

test("another data set lets the marked message go, the same one keeps it for the next run", () => {
  const lab = opened();
  lab.do(lab.svg(), "click", at(2));
  lab.tell({ kind: "run", run: ran(3, [100, 600, 100, 400]) });
  assert.match(lab.marked()[0], /lunch/);
  lab.tell({ kind: "run", run: ran(4, [100, 600, 700, 400], { data_key: "e" }), messages: { e: TEXTS } });
  assert.deepEqual(lab.marked(), []);
  lab.tell({ kind: "run", run: ran(5, [100, 600, 700, 400]) });
  assert.deepEqual(lab.marked(), [], "it does not come back");
  lab.do(lab.svg(), "click", at(2));
  for (const id of [4, 5]) lab.do(lab.el.all().find((node) => node.attributes["data-run"] === String(id)).tagged("button")[0], "click");
  assert.deepEqual(lab.marked(), [], "nor with a look at another run in between");
});

test("with a pinned run beside it, the list can be what was fixed or broken, with what both said", () => {
  const lab = opened([FIRST, SECOND]);
  const which = lab.part("messages").tagged("select")[0];
  assert.deepEqual(which.children.map((one) => one.textContent), ["2 wrong", "1 fixed against head-only", "1 broken against head-only"]);
  lab.list().scrollTop = 40;
  which.value = "fixed";
  lab.do(which, "change");
  assert.equal(lab.list().scrollTop, 0, "another list begins at its top");
  assert.match(lab.part("messages").tagged("h4")[0].textContent, /^Fixed: 1 · epoch 1/);
  assert.match(lab.rows().join(), /win.*run 2: P\(spam\) 0\.600 → spam · run 1: 0\.200 → ham/);
  assert.equal(circles(lab.rings()), 1);
  lab.tell({ kind: "pin", id: 1, pinned: false });
  assert.equal(which.hidden, true);
  assert.match(lab.part("messages").tagged("h4")[0].textContent, /^Wrong: 2/, "nobody is left to compare with");
});
