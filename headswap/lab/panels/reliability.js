/**
 * Is the run on show as often right as it says? Its reliability at a temperature, and the temperature that fits best.
 *
 * @import {ReliabilitySpec} from "../../web/charts/reliability.js"
 * @import {Claims} from "../claims.js"
 * @import {Lab} from "../lab.js"
 * @import {Shown} from "../look.js"
 */

import { reliability } from "../../web/charts/reliability.js";
import { sliderInput } from "../../web/controls.js";
import { h, put, say } from "../../web/elements.js";
import { settingsOf } from "../apart.js";
import { claimsOf } from "../claims.js";
import { itemOf } from "../settings.js";

const [COLDEST, HOTTEST] = [0.25, 8];
const STEP = 0.05; // of the logarithm to the base 2: 3.5 %
const flattersText = (/** @type {string} */ item) =>
  `The best T was fitted on the very ${item}s you see, which flatters it a little.`;
const TERMS = "T divides the logits: above 1, the model sounds less sure. NLL is the mean loss. Of NLL and " +
  "Brier, less is better.";
const WAITING = "The probabilities of this epoch haven't come yet.";
const NO_RUN = "There's no run to look at yet.";

/** What the run was judged on, one of them. @param {Shown["run"]} run */
const itemIn = (run) => (run ? itemOf(settingsOf(run).data) : "message");

/** @param {number} temperature */
const heatText = (temperature) => temperature.toFixed(2);

/** What the temperatures say of the model. @param {Claims|null} claims */
export function verdictText(claims) {
  if (!claims) return "";
  const { best, why } = claims.fit;
  if (best === null) return `No temperature fits best: ${why}.`;
  const lead = `T = ${heatText(best)} fits best`;
  if (heatText(best) === heatText(1)) return `${lead}: this model is about as sure as it should be.`;
  if (claims.luck) return `${lead}, but T = 1 fits about as well: the difference could be luck.`;
  const off = `at T = 1, this model is ${best > 1 ? "too sure" : "not sure enough"}`;
  if (claims.before.ece > claims.before.floor.high) return `${lead}: ${off}.`;
  return `${lead}: by its loss, ${off}, but too little for the calibration error to tell it from luck.`;
}

/** The losses at a temperature, beside those of the model as it is. @param {Claims|null} claims
 * @param {number} temperature */
export function lossesText(claims, temperature) {
  if (!claims) return "";
  const { nll, brier, before } = claims;
  if (temperature === 1) return `NLL ${nll.toFixed(3)} nats, Brier ${brier.toFixed(3)}.`;
  return `At T = ${heatText(temperature)}: NLL ${nll.toFixed(3)} nats (${before.nll.toFixed(3)} at T = 1), ` +
    `Brier ${brier.toFixed(3)} (${before.brier.toFixed(3)}).`;
}

/** @param {Shown} shown @param {Claims|null} claims @param {number} temperature @returns {ReliabilitySpec} */
export function reliabilitySpec({ run, epoch, labels }, claims, temperature) {
  return { kind: "reliability", title: "Reliability", tag: run?.recorded ? "recorded" : "",
    subtitle: run && epoch ? `epoch ${epoch.epoch} · ${run.label}` : "", bins: claims?.bins ?? [],
    ece: claims?.ece ?? 0, floor: claims?.floor ?? null, was: "at T = 1",
    before: (temperature !== 1 && claims?.before.bins) || null,
    from: 1 / labels.length, item: itemIn(run), empty: run && epoch ? WAITING : NO_RUN };
}

/** A temperature to slide, with the best one marked below. @param {Lab} lab @param {(heat: number) => void} set */
function heatPart(lab, set) {
  const id = lab.id("temperature");
  const ends = { id, low: Math.log2(COLDEST), high: Math.log2(HOTTEST), step: STEP };
  const slider = sliderInput(ends, (power) => heatText(2 ** power), (power) => set(2 ** power));
  const mark = h("span", { class: "hs-t-best", "aria-hidden": "true" });
  const toBest = () => { if (best !== null) set(best); };
  const fit = h("button", { type: "button", class: "hs-small hs-do-fit", onclick: toBest }, "Go to best");
  const back = h("button", { type: "button", class: "hs-small", onclick: () => set(1) }, "Back to T = 1");
  const root = h("div", { class: "hs-t-row" }, h("label", { for: id }, "Temperature"),
    h("div", { class: "hs-t-track" }, slider.input, mark), slider.shown, fit, back);
  /** @type {number|null} */
  let best = null;
  const paint = (/** @type {number} */ heat, /** @type {Claims|null} */ claims) => {
    best = claims?.fit.best ?? null;
    slider.paint(Math.log2(heat));
    say(slider.shown, heatText(heat)); // the best one lies between two steps
    const error = claims ? `; calibration error ${(100 * claims.ece).toFixed(1)} %` : "";
    const said = `${error}${best === null ? "" : `; ${heatText(best)} fits best`}`;
    put(slider.input, { "aria-valuetext": `${heatText(heat)}${said}` });
    mark.hidden = best === null;
    if (best !== null) markBest(mark, best);
    put(fit, { "aria-disabled": String(best === null || heatText(best) === heatText(heat)) });
    put(back, { "aria-disabled": String(heat === 1) });
  };
  return { root, paint };
}

/** The mark at its place on the slider, or at the end beyond which it lies. @param {HTMLElement} mark
 * @param {number} best */
function markBest(mark, best) {
  const part = Math.log2(best / COLDEST) / Math.log2(HOTTEST / COLDEST);
  mark.style.setProperty("--hs-part", Math.min(1, Math.max(0, part)).toFixed(4));
  const right = part > 0.8; // there its word stands to the left
  const arrow = part < 0 ? "◂" : part > 1 ? "▸" : "▴";
  const word = arrow === "▴" ? "best" : `best: ${heatText(best)}`;
  say(mark, right ? `${word} ${arrow}` : `${arrow} ${word}`);
  put(mark, { "data-right": right });
}

/** @param {Lab} lab */
export function reliabilityPanel(lab) {
  const chart = reliability({ name: "reliability", heading: "h4" });
  let heat = 1;
  const slider = heatPart(lab, (value) => {
    heat = value;
    lab.mark("reliability");
  });
  const [verdict, losses] = [h("p", { class: "hs-said" }), h("p", { class: "hs-hint" })];
  for (const node of [verdict, slider.root]) chart.svg.after(node); // no text above the slider may push it about
  chart.root.append(losses);
  const paint = () => {
    if (!lab.folds.isOpen("reliability")) return;
    const shown = lab.shown();
    const claims = claimsOf(shown.run, shown.epoch, heat);
    chart.paint(reliabilitySpec(shown, claims, heat));
    slider.paint(heat, claims);
    say(verdict, verdictText(claims));
    const flatters = claims?.fit.best === null ? "" : flattersText(itemIn(shown.run));
    say(losses, claims ? [lossesText(claims, heat), TERMS, flatters].filter(Boolean).join(" ") : "");
  };
  return { ...chart, paint };
}
