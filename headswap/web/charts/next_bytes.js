/**
 * The bytes that a language model expects at a position, the likeliest first, as small bars.
 *
 * @typedef {[string, number]} Guess a byte and its probability
 */

import { h, put } from "../elements.js";
import { visible } from "../text.js";

/** A share in words, never 0 for what is only small. @param {number} share */
export const chanceText = (share) => (share > 0 && share < 0.0005 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`);

/** @param {Guess} guess @param {string} actual the byte that came, where it is known */
function guessNode([label, share], actual) {
  const came = label === actual;
  return h("li", { class: came ? "hs-came" : null },
    h("span", { class: "hs-g-sign" }, visible(label)),
    h("span", { class: "hs-track", "aria-hidden": "true" },
      h("span", { class: "hs-part", style: `width: ${(100 * share).toFixed(1)}%` })),
    h("span", { class: "hs-value" }, `${chanceText(share)}${came ? " ✓" : ""}`));
}

/** A list of guesses; `paint` is given them, and the byte that really came. */
export function nextBytes() {
  const root = h("ul", { class: "hs-upcoming", role: "list" });
  /** @param {Guess[]} guesses @param {string} actual @param {string} name */
  const paint = (guesses, actual, name) => {
    put(root, { "aria-label": name });
    root.replaceChildren(...guesses.map((guess) => guessNode(guess, actual)));
  };
  return { root, paint };
}
