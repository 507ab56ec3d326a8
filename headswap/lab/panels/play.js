/**
 * Play, and a scrubber through the epochs of the run on show.
 *
 * @import {Lab} from "../lab.js"
 */

import { choiceInput } from "../../web/controls.js";
import { h, put, say } from "../../web/elements.js";
import { SPEEDS } from "../replay.js";

/** @type {[string, string][]} */
const OFFERED = SPEEDS.map((speed) => [String(speed), `×${speed}`]);

/** @param {Lab} lab */
export function playPart(lab) {
  const { gaze } = lab;
  const turn = () => (gaze.playing ? gaze.pause() : gaze.play());
  const button = h("button", { type: "button", class: "hs-button hs-play", onclick: turn });
  const scrubber = h("input", { type: "range", min: 1, step: 1, "aria-label": "Epoch",
    oninput: () => gaze.scrub(Number(scrubber.value)) });
  const speed = choiceInput(lab.id("speed"), (value) => { gaze.replay.speed = Number(value); });
  put(speed.input, { "aria-label": "Speed", title: "how fast it is painted" });
  const root = h("div", { class: "hs-playbar", "data-hs": "play" }, button, scrubber, speed.input);
  const paint = () => {
    const { run, epoch } = lab.shown();
    const last = run?.whole ? run.epochs.length : 0;
    put(root, { "data-idle": last < 2 }); // its room stays
    say(button, gaze.playing ? "❚❚ Pause" : "▶ Replay");
    put(scrubber, { max: Math.max(1, last), "aria-valuetext": `epoch ${epoch?.epoch ?? 0} of ${last}` });
    const now = String(epoch?.epoch ?? 1);
    if (scrubber.value !== now) scrubber.value = now;
    speed.paint(OFFERED, String(gaze.replay.speed));
  };
  return { root, paint };
}
