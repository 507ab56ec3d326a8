/**
 * A run painted at the eye's pace: its numbers are all there, the picture takes its time. Training never waits for it.
 *
 * @typedef {{last: number, planned: number, ended: boolean}} Film epochs that are there, epochs to come, and whether
 *   more will come
 * @typedef {{film: () => Film, show: (at: number) => void, end: () => void}} Stage what is played, and where
 */

const SECONDS = 2;
const SLOWEST = 0.25; // seconds that an epoch may take at speed 1
const LONGEST = 0.1; // seconds between two frames that still count: a page that slept goes on where it was
export const SPEEDS = [0.25, 0.5, 1, 2, 4];

/** Whether the reader asks for stillness, or is not looking. */
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;

/** Epochs per second, so that a run of any length takes about two. @param {number} planned */
export const pace = (planned) => planned / Math.min(SECONDS, SLOWEST * Math.max(1, planned));

export class Replay {
  #frame = 0;
  #then = 0;
  #at = 0;
  #due = 0; // where it would be if every epoch were there
  speed = 1;

  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
  }

  get playing() {
    return this.#frame !== 0;
  }

  /** From the beginning, or from an epoch. @param {number} [from] */
  play(from = 0) {
    this.pause();
    [this.#at, this.#due, this.#then] = [from, from, performance.now()];
    this.#frame = requestAnimationFrame(this.#tick);
    this.stage.show(Math.max(from, 0));
  }

  pause() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** @param {number} time */
  #tick = (time) => {
    const { last, planned, ended } = this.stage.film();
    const passed = Math.min(LONGEST, Math.max(0, (time - this.#then) / 1000));
    this.#then = time;
    const [before, step] = [this.#at, passed * pace(planned) * this.speed];
    this.#at = Math.min(last, before + step);
    this.#due += step;
    // A run that takes longer than its painting is shown as it comes from then on.
    if (this.#at >= last && (ended || this.#due >= planned)) {
      this.pause();
      return this.stage.end();
    }
    this.#frame = requestAnimationFrame(this.#tick);
    if (this.#at !== before) this.stage.show(this.#at);
  };
}
