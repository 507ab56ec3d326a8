/**
 * Token after token.
 *
 * @typedef {{top: string, bottom: string, kind: string}} Cell a sign, its id, and byte, special, pad or cut
 * @typedef {Titled & {kind: "tape", cells: Cell[]}} TapeSpec
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put } from "../elements.js";
import { visible } from "../text.js";
import { frame } from "./frame.js";

/** @type {Record<string, string>} */
const WORDS = { byte: "byte", special: "special token", pad: "pad", cut: "cut off" };
const word = (/** @type {string} */ kind) => WORDS[kind] ?? kind;

/** How many there are of each kind, in the order in which kinds first occur.
 * @param {{kind: string}[]} cells @returns {[string, number][]} */
export function countKinds(cells) {
  const counts = new Map();
  for (const { kind } of cells) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts];
}

/** @param {Cell} cell */
const tokenNode = ({ top, bottom, kind }) =>
  h("li", { class: `hs-token hs-token-${kind}`, title: `${word(kind)} ${bottom}` },
    h("span", { class: "hs-sign" }, visible(top)), h("span", { class: "hs-id" }, bottom),
    h("span", { class: "hs-hidden" }, kind === "byte" ? "" : word(kind)));

/** @param {[string, number]} count */
const countNode = ([kind, many]) => h("span", { class: "hs-key" },
  h("span", { class: `hs-token hs-token-${kind}`, "aria-hidden": "true" }), `${word(kind)} ${many}`);

/** @param {Place} place */
export function tape(place) {
  const list = h("ol", { class: "hs-tape", role: "list" });
  const { root, keys, entitle } = frame(place, list);
  const paint = (/** @type {TapeSpec} */ spec) => {
    entitle(spec);
    list.replaceChildren(...spec.cells.map(tokenNode));
    const counts = countKinds(spec.cells);
    const said = counts.map(([kind, many]) => `${word(kind)} ${many}`).join(", ");
    put(list, { "aria-label": `${spec.title}: ${said || "none"}` });
    keys.replaceChildren(...counts.map(countNode));
  };
  return { root, paint };
}
