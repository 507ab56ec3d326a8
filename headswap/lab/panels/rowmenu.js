/**
 * What can be done with a run in its row of the table, and with all of them above it.
 *
 * @import {Lab} from "../lab.js"
 * @import {Row} from "../rows.js"
 */

import { h, put, say } from "../../web/elements.js";
import { menu } from "../../web/menu.js";

/** Whether a run can be deleted; a text says why not, and false that it is not offered.
 * @param {Lab} lab @param {Row} row */
function deletable(lab, row) {
  if (row.recorded || !lab.shows("reset")) return false;
  if (lab.locks("reset")) return "locked";
  return row.outcome === "running" ? "stop it first" : true;
}

/** Pin, use its settings, and behind "⋯" the rest. @param {Lab} lab @param {number} id */
export function rowActions(lab, id) {
  const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", class: "hs-small", onclick }, text);
  const [pin, use] = [button("pin", () => lab.togglePin(id)), button("use settings", () => lab.deeds.use(id))];
  const more = menu([{ text: "Copy as Python", act: () => lab.deeds.copy(id) },
    { text: "Delete", act: () => lab.deeds.remove(id) }]);
  const root = h("td", { class: "hs-actions" }, pin, use, more.root);
  const paint = (/** @type {Row} */ row) => {
    put(pin, { "aria-pressed": String(row.pinned), "aria-label": `pin run ${id}` });
    pin.hidden = !lab.shows("pin");
    pin.disabled = lab.locks("pin");
    put(use, { "aria-label": `use the settings of run ${id}`, title: row.line });
    more.paint({ label: `more for run ${id}`, able: [true, deletable(lab, row)] });
  };
  return { root, paint };
}

/** Share the view, and take a deletion back. @param {Lab} lab */
export function runsTools(lab) {
  const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", class: "hs-button", title, onclick }, text);
  const undo = button("Undo delete", "until the next run begins", () => lab.deeds.undo());
  const share = button("Share", "copy one line of Python that makes this view", () => lab.deeds.share());
  const paint = () => {
    say(share, lab.deeds.copied ? "Copied ✓" : "Share");
    undo.hidden = lab.store.undo !== "delete";
    if (!undo.hidden && lab.deeds.takesFocus()) undo.focus();
  };
  return { nodes: [undo, share], paint };
}
