// What is done with single runs, and the line that makes the same view.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeModel, makeElement, motion, paintFrame, paintFrames } from "./dom.mjs";
import { epoch, run } from "./runs.mjs";
import { h } from "../../headswap/web/elements.js";
import { menu } from "../../headswap/web/menu.js";
import widget from "../../headswap/lab/view.js";

function opened(runs = [], traits = {}) {
  const model = fakeModel({ regime: "head-only", pool: "mean", epochs: 1, threshold: 0.3, controls: null, locked: [], question: "",
    answers: [], files: [], kept: {}, folds: ["runs"], choices: { regimes: [], pools: [], heads: [], schedules: [] }, ...traits });
  const el = makeElement("div");
  widget.render({ model, el });
  let told = 0;
  const lab = { model, el, tell: (...news) => { for (const one of news) model.tell("msg:custom", { n: ++told, ...one }); paintFrames(); },
    part: (name) => el.all().find((node) => node.attributes["data-hs"] === name), sent: () => model.sent.at(-1),
    button: (name, at = el) => at.all().find((node) => node.tag === "button" && (node.attributes["aria-label"] ?? node.textContent) === name && !node.hidden),
    row: (id) => el.all().find((node) => node.attributes["data-run"] === String(id)) };
  lab.tell({ kind: "history", runs, current: runs.at(-1)?.id ?? null, messages: {} });
  return lab;
}

const done = (id, more = {}) => run(id, { outcome: "done", epochs: [epoch(1, 0.5)], ...more });

test("a menu opens on its first item, goes round by arrows, and Escape or leaving closes it", () => {
  const acts = [];
  const { root, paint } = menu([{ text: "one", act: () => acts.push(1) }, { text: "two", act: () => acts.push(2) }]);
  paint({ label: "more", able: [true, true] });
  const [button, one, two] = root.tagged("button");
  const list = root.children[1];
  const key = (name) => root.fire("keydown", { key: name });
  button.click();
  assert.deepEqual([list.hidden, document.activeElement, button.getAttribute("aria-expanded")], [false, one, "true"]);
  key("ArrowDown");
  assert.equal(document.activeElement, two);
  key("ArrowDown");
  assert.equal(document.activeElement, one);
  key("Escape");
  assert.deepEqual([list.hidden, document.activeElement], [true, button]);
  key("ArrowDown");
  assert.equal(list.hidden, false);
  root.fire("focusout", { relatedTarget: two });
  assert.equal(list.hidden, false, "within the menu");
  root.fire("focusout", { relatedTarget: h("button") });
  assert.equal(list.hidden, true);
  button.click();
  two.click();
  assert.deepEqual([acts, list.hidden], [[2], true]);
  paint({ label: "more", able: [true, "stop it first"] });
  two.click();
  assert.deepEqual([acts, two.getAttribute("title")], [[2], "stop it first"]);
});

test("a row pins its run, uses its settings and deletes it; until the next run that can be undone", () => {
  const lab = opened([done(1), done(2)]);
  lab.button("use the settings of run 1").click();
  assert.deepEqual(lab.sent(), { do: "use", id: 1 });
  lab.button("Delete", lab.row(2)).click();
  assert.deepEqual(lab.sent(), { do: "delete", id: 2 });
  assert.equal(lab.button("Undo delete"), undefined);
  lab.tell({ kind: "deleted", id: 2, away: 1, undo: "delete" });
  assert.equal(lab.row(2), undefined);
  assert.equal(lab.el.dataset.run, "1", "the run before it is on show");
  assert.equal(document.activeElement, lab.button("Undo delete"), "the keys go on where the run can come back");
  assert.ok(lab.button("Reset"), "Reset is still Reset");
  lab.button("Undo delete").click();
  assert.deepEqual(lab.sent(), { do: "restore" });
  lab.tell({ kind: "run", run: done(3) });
  assert.equal(lab.button("Undo delete"), undefined);
});

test("a run under way cannot be deleted, a recorded one only unpinned", () => {
  const lab = opened([done(-1, { recorded: true, pinned: true }), done(1, { outcome: "running" })]);
  const before = lab.model.sent.length;
  const running = lab.button("Delete", lab.row(1));
  running.click();
  assert.deepEqual([lab.model.sent.length, running.getAttribute("title")], [before, "stop it first"]);
  assert.equal(lab.button("Delete", lab.row(-1)), undefined);
  const locked = opened([done(1)], { locked: ["reset"] });
  assert.equal(locked.button("Delete", locked.row(1)).getAttribute("aria-disabled"), "true");
});

test("Escape in a menu closes the menu and nothing else", () => {
  const lab = opened([done(1, { epochs: [epoch(1, 0.5, { p: [900, 900] })] })], { folds: ["messages", "runs"] });
  const list = lab.part("messages").looking("hs-list")[0];
  list.children[0].click();
  paintFrames();
  const item = lab.button("Delete", lab.row(1));
  lab.el.fire("keydown", { key: "Escape", target: item, stopPropagation() {} });
  paintFrames();
  assert.equal(list.children[0].getAttribute("aria-selected"), "true");
});

test("Share copies the kernel's line, on the page that asked", async () => {
  const copied = [];
  document.execCommand = () => copied.push(document.body.tagged("textarea").at(-1).value);
  const [lab, other] = [opened(), opened()];
  lab.button("Share").click();
  assert.deepEqual([lab.sent().do, lab.sent().settings.threshold, lab.sent().settings.regime], ["line", 0.3, "head-only"]);
  for (const one of [lab, other]) one.tell({ kind: "line", line: "Lab(threshold=0.3)" });
  await new Promise((after) => setTimeout(after));
  paintFrames();
  assert.deepEqual(copied, ["Lab(threshold=0.3)"]);
  assert.match(lab.part("status").textContent, /Copied: Lab\(threshold=0\.3\)/);
  document.execCommand = () => false;
  lab.button("Copied ✓").click();
  lab.tell({ kind: "line", line: "Lab()" });
  await new Promise((after) => setTimeout(after));
  paintFrames();
  assert.match(lab.part("status").textContent, /Copy this line: Lab\(\)/, "a browser may refuse");
});

test("of runs that were pinned ahead none is painted at the eye's pace, but the one that was asked for", () => {
  const lab = opened();
  const ran = (id, more) => ({ kind: "run", run: run(id, { planned: 2, epochs: [epoch(1, 0.5), epoch(2, 0.4)], ...more }) });
  motion.still = false;
  lab.tell(ran(1, { pinned: true, ahead: true }));
  paintFrame(performance.now());
  assert.notEqual(lab.el.dataset.playing, "true");
  lab.tell(ran(2, { ahead: false }));
  paintFrame(performance.now());
  paintFrame(performance.now());
  assert.equal(lab.el.dataset.playing, "true");
  motion.still = true;
});
