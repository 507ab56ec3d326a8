/**
 * A text as its words: how far each moves the answer, and where reading ended.
 *
 * @import {Heard, Piece, Tried, Verdict, Word} from "../asked.js"
 */

import { h, say, tableFold } from "../../web/elements.js";
import { countText, ofThem } from "../../web/text.js";
import { effectFor, otherThan, pieceText, piecesOf, sideOf, signed } from "../asked.js";

/** @typedef {Tried & {said: Verdict|null, name: string, who: number|null}} Judged a run that was asked, and what tells
 * it from the others */

/** @param {Piece} piece @param {string} text what it says aloud */
function makeWord(piece, text) {
  const letters = h("span", { class: "hs-letters" }, piece.read, ...(piece.unread ? [h("s", {}, piece.unread)] : []));
  const number = h("span", { class: "hs-effect" }, piece.strong ? signed(Number(piece.effect), 1) : "");
  const word = h("li", { class: "hs-word", "data-side": sideOf(piece.effect), title: text, "aria-label": text },
    letters, number);
  word.style.setProperty("--hs-part", piece.part.toFixed(3));
  return word;
}

/** Where reading ended before the text did. @param {Heard} heard */
function tailOf({ bytes: [read, all] }) {
  const text = `not read: ${countText(all - read)} of ${ofThem(all, "byte")}: this model stops after ${read}`;
  return read < all ? [h("li", { class: "hs-tail" }, text)] : [];
}

/** How to read the numbers, or why there are none. @param {Heard} heard @param {string} positive */
function hintOf({ words, more, picture }, positive) {
  if (!words.length) return "You see which words decide when the run pauses or ends.";
  const only = picture ? "Move the digit, and you see what each move does." :
    "Without its only word, there's no text left to compare.";
  if (words.every(([, , effect]) => effect === null)) return only;
  const rest = more ? ` Only the first ${words.length} words are measured.` : "";
  const odds = `+1 makes the odds of ${positive} 2.7 times as high`;
  return `Each number is how far the logit falls without that ${picture ? "move" : "word"}: ${odds}.${rest}`;
}

const TOGETHER = "The model doesn't add words up: it reads each one in context.";

/** Why the verdict is another one than the words seem to say: each was taken out alone.
 * @param {Verdict} said @param {string} positive @param {string} negative @param {number} threshold
 * @param {string} [pieces] */
function apartText({ positive: is, p }, positive, negative, threshold, pieces = "words") {
  if (negative.startsWith("not "))
    return `Taken out one at a time, the ${pieces} speak ${is ? "against" : "for"} ${positive}.`;
  const alone = `Taken out one at a time, the words speak for ${is ? negative : positive}; together they reach ${
    p.toFixed(3)}`;
  return `${alone}${is ? "" : `, and ${positive} begins at ${threshold.toFixed(2)}`}. ${TOGETHER}`;
}

/** Whether the words that have a number, taken together, speak for the verdict. @param {Piece[]} pieces
 * @param {Verdict} said */
export function addsUp(pieces, { positive }) {
  const sum = pieces.reduce((all, { strong, effect }) => all + (strong ? effect ?? 0 : 0), 0);
  return sum === 0 || (sum > 0) === positive;
}

/** Samples of both kinds of words, and whose words they are where there are several runs. */
function legend() {
  const [one, other] = ["for", "against"].map((side) => {
    const word = h("span", { class: "hs-word", "data-side": side });
    word.style.setProperty("--hs-part", "0.6");
    return word;
  });
  const whose = h("span");
  const root = h("div", { class: "hs-wordkeys" }, one, other, whose);
  /** @param {string} positive @param {string} negative @param {string} run */
  const paint = (positive, negative, run) => {
    say(one, `for ${positive}`);
    say(other, `for ${negative}`);
    say(whose, run);
  };
  return { root, paint };
}

/** A run's column of the table: what it is called, and its words' effects.
 * @param {Judged} judged @param {boolean} several
 * @returns {{name: string, words: Word[], effects: (number|null)[]}[]} none where no word was measured */
function columnOf({ run, heard, said, name: called }, several) {
  if (!run || !said || !heard?.words.length) return [];
  const name = `${several ? `${called}, ` : ""}for ${run.label_names[said.sought]}`;
  return [{ name, words: heard.words, effects: heard.words.map(([, , effect]) => effectFor(effect, said.sought)) }];
}

/** Every word with its effect in each run. @param {Judged[]} all @param {string} text */
function tableOf(all, text) {
  const columns = all.flatMap((judged) => columnOf(judged, all.length > 1));
  const signs = [...text];
  const cell = (/** @type {number|null|undefined} */ effect) => (typeof effect === "number" ? signed(effect) : "–");
  const rows = () => (columns[0]?.words ?? []).map(([start, end], i) =>
    [signs.slice(start, end).join(""), ...columns.map(({ effects }) => cell(effects[i]))]);
  const some = columns.some(({ effects }) => effects.some((effect) => effect !== null));
  return { names: [all[0].heard?.picture ? "move" : "word", ...columns.map(({ name }) => name)], rows, some };
}

/** @param {() => void} opened called when the table opens */
export function wordsPart(opened) {
  const list = h("ul", { class: "hs-words", role: "list", "aria-label": "piece by piece" });
  const [keys, hint, apart] = [legend(), h("p", { class: "hs-hint" }), h("p", { class: "hs-apart" })];
  const table = tableFold(opened);
  const root = h("div", { class: "hs-wordwise" }, list, keys.root, apart, hint, table.fold);
  let drawn = "";
  /** The text as the first of these runs takes it. @param {string} text @param {Judged[]} all
   * @param {number} threshold */
  const paint = (text, all, threshold) => {
    const [{ run, heard, said, name }] = all;
    root.hidden = !run || !heard || !said;
    if (!run || !heard || !said) return;
    const [labels, sought] = [run.label_names, said.sought];
    const now = JSON.stringify([text, heard.words, heard.bytes, labels, sought]);
    const pieces = piecesOf(text, heard, sought);
    apart.hidden = addsUp(pieces, said);
    say(apart, apart.hidden ? "" : apartText(said, labels[sought], otherThan(labels, sought), threshold,
      heard.picture ? "moves" : "words"));
    if (now !== drawn) {
      const words = pieces.map((piece) => makeWord(piece, pieceText(piece, labels, sought)));
      list.replaceChildren(...words, ...tailOf(heard));
    }
    drawn = now;
    keys.paint(labels[sought], otherThan(labels, sought), all.length > 1 ? `in ${name}` : "");
    keys.root.hidden = !heard.words.some(([, , effect]) => sideOf(effectFor(effect, sought)));
    say(hint, hintOf(heard, labels[sought]));
    const { names, rows, some } = tableOf(all, text);
    table.fold.hidden = !some;
    table.paint(names, rows);
  };
  return { root, paint };
}
