/**
 * What every chart stands in. A chart is `chart(place, …callbacks) → {root, paint(spec), resized?}`: it builds its
 * elements once, `paint` is given the whole spec each time, and `resized` says whether the spec must be painted again.
 *
 * @typedef {{name: string, heading?: "h4"|"h5", compact?: boolean}} Place the panel's name, how deep its heading
 *   is, and whether it stands among others
 * @typedef {{title: string, label?: string, subtitle?: string, tag?: string, note?: string,
 *   folded?: boolean}} Titled what every spec has: a heading; another name for screen readers; words beside the
 *   heading; words below; whether it waits behind its title
 *
 * @import {Range} from "../scales.js"
 */

import { h, panel, put, s, say, tableFold } from "../elements.js";

/** A panel with a heading, a place for a legend, and what is drawn. @param {Place} place @param {...Node} children */
export function frame({ name, heading = "h5" }, ...children) {
  const title = h(heading, { class: "hs-title" });
  const subtitle = h("span", { class: "hs-runname", hidden: true });
  const tag = h("span", { class: "hs-tag", hidden: true });
  const whose = h("span", { class: "hs-whose" }, subtitle, tag);
  const keys = h("span", { class: "hs-keys" });
  const note = h("p", { class: "hs-hint", hidden: true });
  const root = panel(name, "", h("div", { class: "hs-head" }, title, whose, keys), ...children, note);
  const entitle = (/** @type {Titled} */ spec) => {
    say(title, spec.title);
    const texts = /** @type {const} */ ([[subtitle, spec.subtitle], [tag, spec.tag], [note, spec.note]]);
    for (const [node, text] of texts) {
      node.hidden = !text;
      say(node, text ?? "");
      if (node !== note) put(node, { title: text || null }); // where it has to be cut
    }
    const label = spec.label ?? spec.title;
    for (const node of [root, ...root.querySelectorAll(".hs-fold [aria-label]")]) put(node, { "aria-label": label });
  };
  return { root, keys, entitle };
}

/** A frame around a picture of so many pixels, with the numbers behind it as a table.
 * @param {Place} place @param {string} look the picture's class */
export function picture(place, look) {
  const svg = s("svg", { class: look, role: "img" });
  const under = h("div", { class: "hs-foot" });
  const { root, keys, entitle } = frame(place, svg, under);
  /** @type {Range} */
  let size = [0, 0];
  const resized = () => {
    const was = size;
    size = [svg.clientWidth, svg.clientHeight];
    return was[0] !== size[0] || was[1] !== size[1];
  };
  const measured = () => {
    if (!size[0]) resized();
    return size;
  };
  return { root, keys, svg, under, entitle, resized, measured };
}

/**
 * The paint and the resized of a picture: nothing is drawn while it has no size, the table only while it is open.
 * @template {Titled} S
 * @param {ReturnType<typeof picture>} parts
 * @param {(spec: S, size: Range) => void} draw
 * @param {(spec: S) => [string[], () => (string|number)[][]]} table its columns, and how to make its rows
 */
export function drawn({ root, svg, under, entitle, resized, measured }, draw, table) {
  /** @type {S|null} */
  let shown = null;
  const fill = () => { if (shown) paintTable(...table(shown)); };
  const { fold, paint: paintTable } = tableFold(fill);
  under.append(fold);
  const paint = (/** @type {S} */ spec) => {
    shown = spec;
    entitle(spec);
    const size = measured();
    if (size[0]) draw(spec, size);
    fill();
  };
  return { root, svg, paint, resized };
}
