/**
 * Keys of the lab as a whole: Space ends the painting of a run, Escape returns to the latest epoch and lets the marked
 * message go, P presents the lab.
 *
 * @import {Lab} from "./lab.js"
 */

const TYPED = ["INPUT", "SELECT", "TEXTAREA"];

/** @param {Event} event whether it comes from where somebody types or chooses */
const isTyping = ({ target }) => target instanceof HTMLElement && TYPED.includes(target.tagName);

/** @param {Event} event whether it comes from a menu, which Escape closes */
const isInMenu = ({ target }) => target instanceof HTMLElement
  && (target.getAttribute("role") === "menuitem" || target.getAttribute("aria-expanded") === "true");

/** @param {Lab} lab @param {HTMLElement} el @returns {() => void} how to stop */
export function takeKeys(lab, el) {
  let skipped = false;
  const down = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && !isInMenu(event)) { // a field may want it, too
      if (lab.gaze.look.held) lab.gaze.goLive();
      lab.gaze.unmark();
    }
    if (isTyping(event)) return;
    if (event.key === " " && lab.gaze.playing) {
      skipped = true;
      lab.gaze.goLive();
    } else if (event.key.toLowerCase() === "p") lab.link.set("present", !lab.get("present"));
    else return;
    event.preventDefault();
    event.stopPropagation();
    lab.redraw();
  };
  // A button is pressed when Space is let go: the same Space must not press the one that has the focus.
  const up = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== " " || !skipped) return;
    skipped = false;
    event.preventDefault();
  };
  el.addEventListener("keydown", down, true);
  el.addEventListener("keyup", up, true);
  return () => {
    el.removeEventListener("keydown", down, true);
    el.removeEventListener("keyup", up, true);
  };
}
