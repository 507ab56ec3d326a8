// Marks under a threshold, a crowd, large numbers, and bets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeModel, makeElement, openedWidget, paintFrames } from "./dom.mjs";
import widget from "../../headswap/explorers/explorer.js";
import { cardTag } from "../../headswap/explorers/controls.js";
import { crowdPlaces } from "../../headswap/web/charts/crowd.js";
import { divide, dividedText, lanePaths, placeTable, placeText, stacked } from "../../headswap/web/charts/divide.js";
import { yoursText } from "../../headswap/web/charts/numbers.js";
import { wonText } from "../../headswap/web/charts/outcome.js";

const LANES = [{ name: "ham", mark: "circle", places: [0, 0.01, 0.5, 1] }, { name: "spam", mark: "triangle", places: [0.5] }];
const DIVIDE = { kind: "divide", title: "Every message", lanes: LANES, label: "spam from", sides: ["let through", "called spam"], key: "threshold" };

test("marks at one place are stacked, and the last place is still inside", () => {
  assert.deepEqual(stacked([0, 0.01, 0.5, 1], 10), [[0, 0], [0, 1], [5, 0], [9, 0]]);
});

test("a mark exactly at the threshold is on the side of spam, in picture and words", () => {
  const marks = (path) => path.split("M").length - 1;
  assert.deepEqual(lanePaths(LANES[0], 0.5, [200, 60], 80).map(marks), [2, 2]);
  assert.equal(dividedText(DIVIDE, 0.5), "4 ham: 2 let through, 2 called spam; 1 spam: 0 let through, 1 called spam");
  assert.match(dividedText(DIVIDE, 0.51), /4 ham: 3 let through, 1 called spam/);
});

const SCORE = { name: "distance", low: 2, high: 32, log: true, says: "distance from the nearest class" };
const pictured = (spec) => {
  const chart = divide({ name: "block-divide" }, () => {});
  chart.svg.clientWidth = 500;
  chart.svg.clientHeight = 300;
  chart.paint(spec);
  return chart;
};

test("a threshold and a table tell the score's own numbers, and the highest score comes first", () => {
  assert.equal(placeText(undefined, 0.5), "0.50");
  assert.equal(placeText(SCORE, 0.5), "8.0");
  assert.equal(placeText({ name: "energy", low: -6, high: 0, says: "" }, 0.5), "−3.0");
  assert.equal(placeText({ name: "unsure", low: 0, high: 50, unit: " %", says: "" }, 0.011, 3), "0.55 %");
  const [columns, rows] = placeTable({ ...DIVIDE, score: SCORE });
  assert.deepEqual(columns, ["class", "distance"]);
  assert.deepEqual(rows().map(([, text]) => Number(text)), [32, 8, 8, 2.06, 2]);
});

test("with a score there are an axis that says what it is and a legend of marks, outline and threshold", () => {
  const { root } = pictured({ ...DIVIDE, score: SCORE });
  for (const said of ["distance from the nearest class", "ham", "spam", "outlined: a mistake", "threshold"])
    assert.ok(root.textContent.includes(said), said);
  assert.ok(!pictured(DIVIDE).root.textContent.includes("mistake"));
});

test("a mistake's outline lies below its fill, so that a pile keeps its colour", () => {
  const looks = pictured(DIVIDE).svg.tagged("path").map((path) => path.getAttribute("class"));
  assert.deepEqual(looks.slice(0, 3), ["hs-outline", "hs-mark hs-mark-0", "hs-mark hs-mark-0 hs-outlined"]);
});

test("the threshold's line leaves out the name that it would cross", () => {
  const cutAt = (threshold) => pictured({ ...DIVIDE, named: "right", threshold }).svg.looking("hs-cut").at(-1).getAttribute("d");
  const tops = (path) => path.match(/M[\d.]+ [\d.]+/g).map((start) => Number(start.split(" ")[1]));
  assert.deepEqual(tops(cutAt(0.5)), [0, 18, 159]);
  assert.deepEqual(tops(cutAt(0.97)), [0, 33, 174]);
});

test("every message of a crowd has a place of its own, and a gap divides what is called spam from the rest", () => {
  for (const counts of [{ tp: 110, fp: 44, fn: 10, tn: 836 }, { tp: 0, fp: 0, fn: 500, tn: 500 }, { tp: 500, fp: 500, fn: 0, tn: 0 }]) {
    const { places, columns, divide } = crowdPlaces(counts);
    const all = Object.values(places).flat();
    assert.equal(all.length, 1000);
    assert.equal(new Set(all.map(String)).size, 1000);
    assert.ok(all.every(([column, row]) => column < columns && row < 20));
    for (const name of ["tp", "fp"]) assert.ok(places[name].every(([column]) => column < divide));
    for (const name of ["fn", "tn"]) assert.ok(places[name].every(([column]) => column > divide));
  }
});

test("a number of the learner's says by a word and a sign whether it is the same", () => {
  assert.equal(yoursText({ name: "F1", value: "0.9", says: "" }), "");
  assert.equal(yoursText({ name: "F1", value: "0.9", says: "", yours: "your turn" }), "yours: your turn");
  assert.equal(yoursText({ name: "F1", value: "0.9", says: "", yours: "0.9", agrees: true }), "yours: 0.9 ✓ the same");
  assert.equal(yoursText({ name: "F1", value: "0.9", says: "", yours: "0.8", agrees: false }), "yours: 0.8 ✗ not the same");
});

test("the slider below the marks sets the value that they name, and stands nowhere twice", () => {
  const slider = { kind: "slider", name: "threshold", label: "spam from", value: 0.5, low: 0, high: 1, step: 0.01, unit: "", within: true };
  const model = fakeModel({ title: "Board", controls: [slider], value: { threshold: 0.5 }, shown: [DIVIDE] });
  const el = makeElement("div");
  widget.render({ model, el });
  paintFrames();
  const sliders = el.tagged("input").filter((input) => input.attributes.type === "range");
  assert.equal(sliders.length, 1);
  assert.equal(sliders[0].getAttribute("aria-valuetext"), "0.50");
  sliders[0].value = "0.8";
  sliders[0].fire("input");
  assert.equal(model.values.value.threshold, 0.8);
});

test("a large result is never broken, and a percent sign stays with its number", () => {
  const cards = [{ name: "sure", big: "73 of 101", says: "72 %; it promised 97 %", loud: false }];
  const { el } = openedWidget(widget, { title: "It", controls: [], value: {}, shown: [{ kind: "headlines", title: "In short", cards }] });
  const [card] = el.looking("hs-result");
  assert.match(card.textContent, /73\u00a0of\u00a0101/);
  assert.match(card.textContent, /72\u00a0%; it promised 97\u00a0%/);
});

test("a folded block waits behind its title", () => {
  const shown = [{ kind: "words", title: "More", text: "A sentence.", folded: true }];
  const { el } = openedWidget(widget, { title: "It", controls: [], value: {}, shown });
  const [fold] = el.looking("hs-folded");
  assert.equal(fold.tag, "details");
  assert.equal(fold.firstElementChild.textContent, "More");
  assert.match(fold.textContent, /A sentence\./);
});

const OPEN = "choose…";
const BET = { kind: "cards", name: "answer", label: "Which?", value: OPEN, options: [OPEN, "one", "two"] };
const outcome = (truth, won) => ({ kind: "outcome", title: "Your bet", text: "", won, truth });

test("the first card that is pressed is the bet, and the others are locked", () => {
  const { model, el } = openedWidget(widget, { title: "Predict", controls: [BET], value: { answer: OPEN }, shown: [outcome("", null)] });
  const [one, two] = el.looking("hs-card");
  assert.equal(one.getAttribute("aria-disabled"), null);
  two.click();
  model.tell("change:value");
  paintFrames();
  assert.equal(model.values.value.answer, "two");
  assert.deepEqual([one, two].map((card) => card.getAttribute("aria-pressed")), ["false", "true"]);
  assert.equal(one.getAttribute("aria-disabled"), "true");
  assert.match(two.textContent, /● your bet, locked/);
  one.click();
  assert.equal(model.values.value.answer, "two");
});

test("what came out is on its card, by a sign and a word, and only once it may be seen", () => {
  const { model, el } = openedWidget(widget, { title: "Predict", controls: [BET], value: { answer: "two" }, shown: [outcome("", null)] });
  assert.doesNotMatch(el.textContent, /came out/);
  model.values.shown = [outcome("one", false)];
  model.tell("change:shown");
  paintFrames();
  const [one, two] = el.looking("hs-card");
  assert.match(one.textContent, /✓ came out/);
  assert.match(two.textContent, /✗ your bet/);
  assert.match(el.textContent, /✗ Not this time/);
  assert.deepEqual([cardTag("two", "two", "two"), cardTag("one", "two", "two"), wonText(true), wonText(null)],
    ["✓ your bet, and right", "", "✓ Right", ""]);
});
