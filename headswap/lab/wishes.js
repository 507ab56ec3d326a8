/**
 * What the page asks the kernel for, so that it can show what is on show: whole runs, messages, and answers to a text.
 *
 * @import {Answer} from "./asked.js"
 * @import {Order} from "./lab.js"
 * @import {Run, Store} from "./store.js"
 */

import { missing } from "./store.js";

/** @param {Run[]} runs */
const idsOf = (runs) => runs.map((run) => run.id);

export class Wishes {
  #wanted = "";
  #text = "";
  #asked = "";

  /** @param {(order: Order) => void} send @param {() => Run[]} onShow the run in view and the pinned ones */
  constructor(send, onShow) {
    this.send = send;
    this.onShow = onShow;
  }

  /** The text that stands. */
  get text() {
    return this.#text;
  }

  /** Ask for what the runs on show still lack, and for their answers where a text stands. @param {Store} store */
  want(store) {
    const shown = this.onShow();
    if (this.#text.trim() && shown.length && this.#key(shown) !== this.#asked) this.#ask(shown);
    const lack = missing(store, shown);
    const wanted = JSON.stringify(lack);
    if (wanted === this.#wanted || !(lack.runs.length || lack.data.length)) return;
    this.#wanted = wanted;
    this.send({ do: "want", ...lack });
  }

  /** Runs have come or gone, and answers with them: ask again. */
  forget() {
    this.#asked = "";
  }

  /** What was wanted has come. */
  granted() {
    this.#wanted = "";
  }

  /** Ask about a text, which then stands until there is another. @param {string} text */
  try(text) {
    this.#text = text;
    this.#ask(this.onShow());
  }

  /** A text that somebody else has asked about stands here from now on: ask, if anybody has not answered it.
   * @param {Answer} answer */
  adopt({ text, answers, gone }) {
    const shown = this.onShow();
    this.#text = text;
    const heard = [...answers.map((one) => one.id), ...gone];
    if (shown.every((run) => heard.includes(run.id))) this.#asked = this.#key(shown);
    else this.#ask(shown);
  }

  /** @param {Run[]} shown */
  #key(shown) {
    return JSON.stringify([this.#text, idsOf(shown)]);
  }

  /** @param {Run[]} shown */
  #ask(shown) {
    this.#asked = this.#key(shown);
    this.send({ do: "try", text: this.#text, ids: idsOf(shown) });
  }
}
