/**
 * The buttons of a run, its status and its diagnosis.
 *
 * @import {Lab} from "../lab.js"
 * @import {Glide, Shown} from "../look.js"
 * @import {Epoch, Run} from "../store.js"
 */

import { RUNNING } from "../../comparing/contest.js";
import { choiceInput } from "../../web/controls.js";
import { h, put, say } from "../../web/elements.js";
import { UNDER_WAY, buttonsAt } from "../phases.js";
import { isStill } from "../replay.js";
import { itemOf } from "../settings.js";

const BUTTONS = { train: "Train", stop: "Stop", step: "Step", reset: "Reset", pin: "Pin" };
const IN_SIGHT = 2; // Train and Stop; the others stand with the runs
/** @type {Record<string, string|undefined>} */
const HINTS = { step: "train one epoch", pin: "keep this run's curves for comparison" };
const SECOND = 1000;

/** The bet before a run. @param {Lab} lab */
function questionPart(lab) {
  const ask = h("span");
  const { input, paint: paintChoice } = choiceInput(lab.id("answer"), (answer) => lab.forecast(answer));
  const label = h("label", { for: input.id }, ask);
  const root = h("div", { class: "hs-question", "data-control": "forecast" }, label, input);
  const paint = () => {
    say(ask, lab.get("question") || "");
    root.hidden = !lab.asks();
    const offered = (lab.get("answers") ?? []).map((answer) => /** @type {[string, string]} */ ([answer, answer]));
    if (lab.asks()) paintChoice([["", "choose an answer…"], ...offered], lab.answered());
    input.disabled = lab.locks("forecast");
  };
  return { root, paint };
}

/** Which buttons work now. @param {Lab} lab @returns {Record<string, boolean>} */
function worksNow(lab) {
  const works = buttonsAt(lab.starting() ? "preparing" : lab.phase(), !lab.asks() || lab.answered() !== "");
  const free = !RUNNING.includes(lab.compare.phase());
  return { ...works, train: works.train && free, step: works.step && free,
    stop: (works.stop && !lab.starting()) || lab.gaze.playing, pin: lab.shown().run !== null };
}

/** What Train would do now, where that is not plain. @param {Lab} lab */
function nextText(lab) {
  const { contest } = lab.compare;
  if (contest && RUNNING.includes(contest.phase))
    return `Comparing: ${contest.done} of ${contest.plan.planned} runs. You can train when that's done.`;
  if (lab.busy()) return lab.changedSince() ? "What you changed is for the next run." : "Your run is under way.";
  const { run } = lab.shown();
  if (!run) return "";
  if (!lab.isOf(run)) return "The run you see had other settings: Train starts a new one with yours.";
  if (run.recorded) return run.keeps ? REPEATS + orBlock(lab) : ANEW;
  const same = lab.store.runs.some(({ id, line }) => id < run.id && line === run.line);
  return run.outcome === "done" && same ? AGAIN + orBlock(lab) : "";
}

/** @param {Lab} lab */
export function buttonsPanel(lab) {
  const question = questionPart(lab);
  const press = (/** @type {string} */ name) => { if (worksNow(lab)[name] && !lab.locks(name)) lab.press(name); };
  const make = (/** @type {string} */ name, /** @type {string} */ text) => h("button", { type: "button",
    class: `hs-button hs-do-${name}`, title: HINTS[name], onclick: () => press(name) }, text);
  const buttons = Object.entries(BUTTONS).map(([name, text]) => ({ name, node: make(name, text) }));
  const nodes = buttons.map(({ node }) => node);
  const [train, stop, , reset, pin] = nodes;
  const rest = h("div", { class: "hs-rest" }, ...nodes.slice(IN_SIGHT));
  const next = h("p", { class: "hs-hint hs-next" });
  const root = h("fieldset", { class: "hs-run" }, h("legend", {}, "Run"), question.root,
    h("div", { class: "hs-buttons" }, ...nodes.slice(0, IN_SIGHT)), next);
  const paint = () => {
    question.paint();
    const works = worksNow(lab);
    for (const { name, node } of buttons) {
      node.hidden = !lab.shows(name);
      // A button that is truly disabled loses the focus, and whoever works by keyboard their place.
      put(node, { "aria-disabled": String(lab.locks(name) || !works[name]) });
    }
    // Stop goes out of sight: whoever pressed it goes on from Train.
    if (!works.stop && document.activeElement === stop) train.focus({ preventScroll: true });
    const pinned = Boolean(lab.shown().run?.pinned);
    say(train, lab.phase() === "paused" ? "Continue" : BUTTONS.train);
    say(reset, lab.store.undo === "reset" ? "Undo reset" : BUTTONS.reset);
    put(pin, { "aria-pressed": String(pinned) });
    say(pin, pinned ? "Unpin" : BUTTONS.pin);
    say(next, nextText(lab));
    root.hidden = question.root.hidden && nodes.slice(0, IN_SIGHT).every((node) => node.hidden);
  };
  return { root, rest, paint };
}

/** How far the run has come; while nobody can say it moves to and fro.
 * @param {HTMLProgressElement} bar @param {string} phase @param {number} done */
function paintBar(bar, phase, done) {
  if (phase === "preparing" && !done) bar.removeAttribute("value");
  else bar.value = Math.min(1, Math.max(0, done));
}

/** The status line: at once when the phase changes or the reader did something, else once a second. @param {Lab} lab */
export function statusPanel(lab) {
  const line = h("div", { role: "status", class: "hs-status", "data-hs": "status" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "progress of the run" });
  const root = h("div", { class: "hs-statusline" }, bar, line);
  let [key, last, timer] = ["", 0, 0];
  const show = () => {
    [last, timer] = [performance.now(), 0];
    say(line, `${lab.sentence()}${lab.told() ? "" : endText(lab.shown())}`);
  };
  const paint = () => {
    const phase = lab.phase();
    paintBar(bar, phase, lab.store.state.done);
    put(bar, { class: UNDER_WAY.includes(phase) ? "hs-on" : "hs-off" });
    put(line, { "data-failed": lab.failed() ? "yes" : null });
    const [now, since] = [`${phase}|${lab.told()}|${endText(lab.shown())}`, performance.now() - last];
    if (now !== key || since >= SECOND) {
      clearTimeout(timer);
      show();
    } else if (!timer) timer = setTimeout(show, SECOND - since);
    key = now;
  };
  return { root, paint, stop: () => clearTimeout(timer) };
}

/** Whether the latest run came as far as being one of the runs. @param {Lab} lab */
const began = (lab) => lab.phase() !== "failed" || Boolean(lab.shown().run?.outcome.startsWith("failed"));

const EARLY = "Too early to tell.";
const FIRST = "The first epoch is under way.";
const SCHOOLS = "First the body learns to predict the next byte, once. Then your run begins.";
const preparesText = (/** @type {Lab} */ lab) =>
  `Getting the ${itemOf(lab.get("data"))}s and the body ready. Then your run begins.`;

/** What a run waits for that has not begun. @param {Lab} lab */
function waitsFor(lab) {
  if (lab.starting()) return preparesText(lab);
  if (lab.phase() !== "preparing") return "";
  return lab.store.state.done > 0 ? SCHOOLS : preparesText(lab);
}

/** A sentence within another one. @param {string} sentence */
const inside = (sentence) => sentence.charAt(0).toLowerCase() + sentence.slice(1);

/** Whether an epoch in the middle is looked at. @param {Run|null} run @param {Epoch|null} epoch @param {boolean} live
 * @param {Glide|null} glide */
const isHeld = (run, epoch, live, glide) => !live && !glide && epoch !== null && epoch !== run?.epochs.at(-1);

/** How a run ended whose middle is looked at. @param {Shown} shown */
function endText({ run, epoch, live, glide }) {
  if (!isHeld(run, epoch, live, glide) || !run?.diagnosis || run.diagnosis === epoch?.diagnosis) return "";
  return ` · in the end: ${inside(run.diagnosis.split(":")[0].replace(/\.$/, ""))}`;
}

/** What the curves say in one sentence. @param {Shown} shown @param {boolean} asks
 * @param {boolean} hasBegun whether the latest run came as far as its first epoch
 * @param {string} waits what a run waits for that has not begun */
function diagnosisText({ run, epoch, live, glide, veiled }, asks, hasBegun, waits) {
  if (veiled) return "A run is done. Choose an answer first to see what came out.";
  if (waits) return waits;
  if (!run) return `No run yet: choose ${asks ? "an answer, then " : ""}a regime and press Train.`;
  const failed = run.outcome.startsWith("failed") ? run.outcome : "";
  if (!hasBegun) return `That run didn't start. You still see run ${run.id}.`;
  if (isHeld(run, epoch, live, glide)) return `At epoch ${epoch?.epoch}: ${inside(epoch?.diagnosis || EARLY)}`;
  return (live ? failed || run.diagnosis || epoch?.diagnosis : epoch?.diagnosis) || (epoch ? EARLY : FIRST);
}

const REPEATS = "Train would repeat this recorded run: change the regime first";
const ANEW = "This run is recorded: Train runs it again, and then you can ask it.";
const AGAIN = "Same settings and seed, so the same curve: change the regime";
/** What else may be changed, where it is in sight. @param {Lab} lab */
const orBlock = (lab) => (lab.shows("machine") ? ", or click a block." : ".");


/** @param {Lab} lab */
export function diagnosisPanel(lab) {
  const [words, forecast] = [h("p"), h("p", { class: "hs-hint" })];
  const root = h("div", { class: "hs-diagnosis", "data-hs": "diagnosis" }, words, forecast);
  const paint = () => {
    const bet = lab.shown().run?.forecast;
    const waits = waitsFor(lab);
    const text = diagnosisText(lab.shown(), lab.asks(), began(lab), waits);
    say(words, text);
    // Without its runs the lab is shorter: whoever has reset them from far below would see nothing of it.
    if (lab.deeds.wasReset()) root.scrollIntoView({ block: "nearest", behavior: isStill() ? "auto" : "smooth" });
    say(forecast, bet ? `Your prediction: ${bet}` : "");
    forecast.hidden = !bet && !lab.asks();
  };
  return { root, paint };
}
