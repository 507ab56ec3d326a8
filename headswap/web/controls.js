/**
 * Controls that lab and explorers share: an input, and how to paint its value. Each puts it into a row of its own kind.
 *
 * @typedef {{id: string, low: number, high: number, step: number}} Bounds
 *
 * @import {Option} from "./elements.js"
 */

import { fillSelect, h, put, say } from "./elements.js";

/** One of a few texts. @param {string} id @param {(value: string) => void} set */
export function choiceInput(id, set) {
  const input = h("select", { id, onchange: () => set(input.value) });
  /** @param {Option[]} options @param {string} value */
  const paint = (options, value) => fillSelect(input, options, value);
  return { input, paint };
}

/** A number to type: Enter or leaving commits it, Escape takes it back, and nothing else touches what is being typed.
 * @param {Bounds} bounds @param {(text: string) => number} set gives the number that it then is */
export function numberInput({ id, low, high, step }, set) {
  let [typing, known] = [false, ""];
  const commit = () => {
    if (typing) known = input.value = String(set(input.value));
    typing = false;
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter") commit();
    if (event.key !== "Escape") return;
    typing = false;
    input.value = known;
  };
  const input = h("input", { id, type: "number", min: low, max: high, step, oninput: () => { typing = true; },
    onblur: commit, onkeydown: key });
  const paint = (/** @type {number} */ value) => {
    known = String(value);
    if (!typing && input.value !== known) input.value = known;
  };
  return { input, paint };
}

/** On or off. @param {string} id @param {(value: boolean) => void} set */
export function switchInput(id, set) {
  const input = h("input", { id, type: "checkbox", onchange: () => set(input.checked) });
  const paint = (/** @type {boolean} */ value) => { input.checked = value; };
  return { input, paint };
}

/** A number to slide, and beside it the number as text.
 * @param {Bounds} bounds @param {(value: number) => string} text
 * @param {(value: number) => void} slide while it moves @param {(value: number) => void} [set] when it rests */
export function sliderInput({ id, low, high, step }, text, slide, set) {
  const now = () => Number(input.value);
  const input = h("input", { id, type: "range", min: low, max: high, step, oninput: () => slide(now()),
    onchange: set && (() => set(now())) });
  const shown = h("span", { class: "hs-value", "aria-hidden": "true" });
  const paint = (/** @type {number} */ value) => {
    if (now() !== value) input.value = String(value);
    put(input, { "aria-valuetext": text(value) });
    say(shown, text(value));
  };
  return { input, shown, paint };
}

/** A line to type into. @param {{id: string, longest: number, hint?: string}} about
 * @param {(text: string) => void} type at each key @param {(text: string) => void} [set] when it is done */
export function textInput({ id, longest, hint }, type, set) {
  const input = h("input", { id, type: "text", maxlength: longest, autocomplete: "off",
    placeholder: hint, oninput: () => type(input.value), onchange: set && (() => set(input.value)) });
  const paint = (/** @type {string} */ value) => { if (input.value !== value) input.value = value; };
  return { input, paint };
}
