/**
 * The table of all runs.
 *
 * @import {Lab} from "../lab.js"
 * @import {Row} from "../rows.js"
 */

import { h, panel, put, say, scroller } from "../../web/elements.js";
import { countText } from "../../web/text.js";
import { csvOf, saveCsv } from "../csv.js";
import { COLUMNS, headText, sortRows } from "../rows.js";
import { rowActions, runsTools } from "./rowmenu.js";

/** What the cells say, the first one aside. @param {Row} row */
function rowTexts(row) {
  const spread = `(${row.f1_low?.toFixed(2)} to ${row.f1_high?.toFixed(2)})`;
  const f1 = row.f1 === null ? "–" : `${row.f1.toFixed(3)} ${spread}`;
  const best = String(row.best ?? "–");
  return [row.regime, row.pool, String(row.seed), countText(row.learning), row.seconds?.toFixed(2) ?? "–", best, f1];
}

/** @param {Lab} lab @param {number} id */
function makeRow(lab, id) {
  const show = h("button", { type: "button", class: "hs-link", onclick: () => lab.gaze.show(id) }, "");
  const actions = rowActions(lab, id);
  const tag = h("span", { class: "hs-tag" }, "recorded");
  const [first, ...cells] = COLUMNS.map(() => h("td"));
  const outcome = h("td");
  first.append(show, tag);
  const tr = h("tr", { "data-run": id }, first, ...cells, outcome, actions.root);
  return { show, tag, actions, cells, outcome, tr };
}

/** @param {Lab} lab @param {ReturnType<typeof makeRow>} at @param {Row} row */
function paintRow(lab, at, row) {
  const shown = lab.shown().run?.id === row.id;
  rowTexts(row).forEach((text, i) => say(at.cells[i], text));
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
  let [key, way] = [/** @type {keyof Row} */ ("id"), -1];
  const sortBy = (/** @type {keyof Row} */ name) => {
    way = key === name ? -way : 1;
    key = name;
    changed();
  };
  const heads = COLUMNS.map(([name, text]) => {
    const button = h("button", { type: "button", class: "hs-sort", onclick: () => sortBy(name) }, text);
    return { name, text, button, th: h("th", { scope: "col" }, button) };
  });
  const said = (/** @type {keyof Row} */ name) => (name === key ? (way === 1 ? "ascending" : "descending") : null);
  return { nodes: heads.map(({ th }) => th), sorted: (/** @type {Row[]} */ rows) => sortRows(rows, key, way),
    paint: () => {
      for (const { name, text, button, th } of heads) {
        put(th, { "aria-sort": said(name) });
        say(button, headText(name, text, threshold()));
      }
    } };
}

/** The rows in the page: each made once, moved only where their order changes.
 * @param {Lab} lab @param {Element} body */
function rowKeeper(lab, body) {
  /** @type {Map<number, ReturnType<typeof makeRow>>} */
  const known = new Map();
  let order = "";
  return (/** @type {Row[]} */ rows) => {
    for (const id of [...known.keys()]) if (!rows.some((row) => row.id === id)) known.delete(id);
    const nodes = rows.map((row) => {
      const at = known.get(row.id) ?? makeRow(lab, row.id);
      known.set(row.id, at);
      paintRow(lab, at, row);
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
  const plain = ["outcome", "actions"].map((text) => h("th", { scope: "col" }, text));
  const table = h("table", { class: "hs-table", "aria-label": "all runs" },
    h("thead", {}, h("tr", {}, ...heads.nodes, ...plain)), body);
  const download = h("button", { type: "button", class: "hs-button",
    onclick: () => saveCsv(csvOf(heads.sorted(lab.rows()))) }, "Export CSV");
  const tools = runsTools(lab);
  const head = h("div", { class: "hs-head" }, h("h4", {}, "Runs"), rest, ...tools.nodes, download);
  const root = panel("runs", "All runs", head, scroller("all runs", table));
  const paintRows = rowKeeper(lab, body);
  const paint = () => {
    const rows = heads.sorted(lab.rows());
    paintRows(rows);
    heads.paint();
    tools.paint();
    download.disabled = !rows.length;
  };
  return { root, paint };
}
