/**
 * Panels behind one word each. What the lab is about stands open; the rest opens on demand, and stays so.
 *
 * @import {Lab} from "./lab.js"
 */

import { h, say } from "../web/elements.js";

/** Open in every lab, without a word in front; and open while the lab is presented. */
const MAIN = ["settings", "curves", "confusion", "machine", "try"];
const HEADER = 80; // pixels that a notebook's own bars may take
const PRESENTED = ["curves", "scatter"];

export class Folds {
  /** @type {Set<string>} opened or closed by hand while the lab is presented */
  #turned = new Set();
  /** @type {HTMLElement|null} the lab as a whole, which takes the focus where nothing else can */
  home = null;

  /** @type {Map<string, HTMLElement>} */
  panels = new Map();

  /** @param {Lab} lab */
  constructor(lab) {
    this.lab = lab;
  }

  /** The keys go on here, and the page stays where it is. @param {HTMLElement|null} [where] */
  takeFocus(where = null) {
    (where?.checkVisibility() ? where : this.home)?.focus({ preventScroll: true });
  }

  /** A panel opens and comes into view. @param {string} name */
  reveal(name) {
    this.open(name);
    requestAnimationFrame(() => this.panels.get(name)?.scrollIntoView({ block: "nearest" }));
  }

  /** The top of the lab comes into view: what was clicked stood far below. */
  show() {
    requestAnimationFrame(() => {
      if ((this.home?.getBoundingClientRect?.().top ?? HEADER) < HEADER) this.home?.scrollIntoView({ block: "start" });
    });
  }

  /** @param {string} name */
  isMain(name) {
    return !this.lab.get("present") && MAIN.includes(name);
  }

  /** @param {string} name */
  isOpen(name) {
    if (this.lab.get("present")) return PRESENTED.includes(name) !== this.#turned.has(name);
    return MAIN.includes(name) || (this.lab.get("folds") ?? []).includes(name);
  }

  /** @param {string} name */
  open(name) {
    if (!this.isOpen(name)) this.turn(name);
  }

  /** @param {string} name */
  turn(name) {
    if (!this.lab.get("present")) {
      const open = this.lab.get("folds") ?? [];
      this.lab.link.set("folds", open.includes(name) ? open.filter((one) => one !== name) : [...open, name]);
    } else if (!this.#turned.delete(name)) this.#turned.add(name);
    this.lab.redraw();
  }
}

/** A panel behind a word. @param {Lab} lab @param {string} name @param {string|(() => string)} named
 * @param {HTMLElement} panel */
export function fold(lab, name, named, panel) {
  const word = () => (typeof named === "string" ? named : named());
  const summary = h("summary", { onclick: (/** @type {Event} */ event) => {
    event.preventDefault();
    lab.folds.turn(name);
  } }, word());
  /** @type {HTMLElement|null} what had the focus before the panel was closed */
  let came = null;
  const root = h("details", { class: `hs-panelfold hs-of-${name}`, "data-fold": name }, summary, panel);
  lab.folds.panels.set(name, root);
  const paint = () => {
    const focused = document.activeElement;
    const [open, main] = [lab.folds.isOpen(name), lab.folds.isMain(name)];
    root.open = open;
    root.hidden = panel.hidden;
    summary.hidden = main;
    say(summary, open && named === "More" ? "Less" : word());
    // The keys must go on where they are: a focus that is hidden is lost to the page around the lab.
    if (!open && focused instanceof HTMLElement && panel.contains(focused)) {
      came = focused;
      summary.focus({ preventScroll: true });
    } else if (main && focused === summary) lab.folds.takeFocus(came);
  };
  return { root, paint };
}
