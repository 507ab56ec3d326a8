/**
 * The browser side of the explorers: controls on top, below them the blocks that Python computed, drawn.
 *
 * Above the line "The page", every function is pure and exported for tests/explorer.test.mjs. Below it, a control or a
 * block is one function that builds its elements once and returns how to paint them. `BLOCKS` names them by kind.
 *
 * @typedef {{kind: string, name: string, label: string, value: any, low: number, high: number, step: number, unit: string,
 *   options: string[]}} Control
 * @typedef {{kind: string, title: string, [more: string]: any}} Block
 * @typedef {{name: string, points: [number, number|null][], dash: boolean}} Line
 */

import { axisNodes, circle, confusionTable, countText, curvePath, diamond, fillSelect, h, legendKey, linear, meter, panel,
  percentText, put, s, say, scheduler, tableFold, ticks, triangle } from "../web/charts.js";

// ---------------------------------------------------------------- numbers and signs as text

/** @param {number|null|undefined} value */
export function numberText(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return countText(value);
  const size = Math.abs(value);
  if (size >= 1000) return value.toLocaleString("en-US", { maximumFractionDigits: 1 });
  return size < 0.001 ? value.toPrecision(2) : value.toFixed(size < 1 ? 3 : size < 10 ? 2 : 1);
}

/** A slider's number with as many digits as its step has. @param {number} value @param {number} step */
export function stepText(value, step) {
  const digits = (Number(step).toFixed(8).replace(/0+$/, "").split(".")[1] ?? "").length;
  return digits ? Number(value).toFixed(digits) : countText(value);
}

const BLANKS = { " ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥", "": "∅" };

/** A sign that can be seen in place of a blank. @param {string} text @returns {string} */
export const visible = (text) => BLANKS[/** @type {" "} */ (text)] ?? text;

/** Whether a cell of a table is a number, also one that came as text. @param {unknown} cell */
export const isNumber = (cell) => typeof cell !== "string" || /^([−+-]?[\d.,]+( ?%)?|–|)$/.test(cell);

/** How much, and of how much where that says more; what has a unit is counted, in whole ones.
 * @param {[string, number, number|null]} bar @param {string} unit */
export function barText([, value, total], unit) {
  if (unit === "%") return `${value.toFixed(1)} %`;
  const [number, words] = unit ? [countText, ` ${unit}`] : [numberText, ""];
  if (total === null || total === undefined || total === value || total === 1) return `${number(value)}${words}`;
  return `${number(value)} of ${number(total)}${words} (${percentText(total ? value / total : 0)})`;
}

/** How many there are of each kind, in the order in which kinds first occur.
 * @param {{kind: string}[]} cells @returns {[string, number][]} */
export function countKinds(cells) {
  const counts = new Map();
  for (const { kind } of cells) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts];
}

// ---------------------------------------------------------------- places

/** From the least finite value to the greatest; some room where they are one. @param {(number|null)[]} values
 * @returns {[number, number]} */
export function rangeOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values)
    if (value !== null && Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low > high) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** The range opened to round numbers, and to 0 where that is near. @param {[number, number]} range
 * @returns {[number, number]} */
export function roundRange([low, high]) {
  const from = low > 0 && low < 0.6 * high ? 0 : low;
  const [a, b] = ticks(from, high, 4);
  const step = b - a || high - from;
  return [Number((Math.floor(from / step + 1e-9) * step).toPrecision(12)),
    Number((Math.ceil(high / step - 1e-9) * step).toPrecision(12))];
}

/** Places in their old order, at least `gap` apart, inside from `low` to `high` where they fit.
 * @param {number[]} places @param {number} gap @param {number} low @param {number} high @returns {number[]} */
export function apart(places, gap, low, high) {
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  const at = order.map((i) => places[i]);
  at.forEach((_, i) => { at[i] = Math.max(at[i], i ? at[i - 1] + gap : low); });
  for (let i = at.length - 1; i >= 0; i--) at[i] = Math.min(at[i], i === at.length - 1 ? high : at[i + 1] - gap);
  const result = places.map(() => 0);
  order.forEach((i, rank) => { result[i] = at[rank]; });
  return result;
}

// Wider than the mean character of an 11 px interface font; a label given this much room is not cut.
const LETTER = 6.6;
const ROW = 13;

/** @param {string[]} labels */
const widest = (labels) => LETTER * Math.max(0, ...labels.map((label) => [...label].length));

/** Sizes of a heat map: cells as large as fit, and how many labels are skipped between two that are shown.
 * @param {number} width @param {string[]} rows @param {string[]} columns */
export function heatLayout(width, rows, columns) {
  const left = Math.min(widest(rows) + 8, 0.4 * width);
  const most = columns.length <= 10 ? 52 : 26;
  const cell = Math.max(1, Math.min(most, (width - left - 2) / Math.max(1, columns.length)));
  const tall = Math.max(Math.min(cell, 9), Math.min(cell, 28, 420 / Math.max(1, rows.length)));
  const upright = widest(columns) + 4 > cell && widest(columns) > 2.5 * LETTER;
  const top = upright ? Math.min(90, widest(columns) + 6) : 16;
  const space = upright ? ROW : Math.max(11, widest(columns) + 3);
  return { left, top, cell, tall, upright, numbers: cell >= 36 && tall >= 16, height: top + tall * rows.length + 2,
    skipColumns: Math.ceil(space / cell), skipRows: Math.ceil(ROW / tall) };
}

/** A label cut to the room it has. @param {string} text @param {number} room in pixels */
export function cut(text, room) {
  const signs = [...text];
  const fits = Math.max(1, Math.floor(room / LETTER));
  return signs.length <= fits ? text : `${signs.slice(0, fits - 1).join("")}…`;
}

/** The block's counts ((TN, FP), (FN, TP)) by name. @param {number[][]} counts */
export const cellsOf = ([[tn, fp], [fn, tp]]) => ({ tn, fp, fn, tp });

// ================================================================ The page

// ---------------------------------------------------------------- controls

/** @param {any} explorer @param {Control} control */
function textControl(explorer, { name, label }) {
  const input = h("input", { id: explorer.id(name), type: "text", maxlength: 1000, autocomplete: "off", spellcheck: "false",
    oninput: () => explorer.set(name, input.value, 120), onchange: () => explorer.set(name, input.value) });
  const root = h("div", { class: "hs-ask hs-ask-text" }, h("label", { for: input.id }, label), input);
  return { root, paint: (/** @type {string} */ value) => { if (input.value !== value) input.value = value; } };
}

/** @param {any} explorer @param {Control} control */
function sliderControl(explorer, { name, label, low, high, step, unit }) {
  const move = () => explorer.set(name, Number(slider.value));
  const slider = h("input", { id: explorer.id(name), type: "range", min: low, max: high, step, oninput: move });
  const shown = h("span", { class: "hs-value", "aria-hidden": "true" });
  const root = h("div", { class: "hs-ask hs-ask-slider" }, h("label", { for: slider.id }, label), shown, slider);
  const paint = (/** @type {number} */ value) => {
    if (Number(slider.value) !== value) slider.value = value;
    const text = `${stepText(value, step)}${unit ? ` ${unit}` : ""}`;
    put(slider, { "aria-valuetext": text });
    say(shown, text);
  };
  return { root, paint };
}

/** @param {any} explorer @param {Control} control */
function choiceControl(explorer, { name, label, options }) {
  const select = h("select", { id: explorer.id(name), onchange: () => explorer.set(name, select.value) });
  const root = h("div", { class: "hs-ask hs-ask-choice" }, h("label", { for: select.id }, label), select);
  return { root, paint: (/** @type {string} */ value) => fillSelect(select, options.map((o) => [o, o]), value) };
}

/** @param {any} explorer @param {Control} control */
function switchControl(explorer, { name, label }) {
  const input = h("input", { id: explorer.id(name), type: "checkbox", onchange: () => explorer.set(name, input.checked) });
  const root = h("div", { class: "hs-ask hs-ask-switch" }, input, h("label", { for: input.id }, label));
  return { root, paint: (/** @type {boolean} */ value) => { input.checked = value; } };
}

const CONTROLS = { text: textControl, slider: sliderControl, choice: choiceControl, switch: switchControl };

/** @param {any} explorer */
function controlsPart(explorer) {
  const root = h("div", { class: "hs-asks", role: "group" });
  /** @type {[string, any][]} */
  let made = [];
  let built = "";
  const build = (/** @type {Control[]} */ controls) => {
    made = controls.map((control) => [control.name, CONTROLS[/** @type {"text"} */ (control.kind)](explorer, control)]);
    root.replaceChildren(...made.map(([, control]) => control.root));
    root.hidden = !made.length;
  };
  const paint = () => {
    const controls = (explorer.get("controls") ?? []).filter((/** @type {Control} */ one) => one.kind in CONTROLS);
    const now = JSON.stringify(controls);
    if (now !== built) build(controls);
    built = now;
    put(root, { "aria-label": `${explorer.get("title")}: controls` });
    for (const [name, control] of made) control.paint(explorer.get("value")[name]);
  };
  return { root, paint };
}

// ---------------------------------------------------------------- blocks: words, tokens, tables, counts

/** The frame of every block: a title, a place for a legend, and what is drawn.
 * @param {string} kind @param {...Node} children */
function frame(kind, ...children) {
  const title = h("h5", { class: "hs-title" });
  const keys = h("span", { class: "hs-keys" });
  const root = panel(`block-${kind}`, "", h("div", { class: "hs-head" }, title, keys), ...children);
  const name = (/** @type {string} */ text) => {
    say(title, text);
    for (const node of [root, ...root.querySelectorAll(".hs-fold [aria-label]")]) put(node, { "aria-label": text });
  };
  return { root, keys, name };
}

/** A legend of shapes or lines, each with its word. @param {Element} keys @param {[string, string, string?][]} entries */
function paintKeys(keys, entries) {
  keys.replaceChildren(...entries.map(([name, look, shape]) => {
    const { text, node } = legendKey(look, shape);
    say(text, name);
    return node;
  }));
}

function wordsBlock() {
  const text = h("p");
  const { root, name } = frame("words", text);
  return { root, paint: (/** @type {Block} */ block) => { name(block.title); say(text, block.text); } };
}

const KINDS = { byte: "byte", special: "special token", pad: "pad", cut: "cut off" };

function tapeBlock() {
  const list = h("ol", { class: "hs-tape", role: "list" });
  const { root, keys, name } = frame("tape", list);
  const word = (/** @type {string} */ kind) => KINDS[/** @type {"pad"} */ (kind)] ?? kind;
  const paint = (/** @type {Block} */ { title, cells }) => {
    name(title);
    list.replaceChildren(...cells.map((/** @type {any} */ { top, bottom, kind }) =>
      h("li", { class: `hs-token hs-token-${kind}`, title: `${word(kind)} ${bottom}` },
        h("span", { class: "hs-sign" }, visible(top)), h("span", { class: "hs-id" }, bottom),
        h("span", { class: "hs-hidden" }, kind === "byte" ? "" : word(kind)))));
    const counts = countKinds(cells);
    put(list, { "aria-label": `${title}: ${counts.map(([kind, n]) => `${word(kind)} ${n}`).join(", ") || "none"}` });
    keys.replaceChildren(...counts.map(([kind, n]) =>
      h("span", { class: "hs-key" }, h("span", { class: `hs-token hs-token-${kind}`, "aria-hidden": "true" }), `${word(kind)} ${n}`)));
  };
  return { root, paint };
}

function tableBlock() {
  const [head, body] = [h("tr"), h("tbody")];
  const scroller = h("div", { class: "hs-scroll", tabindex: 0, role: "group" }, h("table", { class: "hs-table" }, h("thead", {}, head), body));
  const { root, name } = frame("table", scroller);
  const paint = (/** @type {Block} */ { title, columns, rows }) => {
    name(title);
    for (const node of [scroller, scroller.firstElementChild]) put(node, { "aria-label": title });
    const numeric = columns.map((/** @type {string} */ _, /** @type {number} */ i) =>
      rows.some((/** @type {any[]} */ row) => row[i] !== "") && rows.every((/** @type {any[]} */ row) => isNumber(row[i])));
    const look = (/** @type {number} */ i) => ({ class: numeric[i] ? "hs-digits" : null });
    head.replaceChildren(...columns.map((/** @type {string} */ text, /** @type {number} */ i) => h("th", { scope: "col", ...look(i) }, text)));
    body.replaceChildren(...rows.map((/** @type {any[]} */ row) => h("tr", {}, ...row.map((cell, i) =>
      h(i ? "td" : "th", { scope: i ? null : "row", ...look(i) }, typeof cell === "string" ? cell : numberText(cell))))));
  };
  return { root, paint };
}

/** @param {any} explorer @param {Block} made */
function matrixBlock(explorer, { key }) {
  const choose = (/** @type {string} */ cell) => explorer.set(key, explorer.get("value")[key] === cell ? "" : cell);
  const matrix = confusionTable(key ? choose : null);
  const { root, name } = frame("matrix", matrix.root);
  const paint = (/** @type {Block} */ { title, counts, names }) => {
    name(title);
    matrix.paint(cellsOf(counts), names, key ? explorer.get("value")[key] : null);
  };
  return { root, paint };
}

function barsBlock() {
  const list = h("ul", { class: "hs-bars", role: "list" });
  const { root, name } = frame("bars", list);
  const paint = (/** @type {Block} */ { title, rows, unit }) => {
    name(title);
    put(list, { "aria-label": title });
    const most = Math.max(...rows.map((/** @type {any[]} */ [, value, total]) => Math.max(value, total ?? 0)), 0) || 1;
    const piece = (/** @type {string} */ look, /** @type {number} */ value) =>
      h("span", { class: look, style: `width: ${((100 * value) / most).toFixed(2)}%`, hidden: !value });
    list.replaceChildren(...rows.map((/** @type {[string, number, number|null]} */ bar) => h("li", {},
      h("span", {}, bar[0]), h("span", { class: "hs-value" }, barText(bar, unit)),
      h("span", { class: "hs-track", "aria-hidden": "true" }, piece("hs-whole", bar[2] ?? bar[1]), piece("hs-part", bar[1])))));
  };
  return { root, paint };
}

/** @param {any} _ @param {Block} made */
function gaugeBlock(_, { title, low, high }) {
  const bar = meter(title, low, high);
  bar.root.classList.add("hs-meter");
  const words = h("p", { class: "hs-said" });
  const [from, limitText, to] = [h("span"), h("span", { class: "hs-limit-text" }), h("span")];
  const { root, name } = frame("gauge", words, bar.root, h("div", { class: "hs-scale", "aria-hidden": "true" }, from, limitText, to));
  const paint = (/** @type {Block} */ block) => {
    name(block.title);
    const part = linear([block.low, block.high], [0, 1]);
    const at = block.limit === null ? null : part(block.limit);
    bar.paint(part(block.value ?? block.low), block.value ?? block.low, block.text, at);
    put(bar.root, { "aria-label": block.title, "aria-valuemin": block.low, "aria-valuemax": block.high });
    say(words, block.text);
    say(from, numberText(block.low));
    say(to, numberText(block.high));
    limitText.hidden = at === null || at < 0.12 || at > 0.88;
    limitText.style.left = `${100 * (at ?? 0)}%`;
    say(limitText, numberText(block.limit));
  };
  return { root, paint };
}

// ---------------------------------------------------------------- blocks: curves, heat map, points

/** A block with a picture of so many pixels, and the numbers behind it as a table.
 * @param {any} explorer @param {string} kind @param {string} look */
function picture(explorer, kind, look) {
  const svg = s("svg", { class: look, role: "img" });
  const table = tableFold("", () => explorer.mark("blocks"));
  const foot = h("div", { class: "hs-foot" }, table.fold);
  const { root, keys, name } = frame(kind, svg, foot);
  let size = [0, 0];
  const resized = () => {
    const was = size;
    size = [svg.clientWidth, svg.clientHeight];
    return was[0] !== size[0] || was[1] !== size[1];
  };
  const state = () => {
    if (!size[0]) resized();
    return [...size, table.fold.open];
  };
  return { root, keys, name, svg, foot, table, resized, state };
}

/** @param {any} explorer */
function curvesBlock(explorer) {
  const { root, keys, name, svg, table, resized, state } = picture(explorer, "curves", "hs-plot");
  const [axes, lines, ends, marks] = ["axes", "lines", "ends", "best"].map((look) => s("g", { class: `hs-${look}` }));
  svg.append(axes, lines, marks, ends);

  const paint = (/** @type {Block} */ block) => {
    const [width, height] = state();
    const all = block.lines.flatMap((/** @type {Line} */ one) => one.points);
    const xRange = block.x_range ?? rangeOf([...all, ...block.marks].map(([at]) => at));
    const yRange = block.y_range ?? roundRange(rangeOf([...all, ...block.marks].map(([, value]) => value)));
    const names = block.lines.map((/** @type {Line} */ one) => one.name);
    const inside = widest(names) > 0.34 * width || names.length * ROW > height - 50;
    const ys = ticks(...yRange, 4);
    const edge = { left: 31 + widest(ys.map(String)), right: inside ? 14 : Math.max(14, widest(names) + 12), top: 12, bottom: 34 };
    const x = linear(xRange, [edge.left, width - edge.right]);
    const y = linear(yRange, [height - edge.bottom, edge.top]);
    const whole = all.every((/** @type {[number, number]} */ [at]) => Number.isInteger(at));
    const xs = ticks(...xRange, Math.max(2, Math.min(8, (width - edge.left - edge.right) / 56)), whole);
    axes.replaceChildren(...axisNodes({ size: [width, height], edge, x, y, xs, ys, xName: block.x, yName: block.y, gap: 9 }));
    lines.replaceChildren(...block.lines.map((/** @type {Line} */ one, /** @type {number} */ i) =>
      s("path", { class: look(one, i), d: curvePath(one.points, x, y) })));
    ends.replaceChildren(...(inside ? [] : endNames(block.lines, x, y, [edge.top + 4, height - edge.bottom + 2])));
    marks.replaceChildren(...markNodes(block.marks, x, y, [width - edge.right + 4, height - edge.bottom]));
    paintKeys(keys, inside ? block.lines.map((/** @type {Line} */ one, /** @type {number} */ i) => [one.name, look(one, i)]) : []);
    name(block.title);
    put(svg, { "aria-label": curvesText(block, xRange, yRange) });
    table.paint(["line", block.x, block.y], () => block.lines.flatMap((/** @type {Line} */ one) =>
      one.points.map(([at, value]) => [one.name, numberText(at), numberText(value)])));
  };
  const look = (/** @type {Line} */ one, /** @type {number} */ i) => `hs-line hs-line-${i % 4}${one.dash ? " hs-dash" : ""}`;
  return { root, svg, paint, resized, state };
}

/** Names where the lines end, none over another. @param {Line[]} lines @param {(v: number) => number} x
 * @param {(v: number) => number} y @param {[number, number]} between */
function endNames(lines, x, y, [top, base]) {
  const ended = lines.flatMap((line) => {
    const last = line.points.filter(([, value]) => value !== null && Number.isFinite(value)).at(-1);
    return last ? [{ name: line.name, at: x(last[0]) + 6, height: y(/** @type {number} */ (last[1])) + 4 }] : [];
  });
  const places = apart(ended.map((end) => end.height), ROW, top, base);
  return ended.map((end, i) => s("text", { x: end.at, y: places[i] }, end.name));
}

/** Diamonds with their words, which leave the names of the lines alone and each other. @param {[number, number, string][]} marks
 * @param {(v: number) => number} x @param {(v: number) => number} y @param {[number, number]} room right, base */
function markNodes(marks, x, y, [right, base]) {
  const nodes = marks.map(([at, value, text]) => diamond(x(at), y(value), text, [right, base]));
  const words = nodes.map(([, text]) => text);
  const heights = apart(words.map((text) => Number(text.getAttribute("y"))), ROW, 12, base - 4);
  words.forEach((text, i) => put(text, { y: heights[i] }));
  return nodes.flat();
}

/** What the picture shows, for those who do not see it. @param {Block} block @param {number[]} xs @param {number[]} ys */
function curvesText({ title, x, y, lines, marks }, xs, ys) {
  const names = lines.map((/** @type {Line} */ one) => one.name).join(", ");
  const marked = marks.map((/** @type {any[]} */ [, , text]) => text).join(", ");
  return `${title}: ${y} from ${numberText(ys[0])} to ${numberText(ys[1])}, by ${x} from ${numberText(xs[0])} to ` +
    `${numberText(xs[1])}; lines: ${names}${marked ? `; marked: ${marked}` : ""}`;
}

/** @param {any} explorer */
function heatBlock(explorer) {
  const { root, keys, name, svg, foot, table, resized, state } = picture(explorer, "heat", "hs-heat");
  const [cells, labels, numbers] = ["cells", "labels", "numbers"].map((look) => s("g", { class: `hs-${look}` }));
  const [barred, cursor] = [s("path", { class: "hs-barred" }), s("rect", { class: "hs-cursor" })];
  svg.append(cells, barred, labels, numbers, cursor);
  put(svg, { tabindex: 0 });
  const said = h("p", { class: "hs-under", role: "status" });
  foot.prepend(said);
  keys.append(h("span", { class: "hs-key", "aria-hidden": "true" }, "0", h("span", { class: "hs-ramp" }), "1"));
  /** @type {{block: Block, layout: ReturnType<typeof heatLayout>}|null} */
  let now = null;
  /** @type {[number, number]|null} */
  let at = null;

  const tell = () => {
    if (!now || !at || at[0] >= now.block.rows.length || at[1] >= now.block.columns.length) at = null;
    cursor.style.display = at ? "" : "none";
    if (!now || !at) return say(said, "point at a cell, or use the arrow keys");
    const [i, j] = at;
    const { left, top, cell, tall } = now.layout;
    put(cursor, { x: left + j * cell, y: top + i * tall, width: cell, height: tall });
    const value = now.block.values[i][j];
    say(said, `row ${i + 1} ${visible(now.block.rows[i])}, column ${j + 1} ${visible(now.block.columns[j])}: ${value === null ? "not seen" : numberText(value)}`);
  };

  const paint = (/** @type {Block} */ block) => {
    const [width] = state();
    const [rows, columns] = [block.rows.map(visible), block.columns.map(visible)];
    const layout = heatLayout(width, rows, columns);
    now = { block, layout };
    svg.style.height = `${layout.height}px`;
    paintShades(cells, block.values, layout);
    put(barred, { d: barredPath(block.values, layout) });
    labels.replaceChildren(...heatLabels(rows, columns, layout));
    numbers.replaceChildren(...(layout.numbers ? heatNumbers(block.values, layout) : []));
    name(block.title);
    put(svg, { "aria-label": `${block.title}: ${rows.length} rows by ${columns.length} columns, shades from 0 to 1` });
    table.paint(["", ...columns], () => block.values.map((/** @type {any[]} */ row, /** @type {number} */ i) =>
      [rows[i], ...row.map((value) => (value === null ? "not seen" : numberText(value)))]));
    tell();
  };
  const move = (/** @type {[number, number]|null} */ to) => { at = to; tell(); };
  put(svg, {
    onpointermove: (/** @type {PointerEvent} */ event) => move(now && cellUnder(event, svg, now.layout, now.block)),
    onpointerleave: () => move(null), onblur: () => move(null), onfocus: () => { if (!at) move([0, 0]); },
    onkeydown: (/** @type {KeyboardEvent} */ event) => { if (now) heatKey(event, at ?? [0, 0], now.block, move); },
  });
  return { root, svg, paint, resized, state };
}

/** A rectangle for each cell, made once per shape of the grid. @param {Element} group @param {(number|null)[][]} values
 * @param {ReturnType<typeof heatLayout>} layout */
function paintShades(group, values, { left, top, cell, tall }) {
  const all = values.flatMap((row, i) => row.map((value, j) => ({ value, i, j })));
  if (group.childElementCount !== all.length) group.replaceChildren(...all.map(() => s("rect")));
  put(group, { class: cell < 7 ? "hs-cells hs-dense" : "hs-cells" });
  all.forEach(({ value, i, j }, n) => {
    const rect = /** @type {SVGElement} */ (group.children[n]);
    put(rect, { x: left + j * cell, y: top + i * tall, width: cell, height: tall, class: value === null ? "hs-unseen" : null });
    // The square root, so that small shares can be told from nothing.
    rect.style.setProperty("--hs-part", Math.sqrt(Math.min(1, Math.max(0, value ?? 0))).toFixed(3));
  });
}

/** A stroke through every cell that may not be seen. @param {(number|null)[][]} values
 * @param {ReturnType<typeof heatLayout>} layout */
function barredPath(values, { left, top, cell, tall }) {
  if (cell < 7) return "";
  const [dx, dy] = [0.3 * cell, 0.3 * tall];
  return values.flatMap((row, i) => row.map((value, j) => (value === null
    ? `M${(left + j * cell + dx).toFixed(1)} ${(top + (i + 1) * tall - dy).toFixed(1)}l${(cell - 2 * dx).toFixed(1)} ${(2 * dy - tall).toFixed(1)}` : ""))).join("");
}

/** @param {string[]} rows @param {string[]} columns @param {ReturnType<typeof heatLayout>} layout */
function heatLabels(rows, columns, { left, top, cell, tall, upright, skipRows, skipColumns }) {
  const beside = rows.flatMap((text, i) => (i % skipRows ? []
    : [s("text", { x: left - 5, y: top + (i + 0.5) * tall + 4, "text-anchor": "end" }, cut(text, left - 6))]));
  const above = columns.flatMap((text, j) => {
    if (j % skipColumns) return [];
    const [x, y] = [left + (j + 0.5) * cell, top - 5];
    return upright ? [s("text", { x: x + 4, y, transform: `rotate(-90 ${x + 4} ${y})` }, cut(text, top - 4))]
      : [s("text", { x, y, "text-anchor": "middle" }, text)];
  });
  return [...beside, ...above];
}

/** @param {(number|null)[][]} values @param {ReturnType<typeof heatLayout>} layout */
function heatNumbers(values, { left, top, cell, tall }) {
  return values.flatMap((row, i) => row.flatMap((value, j) => (value === null ? []
    : [s("text", { x: left + (j + 0.5) * cell, y: top + (i + 0.5) * tall + 4, "text-anchor": "middle" }, value.toFixed(2))])));
}

/** @param {PointerEvent} event @param {Element} svg @param {ReturnType<typeof heatLayout>} layout @param {Block} block
 * @returns {[number, number]|null} */
function cellUnder(event, svg, { left, top, cell, tall }, block) {
  const box = svg.getBoundingClientRect();
  const [i, j] = [Math.floor((event.clientY - box.top - top) / tall), Math.floor((event.clientX - box.left - left) / cell)];
  return i >= 0 && j >= 0 && i < block.rows.length && j < block.columns.length ? [i, j] : null;
}

/** @param {KeyboardEvent} event @param {[number, number]} at @param {Block} block @param {(to: [number, number]) => void} move */
function heatKey(event, [i, j], { rows, columns }, move) {
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -Infinity], End: [0, Infinity] };
  const by = moves[/** @type {keyof typeof moves} */ (event.key)];
  if (!by) return;
  event.preventDefault();
  const inside = (/** @type {number} */ value, /** @type {number} */ many) => Math.min(many - 1, Math.max(0, value));
  move([inside(i + by[0], rows.length), inside(j + by[1], columns.length)]);
}

/** @param {any} explorer */
function cloudBlock(explorer) {
  const { root, keys, name, svg, table, resized, state } = picture(explorer, "cloud", "hs-cloud");
  const [cross, shapes] = [s("path", { class: "hs-rule" }), s("g")];
  svg.append(cross, shapes);
  const look = (/** @type {number} */ i, /** @type {any[]} */ points) => `hs-mark hs-mark-${i % 4}${points.length < 5 ? " hs-wrong" : ""}`;
  const paint = (/** @type {Block} */ { title, groups }) => {
    const [width, height] = state();
    const all = groups.flatMap((/** @type {any} */ group) => group.points);
    const x = linear(rangeOf(all.map(([at]) => at)), [10, width - 10]);
    const y = linear(rangeOf(all.map(([, value]) => value)), [height - 10, 10]);
    put(cross, { d: `M0 ${y(0).toFixed(1)}H${width}M${x(0).toFixed(1)} 0V${height}` });
    shapes.replaceChildren(...groups.map((/** @type {any} */ { mark, points }, /** @type {number} */ i) => {
      const shape = mark === "triangle" ? triangle : circle;
      const size = (mark === "triangle" ? 3.8 : 3) * (points.length < 5 ? 1.7 : 1);
      const place = (/** @type {number} */ value) => Number(value.toFixed(1));
      return s("path", { class: look(i, points), d: points.map(([a, b]) => shape(place(x(a)), place(y(b)), size)).join("") });
    }));
    paintKeys(keys, groups.map((/** @type {any} */ { name: text, mark, points }, /** @type {number} */ i) =>
      [text, look(i, points), mark === "triangle" ? triangle(7, 6, 5) : circle(7, 7, 4)]));
    name(title);
    put(svg, { "aria-label": `${title}: ${groups.map((/** @type {any} */ g) => `${g.name}, ${g.points.length} ${g.mark}${g.points.length === 1 ? "" : "s"}`).join("; ")}` });
    table.paint(["group", "x", "y"], () => groups.flatMap((/** @type {any} */ g) => g.points.map(([a, b]) => [g.name, numberText(a), numberText(b)])));
  };
  return { root, svg, paint, resized, state };
}

// ---------------------------------------------------------------- the explorer

const BLOCKS = { words: wordsBlock, tape: tapeBlock, table: tableBlock, matrix: matrixBlock, curves: curvesBlock, bars: barsBlock,
  heat: heatBlock, cloud: cloudBlock, gauge: gaugeBlock };

/** The blocks, each kept as long as its kind stays in its place. @param {any} explorer */
function blocksPart(explorer) {
  const root = h("div", { class: "hs-blocks" });
  /** @type {{key: string, part: any, painted: string}[]} */
  let made = [];
  const watch = new ResizeObserver(() => { if (made.filter(({ part }) => part.resized?.()).length) explorer.mark("blocks"); });
  const arrange = (/** @type {Block[]} */ blocks) => {
    const keys = blocks.map((block) => `${block.kind} ${block.key ?? ""}`);
    if (keys.join() === made.map((one) => one.key).join()) return;
    watch.disconnect();
    made = blocks.map((block, i) => (made[i]?.key === keys[i] ? made[i]
      : { key: keys[i], part: BLOCKS[/** @type {"words"} */ (block.kind)](explorer, block), painted: "" }));
    // One by one: an element that is taken out and put back loses the focus.
    for (const child of [...root.children]) if (!made.some(({ part }) => part.root === child)) child.remove();
    made.forEach(({ part }, i) => { if (root.children[i] !== part.root) root.insertBefore(part.root, root.children[i] ?? null); });
    for (const { part } of made) if (part.svg) watch.observe(part.svg);
  };
  const paint = () => {
    const blocks = (explorer.get("shown") ?? []).filter((/** @type {Block} */ block) => block.kind in BLOCKS);
    arrange(blocks);
    made.forEach((one, i) => {
      const state = one.part.state?.() ?? [];
      const now = JSON.stringify([blocks[i], state, blocks[i].key ? explorer.get("value")[blocks[i].key] : null]);
      if (now === one.painted || state[0] === 0) return;
      one.painted = now;
      one.part.paint(blocks[i]);
    });
  };
  return { root, paint, stop: () => watch.disconnect() };
}

/** What controls and blocks may ask and do. @param {any} model */
function createExplorer(model) {
  const uid = `hs${Math.random().toString(36).slice(2, 9)}`;
  let saving = 0;
  const save = () => { saving = 0; model.save_changes(); };
  const explorer = {
    mark: (/** @type {string[]} */ ..._names) => {},
    id: (/** @type {string} */ name) => `${uid}-${name}`,
    get: (/** @type {string} */ name) => model.get(name),
    /** @param {string} name @param {any} value @param {number} [wait] milliseconds that typing may go on */
    set: (name, value, wait = 0) => {
      model.set("value", { ...model.get("value"), [name]: value });
      clearTimeout(saving);
      saving = 0;
      if (wait) saving = setTimeout(save, wait);
      else save();
    },
    stop: () => { if (saving) { clearTimeout(saving); save(); } },
  };
  return explorer;
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const explorer = createExplorer(model);
  const [controls, blocks] = [controlsPart(explorer), blocksPart(explorer)];
  const title = h("h4", { class: "hs-name" });
  const paintTitle = () => {
    const name = explorer.get("title");
    say(title, name);
    put(el, { "aria-label": name, "data-title": name });
  };
  const frames = scheduler({ title: paintTitle, controls: controls.paint, blocks: blocks.paint });
  explorer.mark = frames.mark;
  el.classList.add("hs-explorer");
  // JupyterLab would take arrow keys, Enter and letters for its own commands.
  put(el, { role: "region", "data-lm-suppress-shortcuts": "true" });
  el.replaceChildren(title, controls.root, blocks.root);
  const heard = /** @type {[string, () => void][]} */ ([["change:title", frames.all], ["change:controls", frames.all],
    ["change:value", () => frames.mark("controls", "blocks")], ["change:shown", () => frames.mark("blocks")]]);
  for (const [name, work] of heard) model.on(name, work);
  frames.all();
  return () => {
    for (const [name, work] of heard) model.off(name, work);
    frames.cancel();
    explorer.stop();
    blocks.stop();
  };
}

export default { render };
