/**
 * The two heads: the one that is ripped off, a slab of hundreds of rows, and the one that is glued on, a few.
 *
 * @import {MachineSpec} from "./machine_words.js"
 */

import { h, put, say } from "../elements.js";
import { countText, ofThem } from "../text.js";

// One pixel of the slab is one row, as far as a page has room for them.
const TALLEST = 320;
const NAMED = 10;
export const HEAD_WIDTH = 300;
// How far the glue runs down, drop by drop.
const DROPS = [7, 13, 6, 10, 16, 7, 9, 14, 6, 11];
const DROP = 20;

/** The edge where the slab was torn off: teeth of many sizes, the same each time. @param {number} teeth */
function tornEdge(teeth) {
  const points = Array.from({ length: teeth + 1 }, (_, i) => {
    const depth = i % 2 ? 0 : 6 + ((i * 7) % 11);
    return `${((100 * (teeth - i)) / teeth).toFixed(1)}% calc(100% - ${depth}px)`;
  });
  return `polygon(0 0, 100% 0, ${points.join(", ")})`;
}

/** What is squeezed out under the new head. @param {number} width in pixels */
export function gluePath(width) {
  const many = Math.max(1, Math.floor((width - 16) / DROP));
  const drops = Array.from({ length: many }, (_, i) => `q${-DROP / 2} ${2 * DROPS[i % DROPS.length] - 4} ${-DROP} 0`);
  return `M8 0H${8 + many * DROP}v3${drops.join("")}Z`;
}

/** The language model's head. */
export function slab() {
  const rows = h("div", { class: "hs-m-rows", "aria-hidden": "true" });
  const [name, size, where] = ["name", "weights", "where"].map((look) => h("span", { class: `hs-m-${look}` }));
  const label = h("div", { class: "hs-m-label" }, name, size, where);
  const root = h("div", { class: "hs-m-slab", role: "group" }, rows, label);
  rows.style.setProperty("--hs-torn", tornEdge(26));
  const paint = (/** @type {MachineSpec} */ { old, swapped }) => {
    root.hidden = !old;
    if (!old) return;
    rows.style.setProperty("--hs-rows", `${Math.min(TALLEST, old.rows)}px`);
    say(name, old.name);
    say(size, `${ofThem(old.rows, "row")}, ${countText(old.weights)} weights`);
    say(where, swapped ? "put aside" : "");
    where.hidden = !swapped;
    put(root, { "aria-label": `${old.name}: ${size.textContent}, ${swapped ? "put aside" : "on top of the machine"}` });
  };
  return { root, paint };
}

/** The rows of the new head, each with the name of its class. */
export function fewRows() {
  const root = h("span", { class: "hs-m-few", "aria-hidden": "true" });
  let painted = "";
  const paint = (/** @type {string[]} */ labels) => {
    const now = JSON.stringify(labels);
    if (now === painted) return;
    painted = now;
    const named = labels.slice(0, NAMED).map((label) => h("span", { class: "hs-m-row" }, h("span", {}, label)));
    const more = labels.slice(NAMED).length;
    if (more) named.push(h("span", { class: "hs-m-more" }, `and ${ofThem(more, "more row")}`));
    root.replaceChildren(...named);
  };
  return { root, paint };
}

/** The new head as tall as it would be beside the slab. */
export function toScale() {
  const sliver = h("span", { class: "hs-m-sliver" });
  const words = h("span");
  const root = h("p", { class: "hs-m-scale", hidden: true }, sliver, words);
  const paint = (/** @type {MachineSpec} */ { old, swapped, labels }) => {
    root.hidden = !old || !swapped || old.rows > TALLEST;
    root.style.setProperty("--hs-rows", `${labels.length}px`);
    say(words, `the new head at this scale: ${ofThem(labels.length, "row")}`);
  };
  return { root, paint };
}

/** Change the page and let these nodes travel from where they were; the style sheet stops this where motion is not
 * wanted. @param {HTMLElement[]} nodes @param {() => void} change */
export function travelled(nodes, change) {
  const before = nodes.map((node) => node.getBoundingClientRect());
  change();
  nodes.forEach((node, i) => {
    if (node.hidden) return; // what is not there does not arrive, and would set off when it is shown again
    const after = node.getBoundingClientRect();
    node.style.setProperty("--hs-dx", `${before[i].left - after.left}px`);
    node.style.setProperty("--hs-dy", `${before[i].top - after.top}px`);
    put(node, { "data-moving": null });
    void node.offsetWidth; // so that an animation that still runs starts anew
    put(node, { "data-moving": "true" });
    node.addEventListener("animationend", () => put(node, { "data-moving": null }), { once: true });
  });
}
