/**
 * The scores at the threshold, and the threshold.
 *
 * @import {Lab} from "../lab.js"
 * @import {Shown} from "../look.js"
 * @import {IntervalsSpec} from "../../web/charts/intervals.js"
 */

import { intervals } from "../../web/charts/intervals.js";
import { sliderInput } from "../../web/controls.js";
import { h } from "../../web/elements.js";
import { scoresOf } from "../scores.js";

const NAMES = /** @type {const} */ ({ precision: "precision", recall: "recall", f1: "F1", accuracy: "accuracy" });
const SCORES = /** @type {(keyof typeof NAMES)[]} */ (Object.keys(NAMES));

/** @param {Shown} shown @returns {IntervalsSpec} */
export function metricsSpec({ cells, spread, rival, labels }) {
  const [scores, old] = [scoresOf(cells), rival && scoresOf(rival.cells)];
  const rows = SCORES.map((name) => {
    const [low, high] = spread?.[name] ?? [0, 0];
    return { name: NAMES[name], value: spread && scores[name], low, high, rival: old && old[name] };
  });
  return { kind: "intervals", title: "Metrics", subtitle: `${labels[1]} is positive · bar: 95 %`, rows };
}

/** @param {Lab} lab */
export function metricsPanel(lab) {
  const chart = intervals({ name: "metrics", heading: "h4" });
  const bounds = { id: lab.id("threshold"), low: 0, high: 1, step: 0.01 };
  const slider = sliderInput(bounds, (value) => value.toFixed(2),
    (value) => lab.set("threshold", value, true), (value) => lab.set("threshold", value));
  const label = h("label", { for: bounds.id }, "Threshold");
  chart.root.append(h("div", { class: "hs-threshold" }, label, slider.input, slider.shown));
  const paint = () => {
    chart.paint(metricsSpec(lab.shown()));
    slider.paint(lab.threshold());
  };
  return { root: chart.root, paint };
}
