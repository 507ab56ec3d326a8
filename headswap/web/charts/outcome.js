/**
 * A bet beside what came out: right or not, by a word, a shape and only then a colour.
 *
 * @typedef {Titled & {kind: "outcome", text: string, won: boolean|null, truth: string}} OutcomeSpec `won` is
 *   null and `truth` empty while the bet is open
 * @import {Place, Titled} from "./frame.js"
 */

import { h, put, say } from "../elements.js";
import { frame } from "./frame.js";

/** @param {boolean|null} won */
export const wonText = (won) => (won === null ? "" : won ? "✓ Right" : "✗ Not this time");

/** @param {Place} place */
export function outcome(place) {
  const [word, text] = [h("p", { class: "hs-won" }), h("p")];
  const { root, entitle } = frame(place, word, text);
  const paint = (/** @type {OutcomeSpec} */ spec) => {
    entitle(spec);
    put(root, { "data-won": spec.won === null ? null : spec.won ? "yes" : "no" });
    word.hidden = spec.won === null;
    say(word, wonText(spec.won));
    say(text, spec.text);
  };
  return { root, paint };
}
