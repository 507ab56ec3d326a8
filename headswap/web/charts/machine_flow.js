/**
 * One message on its way up through the machine: its bytes, what each block looks at, the vector after each layer, and
 * what the head makes of it.
 *
 * @import {Flow, Layer, MachineSpec, Token} from "./machine_words.js"
 * @import {Around} from "./machine_layer.js"
 */

import { h, put, say } from "../elements.js";
import { pictureNode } from "../pixels.js";
import { numberText, percentText, visible } from "../text.js";
import { isBlock, tokenWords } from "./machine_words.js";
import { cellBy, strip } from "./strips.js";

// The least pixels of a cell that has a letter in it, and how many classes have a bar each.
const LETTER_CELL = 11;
const LISTED = 10;
const LIKELIEST = 5; // of the many that may come next
const [PATCH, WHOLE] = [24, 112]; // pixels a side of a patch and of the image that it is from
const LATE = 1000; // milliseconds after which nobody waits any more for what a key asked for

/** @param {(number|null)[]} values */
function rangeWords(values) {
  const known = values.flatMap((value) => (value === null ? [] : [value]));
  const [low, high] = [Math.min(...known), Math.max(...known)].map((value) => numberText(value).replace("-", "−"));
  return known.length ? `${known.length} numbers, ${low} to ${high}` : "";
}

/** The three tokens that get the most of one head's attention. @param {(number|null)[]} shares @param {Flow} flow */
export function looksWords(shares, { tokens, head, heads }) {
  const order = shares.map((share, i) => ({ share: share ?? 0, i })).filter(({ share }) => share >= 0.005)
    .sort((a, b) => b.share - a.share).slice(0, 3);
  const named = (/** @type {string} */ text) => `${visible(text)}${text.length > 8 ? ":" : ""}`; // a place, not a byte
  const said = order.map(({ share, i }) => `${named(tokens[i]?.text ?? "")} ${percentText(share)}`);
  return said.length ? `${heads > 1 ? `attention head ${head + 1} of ${heads} ` : ""}looks at ${said.join(", ")}` : "";
}

/** What the positions that an insert puts in front get of the attention. @param {number|null|undefined} share */
function inFront(share) {
  return share === undefined || share === null ? "" : `; ${percentText(share)} goes to virtual positions`;
}

/** What a layer shows of the message: above its words the vector that leaves it, below them what it looks at.
 * @param {string} key @param {((key: string) => void)|null} zoom */
export function layerFlow(key, zoom) {
  const [out, looks] = [strip(), strip()];
  const inside = h("button", { type: "button", class: "hs-m-button", onclick: () => zoom?.(key) });
  const above = h("div", { class: "hs-m-above", hidden: true }, out.root);
  const below = h("div", { class: "hs-m-below", hidden: true }, looks.root, inside);
  /** @param {Layer} layer @param {Around} around */
  const paint = (layer, { spec: { flow }, room }) => {
    const [vector, shares] = [flow?.strips[key], flow?.attention[key]];
    above.hidden = !vector;
    below.hidden = !flow || (!shares && !(zoom && isBlock(layer)));
    const name = `The vector after ${layer.name}`;
    if (vector) out.paint({ values: vector, kind: "signed", name, says: rangeWords(vector) });
    looks.root.hidden = !shares;
    if (shares && flow) {
      looks.paint({ values: shares, kind: "share", name: `What ${layer.name} looks at`,
        labels: flow.tokens.map(({ text }) => text), letters: room / shares.length >= LETTER_CELL,
        says: looksWords(shares, flow) + inFront(flow.virtual?.[key]) });
    }
    const open = flow?.zoom === key;
    inside.hidden = !zoom || !isBlock(layer);
    say(inside, open ? "close" : "look inside");
    put(inside, { "aria-expanded": String(open), "aria-label": `${open ? "Close" : "Look inside"} ${layer.name}` });
  };
  return { above, below, inside, paint };
}

/** @param {Token} token @param {number} i @param {(i: number) => void} look */
const tokenNode = ({ text, kind, picture }, i, look) =>
  h("span", { class: "hs-m-token", "data-kind": kind, title: picture ? text : null, onclick: () => look(i) },
    ...(picture ? [pictureNode(picture, PATCH)] : [kind === "pad" ? "" : visible(text)]));

/** @param {number} many @param {string} unit */
const unitWords = (many, unit) => `${many} ${unit}${many === 1 ? "" : unit.endsWith("ch") ? "es" : "s"}`;

/** How many tokens are of each kind that needs a word. @param {Flow} flow */
function kindWords({ tokens, cut: unread }) {
  const count = (/** @type {string} */ kind) => tokens.filter((token) => token.kind === kind).length;
  const read = ["byte", "patch", "cell"].filter((kind) => count(kind) || kind === "byte");
  const unit = read.at(-1) ?? "byte";
  const [many, pads] = [unit, "pad"].map(count);
  const cut = unread ?? count("cut"); // of many only the first are drawn
  return [unitWords(many, unit), cut ? `${cut} cut off` : "", pads ? `${pads} pads` : ""]
    .filter(Boolean).join(", ");
}

/** The message at the bottom, as bytes; without one, a row of empty cells. @param {((i: number) => void)|null} look */
export function tokenRow(look) {
  const row = h("div", { class: "hs-m-tokens" });
  const said = h("p", { class: "hs-m-said" });
  const whole = h("div", { class: "hs-m-whole", hidden: true });
  const root = h("div", { class: "hs-m-bytes" }, whole, h("div", {}, row, said));
  let drawn = "";
  const picture = (/** @type {Flow|null} */ flow) => {
    const now = JSON.stringify(flow?.picture ?? null);
    if (now !== drawn) whole.replaceChildren(...(flow?.picture ? [pictureNode(flow.picture, WHOLE, "the image")] : []));
    [drawn, whole.hidden] = [now, !flow?.picture];
  };
  /** @type {Flow|null} */
  let shown = null;
  let painted = "";
  let [aim, asked] = [0, -Infinity]; // where it was sent last: keys come faster than what they ask for
  const here = () => (performance.now() - asked < LATE ? aim : shown?.position ?? 0);
  const go = (/** @type {number} */ to) => {
    if (!look || !shown || to === here()) return;
    [aim, asked] = [to, performance.now()];
    look(to);
  };
  put(row, { onkeydown: (/** @type {KeyboardEvent} */ event) => {
    const to = look && shown ? cellBy(event.key, here(), shown.tokens.length) : null;
    if (to === null) return;
    event.preventDefault();
    go(to);
  } });
  const paint = (/** @type {MachineSpec} */ { flow, reads }) => {
    shown = flow;
    picture(flow);
    const now = JSON.stringify(flow?.tokens ?? null);
    const nodes = () => (flow ? flow.tokens.map((token, i) => tokenNode(token, i, go)) : blanks());
    if (now !== painted) row.replaceChildren(...nodes());
    painted = now;
    const able = Boolean(look && flow);
    put(row, { "data-looked": able, role: able ? "slider" : "img", tabindex: able ? 0 : null });
    if (!flow) return blank(row, said, reads ?? "the bytes of a message");
    const words = tokenWords(flow.tokens[flow.position], flow.position);
    [...row.children].forEach((cell, i) => put(cell, { "data-at": i === flow.position }));
    put(row, { "aria-label": "Position looked at", "aria-valuemin": 1, "aria-valuemax": flow.tokens.length,
      "aria-valuenow": flow.position + 1, "aria-valuetext": words });
    say(said, `${kindWords(flow)}; following ${words}`);
  };
  return { root, paint };
}

const blanks = () => Array.from({ length: 8 }, () => h("span", { class: "hs-m-token", "data-kind": "blank" }));

/** @param {HTMLElement} row @param {HTMLElement} said @param {string} what would lie there */
function blank(row, said, what) {
  put(row, { "aria-label": what, "aria-valuemin": null, "aria-valuemax": null, "aria-valuenow": null,
    "aria-valuetext": null });
  say(said, what);
}

/** The classes, or where these are the bytes of a language model, the likeliest of them.
 * @param {Flow} flow @param {string[]} labels @returns {{name: string, logit: number, share: number}[]} */
export function resultRows({ logits, probabilities }, labels) {
  const name = (/** @type {number} */ i) => (logits.length === labels.length ? labels[i] : byteName(i));
  const rows = logits.map((logit, i) => ({ name: name(i), logit, share: probabilities[i] ?? 0 }));
  if (rows.length <= LISTED) return rows;
  return rows.sort((a, b) => b.share - a.share).slice(0, LIKELIEST);
}

/** @param {number} i a token of a language model over bytes */
function byteName(i) {
  if (i < 32 || i > 126) return i < 256 ? `byte ${i}` : ["pad", "cls", "bos", "eos"][i - 256] ?? `row ${i}`;
  return visible(String.fromCharCode(i));
}

/** @param {string} look */
function meterNode(look) {
  const [value, bar] = [h("span", { class: "hs-m-value" }), h("span", { class: `hs-m-fill hs-m-${look}` })];
  return { value, bar, root: h("span", { class: "hs-m-meter" }, value, h("span", { class: "hs-m-way" }, bar)) };
}

function resultNode() {
  const name = h("span", { class: "hs-m-class" });
  const [logit, share] = [meterNode("logit"), meterNode("share")];
  const root = h("li", {}, name, logit.root, share.root);
  /** @param {{name: string, logit: number, share: number}} row @param {number} most the greatest logit by size */
  const paint = (row, most) => {
    say(name, row.name);
    put(name, { title: row.name });
    say(logit.value, numberText(row.logit).replace("-", "−"));
    say(share.value, row.share.toFixed(3));
    const half = 50 * Math.abs(row.logit) / most;
    put(logit.bar, { style: `left: ${(row.logit < 0 ? 50 - half : 50).toFixed(1)}%; width: ${half.toFixed(1)}%`,
      "data-look": row.logit < 0 ? "minus" : "plus" });
    put(share.bar, { style: `left: 0; width: ${(100 * row.share).toFixed(1)}%` });
  };
  return { root, paint };
}

/** Logits and probabilities, above the head. */
export function resultList() {
  const list = h("ul", { class: "hs-m-results", role: "list", "aria-label": "What the head outputs" });
  const what = h("span");
  const root = h("div", { class: "hs-m-result", hidden: true }, h("p", { class: "hs-m-columns", "aria-hidden": "true" },
    what, h("span", {}, "logits"), h("span", {}, "probabilities")), list);
  /** @type {ReturnType<typeof resultNode>[]} */
  let nodes = [];
  const paint = (/** @type {MachineSpec} */ { flow, labels }) => {
    const rows = flow ? resultRows(flow, flow.labels ?? labels) : [];
    root.hidden = !rows.length;
    say(what, flow && flow.logits.length > rows.length ? "next byte" : "class");
    if (rows.length !== nodes.length) {
      nodes = rows.map(resultNode);
      list.replaceChildren(...nodes.map((node) => node.root));
    }
    const most = Math.max(...rows.map(({ logit }) => Math.abs(logit)), 1); // a guess of a random head stays small
    nodes.forEach((node, i) => node.paint(rows[i], most));
  };
  return { root, paint };
}
