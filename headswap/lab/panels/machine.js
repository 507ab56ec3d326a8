/**
 * The machine: the model of the next run to build by hand, and what the run on show has made of it.
 *
 * @import {Lab} from "../lab.js"
 */

import { machine } from "../../web/charts/machine.js";
import { toggledRates } from "../../web/charts/machine_words.js";
import { h, put } from "../../web/elements.js";
import { GONE } from "../../web/link.js";

/** @param {Lab} lab */
export function machinePanel(lab) {
  const { engine } = lab;
  const locked = () => lab.locks("machine") || lab.locks("regime");
  const hint = h("span", { class: "hs-hint" }, "click to freeze or thaw");
  const build = (/** @type {string} */ key, /** @type {number|undefined} */ rate = undefined) => {
    const spec = engine.spec();
    const rates = spec && !locked() ? toggledRates(spec.layers, key, rate) : null;
    if (lab.link.gone) lab.tell(GONE);
    else if (rates) lab.set("rates", rates);
    else if (locked()) lab.tell("The regime is locked here.");
    painted = ""; // a select goes back to what counts
    lab.mark("machine");
  };
  let painted = "";
  const chart = machine({ name: "machine", heading: "h4", compact: true }, {
    toggle: build, rate: build,
    swap: () => engine.turn({ swapped: !engine.swapped }),
    look: (position) => engine.turn({ position }),
    zoom: (zoom) => engine.turn({ zoom }),
    head: (head) => engine.turn({ head }),
  });
  chart.root.firstElementChild?.firstElementChild?.after(hint);
  const paint = () => {
    engine.ask();
    hint.hidden = locked();
    put(hint, { "data-off": lab.link.gone || !engine.swapped });
    const spec = engine.spec();
    chart.root.hidden = !spec || !lab.shows("machine");
    const now = JSON.stringify(spec); // a slider paints thirty times a second, and seldom moves a weight
    if (spec && now !== painted) chart.paint(spec);
    painted = now;
  };
  const resized = () => {
    const is = chart.resized();
    if (is) painted = "";
    return is;
  };
  return { ...chart, paint, resized };
}
