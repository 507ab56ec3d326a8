/**
 * A file of one's own: dropped anywhere on the lab, or chosen.
 *
 * @import {Lab} from "./lab.js"
 */

import { FILE_LIMIT } from "./settings.js";

/** @param {Lab} lab @param {File} file */
export async function sendFile(lab, file) {
  if (file.size > FILE_LIMIT)
    return lab.tell(`${file.name} is ${(file.size / 1e6).toFixed(1)} MB; the lab takes files up to 5 MB.`);
  lab.tell(`Reading ${file.name}…`);
  try {
    lab.link.send({ do: "file", name: file.name }, [await file.arrayBuffer()]);
  } catch {
    lab.tell(`Your browser could not read ${file.name}: choose it again.`);
  }
}

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
    if (file) sendFile(lab, file);
  };
  const events = /** @type {const} */ ([["dragover", over], ["dragleave", leave], ["drop", drop]]);
  for (const [name, work] of events) el.addEventListener(name, work);
  return () => { for (const [name, work] of events) el.removeEventListener(name, work); };
}
