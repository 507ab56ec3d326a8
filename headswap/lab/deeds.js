/**
 * What is done with single runs, and with the view as a whole: copied, deleted, used again, shared.
 *
 * @import {Lab, Order} from "./lab.js"
 */

import { copyText } from "../web/clipboard.js";
import { cut } from "../web/text.js";
import { SETTINGS } from "./settings.js";

const ROOM = 300; // pixels of a line that are told
const READING = 2500; // milliseconds

export class Deeds {
  copied = false; // a moment ago
  #sharing = false;
  #deleted = false;
  #reset = false;

  /** @param {Lab} lab */
  constructor(lab) {
    this.lab = lab;
  }

  /** @param {number} id */
  #run(id) {
    return this.lab.store.runs.find((one) => one.id === id);
  }

  /** @param {number} id of a run whose line is wanted */
  copy(id) {
    const run = this.#run(id);
    if (run) this.#copied(run.line);
  }

  /** @param {string} line */
  async #copied(line) {
    const done = await copyText(line);
    this.lab.tell(done ? `Copied: ${cut(line, ROOM)}` : `Copy this line: ${line}`);
    this.copied = done;
    this.lab.mark("runs");
    this.lab.link.later(() => {
      this.copied = false;
      this.lab.mark("runs");
    }, READING);
  }

  /** An order that the kernel answers; silence is told. @param {Order} order */
  #order(order) {
    const { link, store: { n } } = this.lab;
    link.send(order);
    link.expect(() => this.lab.store.n === n);
  }

  /** Set all settings to those of a run. @param {number} id */
  use(id) {
    this.lab.answers.clear();
    this.#order({ do: "use", id });
  }

  /** @param {number} id */
  remove(id) {
    if (this.lab.shown().run?.id === id) this.lab.gaze.refresh(true);
    this.#deleted = true;
    this.#order({ do: "delete", id });
  }

  /** Whether a run has just been deleted here: the button that had the focus has gone with it. */
  takesFocus() {
    const was = this.#deleted;
    this.#deleted = false;
    return was;
  }

  /** Put all runs away. */
  reset() {
    const { lab } = this;
    this.#reset = true;
    lab.gaze.refresh(false);
    lab.answers.clear();
    lab.link.send({ do: "reset" });
    lab.redraw();
  }

  /** Whether a reset from this page has just come through. */
  wasReset() {
    const was = this.#reset && this.lab.store.runs.every((run) => run.recorded);
    if (was) this.#reset = false;
    return was;
  }

  /** Bring back what was put away last. */
  undo() {
    this.lab.link.send({ do: "restore" });
  }

  /** Ask for the one line of Python that makes this view, with everything as it is on the page. */
  share() {
    const { lab } = this;
    lab.link.flush();
    this.#sharing = true;
    const settings = Object.fromEntries(SETTINGS.map((name) => [name, lab.get(name)]));
    const { run } = lab.shown();
    const id = run && !run.recorded && !lab.isOf(run) ? run.id : 0; // what is seen comes along, too
    this.#order({ do: "line", settings, id });
  }

  /** The line has come; other pages that show this lab have not asked for it. @param {{line: string}} told */
  take({ line }) {
    if (this.#sharing) this.#copied(line);
    this.#sharing = false;
  }
}
