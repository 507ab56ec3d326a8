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
import { messagesOf } from "../scores.js";

const LISTED = 60;

/** @param {Lab} lab */
export function confusionPanel(lab) {
  const chart = matrix({ name: "confusion", heading: "h4" }, (cell) => lab.choose(cell));
  const paint = () => {
    const { judged, spread, chosen, rival } = lab.shown();
    chart.paint({ kind: "matrix", title: "Confusion", label: "Confusion matrix", names: judged.names, chosen,
      counts: spread ? judged.counts : null, rival: rival && rival.counts,
      note: rival ? `± against ${rival.run.label}, epoch ${rival.epoch}` : "" });
  };
  return { root: chart.root, paint };
}

/** Which messages these are, and of when. @param {Shown} shown @param {number} many */
function listTitle({ chosen, judged: { names }, epoch }, many) {
  const at = chosen === null ? null : cellAt(chosen);
  const name = at ? `${names[at[0]]} taken for ${names[at[1]]}` : "Wrong";
  return epoch ? `${name}: ${many} · epoch ${epoch.epoch}` : name;
}

/** @param {ReturnType<typeof messagesOf>[number]} row @param {Shown} shown */
const messageNode = ({ truth, p, index }, { judged: { names }, messages }) => h("li", {},
  h("span", { class: "hs-p", title: shareName(names) }, p.toFixed(3)),
  h("span", { class: "hs-truth" }, names[truth] ?? ""), h("span", { class: "hs-text" }, messages[index]?.[0] ?? "…"));

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
    const { messages, epoch, threshold, chosen, judged, run } = shown;
    const rows = epoch ? messagesOf(judged, threshold, chosen === null ? null : cellAt(chosen)) : [];
    const listed = rows.slice(0, LISTED);
    say(title, listTitle(shown, rows.length));
    all.hidden = !chosen;
    const places = listed.map((row) => [row.index, row.p]);
    const where = [chosen, threshold, run?.data_key, messages.length, judged.names];
    const now = JSON.stringify([where, epoch !== null, rows.length, places]);
    if (now === painted) return;
    painted = now;
    list.replaceChildren(...listed.map((row) => messageNode(row, shown)));
    if (rows.length > LISTED) list.append(hintNode(`and ${countText(rows.length - LISTED)} more`));
    if (!rows.length) list.append(hintNode(epoch ? "None." : "Messages appear with the first epoch."));
  };
  return { root, paint };
}
