/**
 * One body and many heads: a message goes in at the bottom, one vector comes out, and every head answers from it.
 *
 * @typedef {{task: string, control: string, size: string, low: string, high: string, answer: string|null,
 *   p: number|null, chance: number|null}} HeadRow `low` and `high` are the ends of its bar, `p` how far it is filled;
 *   without an answer the head is off
 * @typedef {Titled & {kind: "heads", heads: HeadRow[], cells: string[], cut: number, limit: number, vector: number[],
 *   body: string, passes: number, says: string, memory: string}} HeadsSpec `cells` are the signs read
 * @typedef {(control: string, on: boolean) => void} Put puts a head on, or takes it off
 * @import {Place, Titled} from "./frame.js"
 */

import { switchInput } from "../controls.js";
import { freshId, h, put, say, tableFold } from "../elements.js";
import { ofThem, visible } from "../text.js";
import { frame } from "./frame.js";
import { meter } from "./gauge.js";
import { chanceText } from "./outbox.js";
import { strip } from "./strips.js";

/** What a head says, for those who do not see its bar. @param {HeadRow} row */
export const answerWords = ({ answer, chance }) =>
  (answer === null ? "taken off" : `${answer}, probability ${chanceText(chance ?? 0)}`);

/** A head: its switch and name, its bar between two classes, and its answer. @param {Put} change */
function headRow(change) {
  const [name, size, low, high, answer] = ["name", "size", "low", "high", "answer"].map((look) =>
    h("span", { class: `hs-k-${look}` }));
  const bar = meter("", 0, 1);
  /** @type {HeadRow|null} */
  let now = null;
  const { input, paint: paintSwitch } = switchInput(freshId(), (on) => { if (now) change(now.control, on); });
  const root = h("li", { class: "hs-k-head" }, h("span", { class: "hs-k-tap", "aria-hidden": "true" }),
    h("label", { class: "hs-k-task", for: input.id }, input, name, size),
    h("span", { class: "hs-k-bar" }, low, bar.root, high), answer);
  const paint = (/** @type {HeadRow} */ row) => {
    now = row;
    const on = row.answer !== null;
    put(root, { "data-on": on });
    paintSwitch(on);
    put(input, { "aria-label": `${row.task}: ${on ? "on the body" : "taken off"}` });
    say(name, row.task);
    say(size, row.size);
    for (const [node, text] of /** @type {[Element, string][]} */ ([[low, row.low], [high, row.high]])) {
      say(node, text);
      put(node, { "data-said": on && text === row.answer });
    }
    say(answer, on ? chanceText(row.chance ?? 0) : "taken off");
    put(bar.root, { "aria-label": row.task });
    bar.paint({ part: row.p ?? 0, value: row.p ?? 0, text: answerWords(row), limit: row.low ? 0.5 : null });
  };
  return { root, paint };
}

/** The heads, one above the other, on the line that feeds them all. @param {Put} change */
function headList(change) {
  const root = h("ul", { class: "hs-k-heads", role: "list", "aria-label": "the heads" });
  /** @type {ReturnType<typeof headRow>[]} */
  let made = [];
  const paint = (/** @type {HeadsSpec} */ { heads: rows }) => {
    if (made.length !== rows.length) {
      made = rows.map(() => headRow(change));
      root.replaceChildren(...made.map((one) => one.root));
    }
    made.forEach((one, i) => one.paint(rows[i]));
  };
  return { root, paint };
}

/** The body and what goes into it. */
function bodyPart() {
  const cells = h("ol", { class: "hs-o-cells", role: "list" });
  const vector = strip();
  const [size, passes, said] = [h("span", { class: "hs-m-weights" }), h("strong", { class: "hs-k-passes" }),
    h("p", { class: "hs-hint" })];
  const body = h("div", { class: "hs-k-body" }, h("span", { class: "hs-m-name" }, "Body"), size, passes);
  const root = h("div", { class: "hs-k-below" }, vector.root, h("span", { class: "hs-k-feed", "aria-hidden": "true" }),
    body, h("span", { class: "hs-k-feed", "aria-hidden": "true" }), cells, said);
  const paint = (/** @type {HeadsSpec} */ spec) => {
    say(size, spec.body);
    say(passes, spec.passes === 1 ? "1 pass" : `${spec.passes} passes`);
    put(root, { "data-idle": spec.passes === 0 });
    vector.paint({ values: spec.vector, kind: "signed", name: "what the body makes of the message",
      says: `${spec.vector.length} numbers: what the body makes of the message` });
    const signs = Array.from({ length: spec.limit }, (_, i) => spec.cells[i] ?? "");
    cells.replaceChildren(...signs.map((sign) => h("li", { "data-empty": sign === "" }, sign && visible(sign))));
    put(cells, { "aria-label": `${spec.cells.length} of ${spec.limit} places for bytes are taken` });
    say(said, spec.cut ? `${ofThem(spec.cut, "byte")} more, which the body never reads` : "");
  };
  return { root, paint };
}

/** @param {Place} place @param {Put} change */
export function heads(place, change) {
  const parts = [headList(change), bodyPart()];
  const [says, memory] = [h("p", { class: "hs-k-says", role: "status" }), h("p", { class: "hs-hint" })];
  /** @type {HeadsSpec|null} */
  let shown = null;
  const rows = () => (shown?.heads ?? []).map((row) => [row.task, row.size, answerWords(row)]);
  const fill = () => table.paint(["head", "size", "answer"], rows);
  const table = tableFold(fill);
  const { root, entitle } = frame(place, h("div", { class: "hs-k" }, ...parts.map((part) => part.root)), says, memory,
    table.fold);
  const paint = (/** @type {HeadsSpec} */ spec) => {
    shown = spec;
    entitle(spec);
    for (const part of parts) part.paint(spec);
    say(says, spec.says);
    say(memory, spec.memory);
    fill();
  };
  return { root, paint };
}
