/**
 * A sentence or two.
 *
 * @typedef {Titled & {kind: "words", text: string}} WordsSpec
 * @import {Place, Titled} from "./frame.js"
 */

import { h, say } from "../elements.js";
import { frame } from "./frame.js";

/** @param {Place} place */
export function words(place) {
  const text = h("p");
  const { root, entitle } = frame(place, text);
  const paint = (/** @type {WordsSpec} */ spec) => {
    entitle(spec);
    say(text, spec.text);
  };
  return { root, paint };
}
