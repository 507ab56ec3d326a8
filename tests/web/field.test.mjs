// The plane that a head divides: shades, the line where its verdict turns, and words for both.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openedWidget } from "./dom.mjs";
import widget from "../../headswap/explorers/explorer.js";
import { field, fieldText, shadePaths, turnPath } from "../../headswap/web/charts/field.js";

const same = (value) => value;
const ten = (value) => 10 * value;
const pieces = (path) => path.split("M").filter(Boolean).map((piece) => piece.split("L").map((end) => end.split(" ").map(Number)));
const SPEC = { kind: "field", title: "A bent head", x: "spam", y: "comma", x_range: [-1, 1], y_range: [-1, 1],
  logits: [[-4, 4], [-4, 4]], names: ["ham", "spam"],
  groups: [{ name: "ham", mark: "circle", points: [[-0.5, 0], [0.5, 0]], wrong: [false, true] },
    { name: "spam", mark: "triangle", points: [[0.5, 0.5]], wrong: [false] }] };

test("every cell is shaded once, and neighbours of one shade are one piece", () => {
  const paths = shadePaths([[-9, -9, 9], [0.01, 0.01, 0.01]], ten, ten);
  assert.equal(paths.length, 10);
  assert.equal(paths[0], "M0 0H20V10H0Z");
  assert.equal(paths[9], "M20 0H30V10H20Z");
  assert.equal(paths[5], "M0 10H30V20H0Z");
  assert.equal(paths.join("").split("M").length - 1, 3);
});

test("a logit of 0 is no yes, and the smallest above it is one", () => {
  const yes = (logit) => shadePaths([[logit]], ten, ten).slice(5).join("") !== "";
  assert.deepEqual([-30, -1e-9, 0, 1e-9, 30].map(yes), [false, false, false, true, true]);
});

test("the line lies where the logits are 0, from edge to edge", () => {
  // 2x - 3 in cells of width 1, and so 0 at x = 1.5, whatever y is.
  const logits = Array.from({ length: 4 }, () => [0.5, 1.5, 2.5].map((x) => 2 * x - 3.2));
  const found = pieces(turnPath(logits, ten, ten)).flat();
  assert.ok(found.every(([x]) => Math.abs(x - 16) < 0.06), JSON.stringify(found));
  assert.deepEqual([Math.min(...found.map(([, y]) => y)), Math.max(...found.map(([, y]) => y))], [0, 40]);
});

test("a slanted line is hit exactly, and where no verdict turns there is none", () => {
  const slanted = Array.from({ length: 5 }, (_, j) => Array.from({ length: 5 }, (_, i) => i + 0.5 + 2 * (j + 0.5) - 6.1));
  const found = pieces(turnPath(slanted, same, same)).flat();
  assert.ok(found.length > 4);
  assert.ok(found.every(([x, y]) => Math.abs(x + 2 * y - 6.1) < 0.16), "to the tenth of a pixel that is written");
  assert.equal(turnPath([[5, 6], [7, 8]], same, same), "");
});

test("two corners against two are two lines that never cross", () => {
  const found = pieces(turnPath([[1, -1], [-1, 1]], ten, ten));
  const inside = found.filter((ends) => ends.every(([x, y]) => x >= 5 && x <= 15 && y >= 5 && y <= 15));
  assert.equal(inside.length, 2, "in the square between the four middles");
  assert.notDeepEqual(inside[0][0], inside[1][0]);
});

test("the picture says in words how much is on which side, and how many are wrong", () => {
  assert.equal(fieldText(SPEC), "A bent head: it says spam in 50 % of the picture, ham in the rest; " +
    "ham, 2 circles, 1 of them wrong; spam, 1 triangle, 0 of them wrong");
});

test("shape, outline and hatch tell what colour tells", () => {
  const { root, paint } = field({ name: "block-field" });
  paint(SPEC);
  const marks = root.looking("hs-mark").filter((one) => one.getAttribute("d"));
  const wrong = root.looking("hs-wrong").filter((one) => one.getAttribute("d"));
  assert.ok(marks.length >= 3);
  assert.equal(wrong[0].getAttribute("d").split("a").length > 1, true, "the wrong one is a circle");
  const hatched = root.tagged("path").find((one) => /^url\(#/.test(one.getAttribute("fill") ?? ""));
  const yes = root.looking("hs-f-yes").map((one) => one.getAttribute("d") ?? "").join("");
  assert.equal(hatched.getAttribute("d"), yes, "what is hatched is the second side, all of it");
  assert.match(root.textContent, /ham.*spam.*wrong.*called spam/s);
});

test("the points are there as a table", () => {
  const { el } = openedWidget(widget, { title: "Bend", controls: [], value: {}, shown: [SPEC] });
  const fold = el.tagged("details")[0];
  fold.open = true;
  fold.fire("toggle");
  const rows = fold.tagged("tbody")[0].children.map((row) => row.children.map((cell) => cell.textContent));
  assert.deepEqual(rows, [["ham", "-0.500", "0", "right"], ["ham", "0.500", "0", "wrong"], ["spam", "0.500", "0.500", "right"]]);
});
