/**
 * What the panels may ask and do: the only holder of state.
 *
 * @typedef {{do: "hello"|"stop"|"reset"|"restore"} | {do: "train"|"step"|"line", id?: number,
 *   settings: Partial<Settings>}
 *   | {do: "pin"|"unpin"|"use"|"delete", id: number}
 *   | {do: "try", text: string, ids: number[]} | {do: "forecast", answer: string} | {do: "file", name: string}
 *   | {do: "flow", asked: string, id: number, text: string, position: number, head: number, zoom: string,
 *   swapped: boolean}
 *   | {do: "want", runs: number[], data: string[]} | {do: "halt"} | {do: "rival", rival?: number, test?: string}
 *   | {do: "compare"|"expect", plan: Asked, settings: Partial<Settings>}
 *   | {do: "open", candidate: number, seed: number}} Order
 *
 * @import {Asked} from "../comparing/contest.js"
 * @import {Model} from "../web/link.js"
 * @import {Shown} from "./look.js"
 * @import {Settings, Traits} from "./settings.js"
 * @import {News, Run, Said, Store} from "./store.js"
 */

import { isOfContest } from "../comparing/contest.js";
import { freshId } from "../web/elements.js";
import { scheduler } from "../web/frames.js";
import { BUSY, GONE, Link } from "../web/link.js";
import { settingsOf } from "./apart.js";
import { Compare } from "./compare/compare.js";
import { Deeds } from "./deeds.js";
import { Engine } from "./engine.js";
import { Folds } from "./folds.js";
import { Gaze } from "./gaze.js";
import { keptIntervals, runsOnShow, shownOf } from "./look.js";
import { UNDER_WAY, phaseShown } from "./phases.js";
import { isStill } from "./replay.js";
import { tableOf } from "./rows.js";
import { Answers } from "./said.js";
import { DIGITS, DIGIT_NAMES, SETTINGS, clampSetting, settingsKey } from "./settings.js";
import { emptyStore, pinRun, reduce, takeRun, visibleRuns } from "./store.js";
import { Wishes } from "./wishes.js";

// Milliseconds between two paintings of arriving epochs: the eye needs no more, and training wants the processor.
const CALM = 60;
const [STOP_TAKES, STOP_HEARD] = [10000, 1000];
const BLOCKED = `${BUSY.slice(0, -1)}: the run stops then, or at once if you interrupt the kernel (■).`;
const EPOCH_PARTS = ["machine", "curves", "confusion", "messages", "metrics", "facts", "cloud", "diagnosis",
  "reliability"];

export class Lab {
  #uid = freshId();
  gaze = new Gaze(this);
  folds = new Folds(this);
  compare = new Compare(this);
  engine = new Engine(this);
  deeds = new Deeds(this);
  #spreadOf = keptIntervals();
  /** @type {Shown|null} */
  #shown = null;
  answers = new Answers();
  #answered = "";
  /** @type {string|null} */
  #stoppedIn = null;
  #starting = false;
  #begun = "";
  #recorded = 0; // the recorded run in view
  wishes = new Wishes((order) => this.link.send(order),
    () => runsOnShow(this.store, this.gaze.look.selected, this.fits));
  #painting = false;
  #painted = -Infinity;
  #frames = scheduler({});

  /** @param {Model<Traits>} model */
  constructor(model) {
    /** @type {Link<Traits, Order>} */
    this.link = new Link(model, (sentence) => this.tell(sentence, true));
    const kept = this.get("kept");
    /** @type {Store} without a kernel the latest run is all there is */
    this.store = kept?.id === undefined ? emptyStore() : takeRun(emptyStore(), kept);
  }

  // ---- painting

  /** @param {Record<string, () => void>} paints what paints the parts, by name */
  paintWith(paints) {
    this.#frames = scheduler(paints);
  }

  /** @param {string[]} names parts that must be painted again */
  mark(...names) {
    this.#shown = null;
    this.#frames.mark(...names);
  }

  redraw() {
    this.#shown = null;
    this.#frames.all();
  }

  /** @param {string} name */
  id(name) {
    return `${this.#uid}-${name}`;
  }

  // ---- what there is to see

  /** @template {keyof Traits} K @param {K} name */
  get(name) {
    return this.link.get(name);
  }

  threshold() {
    return clampSetting("threshold", this.get("threshold") ?? 0.5) ?? 0.5;
  }

  shown() {
    this.#shown ??= shownOf(this.store, this.gaze.look, this.threshold(), this.#spreadOf, this.#veils(), this.fits,
      this.get("data") === DIGITS ? DIGIT_NAMES : undefined);
    return this.#shown;
  }

  /** Whether a recorded run is to be seen: that of the settings on the page, else the one that was; and none while a
   * run of one's own gets ready. @param {Run} run */
  fits = (run) => {
    if (run.recorded && this.isOf(run)) this.#recorded = run.id;
    return run.id === this.#recorded && !this.busy();
  };

  /** Whether a run is one of the settings on the page. @param {Run} run */
  isOf = (run) => this.#settingsNow() === settingsKey(settingsOf(run));

  /** Until a bet is made, runs that were trained without one would give it away. */
  #veils() {
    return this.asks() && !this.answered() && !this.store.runs.some((run) => run.forecast);
  }

  table() {
    const runs = this.#veils() ? [] : visibleRuns(this.store).map((run) => this.#ended(run));
    return tableOf(runs, this.threshold(), this.#spreadOf);
  }

  /** A run that was under way when the kernel ended. @param {Run} run */
  #ended(run) {
    return this.link.gone && run.outcome === "running" ? { ...run, outcome: "lost with the kernel" } : run;
  }

  #phase() {
    return this.link.gone ? "gone" : this.store.state.phase;
  }

  phase = () => phaseShown(this.#phase(), this.#stoppedIn);

  starting = () => this.#starting;

  /** Whether a run is under way, or about to be. */
  busy() {
    return this.#starting || UNDER_WAY.includes(this.phase());
  }

  sentence() {
    return this.told() || (this.phase() === "stopping" ? "stopping…" : this.store.state.sentence || "Ready.");
  }

  /** What is said before any news of the run: that its kernel is gone, or what somebody's deed led to. */
  told() {
    return this.link.gone ? GONE : this.answers.sentence;
  }

  /** Whether the status line speaks of something that went wrong. */
  failed() {
    return this.link.gone || (this.answers.sentence ? this.answers.wrong : this.phase() === "failed");
  }

  /** @param {string} name of a control */
  shows(name) {
    const names = this.get("controls");
    return !names || names.includes(name);
  }

  /** @param {string} name of a control */
  locks(name) {
    return (this.get("locked") ?? []).includes(name);
  }

  asks() {
    return Boolean(this.get("question")) && this.shows("forecast");
  }

  answered() {
    return (this.get("answers") ?? []).includes(this.#answered) ? this.#answered : "";
  }

  tunedRate() {
    const { tuned } = this.get("machine") ?? {};
    if (this.byHand() && tuned) return tuned;
    return (this.get("choices")?.regimes ?? []).find(({ name }) => name === this.get("regime"))?.rate ?? 0.001;
  }

  /** Whether the regime of the next run was built by hand. */
  byHand() {
    return Object.keys(this.get("rates") ?? {}).length > 0;
  }

  // ---- what the learner does

  /** A setting; `lazy` while a hand is still on it.
   * @template {keyof Settings} K @param {K} name @param {Traits[K]} value */
  set(name, value, lazy = false) {
    this.link.set(name, value, lazy ? 120 : 0);
    if (name === "threshold") this.mark(...EPOCH_PARTS, "runs", "try");
    this.mark("controls");
  }

  /** Another setting: for the next run, and before the first one also what is on show. */
  settingChanged() {
    if (this.store.runs.some((run) => !run.recorded)) this.mark("controls", "curves", "machine", "buttons");
    else this.redraw();
  }

  /** Whether a run is under way whose settings are no longer those on the page. */
  changedSince() {
    return UNDER_WAY.includes(this.phase()) && this.#begun !== "" && this.#begun !== this.#settingsNow();
  }

  #settingsNow() {
    return settingsKey(Object.fromEntries(SETTINGS.map((name) => [name, this.get(name)])));
  }

  /** @param {string} button */
  press(button) {
    if (this.link.gone) return this.tell(GONE);
    if (button === "train" || button === "step") this.#begin(button);
    else if (button === "stop") this.#stop();
    else if (button === "reset") this.store.undo === "reset" ? this.deeds.undo() : this.deeds.reset();
    else {
      const run = this.shown().run;
      if (run) this.togglePin(run.id);
    }
  }

  /** @param {"train"|"step"} what */
  #begin(what) {
    this.link.flush();
    this.#starting = true;
    this.#begun = this.#settingsNow();
    this.answers.clear();
    this.engine.swapped = true; // the new head is trained, so it is the one to be seen
    this.gaze.refresh(true);
    const settings = Object.fromEntries(SETTINGS.map((name) => [name, this.get(name)]));
    this.link.send({ do: what, settings });
    this.folds.panels.get("curves")?.scrollIntoView({ block: "nearest", behavior: isStill() ? "auto" : "smooth" });
    this.link.expect(() => this.#starting, () => {
      this.#starting = false;
      this.mark("buttons");
    });
    this.mark("buttons", "status", "runs", "root", "try", ...EPOCH_PARTS);
  }

  #stop() {
    this.gaze.goLive();
    if (!UNDER_WAY.includes(this.phase())) return;
    this.#stoppedIn = this.#phase();
    this.link.send({ do: "stop" });
    this.link.later(() => {
      if (this.#stoppedIn !== null && this.store.state.phase !== "stopping" && !this.link.gone) this.tell(BLOCKED);
    }, STOP_HEARD);
    this.link.later(() => {
      this.#stoppedIn = null;
      this.mark("buttons", "status", "root");
    }, STOP_TAKES);
    this.mark("buttons", "status", "root");
  }

  /** @param {number} id */
  togglePin(id) {
    const run = this.store.runs.find((one) => one.id === id);
    if (!run) return;
    this.store = pinRun(this.store, id, !run.pinned);
    this.link.send({ do: run.pinned ? "unpin" : "pin", id });
    this.wishes.want(this.store);
    this.mark("buttons", "runs", "try", ...EPOCH_PARTS);
  }

  /** @param {string} answer */
  forecast(answer) {
    this.#answered = answer;
    if (answer) this.link.send({ do: "forecast", answer });
    this.redraw();
  }

  /** @param {string} text */
  try(text) {
    this.wishes.try(text);
    this.mark("machine");
  }

  /** Something about the look has changed. */
  lookedAt() {
    this.mark(...EPOCH_PARTS, "root", "status", "try");
  }

  // ---- what the kernel says

  hello() {
    this.link.greet({ do: "hello" });
    this.link.ask({ do: "hello" });
  }

  /** @param {News} news */
  receive(news) {
    const before = this.store;
    this.store = reduce(before, news);
    this.link.answered();
    if (this.answers.heard()) this.mark("status", "compare");
    if (news.kind === "history") this.link.greeted();
    if (this.store.gap) this.hello();
    if (this.store === before) return;
    this.#heard(news);
  }

  /** @param {News} news */
  #heard(news) {
    if (isOfContest(news)) return this.compare.take(news);
    if (news.kind === "answer") return this.mark("try", "machine");
    if (news.kind === "flow") return this.engine.take(news);
    if (news.kind === "line") return this.deeds.take(news);
    if (news.kind === "state") return this.#stateChanged();
    if (news.kind === "said") return this.#said(news);
    if (news.kind === "run") this.#runBegan();
    if (news.kind === "epoch") return this.#paintSoon();
    if (news.kind === "history" || news.kind === "told") this.wishes.granted();
    if (news.kind === "history" || news.kind === "cleared") {
      this.wishes.forget();
      this.engine.forget();
    }
    if (news.kind === "history") {
      this.compare.starting = false; // it may hold all that came of it
      this.answers.remember(news.said);
      this.#answered ||= news.forecast ?? "";
    }
    this.wishes.want(this.store);
    this.redraw();
  }

  #runBegan() {
    this.gaze.refresh(true);
    this.engine.forget();
    this.#starting = false;
    this.#begun = this.#settingsNow();
    // The first run of a page is painted at the eye's pace: most are over before anybody has looked.
    if (this.store.runs.filter((run) => !run.recorded && !run.ahead).length === 1 && !isStill()) this.gaze.play();
  }

  #paintSoon() {
    this.#shown = null;
    if (this.#painting) return;
    this.#painting = true;
    this.link.later(() => {
      [this.#painting, this.#painted] = [false, performance.now()];
      this.mark(...EPOCH_PARTS, "runs", "root");
    }, Math.max(0, this.#painted + CALM - performance.now()));
  }

  /** @param {Said} said */
  #said(said) {
    this.#starting = false;
    this.answers.take(said);
    this.mark("buttons", "status", "controls", "try", "compare");
  }

  #stateChanged() {
    this.#starting = false;
    this.answers.runSpoke();
    if (this.phase() !== "stopping") this.#stoppedIn = null;
    this.mark("buttons", "status", "controls", "machine", "root");
  }

  /** Something to say in the status line, or that nobody answers. @param {string} sentence */
  tell(sentence, silence = false) {
    this.answers.tell(sentence, silence);
    if (this.link.gone) this.#starting = false;
    this.mark("status", "compare", ...(this.link.gone ? ["buttons", "runs", "root"] : []));
  }

  close() {
    this.gaze.replay.pause();
    this.#frames.cancel();
    this.link.close();
  }

  /** What the page may know of the lab. @param {HTMLElement} el */
  describe(el) {
    const run = this.gaze.run();
    this.gaze.follow(run);
    el.dataset.epoch = String(run?.epochs.at(-1)?.epoch ?? 0);
    el.dataset.phase = this.phase();
    el.dataset.playing = String(this.gaze.playing);
    el.dataset.compares = this.compare.phase();
    el.classList.toggle("hs-present", Boolean(this.get("present")));
    if (run) el.dataset.run = String(run.id);
    else delete el.dataset.run;
  }
}
