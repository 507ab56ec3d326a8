/**
 * What learns, what it costs, and how much of the language is left.
 *
 * @import {Lab} from "../lab.js"
 * @import {Shown} from "../look.js"
 * @import {Run} from "../store.js"
 */

import { meter } from "../../web/charts/gauge.js";
import { h, panel, say } from "../../web/elements.js";
import { countText, percentText, secondsText } from "../../web/text.js";
import { secondsOf } from "../epochs.js";

/** @param {Run} run */
const learnsText = (run) => `${countText(run.learning)} of ${countText(run.total)} weights` +
  ` (${percentText(run.learning / run.total)})${run.stages > 1 ? ` in ${run.stages} stages` : ""}`;

/** A factor or a perplexity. @param {number} value */
const fewDigits = (value) => (value < 100 ? value.toFixed(2) : countText(value));

/** How many times as perplexed as before, where that was measured. @param {Shown} shown */
function forgotten({ run, epoch }) {
  const [before, now] = [run?.perplexity0, epoch?.perplexity];
  if (!before || !now) return null;
  const times = now / before;
  return { times, text: `perplexity ${fewDigits(before)} → ${fewDigits(now)}, ×${fewDigits(times)}` };
}

/** @param {number|null} seconds @param {number} many */
const share = (seconds, many) => (seconds === null ? null : seconds / many);

/** @param {Run|null} run */
function factTexts(run) {
  if (!run) return { learns: "–", cached: "–", pace: "–" };
  const many = run.epochs.length;
  return { learns: learnsText(run), cached: run.cached || "nothing",
    pace: many ? secondsText(share(secondsOf(run.epochs), many)) : "–" };
}

/** @param {Lab} lab */
export function factsPanel(lab) {
  const [learns, cached, pace, memory] = Array.from({ length: 4 }, () => h("dd"));
  const gauge = meter("forgetting", 1, 100);
  const scale = h("div", { class: "hs-scale", "aria-hidden": "true" },
    ...["1×", "10×", "100×"].map((text) => h("span", {}, text)));
  const list = h("dl", {}, h("dt", {}, "learns"), learns, h("dt", {}, "cached"), cached, h("dt", {}, "per epoch"), pace,
    h("dt", {}, "forgetting"), memory);
  const head = h("div", { class: "hs-head" }, h("h4", {}, "What learns"));
  const root = panel("facts", "Facts", head, list, gauge.root, scale);
  const paint = () => {
    const texts = factTexts(lab.shown().run);
    say(learns, texts.learns);
    say(cached, texts.cached);
    say(pace, texts.pace);
    const found = forgotten(lab.shown());
    const [times, text] = [found?.times ?? 1, found?.text ?? "not measured"];
    say(memory, text);
    gauge.paint({ part: Math.log10(times) / 2, value: Math.min(100, Math.max(1, times)).toFixed(2), text });
    gauge.root.hidden = scale.hidden = !found;
  };
  return { root, paint };
}
