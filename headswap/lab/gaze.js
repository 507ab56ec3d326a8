/**
 * Where the learner looks: which run, which of its epochs, which cell, which message; and the painting of a run at the
 * eye's pace.
 *
 * @import {Lab} from "./lab.js"
 * @import {Look} from "./look.js"
 * @import {Measure} from "./measures.js"
 * @import {Run} from "./store.js"
 */

import { nearestEpoch } from "./epochs.js";
import { freshLook } from "./look.js";
import { Replay, isStill } from "./replay.js";
import { shownRun } from "./store.js";

export class Gaze {
  /** @type {{id: number, line: string}|null} the run in view */
  #now = null;
  #before = 0; // the run of other settings that was in view before
  /** @type {Look} */
  look = freshLook();

  /** @param {Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.replay = new Replay({ film: () => this.#film(), end: () => this.goLive(),
      show: (at) => this.#turn({ at: isStill() ? Math.floor(at) : at, playing: true, held: false }) });
  }

  get playing() {
    return this.look.playing;
  }

  /** Everything as at the start, but for what the curves are of, and what else was chosen where that is kept.
   * @param {boolean} keeps */
  refresh(keeps) {
    this.replay.pause();
    const { chosen, against, rival, measure, message } = this.look;
    this.look = freshLook(keeps ? { chosen, against, rival, measure, message } : { measure });
    this.#dropMessage();
  }

  /** Another data set has other messages: the marked one is none of them. */
  #dropMessage() {
    const [run, { message }] = [this.run(), this.look];
    if (message && run && run.data_key !== message.data) this.look = { ...this.look, message: null };
  }

  /** Remember which run is in view, and which one of other settings was. @param {Run|null} run */
  follow(run) {
    if (!run || run.id === this.#now?.id) return;
    if (this.#now && this.#now.line !== run.line) this.#before = this.#now.id;
    this.#now = { id: run.id, line: run.line };
  }

  /** The run of other settings that the learner has come from, else the one made before. @param {Run} run */
  before(run) {
    const { runs } = this.lab.store;
    const own = runs.filter((one) => !one.recorded && one.id < run.id).at(-1);
    return runs.find(({ id, line }) => id === this.#before && line !== run.line) ?? own ?? null;
  }

  /** The run on show. */
  run() {
    return shownRun(this.lab.store, this.look.selected, this.lab.fits);
  }

  #film() {
    const run = this.run();
    const last = run?.epochs.length ?? 0;
    const ended = !run || run.outcome !== "running" || this.lab.phase() === "paused";
    return { last, planned: Math.max(last, run?.planned ?? 1), ended };
  }

  /** @param {Partial<Look>} part */
  #turn(part) {
    const was = this.look.playing;
    this.look = { ...this.look, ...part };
    this.#dropMessage();
    if (was !== this.look.playing) this.lab.mark("buttons");
    this.lab.lookedAt();
  }

  /** @param {number} place on the axis of epochs */
  goTo(place) {
    if (this.look.playing) return;
    const epoch = nearestEpoch(this.run()?.epochs ?? [], place);
    if (epoch && epoch.epoch !== this.look.at) this.#turn({ at: epoch.epoch });
  }

  goLive() {
    this.replay.pause();
    if (this.look.at !== null || this.look.held || this.look.playing)
      this.#turn({ at: null, held: false, playing: false });
  }

  /** The mouse has gone, or Escape was pressed; what plays goes on. */
  leave() {
    if (!this.look.playing) this.goLive();
  }

  /** The cursor stays; what plays stands still there. */
  hold() {
    this.pause();
    this.#turn({ held: this.look.at !== null });
  }

  /** Stay at an epoch, as whoever drags the scrubber wants it. @param {number} epoch */
  scrub(epoch) {
    if (epoch >= (this.run()?.epochs.length ?? 0)) return this.goLive();
    this.pause();
    this.#turn({ at: epoch, held: true });
  }

  pause() {
    this.replay.pause();
    if (this.look.playing)
      this.#turn({ at: Math.max(1, Math.floor(this.look.at ?? 1)), playing: false, held: true });
  }

  /** Paint the run from its first epoch, or from where it was held. */
  play() {
    const { at, held } = this.look;
    const last = this.run()?.epochs.length ?? 0;
    this.replay.play(held && at !== null && at < last ? at : 0);
  }

  /** @param {string|null} cell */
  choose(cell) {
    this.#turn({ chosen: this.look.chosen === cell ? null : cell });
  }

  /** @param {string|null} chosen which messages are listed: those of a cell, "fixed", "broken", or all wrong ones */
  list(chosen) {
    this.#turn({ chosen });
  }

  /** Mark a message; one that is marked already is let go, unless it stays. @param {number} index */
  mark(index, stays = false) {
    const run = this.run();
    const marked = !stays && this.lab.shown().message === index;
    this.#turn({ message: marked || !run ? null : { index, data: run.data_key } });
  }

  /** Mark a message by its point, and open the list that it is in. @param {number} index */
  open(index) {
    this.mark(index);
    if (this.look.message) this.lab.folds.open("messages");
  }

  /** No message is marked any more. */
  unmark() {
    if (this.look.message) this.#turn({ message: null });
  }

  /** @param {number|null} against of more than two classes one against the rest, null for all of them */
  holdAgainst(against) {
    this.#turn({ against, chosen: null });
    this.lab.mark("runs", "try");
  }

  /** @param {number} rival the pinned run that the matrix is held against */
  holdBeside(rival) {
    this.#turn({ rival });
  }

  /** @param {Measure} measure what the curves are of */
  measureBy(measure) {
    this.#turn({ measure });
  }

  /** @param {number} id of a run */
  show(id) {
    this.replay.pause();
    this.#turn({ selected: id, at: null, held: false, playing: false });
    this.lab.wishes.want(this.lab.store);
    this.lab.mark("runs", "buttons", "try", "root");
  }
}
