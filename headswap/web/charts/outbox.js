/**
 * A message on its way through a spam filter: what is read, what never is, the verdict, and the machine in small.
 *
 * @typedef {Titled & {kind: "outbox", key: string, read: string, unread: string, cells: string[], limit: number,
 *   bytes: number, p: number, verdict: "spam"|"ham", sentence: string, vector: number[], body: string, head: string,
 *   offers: [string, string][]}} OutboxSpec `cells` are the signs read; `offers` are buttons, each with what it writes
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, say } from "../elements.js";
import { visible } from "../text.js";
import { frame } from "./frame.js";
import { strip } from "./strips.js";

const VERDICTS = { spam: "Stopped as spam", ham: "Delivered as ham" };
const SIGNS = { spam: "✕", ham: "✓" };

/** P(spam) as a learner reads it: never a bare 0 or 1. @param {number} p */
export const chanceText = (p) => (p > 0.999 ? "> .999" : p < 0.001 ? "< .001" : p.toFixed(3).replace(/^0/, ""));

/** How much of a message was read. @param {OutboxSpec} spec */
export function readText({ bytes, cells, limit }) {
  if (bytes <= limit) return `${bytes} bytes, and the filter reads ${limit} at most: it reads everything`;
  return `${bytes} bytes, and the filter reads ${cells.length}: what is struck out, it never sees`;
}

/** The message itself: what is read, and what is not. */
function letter() {
  const [read, unread] = [h("span", { class: "hs-o-read" }), h("s", { class: "hs-o-unread" })];
  const said = h("p", { class: "hs-hint" });
  const root = h("div", { class: "hs-o-letter" }, h("p", { class: "hs-o-text" }, read, unread), said);
  const paint = (/** @type {OutboxSpec} */ spec) => {
    say(read, spec.read);
    say(unread, spec.unread);
    say(said, readText(spec));
  };
  return { root, paint };
}

/** The verdict, as large as it matters. */
function verdict() {
  const [sign, word, chance] = ["sign", "word", "chance"].map((look) => h("span", { class: `hs-o-${look}` }));
  const fill = h("div", { class: "hs-fill" });
  const gauge = h("div", { class: "hs-gauge", "aria-hidden": "true" }, fill,
    h("div", { class: "hs-limit", style: "left: 50%" }));
  const sentence = h("p", { class: "hs-o-sentence" });
  put(sign, { "aria-hidden": "true" });
  const root = h("div", { class: "hs-o-verdict", role: "status" }, sign, word, chance, gauge, sentence);
  const paint = (/** @type {OutboxSpec} */ spec) => {
    put(root, { "data-verdict": spec.verdict });
    say(sign, SIGNS[spec.verdict]);
    say(word, VERDICTS[spec.verdict]);
    say(chance, `P(spam) ${chanceText(spec.p)}`);
    fill.style.width = `${(100 * spec.p).toFixed(1)}%`;
    say(sentence, spec.sentence);
  };
  return { root, paint };
}

/** @param {(written: string) => void} write */
function offers(write) {
  const root = h("div", { class: "hs-o-offers" });
  /** @type {HTMLButtonElement[]} */
  let made = [];
  /** @type {[string, string][]} */
  let now = [];
  const paint = (/** @type {OutboxSpec} */ spec) => {
    now = spec.offers;
    if (made.length !== now.length) {
      made = now.map((_, i) => h("button", { type: "button", class: "hs-m-button", onclick: () => write(now[i][1]) }));
      root.replaceChildren(...made);
    }
    now.forEach(([name], i) => say(made[i], name));
  };
  return { root, paint };
}

const up = () => h("span", { class: "hs-o-up", "aria-hidden": "true" }, "↑");

/** The machine in small, read from below: bytes, body, one vector, head. */
function small() {
  const cells = h("ol", { class: "hs-o-cells", role: "list" });
  const vector = strip();
  const [body, head] = ["body", "head"].map(() => h("span", { class: "hs-m-weights" }));
  const part = (/** @type {string} */ look, /** @type {string} */ name, /** @type {HTMLElement} */ size,
    /** @type {string} */ does) => h("div", { class: `hs-o-part hs-o-${look}` },
    h("span", { class: "hs-m-name" }, name), size, h("span", { class: "hs-m-detail" }, does));
  const label = "the filter from above: head, body, bytes";
  const root = h("div", { class: "hs-o-machine", role: "group", "aria-label": label },
    part("head", "Head", head, "new: says ham or spam"), up(), vector.root, up(),
    part("body", "Body", body, "a language model, kept as it was"), up(), cells);
  const paint = (/** @type {OutboxSpec} */ spec) => {
    say(body, spec.body);
    say(head, spec.head);
    vector.paint({ values: spec.vector, kind: "signed", name: "what the body makes of the message",
      says: "64 numbers: what the body makes of the message" });
    const signs = Array.from({ length: spec.limit }, (_, i) => spec.cells[i] ?? "");
    cells.replaceChildren(...signs.map((sign) => h("li", { "data-empty": sign === "" }, visible(sign))));
    put(cells, { "aria-label": `${spec.cells.length} of ${spec.limit} places for bytes are taken` });
  };
  return { root, paint };
}

/** @param {Place} place @param {(written: string) => void} write what a button does */
export function outbox(place, write) {
  const parts = [offers(write), letter(), verdict()];
  const machine = small();
  const left = h("div", { class: "hs-o-left" }, ...parts.map(({ root }) => root));
  const { root, entitle } = frame(place, h("div", { class: "hs-o-grid" }, left, machine.root));
  const paint = (/** @type {OutboxSpec} */ spec) => {
    entitle(spec);
    for (const one of [...parts, machine]) one.paint(spec);
  };
  return { root, paint };
}
