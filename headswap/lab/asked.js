/**
 * What the runs have answered to the learner's text, and what each word has to do with it.
 *
 * @typedef {number|null|(number|null)[]} Effect in logits; for more than two classes one for each
 * @typedef {[number, number, Effect]} Word where it starts and ends, in whole characters, and its effect
 * @typedef {{id: number, epoch: number, p: (number|null)[], read: number, bytes: [number, number], words: Word[],
 *   more: number, picture?: Picture}} Heard a run's answer: the share of each class, the characters read whole, the
 *   bytes read of all, the words (none while epochs fly by), how many beyond the last were not measured, and the image
 *   where the text names one
 * @typedef {{text: string, answers: Heard[], gone: number[]}} Answer `gone` are runs whose model is no longer kept
 * @typedef {{run: Run|null, heard: Heard|null, gone: boolean}} Tried a run that was asked
 * @typedef {{p: number, name: string, verdict: string, positive: boolean, sought: number}} Verdict the share that is
 *   looked for, what it is of, the class that follows, and the class whose share it is
 * @typedef {{read: string, unread: string, effect: number|null, part: number, strong: boolean}} Piece a word as it is
 *   drawn: what was read of it and what not, its effect, how strong that is from 0 to 1, and whether it gets a number
 *
 * @import {Run} from "./store.js"
 * @import {Picture} from "../web/pixels.js"
 */

const WEAKEST = 0.5; // logits: where no word does more, none looks strong
const NAMED = 0.1; // logits: what is less gets no number
const SILENT = 0.02; // logits: what is less speaks for nobody

/** Answers to the same text gather, a run's latest counts; another text begins anew.
 * @param {Answer|null} known @param {Answer} news @returns {Answer} */
export function withAnswers(known, { text, answers, gone }) {
  const old = known && known.text === text ? known : { answers: [], gone: [] };
  const now = answers.map((one) => one.id);
  const others = (/** @type {number} */ id) => !now.includes(id);
  return { text, answers: [...old.answers.filter((one) => others(one.id)), ...answers],
    gone: [...new Set([...old.gone, ...gone])].filter(others) };
}

/** The runs that are asked, the one in view first; without a text or a run one place that waits.
 * @param {{run: Run|null, pinned: Run[], answer: Answer|null}} shown @param {string} text @returns {Tried[]} */
export function triedOf({ run, pinned, answer }, text) {
  const runs = [...(run ? [run] : []), ...pinned.filter((one) => one.id !== run?.id)];
  if (!text.trim() || !runs.length) return [{ run, heard: null, gone: false }];
  const fits = answer?.text.trim() === text.trim() ? answer : null;
  return runs.map((one) => ({ run: one, heard: fits?.answers.find((heard) => heard.id === one.id) ?? null,
    gone: Boolean(fits?.gone.includes(one.id)) }));
}

/** @param {Tried} tried @param {number} threshold @param {number|null} against of more than two classes the one that is
 * held against the rest @returns {Verdict|null} */
export function verdictOn({ run, heard }, threshold, against) {
  const labels = run?.label_names ?? [];
  const p = /** @type {number[]} */ ((heard?.p ?? []).filter((share) => share !== null));
  if (!p.length || p.length !== labels.length) return null;
  const best = p.indexOf(Math.max(...p));
  const sought = labels.length === 2 ? 1 : against !== null && against < labels.length ? against : null;
  const name = `P(${labels[sought ?? best]})`;
  if (sought === null) return { p: p[best], name, verdict: labels[best], positive: true, sought: best };
  const positive = p[sought] >= threshold;
  return { p: p[sought], name, verdict: positive ? labels[sought] : otherThan(labels, sought), positive, sought };
}

/** What speaks against a class speaks for the other one, where there is only one. @param {string[]} labels
 * @param {number} sought */
export const otherThan = (labels, sought) => (labels.length === 2 ? labels[1 - sought] : `not ${labels[sought]}`);

/** @param {Effect} effect @param {number} sought the class that it is for */
export const effectFor = (effect, sought) => (Array.isArray(effect) ? effect[sought] ?? null : effect);

/** A number with its sign, and as many digits after the point. @param {number} value */
export function signed(value, digits = 2) {
  const size = Math.abs(value).toFixed(digits);
  return Number(size) === 0 ? size : `${value > 0 ? "+" : "−"}${size}`;
}

/** For whom a word speaks. @param {number|null} effect @returns {"for"|"against"|null} */
export function sideOf(effect) {
  if (effect === null || Math.abs(effect) < SILENT) return null;
  return effect > 0 ? "for" : "against";
}

/** Where the words are in a list of characters, from a place on. @param {string[]} signs @param {number} from */
function spansFrom(signs, from) {
  /** @type {Word[]} */
  const spans = [];
  for (let i = from; i < signs.length; i++) {
    if (/\s/u.test(signs[i])) continue;
    const start = i;
    while (i < signs.length && !/\s/u.test(signs[i])) i++;
    spans.push([start, i, null]);
  }
  return spans;
}

/** The words of a text as they are drawn. @param {string} text @param {Heard} heard @param {number} sought
 * @returns {Piece[]} */
export function piecesOf(text, heard, sought) {
  const signs = [...text];
  const words = [...heard.words, ...spansFrom(signs, heard.words.at(-1)?.[1] ?? 0)];
  const effects = words.map(([, , effect]) => effectFor(effect, sought));
  const largest = Math.max(WEAKEST, ...effects.map((effect) => Math.abs(effect ?? 0)));
  return words.map(([start, end], i) => {
    const cut = Math.min(end, Math.max(start, heard.read));
    const size = Math.abs(effects[i] ?? 0);
    return { read: signs.slice(start, cut).join(""), unread: signs.slice(cut, end).join(""), effect: effects[i],
      part: size / largest, strong: size >= NAMED && size >= largest / 4 };
  });
}

/** What a word says aloud: "prize: +2.13 for spam". @param {Piece} piece @param {string[]} labels
 * @param {number} sought */
export function pieceText({ read, unread, effect }, labels, sought) {
  const side = sideOf(effect);
  const who = side === "against" ? ` for ${otherThan(labels, sought)}` : side ? ` for ${labels[sought]}` : "";
  const said = [unread && (read ? "read in part" : "not read"), effect === null ? "" : `${signed(effect)}${who}`];
  return [`${read}${unread}`, said.filter(Boolean).join(", ")].filter(Boolean).join(": ");
}
