/**
 * A grid of shares from 0 to 1, or of numbers with a unit, read out cell by cell under the pointer or the arrow keys.
 *
 * @typedef {[number, number]} Spot row and column
 * @typedef {Titled & {kind: "heat", rows: string[], columns: string[], values: (number|null)[][],
 *   most?: number, unit?: string, whole?: boolean}} HeatSpec null is a cell that may not be seen; numbers with a unit
 *   have the full shade from `most` on, and none is beyond it where the grid is `whole`
 * @typedef {ReturnType<typeof heatLayout>} Layout
 *
 * @import {Place, Titled} from "./frame.js"
 */

import { h, placeIn, put, s, say } from "../elements.js";
import { LETTER, ROW, countText, cut, numberText, visible, widest } from "../text.js";
import { drawn, picture } from "./frame.js";

/** Sizes of a heat map: cells as large as fit, and how many labels are skipped between two that are shown.
 * @param {number} width @param {string[]} rows @param {string[]} columns @param {number} [highest] of the cells */
export function heatLayout(width, rows, columns, highest = 420) {
  const left = Math.min(widest(rows) + 8, 0.4 * width);
  const few = Math.min(72, Math.max(52, widest(columns) + 6)); // room for a word over each cell
  const most = columns.length <= 6 ? few : columns.length <= 10 ? 52 : 26;
  const cell = Math.max(1, Math.min(most, (width - left - 2) / Math.max(1, columns.length)));
  const tall = Math.max(Math.min(cell, 9), Math.min(cell, 28, highest / Math.max(1, rows.length)));
  const upright = widest(columns) + 4 > cell && widest(columns) > 2.5 * LETTER;
  const top = upright ? Math.min(90, widest(columns) + 6) : 16;
  const space = upright ? ROW : Math.max(11, widest(columns) + 3);
  return { left, top, cell, tall, upright, numbers: cell >= 36 && tall >= 16, height: top + tall * rows.length + 2,
    skipColumns: Math.ceil(space / cell), skipRows: Math.ceil(ROW / tall) };
}

/** A rectangle for each cell, made once per shape of the grid.
 * @param {SVGElement} group @param {HeatSpec} spec @param {Layout} layout */
function paintShades(group, { values, most = 1 }, { left, top, cell, tall }) {
  const all = values.flatMap((row, i) => row.map((value, j) => ({ value, i, j })));
  if (group.childElementCount !== all.length) group.replaceChildren(...all.map(() => s("rect")));
  put(group, { class: cell < 7 ? "hs-cells hs-dense" : "hs-cells" });
  all.forEach(({ value, i, j }, n) => {
    const rect = /** @type {SVGElement} */ (group.children[n]);
    const look = value === null ? "hs-unseen" : null;
    put(rect, { x: left + j * cell, y: top + i * tall, width: cell, height: tall, class: look });
    // The square root, so that small shares can be told from nothing.
    rect.style.setProperty("--hs-part", Math.sqrt(Math.min(1, Math.max(0, (value ?? 0) / most))).toFixed(3));
  });
}

/** A stroke through every cell that may not be seen. @param {(number|null)[][]} values @param {Layout} layout */
function barredPath(values, { left, top, cell, tall }) {
  if (cell < 7) return "";
  const [dx, dy] = [0.3 * cell, 0.3 * tall];
  const stroke = `l${(cell - 2 * dx).toFixed(1)} ${(2 * dy - tall).toFixed(1)}`;
  const from = (/** @type {number} */ i, /** @type {number} */ j) =>
    `M${(left + j * cell + dx).toFixed(1)} ${(top + (i + 1) * tall - dy).toFixed(1)}`;
  return values.flatMap((row, i) => row.map((value, j) => (value === null ? from(i, j) + stroke : ""))).join("");
}

/** @param {string[]} rows @param {string[]} columns @param {Layout} layout */
function labelNodes(rows, columns, { left, top, cell, tall, upright, skipRows, skipColumns }) {
  const beside = rows.flatMap((text, i) => (i % skipRows ? []
    : [s("text", { x: left - 5, y: top + (i + 0.5) * tall + 4, "text-anchor": "end" }, cut(text, left - 6))]));
  const above = columns.flatMap((text, j) => {
    if (j % skipColumns) return [];
    const [x, y] = [left + (j + 0.5) * cell, top - 5];
    if (!upright || widest([text]) + 4 <= cell) return [s("text", { x, y, "text-anchor": "middle" }, text)];
    return [s("text", { x: x + 4, y, transform: `rotate(-90 ${x + 4} ${y})` }, cut(text, top - 4))];
  });
  return [...beside, ...above];
}

/** @param {HeatSpec} spec @param {Layout} layout */
function numberNodes({ values, unit }, { left, top, cell, tall, numbers }) {
  if (!numbers) return [];
  const place = (/** @type {number} */ i, /** @type {number} */ j) =>
    ({ x: left + (j + 0.5) * cell, y: top + (i + 0.5) * tall + 4, "text-anchor": "middle" });
  return values.flatMap((row, i) => row.flatMap((value, j) =>
    (value === null ? [] : [s("text", place(i, j), unit ? unitText(value) : value.toFixed(2))])));
}

/** What a cell says of a number with a unit: 0, <0.1, 3.6, 19, 1,200. @param {number} value */
export function unitText(value) {
  if (value > 0 && value < 0.05) return "<0.1";
  return value && value < 9.95 ? value.toFixed(1) : countText(value);
}

/** @param {number|null} value @param {string} [unit] */
function cellText(value, unit) {
  if (value === null) return "not seen";
  return unit ? `${unitText(value)} ${unit}` : numberText(value);
}

/** @param {HeatSpec} spec @returns {[string[], () => (string|number)[][]]} */
const cellTable = ({ rows, columns, values, unit }) => [["", ...columns.map(visible)], () =>
  values.map((row, i) => [visible(rows[i]), ...row.map((value) => cellText(value, unit))])];

/** The two ends of the shades. @param {HeatSpec} spec @returns {[string, string]} */
export const endsOf = ({ most = 1, unit, whole }) =>
  (unit ? [`0 ${unit}`, `${numberText(most)} ${unit}${whole ? "" : " or more"}`] : ["0", "1"]);

/** @type {Record<string, Spot>} */
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
  Home: [0, -Infinity], End: [0, Infinity] };

/** Where a key leads from a cell; null where it leads nowhere.
 * @param {string} key @param {Spot} from @param {HeatSpec} spec @returns {Spot|null} */
export function spotBy(key, [i, j], { rows, columns }) {
  const move = MOVES[key];
  const inside = (/** @type {number} */ value, /** @type {number} */ many) => Math.min(many - 1, Math.max(0, value));
  return move ? [inside(i + move[0], rows.length), inside(j + move[1], columns.length)] : null;
}

/** @param {PointerEvent} event @param {Element} svg @param {Layout} layout @param {HeatSpec} spec
 * @returns {Spot|null} */
function spotUnder(event, svg, { left, top, cell, tall }, { rows, columns }) {
  const [x, y] = placeIn(event, svg);
  const [i, j] = [Math.floor((y - top) / tall), Math.floor((x - left) / cell)];
  return i >= 0 && j >= 0 && i < rows.length && j < columns.length ? [i, j] : null;
}

/** The cell that is looked at: framed, and read out below.
 * @param {SVGSVGElement} svg @param {(row: number) => void} heard is told the row of the cell */
function spotlight(svg, heard) {
  const box = s("rect", { class: "hs-cursor" });
  const said = h("p", { class: "hs-under", role: "status" });
  /** @type {{spec: HeatSpec, layout: Layout}|null} */
  let now = null;
  /** @type {Spot|null} */
  let spot = null;
  const show = () => {
    if (!now || !spot || spot[0] >= now.spec.rows.length || spot[1] >= now.spec.columns.length) spot = null;
    box.style.display = spot ? "" : "none";
    if (!now || !spot) return say(said, "point at a cell, or use the arrow keys");
    const [[i, j], { spec, layout: { left, top, cell, tall } }] = [spot, now];
    put(box, { x: left + j * cell, y: top + i * tall, width: cell, height: tall });
    const [row, column] = [visible(spec.rows[i]), visible(spec.columns[j])];
    say(said, `row ${i + 1} ${row}, column ${j + 1} ${column}: ${cellText(spec.values[i][j], spec.unit)}`);
  };
  const move = (/** @type {Spot|null} */ to) => {
    spot = to;
    show();
    if (to) heard(to[0]);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const to = now && spotBy(event.key, spot ?? [0, 0], now.spec);
    if (!to) return;
    event.preventDefault();
    move(to);
  };
  put(svg, {
    tabindex: 0, onkeydown: key, onblur: () => move(null), onfocus: () => { if (!spot) move([0, 0]); },
    onpointerleave: () => move(null),
    onpointermove: (/** @type {PointerEvent} */ event) => move(now && spotUnder(event, svg, now.layout, now.spec)),
  });
  const paint = (/** @type {HeatSpec} */ spec, /** @type {Layout} */ layout) => {
    now = { spec, layout };
    show();
  };
  return { box, said, paint };
}

/** The frame around a row that others look at, too. */
function marker() {
  const box = s("rect", { class: "hs-marked", display: "none" });
  /** @type {number|null} */
  let row = null;
  const paint = (/** @type {Layout|null} */ layout, /** @type {number} */ columns) => {
    put(box, { display: row === null || !layout ? "none" : null });
    if (row === null || !layout) return;
    const { left, top, cell, tall } = layout;
    put(box, { x: left, y: top + row * tall, width: cell * columns, height: tall });
  };
  return { box, paint, set: (/** @type {number} */ to) => { row = to; } };
}

/** @param {Place} place @param {(row: number) => void} [heard] is told which row is pointed at
 * @param {number} [highest] how many pixels its rows may take together */
export function heat(place, heard = () => {}, highest = undefined) {
  const parts = picture(place, "hs-heat");
  const { svg, keys, under } = parts;
  const [cells, labels, numbers] = ["cells", "labels", "numbers"].map((look) => s("g", { class: `hs-${look}` }));
  const barred = s("path", { class: "hs-barred" });
  const [light, marked] = [spotlight(svg, heard), marker()];
  /** @type {Layout|null} */
  let now = null;
  let many = 0;
  const mark = (/** @type {number} */ row) => { marked.set(row); marked.paint(now, many); };
  svg.append(cells, barred, labels, numbers, marked.box, light.box);
  under.append(light.said);
  const [least, most] = [h("span"), h("span")];
  keys.append(h("span", { class: "hs-key", "aria-hidden": "true" }, least, h("span", { class: "hs-ramp" }), most));
  const chart = drawn(parts, (/** @type {HeatSpec} */ spec, [width]) => {
    const [rows, columns] = [spec.rows.map(visible), spec.columns.map(visible)];
    const layout = heatLayout(width, rows, columns, highest);
    svg.style.height = `${layout.height}px`;
    paintShades(cells, spec, layout);
    put(barred, { d: barredPath(spec.values, layout) });
    labels.replaceChildren(...labelNodes(rows, columns, layout));
    numbers.replaceChildren(...numberNodes(spec, layout));
    const [from, to] = endsOf(spec);
    say(least, from);
    say(most, to);
    const size = `${rows.length} rows by ${columns.length} columns`;
    put(svg, { "aria-label": `${spec.title}: ${size}, shades from ${from} to ${to}` });
    [now, many] = [layout, columns.length];
    marked.paint(now, many);
    light.paint(spec, layout);
  }, cellTable);
  return { ...chart, mark };
}
