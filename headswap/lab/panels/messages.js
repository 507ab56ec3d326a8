/**
 * The messages that were judged: those of a cell, those that were fixed or broken against a pinned run, or all wrong
 * ones. One of them can be marked, and is then marked in the cloud of vectors, too.
 *
 * @import {Lab} from "../lab.js"
 * @import {Shown} from "../look.js"
 * @import {Listed} from "../picked.js"
 */

import { choiceInput } from "../../web/controls.js";
import { h, panel, put, say } from "../../web/elements.js";
import { pictureNode } from "../../web/pixels.js";
import { countText } from "../../web/text.js";
import { shareName } from "../look.js";
import { againstCounts, asideOf, cellIn, isAgainst, listName, listedOf, shortName } from "../picked.js";
import { DIGITS } from "../settings.js";

const LISTED = 160; // as many as the lab judges itself
const SIDE = 28; // pixels of an image in the list

/** What the listed things are called. @param {Lab} lab */
export const nameOf = (lab) => (lab.get("data") === DIGITS ? "Digits" : "Messages");

/** Which messages these are, and of when. @param {Shown} shown @param {number} many */
function titleText(shown, many) {
  const name = listName(shown);
  const title = cellIn(shown.chosen, shown.judged.names) ? name : `${name[0].toUpperCase()}${name.slice(1)}`;
  return shown.epoch ? `${title}: ${many} · epoch ${shown.epoch.epoch}` : title;
}

/** What is said instead of rows, or below them. @param {Shown} shown @param {number} many
 * @param {string} name what they are called */
function hintText({ epoch, rival, chosen }, many, name) {
  if (!epoch) return `${name} appear with the first epoch.`;
  if (many > LISTED) return `and ${countText(many - LISTED)} more`;
  if (many || !rival || !isAgainst(chosen)) return many ? "" : "None.";
  const { run, epoch: then } = rival;
  return `None: everything that ${shortName(run)} got ${
    chosen === "fixed" ? "wrong is wrong here too" : "right is right here too"} (epoch ${then}).`;
}

/** What each of the two said. @param {Listed} row @param {Shown} shown */
function bothText({ guess, p, rival }, { run, rival: other, judged: { names } }) {
  if (!rival || !run || !other) return "";
  const share = shareName(names);
  return `${shortName(run)}: ${share} ${p.toFixed(3)} → ${names[guess]} · ${shortName(other.run)}: ${
    rival.p.toFixed(3)} → ${names[rival.guess]}`;
}

/** @param {Lab} lab @param {Listed} row @param {Shown} shown
 * @param {boolean} aside whether the list does not hold it */
function messageNode(lab, row, shown, aside) {
  const { judged: { names }, messages } = shown;
  const both = bothText(row, shown);
  const taken = names.length > 2 && row.guess !== row.truth ? `taken for ${names[row.guess]}` : "";
  const said = both || (aside ? `${names[row.guess] ?? ""} · not in this list` : taken);
  const [text, , picture] = messages[row.index] ?? ["…"];
  const what = picture ? [pictureNode(picture, SIDE), text] : [text];
  return h("li", { role: "option", id: lab.id(`message-${row.index}`), "data-message": row.index,
    onclick: () => lab.gaze.mark(row.index) },
  h("span", { class: "hs-p", title: shareName(names) }, row.p.toFixed(3)),
  h("span", { class: "hs-truth" }, names[row.truth] ?? ""),
  h("span", { class: picture ? "hs-text hs-pictured" : "hs-text" }, ...what),
  ...(said ? [h("span", { class: "hs-both" }, said)] : []));
}

/** A row scrolled into view within its list: the page stays where it is. @param {HTMLElement} list
 * @param {HTMLElement} row */
function reveal(list, row) {
  if (row.offsetTop < list.scrollTop) list.scrollTop = row.offsetTop;
  const beyond = row.offsetTop + row.offsetHeight - list.clientHeight;
  if (beyond > list.scrollTop) list.scrollTop = beyond;
}

/** Which messages are listed: by a cell of the matrix, or here. @param {Lab} lab */
function whichPart(lab) {
  const { input, paint: paintChoice } = choiceInput(lab.id("which"), (name) => lab.gaze.list(name || null));
  put(input, { "aria-label": "Which to list" });
  const all = h("button", { type: "button", class: "hs-link", onclick: () => lab.gaze.list(null) }, "all wrong");
  const paint = (/** @type {Shown} */ shown, /** @type {number} */ many) => {
    const { chosen, rival, judged: { truths, guesses } } = shown;
    all.hidden = chosen === null || rival !== null;
    input.hidden = rival === null;
    if (!rival) return;
    const counts = againstCounts(shown);
    const wrong = truths.filter((truth, i) => guesses[i] !== truth).length;
    const own = chosen !== null && !isAgainst(chosen);
    /** @type {[string, string][]} */
    const options = [["", `${wrong} wrong`],
      ...(own ? [/** @type {[string, string]} */ ([chosen, `${many} ${listName(shown)}`])] : []),
      ["fixed", `${counts.fixed} fixed against ${rival.run.label}`],
      ["broken", `${counts.broken} broken against ${rival.run.label}`]];
    paintChoice(options, chosen ?? "");
  };
  return { nodes: [input, all], paint };
}

/** The rows: the mouse or Enter marks one, the arrows go from one to the next. @param {Lab} lab */
function rowsPart(lab) {
  /** @type {Map<number, HTMLElement>} */
  let rows = new Map();
  let [painted, which, active, revealed] = ["", "", -1, -1];
  const key = (/** @type {KeyboardEvent} */ event) => {
    const order = [...rows.keys()];
    const [at, last] = [order.indexOf(active), order.length - 1];
    /** @type {Record<string, number|undefined>} */
    const ways = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, Enter: at, " ": at };
    const to = ways[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    lab.gaze.mark(order[Math.min(last, Math.max(0, to))], to !== at);
  };
  const root = h("ol", { class: "hs-list", role: "listbox", tabindex: 0, "aria-label": "listed here",
    onkeydown: key });
  const fill = (/** @type {Shown} */ shown, /** @type {Listed[]} */ listed, /** @type {Listed[]} */ aside) => {
    const { chosen, threshold, run, rival, messages, judged } = shown;
    const all = [...aside, ...listed];
    const told = all.map((row) => [row.index, row.p, row.rival?.p]);
    const now = JSON.stringify([chosen, threshold, run?.id, rival?.run.id, run?.data_key, messages.length, judged.names,
      aside.length, told]);
    if (now === painted) return;
    painted = now;
    rows = new Map(all.map((row, i) => [row.index, messageNode(lab, row, shown, i < aside.length)]));
    root.replaceChildren(...rows.values());
    const other = JSON.stringify([chosen, run?.id, rival?.run.id]);
    if (other === which) return;
    [which, revealed] = [other, -1]; // another list begins at its top, or where the marked message is
    root.scrollTop = 0;
  };
  const mark = (/** @type {number|null} */ message) => {
    if (message !== null) active = message;
    for (const [index, row] of rows)
      put(row, { "aria-selected": String(index === message), "data-active": index === active });
    put(root, { "aria-activedescendant": rows.has(active) ? lab.id(`message-${active}`) : null });
    const row = message === null ? undefined : rows.get(message);
    if (row && message !== revealed) requestAnimationFrame(() => reveal(root, row)); // the fold may open only now
    revealed = message ?? -1;
  };
  const paint = (/** @type {Shown} */ shown, /** @type {Listed[]} */ listed) => {
    const few = listed.slice(0, LISTED);
    fill(shown, few, asideOf(shown, few));
    mark(shown.message);
  };
  return { root, paint };
}

/** @param {Lab} lab */
export function messagesPanel(lab) {
  const [title, hint] = [h("h4"), h("p", { class: "hs-hint" })];
  const [which, rows] = [whichPart(lab), rowsPart(lab)];
  const root = panel("messages", "Messages", h("div", { class: "hs-head" }, title, ...which.nodes), rows.root, hint);
  const paint = () => {
    const shown = lab.shown();
    const listed = listedOf(shown);
    which.paint(shown, listed.length);
    say(title, titleText(shown, listed.length));
    rows.paint(shown, listed);
    say(hint, hintText(shown, listed.length, nameOf(lab)));
    hint.hidden = !hint.textContent;
  };
  return { root, paint };
}
