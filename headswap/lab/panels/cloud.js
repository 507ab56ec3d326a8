/**
 * The pooled vectors of the validation messages, as they move.
 *
 * @import {CloudSpec, Group} from "../../web/charts/cloud.js"
 * @import {Lab} from "../lab.js"
 * @import {Glide, Shown} from "../look.js"
 * @import {Epoch} from "../store.js"
 */

import { cloud } from "../../web/charts/cloud.js";
import { shareName } from "../look.js";
import { listName, listedOf } from "../picked.js";

const MARKS = ["circle", "triangle"];
const FEW = 4; // classes that two marks in four colours tell apart

/** @param {Epoch} epoch @param {number} i @returns {[number, number]} */
const placeIn = ({ xy }, i) => [xy[2 * i] / 1000, xy[2 * i + 1] / 1000];

/** Where a message's vector is, also between two epochs. @param {Epoch} epoch @param {Glide|null} glide
 * @param {number} i @returns {[number, number]} */
function pointOf(epoch, glide, i) {
  const [x, y] = placeIn(epoch, i);
  if (!glide?.next?.xy.length) return [x, y];
  const [nextX, nextY] = placeIn(glide.next, i);
  return [x + glide.share * (nextX - x), y + glide.share * (nextY - y)];
}

/** A group for each class, its points in thousandths. @param {Shown} shown @returns {Group[]} */
function groupsOf({ messages, epoch, judged, glide }) {
  const { names, truths, guesses, shares } = judged;
  /** @type {Required<Group>[]} */
  const groups = names.map((name, i) => ({ name, mark: names.length > FEW ? String(i) : MARKS[i % 2], points: [],
    wrong: [], texts: [], shares: [], trails: [], ids: [] }));
  const many = epoch ? Math.min(truths.length, Math.floor(epoch.xy.length / 2)) : 0;
  for (let i = 0; epoch && i < many; i++) {
    const group = groups[truths[i]];
    group.ids.push(i);
    group.points.push(pointOf(epoch, glide, i));
    group.trails.push(glide ? [...glide.trail.map((one) => placeIn(one, i)), pointOf(epoch, glide, i)] : []);
    group.wrong.push(guesses[i] !== truths[i]);
    group.texts.push(messages[i]?.[0] ?? "");
    group.shares.push(shares[i]);
  }
  return groups;
}

/** What is below the points: which of them are ringed, or what they are. @param {Shown} shown @param {number} many */
const hintText = (shown, many) =>
  (shown.chosen === null ? "along the main directions at the start" : `ringed: ${many} ${listName(shown)}`);

/** The points; those of the chosen messages ringed, the marked one with a target. @param {Shown} shown
 * @returns {CloudSpec} */
export function cloudSpec(shown) {
  const ringed = shown.chosen === null ? null : listedOf(shown).map(({ index }) => index);
  return { kind: "cloud", title: "Pooled vectors", groups: groupsOf(shown), x_range: [-1, 1], y_range: [-1, 1],
    share: shareName(shown.judged.names), ringed, marked: shown.message, hint: hintText(shown, ringed?.length ?? 0) };
}

/** @param {Lab} lab */
export function cloudPanel(lab) {
  const chart = cloud({ name: "scatter", heading: "h4" }, (index) => lab.gaze.open(index));
  return { ...chart, paint: () => chart.paint(cloudSpec(lab.shown())) };
}
