/**
 * A file dropped anywhere on the lab.
 *
 * @import {Lab} from "./lab.js"
 */

/** @param {Lab} lab @param {HTMLElement} el @returns {() => void} how to stop */
export function takeDrops(lab, el) {
  const takes = (/** @type {DragEvent} */ event) =>
    event.dataTransfer?.types.includes("Files") && lab.shows("file") && !lab.locks("file");
  const over = (/** @type {DragEvent} */ event) => {
    if (!takes(event)) return;
    event.preventDefault();
    el.classList.add("hs-drop");
  };
  const leave = (/** @type {DragEvent} */ event) => {
    if (!el.contains(/** @type {Node|null} */ (event.relatedTarget))) el.classList.remove("hs-drop");
  };
  const drop = (/** @type {DragEvent} */ event) => {
    el.classList.remove("hs-drop");
    if (!takes(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const file = event.dataTransfer?.files[0];
    if (file) lab.sendFile(file);
  };
  const events = /** @type {const} */ ([["dragover", over], ["dragleave", leave], ["drop", drop]]);
  for (const [name, work] of events) el.addEventListener(name, work);
  return () => { for (const [name, work] of events) el.removeEventListener(name, work); };
}
