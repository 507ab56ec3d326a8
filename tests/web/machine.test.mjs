// The machine: what it says of each layer, what it lets go of, and what it keeps between two pictures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeModel, makeElement, paintFrames } from "./dom.mjs";
import widget from "../../headswap/explorers/explorer.js";
import { machine } from "../../headswap/web/charts/machine.js";
import { looksWords, resultRows } from "../../headswap/web/charts/machine_flow.js";
import { insertedWords, layerLabel, learningShare, machineRows, onceRuns, stateWords, toggledRates, tokenWords, weightWords } from "../../headswap/web/charts/machine_words.js";
import { cellBy, cellWords, strengths } from "../../headswap/web/charts/strips.js";

const layer = (key, name, weights, rate = null, more = {}) => ({ key, name, detail: `what ${name} does`, weights,
  learns: rate ? weights : 0, rate, origin: "pretrained", once: false, moved: null, parts: [], ...more });

/** A machine of so many blocks whose head alone learns. */
function specOf(depth, more = {}) {
  const blocks = Array.from({ length: depth }, (_, i) => layer(`block[${i}]`, `Block ${i + 1}`, 49984, null, { once: true }));
  const layers = [layer("embedding", "Embeddings", 18688, null, { once: true }), ...blocks, layer("norm", "Norm", 128),
    layer("pool", "Pool: mean", 0), layer("head", "Head", 130, 1, { origin: "new", rows: 2 })];
  return { kind: "machine", title: "The machine", layers, old: { name: "Language-model head", rows: 260, weights: 16640 },
    swapped: true, labels: ["ham", "spam"], code: 'Regime("head-only")', summary: "130 of 118,914 weights learn.",
    choices: { rates: [0, 0.1, 0.38, 1, 3] }, flow: null, ...more };
}
const FLOW = { text: "<b>", tokens: [..."<b>"].map((text) => ({ text, kind: "byte" })).concat({ text: "x", kind: "cut" }),
  position: 1, head: 0, heads: 2, strips: { embedding: [0.5, -1], "block[0]": [1, 2], pool: [0, 0] },
  attention: { "block[0]": [0.25, 0.75, null, null] }, logits: [-1, 2], probabilities: [0.047, 0.953], zoom: "", steps: [] };
const STEPS = [{ name: "norm", says: "brought to length", values: [1, -1], kind: "signed" },
  { name: "softmax", says: "as shares", values: [0.25, 0.75, null, null], labels: ["<", "b", ">", "x"], kind: "share" }];

function made(spec, on = {}) {
  const heard = [];
  const hear = Object.fromEntries(["toggle", "rate", "swap", "look", "zoom", "head"].map((name) =>
    [name, (...given) => heard.push([name, ...given])]));
  const chart = machine({ name: "machine" }, { ...hear, ...on });
  chart.paint(spec);
  const box = (key) => chart.root.all().find((node) => node.getAttribute("data-key") === key);
  return { ...chart, heard, box, plate: (key) => box(key).looking("hs-m-plate")[0] };
}

test("a layer says in words whether it learns, how fast, where it comes from, and how far it moved", () => {
  const { box, plate } = made(specOf(1));
  assert.match(box("norm").looking("hs-m-state")[0].textContent, /^frozen$/);
  assert.equal(plate("block[0]").getAttribute("aria-label"),
    "Block 1: 49,984 weights, frozen, pretrained, computed once. what Block 1 does");
  assert.equal(plate("head").getAttribute("aria-checked"), "true");
  assert.equal(plate("norm").getAttribute("aria-checked"), "false");
  assert.equal(stateWords(layer("norm", "Norm", 128, 0.38)), "learns ×0.38");
  assert.equal(stateWords(layer("norm", "Norm", 128, 1)), "learns");
  assert.equal(stateWords(layer("block[0]", "Block 1", 100, 1, { learns: 8 })), "learns, in part");
  assert.equal(weightWords(layer("block[0]", "Block 1", 49984, 1, { learns: 2048 })), "2,048 of 49,984 weights learn");
  assert.match(layerLabel(layer("norm", "Norm", 128, 1, { origin: "random", moved: 0.031 })), /random, moved 3\.1 %/);
});

test("what has no weights is no switch and has no rate", () => {
  const { box, plate, heard } = made(specOf(2));
  assert.equal(plate("pool").getAttribute("role"), "group");
  assert.equal(plate("pool").getAttribute("tabindex"), null);
  plate("pool").click();
  assert.deepEqual(heard, []);
  assert.ok(box("pool").tagged("select")[0].hidden);
  assert.match(box("pool").textContent, /nothing to learn/);
});

test("click, Enter, and Space toggle a layer; its choice sets its rate", () => {
  const { box, plate, heard } = made(specOf(1));
  plate("block[0]").click();
  plate("block[0]").fire("keydown", { key: "Enter" });
  plate("block[0]").fire("keydown", { key: " " });
  plate("block[0]").fire("keydown", { key: "x" });
  const choice = box("block[0]").tagged("select")[0];
  assert.deepEqual(choice.tagged("option").map((option) => option.textContent),
    ["frozen", "learns ×0.1", "learns ×0.38", "learns", "learns ×3"]);
  choice.value = "0.38";
  choice.fire("change");
  assert.deepEqual(heard, [...Array(3).fill(["toggle", "block[0]"]), ["rate", "block[0]", 0.38]]);
});

test("the last part that learns cannot be frozen, and the machine says why", () => {
  const { root, box, plate, heard } = made(specOf(2));
  plate("head").click();
  assert.match(root.looking("hs-m-told")[0].textContent, /Head is the last part that learns/);
  const choice = box("head").tagged("select")[0];
  choice.value = "0";
  choice.fire("change");
  assert.deepEqual(heard, []);
  assert.equal(choice.value, "1", "the choice shows again what holds");
  plate("norm").click();
  assert.equal(root.looking("hs-m-told")[0].textContent, "");
  assert.deepEqual(heard, [["toggle", "norm"]]);
});

test("a change gives the multiples of all layers, and null where nothing would learn", () => {
  const { layers } = specOf(1);
  const frozen = { embedding: 0, "block[0]": 0, norm: 0, head: 1 };
  assert.deepEqual(toggledRates(layers, "block[0]"), { ...frozen, "block[0]": 1 });
  assert.deepEqual(toggledRates(layers, "block[0]", 0.1), { ...frozen, "block[0]": 0.1 });
  assert.deepEqual(toggledRates(layers, "head", 3), { ...frozen, head: 3 });
  assert.deepEqual(toggledRates(layers, "pool"), frozen, "what has no weights stays as it is");
  assert.equal(toggledRates(layers, "head"), null);
  assert.equal(toggledRates(layers, "head", 0), null);
  const both = layers.map((one) => (one.key === "norm" ? { ...one, rate: 0.1 } : one));
  assert.deepEqual(toggledRates(both, "head"), { ...frozen, norm: 0.1, head: 0 });
});

test("the slab has 260 rows and the new head 2, and a button swaps them", () => {
  const { root, box, plate, paint, heard } = made(specOf(1, { swapped: false }));
  const [slab, stage] = ["slab", "stage"].map((look) => root.looking(`hs-m-${look}`)[0]);
  assert.match(slab.getAttribute("aria-label"), /260 rows, 16,640 weights, on top/);
  assert.match(box("head").textContent, /waiting/);
  assert.deepEqual(box("head").looking("hs-m-row").map((row) => row.textContent), ["ham", "spam"]);
  assert.equal(box("pool"), undefined, "the language model has no pool");
  plate("head").click();
  assert.deepEqual(heard, [], "a head that waits is no switch");
  const swap = root.looking("hs-m-swap")[0];
  assert.match(swap.textContent, /^Rip off the language-model head/);
  swap.click();
  assert.deepEqual(heard, [["swap"]]);
  paint(specOf(1));
  assert.equal(stage.getAttribute("data-swapped"), "");
  assert.match(slab.getAttribute("aria-label"), /put aside$/);
  assert.match(box("head").textContent, /2 rows, 130 weights/);
  assert.deepEqual(box("head").looking("hs-m-row").map((row) => row.textContent), ["ham", "spam"]);
  assert.match(swap.textContent, /^Put the language-model head back/);
  assert.equal(slab.getAttribute("data-moving"), "true");
  paint(specOf(1, { old: null }));
  assert.ok(slab.hidden && swap.hidden);
});

test("nothing moves at the first picture, nor where the head stays", () => {
  const { root, paint } = made(specOf(1));
  paint(specOf(1, { summary: "another" }));
  assert.deepEqual(root.all().filter((node) => node.getAttribute("data-moving")), []);
});

test("a repaint keeps every layer, so whoever has the focus keeps it", () => {
  const { root, box, plate, paint } = made(specOf(2, { flow: FLOW }));
  const before = ["embedding", "block[0]", "block[1]", "norm", "head"].map(plate);
  const all = root.looking("hs-m-layer");
  const taken = [];
  for (const node of all) node.remove = () => taken.push(node);
  for (const parent of new Set(all.map((node) => node.parentNode))) parent.replaceChildren = () => taken.push(parent);
  const changed = specOf(2, { flow: { ...FLOW, position: 2 } });
  changed.layers[1] = { ...changed.layers[1], rate: 0.1, learns: 49984, once: false };
  paint(changed);
  assert.deepEqual(["embedding", "block[0]", "block[1]", "norm", "head"].map(plate), before);
  assert.deepEqual(taken, []);
  assert.match(box("block[0]").textContent, /learns ×0\.1/);
});

test("a machine may have any depth", () => {
  const chart = made(specOf(0));
  for (const depth of [0, 1, 2, 12, 1]) {
    chart.paint(specOf(depth));
    const names = chart.root.looking("hs-m-body")[0].looking("hs-m-layer").map((node) => node.getAttribute("data-key"));
    const blocks = Array.from({ length: depth }, (_, i) => `block[${depth - 1 - i}]`);
    assert.deepEqual(names, ["pool", "norm", ...blocks, "embedding"], "from top to bottom");
    assert.equal(chart.root.looking("hs-m-once").length, 1);
  }
});

test("a bracket holds each unbroken run of layers that are computed once", () => {
  const runs = (marks) => onceRuns([...marks].map((mark) => ({ once: mark === "1" })));
  assert.deepEqual(runs("0011"), [[2, 3]]);
  assert.deepEqual(runs("1101"), [[0, 1], [3, 3]]);
  assert.deepEqual(runs("00"), []);
});

test("a text is never taken for HTML", () => {
  const evil = "<img src=x onerror=alert(1)>";
  const spec = specOf(1, { title: evil, summary: evil, code: evil, labels: [evil, "spam"], flow: { ...FLOW,
    zoom: "block[0]",
    steps: [{ ...STEPS[0], name: evil, says: evil }] }, old: { name: evil, rows: 260, weights: 1 } });
  spec.layers[0] = { ...spec.layers[0], name: evil, detail: evil };
  const { root } = made(spec);
  assert.equal(root.tagged("img").length, 0);
  assert.ok(root.textContent.split(evil).length > 6, "as text it is all there");
});

test("arrow keys and clicks move the position that is followed, only where that was asked for", () => {
  const { root, heard } = made(specOf(1, { flow: FLOW }));
  const row = root.looking("hs-m-tokens")[0];
  assert.equal(row.getAttribute("aria-valuetext"), "byte 2, b");
  row.fire("keydown", { key: "ArrowRight" });
  row.fire("keydown", { key: "End" });
  row.children[0].click();
  row.children[0].click();
  assert.deepEqual(heard, [["look", 2], ["look", 3], ["look", 0]], "where it is already, nothing is asked");
  row.fire("keydown", { key: "ArrowRight" });
  row.fire("keydown", { key: "ArrowRight" });
  assert.deepEqual(heard.slice(3), [["look", 1], ["look", 2]], "keys count that are faster than the kernel");
  const still = made(specOf(1, { flow: FLOW }), { look: null, zoom: null, toggle: null, rate: null, swap: null });
  still.root.looking("hs-m-tokens")[0].children[0].click();
  still.plate("norm").click();
  assert.equal(still.root.looking("hs-m-tokens")[0].getAttribute("tabindex"), null);
  assert.ok(still.root.looking("hs-m-swap")[0].hidden);
  assert.ok(still.root.tagged("button").filter((button) => /Look/.test(button.getAttribute("aria-label") ?? "")).every((one) => one.hidden));
  assert.deepEqual(still.heard, []);
});

test("looking inside a block lists its steps, with a choice of its heads; again closes it", () => {
  const { root, box, paint, heard } = made(specOf(1, { flow: FLOW }));
  const inside = box("block[0]").tagged("button")[0];
  const zoom = root.looking("hs-m-zoom")[0];
  assert.ok(zoom.hidden);
  inside.click();
  paint(specOf(1, { flow: { ...FLOW, zoom: "block[0]", steps: STEPS } }));
  assert.ok(!zoom.hidden);
  assert.equal(inside.getAttribute("aria-expanded"), "true");
  assert.deepEqual(zoom.tagged("b").map((name) => name.textContent), ["norm", "softmax"]);
  const heads = zoom.tagged("select")[0];
  heads.value = "1";
  heads.fire("change");
  inside.click();
  assert.deepEqual(heard, [["zoom", "block[0]"], ["head", 1], ["zoom", ""]]);
});

test("a strip reads out its cells; what may not be seen says so", () => {
  const signed = { values: [0.5, -1], kind: "signed", name: "a" };
  assert.equal(cellWords(signed, 1), "number 2 of 2: −1");
  const share = { values: [0.25, null], kind: "share", labels: ["a", " "], name: "b" };
  assert.equal(cellWords(share, 0), "1 a: 25 %");
  assert.equal(cellWords(share, 1), "2 ␣: may not be seen");
  assert.deepEqual(strengths({ values: [4, -1, 0], kind: "signed", name: "" }), [1, -0.5, 0]);
  assert.deepEqual(strengths({ values: [0, 0], kind: "signed", name: "" }), [0, 0]);
  assert.deepEqual(strengths(share), [0.5, null]);
  assert.deepEqual([cellBy("ArrowLeft", 0, 3), cellBy("End", 0, 3), cellBy("a", 0, 3), cellBy("Home", 0, 0)], [0, 2, null, null]);
  const { box } = made(specOf(1, { flow: FLOW }));
  const row = box("embedding").looking("hs-m-cells")[0];
  row.fire("keydown", { key: "End" });
  assert.equal(row.getAttribute("aria-valuetext"), "number 2 of 2: −1");
  assert.deepEqual(row.children.map((cell) => cell.getAttribute("data-look")), ["plus", "minus"]);
});

test("the head's result names the classes, or the likeliest bytes of a language model", () => {
  assert.deepEqual(resultRows(FLOW, ["ham", "spam"]).map(({ name, share }) => [name, share]), [["ham", 0.047], ["spam", 0.953]]);
  const many = Array.from({ length: 260 }, (_, i) => ({ 101: 0.6, 10: 0.2, 259: 0.1 })[i] ?? 0);
  assert.deepEqual(resultRows({ ...FLOW, logits: many, probabilities: many }, ["ham", "spam"]).map(({ name }) => name).slice(0, 3),
    ["e", "byte 10", "eos"]);
  assert.equal(looksWords([0.2, 0.7, null, 0.001], FLOW), "attention head 1 of 2 looks at b 70 %, < 20 %");
  const places = { ...FLOW, tokens: FLOW.tokens.map((token, i) => ({ ...token, text: `row 1 column ${i + 1}` })) };
  assert.match(looksWords([0.2, 0.7, null, 0.001], places), /looks at row 1 column 2: 70 %, row 1 column 1: 20 %$/);
  assert.equal(tokenWords({ text: "x", kind: "cut" }, 3), "position 4, x, cut off");
});

test("the table has every layer from the head down, and its parts", () => {
  const spec = specOf(1);
  spec.layers[0].parts = [{ name: "places", weights: 2048, learns: 0 }];
  const rows = machineRows(spec);
  assert.deepEqual(rows[0], ["Head", "130", "130", "learns", "new", "no", "–"]);
  assert.deepEqual(rows.at(-2), ["Embeddings", "18,688", "0", "frozen", "pretrained", "yes", "–"]);
  assert.deepEqual(rows.at(-1).slice(0, 3), ["Embeddings: places", "2,048", "0"]);
});

test("in an explorer a machine sets the values that its block names, click upon click", () => {
  const block = { ...specOf(1, { flow: FLOW }), keys: { rules: "rules", swap: "swapped", look: "position", zoom: "zoom", head: "head" } };
  const value = { rules: "", swapped: true, position: 1, zoom: "", head: 0 };
  const model = fakeModel({ title: "Machine", controls: [], value, shown: [block] });
  const el = makeElement("div");
  const close = widget.render({ model, el });
  paintFrames();
  const plate = (name) => el.looking("hs-m-plate").find((node) => node.getAttribute("aria-label").startsWith(name));
  plate("Block 1").click();
  plate("Norm").click();
  assert.deepEqual(JSON.parse(model.values.value.rules), { embedding: 0, "block[0]": 1, norm: 1, head: 1 });
  el.looking("hs-m-swap")[0].click();
  el.looking("hs-m-tokens")[0].children[2].click();
  el.named("Look inside Block 1").click();
  const { swapped, position, zoom } = model.values.value;
  assert.deepEqual([swapped, position, zoom], [false, 2, "block[0]"]);
  close();
});

test("what was inserted stands in its layer, and the shade is as wide as the share that learns", () => {
  const part = layer("block[0]", "Block 1", 1000, 1, { learns: 20,
    parts: [{ name: "attention", weights: 980, learns: 0 }, { name: "lora at attention.qkv (inserted)", weights: 20, learns: 20 }] });
  assert.deepEqual(insertedWords(part), ["lora at attention.qkv, 20 weights"]);
  assert.match(layerLabel(part), /lora at attention\.qkv, 20 weights/);
  const few = (learns) => learningShare(layer("block[0]", "Block 1", 1000, 1, { learns }));
  assert.deepEqual([0, 1, 450, 999, 1000].map(few), [0, 2, 45, 98, 100]);
});

test("an image lies at the bottom as it is and as patches, and each of ten classes has a bar", () => {
  const picture = { rows: 2, columns: 2, ink: [0, 1, 0.5, 0] };
  const tokens = [0, 1].map((i) => ({ text: `row 1 column ${i + 1}`, kind: "patch", picture }));
  const ten = Array.from({ length: 10 }, (_, i) => i / 10);
  const flow = { ...FLOW, text: "", picture: { rows: 2, columns: 4, ink: [0, 1, 0, 1, 0.5, 0, 0.5, 0] }, tokens, position: 1,
    attention: {}, logits: ten, probabilities: ten };
  const { root } = made(specOf(1, { flow, labels: ten.map((_, i) => String(i)), reads: "the patches of an image" }),
    { look: () => {}, text: () => {} });
  const [whole, ...patches] = root.looking("hs-picture");
  assert.equal(whole.getAttribute("aria-label"), "the image, 4 by 2 pixels");
  assert.deepEqual(patches.map((svg) => svg.tagged("rect").length), [2, 2]);
  assert.match(root.looking("hs-m-bytes")[0].textContent, /2 patches; following patch 2, row 1 column 2/);
  assert.equal(root.looking("hs-m-results")[0].children.length, 10);
  assert.ok(root.all().find((node) => node.getAttribute("aria-label") === "Your message").hidden);
});
