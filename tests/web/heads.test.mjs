// One body and many heads: what stands on the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.mjs";
import { answerWords, heads } from "../../headswap/web/charts/heads.js";

const ROW = { task: "spam", control: "task: spam", size: "130 weights", low: "ham", high: "spam", answer: "ham", p: 0.2,
  chance: 0.8 };
const OFF = { task: "comma", control: "task: comma", size: "130 weights", low: "no comma", high: "a comma", answer: null,
  p: null, chance: null };
const SPEC = { kind: "heads", title: "One body", heads: [ROW, OFF], cells: ["h", "i"], cut: 3, limit: 4, vector: [0.5, -1],
  body: "9 weights, frozen", passes: 1, says: "Once.", memory: "10 weights" };

test("a head tells its answer in words, as a number and by a bar", () => {
  const { root, paint } = heads({ name: "x" }, () => {});
  paint(SPEC);
  const [bar] = root.looking("hs-gauge");
  assert.equal(bar.getAttribute("aria-valuetext"), "ham, probability .800");
  assert.equal(bar.looking("hs-fill")[0].style.width, "20.0%");
  assert.match(root.looking("hs-k-head")[0].textContent, /spam130 weightshamspam\.800/);
  assert.deepEqual(["low", "high"].map((end) => "data-said" in root.looking(`hs-k-${end}`)[0].attributes), [true, false]);
});

test("a head that is off says so and keeps its place", () => {
  const { root, paint } = heads({ name: "x" }, () => {});
  paint(SPEC);
  const row = root.looking("hs-k-head")[1];
  assert.match(row.textContent, /comma.*taken off/);
  assert.equal("data-on" in row.attributes, false);
  assert.equal(row.tagged("input")[0].checked, false);
  assert.equal(answerWords(OFF), "taken off");
});

test("a switch puts its own head on, also after another shelf was painted", () => {
  const heard = [];
  const { root, paint } = heads({ name: "x" }, (control, on) => heard.push([control, on]));
  paint(SPEC);
  paint({ ...SPEC, heads: [OFF, ROW] });
  const [box] = root.looking("hs-k-head")[0].tagged("input");
  box.checked = true;
  box.fire("change");
  assert.deepEqual(heard, [["task: comma", true]]);
});

test("the passes and the bytes that are never read stand in words", () => {
  const { root, paint } = heads({ name: "x" }, () => {});
  paint({ ...SPEC, passes: 2 });
  assert.match(root.textContent, /2 passes/);
  assert.match(root.textContent, /3 bytes more, which the body never reads/);
});
