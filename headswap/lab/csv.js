/** Rows as a CSV file. */

import { h } from "../web/elements.js";

// A spreadsheet would carry out a text that begins with one of these as a formula.
const FORMULA = /^[=+\-@\t\r]/;

/** @param {unknown} value */
export function csvCell(value) {
  const plain = value === null || value === undefined ? "" : String(value);
  const text = typeof value === "string" && FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {Record<string, unknown>[]} rows */
export function csvOf(rows) {
  if (!rows.length) return "";
  const names = Object.keys(rows[0]);
  return [names, ...rows.map((row) => names.map((name) => row[name]))]
    .map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

/** @param {string} text @param {string} [name] of the file */
export function saveCsv(text, name = "headswap-runs.csv") {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
