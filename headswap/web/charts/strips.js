/**
 * A vector as a strip of cells, read out cell by cell under the pointer or the arrow keys.
 *
 * @typedef {{values: (number|null)[], kind: "signed"|"share", name: string, labels?: string[], letters?: boolean,
 *   says?: string}} StripSpec `name` is what the numbers are; `labels` says what each cell is about, and with `letters`
 *   stands in it; `says` is read while no cell is pointed at; null is what may not be seen
 */

import { h, put, say } from "../elements.js";
import { numberText, percentText, visible } from "../text.js";

/** @type {Record<string, number>} */
const MOVES = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -8, PageUp: 8, Home: -Infinity,
  End: Infinity };

/** The cell that a key leads to; null where it leads nowhere.
 * @param {string} key @param {number} at @param {number} many */
export function cellBy(key, at, many) {
  const move = MOVES[key];
  return move === undefined || !many ? null : Math.min(many - 1, Math.max(0, at + move));
}

/** How strong each cell is from -1 to 1: the square root of its size against the greatest of its strip, so that small
 * ones can be told from nothing; a share is measured against 1. @param {StripSpec} spec @returns {(number|null)[]} */
export function strengths({ values, kind }) {
  const most = kind === "share" ? 1 : Math.max(...values.map((value) => Math.abs(value ?? 0)), 1e-12);
  const strength = (/** @type {number} */ value) => Math.sign(value) * Math.sqrt(Math.min(1, Math.abs(value) / most));
  return values.map((value) => (value === null ? null : strength(value)));
}

/** @param {StripSpec} spec @param {number} at */
export function cellWords({ values, kind, labels }, at) {
  const value = values[at];
  const name = labels?.[at] === undefined ? `number ${at + 1} of ${values.length}` : `${at + 1} ${visible(labels[at])}`;
  if (value === null) return `${name}: may not be seen`;
  return `${name}: ${kind === "share" ? percentText(value) : numberText(value).replace("-", "−")}`;
}

/** @param {HTMLElement} cell @param {number|null} strength @param {string} kind @param {string} letter */
function paintCell(cell, strength, kind, letter) {
  const look = strength === null ? "unseen" : kind === "share" ? "share" : strength < 0 ? "minus" : "plus";
  put(cell, { "data-look": look });
  cell.style.setProperty("--hs-part", Math.abs(strength ?? 0).toFixed(3));
  say(cell, letter);
}

/** Which cell is pointed at. @param {HTMLElement} row @param {HTMLElement} said */
function pointed(row, said) {
  /** @type {StripSpec|null} */
  let spec = null;
  let at = -1;
  const show = () => {
    const here = spec && at >= 0 && at < spec.values.length ? cellWords(spec, at) : "";
    [...row.children].forEach((cell, i) => put(cell, { "data-at": here !== "" && i === at }));
    say(said, here || (spec?.says ?? ""));
    put(row, { "aria-valuemax": spec?.values.length ?? 1, "aria-valuenow": Math.max(0, at) + 1,
      "aria-valuetext": here || (spec?.says ?? "") });
  };
  const move = (/** @type {number} */ to) => { at = to; show(); };
  put(row, { onpointerleave: () => move(-1), onblur: () => move(-1),
    onfocus: () => { if (at < 0 && row.matches(":focus-visible")) move(0); },
    onpointermove: (/** @type {PointerEvent} */ { target }) =>
      move([...row.children].indexOf(/** @type {Element} */ (target))),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const to = cellBy(event.key, Math.max(0, at), spec?.values.length ?? 0);
      if (to === null) return;
      event.preventDefault();
      move(to);
    } });
  return (/** @type {StripSpec} */ now) => { spec = now; show(); };
}

/** What a cell has room for: one sign. @param {string} label */
const letterOf = (label) => ([...label].length === 1 ? visible(label) : "");

/** A strip and the line below it. */
export function strip() {
  const row = h("div", { class: "hs-m-cells", tabindex: 0, role: "slider", "aria-valuemin": 1 });
  const said = h("p", { class: "hs-m-said" });
  const root = h("div", { class: "hs-m-strip" }, row, said);
  const show = pointed(row, said);
  let painted = "";
  const paint = (/** @type {StripSpec} */ spec) => {
    const now = JSON.stringify(spec);
    if (now === painted) return;
    painted = now;
    if (row.childElementCount !== spec.values.length) row.replaceChildren(...spec.values.map(() => h("span")));
    const letter = (/** @type {number} */ i) => (spec.letters ? letterOf(spec.labels?.[i] ?? "") : "");
    strengths(spec).forEach((strength, i) =>
      paintCell(/** @type {HTMLElement} */ (row.children[i]), strength, spec.kind, letter(i)));
    put(row, { "aria-label": spec.name, "data-kind": spec.kind });
    show(spec);
  };
  return { root, paint };
}
