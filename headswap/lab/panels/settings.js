/**
 * The settings: a control for each, in rows.
 *
 * @typedef {{name: string, row: HTMLElement, inputs: (HTMLInputElement|HTMLSelectElement)[], paint: () => void}}
 *   Control
 *
 * @import {Lab} from "../lab.js"
 * @import {Choices, Settings, Whole} from "../settings.js"
 * @import {Option} from "../../web/elements.js"
 */

import { choiceInput, numberInput, sliderInput, switchInput, textInput } from "../../web/controls.js";
import { h, put, say } from "../../web/elements.js";
import { countText, rateText } from "../../web/text.js";
import { sendFile } from "../drops.js";
import { fold } from "../folds.js";
import { DEFAULTS, DIGITS, LENGTHS, LIMITS, MESSAGES, OF_TEXTS, PRACTICE, clampSetting, itemOf, positionOf, rateAt,
} from "../settings.js";

/** @typedef {"regime"|"pool"|"head"|"schedule"|"encoding"} Texts the settings that are chosen */
/** @typedef {"text_column"|"label_column"|"positive"} Typed the settings that are typed */

/** @param {string} name @param {string|Node} label @param {HTMLElement} input @param {...Node} more */
const controlRow = (name, label, input, ...more) =>
  h("div", { class: "hs-row", "data-control": name }, h("label", { for: input.id }, label), input, ...more);

/** @param {Lab} lab @param {Texts} name @param {string} label @param {() => Option[]} options
 * @returns {Control} */
function choice(lab, name, label, options) {
  const { input, paint } = choiceInput(lab.id(name), (value) => lab.set(name, value));
  return { name, row: controlRow(name, label, input), inputs: [input],
    paint: () => paint(options(), lab.get(name) ?? "") };
}

/** The messages; with them comes the length that they need, and goes again. @param {Lab} lab @returns {Control} */
function dataChoice(lab) {
  const take = (/** @type {string} */ name) => {
    const [now, left, next] = [lab.get("max_len") ?? 0, LENGTHS[lab.get("data") ?? ""], LENGTHS[name] ?? 0];
    const length = now < next ? next : now === left && !next ? DEFAULTS.max_len : now;
    if (length !== now && !lab.locks("max_len")) lab.set("max_len", length);
    lab.set("data", name);
  };
  const { input, paint } = choiceInput(lab.id("data"), take);
  const names = () => [...PRACTICE, ...(lab.get("files") ?? [])];
  return { name: "data", row: controlRow("data", "Data", input), inputs: [input],
    paint: () => paint(names().map((name) => [name, name]), lab.get("data") ?? "") };
}

/** @param {Lab} lab @returns {Control} */
function messagesChoice(lab) {
  const { input, paint } = choiceInput(lab.id("messages"), (value) => lab.set("messages", Number(value)));
  const options = MESSAGES.map((many) => /** @type {[string, string]} */ ([String(many), countText(many)]));
  const label = h("span");
  const row = controlRow("messages", label, input);
  return { name: "messages", row, inputs: [input], paint: () => {
    say(label, `Training ${itemOf(lab.get("data"))}s`);
    paint(options, String(lab.get("messages")));
  } };
}

/** @param {Lab} lab @param {Whole} name @param {string} label @param {string} [unit] @returns {Control} */
function whole(lab, name, label, unit) {
  const [low, high] = LIMITS[name];
  const { input, paint } = numberInput({ id: lab.id(name), low, high, step: 1 }, (text) => {
    const value = clampSetting(name, text);
    if (value !== undefined) lab.set(name, value);
    if (value !== Number(text))
      lab.tell(`${label} must be a whole number from ${low} to ${countText(high)}; it's ${lab.get(name)} now.`);
    return lab.get(name);
  });
  const row = controlRow(name, label, input, ...(unit ? [h("span", { class: "hs-unit" }, unit)] : []));
  return { name, row, inputs: [input], paint: () => paint(lab.get(name)) };
}

/** @param {Lab} lab @param {Typed} name @param {string} label @returns {Control} */
function typed(lab, name, label) {
  const set = (/** @type {string} */ text) => lab.set(name, text.trim());
  const { input, paint } = textInput({ id: lab.id(name), longest: 200, hint: "guessed" }, () => {}, set);
  const focused = () => document.activeElement === input;
  return { name, row: controlRow(name, label, input), inputs: [input],
    paint: () => { if (!focused()) paint(lab.get(name) ?? ""); } };
}

/** @param {Lab} lab @returns {Control} */
function causalSwitch(lab) {
  const { input, paint } = switchInput(lab.id("causal"), (value) => lab.set("causal", value));
  return { name: "causal", row: controlRow("causal", "Causal mask", input), inputs: [input],
    paint: () => paint(Boolean(lab.get("causal"))) };
}

/** The learning rate: a log slider, or the rate that the regime was tuned to. @param {Lab} lab @returns {Control} */
function rateControl(lab) {
  const bounds = { id: lab.id("learning_rate"), low: -5, high: 0, step: 0.05 };
  const slider = sliderInput(bounds, (position) => rateText(rateAt(position)),
    (position) => lab.set("learning_rate", rateAt(position), true),
    (position) => lab.set("learning_rate", rateAt(position)));
  const tuned = switchInput(lab.id("tuned"), (is) =>
    lab.set("learning_rate", is ? null : clampSetting("learning_rate", lab.tunedRate()) ?? null));
  const row = h("div", { class: "hs-row hs-rate", "data-control": "learning_rate" },
    h("label", { for: slider.input.id }, "Learning rate"), slider.shown,
    h("label", { class: "hs-check", for: tuned.input.id }, tuned.input, "tuned"), slider.input);
  const paint = () => {
    const rate = lab.get("learning_rate") ?? null;
    const now = rate ?? lab.tunedRate();
    tuned.paint(rate === null);
    if (rateAt(Number(slider.input.value)) !== now) slider.paint(Math.round(positionOf(now) * 20) / 20);
    say(slider.shown, rateText(now));
    put(slider.input, { "aria-valuetext": `${rateText(now)}${rate === null ? ", tuned" : ""}` });
    slider.input.disabled = tuned.input.disabled; // whoever drags it wants a rate of their own
  };
  return { name: "learning_rate", row, inputs: [tuned.input], paint };
}

/** A file of one's own, chosen or dropped. @param {Lab} lab @returns {Control} */
function fileControl(lab) {
  const take = () => {
    if (input.files?.[0]) sendFile(lab, input.files[0]);
    input.value = "";
  };
  const input = h("input", { id: lab.id("file"), type: "file", class: "hs-hidden", onchange: take,
    accept: ".csv,.tsv,.txt,.jsonl,text/*" });
  const row = h("div", { class: "hs-row hs-file", "data-control": "file" }, input,
    h("label", { for: input.id, class: "hs-button" }, "Choose a file"),
    h("span", { class: "hs-unit" }, "or drop it here"));
  return { name: "file", row, inputs: [input], paint: () => {} };
}

/** A control with a line below that explains what is chosen. @param {Lab} lab @param {Control} control
 * @param {"regimes"|"pools"} key */
function explained(lab, control, key) {
  const hint = h("p", { class: "hs-hint", id: lab.id(`${control.name}-says`) });
  control.row.append(hint);
  put(control.inputs[0], { "aria-describedby": hint.id });
  const paint = () => {
    control.paint();
    const chosen = lab.get(/** @type {keyof Settings} */ (control.name));
    if (key === "regimes" && lab.byHand()) return say(hint, "Only the parts that you let learn will learn.");
    const summary = (lab.get("choices")?.[key] ?? []).find(({ name }) => name === chosen)?.summary ?? "";
    return say(hint, summary.replace("per message", `per ${itemOf(lab.get("data"))}`));
  };
  return { ...control, paint };
}

const BY_HAND = "built by hand";

/** A named regime, or the one that was built by hand; another name drops what was built. @param {Lab} lab
 * @param {() => Option[]} options @returns {Control} */
function regimeChoice(lab, options) {
  const { input, paint } = choiceInput(lab.id("regime"), (value) => {
    if (value === BY_HAND) return;
    lab.set("rates", {});
    lab.set("regime", value);
  });
  return { name: "regime", row: controlRow("regime", "Regime", input), inputs: [input],
    paint: () => paint(options(), lab.byHand() ? BY_HAND : lab.get("regime") ?? "") };
}

/** What a select offers. @param {Lab} lab */
function offers(lab) {
  const pair = (/** @type {string} */ name) => /** @type {[string, string]} */ ([name, name]);
  const all = () => /** @type {Partial<Choices>} */ (lab.get("choices") ?? {});
  return {
    named: (/** @type {"regimes"|"pools"} */ key) => () => (all()[key] ?? []).map(({ name, group }) =>
      /** @type {Option} */ ([name, name, group])),
    plain: (/** @type {"heads"|"schedules"} */ key) => () =>
      [/** @type {[string, string]} */ (["", "the regime's"]), ...(all()[key] ?? []).filter(Boolean).map(pair)],
  };
}

const FEW = 10; // controls that a teacher has chosen by name
/** @type {[string, string][]} */
const ENCODINGS = [["", "UTF-8"], ["cp1252", "Windows (cp1252)"], ["latin-1", "latin-1"]];

/** Those in sight, those in the fold, and how a file is read. @param {Lab} lab @returns {Record<string, Control[]>} */
function controlsOf(lab) {
  const { named, plain } = offers(lab);
  const main = [
    explained(lab, regimeChoice(lab, named("regimes")), "regimes"),
    explained(lab, choice(lab, "pool", "Pooling", named("pools")), "pools"),
    whole(lab, "epochs", "Epochs"),
  ];
  const more = [
    rateControl(lab),
    messagesChoice(lab),
    whole(lab, "max_len", "Maximum length", "bytes"),
    whole(lab, "seed", "Seed"),
    dataChoice(lab),
    fileControl(lab),
    choice(lab, "head", "Head", plain("heads")),
    whole(lab, "batch_size", "Batch size"),
    choice(lab, "schedule", "Schedule", plain("schedules")),
    causalSwitch(lab),
  ];
  const file = [
    choice(lab, "encoding", "Encoding", () => ENCODINGS),
    typed(lab, "text_column", "Text column"),
    typed(lab, "label_column", "Label column"),
    typed(lab, "positive", "Positive class"),
  ];
  return { main, more, file };
}

/** A file of one's own is chosen, or one was refused and a field may help. @param {Lab} lab */
const readsFile = (lab) => !PRACTICE.includes(lab.get("data") ?? "") || lab.answers.needsField;

/** How a file is read: there while one is chosen, and open where a field may help. @param {Lab} lab
 * @param {Control[]} controls */
function readingFold(lab, controls) {
  const rows = controls.map(({ row }) => row);
  const root = h("details", { class: "hs-fold hs-advanced" }, h("summary", {}, "How to read the file"), ...rows);
  let asked = false;
  const paint = () => {
    root.hidden = !readsFile(lab) || rows.every((row) => row.hidden);
    if (lab.answers.needsField && !asked) root.open = true;
    asked = lab.answers.needsField;
  };
  return { root, paint };
}

/** A lab with few controls shows them all. @param {Lab} lab @param {Control[]} controls */
const isChoice = (lab, controls) => (lab.get("controls") ?? []).length < FEW && controls.some(({ row }) => !row.hidden);

/** @param {Lab} lab */
export function settingsPanel(lab) {
  const { main, more, file } = controlsOf(lab);
  const rows = h("div", { class: "hs-advanced" }, ...more.map(({ row }) => row));
  const [folded, reading] = [fold(lab, "more", "More", rows), readingFold(lab, file)];
  const root = h("fieldset", { class: "hs-settings" }, h("legend", {}, "Settings"),
    ...main.map(({ row }) => row), reading.root, folded.root);
  const paint = () => {
    const images = lab.get("data") === DIGITS;
    for (const control of [...main, ...more, ...file]) {
      control.row.hidden = !lab.shows(control.name) || (images && OF_TEXTS.includes(control.name));
      for (const input of control.inputs) input.disabled = lab.locks(control.name);
      control.paint();
    }
    reading.paint();
    rows.hidden = more.every(({ row }) => row.hidden);
    folded.paint();
    if (isChoice(lab, more)) folded.root.open = true;
    root.hidden = folded.root.hidden && main.every(({ row }) => row.hidden);
  };
  return { root, paint };
}
