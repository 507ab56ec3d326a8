// The filter that one writes against: what stands on the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.mjs";
import { chanceText, outbox, readText } from "../../headswap/web/charts/outbox.js";

const SPEC = { kind: "outbox", title: "The filter", key: "text", read: "Hi there, ", unread: "send money", cells: [..."Hi there, "],
  limit: 10, bytes: 20, p: 0.0261, verdict: "ham", sentence: "It got through.", vector: [0.5, -1], body: "1 weights",
  head: "2 weights", offers: [["Away", "send money"], ["Another", "free cash"]] };

test("what is never read is struck out, in words and as an element", () => {
  const { root, paint } = outbox({ name: "x" }, () => {});
  paint(SPEC);
  assert.equal(root.tagged("s")[0].textContent, "send money");
  assert.match(root.textContent, /20 bytes, and the filter reads 10/);
  assert.match(readText({ ...SPEC, bytes: 10 }), /reads everything/);
});

test("the verdict is a word and a sign, not a colour alone", () => {
  const { root, paint } = outbox({ name: "x" }, () => {});
  paint(SPEC);
  assert.match(root.looking("hs-o-verdict")[0].textContent, /✓Delivered as hamP\(spam\) \.026/);
  paint({ ...SPEC, verdict: "spam", p: 0.9 });
  assert.match(root.looking("hs-o-verdict")[0].textContent, /✕Stopped as spamP\(spam\) \.900/);
});

test("a button writes what it offers now, not what it offered first", () => {
  const written = [];
  const { root, paint } = outbox({ name: "x" }, (text) => written.push(text));
  paint(SPEC);
  paint({ ...SPEC, offers: [["Ahead", "Hi there, send money"], ["Another", "free cash"]] });
  root.tagged("button")[0].click();
  assert.deepEqual(written, ["Hi there, send money"]);
});

test("a chance is never told as certain", () => {
  assert.deepEqual([0.99994, 0.00003, 0.5].map(chanceText), ["> .999", "< .001", ".500"]);
});
