/**
 * A message of one's own, answered now and after each further epoch.
 *
 * @import {Lab} from "../lab.js"
 * @import {Answer} from "../store.js"
 */

import { meter } from "../../web/charts/gauge.js";
import { textInput } from "../../web/controls.js";
import { h, panel, put, say } from "../../web/elements.js";
import { shareName } from "../look.js";

const PAUSE = 120;

/** The answer, where it is one to this text. @param {Answer|null} answer @param {string} text */
const fitting = (answer, text) => (answer && text.trim() !== "" && answer.text.trim() === text.trim() ? answer : null);

/** @param {Answer|null} answer @param {string} text @param {string[]} labels @param {number} threshold */
function answerText(answer, text, labels, threshold) {
  if (!answer) return text.trim() ? "waiting for the model…" : "Type anything; the answer follows the training.";
  const verdict = labels[answer.p >= threshold ? 1 : 0];
  return `${shareName(labels)} ${answer.p.toFixed(3)} → ${verdict}${answer.epoch ? ` · epoch ${answer.epoch}` : ""}`;
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
    const { answer, threshold, labels } = lab.shown();
    // A text asked for from Python stands here too, unless somebody is typing.
    if (answer && answer.text !== last?.text && document.activeElement !== field.input) field.paint(answer.text);
    last = answer;
    const text = field.input.value;
    const found = fitting(answer, text);
    const p = found?.p ?? 0;
    bar.paint({ part: p, value: p.toFixed(3), text: found ? p.toFixed(3) : "no answer yet", limit: threshold });
    put(bar.root, { "aria-label": shareName(labels) });
    put(bar.fill, { "data-side": p >= threshold ? "positive" : "negative" });
    say(words, answerText(found, text, labels, threshold));
  };
  return { root, paint, stop: () => clearTimeout(timer) };
}
