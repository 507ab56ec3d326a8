/**
 * The loss curves of the run on show, those of pinned runs behind them.
 *
 * @import {Cursor} from "../../web/charts/cursor.js"
 * @import {CurvesSpec} from "../../web/charts/curves.js"
 * @import {Point} from "../../web/scales.js"
 * @import {Lab} from "../lab.js"
 * @import {Glide, Shown} from "../look.js"
 * @import {Epoch, Run} from "../store.js"
 */

import { curves } from "../../web/charts/curves.js";
import { lossText } from "../../web/text.js";
import { bestEpoch, lossTop } from "../epochs.js";
import { playPart } from "./play.js";

const FLOOR = "the lowest training loss that any head on this frozen body can have";
const COLUMNS = ["epoch", "training loss (nats)", "validation loss (nats)", "seconds"];

/** @param {Epoch[]} epochs @param {"train"|"validation"} part @returns {Point[]} */
const pointsOf = (epochs, part) => epochs.map((epoch) => [epoch.epoch, epoch[part]]);

/** What has been seen of a line while it plays, up to between two epochs.
 * @param {Point[]} points @param {Glide|null} glide @returns {Point[]} */
function seen(points, glide) {
  if (!glide) return points;
  const past = points.filter(([at]) => at <= glide.at);
  const [before, after] = [past.at(-1), points[past.length]];
  if (!before || !after || before[1] === null || after[1] === null) return past;
  return [...past, [glide.at, before[1] + glide.share * (after[1] - before[1])]];
}

/** @param {Run} run */
const ghostOf = ({ id, label, recorded, epochs }) => ({ name: recorded ? label : `run ${id}: ${label}`,
  lines: [{ points: pointsOf(epochs, "train") }, { points: pointsOf(epochs, "validation"), dash: true }] });

/** @param {Run|null} run @returns {[number, number, string][]} */
function bestMark(run) {
  const at = run ? run.best ?? bestEpoch(run.epochs) : null;
  const loss = run?.epochs.find((epoch) => epoch.epoch === at)?.validation ?? null;
  return at === null || loss === null ? [] : [[at, loss, `best: ${at}`]];
}

/** @param {Shown} shown @returns {Cursor} */
function cursorOf({ run, epoch, live, held }) {
  const least = run?.floor == null ? "" : `; floor ${lossText(run.floor)}`;
  const readout = epoch
    ? `epoch ${epoch.epoch}: training ${lossText(epoch.train)}, validation ${lossText(epoch.validation)} nats${least}`
    : "no epoch yet";
  return { at: epoch?.epoch ?? null, live, held, readout, last: run?.epochs.at(-1)?.epoch ?? 1 };
}

/** @param {Shown} shown @param {number} planned epochs, where there is no run @returns {CurvesSpec} */
export function lossSpec(shown, planned) {
  const { run, pinned, glide } = shown;
  const epochs = run?.epochs ?? [];
  const others = pinned.filter((other) => other.id !== run?.id);
  const until = Math.max(run?.planned ?? planned, epochs.at(-1)?.epoch ?? 1);
  const losses = [epochs, ...others.map((other) => other.epochs)].flat().flatMap((one) => [one.train, one.validation]);
  const top = lossTop(losses, epochs[0]?.train ?? others[0]?.epochs[0]?.train ?? null);
  const floor = run?.floor ?? null;
  return { kind: "curves", title: "Loss", label: "Loss curves",
    subtitle: run?.label, tag: run?.recorded ? "recorded" : "",
    x: `epoch (of ${until})`, y: "loss (nats)", x_range: [0, until], y_range: [0, top], legend: true,
    lines: [{ name: "training", points: seen(pointsOf(epochs, "train"), glide) },
      { name: "validation", points: seen(pointsOf(epochs, "validation"), glide), dash: true }],
    marks: glide ? [] : bestMark(run), ghosts: others.map(ghostOf),
    floor: floor === null ? null : { name: "floor", value: floor, says: FLOOR }, cursor: cursorOf(shown) };
}

/** @param {Lab} lab */
export function curvesPanel(lab) {
  const { gaze } = lab;
  const walk = { to: (/** @type {number} */ at) => gaze.goTo(at), leave: () => gaze.leave(), hold: () => gaze.hold() };
  const rows = () => (lab.shown().run?.epochs ?? []).map((epoch) =>
    [epoch.epoch, lossText(epoch.train), lossText(epoch.validation), epoch.seconds?.toFixed(3) ?? "–"]);
  const chart = curves({ name: "curves", heading: "h4" }, walk, () => [COLUMNS, rows]);
  const play = playPart(lab);
  chart.root.append(play.root);
  const paint = () => {
    chart.paint(lossSpec(lab.shown(), lab.get("epochs") ?? 1));
    play.paint();
  };
  return { ...chart, paint };
}
