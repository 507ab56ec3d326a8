/**
 * The table of all runs.
 *
 * @import {Lab} from "../lab.js"
 * @import {Value} from "../apart.js"
 * @import {Column, Row, Ways} from "../rows.js"
 */

import { arrange, h, panel, put, say, scroller } from "../../web/elements.js";
import { sample } from "../../web/identity.js";
import { countText } from "../../web/text.js";
import { csvOf, saveCsv } from "../csv.js";
import { columnsOf, headText, sortRows } from "../rows.js";
import { rowActions, runsTools } from "./rowmenu.js";

/** What the cells say, by column, the first one aside. @param {Row} row @param {Ways} ways
 * @returns {Record<string, string>} */
function rowTexts(row, ways) {
  const spread = `(${row.f1_low?.toFixed(2)} to ${row.f1_high?.toFixed(2)})`;
  const values = /** @type {Record<string, Value>} */ (/** @type {unknown} */ (row));
  return { regime: row.regime, pool: row.pool, seed: String(row.seed), learning: countText(row.learning),
    seconds: row.seconds?.toFixed(2) ?? "–", best: String(row.best ?? "–"),
    f1: row.f1 === null ? "–" : `${row.f1.toFixed(3)} ${spread}`,
    ...Object.fromEntries(ways.map(({ name, cell }) => [name, cell(values[name])])) };
}

/** @param {Lab} lab @param {number} id */
function makeRow(lab, id) {
  const show = h("button", { type: "button", class: "hs-link", onclick: () => lab.gaze.show(id) }, "");
  const actions = rowActions(lab, id);
  const tag = h("span", { class: "hs-tag" }, "recorded");
  const mark = sample();
  const [first, outcome] = [h("td"), h("td")];
  first.append(show, mark.root, tag);
  const tr = h("tr", { "data-run": id });
  /** @type {Record<string, HTMLElement>} */
  const cells = {};
  let known = "";
  const paintCells = (/** @type {Record<string, string>} */ texts, /** @type {Column[]} */ columns) => {
    const names = columns.slice(1).map(([name]) => name);
    for (const name of names) say(cells[name] ??= h("td"), texts[name]);
    if (known !== names.join()) arrange(tr, [first, ...names.map((name) => cells[name]), outcome, actions.root]);
    known = names.join();
  };
  return { show, mark, tag, actions, outcome, tr, paintCells };
}

/** @param {Lab} lab @param {ReturnType<typeof makeRow>} at @param {Row} row @param {Ways} ways */
function paintRow(lab, at, row, ways) {
  const shown = lab.shown().run?.id === row.id;
  at.paintCells(rowTexts(row, ways), columnsOf(ways));
  at.mark.paint(lab.shown().whos[row.id] ?? null);
  say(at.show, `${row.id} · ${row.epochs} of ${row.planned}`);
  put(at.show, { title: row.label, "aria-label": `${row.id} · ${row.epochs} of ${row.planned}: show ${row.label}`,
    "aria-current": shown ? "true" : null });
  at.tag.hidden = !row.recorded;
  say(at.outcome, [row.outcome, row.forecast && `predicted: ${row.forecast}`].filter(Boolean).join(" · "));
  at.actions.paint(row);
  put(at.tr, { class: shown ? "hs-shown" : null });
}

/** Headings that sort: a click on the one in force turns it round.
 * @param {() => void} changed @param {() => number} threshold */
function sortHeads(changed, threshold) {
  let [key, way] = ["id", -1];
  const sortBy = (/** @type {string} */ name) => {
    way = key === name ? -way : 1;
    key = name;
    changed();
  };
  const last = ["outcome", "actions"].map((text) => h("th", { scope: "col" }, text));
  const root = h("tr");
  /** @type {Record<string, {button: HTMLElement, th: HTMLElement}>} */
  const heads = {};
  const headOf = (/** @type {string} */ name) => {
    const button = h("button", { type: "button", class: "hs-sort", onclick: () => sortBy(name) });
    return { button, th: h("th", { scope: "col" }, button) };
  };
  const said = (/** @type {string} */ name) => (name === key ? (way === 1 ? "ascending" : "descending") : null);
  const paint = (/** @type {Column[]} */ columns) => {
    if (!columns.some(([name]) => name === key)) [key, way] = ["id", -1]; // its column has gone
    for (const [name, text] of columns) {
      const { button, th } = heads[name] ??= headOf(name);
      put(th, { "aria-sort": said(name) });
      say(button, headText(name, text, threshold()));
    }
    arrange(root, [...columns.map(([name]) => heads[name].th), ...last]);
  };
  return { root, paint, sorted: (/** @type {Row[]} */ rows) => sortRows(rows, key, way) };
}

/** The rows in the page: each made once, moved only where their order changes.
 * @param {Lab} lab @param {Element} body */
function rowKeeper(lab, body) {
  /** @type {Map<number, ReturnType<typeof makeRow>>} */
  const known = new Map();
  let order = "";
  return (/** @type {Row[]} */ rows, /** @type {Ways} */ ways) => {
    for (const id of [...known.keys()]) if (!rows.some((row) => row.id === id)) known.delete(id);
    const nodes = rows.map((row) => {
      const at = known.get(row.id) ?? makeRow(lab, row.id);
      known.set(row.id, at);
      paintRow(lab, at, row, ways);
      return at.tr;
    });
    const now = rows.map((row) => row.id).join();
    if (now !== order || body.childElementCount !== rows.length) body.replaceChildren(...nodes);
    order = now;
  };
}

/** @param {Lab} lab @param {HTMLElement} rest the buttons that belong to the runs */
export function runsPanel(lab, rest) {
  const heads = sortHeads(() => lab.mark("runs"), () => lab.threshold());
  const body = h("tbody");
  const table = h("table", { class: "hs-table", "aria-label": "all runs" }, h("thead", {}, heads.root), body);
  const download = h("button", { type: "button", class: "hs-button",
    onclick: () => saveCsv(csvOf(heads.sorted(lab.table().rows))) }, "Export CSV");
  const tools = runsTools(lab);
  const head = h("div", { class: "hs-head" }, h("h4", {}, "Runs"), rest, ...tools.nodes, download);
  const root = panel("runs", "All runs", head, scroller("all runs", table));
  const paintRows = rowKeeper(lab, body);
  const paint = () => {
    const { ways, rows } = lab.table();
    heads.paint(columnsOf(ways));
    paintRows(heads.sorted(rows), ways);
    tools.paint();
    download.disabled = !rows.length;
  };
  return { root, paint };
}
