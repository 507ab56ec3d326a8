/** When to paint: one frame for all that is dirty; a part that cannot be painted says so and stops no other. */

import { h, say } from "./elements.js";

/** Paints the parts that were marked, in their order, once per frame. @param {Record<string, () => void>} parts */
export function scheduler(parts) {
  const dirty = new Set();
  let frame = 0;
  const flush = () => {
    frame = 0;
    const names = Object.keys(parts).filter((name) => dirty.has(name));
    dirty.clear();
    for (const name of names) parts[name]();
  };
  const mark = (/** @type {string[]} */ ...names) => {
    for (const name of names) dirty.add(name);
    if (!frame) frame = requestAnimationFrame(flush);
  };
  return { mark, all: () => mark(...Object.keys(parts)), cancel: () => cancelAnimationFrame(frame) };
}

/** @param {unknown} error */
export const brokenText = (error) =>
  `This part could not be drawn: ${error instanceof Error ? error.message : String(error)}.`.replace(/\.\.$/, ".");

/** The same painting, but where it throws, one sentence is all that its place shows until it succeeds again.
 * @template {unknown[]} A
 * @param {Element} root @param {(...given: A) => void} paint @returns {(...given: A) => void} */
export function guarded(root, paint) {
  /** @type {HTMLElement|null} */
  let note = null;
  const broken = (/** @type {unknown} */ error) => {
    console.error(error);
    note ??= h("p", { class: "hs-broken", role: "alert" });
    say(note, brokenText(error));
    if (note.parentNode !== root) root.append(note);
    root.setAttribute("data-broken", "true");
  };
  const whole = () => {
    note?.remove();
    note = null;
    root.removeAttribute("data-broken");
  };
  return (...given) => {
    try {
      paint(...given);
    } catch (error) {
      return broken(error);
    }
    if (note) whole();
  };
}
