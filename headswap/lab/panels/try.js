/**
 * A message of one's own, answered by the run in view and by every pinned one, now and after each further epoch.
 *
 * @import {Lab} from "../lab.js"
 * @import {Answer, Tried} from "../asked.js"
 * @import {Shown} from "../look.js"
 * @import {Judged} from "./words.js"
 */

import { meter } from "../../web/charts/gauge.js";
import { textInput } from "../../web/controls.js";
import { h, panel, put, say } from "../../web/elements.js";
import { pictureNode } from "../../web/pixels.js";
import { sample } from "../../web/identity.js";
import { settingsOf } from "../apart.js";
import { triedOf, verdictOn } from "../asked.js";
import { shareName } from "../look.js";
import { DIGITS } from "../settings.js";
import { wordsPart } from "./words.js";

const PAUSE = 120;
const SIDE = 96; // pixels of the image that is tried
/** @type {[string, string][]} what a button writes, and its sign */
const MOVES = [["left", "←"], ["right", "→"], ["up", "↑"], ["down", "↓"], ["turn", "↻"], ["back", "↺"], ["blur", "◌"]];
const EXAMPLE = "Your card is locked. Send us your PIN.";
const RECORDED = "This recorded run has no model to ask; press Train to get one.";
/** That an answer is not of the epoch in view. @param {Shown} shown @param {Judged[]} all */
function laterText({ epoch, glide }, all) {
  const one = all.find(({ heard, said, run }) => heard && said && run && heard.epoch > 1);
  return one?.heard && epoch && !glide && epoch.epoch < one.heard.epoch
    ? ` The lab keeps no models of earlier epochs: this answer is from epoch ${one.heard.epoch}.` : "";
}

const NUMBER = "Type a digit's number, from 1, and move it: ";
const DIGIT_COUNT = 160; // as many as the lab validates on
const PRACTICE = " The practice messages are polite scams and notes between friends.";
const INVENTED = "It has only seen polite scams and notes between friends, all invented: about other messages it can " +
  "only guess.";

/** Whether a line names none of the digits, as gallery/spelling.py reads it. @param {Lab} lab @param {string} text */
function isNoDigit(lab, text) {
  const number = Number(/[-−]?\d+([.,]\d+)?/.exec(text)?.[0] ?? 0);
  return lab.get("data") === DIGITS && !(Number.isInteger(number) && number >= 1 && number <= DIGIT_COUNT);
}

/** Why there is no answer. @param {Lab} lab @param {Tried} tried @param {string} text */
function waitingText(lab, { run, gone }, text) {
  const own = lab.store.runs.some((one) => !one.recorded);
  const practice = lab.get("data") === "fixture" ? PRACTICE : "";
  const able = run && !gone && (!run.recorded || run.keeps);
  const who = run?.recorded ? "the recorded run" : `run ${run?.id}`;
  const when = able ? `${who} answers` : "you get an answer after training";
  if (!text.trim()) return lab.get("data") === DIGITS ? `${NUMBER}${when}.` : `Type anything; ${when}.${practice}`;
  if (lab.shown().veiled) return "Choose an answer first to see what the model says.";
  if (!own && lab.busy()) return "waiting for the model…";
  if (!own && !run) return "Press Train first.";
  if (run?.recorded && (gone || !run.keeps)) return RECORDED;
  if (isNoDigit(lab, text)) return `There's no such digit. Type a whole number from 1 to ${DIGIT_COUNT}, then moves.`;
  if (gone) return "Its model is gone: the lab keeps only those of the latest 8 runs and of pinned runs.";
  return "waiting for the model…";
}

/** Validation messages to try in turn: the surest of each class that is taken for what it is, the positive one first,
 * and the surest that is not. @param {Pick<Shown, "messages"|"judged"|"labels">} shown @returns {string[]} */
export function examplesOf({ messages, judged: { truths, guesses, shares }, labels }) {
  const sure = (/** @type {number} */ i) => (labels.length === 2 && guesses[i] === 0 ? 1 - shares[i] : shares[i]);
  const surest = (/** @type {(truth: number, guess: number) => boolean} */ fits) =>
    [...truths.keys()].filter((i) => messages[i] && fits(truths[i], guesses[i])).sort((a, b) => sure(b) - sure(a))[0];
  const right = labels.map((_, name) => surest((truth, guess) => truth === name && guess === name)).reverse();
  const all = [...right, surest((truth, guess) => truth !== guess)];
  return all.filter((i) => i !== undefined).map((i) => (messages[i][2] ? String(i + 1) : messages[i][0]));
}

/** @param {Judged} tried */
function answerText({ heard, said }) {
  if (!heard || !said) return "";
  const when = heard.epoch ? ` · epoch ${heard.epoch}` : ", before its first epoch";
  return `${said.name} ${said.p.toFixed(3)} → ${said.verdict}${when}`;
}

/** What the run before said of the same text: whether a message changes sides is the point of another regime.
 * @param {Lab} lab @param {Judged[]} all */
function beforeText(lab, [{ run, said }, ...pinned]) {
  const { answer, threshold, against } = lab.shown();
  const before = run && said && !pinned.length ? lab.gaze.before(run) : null;
  const heard = before && answer?.answers.find(({ id }) => id === before.id);
  const then = heard ? verdictOn({ run: before, heard, gone: false }, threshold, against) : null;
  if (!then || !said || before?.line === run?.line) return "";
  const name = before?.recorded ? "the recorded run" : `run ${before?.id}`;
  return `${name[0].toUpperCase()}${name.slice(1)} said ${then.verdict} (${then.p.toFixed(3)}).`;
}

/** A run's answer: its name, a bar and a verdict. @param {Lab} lab */
function makeAnswer(lab) {
  const [called, mark, words] = [h("span"), sample(), h("p", { class: "hs-answer" })];
  const name = h("p", { class: "hs-runname" }, mark.root, called);
  const bar = meter("", 0, 1);
  bar.root.classList.add("hs-meter");
  const root = h("div", { class: "hs-tried" }, name, bar.root, words);
  /** @param {Judged} tried @param {string} text @param {boolean} several */
  const paint = (tried, text, several) => {
    const [{ run, said }, { threshold, against }] = [tried, lab.shown()];
    const labels = run?.label_names ?? lab.shown().labels;
    const p = said?.p ?? 0;
    const limit = labels.length === 2 || against !== null ? threshold : null;
    name.hidden = !run || !text.trim();
    say(called, tried.name);
    mark.paint(several ? tried.who : null);
    bar.paint({ part: p, value: p.toFixed(3), text: said ? p.toFixed(3) : "no answer yet", limit });
    put(bar.root, { "aria-label": `${said?.name ?? shareName(labels)}${several && run ? `, ${tried.name}` : ""}` });
    put(bar.fill, { "data-side": said?.positive ? "positive" : "negative" });
    say(words, answerText(tried) || waitingText(lab, tried, text));
  };
  return { root, paint };
}

/** The answers below each other, made as they are needed. @param {Lab} lab */
function answersPart(lab) {
  const root = h("div", { class: "hs-answers" });
  /** @type {ReturnType<typeof makeAnswer>[]} */
  const made = [];
  /** @param {Judged[]} all @param {string} text */
  const paint = (all, text) => {
    while (made.length < all.length) made.push(makeAnswer(lab));
    if (root.childElementCount !== all.length)
      root.replaceChildren(...made.slice(0, all.length).map((one) => one.root));
    all.forEach((tried, i) => made[i].paint(tried, text, all.length > 1));
  };
  return { root, paint };
}

/** The image that the text names, and buttons that write how it is moved. @param {Lab} lab
 * @param {(word: string) => void} add */
function imagePart(lab, add) {
  const place = h("div", { class: "hs-frame" });
  const buttons = MOVES.map(([word, sign]) => h("button", { type: "button", class: "hs-button", "aria-label": word,
    title: word, onclick: () => add(word) }, sign));
  const root = h("div", { class: "hs-moves" }, place, h("div", { class: "hs-row" }, ...buttons));
  let painted = "";
  /** @param {Judged[]} all @param {boolean} images */
  const paint = (all, images) => {
    root.hidden = !images;
    const picture = all.find(({ heard }) => heard?.picture)?.heard?.picture;
    const now = JSON.stringify(picture ?? null);
    if (now !== painted) place.replaceChildren(...(picture ? [pictureNode(picture, SIDE, "the digit")] : []));
    [painted, place.hidden] = [now, !picture];
    for (const button of buttons) button.disabled = lab.locks("predict");
  };
  return { root, paint };
}

/** @param {Lab} lab */
export function tryPanel(lab) {
  let timer = 0;
  const type = (/** @type {string} */ text) => {
    clearTimeout(timer);
    timer = setTimeout(() => lab.try(text), PAUSE);
    lab.mark("try");
  };
  const field = textInput({ id: lab.id("try"), longest: 500, hint: EXAMPLE }, type);
  const [answers, words] = [answersPart(lab), wordsPart(() => lab.mark("try"))];
  const seen = h("p", { class: "hs-hint", hidden: true }, INVENTED);
  const title = h("label", { class: "hs-title", for: field.input.id }, "Try a message");
  let turn = 0;
  const next = () => {
    const examples = examplesOf(lab.shown());
    field.paint(examples[turn++ % examples.length]);
    lab.try(field.input.value);
    lab.mark("try");
  };
  const example = h("button", { type: "button", class: "hs-link hs-example", onclick: next,
    title: "a validation message: one of each class, then one that the model gets wrong" }, "Example");
  const head = h("div", { class: "hs-head" }, title, example);
  const image = imagePart(lab, (word) => {
    field.paint(`${field.input.value.trim() || "1"} ${word}`);
    lab.try(field.input.value);
    lab.mark("try");
  });
  const before = h("p", { class: "hs-then" });
  const parts = [head, field.input, image.root, answers.root, before, seen, words.root];
  const root = panel("try", "A message of your own", ...parts);
  root.dataset.control = "predict";
  /** @type {Answer|null} */
  let last = null;
  // A text asked for from Python stands here too, unless somebody is typing.
  const take = (/** @type {Answer|null} */ answer) => {
    if (answer && answer.text !== last?.text && answer.text !== field.input.value &&
      document.activeElement !== field.input) {
      field.paint(answer.text);
      lab.wishes.adopt(answer);
      lab.mark("machine"); // which may have been painted before this text stood here
    }
    last = answer;
  };
  const paint = () => {
    root.hidden = !lab.shows("predict");
    field.input.disabled = example.disabled = lab.locks("predict");
    example.hidden = !examplesOf(lab.shown()).length;
    const shown = lab.shown();
    take(shown.answer);
    const text = field.input.value;
    const all = triedOf(shown, text).map((tried) => ({ ...tried, name: tried.run ? shown.names[tried.run.id] : "",
      who: tried.run ? shown.whos[tried.run.id] ?? null : null,
      said: verdictOn(tried, shown.threshold, shown.against) }));
    const images = lab.get("data") === DIGITS;
    say(title, images ? "Try a digit" : "Try a message");
    put(field.input, { placeholder: images ? "12 right turn" : EXAMPLE });
    image.paint(all, images);
    answers.paint(all, text);
    say(before, beforeText(lab, all));
    const later = laterText(shown, all);
    const invented = all.some(({ run, said }) => said && run && settingsOf(run).data === "fixture");
    say(seen, invented || !later ? `${INVENTED}${later}` : later.trim());
    seen.hidden = !invented && !later;
    words.paint(shown.answer?.text ?? "", all, shown.threshold);
  };
  return { root, paint, stop: () => clearTimeout(timer) };
}
