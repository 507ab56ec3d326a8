/**
 * The browser side of the lab: Python sends numbers, the panels draw them. Here they are put together.
 *
 * @import {Model} from "../web/link.js"
 * @import {Traits} from "./settings.js"
 */

import { h, put, region } from "../web/elements.js";
import { guarded } from "../web/frames.js";
import { compareFace, facesPart } from "./compare/face.js";
import { takeDrops } from "./drops.js";
import { fold } from "./folds.js";
import { present, takeKeys } from "./keys.js";
import { Lab } from "./lab.js";
import { cloudPanel } from "./panels/cloud.js";
import { confusionPanel } from "./panels/confusion.js";
import { curvesPanel } from "./panels/curves.js";
import { factsPanel } from "./panels/facts.js";
import { machinePanel } from "./panels/machine.js";
import { messagesPanel, nameOf } from "./panels/messages.js";
import { metricsPanel } from "./panels/metrics.js";
import { reliabilityPanel } from "./panels/reliability.js";
import { buttonsPanel, diagnosisPanel, statusPanel } from "./panels/run.js";
import { runsPanel } from "./panels/runs.js";
import { settingsPanel } from "./panels/settings.js";
import { tryPanel } from "./panels/try.js";
import { SETTINGS } from "./settings.js";

/** Every panel by its name, in the order in which they are painted. @param {Lab} lab */
function panelsOf(lab) {
  const buttons = buttonsPanel(lab);
  return { controls: settingsPanel(lab), buttons, machine: machinePanel(lab), status: statusPanel(lab),
    diagnosis: diagnosisPanel(lab),
    curves: curvesPanel(lab), confusion: confusionPanel(lab), metrics: metricsPanel(lab),
    messages: messagesPanel(lab), facts: factsPanel(lab), cloud: cloudPanel(lab),
    reliability: reliabilityPanel(lab), try: tryPanel(lab), runs: runsPanel(lab, buttons.rest) };
}

/** The word that each panel stands behind while it is folded. */
const WORDS = { settings: "Settings", curves: "Loss", confusion: "Matrix", try: "Try", machine: "Machine",
  metrics: "Scores", reliability: "Reliability", scatter: "Vectors", messages: "Messages", facts: "Costs",
  runs: "Runs" };

/** @param {Lab} lab @param {keyof typeof WORDS} name */
const wordOf = (lab, name) => (name === "messages" ? nameOf(lab) : WORDS[name]);

/** Where they stand on the page. @param {Lab} lab @param {ReturnType<typeof panelsOf>} panels */
function grid(lab, { controls, buttons, status, diagnosis, cloud, ...shown }) {
  const panels = { ...shown, scatter: cloud, settings: controls };
  const folds = /** @type {(keyof typeof WORDS)[]} */ (Object.keys(WORDS)).map((name) =>
    fold(lab, name, () => wordOf(lab, name), panels[name].root));
  const [settings, curves, confusion, own, machine, ...onDemand] = folds.map(({ root }) => root);
  const top = h("div", { class: "hs-top hs-news" }, diagnosis.root, status.root);
  const right = h("div", { class: "hs-right" }, h("div", { class: "hs-stay" }, confusion, own));
  const root = h("div", { class: "hs-grid" }, h("div", { class: "hs-side" }, buttons.root, settings),
    h("div", { class: "hs-shows" }, top, curves, right, machine,
      h("div", { class: "hs-folds" }, ...onDemand)));
  return { root, paint: () => { for (const { paint } of folds) paint(); } };
}

/** What the lab listens to. @param {Lab} lab */
function listen(lab) {
  const redraw = () => lab.redraw();
  lab.link.listen("msg:custom", (news) => lab.receive(news));
  for (const name of SETTINGS)
    lab.link.listen(`change:${name}`, name === "threshold" ? redraw : () => lab.settingChanged());
  for (const name of ["choices", "controls", "locked", "question", "answers", "files", "folds", "present", "machine",
    "face", "contest"])
    lab.link.listen(`change:${name}`, redraw);
}

/** Pictures that are painted again when their size changes.
 * @param {Lab} lab @param {ReturnType<typeof panelsOf>} panels
 * @param {ReturnType<typeof compareFace>["sized"]} compared
 */
function watchSizes(lab, { curves, cloud, machine, reliability }, compared) {
  const watch = new ResizeObserver(() => {
    if (compared.map((picture) => picture.resized()).some(Boolean)) lab.mark("compare");
    if (curves.resized()) lab.mark("curves");
    if (cloud.resized()) lab.mark("cloud");
    if (machine.resized()) lab.mark("machine");
    if (reliability.resized()) lab.mark("reliability");
  });
  for (const { svg } of [curves, cloud, machine, reliability, ...compared]) watch.observe(svg);
  return () => watch.disconnect();
}

/** @param {{model: Model<Traits>, el: HTMLElement}} context */
function render({ model, el }) {
  const lab = new Lab(model);
  const panels = panelsOf(lab);
  const paints = Object.entries(panels).map(([name, { root, paint }]) => [name, guarded(root, paint)]);
  const [page, faces, face] = [grid(lab, panels), facesPart(lab), compareFace(lab)];
  const paintPage = () => {
    page.root.hidden = lab.compare.open;
    page.paint();
  };
  lab.paintWith({ ...Object.fromEntries(paints), folds: paintPage, faces: faces.paint, compare: face.paint,
    root: () => lab.describe(el) });
  region(el, "hs-lab", "headswap lab");
  put(el, { tabindex: -1 }); // a click between its controls gives it the keys
  lab.folds.home = el;
  const back = h("button", { type: "button", class: "hs-link hs-back", onclick: () => present(lab, false) },
    "Back to the lab (P)");
  el.replaceChildren(back, faces.root, page.root, face.root);
  listen(lab);
  const ends = [takeKeys(lab, el), takeDrops(lab, el), watchSizes(lab, panels, face.sized),
    panels.status.stop, panels.try.stop,
    () => lab.close()];
  lab.redraw();
  lab.hello();
  return () => { for (const end of ends) end(); };
}

export default { render };
