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
 *   widget_manager?: {kernel?: Kernel|null},
 * }} Model what anywidget hands to `render`
 */

/** @typedef {(sender: unknown, status: string) => void} Heard */
/** @typedef {{status: string, statusChanged?: {connect: (work: Heard) => void,
 *   disconnect: (work: Heard) => void}}} Kernel what JupyterLab says of it; other pages may say nothing */

export const GONE = "The kernel was restarted: run this cell again.";
export const BUSY = "The kernel is busy with another cell, and answers when that's done.";
export const LATE =
  "The kernel doesn't answer. It's busy with another cell, or it was restarted: then run this cell again.";
const ENDED = ["restarting", "autorestarting", "terminating", "dead"];
const PATIENCE = 3000;
const HELLO_AGAIN = 1000;

/** One view's side of the link. @template {object} T the values @template {object} O the orders that may be sent */
export class Link {
  #saving = 0;
  /** What was set here and isn't saved yet. @type {Map<string, any>} */
  #unsaved = new Map();
  #greeted = -Infinity;
  /** @type {Set<number>} */
  #timers = new Set();
  /** @type {[string, (news: never) => void][]} */
  #heard = [];
  #asked = false;
  #answers = 0;
  /** Whether this view's kernel has ended: then nobody will ever answer. */
  gone = false;

  /** @param {Model<T>} model @param {(sentence: string) => void} silent told when nobody answers */
  constructor(model, silent) {
    this.model = model;
    this.silent = silent;
    this.kernel?.statusChanged?.connect(this.#status);
  }

  get kernel() {
    return this.model.widget_manager?.kernel ?? null;
  }

  /** @type {Heard} */
  #status = (_, status) => {
    if (!ENDED.includes(status)) return;
    this.gone = true;
    this.silent(GONE);
  };

  /** Why nobody answers, as far as the page can know. */
  #why() {
    if (this.gone) return GONE;
    return this.kernel?.status === "busy" ? BUSY : this.kernel ? GONE : LATE;
  }

  /** @template {keyof T & string} K @param {K} name @returns {T[K]} */
  get(name) {
    return this.#unsaved.has(name) ? this.#unsaved.get(name) : this.model.get(name);
  }

  /** Set a value here, and in the kernel at once or when nothing was set for `wait` milliseconds.
   * @template {keyof T & string} K @param {K} name @param {T[K]} value */
  set(name, value, wait = 0) {
    this.#unsaved.set(name, value);
    this.model.set(name, value);
    clearTimeout(this.#saving);
    if (wait) this.#saving = setTimeout(() => this.#save(), wait);
    else this.#save();
  }

  #save() {
    this.#saving = 0;
    // The kernel's echo of what was saved before may have taken the place of what was typed since: set it again.
    for (const [name, value] of this.#unsaved) this.model.set(/** @type {keyof T & string} */ (name), value);
    this.#unsaved.clear();
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
      this.gone = true;
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

  /** Say so where an order is still unanswered after a while, and nothing else was heard either.
   * @param {() => boolean} waits @param {() => void} [after] */
  expect(waits, after = () => {}, wait = PATIENCE) {
    const before = this.#answers;
    this.later(() => {
      if (waits() && this.#answers === before) this.silent(this.#why());
      after();
    }, wait);
  }

  /** Ask whether anybody is there, unless that is being asked already; silence is told. @param {O} order */
  ask(order) {
    if (this.#asked) return;
    this.#asked = true;
    this.send(order);
    this.expect(() => this.#asked, () => { this.#asked = false; });
  }

  /** Somebody is there. */
  answered() {
    this.#answers += 1;
    this.#asked = false;
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
    this.kernel?.statusChanged?.disconnect(this.#status);
    this.flush();
  }
}
