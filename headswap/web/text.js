/** Numbers and signs as text, and how much room text takes. */

/** @param {number} value */
export const countText = (value) => Math.round(value).toLocaleString("en-US");

/** @param {number} value a share */
export const percentText = (value) => `${(100 * value).toFixed(value && value < 0.01 ? 2 : 0)} %`;

/** About three digits; a whole number has all of its own. @param {number|null|undefined} value */
export function numberText(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return countText(value);
  const size = Math.abs(value);
  if (size >= 1000) return value.toLocaleString("en-US", { maximumFractionDigits: 1 });
  return size < 0.001 ? value.toPrecision(2) : value.toFixed(size < 1 ? 3 : size < 10 ? 2 : 1);
}

/** A slider's number with as many digits as its step has. @param {number} value @param {number} step */
export function stepText(value, step) {
  const digits = (Number(step).toFixed(8).replace(/0+$/, "").split(".")[1] ?? "").length;
  return digits ? Number(value).toFixed(digits) : countText(value);
}

/** @param {number|null|undefined} value */
export function lossText(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "none";
  return Math.abs(value) < 1000 ? value.toFixed(3) : value.toExponential(2);
}

/** @param {number|null} seconds null where nobody kept them */
export function secondsText(seconds) {
  if (seconds === null) return "–";
  if (seconds < 0.1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  return seconds < 100 ? `${seconds.toFixed(seconds < 10 ? 2 : 1)} s` : `${Math.round(seconds / 60)} min`;
}

/** @param {number} rate */
export const rateText = (rate) => (rate >= 0.001 ? String(Number(rate.toPrecision(2))) : rate.toExponential());

/** A difference with its sign. @param {number} value a whole number */
export const differenceText = (value) => (value === 0 ? "±0" : `${value > 0 ? "+" : "−"}${countText(Math.abs(value))}`);

/** One or many of a thing. @param {number} many @param {string} thing */
export const ofThem = (many, thing) => `${many} ${thing}${many === 1 ? "" : "s"}`;

/** @type {Record<string, string>} */
const BLANKS = { " ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥", "": "∅" };

/** A sign that can be seen in place of a blank. @param {string} text */
export const visible = (text) => BLANKS[text] ?? text;

// Wider than the mean character of an 11 px interface font; a label given this much room is not cut.
export const LETTER = 6.6;
// How far apart two rows of such text are.
export const ROW = 13;

/** The pixels that the longest of these takes. @param {string[]} labels */
export const widest = (labels) => LETTER * Math.max(0, ...labels.map((label) => [...label].length));

/** A label cut to the room it has. @param {string} text @param {number} room in pixels */
export function cut(text, room) {
  const signs = [...text];
  const fits = Math.max(1, Math.floor(room / LETTER));
  return signs.length <= fits ? text : `${signs.slice(0, fits - 1).join("")}…`;
}
