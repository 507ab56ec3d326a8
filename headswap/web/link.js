/**
 * The link to the kernel: the model's values both ways, messages, and what to say when nobody answers.
 *
 * @template {object} T the values that both sides know, by name
 * @typedef {{
 *   get: <K extends keyof T & string>(name: K) => T[K],
 *   set: <K extends keyof T & string>(name: K, value: T[K]) => void,
 *   on: (event: string, work: (news: never) => void) => void,
 *   off: (event: string, work: (news: never) => void) => void,
 *   save_changes: () => void,
 *   send: (content: object, callbacks?: undefined, buffers?: ArrayBuffer[]) => void,
 * }} Model what anywidget hands to `render`
 */

export const GONE = "The kernel does not answer: run the cell again.";
export const LATE = "The kernel does not answer: it is busy, or it is gone and the cell must be run again.";
const PATIENCE = 3000;
const HELLO_AGAIN = 1000;

/** One view's side of the link. @template {object} T the values @template {object} O the orders that may be sent */
export class Link {
  #saving = 0;
  #greeted = -Infinity;
  /** @type {Set<number>} */
  #timers = new Set();
  /** @type {[string, (news: never) => void][]} */
  #heard = [];

  /** @param {Model<T>} model @param {(sentence: string) => void} silent told when nobody answers */
  constructor(model, silent) {
    this.model = model;
    this.silent = silent;
  }

  /** @template {keyof T & string} K @param {K} name */
  get(name) {
    return this.model.get(name);
  }

  /** Set a value here, and in the kernel at once or when nothing was set for `wait` milliseconds.
   * @template {keyof T & string} K @param {K} name @param {T[K]} value */
  set(name, value, wait = 0) {
    this.model.set(name, value);
    clearTimeout(this.#saving);
    if (wait) this.#saving = setTimeout(() => this.#save(), wait);
    else this.#save();
  }

  #save() {
    this.#saving = 0;
    this.model.save_changes();
  }

  /** What still waits to be saved, saved now: an order must not overtake it. */
  flush() {
    if (!this.#saving) return;
    clearTimeout(this.#saving);
    this.#save();
  }

  /** @param {O} order @param {ArrayBuffer[]} [buffers] */
  send(order, buffers = []) {
    try {
      this.model.send(order, undefined, buffers);
    } catch {
      this.silent(GONE);
    }
  }

  /** Ask for the whole story, at most once a second until it comes. @param {O} order */
  greet(order) {
    const now = performance.now();
    if (now - this.#greeted < HELLO_AGAIN) return;
    this.#greeted = now;
    this.send(order);
  }

  /** The story has come. */
  greeted() {
    this.#greeted = -Infinity;
  }

  /** Say so where an order is still unanswered after a while. @param {() => boolean} waits @param {() => void} after */
  expect(waits, after) {
    this.later(() => {
      if (waits()) this.silent(LATE);
      after();
    }, PATIENCE);
  }

  /** @param {() => void} work @param {number} wait in milliseconds */
  later(work, wait) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, wait);
    this.#timers.add(timer);
    return timer;
  }

  /** Listen until the view is closed. @param {string} event @param {(news: never) => void} work */
  listen(event, work) {
    this.#heard.push([event, work]);
    this.model.on(event, work);
  }

  /** The view is gone: nothing more is heard or waited for, and what was set is saved. */
  close() {
    for (const [event, work] of this.#heard) this.model.off(event, work);
    for (const timer of this.#timers) clearTimeout(timer);
    this.flush();
  }
}
