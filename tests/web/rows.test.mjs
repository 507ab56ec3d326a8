// The table of runs, and its CSV.
import assert from "node:assert/strict";
import { test } from "node:test";
import { csvCell, csvOf } from "../../headswap/lab/csv.js";
import { runRow, sortRows } from "../../headswap/lab/rows.js";
import { epoch, run } from "./runs.mjs";

test("a row of the table counts as the lab counts", () => {
  const row = runRow(run(4, { epochs: [epoch(1, 0.5), epoch(2, 0.3)] }), 0.5);
  assert.deepEqual([row.f1, row.best, row.epochs, row.seconds], [1, 2, 2, 0.2]);
  const empty = runRow(run(5), 0.5);
  assert.deepEqual([empty.f1, empty.best, empty.f1_low], [null, null, null]);
});

test("rows sort by number or text, the empty ones last either way", () => {
  const rows = [{ id: 1, f1: 0.9, regime: "full" }, { id: 2, f1: null, regime: "head" }, { id: 3, f1: 0.7, regime: "bitfit" }, { id: 4, f1: 0.9, regime: "full" }];
  const ids = (key, way) => sortRows(rows, key, way).map((row) => row.id);
  assert.deepEqual(ids("f1", 1), [3, 1, 4, 2]);
  assert.deepEqual(ids("f1", -1), [1, 4, 3, 2]);
  assert.deepEqual(ids("regime", 1), [3, 1, 4, 2]);
  assert.deepEqual(rows.map((row) => row.id), [1, 2, 3, 4]);
});

test("a CSV cell with comma, quote or line break is quoted", () => {
  assert.equal(csvCell('say "hi", twice'), '"say ""hi"", twice"');
  assert.equal(csvCell("a\nb"), '"a\nb"');
  assert.equal(csvCell(null), "");
  assert.equal(csvCell(-0.5), "-0.5");
  for (const text of ["=1+1", "+1", "@sum", "-x", "\tx"]) assert.equal(csvCell(text), `'${text}`);
  assert.equal(csvOf([{ id: 1, line: "Lab(regime='head', seed=0)" }]), "id,line\r\n1,\"Lab(regime='head', seed=0)\"\r\n");
  assert.equal(csvOf([]), "");
});
