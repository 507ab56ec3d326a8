/**
 * One number between two ends: a bare meter, and a gauge with its words and scale.
 *
 * @typedef {{part: number, value: string|number, text: string, limit?: number|null}} Filled shares of the whole
 * @typedef {Titled & {kind: "gauge", value: number|null, text: string, low: number, high: number, limit: number|null}}
 *   GaugeSpec
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, say } from "../elements.js";
import { linear } from "../scales.js";
import { numberText } from "../text.js";
import { frame } from "./frame.js";

/** A bar that is filled so far, with a limit where there is one.
 * @param {string} name @param {number} low @param {number} high */
export function meter(name, low, high) {
  const fill = h("span", { class: "hs-fill" });
  const mark = h("span", { class: "hs-limit", hidden: true });
  const ends = { "aria-label": name, "aria-valuemin": low, "aria-valuemax": high };
  const root = h("div", { class: "hs-gauge", role: "meter", ...ends }, fill, mark);
  const paint = (/** @type {Filled} */ { part, value, text, limit = null }) => {
    fill.style.width = `${(100 * Math.min(1, Math.max(0, part))).toFixed(1)}%`;
    mark.hidden = limit === null;
    mark.style.left = `${100 * (limit ?? 0)}%`;
    put(root, { "aria-valuenow": value, "aria-valuetext": text });
  };
  return { root, fill, paint };
}

/** The numbers below a meter: its ends, and its limit where there is room. */
function meterScale() {
  const [from, mark, to] = [h("span"), h("span", { class: "hs-limit-text" }), h("span")];
  const root = h("div", { class: "hs-scale", "aria-hidden": "true" }, from, mark, to);
  /** @param {GaugeSpec} spec @param {number|null} at */
  const paint = ({ low, high, limit }, at) => {
    say(from, numberText(low));
    say(to, numberText(high));
    mark.hidden = at === null || at < 0.12 || at > 0.88;
    mark.style.left = `${100 * (at ?? 0)}%`;
    say(mark, numberText(limit));
  };
  return { root, paint };
}

/** @param {Place} place */
export function gauge(place) {
  const [bar, scale] = [meter("", 0, 1), meterScale()];
  bar.root.classList.add("hs-meter");
  const said = h("p", { class: "hs-said" });
  const { root, entitle } = frame(place, said, bar.root, scale.root);
  const paint = (/** @type {GaugeSpec} */ spec) => {
    entitle(spec);
    const part = linear([spec.low, spec.high], [0, 1]);
    const [value, limit] = [spec.value ?? spec.low, spec.limit === null ? null : part(spec.limit)];
    bar.paint({ part: part(value), value, text: spec.text, limit });
    put(bar.root, { "aria-label": spec.title, "aria-valuemin": spec.low, "aria-valuemax": spec.high });
    say(said, spec.text);
    scale.paint(spec, limit);
  };
  return { root, paint };
}
