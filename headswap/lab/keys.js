/**
 * Keys of the lab as a whole: Space ends the painting of a run, Escape returns to the latest epoch, lets the marked
 * message go and closes the look inside a block, or else ends the presentation; P presents the lab.
 *
 * @import {Lab} from "./lab.js"
 */

const TYPED = ["INPUT", "SELECT", "TEXTAREA"];
const WORD = 1000; // milliseconds within which letters are of one word

/** @param {Event} event whether it comes from where somebody types or chooses */
const isTyping = ({ target }) => target instanceof HTMLElement && TYPED.includes(target.tagName);

/** @param {Event} event whether it comes from a menu, which Escape closes */
const isInMenu = ({ target }) => target instanceof HTMLElement
  && (target.getAttribute("role") === "menuitem"
    || (target.getAttribute("aria-haspopup") === "menu" && target.getAttribute("aria-expanded") === "true"));

/** Whether there was something that Escape has undone. @param {Lab} lab */
function undone({ gaze, engine }) {
  const { held, message } = gaze.look;
  if (held) gaze.goLive();
  gaze.unmark();
  const open = Boolean(engine.spec()?.flow?.zoom);
  if (open) engine.turn({ zoom: "" });
  return held || message !== null || open;
}

/** @param {Lab} lab @param {boolean} is */
export function present(lab, is) {
  lab.link.set("present", is);
  lab.redraw();
  lab.folds.show(); // it is longer or shorter now: whoever was far down would see nothing of it
}

/** Whether a P stands alone: one within a text was meant for a field that does not have the focus. */
function lonely() {
  let last = -Infinity; // when another letter came
  return (/** @type {KeyboardEvent} */ { key }) => {
    const now = performance.now();
    if (key.length === 1 && key.toLowerCase() !== "p") last = now;
    return now - last > WORD;
  };
}

/** @param {Lab} lab @param {HTMLElement} el @returns {() => void} how to stop */
export function takeKeys(lab, el) {
  let skipped = false;
  const isAlone = lonely();
  const down = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const alone = isAlone(event);
    if (event.key === "Escape" && !isInMenu(event)) { // a field may want it, too
      const some = undone(lab);
      if (!some && lab.get("present") && !isTyping(event)) present(lab, false);
    }
    if (isTyping(event)) return;
    if (event.key === " " && lab.gaze.playing) {
      skipped = true;
      lab.gaze.goLive();
    } else if (event.key.toLowerCase() === "p" && alone) present(lab, !lab.get("present"));
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
