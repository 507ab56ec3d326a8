/**
 * What tells runs apart: the settings in which they differ, a name made of these, and an identity for each pinned run.
 *
 * @typedef {string|number|boolean|null|Record<string, number>} Value
 * @typedef {{name: keyof Settings, column: string, cell: (value: Value) => string, word: (text: string) => string,
 *   fixed: boolean}} Way a setting, its column in the table of runs (`fixed`: that table tells it anyway), its value as
 *   text, and what a name says of it
 *
 * @import {Settings} from "./settings.js"
 * @import {Run} from "./store.js"
 */

import { countText, rateText } from "../web/text.js";
import { DEFAULTS } from "./settings.js";

/** What a run was told where it does not say otherwise, as `Settings` in live/runs.py has it. */
export const USUAL = { regime: "head-only", pool: "mean", epochs: 20, seed: 0, ...DEFAULTS };

/** All settings of a run; one that was recorded long ago tells only the first few. @param {Run} run */
export const settingsOf = ({ settings, regime, pool, seed, planned }) =>
  ({ ...USUAL, ...(settings ?? { regime, pool, seed, epochs: planned }) });

/** @param {Value} value */
const count = (value) => countText(Number(value));
/** @param {string} path */
const fileName = (path) => path.split(/[\\/]/).at(-1) ?? path;

/** @param {keyof Settings} name @param {string} column @param {Partial<Way>} [more] @returns {Way} */
const way = (name, column, more = {}) =>
  ({ name, column, cell: String, word: (text) => `${column} ${text}`, fixed: false, ...more });

/** Empty leaves the choice to somebody else. @param {string} whose */
const chosen = (whose) => ({ cell: (/** @type {Value} */ value) => String(value || whose) });

const SAID = 2; // settings that a run may say although most have the same

/** @type {Way[]} */
const WAYS = [
  way("regime", "regime", { fixed: true, word: (text) => text }),
  way("pool", "pooling", { fixed: true }),
  way("learning_rate", "rate", { cell: (value) => (value === null ? "tuned" : rateText(Number(value))) }),
  way("messages", "messages", { cell: count }),
  way("epochs", "epochs", { fixed: true, cell: count }),
  way("seed", "seed", { fixed: true }),
  way("max_len", "bytes", { cell: count }),
  way("data", "data", { cell: (value) => fileName(String(value)) }),
  way("head", "head", chosen("usual")),
  way("batch_size", "batch", { cell: count }),
  way("schedule", "schedule", chosen("usual")),
  way("causal", "causal mask", { cell: (value) => (value ? "yes" : "no"),
    word: (text) => (text === "yes" ? "causal mask" : "no causal mask") }),
  way("encoding", "encoding", chosen("guessed")),
  way("text_column", "text column", chosen("guessed")),
  way("label_column", "label column", chosen("guessed")),
  way("positive", "positive class", chosen("guessed")),
];

/** All values in which a run may differ; its regime is what a table calls it, as one built by hand is its rates.
 * @param {Run} run @returns {Record<string, Value>} */
export const valuesOf = (run) => ({ ...settingsOf(run), regime: run.regime });

/** The settings in which runs differ. @param {Record<string, Value>[]} all the values of each */
export const differing = (all) => WAYS.filter(({ name }) => new Set(all.map((values) => values[name])).size > 1);

/** What each run is called among these: its regime, where those differ, and what sets it apart from most of them; its
 * number where that is not enough. A run alone has its whole label.
 * @param {Run[]} runs @returns {Record<number, string>} */
export function namesOf(runs) {
  if (runs.length < 2) return Object.fromEntries(runs.map((run) => [run.id, run.label]));
  const all = runs.map(valuesOf);
  const ways = differing(all).map((one) => ({ ...one, usual: one.name === "regime" ? undefined : usualOf(one, all) }));
  const say = (/** @type {Way[]} */ some, /** @type {Record<string, Value>} */ values) =>
    some.map(({ name, cell, word }) => word(cell(values[name]))).join(" · ");
  const odd = all.map((values) => say(ways.filter(({ name, usual }) => values[name] !== usual), values));
  // One that is like most says all that differs, unless that is much or another one is the same.
  const few = ways.length <= SAID && odd.filter((word) => word === "").length === 1;
  const words = odd.map((word, i) => word || (few ? say(ways, all[i]) : ""));
  const alone = words.map((word) => word !== "" && words.filter((other) => other === word).length === 1);
  return Object.fromEntries(runs.map((run, i) => [run.id, nameOf(run, words[i], alone[i])]));
}

/** The value that most have, more than half of them. @param {Way} way @param {Record<string, Value>[]} all */
const usualOf = ({ name }, all) => all.map((values) => values[name]).find((value) =>
  2 * all.filter((values) => values[name] === value).length > all.length);

/** @param {Run} run @param {string} word @param {boolean} alone whether no other run has the same word */
function nameOf({ id, recorded }, word, alone) {
  if (alone) return recorded ? `${word} (recorded)` : word;
  return [word, recorded ? `recorded run ${Math.abs(id)}` : `run ${id}`].filter(Boolean).join(" · ");
}

// The first two have the colours of training and validation, so they come last.
const FIRST = [2, 3, 4, 5, 6, 7];
const LAST = [0, 1];

/** Who has which identity: those who have one keep it, the others take their usual one, or the next that is free.
 * @param {Record<number, number>} known @param {number[]} ids of the pinned runs @returns {Record<number, number>} */
export function identities(known, ids) {
  const kept = Object.entries(known).filter(([id]) => ids.includes(Number(id)));
  const fresh = ids.filter((id) => known[id] === undefined);
  if (kept.length === Object.keys(known).length && !fresh.length) return known;
  /** @type {Record<number, number>} */
  const who = Object.fromEntries(kept);
  for (const id of fresh) who[id] = freeFor(id, Object.values(who));
  return who;
}

/** @param {number} id @param {number[]} taken */
function freeFor(id, taken) {
  const usual = (((id - 1) % FIRST.length) + FIRST.length) % FIRST.length;
  const order = [...FIRST.slice(usual), ...FIRST.slice(0, usual), ...LAST];
  return order.find((who) => !taken.includes(who)) ?? FIRST[usual];
}
