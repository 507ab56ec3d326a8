/**
 * One attention head at work on a few positions: query times key, the mask, the softmax, the weighted mean of values.
 *
 * @typedef {Titled & {kind: "worked", labels: string[], looker: number, number: number, query: number[],
 *   keys: number[][], values: number[][], dots: number[], scores: (number|null)[], exps: number[], shares: number[],
 *   mix: number[]}} WorkedSpec `number` is the place in every vector that is told in numbers, from 0; a score is null
 *   where the looker may not look
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, s, tableFold } from "../elements.js";
import { visible } from "../text.js";
import { frame } from "./frame.js";

const [WIDTH, HEIGHT] = [8, 30]; // of one bar, in the picture's own units

/** Two digits and a real minus. @param {number} value */
export const short = (value) => value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace("-", "−");

/** The weighted sum at one place of the values, written out. @param {WorkedSpec} spec */
export function sumWords({ shares, values, mix, scores, number }) {
  const parts = shares.flatMap((share, i) => {
    if (scores[i] === null) return [];
    const value = values[i][number];
    return [`${short(share)} · ${value < 0 ? `(${short(value)})` : short(value)}`];
  });
  return `${parts.join(" + ")} = ${short(mix[number])}`;
}

/** A vector as bars up and down; the chosen number is framed. @param {number[]} vector @param {number} chosen
 * @param {number} most @param {string} name */
function bars(vector, chosen, most, name) {
  const svg = s("svg", { class: "hs-w-vector", viewBox: `0 0 ${WIDTH * vector.length} ${HEIGHT}`,
    preserveAspectRatio: "none", role: "img", "aria-label": `${name}: ${vector.map(short).join(", ")}` });
  const middle = HEIGHT / 2;
  const frameAt = { x: WIDTH * chosen, y: 0.5, width: WIDTH, height: HEIGHT - 1, class: "hs-w-chosen" };
  svg.append(s("line", { x1: 0, x2: WIDTH * vector.length, y1: middle, y2: middle, class: "hs-w-zero" }),
    ...vector.map((value, i) => {
      const tall = Math.max(0.6, (Math.abs(value) / most) * (middle - 1));
      return s("rect", { x: WIDTH * i + 1, y: value < 0 ? middle : middle - tall, width: WIDTH - 2, height: tall,
        class: value < 0 ? "hs-w-minus" : "hs-w-plus" });
    }), s("rect", frameAt));
  return svg;
}

/** @param {string} name @param {string} says @param {(Node|string)[]} cells */
const rowNode = (name, says, cells) => h("tr", {},
  h("th", { scope: "row" }, h("span", { class: "hs-w-name" }, name), h("span", { class: "hs-w-says" }, says)),
  ...cells.map((cell) => h("td", {}, cell)));

/** A share as a bar and as a number. @param {number} share */
function shareNode(share) {
  const bar = h("span", { class: "hs-w-share", "aria-hidden": "true" });
  bar.style.width = `${(100 * share).toFixed(1)}%`;
  return h("span", { class: "hs-w-shared" }, bar, h("span", {}, short(share)));
}

/** @param {WorkedSpec} spec */
function rowNodes(spec) {
  const { labels, looker, number, query, keys, values, dots, scores, exps, shares, mix } = spec;
  const sizes = (/** @type {number[][]} */ all) => Math.max(...all.flat().map(Math.abs), 1e-9);
  const [asked, told] = [sizes([query, ...keys]), sizes([...values, mix])];
  const who = visible(labels[looker]);
  const hidden = (/** @type {(string|Node)[]} */ cells) => cells.map((cell, i) => (scores[i] === null ? "–" : cell));
  const wide = (/** @type {HTMLTableRowElement} */ row) => {
    put(row.cells[1], { colspan: labels.length });
    return row;
  };
  return [
    wide(rowNode("query q", `what ${who} looks for`, [bars(query, number, asked, `query of ${who}`)])),
    rowNode("key k", "what each is found by", keys.map((key, i) => bars(key, number, asked, `key of ${labels[i]}`))),
    rowNode("q · k", `${query.length} products, added up`, dots.map(short)),
    rowNode(`÷ √${query.length}`, "the score", scores.map((_, i) => short(dots[i] / query.length ** 0.5))),
    rowNode("mask", `may ${who} look there?`, scores.map((score) => (score === null ? "no: −∞" : "yes"))),
    rowNode("exp", "of the score", exps.map(short)),
    rowNode("share", `exp ÷ ${short(exps.reduce((a, b) => a + b, 0))}`, shares.map(shareNode)),
    rowNode("value v", "what each hands over", hidden(values.map((value, i) =>
      bars(value, number, told, `value of ${labels[i]}`)))),
    wide(rowNode("mix", "share · value, added up", [bars(mix, number, told, `mix for ${who}`)])),
  ];
}

/** @param {WorkedSpec} spec @returns {[string[], () => (string|number)[][]]} */
function tableOf({ labels, query, keys, values, mix }) {
  const each = (/** @type {string} */ what) => labels.map((label) => `${what} ${visible(label)}`);
  return [["number", "q", ...each("k"), ...each("v"), "mix"], () => query.map((q, n) =>
    [n + 1, short(q), ...keys.map((key) => short(key[n])), ...values.map((value) => short(value[n])), short(mix[n])])];
}

/** @param {Place} place */
export function worked(place) {
  const [head, body, sum] = [h("tr"), h("tbody"), h("p", { class: "hs-n-text" })];
  const grid = h("table", { class: "hs-worked" }, h("thead", {}, head), body);
  /** @type {WorkedSpec|null} */
  let shown = null;
  const fill = () => { if (shown) fillTable(...tableOf(shown)); };
  const { fold, paint: fillTable } = tableFold(fill);
  const { root, entitle } = frame(place, grid, sum, fold);
  const paint = (/** @type {WorkedSpec} */ spec) => {
    shown = spec;
    entitle(spec);
    const names = spec.labels.map((label, i) => h("th", { scope: "col", "data-at": i === spec.looker },
      visible(label), i === spec.looker ? h("span", { class: "hs-w-says" }, " looks") : ""));
    head.replaceChildren(h("td"), ...names);
    body.replaceChildren(...rowNodes(spec));
    sum.replaceChildren(`Number ${spec.number + 1} of the mix, by hand: `, h("strong", {}, sumWords(spec)));
    fill();
  };
  return { root, paint };
}
