/**
 * By how much one is ahead, large; what that means in words; and the scores behind it.
 *
 * @typedef {[string, number, number, number]} Scored a name, its score, and the ends of its interval
 * @typedef {Titled & {kind: "lead", big: string, verdict: string, says: string, scores: Scored[],
 *   about: string}} LeadSpec
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, s, say } from "../elements.js";
import { shapeOf, spotOf } from "../identity.js";
import { frame } from "./frame.js";

/** @param {Scored} scored @param {number} who */
function scoredRow([name, mean, low, high], who) {
  const mark = s("svg", { class: "hs-sample", width: 16, height: 16, "aria-hidden": "true" });
  mark.append(s("path", { class: spotOf(who), d: shapeOf(who, 8, 8) }));
  return h("tr", {}, h("th", { scope: "row" }, mark, " ", name), h("td", { class: "hs-lead-score" }, mean.toFixed(3)),
    h("td", { class: "hs-lead-reach" }, `${low.toFixed(2)} to ${high.toFixed(2)}`));
}

/** @param {Place} place */
export function lead(place) {
  const [big, verdict] = [h("strong", { class: "hs-lead-big" }), h("strong", { class: "hs-lead-verdict" })];
  const says = h("p", { class: "hs-lead-says" });
  const [body, about] = [h("tbody"), h("p", { class: "hs-hint" })];
  const told = h("div", { class: "hs-lead", role: "status" }, big, " ", verdict, says);
  const table = h("table", { class: "hs-lead-scores" }, body);
  const { root, entitle } = frame(place, told, table, about);
  const paint = (/** @type {LeadSpec} */ spec) => {
    entitle(spec);
    put(table, { "aria-label": "F1 and 95 % intervals" });
    say(big, spec.big);
    say(verdict, spec.verdict);
    say(says, spec.says);
    say(about, spec.about);
    body.replaceChildren(...spec.scores.map(scoredRow));
  };
  return { root, paint };
}
