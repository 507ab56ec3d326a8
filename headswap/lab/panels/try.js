/**
 * A message of one's own, answered now and after each further epoch.
 *
 * @import {Lab} from "../lab.js"
 * @import {Shown} from "../look.js"
 * @import {Answer} from "../store.js"
 */

import { meter } from "../../web/charts/gauge.js";
import { textInput } from "../../web/controls.js";
import { h, panel, put, say } from "../../web/elements.js";
import { shareName } from "../look.js";
import { UNDER_WAY } from "../phases.js";

const PAUSE = 120;

/** The answer, where it is one to this text. @param {Answer|null} answer @param {string} text */
const fitting = (answer, text) => (answer && text.trim() !== "" && answer.text.trim() === text.trim() ? answer : null);

/** What is said of a text: the share that is looked for, what it is of, and the class.
 * @param {Answer} answer @param {Shown} shown */
function verdictOn({ p }, { labels, threshold, against }) {
  const sought = labels.length === 2 ? 1 : against;
  const best = p.indexOf(Math.max(...p));
  if (sought === null) return { p: p[best], name: `P(${labels[best]})`, verdict: labels[best], positive: true };
  const positive = p[sought] >= threshold;
  const other = labels.length === 2 ? labels[0] : `not ${labels[sought]}`;
  return { p: p[sought], name: `P(${labels[sought]})`, verdict: positive ? labels[sought] : other, positive };
}

/** @param {Answer|null} answer @param {ReturnType<typeof verdictOn>|null} said @param {string} text
 * @param {boolean} trained whether there is a model to ask, or will be */
function answerText(answer, said, text, trained) {
  const model = trained ? "waiting for the model…" : "Press Train first: a recorded run keeps no model.";
  const waits = text.trim() ? model : "Type anything; the answer follows the training.";
  if (!answer || !said) return waits;
  return `${said.name} ${said.p.toFixed(3)} → ${said.verdict}${answer.epoch ? ` · epoch ${answer.epoch}` : ""}`;
}

/** @param {Lab} lab */
export function tryPanel(lab) {
  let timer = 0;
  const type = (/** @type {string} */ text) => {
    clearTimeout(timer);
    timer = setTimeout(() => lab.try(text), PAUSE);
    lab.mark("try");
  };
  const field = textInput({ id: lab.id("try"), longest: 500, hint: "You have won a prize…" }, type);
  const bar = meter("", 0, 1);
  bar.root.classList.add("hs-meter");
  const words = h("p", { class: "hs-answer" });
  const title = h("label", { class: "hs-title", for: field.input.id }, "Try a message");
  const root = panel("try", "A message of your own", title, field.input, bar.root, words);
  root.dataset.control = "predict";
  /** @type {Answer|null} */
  let last = null;
  const paint = () => {
    root.hidden = !lab.shows("predict");
    field.input.disabled = lab.locks("predict");
    const shown = lab.shown();
    const { answer, judged } = shown;
    // A text asked for from Python stands here too, unless somebody is typing.
    if (answer && answer.text !== last?.text && document.activeElement !== field.input) field.paint(answer.text);
    last = answer;
    const text = field.input.value;
    const found = fitting(answer, text);
    const said = found && found.p.length === shown.labels.length ? verdictOn(found, shown) : null;
    const p = said?.p ?? 0;
    const limit = judged.names.length === 2 ? shown.threshold : null;
    bar.paint({ part: p, value: p.toFixed(3), text: said ? p.toFixed(3) : "no answer yet", limit });
    put(bar.root, { "aria-label": said?.name ?? shareName(judged.names) });
    put(bar.fill, { "data-side": said?.positive ? "positive" : "negative" });
    const trained = UNDER_WAY.includes(lab.phase()) || lab.store.runs.some((run) => !run.recorded);
    say(words, answerText(found, said, text, trained));
  };
  return { root, paint, stop: () => clearTimeout(timer) };
}
