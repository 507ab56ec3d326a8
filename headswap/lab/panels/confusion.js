/**
 * The confusion matrix: a chosen cell lists its messages, and rings their points.
 *
 * @import {Lab} from "../lab.js"
 * @import {Shown} from "../look.js"
 */

import { cellAt, matrix } from "../../web/charts/matrix.js";
import { choiceInput, sliderInput } from "../../web/controls.js";
import { h, put, say } from "../../web/elements.js";
import { sample } from "../../web/identity.js";
import { settingsOf } from "../apart.js";
import { judge, scoresOf } from "../scores.js";
import { itemOf } from "../settings.js";

const HALF = 0.5;

/** The threshold; of more than two classes, which one is held against the rest. @param {Lab} lab */
function thresholdPart(lab) {
  const bounds = { id: lab.id("threshold"), low: 0, high: 1, step: 0.01 };
  const slider = sliderInput(bounds, (value) => value.toFixed(2),
    (value) => lab.set("threshold", value, true), (value) => lab.set("threshold", value));
  const row = h("div", { class: "hs-threshold" }, h("label", { for: bounds.id }, "Threshold"), slider.input,
    slider.shown);
  const sought = choiceInput(lab.id("against"), (value) => lab.gaze.holdAgainst(value === "" ? null : Number(value)));
  const asked = h("div", { class: "hs-threshold" }, h("label", { for: lab.id("against") }, "Positive"), sought.input);
  const paint = () => {
    const { labels, against, judged } = lab.shown();
    slider.paint(lab.threshold());
    asked.hidden = labels.length < 3;
    row.hidden = judged.names.length > 2;
    const all = labels.map((name, i) => /** @type {[string, string]} */ ([String(i), `${name} against the rest`]));
    sought.paint([["", "every class alike"], ...all], against === null ? "" : String(against));
  };
  return { nodes: [asked, row], paint };
}

/** F1 in one line, the others are behind "Scores". @param {Shown} shown */
function scoreText({ judged, spread }) {
  if (!spread) return "F1 –";
  const [low, high] = spread.f1;
  return `F1 ${scoresOf(judged.counts).f1.toFixed(3)} (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})`;
}

/** The run before this one, where it was told something else and judged on the same messages. @param {Lab} lab */
function comesFrom(lab) {
  const { run } = lab.shown();
  const before = run && lab.gaze.before(run);
  const other = before && before.line !== run.line && before.data_key === run.data_key;
  return other && before.epochs.at(-1)?.p.length ? before : null;
}

/** Which messages these are, and what the run before reached on them. @param {Lab} lab */
function besideText(lab) {
  const { judged, spread, threshold, rival, run, against, epoch, live } = lab.shown();
  if (!spread || !run) return "";
  const many = judged.guesses.length;
  const one = many > 1 && judged.guesses.every((guess) => guess === judged.guesses[0]);
  const all = one ? ` It calls all of them ${judged.names[judged.guesses[0]]}.` : "";
  const before = rival ? null : comesFrom(lab);
  const last = before?.epochs.at(-1);
  const f1 = before && last ? scoresOf(judge(before, last, threshold, against).counts).f1 : 0;
  const name = before?.recorded ? "the recorded run" : `run ${before?.id}`;
  const at = judged.names.length > 2 || threshold === HALF ? "" : `threshold ${threshold.toFixed(2)}`;
  const when = live || !epoch ? "" : `epoch ${epoch.epoch}`;
  const where = [when, at].filter(Boolean).join(", ");
  const then = before ? `; F1 of ${name}: ${f1.toFixed(3)}` : "";
  return `${where ? `At ${where}, on` : "On"} ${many} validation ${itemOf(settingsOf(run).data)}s${then}.${all}`;
}

/** Which pinned run the ± of the cells is against; of several the learner chooses one. @param {Lab} lab */
function rivalPart(lab) {
  const [lead, name, when] = [h("span"), h("span", { class: "hs-name" }), h("span")];
  const [mark, choice] = [sample(), choiceInput(lab.id("rival"), (id) => lab.gaze.holdBeside(Number(id)))];
  put(choice.input, { "aria-label": "± against" });
  say(lead, "± against ");
  const root = h("div", { class: "hs-rivalry hs-hint" }, lead, mark.root, name, choice.input, when);
  const paint = () => {
    const { rival, rivals, names, whos } = lab.shown();
    root.hidden = !rival;
    if (!rival) return;
    const { id } = rival.run;
    mark.paint(whos[id] ?? null);
    choice.input.hidden = rivals.length < 2;
    name.hidden = !choice.input.hidden;
    say(name, names[id]);
    say(when, ` · epoch ${rival.epoch}`);
    choice.paint(rivals.map((run) => /** @type {[string, string]} */ ([String(run.id), names[run.id]])), String(id));
  };
  return { root, paint };
}

/** @param {number} many */
const readText = (many) => (many === 1 ? "Read this one ↓" : `Read these ${many} ↓`);

/** @param {Lab} lab */
export function confusionPanel(lab) {
  const [threshold, versus] = [thresholdPart(lab), rivalPart(lab)];
  const [score, beside] = [h("p", { class: "hs-score" }), h("span")];
  const read = h("button", { type: "button", class: "hs-link", onclick: () => lab.folds.reveal("messages") });
  const chart = matrix({ name: "confusion", heading: "h4" }, (cell) => lab.gaze.choose(cell));
  chart.root.append(versus.root, score, h("p", { class: "hs-hint hs-beside" }, beside, " ", read), ...threshold.nodes);
  const paint = () => {
    threshold.paint();
    versus.paint();
    say(score, scoreText(lab.shown()));
    const { judged, spread, chosen, rival, names } = lab.shown();
    const cell = spread && chosen ? cellAt(chosen) : null;
    say(beside, besideText(lab));
    read.hidden = !cell;
    if (cell) say(read, readText(judged.counts[cell[0]]?.[cell[1]] ?? 0));
    chart.paint({ kind: "matrix", title: "Confusion", label: "Confusion matrix", names: judged.names, chosen,
      counts: spread ? judged.counts : null, rival: rival && rival.counts,
      against: rival ? names[rival.run.id] : "" });
  };
  return { root: chart.root, paint };
}
