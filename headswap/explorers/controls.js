/**
 * The controls of an explorer, as Python lists them.
 *
 * @typedef {string|number|boolean} Value
 * @typedef {{kind: "text", name: string, label: string, value: string}} TextControl
 * @typedef {{kind: "slider", name: string, label: string, value: number, low: number, high: number, step: number,
 *   unit: string, within?: boolean}} SliderControl `within`: a block draws it
 * @typedef {{kind: "choice", name: string, label: string, value: string, options: string[]}} ChoiceControl
 * @typedef {{kind: "switch", name: string, label: string, value: boolean, within?: boolean}} SwitchControl
 * @typedef {{kind: "hidden", name: string, label: string, value: string}} HiddenControl
 * @typedef {{kind: "stops", name: string, label: string, value: number, options: number[]}} StopsControl
 * @typedef {{kind: "cards", name: string, label: string, value: string, options: string[]}} CardsControl
 *   the first option is none yet
 * @typedef {CardsControl|TextControl|SliderControl|StopsControl|ChoiceControl|SwitchControl|HiddenControl} Control one
 *   of widget.py's
 * @typedef {{root: HTMLElement, paint: (value: Value) => void}} Asked
 *
 * @import {Block} from "./blocks.js"
 * @import {Explorer} from "./explorer.js"
 */

import { choiceInput, sliderInput, switchInput, textInput } from "../web/controls.js";
import { h, put, say } from "../web/elements.js";
import { countText, stepText } from "../web/text.js";

const TYPING = 120;

/** @param {string} kind @param {...Node} children */
const ask = (kind, ...children) => h("div", { class: `hs-ask hs-ask-${kind}` }, ...children);
/** @param {string} label @param {HTMLElement} input */
const labelOf = (label, input) => h("label", { for: input.id }, label);

/** @param {Explorer} explorer @param {TextControl} control @returns {Asked} */
function textControl(explorer, { name, label }) {
  const { input, paint } = textInput({ id: explorer.id(name), longest: 1000 },
    (text) => explorer.set(name, text, TYPING), (text) => explorer.set(name, text));
  put(input, { spellcheck: "false" });
  return { root: ask("text", labelOf(label, input), input), paint: (value) => paint(String(value)) };
}

/** @param {Explorer} explorer @param {SliderControl} control @returns {Asked} */
function sliderControl(explorer, { name, label, low, high, step, unit }) {
  const { input, shown, paint } = sliderInput({ id: explorer.id(name), low, high, step },
    (value) => `${stepText(value, step)}${unit ? ` ${unit}` : ""}`, (value) => explorer.set(name, value));
  return { root: ask("slider", labelOf(label, input), shown, input), paint: (value) => paint(Number(value)) };
}

/** A slider over a few numbers that are not equally far apart. @param {Explorer} explorer @param {StopsControl} control
 * @returns {Asked} */
function stopsControl(explorer, { name, label, options }) {
  const said = (/** @type {number} */ stop) => (Number.isInteger(stop) ? countText(stop) : String(stop));
  const { input, shown, paint } = sliderInput({ id: explorer.id(name), low: 0, high: options.length - 1, step: 1 },
    (place) => said(options[place]), (place) => explorer.set(name, options[place]));
  return { root: ask("slider", labelOf(label, input), shown, input),
    paint: (value) => paint(options.indexOf(Number(value))) };
}

/** @param {Explorer} explorer @param {ChoiceControl} control @returns {Asked} */
function choiceControl(explorer, { name, label, options }) {
  const { input, paint } = choiceInput(explorer.id(name), (value) => explorer.set(name, value));
  return { root: ask("choice", labelOf(label, input), input),
    paint: (value) => paint(options.map((option) => [option, option]), String(value)) };
}

/** @param {Explorer} explorer @param {SwitchControl} control @returns {Asked} */
function switchControl(explorer, { name, label }) {
  const { input, paint } = switchInput(explorer.id(name), (value) => explorer.set(name, value));
  return { root: ask("switch", input, labelOf(label, input)), paint: (value) => paint(Boolean(value)) };
}

/** What a card says below its answer. @param {string} option @param {string} chosen @param {string} truth */
export function cardTag(option, chosen, truth) {
  if (option === chosen && truth) return option === truth ? "✓ your bet, and right" : "✗ your bet";
  if (option === chosen) return "● your bet, locked";
  return option === truth ? "✓ came out" : "";
}

/** What came out, where a block already says so. @param {Block[]} shown */
const truthOf = (shown) => shown.map((block) => (block.kind === "outcome" ? block.truth : "")).find(Boolean) ?? "";

/** Answers as cards to bet on: the first that is pressed is the bet, and the others are locked.
 * @param {Explorer} explorer @param {CardsControl} control @returns {Asked} */
function cardsControl(explorer, { name, label, options: [open, ...answers] }) {
  const bet = (/** @type {string} */ answer) => {
    if (explorer.get("value")[name] === open) explorer.set(name, answer);
  };
  const cards = answers.map((answer) => {
    const tag = h("span", { class: "hs-card-tag" });
    const root = h("button", { type: "button", class: "hs-card", onclick: () => bet(answer) },
      h("span", { class: "hs-stake", "aria-hidden": "true" }), h("span", {}, answer), tag);
    return { answer, tag, root };
  });
  const said = h("p", { id: explorer.id(name) }, label);
  const group = h("div", { class: "hs-cards", role: "group", "aria-labelledby": explorer.id(name) },
    ...cards.map(({ root }) => root));
  const paint = (/** @type {Value} */ value) => {
    const truth = truthOf(explorer.get("shown") ?? []);
    for (const { answer, tag, root } of cards) {
      say(tag, cardTag(answer, String(value), truth));
      put(root, { "aria-pressed": String(answer === value), "aria-disabled": value === open ? null : "true",
        "data-out": answer === truth ? "yes" : null });
    }
  };
  return { root: ask("cards", said, group), paint };
}

/** @param {Explorer} explorer @param {Control} control @returns {Asked|null} null for one that is not shown */
function asked(explorer, control) {
  switch (control.kind) {
    case "text": return textControl(explorer, control);
    case "cards": return cardsControl(explorer, control);
    case "slider": return control.within ? null : sliderControl(explorer, control);
    case "stops": return stopsControl(explorer, control);
    case "choice": return choiceControl(explorer, control);
    case "switch": return control.within ? null : switchControl(explorer, control);
    default: return null;
  }
}

/** @param {Explorer} explorer */
export function controlsPart(explorer) {
  const root = h("div", { class: "hs-asks", role: "group" });
  /** @type {{name: string, asked: Asked}[]} */
  let made = [];
  let built = "";
  const build = (/** @type {Control[]} */ controls) => {
    made = controls.flatMap((control) => {
      const one = asked(explorer, control);
      return one ? [{ name: control.name, asked: one }] : [];
    });
    root.replaceChildren(...made.map((one) => one.asked.root));
    root.hidden = !made.length;
  };
  const paint = () => {
    const controls = explorer.get("controls") ?? [];
    const now = JSON.stringify(controls);
    if (now !== built) build(controls);
    built = now;
    put(root, { "aria-label": `${explorer.get("title")}: controls` });
    for (const { name, asked: one } of made) one.paint(explorer.get("value")[name]);
  };
  return { root, paint };
}
