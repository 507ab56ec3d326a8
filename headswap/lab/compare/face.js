/**
 * The lab's second face: many runs, many seeds, one look.
 *
 * @import {Contest, Trial} from "../../comparing/contest.js"
 * @import {Lab} from "../lab.js"
 */

import { COSTS, RUNNING, SCORES, rowsOf, scoreOf, shortName, trialsOf, valueText } from "../../comparing/contest.js";
import { contendersSpec, costSpec, lossesSpec, meanMatrixSpec, sweepSpec } from "../../comparing/specs.js";
import { failuresText, headline, progressText, rowsAt } from "../../comparing/words.js";
import { contenders } from "../../web/charts/contenders.js";
import { curves } from "../../web/charts/curves.js";
import { matrix } from "../../web/charts/matrix.js";
import { scatter } from "../../web/charts/scatter.js";
import { choiceInput, sliderInput } from "../../web/controls.js";
import { h, panel, put, say, scroller } from "../../web/elements.js";
import { guarded } from "../../web/frames.js";
import { numberText } from "../../web/text.js";
import { csvOf, saveCsv } from "../csv.js";
import { fold } from "../folds.js";
import { asksPanel } from "./asks.js";

/** @param {Lab} lab @param {string} name @param {string} label @param {(value: string) => void} set */
function chooser(lab, name, label, set) {
  const { input, paint } = choiceInput(lab.id(name), set);
  const root = h("span", { class: "hs-chooser", "data-control": name }, h("label", { for: input.id }, label), input);
  return { root, paint };
}

/** Which score, against whom, on which test. @param {Lab} lab */
function lookPart(lab) {
  const score = chooser(lab, "score", "Score", (value) => lab.compare.turn({ score: value }));
  const rival = chooser(lab, "rival", "against", (value) => lab.compare.against(Number(value)));
  const test = chooser(lab, "test", "on", (value) => lab.compare.judgeBy(value));
  const paint = (/** @type {Contest} */ contest) => {
    const { plan } = contest;
    score.paint(Object.entries(SCORES).map(([name, { name: text }]) => [name, text]), lab.compare.look.score);
    const rivals = plan.candidates.map((_, i) => i).filter((i) => !plan.sweep || rowsAt(contest, 0).includes(i));
    const named = shortName(plan, contest.rival);
    const own = plan.sweep ? rivals.find((i) => shortName(plan, i) === named) ?? 0 : contest.rival;
    rival.paint(rivals.map((i) => [String(i), shortName(plan, i)]), String(own));
    rival.root.hidden = rivals.length < 2;
    test.paint(plan.tests.map((name) => [name, `${name} test`]), contest.test || plan.tests[0] || "");
    test.root.hidden = plan.tests.length < 2;
  };
  return { nodes: [score.root, rival.root, test.root], paint };
}

/** The slider along what varies. @param {Lab} lab */
function sliderPart(lab) {
  const values = () => lab.compare.contest?.plan.values ?? [];
  const slider = sliderInput({ id: lab.id("along"), low: 0, high: 1, step: 1 }, (at) => valueText(values()[at] ?? ""),
    (at) => lab.compare.turn({ at }));
  const label = h("label", { for: lab.id("along") });
  const root = h("div", { class: "hs-along", "data-control": "along" }, label, slider.input, slider.shown);
  const paint = (/** @type {Contest} */ { plan }) => {
    root.hidden = !plan.sweep || plan.values.length < 2;
    say(label, plan.varied);
    put(slider.input, { max: Math.max(1, plan.values.length - 1) });
    slider.paint(lab.compare.at());
  };
  return { root, paint };
}

/** Every run in a row, with a button that shows it. @param {Lab} lab */
function runsTable(lab) {
  const body = h("tbody");
  const heads = ["run", "score", "seconds", "weights", ""].map((text) => h("th", { scope: "col" }, text));
  const table = h("table", { class: "hs-table", "aria-label": "compared runs" },
    h("thead", {}, h("tr", {}, ...heads)), body);
  const csv = h("button", { type: "button", class: "hs-button", onclick: () => {
    if (lab.compare.contest) saveCsv(csvOf(rowsOf(lab.compare.contest)), "headswap-comparison.csv");
  } }, "Export CSV");
  const root = panel("compared", "Compared runs", h("div", { class: "hs-head" }, h("h4", {}, "Runs"), csv),
    scroller("compared runs", table));
  let painted = "";
  const paint = (/** @type {Contest} */ contest) => {
    const { plan, test } = contest;
    const { score } = lab.compare.look;
    const now = JSON.stringify([contest.runs.length, score, test, plan.candidates]);
    if (now === painted) return;
    painted = now;
    say(heads[1], SCORES[score].name);
    body.replaceChildren(...plan.candidates.flatMap((_, i) => trialsOf(contest, i).map((run) =>
      trialRow(lab, contest, run, score))));
  };
  return { root, paint };
}

/** @param {Lab} lab @param {Contest} contest @param {Trial} run @param {string} score */
function trialRow(lab, contest, run, score) {
  const name = `${contest.plan.candidates[run.candidate].label}, seed ${run.seed}`;
  const show = h("button", { type: "button", class: "hs-small", "aria-label": `show ${name}`,
    onclick: () => lab.compare.show(run.candidate, run.seed) }, "show");
  const texts = [name, ...[scoreOf(contest, run, score), run.seconds, run.learning].map(numberText)];
  return h("tr", {}, ...texts.map((text) => h("td", {}, text)), h("td", {}, show));
}

/** The pictures, each with how to paint it. @param {Lab} lab */
function pictures(lab) {
  const { compare } = lab;
  const open = (/** @type {number} */ row, /** @type {number} */ seed) => {
    if (compare.contest) compare.show(rowsAt(compare.contest, compare.at())[row], seed);
  };
  const rows = contenders({ name: "contenders", heading: "h4" }, open);
  const costs = scatter({ name: "costs", heading: "h4" }, open);
  const sweep = curves({ name: "sweep", heading: "h4" });
  const losses = curves({ name: "losses", heading: "h4" });
  const mean = matrix({ name: "meanmatrix", heading: "h4" }, null);
  const cost = chooser(lab, "cost", "Cost", (value) => compare.turn({ cost: value }));
  const whose = chooser(lab, "whose", "of", (value) => compare.turn({ whose: value }));
  const slider = sliderPart(lab);
  costs.root.append(cost.root);
  sweep.root.append(slider.root);
  mean.root.append(whose.root);
  const matrixOf = (/** @type {Contest} */ contest) => {
    const there = rowsAt(contest, compare.at());
    const names = there.map((i) => shortName(contest.plan, i));
    const best = names.includes(compare.look.whose) ? compare.look.whose : names.at(-1) ?? "";
    whose.paint(names.map((name) => [name, name]), best);
    return there[names.indexOf(best)] ?? -1;
  };
  /** @type {Record<string, (contest: Contest, score: string, at: number) => void>} */
  const draws = {
    rows: (contest, score, at) => rows.paint(contendersSpec(contest, score, at)),
    costs: (contest, score, at) => {
      cost.paint(Object.entries(COSTS).map(([name, { name: text }]) => [name, text]), compare.look.cost);
      costs.paint(costSpec(contest, score, compare.look.cost, at));
    },
    sweep: (contest, score, at) => {
      if (contest.plan.sweep) sweep.paint(sweepSpec(contest, score, at));
      slider.paint(contest);
    },
    losses: (contest, _, at) => losses.paint(lossesSpec(contest, at)),
    mean: (contest) => mean.paint(meanMatrixSpec(contest, matrixOf(contest))),
  };
  const shown = { rows, costs, sweep, losses, mean };
  const paints = Object.fromEntries(Object.entries(shown).map(([name, { root }]) =>
    [name, guarded(root, draws[name])]));
  return { ...shown, paints };
}

const INVITES = "Choose regimes and press Compare: the lab trains each at every seed. You see what could be luck.";

/** How far it has come, and what it says. @param {Lab} lab */
function topPart(lab) {
  const [words, line] = [h("p", { class: "hs-headline" }), h("div", { class: "hs-status", role: "status" })];
  const bar = h("progress", { max: 1, value: 0, "aria-label": "progress of the comparison" });
  const look = lookPart(lab);
  const root = h("div", { class: "hs-top hs-comparetop" }, words,
    h("div", { class: "hs-statusline" }, bar, line), h("div", { class: "hs-looks" }, ...look.nodes));
  const paint = () => {
    const { contest, look: { score } } = lab.compare;
    say(words, contest ? headline(contest, score, lab.compare.at()) : INVITES);
    const told = contest ? [progressText(contest), failuresText(contest)].filter(Boolean).join(" · ") : "";
    say(line, lab.compare.starting && !lab.link.gone ? "starting…" : lab.told() || told);
    put(line, { "data-failed": lab.answers.wrong || contest?.phase === "failed" || lab.link.gone ? "yes" : null });
    put(bar, { class: contest && RUNNING.includes(contest.phase) ? "hs-on" : "hs-off" });
    if (contest?.done) bar.value = contest.done / Math.max(1, contest.plan.planned);
    else bar.removeAttribute("value");
    for (const node of look.nodes) node.hidden = !contest;
    if (contest) look.paint(contest);
  };
  return { root, paint };
}

/** @param {Lab} lab */
export function compareFace(lab) {
  const [asks, top, shown, runs] = [asksPanel(lab), topPart(lab), pictures(lab), runsTable(lab)];
  const folds = { mean: fold(lab, "mean", "Matrix", shown.mean.root),
    losses: fold(lab, "losses", "Loss", shown.losses.root), compared: fold(lab, "compared", "Runs", runs.root) };
  const folded = h("div", { class: "hs-folds" }, ...Object.values(folds).map(({ root }) => root));
  const shows = h("div", { class: "hs-shows" }, top.root, shown.sweep.root, shown.rows.root, shown.costs.root, folded);
  const root = h("div", { class: "hs-grid hs-compareface" }, h("div", { class: "hs-side" }, asks.root), shows);
  const paint = () => {
    root.hidden = !lab.compare.open;
    if (root.hidden) return;
    const { contest } = lab.compare;
    asks.paint();
    top.paint();
    shown.sweep.root.hidden = !contest?.plan.sweep;
    for (const node of [shown.rows.root, shown.costs.root, folded]) node.hidden = !contest;
    if (!contest) return;
    for (const { paint: paintFold } of Object.values(folds)) paintFold();
    for (const [name, paintOne] of Object.entries(shown.paints))
      if (!Object.hasOwn(folds, name) || lab.folds.isOpen(name))
        paintOne(contest, lab.compare.look.score, lab.compare.at());
    if (lab.folds.isOpen("compared")) runs.paint(contest);
  };
  const sized = [shown.costs, shown.sweep, shown.losses];
  return { root, paint, sized };
}

/** Which of the two faces is on show, and a button to the other. @param {Lab} lab */
export function facesPart(lab) {
  const choose = (/** @type {"run"|"compare"} */ face) => {
    lab.link.set("face", face);
    lab.answers.clear(); // it was about the other face
    lab.compare.expect();
    lab.redraw();
    // What had the focus is hidden with its face: the keys go on at the way back.
    requestAnimationFrame(() => buttons.find((button) => !button.hidden)?.focus());
  };
  const faces = /** @type {const} */ ([["run", "One run"], ["compare", "Compare"]]);
  const names = faces.map(([, text]) => h("span", { class: "hs-face", "aria-current": "true" }, text));
  const buttons = faces.map(([face, text]) =>
    h("button", { type: "button", class: "hs-face", "data-face": face, onclick: () => choose(face) }, text));
  const root = h("div", { class: "hs-faces", role: "group", "aria-label": "faces of the lab" },
    ...faces.flatMap((_, i) => [names[i], buttons[i]]));
  const paint = () => {
    root.hidden = !lab.shows("compare");
    faces.forEach(([face], i) => {
      const on = (face === "compare") === lab.compare.open;
      names[i].hidden = !on;
      buttons[i].hidden = on;
    });
  };
  return { root, paint };
}
