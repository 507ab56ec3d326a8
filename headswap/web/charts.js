/**
 * What the lab and the explorers share: numbers as text, scales, paths, and the drawings that both show.
 *
 * Above the line "The page", every function is pure. A drawing builds its elements once and returns how to paint them.
 * Text from outside only ever becomes `textContent`.
 *
 * @typedef {{tn: number, fp: number, fn: number, tp: number}} Cells
 * @typedef {(value: number) => number} Scale
 * @typedef {{left: number, right: number, top: number, bottom: number}} Edge
 */

// ---------------------------------------------------------------- numbers as text

/** @param {number} value */
export const countText = (value) => Math.round(value).toLocaleString("en-US");
/** @param {number} value */
export const percentText = (value) => `${(100 * value).toFixed(value && value < 0.01 ? 2 : 0)} %`;

// ---------------------------------------------------------------- scales and curves

/** @param {[number, number]} domain @param {[number, number]} range @returns {Scale} */
export function linear([d0, d1], [r0, r1]) {
  const span = d1 - d0 || 1;
  return (value) => r0 + ((value - d0) / span) * (r1 - r0);
}

/** Round numbers from low to high, about `count` of them.
 * @param {number} low @param {number} high @param {boolean} [whole] */
export function ticks(low, high, count = 5, whole = false) {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10);
  if (whole) step = Math.max(1, Math.round(step));
  const first = Math.ceil(low / step - 1e-9);
  const many = Math.floor(high / step + 1e-9) - first;
  return Array.from({ length: many + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** An SVG path through the finite values; a null breaks the line, a lone value stays visible as a dot.
 * @param {[number, number|null][]} points @param {Scale} x @param {Scale} y */
export function curvePath(points, x, y) {
  const parts = [];
  let pen = 0;
  for (const [at, value] of points) {
    if (value === null || !Number.isFinite(value)) {
      if (pen === 1) parts.push("h0");
      pen = 0;
      continue;
    }
    parts.push(`${pen ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
    pen += 1;
  }
  if (pen === 1) parts.push("h0");
  return parts.join("");
}

/** @param {number} x @param {number} y */
export const circle = (x, y, r = 3) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
/** @param {number} x @param {number} y */
export const triangle = (x, y, r = 3.8) => `M${x} ${y - r}l${r} ${1.75 * r}h${-2 * r}Z`;

/** @param {number} truth @param {number} guess @returns {"tn"|"fp"|"fn"|"tp"} */
export const cellName = (truth, guess) => (truth ? (guess ? "tp" : "fn") : guess ? "fp" : "tn");

// ================================================================ The page

const SVG = "http://www.w3.org/2000/svg";

/** @param {Element} node @param {Record<string, any>} attributes */
export function put(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : String(value));
  }
}

/** @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node|string)} children @returns {any} */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  put(node, attributes);
  node.append(...children);
  return node;
}

/** @param {string} tag @param {Record<string, any>} [attributes] @param {string} [text] @returns {any} */
export function s(tag, attributes = {}, text) {
  const node = document.createElementNS(SVG, tag);
  put(node, attributes);
  if (text !== undefined) node.textContent = text;
  return node;
}

/** Text set only where it differs, so that a quiet frame touches nothing. @param {Element} node @param {string} text */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {string} name @param {string} title @param {...(Node|string)} children */
export function panel(name, title, ...children) {
  return h("div", { class: `hs-panel hs-${name}`, "data-hs": name, role: "group", "aria-label": title }, ...children);
}

/** Options of a select, in place, with the current value added where it is unlisted.
 * @param {HTMLSelectElement} select @param {[string, string][]} options @param {string} value */
export function fillSelect(select, options, value) {
  const all = options.some(([key]) => key === value) ? options : [...options, /** @type {[string, string]} */ ([value, value])];
  const key = JSON.stringify(all);
  if (select.dataset.options !== key) {
    select.replaceChildren(...all.map(([name, text]) => h("option", { value: name }, text)));
    select.dataset.options = key;
  }
  if (select.value !== value) select.value = value;
}

/** A table that is only filled while it is open. @param {string} title @param {() => void} fill */
export function tableFold(title, fill) {
  const body = h("tbody");
  const head = h("tr");
  const table = h("table", { class: "hs-table", "aria-label": title }, h("thead", {}, head), body);
  const scroller = h("div", { class: "hs-scroll", tabindex: 0, role: "group", "aria-label": title }, table);
  const fold = h("details", { class: "hs-fold", ontoggle: fill }, h("summary", {}, "as a table"), scroller);
  const paint = (/** @type {string[]} */ names, /** @type {() => (string|number)[][]} */ rows) => {
    if (!fold.open) return;
    head.replaceChildren(...names.map((name) => h("th", { scope: "col" }, name)));
    body.replaceChildren(...rows().map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, String(cell))))));
  };
  return { fold, paint };
}

/** One frame for all that is dirty. @param {Record<string, () => void>} parts */
export function scheduler(parts) {
  const dirty = new Set();
  let frame = 0;
  const flush = () => {
    frame = 0;
    const names = Object.keys(parts).filter((name) => dirty.has(name));
    dirty.clear();
    for (const name of names) parts[name]();
  };
  const mark = (/** @type {string[]} */ ...names) => {
    for (const name of names) dirty.add(name);
    if (!frame) frame = requestAnimationFrame(flush);
  };
  return { mark, all: () => mark(...Object.keys(parts)), cancel: () => cancelAnimationFrame(frame) };
}

// ---------------------------------------------------------------- axes, keys

/** @type {Edge} */
export const EDGE = { left: 44, right: 12, top: 10, bottom: 34 };

/** A frame of two named axes, with a rule for each round number of y.
 * @param {{size: number[], edge: Edge, x: Scale, y: Scale, xs: number[], ys: number[], xName: string, yName: string,
 *   gap?: number}} axes `gap` keeps the numbers clear of what is drawn at the very left */
export function axisNodes({ size: [width, height], edge, x, y, xs, ys, xName, yName, gap = 6 }) {
  const [right, base] = [width - edge.right, height - edge.bottom];
  const rules = ys.flatMap((value) => [
    s("line", { x1: edge.left, x2: right, y1: y(value), y2: y(value), class: "hs-rule" }),
    s("text", { x: edge.left - gap, y: y(value) + 4, "text-anchor": "end" }, String(value))]);
  const marks = xs.flatMap((value) => [
    s("line", { x1: x(value), x2: x(value), y1: base, y2: base + 4, class: "hs-base" }),
    s("text", { x: x(value), y: base + 16, "text-anchor": "middle" }, String(value))]);
  const middle = (edge.top + base) / 2;
  return [...rules, s("line", { x1: edge.left, x2: right, y1: base, y2: base, class: "hs-base" }), ...marks,
    s("text", { x: (edge.left + right) / 2, y: height - 4, "text-anchor": "middle" }, xName),
    s("text", { x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, yName)];
}

/** A diamond on a curve and its words, on the side and at the height where there is room.
 * @param {number} x @param {number} y @param {string} text @param {number[]} room where the picture ends: right, base */
export function diamond(x, y, text, [right, base]) {
  const left = x + 9 + 6.6 * text.length > right;
  return [s("path", { d: `M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z` }),
    s("text", { x: x + (left ? -9 : 9), y: y + (y + 18 < base ? 16 : -8), "text-anchor": left ? "end" : "start" }, text)];
}

/** One entry of a legend: the piece of a line, or a shape. @param {string} look its class @param {string} [shape] a path */
export function legendKey(look, shape) {
  const sample = s("svg", { width: shape ? 14 : 26, height: shape ? 14 : 10, "aria-hidden": "true" });
  sample.append(s("path", { class: look, d: shape ?? "M1 5H25" }));
  const text = h("span");
  return { text, node: h("span", { class: "hs-key" }, sample, text) };
}

// ---------------------------------------------------------------- confusion matrix, meter

/** The 2×2 matrix, rows the truth; its cells are buttons where a click means something.
 * @param {((name: string) => void)|null} choose */
export function confusionTable(choose) {
  const cells = {};
  const cell = (/** @type {string} */ name) => {
    const span = (/** @type {string} */ kind) => h("span", { class: `hs-${kind}` });
    const parts = { count: span("count"), share: span("share"), change: span("change") };
    const looks = { class: `hs-cell hs-cell-${name}` };
    const box = choose ? h("button", { type: "button", ...looks, onclick: () => choose(name) }) : h("div", { ...looks, role: "img" });
    box.append(...Object.values(parts));
    cells[name] = { box, ...parts };
    return h("td", {}, box);
  };
  const heads = (/** @type {string} */ scope) => [h("th", { scope }), h("th", { scope })];
  const names = { columns: heads("col"), rows: heads("row") };
  const root = h("table", { class: "hs-matrix" }, h("caption", {}, "true label by prediction"),
    h("thead", {}, h("tr", {}, h("td"), ...names.columns)),
    h("tbody", {}, h("tr", {}, names.rows[0], cell("tn"), cell("fp")), h("tr", {}, names.rows[1], cell("fn"), cell("tp"))));

  /** @param {Cells|null} counts @param {string[]} labels @param {string|null} chosen @param {Cells|null} [rival] */
  const paint = (counts, labels, chosen, rival = null) => {
    for (const i of [0, 1]) { say(names.columns[i], `→ ${labels[i]}`); say(names.rows[i], labels[i]); }
    for (const name of /** @type {(keyof Cells)[]} */ (Object.keys(cells))) {
      const { box, count, share, change } = cells[name];
      const [truth, guess] = [name === "fn" || name === "tp" ? 1 : 0, name === "fp" || name === "tp" ? 1 : 0];
      const row = counts ? counts[cellName(truth, 0)] + counts[cellName(truth, 1)] : 0;
      const part = counts && row ? counts[name] / row : 0;
      const difference = counts && rival ? counts[name] - rival[name] : null;
      say(count, counts ? countText(counts[name]) : "–");
      say(share, counts ? percentText(part) : "");
      say(change, difference === null ? "" : difference === 0 ? "±0" : `${difference > 0 ? "+" : "−"}${Math.abs(difference)}`);
      box.style.setProperty("--hs-part", part.toFixed(3));
      const more = difference === null ? "" : `, ${difference >= 0 ? "+" : ""}${difference} against the pinned run`;
      put(box, { "aria-pressed": choose ? String(chosen === name) : null, "aria-label":
        `true ${labels[truth]}, predicted ${labels[guess]}: ${counts?.[name] ?? 0}, ${percentText(part)} of all ${labels[truth]}${more}` });
    }
  };
  return { root, paint };
}

/** A bar that is filled so far, with a limit where there is one.
 * @param {string} name @param {number} low @param {number} high */
export function meter(name, low, high) {
  const fill = h("span", { class: "hs-fill" });
  const limit = h("span", { class: "hs-limit", hidden: true });
  const root = h("div", { class: "hs-gauge", role: "meter", "aria-label": name, "aria-valuemin": low, "aria-valuemax": high }, fill, limit);
  /** @param {number} part @param {string|number} value @param {string} text @param {number|null} [limitPart] */
  const paint = (part, value, text, limitPart = null) => {
    fill.style.width = `${(100 * Math.min(1, Math.max(0, part))).toFixed(1)}%`;
    limit.hidden = limitPart === null;
    limit.style.left = `${100 * (limitPart ?? 0)}%`;
    put(root, { "aria-valuenow": value, "aria-valuetext": text });
  };
  return { root, fill, paint };
}
