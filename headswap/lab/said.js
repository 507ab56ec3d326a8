/**
 * What the status line says beside the run's own news: a note of the page, or the kernel's answer to the learner.
 *
 * @import {Said} from "./store.js"
 */

// A run's news come many times a second: what answers the learner stays long enough to be read.
const READING = 6000;

export class Answers {
  #note = "";
  #silence = false;
  /** @type {Said & {fresh: boolean, at: number}|null} */
  #said = null;

  /** What is to be said before any news of the run; empty where there is nothing. */
  get sentence() {
    return this.#note || (this.#said?.fresh ? this.#said.sentence : "");
  }

  /** Whether that sentence tells of something that went wrong. */
  get wrong() {
    return this.#note === "" && Boolean(this.#said?.fresh && this.#said.wrong);
  }

  /** Whether a file was refused that a field may help to read. */
  get needsField() {
    return Boolean(this.#said?.wrong && this.#said.sentence.includes('in the field "'));
  }

  /** What the page itself says until the run goes on; that nobody answers, until somebody does.
   * @param {string} sentence @param {boolean} silence */
  tell(sentence, silence) {
    this.#note = sentence;
    this.#silence = silence;
  }

  /** Somebody has answered; whether a sentence said the contrary. */
  heard() {
    const wrong = this.#silence && this.#note !== "";
    if (wrong) this.#note = "";
    return wrong;
  }

  /** @param {Said} said */
  take({ sentence, wrong }) {
    this.#note = "";
    this.#said = { sentence, wrong, fresh: true, at: performance.now() };
  }

  /** @param {Said|null|undefined} said the latest answer, as a new page is told it */
  remember(said) {
    if (said && said.sentence !== this.#said?.sentence) this.take(said);
  }

  /** News of the run have come. */
  runSpoke() {
    this.#note = "";
    if (this.#said && performance.now() - this.#said.at > READING) this.#said.fresh = false;
  }

  clear() {
    this.#note = "";
    this.#said = null;
  }
}
