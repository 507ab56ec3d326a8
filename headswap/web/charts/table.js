/**
 * Rows under headings.
 *
 * @typedef {string|number|null} Entry
 * @typedef {Titled & {kind: "table", columns: string[], rows: Entry[][]}} TableSpec
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, scroller } from "../elements.js";
import { numberText } from "../text.js";
import { frame } from "./frame.js";

/** Whether an entry is a number, also one that came as text. @param {Entry} entry */
export const isNumber = (entry) => typeof entry !== "string" || /^([−+-]?[\d.,]+( ?%)?|–|)$/.test(entry);

/** @param {Entry[][]} rows @param {number} i */
const isNumeric = (rows, i) => rows.some((row) => row[i] !== "") && rows.every((row) => isNumber(row[i]));

/** The table itself, in a place that scrolls. */
export function scrolling() {
  const [head, body] = [h("tr"), h("tbody")];
  const grid = h("table", { class: "hs-table" }, h("thead", {}, head), body);
  const around = scroller("", grid);
  const paint = (/** @type {Pick<TableSpec, "title"|"columns"|"rows">} */ spec) => {
    for (const node of [around, grid]) put(node, { "aria-label": spec.title });
    const looks = spec.columns.map((_, i) => ({ class: isNumeric(spec.rows, i) ? "hs-digits" : null }));
    head.replaceChildren(...spec.columns.map((text, i) => h("th", { scope: "col", ...looks[i] }, text)));
    body.replaceChildren(...spec.rows.map((row) => h("tr", {}, ...row.map((entry, i) =>
      h(i ? "td" : "th", { scope: i ? null : "row", ...looks[i] },
        typeof entry === "string" ? entry : numberText(entry))))));
  };
  return { around, paint };
}

/** @param {Place} place */
export function table(place) {
  const { around, paint: fill } = scrolling();
  const { root, entitle } = frame(place, around);
  const paint = (/** @type {TableSpec} */ spec) => {
    entitle(spec);
    fill(spec);
  };
  return { root, paint };
}
