/**
 * The lab's comparison: what is asked for, what came of it, and how it is looked at.
 *
 * @import {Asked, Contest, Expected, Told} from "../../comparing/contest.js"
 * @import {Lab} from "../lab.js"
 */

import { RUNNING } from "../../comparing/contest.js";
import { SETTINGS } from "../settings.js";

const PATIENCE = 250; // milliseconds between the last change and the question how long that would take

export class Compare {
  /** @type {Expected|null} */
  expected = null;
  starting = false;
  #waiting = 0;
  #askedFor = "";
  #values = "";
  /** @type {{score: string, cost: string, whose: string, at: number|null}} */
  look = { score: "f1", cost: "seconds", whose: "", at: null };

  /** @param {Lab} lab */
  constructor(lab) {
    this.lab = lab;
  }

  /** @returns {Contest|null} */
  get contest() {
    return this.lab.store.contest;
  }

  get open() {
    return this.lab.shows("compare") && this.lab.get("face") === "compare";
  }

  phase() {
    if (this.lab.link.gone) return "gone";
    return this.contest?.phase ?? "idle";
  }

  /** What is to be compared; before anything was chosen the usual regimes. @returns {Asked} */
  asked() {
    const usual = this.lab.get("choices")?.usual ?? [];
    return { regimes: usual, seeds: 5, vary: "", values: [], ...this.lab.get("contest") };
  }

  /** @param {Partial<Asked>} part */
  ask(part) {
    this.lab.link.set("contest", { ...this.asked(), ...part });
    this.expect();
    this.lab.mark("compare");
  }

  /** Ask how long it would take, when nothing has changed for a moment. */
  expect() {
    if (!this.open || this.lab.link.gone) return;
    clearTimeout(this.#waiting);
    this.#waiting = this.lab.link.later(() => {
      const settings = Object.fromEntries(SETTINGS.map((name) => [name, this.lab.get(name)]));
      const now = JSON.stringify([this.asked(), settings, this.phase(), this.contest?.done]);
      if (now === this.#askedFor || RUNNING.includes(this.phase())) return;
      this.#askedFor = now;
      this.lab.link.send({ do: "expect", plan: this.asked(), settings });
    }, PATIENCE);
  }

  begin() {
    this.lab.link.flush();
    this.starting = true;
    const settings = Object.fromEntries(SETTINGS.map((name) => [name, this.lab.get(name)]));
    this.lab.answers.clear();
    this.lab.link.send({ do: "compare", plan: this.asked(), settings });
    this.lab.link.expect(() => this.starting, () => {
      this.starting = false;
      this.lab.mark("compare");
    });
    this.lab.mark("compare", "status");
  }

  halt() {
    this.lab.link.send({ do: "halt" });
  }

  /** @param {number} candidate */
  against(candidate) {
    this.lab.link.send({ do: "rival", rival: candidate });
  }

  /** @param {string} test */
  judgeBy(test) {
    this.lab.link.send({ do: "rival", test });
  }

  /** Show a run in the lab's first face. @param {number} candidate @param {number} seed */
  show(candidate, seed) {
    this.lab.link.send({ do: "open", candidate, seed });
  }

  /** @param {Partial<typeof this.look>} part */
  turn(part) {
    this.look = { ...this.look, ...part };
    this.lab.mark("compare");
  }

  /** The place of the value in view: of a sweep the slider's, at first the last. */
  at() {
    const values = this.contest?.plan.values ?? [];
    return Math.min(this.look.at ?? values.length - 1, Math.max(0, values.length - 1));
  }

  /** @param {Told} told */
  take(told) {
    if (told.kind === "expected") this.expected = { sentence: told.sentence, wrong: told.wrong };
    else if (told.kind === "opened") {
      this.lab.link.set("face", "run");
      this.lab.gaze.show(told.id);
      this.lab.tell(told.sentence);
      this.lab.redraw();
      return this.lab.folds.show();
    } else this.starting = false;
    const values = JSON.stringify([this.contest?.plan.vary, this.contest?.plan.values]);
    if (values !== this.#values) this.look = { ...this.look, at: null }; // else the slider stays where it is
    this.#values = values;
    if (!RUNNING.includes(this.phase())) this.expect();
    this.lab.mark("compare", "faces", "root", "buttons", "status");
  }
}
