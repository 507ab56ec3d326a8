/**
 * A confusion matrix of any number of classes, rows the truth, columns what was predicted.
 *
 * With two classes a cell is called tn, fp, fn or tp, the second class being the positive one; with more it is "i,j".
 *
 * @typedef {number[][]} Counts K×K
 * @typedef {Titled & {kind: "matrix", counts: Counts|null, names: string[], key?: string, chosen?: string|null,
 *   rival?: Counts|null, against?: string}} MatrixSpec `rival` is another matrix, called `against`; each cell shows how
 *   far it differs
 * @typedef {{box: HTMLElement, count: Element, share: Element, change: Element, truth: number, guess: number}} Cell
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, say } from "../elements.js";
import { countText, cut, differenceText, percentText } from "../text.js";
import { frame } from "./frame.js";

const OF_TWO = [["tn", "fp"], ["fn", "tp"]];
// Beyond so many classes a cell has room for its count alone (the share is still said), and names stand upright.
const ROOMY = 5;
const UPRIGHT = 80;
const LONGEST = 14; // letters of a row's name before it is cut

/** @param {number} truth @param {number} guess @param {number} classes how many there are */
export const cellName = (truth, guess, classes) => (classes === 2 ? OF_TWO[truth][guess] : `${truth},${guess}`);

/** The truth and the guess that a cell's name says. @param {string} name @returns {[number, number]|null} */
export function cellAt(name) {
  const truth = OF_TWO.findIndex((row) => row.includes(name));
  if (truth >= 0) return [truth, OF_TWO[truth].indexOf(name)];
  const numbers = /^(\d+),(\d+)$/.exec(name);
  return numbers && [Number(numbers[1]), Number(numbers[2])];
}

/** @param {number[]} row */
const sum = (row) => row.reduce((all, one) => all + one, 0);

/** The shares of a row in whole percents that add up to 100; where one would vanish, each as it is.
 * @param {number[]} row */
export function sharesOf(row) {
  const exact = row.map((count) => (100 * count) / (sum(row) || 1));
  if (exact.some((share) => share > 0 && share < 1)) return exact.map((share) => percentText(share / 100));
  const whole = exact.map(Math.floor);
  const order = exact.map((_, i) => i).sort((a, b) => exact[b] - whole[b] - (exact[a] - whole[a]));
  for (const i of order.slice(0, sum(row) ? 100 - sum(whole) : 0)) whole[i] += 1;
  return whole.map((share) => `${share} %`);
}

/** What a cell says of itself. @param {MatrixSpec} spec @param {Cell} cell */
function cellTexts({ counts, names, rival, against: other = "the pinned run" }, { truth, guess }) {
  const count = counts?.[truth][guess] ?? 0;
  const whole = sum(counts?.[truth] ?? []);
  const part = whole ? count / whole : 0;
  const percent = whole ? sharesOf(counts?.[truth] ?? [])[guess] : percentText(0);
  const difference = counts && rival ? count - rival[truth][guess] : null;
  const against = difference === null ? "" : `, ${difference >= 0 ? "+" : ""}${difference} against ${other}`;
  const said = `true ${names[truth]}, predicted ${names[guess]}: ${count}, ${percent} of all ${names[truth]}`;
  return { count: counts ? countText(count) : "–", share: counts ? percent : "", part,
    change: difference === null ? "" : differenceText(difference), label: `${said}${against}` };
}

/** @param {MatrixSpec} spec @param {Cell} cell @param {boolean} asked whether cells can be chosen */
function paintCell(spec, cell, asked) {
  const texts = cellTexts(spec, cell);
  say(cell.count, texts.count);
  say(cell.share, texts.share);
  say(cell.change, texts.change);
  cell.box.style.setProperty("--hs-part", texts.part.toFixed(3));
  const chosen = spec.chosen === cellName(cell.truth, cell.guess, spec.names.length);
  put(cell.box, { "aria-pressed": asked ? String(chosen) : null, "aria-label": texts.label });
}

/** @param {number} truth @param {number} guess @param {number} classes @param {((name: string) => void)|null} choose
 * @returns {Cell} */
function makeCell(truth, guess, classes, choose) {
  const [count, share, change] = ["count", "share", "change"].map((part) => h("span", { class: `hs-${part}` }));
  const name = cellName(truth, guess, classes);
  const look = `hs-cell hs-cell-${truth === guess ? "right" : "wrong"}${classes === 2 ? ` hs-cell-${name}` : ""}`;
  const box = choose ? h("button", { type: "button", class: look, onclick: () => choose(name) })
    : h("div", { class: look, role: "img" });
  box.append(count, share, change);
  return { box, count, share, change, truth, guess };
}

/** The table for so many classes. @param {number} classes @param {((name: string) => void)|null} choose */
function matrixTable(classes, choose) {
  const all = Array.from({ length: classes }, (_, i) => i);
  const [columns, rows] = ["col", "row"].map((scope) => all.map(() => h("th", { scope })));
  const cells = all.map((truth) => all.map((guess) => makeCell(truth, guess, classes, choose)));
  const tight = classes > ROOMY;
  const look = `hs-matrix${classes > 2 ? " hs-many" : ""}${tight ? " hs-tight" : ""}`;
  const root = h("table", { class: look }, h("caption", {}, "true label by prediction"),
    h("thead", {}, h("tr", {}, h("td"), ...columns)),
    h("tbody", {}, ...rows.map((head, i) => h("tr", {}, head, ...cells[i].map(({ box }) => h("td", {}, box))))));
  const paint = (/** @type {MatrixSpec} */ spec) => {
    const longest = Math.max(...spec.names.map((name) => name.length));
    root.style.setProperty("--hs-longest", String(Math.min(LONGEST, longest)));
    spec.names.forEach((name, i) => {
      nameHead(columns[i], tight ? cut(name, UPRIGHT) : `→ ${name}`, name);
      nameHead(rows[i], name, name);
    });
    for (const cell of cells.flat()) paintCell(spec, cell, choose !== null);
  };
  return { root, classes, paint };
}

/** A name that may have to be cut. @param {HTMLElement} head @param {string} text @param {string} name */
function nameHead(head, text, name) {
  say(head, text);
  put(head, { title: name });
}

/** @param {Place} place @param {((cell: string) => void)|null} choose what a click on a cell does */
export function matrix(place, choose) {
  let table = matrixTable(2, choose);
  const { root, entitle } = frame(place, table.root);
  const paint = (/** @type {MatrixSpec} */ spec) => {
    entitle(spec);
    const classes = spec.names.length;
    if (classes !== table.classes) {
      const old = table.root;
      table = matrixTable(classes, choose);
      old.replaceWith(table.root);
    }
    table.paint(spec);
  };
  return { root, paint };
}
