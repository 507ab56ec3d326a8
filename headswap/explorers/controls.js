/**
 * The controls of an explorer, as Python lists them.
 *
 * @typedef {string|number|boolean} Value
 * @typedef {{kind: "text", name: string, label: string, value: string}} TextControl
 * @typedef {{kind: "slider", name: string, label: string, value: number, low: number, high: number, step: number,
 *   unit: string}} SliderControl
 * @typedef {{kind: "choice", name: string, label: string, value: string, options: string[]}} ChoiceControl
 * @typedef {{kind: "switch", name: string, label: string, value: boolean}} SwitchControl
 * @typedef {{kind: "hidden", name: string, label: string, value: string}} HiddenControl
 * @typedef {{kind: "stops", name: string, label: string, value: number, options: number[]}} StopsControl
 * @typedef {TextControl|SliderControl|StopsControl|ChoiceControl|SwitchControl|HiddenControl} Control one of
 *   widget.py's
 * @typedef {{root: HTMLElement, paint: (value: Value) => void}} Asked
 *
 * @import {Explorer} from "./explorer.js"
 */

import { choiceInput, sliderInput, switchInput, textInput } from "../web/controls.js";
import { h, put } from "../web/elements.js";
import { stepText } from "../web/text.js";

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
  const { input, shown, paint } = sliderInput({ id: explorer.id(name), low: 0, high: options.length - 1, step: 1 },
    (place) => String(options[place]), (place) => explorer.set(name, options[place]));
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

/** @param {Explorer} explorer @param {Control} control @returns {Asked|null} null for one that is not shown */
function asked(explorer, control) {
  switch (control.kind) {
    case "text": return textControl(explorer, control);
    case "slider": return sliderControl(explorer, control);
    case "stops": return stopsControl(explorer, control);
    case "choice": return choiceControl(explorer, control);
    case "switch": return switchControl(explorer, control);
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
