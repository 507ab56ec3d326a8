// What tells runs apart: names, identities, columns.
import assert from "node:assert/strict";
import { test } from "node:test";
import { differing, identities, namesOf, settingsOf, valuesOf } from "../../headswap/lab/apart.js";
import { csvOf } from "../../headswap/lab/csv.js";
import { columnsOf, sortRows, tableOf } from "../../headswap/lab/rows.js";
import { emptyStore, pinRun, reduce } from "../../headswap/lab/store.js";
import { IDENTITIES } from "../../headswap/web/identity.js";
import { epoch, run } from "./runs.mjs";

const told = (id, settings = {}, more = {}) => run(id, { settings, regime: settings.regime ?? "head-only",
  pool: settings.pool ?? "mean", seed: settings.seed ?? 0, planned: settings.epochs ?? 20, ...more });
const names = (...runs) => runs.map(({ id }) => namesOf(runs)[id]);

test("a run is called by what differs between the runs in view", () => {
  assert.deepEqual(names(told(1), told(2, { messages: 100 }), told(3, { messages: 2560 })), ["messages 640", "messages 100", "messages 2,560"]);
  assert.deepEqual(names(told(1), told(2, { learning_rate: 0.003 })), ["rate tuned", "rate 0.003"]);
  assert.deepEqual(names(told(1), told(2, { regime: "full", seed: 1 })), ["head-only · seed 0", "full · seed 1"]);
  assert.deepEqual(names(told(1), told(2, { causal: false })), ["causal mask", "no causal mask"]);
  assert.deepEqual(names(told(1, { data: "folder/mine.csv" }), told(2)), ["data mine.csv", "data fixture"]);
  assert.deepEqual(names(told(1, {}, { regime: "by hand: head" }), told(2)), ["by hand: head", "head-only"]);
  assert.deepEqual(names(told(7, {}, { label: "head-only · mean · seed 0" })), ["head-only · mean · seed 0"], "alone");
});

test("what most of the runs share goes unsaid; a run like most says all that differs, if that is little", () => {
  assert.deepEqual(names(told(1), told(2, { messages: 100 }), told(3, { seed: 1 })), ["messages 640 · seed 0", "messages 100", "seed 1"]);
  assert.deepEqual(names(told(1, { regime: "full" }), told(2, { regime: "full", seed: 1 }), told(3)), ["full", "full · seed 1", "head-only"]);
  assert.deepEqual(names(told(1), told(2, { seed: 1, messages: 100 })), ["messages 640 · seed 0", "messages 100 · seed 1"]);
  assert.deepEqual(names(told(1), told(2, { messages: 100 }), told(3, { pool: "max" }), told(4, { seed: 1 })), ["run 1", "messages 100", "pooling max", "seed 1"]);
});

test("where nothing differs the run's number tells it apart, and only there", () => {
  assert.deepEqual(names(told(3), told(4)), ["run 3", "run 4"]);
  assert.deepEqual(names(told(1), told(2), told(3, { seed: 1 })), ["run 1", "run 2", "seed 1"]);
  assert.deepEqual(names(told(-1, {}, { recorded: true }), told(1)), ["recorded run 1", "run 1"]);
  assert.deepEqual(names(told(-1, {}, { recorded: true }), told(1, { seed: 2 })), ["seed 0 (recorded)", "seed 2"]);
  assert.deepEqual(names(told(1, { seed: 1 }), told(2, { seed: 1 }), told(3), told(4, { seed: 2 })), ["seed 1 · run 1", "seed 1 · run 2", "seed 0", "seed 2"]);
});

test("no two runs ever have the same name", () => {
  const pick = (all) => all[Math.floor(Math.random() * all.length)];
  for (let n = 0; n < 300; n++) {
    const some = Array.from({ length: 2 + (n % 9) }, (_, i) => told(i + 1, { seed: pick([0, 1]), head: pick(["", "mlp"]),
      rates: pick([{}, { head: 1 }]), positive: pick(["", "ham"]), encoding: pick(["", "utf-8"]) }));
    assert.equal(new Set(names(...some)).size, some.length);
  }
});

test("a run recorded long ago is compared by what it tells", () => {
  const old = run(-1, { regime: "full", pool: "max", seed: 3, planned: 12, recorded: true });
  assert.deepEqual([settingsOf(old).regime, settingsOf(old).epochs, settingsOf(old).messages], ["full", 12, 640]);
  assert.deepEqual(differing([old, told(1, { regime: "full", pool: "max", seed: 3, epochs: 12 })].map(valuesOf)), []);
});

test("a pinned run keeps its identity while it is pinned, whoever comes and goes", () => {
  const five = identities({}, [1, 2, 3, 4, 5]);
  const left = identities(five, [1, 3, 5]);
  const more = identities(left, [1, 3, 5, 8, 9]);
  for (const id of [1, 3, 5]) assert.deepEqual([left[id], more[id]], [five[id], five[id]]);
  assert.equal(new Set(Object.values(more)).size, 5);
  assert.equal(identities(more, [9, 8, 5, 3, 1]), more, "nothing has changed");
});

test("eight pinned runs have eight identities, and those in the colours of training and validation come last", () => {
  const ids = [-2, -1, 4, 10, 16, 22, 28, 34];
  const who = identities({}, ids);
  assert.deepEqual(Object.values(who).sort(), Array.from({ length: IDENTITIES }, (_, i) => i));
  assert.ok(Object.values(identities({}, ids.slice(0, 6))).every((one) => one > 1));
  assert.ok(identities({}, [...ids, 40])[40] >= 0, "a ninth shares one");
});

test("a page that hears everything anew keeps the identities it gave", () => {
  const runs = [told(1), told(7)];
  let store = runs.map((one, i) => ({ kind: "run", n: i + 1, run: one })).reduce(reduce, emptyStore());
  store = pinRun(pinRun(store, 7, true), 1, true);
  assert.notEqual(store.whos[1], store.whos[7]);
  const again = reduce(store, { kind: "history", n: 9, runs: runs.map((one) => ({ ...one, pinned: true })), current: 7 });
  assert.deepEqual(again.whos, store.whos);
  assert.deepEqual(Object.keys(pinRun(again, 7, false).whos), ["1"]);
});

test("the table of runs and its file have a column for each setting that differs, and for no other", () => {
  const done = (id, settings) => told(id, settings, { epochs: [epoch(1, 0.5)] });
  const { ways, rows } = tableOf([done(1), done(2, { messages: 100, learning_rate: 0.1 }), done(3, { seed: 1, epochs: 40 })], 0.5);
  assert.deepEqual(columnsOf(ways).map(([, text]) => text),
    ["run", "regime", "F1 (95 %)", "pooling", "seed", "rate", "messages", "learns", "seconds", "best epoch"]);
  assert.deepEqual(rows.map((row) => row.messages), [640, 100, 640]);
  assert.match(csvOf(rows).split("\r\n")[0], /^id,label,regime,pool,seed,learning_rate,messages,planned,/);
  assert.deepEqual(sortRows(rows, "messages", 1).map((row) => row.id), [2, 1, 3]);
  assert.deepEqual(tableOf([done(1), done(2)], 0.5).ways, []);
});
