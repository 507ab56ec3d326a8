/**
 * The scores at the threshold, and the threshold.
 *
 * @import {Lab} from "../lab.js"
 * @import {Shown} from "../look.js"
 * @import {IntervalsSpec} from "../../web/charts/intervals.js"
 */

import { intervals } from "../../web/charts/intervals.js";
import { choiceInput, sliderInput } from "../../web/controls.js";
import { h } from "../../web/elements.js";
import { scoresOf } from "../scores.js";

const NAMES = /** @type {const} */ ({ precision: "precision", recall: "recall", f1: "F1", accuracy: "accuracy" });
const SCORES = /** @type {(keyof typeof NAMES)[]} */ (Object.keys(NAMES));

/** @param {string[]} names those of the matrix */
const subtitleOf = (names) =>
  `${names.length === 2 ? `${names[1]} is positive` : "mean over the classes"} · bar: 95 %`;

/** @param {Shown} shown @returns {IntervalsSpec} */
export function metricsSpec({ judged, spread, rival }) {
  const [scores, old] = [scoresOf(judged.counts), rival && scoresOf(rival.counts)];
  const rows = SCORES.map((name) => {
    const [low, high] = spread?.[name] ?? [0, 0];
    return { name: NAMES[name], value: spread && scores[name], low, high, rival: old && old[name] };
  });
  return { kind: "intervals", title: "Metrics", subtitle: subtitleOf(judged.names), rows };
}

/** @param {Lab} lab */
export function metricsPanel(lab) {
  const chart = intervals({ name: "metrics", heading: "h4" });
  const bounds = { id: lab.id("threshold"), low: 0, high: 1, step: 0.01 };
  const slider = sliderInput(bounds, (value) => value.toFixed(2),
    (value) => lab.set("threshold", value, true), (value) => lab.set("threshold", value));
  const label = h("label", { for: bounds.id }, "Threshold");
  const row = h("div", { class: "hs-threshold" }, label, slider.input, slider.shown);
  const sought = choiceInput(lab.id("against"), (value) => lab.holdAgainst(value === "" ? null : Number(value)));
  const asked = h("div", { class: "hs-threshold" }, h("label", { for: lab.id("against") }, "Positive"), sought.input);
  chart.root.append(asked, row);
  const paint = () => {
    const { labels, against, judged } = lab.shown();
    chart.paint(metricsSpec(lab.shown()));
    slider.paint(lab.threshold());
    asked.hidden = labels.length < 3;
    row.hidden = judged.names.length > 2;
    const all = labels.map((name, i) => /** @type {[string, string]} */ ([String(i), `${name} against the rest`]));
    sought.paint([["", "every class alike"], ...all], against === null ? "" : String(against));
  };
  return { root: chart.root, paint };
}
