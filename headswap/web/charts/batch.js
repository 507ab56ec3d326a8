/**
 * Messages as the model gets them: position under position, each with its character, its id, and its mask.
 *
 * @typedef {{sign: string, part: number, of: number, id: number, kind: "byte"|"special"|"pad"|"cut"}} Byte
 *   byte `part` of the `of` bytes of a character; what is cut is not in the batch, and has no mask
 * @typedef {{name: string, cells: Byte[], more: number}} Message `more` bytes are not drawn
 * @typedef {Titled & {kind: "batch", messages: Message[]}} BatchSpec
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, tableFold } from "../elements.js";
import { ofThem, visible } from "../text.js";
import { frame } from "./frame.js";

const [WIDE, NARROW] = [32, 16]; // positions of a line, where there is room and where there is not
const ROOM = 640; // pixels that 32 ids of three digits need
/** @type {Record<string, string>} */
const WORDS = { byte: "read", special: "special id", pad: "pad", cut: "cut off" };
/** @type {Record<string, string>} */
const MASK = { byte: "T", special: "T", pad: "F", cut: "✂" };
const MASK_WORDS = { T: "True", F: "False", "✂": "not in the batch" };

/** Neighbours that draw one sign: the bytes of one character, as far as they are on this line and of one kind.
 * @param {Byte[]} cells @returns {{sign: string, many: number, kind: string}[]} */
export function signsOf(cells) {
  /** @type {{sign: string, many: number, kind: string}[]} */
  const signs = [];
  cells.forEach(({ sign, part, kind }, i) => {
    const last = signs.at(-1);
    if (last && i && part > 1 && cells[i - 1].part === part - 1 && last.kind === kind) last.many += 1;
    else signs.push({ sign, many: 1, kind });
  });
  return signs;
}

/** What is said of a message: how much of it is what. @param {Message} message */
export function messageWords({ name, cells, more }) {
  const many = (/** @type {string} */ kind) => cells.filter((cell) => cell.kind === kind).length;
  const said = [`${ofThem(many("byte") + many("special"), "position")} read`];
  if (many("pad")) said.push(ofThem(many("pad"), "pad"));
  if (many("cut")) said.push(`${many("cut") + more} cut off`);
  return `${name}: ${said.join(", ")}`;
}

/** @param {string} look @param {string} text @param {string} title @param {number} [many] */
const cellNode = (look, text, title, many = 1) =>
  h("span", { class: `hs-b-cell ${look}`, style: many > 1 ? `grid-column: span ${many}` : null, title }, text);

/** Three rows of one message for the positions of one line. @param {Byte[]} cells @param {number} from */
function lineNodes(cells, from) {
  const title = (/** @type {Byte} */ { id, kind }, /** @type {number} */ i) =>
    `position ${from + i + 1}: id ${id}, ${WORDS[kind]}`;
  const label = (/** @type {string} */ text) => h("span", { class: "hs-b-name" }, text);
  return [
    label("text"), ...signsOf(cells).map(({ sign, many, kind }) =>
      cellNode(`hs-b-sign hs-b-${kind}`, visible(sign), many > 1 ? `${many} bytes` : "", many)),
    label("id"), ...cells.map((cell, i) => cellNode(`hs-b-id hs-b-${cell.kind}`, String(cell.id), title(cell, i))),
    label("mask"), ...cells.map((cell, i) =>
      cellNode(`hs-b-mask hs-b-${cell.kind}`, MASK[cell.kind], title(cell, i))),
  ];
}

/** A grid per message and line: every row fills its columns, so the next begins below.
 * @param {Byte[]} cells @param {number} from @param {number} columns */
function lineNode(cells, from, columns) {
  const line = h("div", { class: "hs-b-line" });
  line.style.setProperty("--hs-many", String(Math.max(cells.length, 1)));
  line.style.setProperty("--hs-columns", String(columns));
  line.append(...lineNodes(cells, from));
  return line;
}

/** @param {Message} message @param {number} columns */
function messageNodes(message, columns) {
  const lines = [];
  for (let from = 0; from < message.cells.length; from += columns)
    lines.push(lineNode(message.cells.slice(from, from + columns), from, columns));
  const more = message.more ? [h("span", { class: "hs-hint" }, `… and ${ofThem(message.more, "byte")} more`)] : [];
  return [h("p", { class: "hs-b-whose" }, message.name), ...lines, ...more];
}

/** @param {BatchSpec} spec @returns {(string|number)[][]} */
const rowsOf = ({ messages }) => messages.flatMap(({ name, cells }) => cells.map(({ sign, part, of, id, kind }, i) =>
  [name, i + 1, of > 1 ? `${sign}, byte ${part} of ${of}` : visible(sign), id,
    MASK_WORDS[/** @type {keyof typeof MASK_WORDS} */ (MASK[kind])]]));

/** @param {Place} place */
export function batch(place) {
  const grid = h("div", { class: "hs-batch", role: "img" });
  /** @type {BatchSpec|null} */
  let shown = null;
  const fill = () => { if (shown) table(["message", "position", "text", "id", "mask"], () => rowsOf(spec())); };
  const spec = () => /** @type {BatchSpec} */ (shown);
  const { fold, paint: table } = tableFold(fill);
  const { root, entitle } = frame(place, grid, fold);
  let columns = 0;
  const fitting = () => (grid.clientWidth >= ROOM ? WIDE : NARROW);
  const paint = (/** @type {BatchSpec} */ now) => {
    shown = now;
    entitle(now);
    columns = fitting();
    put(grid, { "aria-label": `${now.title}. ${now.messages.map(messageWords).join("; ")}` });
    grid.replaceChildren(...now.messages.flatMap((message) => messageNodes(message, columns)));
    fill();
  };
  return { root, paint, svg: grid, resized: () => columns !== fitting() };
}
