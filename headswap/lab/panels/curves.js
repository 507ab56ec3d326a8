/**
 * The curves of the run on show, and of pinned runs beside them: the loss, or a score, epoch by epoch.
 *
 * @import {Cursor} from "../../web/charts/cursor.js"
 * @import {CurvesSpec, Ghost, Line} from "../../web/charts/curves.js"
 * @import {Point, Range} from "../../web/scales.js"
 * @import {Lab} from "../lab.js"
 * @import {Glide, Shown} from "../look.js"
 * @import {Measure} from "../measures.js"
 * @import {Run} from "../store.js"
 */

import { curves } from "../../web/charts/curves.js";
import { choiceInput } from "../../web/controls.js";
import { put } from "../../web/elements.js";
import { logRange } from "../../web/scales.js";
import { lossText } from "../../web/text.js";
import { bestEpoch, lossTop } from "../epochs.js";
import { MEASURES, isLoss, measureText, validationOf } from "../measures.js";
import { playPart } from "./play.js";

const LEAST = "training floor";
const FLOOR = "the lowest training loss that any head on this frozen body can reach";
const NARROWEST = 3; // a pinned run may make the axis so many times as long; beyond, its name says how far it goes
const MISSING = "Some epochs are missing here: the kernel hasn't sent their probabilities yet.";

/** @param {Run|null} run @returns {Point[]} */
const trainingOf = (run) => (run?.epochs ?? []).map((epoch) => [epoch.epoch, epoch.train]);

/** What has been seen of a line while it plays, up to between two epochs.
 * @param {Point[]} points @param {Glide|null} glide @returns {Point[]} */
function seen(points, glide) {
  if (!glide) return points;
  const past = points.filter(([at]) => at <= glide.at);
  const [before, after] = [past.at(-1), points[past.length]];
  if (!before || !after || before[1] === null || after[1] === null) return past;
  return [...past, [glide.at, before[1] + glide.share * (after[1] - before[1])]];
}

/** @param {Shown} shown */
const othersOf = ({ run, pinned }) => pinned.filter((other) => other.id !== run?.id);

/** The lines of the run on show: of a score there is none on the training messages. @param {Shown} shown
 * @returns {Line[]} */
function linesOf(shown) {
  const { run, glide, measure, whos } = shown;
  const validation = { name: "validation", dash: true, tone: 1, mark: run ? whos[run.id] ?? null : null,
    points: seen(run ? validationOf(run, measure, shown) : [], glide) };
  return isLoss(measure) ? [{ name: "training", points: seen(trainingOf(run), glide) }, validation] : [validation];
}

/** @param {Run} run */
const lastOf = (run) => run.epochs.at(-1)?.epoch ?? 0;

/** Where the axis ends before a run does, its name says so. @param {string} name @param {number} last
 * @param {number} until */
const tailOf = (name, last, until) =>
  (last <= until ? "" : name.includes(`epochs ${last}`) ? " →" : ` → ${last}`);

/** A pinned run's validation line. @param {Shown} shown @param {number} until @returns {Ghost[]} */
const ghostsOf = (shown, until) => othersOf(shown).map((run) => ({ name: shown.names[run.id],
  tail: tailOf(shown.names[run.id], lastOf(run), until), who: shown.whos[run.id] ?? 0,
  points: validationOf(run, shown.measure, shown) }));

/** How far the run on show goes, and how far the axis. @param {Shown} shown @param {number} planned
 * @returns {[number, number]} */
function reachOf(shown, planned) {
  const own = Math.max(shown.run?.planned ?? planned, shown.run ? lastOf(shown.run) : 1);
  const longest = Math.max(own, ...othersOf(shown).map(lastOf));
  return [own, Math.min(longest, NARROWEST * own)];
}

/** @param {Shown} shown @param {number|null} floor @returns {Range} */
function heightOf(shown, floor) {
  const { run, measure } = shown;
  const others = othersOf(shown);
  const validation = [run, ...others].flatMap((one) => (one ? validationOf(one, measure, shown) : []));
  if (!isLoss(measure)) return scoreRange(validation.flatMap(([, value]) => value ?? []));
  const losses = [...trainingOf(run), ...validation].map(([, value]) => value);
  if (measure === "log") return logRange([...losses, floor]);
  return [0, lossTop(losses, run?.epochs[0]?.train ?? others[0]?.epochs[0]?.train ?? null)];
}

/** From the tenth below the lowest score to 1. @param {number[]} scores @returns {Range} */
const scoreRange = (scores) => [Math.max(0, Math.min(9, Math.floor(10 * Math.min(...scores, 1) + 1e-9)) / 10), 1];

/** Where the validation loss is lowest: on a score, how good the run was by then.
 * @param {Shown} shown @returns {[number, number, string][]} */
function bestMark(shown) {
  const { run, glide, measure } = shown;
  if (!run || glide) return [];
  const at = run.best ?? bestEpoch(run.epochs);
  const value = validationOf(run, measure, shown).find(([epoch]) => epoch === at)?.[1] ?? null;
  return at === null || value === null ? [] : [[at, value, `${isLoss(measure) ? "best" : "lowest loss"}: ${at}`]];
}

/** @param {Shown} shown @returns {Cursor} */
function cursorOf(shown) {
  const { run, epoch, live, held } = shown;
  return { at: epoch?.epoch ?? null, live, held, readout: epoch ? readoutOf(shown) : "no epoch yet",
    last: run?.epochs.at(-1)?.epoch ?? 1 };
}

/** @param {Shown} shown */
function readoutOf(shown) {
  const { run, epoch, measure } = shown;
  if (!run || !epoch) return "";
  if (isLoss(measure)) {
    const least = run.floor == null ? "" : `; ${LEAST} ${lossText(run.floor)}`;
    const both = `training ${lossText(epoch.train)}, validation ${lossText(epoch.validation)} nats`;
    return `epoch ${epoch.epoch}: ${both}${least}`;
  }
  const score = validationOf(run, measure, shown).find(([at]) => at === epoch.epoch)?.[1];
  return `epoch ${epoch.epoch}: ${MEASURES[measure]} ${lossText(score)}`;
}

/** What else there is to know of the picture. @param {Shown} shown */
function noteOf(shown) {
  const { run, measure } = shown;
  const others = othersOf(shown);
  const lacks = (/** @type {Run|null} */ one) => one !== null && !one.whole && one.epochs.length > 1;
  return [others.length && isLoss(measure) ? "For pinned runs you see the validation loss." : "",
    !isLoss(measure) && [run, ...others].some(lacks) ? MISSING : ""].filter(Boolean).join(" ");
}

/** @param {Shown} shown @param {number} planned epochs, where there is no run @returns {CurvesSpec} */
export function curvesSpec(shown, planned) {
  const { run, measure, names, whos } = shown;
  const [own, until] = reachOf(shown, planned);
  const ghosts = ghostsOf(shown, until);
  const floor = isLoss(measure) ? run?.floor ?? null : null;
  const title = isLoss(measure) ? "Loss" : MEASURES[measure];
  return { kind: "curves", title, label: `${title} curves`, subtitle: run?.label, tag: run?.recorded ? "recorded" : "",
    x: until > own ? `epoch (this run: ${own})` : `epoch (of ${until})`,
    y: measureText(measure, shown, shown.labels.length),
    x_range: [0, until], y_range: heightOf(shown, floor), y_log: measure === "log", legend: true,
    lines: linesOf(shown), marks: bestMark(shown), ghosts, note: noteOf(shown),
    own: run && ghosts.length ? { name: names[run.id], who: whos[run.id] ?? null } : null,
    floor: floor === null ? null : { name: LEAST, value: floor, says: FLOOR }, cursor: cursorOf(shown) };
}

/** The numbers behind the lines, an epoch a row. @param {Shown} shown
 * @returns {[string[], () => (string|number)[][]]} */
function tableOf(shown) {
  const { run, measure, names } = shown;
  const [others, loss] = [othersOf(shown), isLoss(measure)];
  const all = [...(run ? [run] : []), ...others];
  const at = (/** @type {Point[]} */ points, /** @type {number} */ epoch) =>
    lossText(points.find((point) => point[0] === epoch)?.[1]);
  const own = loss ? ["training loss (nats)", "validation loss (nats)", "seconds"] : [MEASURES[measure]];
  const told = loss ? "validation loss" : MEASURES[measure];
  const columns = ["epoch", ...own, ...others.map(({ id }) => `${names[id]}: ${told}`)];
  const rows = () => {
    const curves = all.map((one) => validationOf(one, measure, shown));
    return Array.from({ length: Math.max(0, ...all.map(lastOf)) }, (_, i) => i + 1).map((epoch) => {
      const [first, ...rest] = curves.map((points) => at(points, epoch));
      const seconds = run?.epochs.find((one) => one.epoch === epoch)?.seconds?.toFixed(3) ?? "–";
      const mine = loss ? [at(trainingOf(run), epoch), first, seconds] : [first];
      return [epoch, ...(run ? mine : own.map(() => "–")), ...(run ? rest : [first, ...rest])];
    });
  };
  return [columns, rows];
}

/** What the curves are of: one quiet choice in the panel's head. @param {Lab} lab */
function measurePart(lab) {
  const { input, paint } = choiceInput(lab.id("measure"),
    (value) => lab.gaze.measureBy(/** @type {Measure} */ (value)));
  put(input, { class: "hs-measure", "aria-label": "What the curves show" });
  const all = Object.entries(MEASURES);
  return { input, paint: () => {
    paint(all, lab.shown().measure);
    put(input, { "data-moved": lab.shown().measure === "loss" ? null : "true" });
  } };
}

/** @param {Lab} lab */
export function curvesPanel(lab) {
  const { gaze } = lab;
  const walk = { to: (/** @type {number} */ at) => gaze.goTo(at), leave: () => gaze.leave(), hold: () => gaze.hold() };
  const chart = curves({ name: "curves", heading: "h4" }, walk, () => tableOf(lab.shown()));
  const [play, measure] = [playPart(lab), measurePart(lab)];
  chart.root.firstElementChild?.append(measure.input);
  chart.root.append(play.root);
  const paint = () => {
    chart.paint(curvesSpec(lab.shown(), lab.get("epochs") ?? 1));
    measure.paint();
    play.paint();
  };
  return { ...chart, paint };
}
