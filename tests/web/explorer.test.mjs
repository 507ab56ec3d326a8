// An explorer as a whole, on a page that is none.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { fakeModel, makeElement, paintFrames } from "./dom.mjs";
import widget from "../../headswap/explorers/explorer.js";

const SHOWN = [
  { kind: "words", title: "Words", text: "A sentence." },
  { kind: "bars", title: "Bars", rows: null, unit: "" },
  { kind: "matrix", title: "Matrix", counts: [[3, 1, 0], [2, 4, 0], [0, 0, 5]], names: ["a", "b", "c"], key: "cell" },
  { kind: "unheard", title: "Of tomorrow" },
  { kind: "gauge", title: "Gauge", value: 0.25, text: "P(spam) 0.25", low: 0, high: 1, limit: 0.5 },
];
const CONTROLS = [{ kind: "text", name: "text", label: "Message", value: "hi" }, { kind: "hidden", name: "cell", label: "", value: "" },
  { kind: "slider", name: "n", label: "Length", value: 4, low: 1, high: 9, step: 1, unit: "bytes" }];

test("blocks are drawn each in its place, a broken one says so, an unknown kind is left out", () => {
  const silent = mock.method(console, "error", () => {});
  const model = fakeModel({ title: "Every block", controls: CONTROLS, value: { text: "hi", cell: "", n: 4 }, shown: SHOWN });
  const el = makeElement("div");
  const close = widget.render({ model, el });
  paintFrames();
  const titles = el.looking("hs-panel").map((block) => block.attributes["data-hs"]);
  assert.deepEqual(titles, ["block-words", "block-bars", "block-matrix", "block-gauge"]);
  assert.equal(el.looking("hs-broken").length, 1);
  assert.match(el.looking("hs-block-bars")[0].textContent, /could not be drawn/);
  assert.match(el.textContent, /A sentence\..*P\(spam\) 0\.25/s);
  assert.equal(el.named("Length") ?? el.tagged("input")[1].getAttribute("aria-valuetext"), "4 bytes");
  el.named("true b, predicted a: 2, 33 % of all b").click();
  assert.equal(model.values.value.cell, "1,0");
  close();
  assert.equal(model.listening(), 0);
  silent.mock.restore();
});

test("a slider over a few numbers says them and sets them, and a lead says what it means", () => {
  const model = fakeModel({ title: "Worth", value: { labels: 40 },
    controls: [{ kind: "stops", name: "labels", label: "Labels", value: 40, options: [10, 40, 160] }],
    shown: [{ kind: "lead", title: "Lead", big: "+0.137", verdict: "more than luck", says: "Surely.", about: "",
      scores: [["pretrained", 0.7, 0.6, 0.8]] }] });
  const el = makeElement("div");
  widget.render({ model, el });
  paintFrames();
  const slider = el.tagged("input")[0];
  assert.deepEqual([slider.value, slider.getAttribute("aria-valuetext"), slider.getAttribute("max")], ["1", "40", "2"]);
  slider.value = "2";
  slider.fire("input");
  assert.equal(model.values.value.labels, 160);
  assert.match(el.textContent, /\+0\.137 more than luck.*pretrained.*0\.700.*0\.60 to 0\.80/s);
});
