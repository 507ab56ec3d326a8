/**
 * Horizontal bars: a name, how much of it counts, and how much there is.
 *
 * @typedef {[string, number, number|null]} Bar
 * @typedef {Titled & {kind: "bars", rows: Bar[], unit: string}} BarsSpec
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put } from "../elements.js";
import { countText, numberText, percentText } from "../text.js";
import { frame } from "./frame.js";

/** How much, and of how much where that says more; what has a unit is counted, in whole ones.
 * @param {Bar} bar @param {string} unit */
export function barText([, value, total], unit) {
  if (unit === "%") return `${value.toFixed(1)} %`;
  const [number, after] = unit ? [countText, ` ${unit}`] : [numberText, ""];
  if (total === null || total === undefined || total === value || total === 1) return `${number(value)}${after}`;
  return `${number(value)} of ${number(total)}${after} (${percentText(total ? value / total : 0)})`;
}

/** @param {Bar} bar @param {string} unit @param {number} most */
function barNode(bar, unit, most) {
  const [name, value, total] = bar;
  const piece = (/** @type {string} */ look, /** @type {number} */ length) =>
    h("span", { class: look, style: `width: ${((100 * length) / most).toFixed(2)}%`, hidden: !length });
  return h("li", {}, h("span", {}, name), h("span", { class: "hs-value" }, barText(bar, unit)),
    h("span", { class: "hs-track", "aria-hidden": "true" },
      piece("hs-whole", total ?? value), piece("hs-part", value)));
}

/** @param {Place} place */
export function bars(place) {
  const list = h("ul", { class: "hs-bars", role: "list" });
  const { root, entitle } = frame(place, list);
  const paint = (/** @type {BarsSpec} */ spec) => {
    entitle(spec);
    put(list, { "aria-label": spec.title });
    const most = Math.max(...spec.rows.map(([, value, total]) => Math.max(value, total ?? 0)), 0) || 1;
    list.replaceChildren(...spec.rows.map((bar) => barNode(bar, spec.unit, most)));
  };
  return { root, paint };
}
