// The reliability diagram, and the arithmetic below it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./dom.mjs";
import { epoch, run } from "./runs.mjs";
import { claimsOf, rowsOf } from "../../headswap/lab/claims.js";
import { lossesText, verdictText } from "../../headswap/lab/panels/reliability.js";
import {
  binsOf, brierOf, eceOf, fitTemperature, floorOf, nllOf, statedOf, tempered,
} from "../../headswap/web/calibrated.js";
import { binText, couldBeLuck, errorText, reliability, tooSureAt } from "../../headswap/web/charts/reliability.js";

// tests/calibration/test_known.py holds the same numbers against headswap.calibration.
const KNOWN = JSON.parse(readFileSync(new URL("../calibration/known.json", import.meta.url), "utf-8"));
const near = (one, other, within = 1e-9) => assert.ok(Math.abs(one - other) < within, `${one} is not ${other}`);

test("bins, errors, scores and the best temperature are those that Python computes, of 2 classes and of 10", () => {
  assert.deepEqual(KNOWN.map(({ rows }) => rows[0].length), [2, 10]);
  for (const { rows, labels, ece, nll, brier, best, after, bins } of KNOWN) {
    const found = binsOf(statedOf(rows, labels));
    const there = found.map((bin, k) => [k, bin.count, bin.claimed, bin.came_true, ...bin.interval]).filter(([, n]) => n);
    there.flat().forEach((value, i) => near(value, bins.flat()[i]));
    [eceOf(found), nllOf(rows, labels), brierOf(rows, labels)].forEach((one, i) => near(one, [ece, nll, brier][i]));
    near(fitTemperature(rows, labels).best, best, 1e-7);
    const mended = tempered(rows, best);
    near(eceOf(binsOf(statedOf(mended, labels))), after.ece);
    near(nllOf(mended, labels), after.nll);
    near(brierOf(mended, labels), after.brier);
  }
});

test("the floor is Python's within its own luck, and the same seed draws it again", () => {
  for (const { rows, labels, floor: [mean, low, high] } of KNOWN) {
    const { chance } = statedOf(rows, labels);
    const found = floorOf(chance, 15, { draws: 4000, seed: 3 });
    near(found.mean, mean, 0.004);
    near(found.low, low, 0.012);
    near(found.high, high, 0.012);
    assert.deepEqual(floorOf(chance), floorOf(chance));
    assert.notDeepEqual(floorOf(chance), floorOf(chance, 15, { seed: 1 }));
  }
});

test("a value on an edge lies in the bin that it opens, and 1 in the last", () => {
  for (const bins of [1, 10, 15, 49, 100]) // 1 / 49 * 49 is less than 1
    for (let k = 0; k <= bins; k += 1) {
      const found = binsOf({ chance: [k / bins], right: [true] }, bins).findIndex(({ count }) => count);
      assert.equal(found, Math.min(k, bins - 1), `${k} / ${bins}`);
    }
});

test("where nothing can be fitted it says why: one class, all right, or no better than guessing", () => {
  const why = (rows, labels) => fitTemperature(rows, labels);
  assert.match(why([[0.9, 0.1], [0.8, 0.2]], [0, 0]).why, /one class/);
  assert.match(why([[1, 0], [0, 1], [0.5, 0.5]], [0, 1, 1]).why, /all of them are right/);
  assert.match(why([[0.9, 0.1], [0.1, 0.9]], [1, 0]).why, /no better than guessing/);
  assert.match(why([], []).why, /one class/);
  const sure = fitTemperature([[1, 0], [0, 1], [1, 0]], [0, 1, 1]);
  assert.ok(Number.isFinite(sure.best) && sure.best > 10, "a certain claim that was wrong is a very hot one");
});

test("probabilities of 0 and 1, and no message at all, give numbers", () => {
  for (const [rows, labels] of [[[[1, 0], [0, 1], [1, 0]], [0, 1, 1]], [[], []]]) {
    for (const one of [rows, tempered(rows, 8), tempered(rows, 0.25)]) {
      const stated = statedOf(one, labels);
      const floor = floorOf(stated.chance);
      const all = [eceOf(binsOf(stated)), nllOf(one, labels), brierOf(one, labels), floor.mean, floor.high];
      assert.ok(all.every((value) => Number.isFinite(value)), String(all));
    }
  }
});

test("a bin says how many it holds, how many were right, and how far luck reaches; the whole says its floor", () => {
  const bin = { low: 0.9, high: 1, count: 42, claimed: 0.95, came_true: 35 / 42, interval: [0.694, 0.917] };
  assert.equal(binText(bin), "Of 42 messages called 90 to 100 % sure, 35 (83 %) were right; 95 % interval 69 to 92 %.");
  assert.equal(binText({ ...bin, count: 1, came_true: 1 }, { claim: "likely spam", came: "spam" }),
    "Of 1 message called 90 to 100 % likely spam, 1 (100 %) was spam; 95 % interval 69 to 92 %.");
  assert.equal(binText({ ...bin, count: 0 }), "No message was called 90 to 100 % sure.");
  assert.equal(errorText(0.073, { mean: 0.01, high: 0.018 }),
    "Calibration error 7.3 %; luck alone gives a perfect model of this size up to 1.8 %.");
  assert.match(errorText(0.01, { mean: 0.01, high: 0.018 }), /so this could be luck\.$/);
  assert.ok(!couldBeLuck(bin) && couldBeLuck({ ...bin, claimed: 0.9 }));
});

test("arrow keys go from bin to bin that holds messages, and read it", () => {
  const { rows, labels } = KNOWN[0];
  const bins = binsOf(statedOf(rows, labels));
  const chart = reliability({ name: "reliability" });
  chart.paint({ kind: "reliability", title: "Reliability", bins, ece: 0.2, floor: { mean: 0.1, high: 0.3 } });
  const said = () => chart.svg.getAttribute("aria-valuetext");
  const press = (key) => { chart.svg.fire("keydown", { key }); return said(); };
  assert.equal(press("ArrowRight"), binText(bins[8]));
  assert.equal(press("ArrowRight"), binText(bins[9]));
  assert.equal(press("End"), binText(bins[14]));
  assert.equal(press("ArrowRight"), binText(bins[14]));
  assert.equal(press("ArrowLeft"), binText(bins[12]), "13 is empty");
  assert.equal(press("Escape"), "no bin chosen");
  assert.match(chart.svg.getAttribute("aria-label"), /^Reliability: Calibration error 20.0 %; luck alone/);
  const hollow = chart.svg.looking("hs-r-point").filter((one) => one.classList.contains("hs-hollow"));
  assert.equal(hollow.length, bins.filter((bin) => bin.count && couldBeLuck(bin)).length);
});

test("the lab reads an epoch's probabilities as Python does, and a run without tails, too", () => {
  for (const { rows, labels, told, heard } of KNOWN) {
    const names = rows[0].map((_, i) => `class ${i}`);
    const found = rowsOf(run(1, { label_names: names, truths: labels.join("") }), epoch(1, 0.5, told));
    found.flat().forEach((value, i) => near(value, heard.flat()[i], 1e-11));
  }
  const old = rowsOf(run(1, {}), { ...epoch(1, 0.5), p: [0, 1000, 4, 500] });
  old.forEach(([, p], i) => near(p, [0.0005, 0.9995, 0.004, 0.5][i]));
});

test("the lab says which temperature fits, and where T = 1 fits about as well", () => {
  const [two] = KNOWN;
  const one = run(1, { truths: two.labels.join("") });
  const few = claimsOf(one, epoch(1, 0.5, two.told), 1);
  assert.match(verdictText(few), /^T = 2\.\d\d fits best, but T = 1 fits about as well: the difference could be luck\.$/);
  const times = 20;
  const many = claimsOf(run(1, { truths: two.labels.join("").repeat(times) }), epoch(1, 0.5,
    { p: Array(times).fill(two.told.p).flat(), tails: two.told.tails.repeat(times) }), 2);
  assert.match(verdictText(many), /fits best: at T = 1, this model is too sure\.$/);
  const shared = { ...many, fit: { best: 1.004, why: "" } };
  assert.equal(verdictText(shared), "T = 1.00 fits best: this model is about as sure as it should be.");
  const within = { ...many, before: { ...many.before, ece: many.before.floor.high } };
  assert.match(verdictText(within), /by its loss, at T = 1, this model is too sure, but too little for the calibration/);
  near(many.fit.best, few.fit.best, 1e-6);
  assert.match(lossesText(many, 2), /^At T = 2\.00: NLL 0\.\d{3} nats \(0\.\d{3} at T = 1\), Brier/);
  assert.equal(claimsOf(one, epoch(1, 0.5, { p: [] }), 1), null);
  assert.equal(claimsOf(null, null, 1), null);
  const sure = claimsOf(run(1, { truths: "000" }), epoch(1, 0.5, { p: [0, 0, 1000] }), 4);
  assert.equal(verdictText(sure), "No temperature fits best: all of these are of one class.");
  assert.ok(Number.isFinite(sure.nll) && Number.isFinite(sure.ece));
});

test("the words below the line move out of the way of a bin and its bar", () => {
  const layout = { x: (share) => 60 + 400 * share, y: (share) => 200 - 200 * share };
  const bin = (claimed, came_true, low) => ({ low: 0, high: 1, count: 3, claimed, came_true, interval: [low, came_true] });
  assert.equal(tooSureAt([bin(0.9, 0.8, 0.6), bin(0.1, 0.05, 0)], layout), 7);
  assert.equal(tooSureAt([bin(0.9, 0.1, 0.05)], layout), -14);
  assert.equal(tooSureAt([bin(0.7, 0.5, 0.02)], layout), -14);
});
