/**
 * The pooled vectors of the validation messages, as they move.
 *
 * @import {CloudSpec, Group} from "../../web/charts/cloud.js"
 * @import {Lab} from "../lab.js"
 * @import {Shown} from "../look.js"
 */

import { cloud } from "../../web/charts/cloud.js";
import { shareName } from "../look.js";
import { isPositive } from "../scores.js";

const MARKS = ["circle", "triangle"];

/** A group for each class, its points in thousandths. @param {Shown} shown @returns {Group[]} */
function groupsOf({ messages, epoch, threshold, labels }) {
  /** @type {Required<Group>[]} */
  const groups = labels.map((name, i) => ({ name, mark: MARKS[i % 2], points: [], wrong: [], texts: [], shares: [] }));
  const many = epoch ? Math.min(messages.length, epoch.p.length, Math.floor(epoch.xy.length / 2)) : 0;
  for (let i = 0; epoch && i < many; i++) {
    const [text, label] = messages[i];
    groups[label].points.push([epoch.xy[2 * i] / 1000, epoch.xy[2 * i + 1] / 1000]);
    groups[label].wrong.push(isPositive(epoch.p[i], threshold) !== (label === 1));
    groups[label].texts.push(text);
    groups[label].shares.push(epoch.p[i] / 1000);
  }
  return groups;
}

/** @param {Shown} shown @returns {CloudSpec} */
export const cloudSpec = (shown) => ({ kind: "cloud", title: "Pooled vectors", groups: groupsOf(shown),
  x_range: [-1, 1], y_range: [-1, 1], share: shareName(shown.labels), hint: "main directions of the start" });

/** @param {Lab} lab */
export function cloudPanel(lab) {
  const chart = cloud({ name: "scatter", heading: "h4" });
  return { ...chart, paint: () => chart.paint(cloudSpec(lab.shown())) };
}
