/**
 * The scores at the threshold, and the threshold.
 *
 * @import {Lab} from "../lab.js"
 * @import {Shown} from "../look.js"
 * @import {IntervalsSpec} from "../../web/charts/intervals.js"
 */

import { intervals } from "../../web/charts/intervals.js";
import { scoresOf } from "../scores.js";

const NAMES = /** @type {const} */ ({ precision: "precision", recall: "recall", f1: "F1", accuracy: "accuracy" });
const SCORES = /** @type {(keyof typeof NAMES)[]} */ (Object.keys(NAMES));

/** @param {Shown} shown */
function subtitleOf({ judged, rival, names }) {
  const [, positive] = judged.names;
  const of = judged.names.length === 2 ? `${positive} is positive` : "mean over the classes";
  return `${of} · bar: 95 %${rival ? ` · ring: ${names[rival.run.id]}` : ""}`;
}

/** @param {Shown} shown @returns {IntervalsSpec} */
export function metricsSpec(shown) {
  const { judged, spread, rival } = shown;
  const [scores, old] = [scoresOf(judged.counts), rival && scoresOf(rival.counts)];
  const rows = SCORES.map((name) => {
    const [low, high] = spread?.[name] ?? [0, 0];
    return { name: NAMES[name], value: spread && scores[name], low, high, rival: old && old[name] };
  });
  return { kind: "intervals", title: "Metrics", subtitle: subtitleOf(shown), rows };
}

/** @param {Lab} lab */
export function metricsPanel(lab) {
  const chart = intervals({ name: "metrics", heading: "h4" });
  return { root: chart.root, paint: () => chart.paint(metricsSpec(lab.shown())) };
}
