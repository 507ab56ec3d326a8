// Small pictures of images: what is drawn, what stands for it, and the keys that move it.
import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.mjs";
import { movedBy, pictures } from "../../headswap/web/charts/pictures.js";
import { pictureNode } from "../../headswap/web/pixels.js";

const DOT = { rows: 2, columns: 3, ink: [0, 1, 0, 0, 0, 0.5] };
const SPEC = { kind: "pictures", title: "The digit", items: [{ name: "a 2", says: "a 2", picture: DOT }],
  keys: { right: "right", down: "down", most: 2 }, at: { right: 0, down: -2 } };

test("ink is drawn where it is, and paper is left free", () => {
  const svg = pictureNode(DOT, 30, "a 2");
  const rects = svg.tagged("rect").map((rect) => [rect.getAttribute("x"), rect.getAttribute("y"), rect.getAttribute("fill-opacity")]);
  assert.deepEqual(rects, [["1", "0", "1"], ["2", "1", "0.5"]]);
  assert.deepEqual([svg.getAttribute("width"), svg.getAttribute("height")], ["30", "20"]);
  assert.equal(svg.getAttribute("aria-label"), "a 2, 3 by 2 pixels");
  assert.equal(pictureNode(DOT, 30).getAttribute("aria-hidden"), "true");
});

test("arrow keys move the first picture as far as it may go", () => {
  assert.deepEqual(movedBy(SPEC, "ArrowRight"), ["right", 1]);
  assert.deepEqual(movedBy(SPEC, "ArrowDown"), ["down", -1]);
  assert.equal(movedBy(SPEC, "ArrowUp"), null, "it is at its end");
  assert.equal(movedBy({ ...SPEC, keys: null }, "ArrowRight"), null);
  const heard = [];
  const { root, paint } = pictures({ name: "x" }, (...given) => heard.push(given));
  paint(SPEC);
  const [frame] = root.looking("hs-frame");
  assert.equal(frame.getAttribute("tabindex"), "0");
  frame.fire("keydown", { key: "ArrowLeft" });
  frame.fire("keydown", { key: "x" });
  assert.deepEqual(heard, [["right", -1]]);
});

test("hidden patches are veiled, each in its place", () => {
  const { root, paint } = pictures({ name: "x" }, () => {});
  const square = { rows: 4, columns: 4, ink: Array(16).fill(0) };
  paint({ ...SPEC, keys: null, items: [{ name: "seen", says: "seen", picture: square, hidden: [1, 2], side: 2 }] });
  const veils = root.looking("hs-veil").map((veil) => [veil.getAttribute("x"), veil.getAttribute("y")]);
  assert.deepEqual(veils, [["2", "0"], ["0", "2"]]);
  assert.equal(root.looking("hs-frame")[0].getAttribute("tabindex"), null);
});
