/** What may be pressed in which phase. */

export const BUSY = ["preparing", "training"];
export const UNDER_WAY = [...BUSY, "paused", "stopping"];

/** Which buttons work. @param {string} phase @param {boolean} answered @returns {Record<string, boolean>} */
export function buttonsAt(phase, answered) {
  const still = !BUSY.includes(phase) && phase !== "stopping" && phase !== "gone";
  return { train: still && answered, step: still && answered, stop: BUSY.includes(phase) || phase === "paused",
    reset: phase !== "gone", pin: phase !== "gone" };
}

/** The phase to show: "stopping" from the click on until Python has left the phase it was clicked in.
 * @param {string} phase @param {string|null} stoppedIn */
export function phaseShown(phase, stoppedIn) {
  if (stoppedIn === null) return phase;
  const left = BUSY.includes(stoppedIn) ? !BUSY.includes(phase) : phase !== stoppedIn;
  return left ? phase : "stopping";
}
