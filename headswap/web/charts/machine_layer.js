/**
 * One layer of the machine: a box that says what it is, and that can be told to learn or to stay as it is.
 *
 * @typedef {{toggle: ((key: string) => void)|null, rate: ((key: string, multiple: number) => void)|null,
 *   zoom: ((key: string) => void)|null}} Asks
 * @typedef {{spec: MachineSpec, room: number, waiting?: boolean}} Around what else a layer must know: the pixels that
 *   its strips have, and whether it is a head that is not in use
 *
 * @import {Layer, MachineSpec} from "./machine_words.js"
 */

import { choiceInput } from "../controls.js";
import { freshId, h, put, say } from "../elements.js";
import { layerFlow } from "./machine_flow.js";
import { insertedWords, isBlock, layerLabel, learningShare, movedPart, movedWords, originWords, rateWords, stateOf,
  stateWords, weightWords } from "./machine_words.js";

const MOVED = "how far its weights have moved since the start; the bar is full when they've moved by their own size";

const tag = () => h("span", { class: "hs-m-tag", hidden: true });

/** @param {HTMLElement} node @param {string} text */
function sayOrHide(node, text) {
  say(node, text);
  node.hidden = !text;
}

/** How far the weights have moved: a thin bar and the number. */
function movedFoot() {
  const bar = h("span", { class: "hs-m-bar" });
  const words = h("span");
  const root = h("span", { class: "hs-m-moved", hidden: true, title: MOVED }, h("span", { class: "hs-m-way" }, bar),
    words);
  const paint = (/** @type {Layer} */ { moved }) => {
    root.hidden = moved === null;
    bar.hidden = !moved;
    put(bar, { style: `width: ${(100 * movedPart(moved)).toFixed(1)}%` });
    say(words, movedWords(moved));
  };
  return { root, paint };
}

/** The words of a layer. @param {...Node} more what else stands in it */
function plateOf(...more) {
  const [name, weights, detail] = ["name", "weights", "detail"].map((look) => h("span", { class: `hs-m-${look}` }));
  const state = h("span", { class: "hs-m-state" });
  const origin = tag();
  const moved = movedFoot();
  const inserted = h("span", { class: "hs-m-inserts", hidden: true });
  const line = h("span", { class: "hs-m-line" }, h("span", { class: "hs-m-called" }, name, origin), weights);
  const root = h("div", { class: "hs-m-plate" }, line, state, detail, inserted, ...more, moved.root);
  /** @param {Layer} layer @param {Around} around */
  const paint = (layer, { waiting }) => {
    say(name, layer.name);
    say(weights, weightWords(layer));
    say(detail, layer.detail);
    say(state, waiting ? "waiting" : stateWords(layer));
    sayOrHide(origin, originWords(layer));
    const parts = insertedWords(layer);
    inserted.hidden = !parts.length;
    if (inserted.textContent !== parts.join("")) inserted.replaceChildren(...parts.map((text) => h("span", {}, text)));
    moved.paint(layer);
  };
  return { root, paint };
}

/** A plate that is a switch where its layer can learn. @param {HTMLElement} root @param {() => void} toggle */
function switchable(root, toggle) {
  let able = false;
  put(root, { onclick: () => { if (able) toggle(); },
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (!able || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      toggle();
    } });
  return (/** @type {boolean} */ is, /** @type {boolean} */ on) => {
    able = is;
    put(root, is ? { role: "switch", tabindex: 0, "aria-checked": String(on) }
      : { role: "group", tabindex: null, "aria-checked": null });
  };
}

/** The faster it learns, the stronger its fill, as far as words stay readable on it. @param {Layer} layer */
const tintOf = ({ rate }) => `${Math.round(8 + 11 * Math.min(1.7, Math.sqrt(rate ?? 1)))}%`;

/** @param {string} key @param {Asks} asks @param {...Node} more what else stands in its box */
export function layerBox(key, asks, ...more) {
  const plate = plateOf(...more);
  const knob = h("span", { class: "hs-m-knob", "aria-hidden": "true" });
  const set = (/** @type {string} */ value) => asks.rate?.(key, Number(value));
  const { input, paint: paintRate } = choiceInput(freshId(), set);
  put(input, { class: "hs-m-rate" });
  const flow = layerFlow(key, asks.zoom);
  const root = h("div", { class: "hs-m-layer", "data-key": key }, flow.above, plate.root, knob, input, flow.below);
  const paintSwitch = switchable(plate.root, () => asks.toggle?.(key));
  /** @param {Layer} layer @param {Around} around */
  const paint = (layer, around) => {
    const state = stateOf(layer);
    const able = state !== "none" && !around.waiting;
    put(root, { "data-state": around.waiting ? "waiting" : state, "data-origin": originWords(layer) || null,
      "data-adds": isBlock(layer) });
    root.style.setProperty("--hs-tint", tintOf(layer));
    root.style.setProperty("--hs-learns", `${learningShare(layer).toFixed(1)}%`);
    plate.paint(layer, around);
    paintSwitch(able && asks.toggle !== null, state === "learns" || state === "part");
    put(plate.root, { "aria-label": around.waiting ? `${layer.name}: waiting, not in use` : layerLabel(layer) });
    input.hidden = !able || !asks.rate;
    knob.hidden = !able || !asks.toggle;
    put(root, { "data-rated": !input.hidden });
    put(input, { "aria-label": `${layer.name}: how fast it learns` });
    const now = state === "frozen" ? 0 : layer.rate ?? 1;
    // What is written alike is there once: ×0.38.
    const others = around.spec.choices.rates.filter((rate) => rateWords(rate) !== rateWords(now));
    const rates = [...others, now].sort((a, b) => a - b);
    paintRate(rates.map((rate) => [String(rate), rateWords(rate)]), String(now));
    flow.paint(layer, around);
  };
  return { root, paint, inside: flow.inside };
}
