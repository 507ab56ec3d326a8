/**
 * The lab's settings: which there are, and which values they may have.
 *
 * @typedef {{name: string, summary: string, group?: string}} Named
 * @typedef {{name: string, label: string, usual: (string|number)[], number: boolean}} Varied
 * @typedef {{regimes: (Named & {rate: number, schedule: string})[], pools: Named[], heads: string[],
 *   schedules: string[], varied: Varied[], usual: string[]}} Choices
 * @typedef {{regime: string, pool: string, epochs: number, learning_rate: number|null, messages: number,
 *   max_len: number, seed: number, data: string, head: string, batch_size: number, schedule: string, causal: boolean,
 *   encoding: string, text_column: string, label_column: string, positive: string,
 *   rates: Record<string, number>, threshold: number}} Settings
 * @typedef {MachineSpec & {key: string, tuned: number}} Drawn the machine as the next run would train it
 * @typedef {Settings & {machine: Drawn|{layers?: undefined, tuned?: undefined}, choices: Partial<Choices>,
 *   controls: string[]|null, locked: string[], question: string, answers: string[], files: string[], folds: string[],
 *   present: boolean, face: string, contest: Partial<Asked>, kept: Run|{id?: undefined}}} Traits
 *   what both sides know; see view.py
 *
 * @import {Asked} from "../comparing/contest.js"
 * @import {MachineSpec} from "../web/charts/machine_words.js"
 * @import {Run} from "./store.js"
 */

/** @type {(keyof Settings)[]} */
export const SETTINGS = ["regime", "pool", "epochs", "learning_rate", "messages", "max_len", "seed", "data", "head",
  "batch_size", "schedule", "causal", "encoding", "text_column", "label_column", "positive", "rates", "threshold"];
/** The digits: images among the data. */
export const DIGITS = "digits";
export const DIGIT_NAMES = [..."0123456789"];
/** What nobody has to bring, and how many bytes a body must read where a cut would leave no sense. */
export const PRACTICE = ["fixture", "shifted", "order", DIGITS];
/** What means nothing where images are read. @type {string[]} */
export const OF_TEXTS = ["max_len", "causal", "shift"];
/** What one of them is called. @param {string|undefined} data */
export const itemOf = (data) => (data === DIGITS ? "digit" : "message");
/** @type {Record<string, number>} */
export const LENGTHS = { order: 96 };
/** What a recorded run was made with, but for what it says itself. */
export const DEFAULTS = { learning_rate: null, messages: 640, max_len: 32, data: "fixture", head: "", batch_size: 32,
  schedule: "", causal: true, encoding: "", text_column: "", label_column: "", positive: "", rates: {} };

/** Settings as one text: equal where the run would be. @param {Partial<Settings>} settings */
export const settingsKey = (settings) =>
  JSON.stringify(SETTINGS.filter((name) => name !== "threshold").map((name) => settings[name] ?? null));

/** @typedef {"epochs"|"max_len"|"messages"|"seed"|"batch_size"} Whole the settings that are whole numbers */
/** @type {Record<Whole|"threshold"|"learning_rate", [number, number]>} */
export const LIMITS = { epochs: [1, 200], max_len: [8, 256], messages: [20, 80000], seed: [0, 2147483647],
  batch_size: [1, 1024], threshold: [0, 1], learning_rate: [1e-5, 1] };
const WHOLE = ["epochs", "max_len", "messages", "seed", "batch_size"];
export const MESSAGES = [20, 40, 80, 160, 320, 640, 2560, 10240, 80000];
export const FILE_LIMIT = 5_000_000;

/** A number as the lab accepts it, or undefined where there is none to be had.
 * @param {keyof typeof LIMITS} name @param {unknown} value @returns {number|undefined} */
export function clampSetting(name, value) {
  const number = typeof value === "string" && value.trim() === "" ? NaN : Number(value);
  if (!Number.isFinite(number)) return undefined;
  const [low, high] = LIMITS[name];
  let inside = Math.min(high, Math.max(low, number));
  if (WHOLE.includes(name)) inside = Math.round(inside);
  return name === "messages" ? inside - (inside % 2) : inside;
}

/** A learning rate of two digits from a slider's position, and back. @param {number} position log10 of the rate */
export const rateAt = (position) => Number((10 ** position).toPrecision(2));
/** @param {number} rate */
export const positionOf = (rate) => Math.min(0, Math.max(-5, Math.log10(rate)));
