/**
 * A transformer as a machine: bytes at the bottom, a head on top that can be ripped off and another one glued on. What
 * learns and what is frozen is said in words, by a fill or a hatch, and by a switch on each layer.
 *
 * @typedef {{toggle?: ((key: string) => void)|null, rate?: ((key: string, multiple: number) => void)|null,
 *   swap?: (() => void)|null, text?: ((text: string) => void)|null, look?: ((position: number) => void)|null,
 *   zoom?: ((key: string) => void)|null, head?: ((index: number) => void)|null}} MachineOn what is missing is not
 *   offered
 * @typedef {ReturnType<typeof layerBox>} Box
 *
 * @import {Place} from "./frame.js"
 * @import {Asks} from "./machine_layer.js"
 * @import {MachineSpec} from "./machine_words.js"
 */

import { copyText } from "../clipboard.js";
import { textInput } from "../controls.js";
import { arrange, freshId, h, put, s, say, tableFold } from "../elements.js";
import { frame } from "./frame.js";
import { resultList, tokenRow } from "./machine_flow.js";
import { HEAD_WIDTH, fewRows, gluePath, slab, toScale, travelled } from "./machine_head.js";
import { layerBox } from "./machine_layer.js";
import { COLUMNS, isBlock, isHead, machineRows, onceRuns, toggledRates } from "./machine_words.js";
import { zoomPart } from "./machine_zoom.js";

// What is left and right of a strip that the glue's line does not have: the spine, and a layer's own padding.
const BESIDE = 64;
const NAMES = "from headswap import *"; // all that a regime's code needs

const bracketNode = () => h("div", { class: "hs-m-once" }, h("span", {}, "computed once"));

/** A block beside the spine: it reads the stream, and adds to it. */
const joint = () => h("div", { class: "hs-m-joint", "aria-hidden": "true" }, h("span", { class: "hs-m-plus" }, "+"),
  h("span", { class: "hs-m-read" }));

/** The layers below the head, at the left the spine and the brackets. @param {(key: string) => Box} make */
function bodyPart(make) {
  const root = h("div", { class: "hs-m-body", role: "group", "aria-label": "The body, from top to bottom" });
  /** @type {Map<string, {box: Box, joint: HTMLElement}>} */
  const kept = new Map();
  /** @type {HTMLElement[]} */
  const brackets = [];
  const stream = h("span", { class: "hs-m-stream", "aria-hidden": "true" }, "residual stream");
  const of = (/** @type {string} */ key) => {
    const one = kept.get(key) ?? { box: make(key), joint: joint() };
    kept.set(key, one);
    return one;
  };
  /** @param {MachineSpec} spec @param {number} room */
  const paint = (spec, room) => {
    // Under the language model's head there is no pool, and nothing that is kept for it.
    const pools = spec.swapped || !spec.old;
    const layers = spec.layers.filter((layer) => !isHead(layer) && (pools || layer.key !== "pool")).reverse();
    const runs = pools ? onceRuns(layers) : [];
    while (brackets.length < runs.length) brackets.push(bracketNode());
    runs.forEach(([from, to], i) => put(brackets[i], { style: `grid-row: ${from + 1} / ${to + 2}` }));
    const nodes = layers.flatMap((layer, i) => {
      const { box, joint: beside } = of(layer.key);
      box.paint(layer, { spec, room });
      for (const node of [box.root, beside]) node.style.setProperty("grid-row", String(i + 1));
      return [beside, box.root];
    });
    stream.hidden = !layers.some(isBlock);
    stream.style.setProperty("grid-row", String(layers.length));
    arrange(root, [...brackets.slice(0, runs.length), ...nodes, stream]);
  };
  const focus = (/** @type {string} */ key) => kept.get(key)?.box.inside.focus({ preventScroll: true });
  return { root, paint, focus };
}

/** The code of what is set, to take along. */
function codePart() {
  const pre = h("pre", { class: "hs-m-code", tabindex: 0, "aria-label": "the same as Python" });
  const copy = h("button", { type: "button", class: "hs-m-button",
    onclick: () => copyText(pre.textContent ?? "").then(() => say(copy, "Copied")) }, "Copy");
  const root = h("details", { class: "hs-fold" }, h("summary", {}, "as Python"),
    h("div", { class: "hs-m-python" }, pre, copy));
  const paint = (/** @type {string} */ code) => {
    root.hidden = !code;
    const whole = `${NAMES}\n\n${code}`;
    if (pre.textContent !== whole) say(copy, "Copy");
    say(pre, whole);
  };
  return { root, paint };
}

/** A line to type a message into, where it may be changed. @param {((text: string) => void)|null} type */
function messagePart(type) {
  const { input, paint } = textInput({ id: freshId(), longest: 1000 }, (text) => type?.(text));
  put(input, { "aria-label": "Your message", spellcheck: "false" });
  return { root: input, paint: (/** @type {MachineSpec} */ { flow }) => {
    input.hidden = !type || !flow || Boolean(flow.picture);
    paint(flow?.text ?? "");
  } };
}

/** What may be asked, with a sentence instead where nothing would learn any more.
 * @param {MachineOn} on @param {() => MachineSpec|null} spec
 * @param {(sentence: string, repaint: boolean) => void} tell */
function guardedAsks(on, spec, tell) {
  /** @param {string} key @param {number|undefined} rate @param {() => void} go */
  const ask = (key, rate, go) => {
    const layers = spec()?.layers ?? [];
    if (toggledRates(layers, key, rate)) {
      tell("", false);
      return go();
    }
    const name = layers.find((layer) => layer.key === key)?.name;
    return tell(`${name} is the last part that learns. Let another one learn before you freeze it.`, true);
  };
  const { toggle, rate, zoom } = on;
  /** @type {Asks} */
  const asks = {
    toggle: toggle ? (key) => ask(key, undefined, () => toggle(key)) : null,
    rate: rate ? (key, multiple) => ask(key, multiple, () => rate(key, multiple)) : null,
    zoom: zoom ? (key) => zoom(spec()?.flow?.zoom === key ? "" : key) : null,
  };
  return asks;
}

/** @param {MachineSpec} spec */
function swapWords({ old, swapped }) {
  const name = old?.name.toLowerCase() ?? "old head";
  return swapped ? `Put the ${name} back` : `Rip off the ${name}, glue on a new head`;
}

/** All that stands in a machine.
 * @param {MachineOn} on @param {() => MachineSpec|null} spec @param {() => void} again */
function partsOf(on, spec, again) {
  const told = h("p", { class: "hs-m-told", role: "status" });
  const asks = guardedAsks(on, spec, (sentence, repaint) => {
    say(told, sentence);
    if (repaint) again();
  });
  const few = fewRows();
  const body = bodyPart((key) => layerBox(key, asks));
  return { told, few, old: slab(), head: layerBox("head", asks, few.root), scale: toScale(), result: resultList(),
    swap: h("button", { type: "button", class: "hs-m-button hs-m-swap", onclick: () => on.swap?.() }),
    body, message: messagePart(on.text ?? null),
    tokens: tokenRow(on.look ?? null), zoom: zoomPart(on.zoom ?? null, on.head ?? null, body.focus),
    summary: h("p", { class: "hs-m-summary" }), code: codePart() };
}

/** @param {ReturnType<typeof partsOf>} parts */
function stageOf({ old, head, scale, result, body, message, tokens }) {
  const svg = s("svg", { class: "hs-m-glue", "aria-hidden": "true" });
  const path = s("path");
  svg.append(path);
  const bottom = h("div", { class: "hs-m-bottom" }, message.root, tokens.root);
  const stage = h("div", { class: "hs-m-stage" }, result.root, old.root, head.root, svg, body.root, bottom, scale.root);
  const glue = (/** @type {number} */ width) => put(path, { d: gluePath(Math.min(width, HEAD_WIDTH)) });
  stage.style.setProperty("--hs-head", `${HEAD_WIDTH}px`);
  return { svg, stage, glue, travellers: [old.root, head.root, body.root, bottom] };
}

/** @param {ReturnType<typeof partsOf>} parts @param {MachineSpec} spec @param {number} room
 * @param {boolean} swappable */
function paintParts(parts, spec, room, swappable) {
  const head = spec.layers.find(isHead);
  parts.head.root.hidden = !head;
  if (head) parts.head.paint(head, { spec, room, waiting: !spec.swapped && spec.old !== null });
  parts.few.paint(spec.labels);
  for (const part of [parts.old, parts.scale, parts.result, parts.message]) part.paint(spec);
  parts.body.paint(spec, room);
  parts.tokens.paint(spec);
  parts.zoom.paint(spec, room);
  parts.code.paint(spec.swapped ? spec.code : "");
  say(parts.summary, spec.summary);
  parts.swap.hidden = !spec.old || !swappable;
  say(parts.swap, swapWords(spec));
}

/** @param {Place} place @param {MachineOn} on */
export function machine(place, on) {
  /** @type {MachineSpec|null} */
  let shown = null;
  let width = 0;
  const again = () => {
    if (shown) paintParts(parts, shown, width - BESIDE, Boolean(on.swap));
    glue(width);
  };
  const parts = partsOf(on, () => shown, again);
  const { svg, stage, glue, travellers } = stageOf(parts);
  const fill = () => { if (shown) { const spec = shown; paintTable(COLUMNS, () => machineRows(spec)); } };
  const { fold, paint: paintTable } = tableFold(fill);
  const below = [parts.zoom.root, parts.summary, parts.code.root, fold];
  const whole = h("div", { class: place.compact ? "hs-m hs-m-compact" : "hs-m" },
    h("div", { class: "hs-m-tools" }, parts.swap, parts.told), stage, ...below);
  const { root, keys, entitle } = frame(place, whole);
  const ramp = h("span", { class: "hs-key", "aria-hidden": "true" }, "−", h("span", { class: "hs-m-ramp" }), "+");
  keys.append(ramp);
  const resized = () => {
    const was = width;
    width = svg.clientWidth;
    return was !== width;
  };
  const paint = (/** @type {MachineSpec} */ spec) => {
    const turned = shown !== null && shown.swapped !== spec.swapped && spec.old !== null;
    shown = spec;
    entitle(spec);
    ramp.hidden = !spec.flow;
    if (!width) resized();
    const change = () => {
      put(stage, { "data-swapped": spec.swapped, "data-shelf": spec.old !== null });
      again();
    };
    if (turned) travelled([...travellers, ...below], change);
    else change();
    fill();
  };
  return { root, svg, paint, resized };
}
