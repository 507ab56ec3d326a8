/**
 * The confusion matrix, and the messages of its cells.
 *
 * @import {Lab} from "../lab.js"
 * @import {Shown} from "../look.js"
 */

import { cellAt, matrix } from "../../web/charts/matrix.js";
import { h, panel, say } from "../../web/elements.js";
import { countText } from "../../web/text.js";
import { shareName } from "../look.js";
import { countsOf, messagesOf } from "../scores.js";

const LISTED = 60;

/** @param {Lab} lab */
export function confusionPanel(lab) {
  const chart = matrix({ name: "confusion", heading: "h4" }, (cell) => lab.choose(cell));
  const paint = () => {
    const { cells, labels, chosen, rival, epoch } = lab.shown();
    chart.paint({ kind: "matrix", title: "Confusion", label: "Confusion matrix", names: labels, chosen,
      counts: epoch ? countsOf(cells) : null, rival: rival && countsOf(rival.cells),
      note: rival ? `± against ${rival.run.label}, epoch ${rival.epoch}` : "" });
  };
  return { root: chart.root, paint };
}

/** Which messages these are, and of when. @param {Shown} shown @param {number} many */
function listTitle({ chosen, labels, epoch }, many) {
  const at = chosen === null ? null : cellAt(chosen);
  const name = at ? `${labels[at[0]]} taken for ${labels[at[1]]}` : "Wrong";
  return epoch ? `${name}: ${many} · epoch ${epoch.epoch}` : name;
}

/** @param {ReturnType<typeof messagesOf>[number]} row @param {string[]} labels */
const messageNode = ({ label, p, text }, labels) => h("li", {},
  h("span", { class: "hs-p", title: shareName(labels) }, p.toFixed(3)),
  h("span", { class: "hs-truth" }, labels[label] ?? ""), h("span", { class: "hs-text" }, text));

/** @param {string} text */
const hintNode = (text) => h("li", { class: "hs-hint" }, text);

/** @param {Lab} lab */
export function messagesPanel(lab) {
  const title = h("h4");
  const list = h("ol", { class: "hs-list", tabindex: 0, "aria-label": "listed texts" });
  const all = h("button", { type: "button", class: "hs-link", onclick: () => lab.choose(null) }, "all wrong");
  const root = panel("messages", "Messages", h("div", { class: "hs-head" }, title, all), list);
  let painted = "";
  const paint = () => {
    const shown = lab.shown();
    const { messages, epoch, threshold, chosen, labels, run } = shown;
    const rows = epoch ? messagesOf(messages, epoch.p, threshold, chosen) : [];
    const listed = rows.slice(0, LISTED);
    say(title, listTitle(shown, rows.length));
    all.hidden = !chosen;
    const places = listed.map((row) => [row.index, row.p]);
    const now = JSON.stringify([chosen, threshold, run?.data_key, labels, epoch !== null, rows.length, places]);
    if (now === painted) return;
    painted = now;
    list.replaceChildren(...listed.map((row) => messageNode(row, labels)));
    if (rows.length > LISTED) list.append(hintNode(`and ${countText(rows.length - LISTED)} more`));
    if (!rows.length) list.append(hintNode(epoch ? "None." : "Messages appear with the first epoch."));
  };
  return { root, paint };
}
