/**
 * The blocks that Python computed, each drawn by the chart of its kind.
 *
 * @typedef {WordsSpec|TapeSpec|TableSpec|HeadlinesSpec|MatrixSpec|CurvesSpec|BarsSpec|HeatSpec|CloudSpec|GaugeSpec|
 *   FieldSpec|OutboxSpec|LeadSpec|DivideSpec|CrowdSpec|NumbersSpec|OutcomeSpec|BatchSpec|GuessesSpec|LookingSpec|
 *   WorkedSpec|TradeSpec|ContendersSpec|HeadsSpec|ReliabilitySpec|PicturesSpec|MachineBlock} Block
 * @typedef {MachineSpec & {keys?: {rules?: string, swap?: string, look?: string, zoom?: string, head?: string,
 *   text?: string}}} MachineBlock `keys` name the explorer's values that a machine sets
 * @typedef {{root: HTMLElement, paint: (spec: Block) => void, svg?: Element, resized?: () => boolean}} Chart `svg` is
 *   what is watched for its size
 * @typedef {{root: HTMLElement, paint: (spec: never) => void}} OneKind a chart that takes the specs of one kind
 * @typedef {{key: string, chart: Chart, painted: string}} Made
 *
 * @import {BatchSpec} from "../web/charts/batch.js"
 * @import {BarsSpec} from "../web/charts/bars.js"
 * @import {CloudSpec} from "../web/charts/cloud.js"
 * @import {ContendersSpec} from "../web/charts/contenders.js"
 * @import {CrowdSpec} from "../web/charts/crowd.js"
 * @import {CurvesSpec} from "../web/charts/curves.js"
 * @import {DivideSpec} from "../web/charts/divide.js"
 * @import {FieldSpec} from "../web/charts/field.js"
 * @import {GaugeSpec} from "../web/charts/gauge.js"
 * @import {GuessesSpec} from "../web/charts/guesses.js"
 * @import {HeadsSpec} from "../web/charts/heads.js"
 * @import {HeadlinesSpec} from "../web/charts/headlines.js"
 * @import {HeatSpec} from "../web/charts/heat.js"
 * @import {LeadSpec} from "../web/charts/lead.js"
 * @import {LookingSpec} from "../web/charts/looking.js"
 * @import {MachineSpec} from "../web/charts/machine_words.js"
 * @import {MatrixSpec} from "../web/charts/matrix.js"
 * @import {NumbersSpec} from "../web/charts/numbers.js"
 * @import {OutboxSpec} from "../web/charts/outbox.js"
 * @import {OutcomeSpec} from "../web/charts/outcome.js"
 * @import {ReliabilitySpec} from "../web/charts/reliability.js"
 * @import {PicturesSpec} from "../web/charts/pictures.js"
 * @import {TableSpec} from "../web/charts/table.js"
 * @import {TapeSpec} from "../web/charts/tape.js"
 * @import {TradeSpec} from "../web/charts/trade.js"
 * @import {WordsSpec} from "../web/charts/words.js"
 * @import {WorkedSpec} from "../web/charts/worked.js"
 * @import {Place} from "../web/charts/frame.js"
 * @import {Value} from "./controls.js"
 * @import {Explorer} from "./explorer.js"
 */

import { batch } from "../web/charts/batch.js";
import { bars } from "../web/charts/bars.js";
import { cloud } from "../web/charts/cloud.js";
import { contenders } from "../web/charts/contenders.js";
import { crowd } from "../web/charts/crowd.js";
import { curves } from "../web/charts/curves.js";
import { divide } from "../web/charts/divide.js";
import { field } from "../web/charts/field.js";
import { gauge } from "../web/charts/gauge.js";
import { guesses } from "../web/charts/guesses.js";
import { headlines } from "../web/charts/headlines.js";
import { heads } from "../web/charts/heads.js";
import { heat } from "../web/charts/heat.js";
import { lead } from "../web/charts/lead.js";
import { looking } from "../web/charts/looking.js";
import { machine } from "../web/charts/machine.js";
import { toggledRates } from "../web/charts/machine_words.js";
import { matrix } from "../web/charts/matrix.js";
import { numbers } from "../web/charts/numbers.js";
import { outbox } from "../web/charts/outbox.js";
import { outcome } from "../web/charts/outcome.js";
import { reliability } from "../web/charts/reliability.js";
import { pictures } from "../web/charts/pictures.js";
import { table } from "../web/charts/table.js";
import { tape } from "../web/charts/tape.js";
import { trade } from "../web/charts/trade.js";
import { words } from "../web/charts/words.js";
import { worked } from "../web/charts/worked.js";
import { arrange, h, say } from "../web/elements.js";
import { guarded } from "../web/frames.js";

/** @type {Record<string, (place: Place, explorer: Explorer, block: Block) => OneKind>} */
const CHARTS = { words, numbers, tape, batch, table, headlines, bars, gauge, lead, outcome, guesses, looking, worked,
  matrix: chosenMatrix, heat: (place) => heat(place), divide: slidDivide, crowd: (place) => crowd(place),
  cloud: (place) => cloud(place), curves: (place) => curves(place), field: (place) => field(place),
  machine: machineBlock, contenders: (place) => contenders(place),
  reliability: (place) => reliability(place),
  heads: (place, explorer) => heads(place, (control, on) => explorer.set(control, on)),
  trade: chosenRun, pictures: (place, explorer) => pictures(place, (name, value) => explorer.set(name, value)),
  outbox: (place, explorer, block) => outbox(place, (written) => explorer.set(keyOf(block), written)) };

/** A matrix whose cells set one of the explorer's values, where it names one.
 * @param {Place} place @param {Explorer} explorer @param {Block} block */
function chosenMatrix(place, explorer, block) {
  const key = keyOf(block);
  const choose = (/** @type {string} */ cell) => explorer.set(key, explorer.get("value")[key] === cell ? "" : cell);
  return matrix(place, key ? choose : null);
}

/** Runs that set the explorer's regime and seed. @param {Place} place @param {Explorer} explorer */
function chosenRun(place, explorer) {
  return trade(place, ({ name, seed }) => {
    explorer.set("regime", name);
    explorer.set("seed", seed);
  });
}

/** Marks under a threshold that sets the explorer's value which the block names.
 * @param {Place} place @param {Explorer} explorer @param {Block} block */
function slidDivide(place, explorer, block) {
  return divide(place, (threshold) => explorer.set(keyOf(block), threshold));
}

const TYPING = 120;

/** A machine that sets the explorer's values that its block names; what is clicked before the kernel has answered is
 * changed on top of the last click. @param {Place} place @param {Explorer} explorer @param {Block} block */
function machineBlock(place, explorer, block) {
  let now = /** @type {MachineBlock} */ (block);
  const keys = now.keys ?? {};
  /** @param {string|undefined} key @param {number} [wait] */
  const setter = (key, wait) => (key ? (/** @type {Value} */ value) => explorer.set(key, value, wait) : null);
  const swap = setter(keys.swap);
  /** @param {string} key @param {number} [rate] */
  const change = (key, rate) => {
    const rates = toggledRates(now.layers, key, rate);
    if (!rates || !keys.rules) return;
    now = { ...now, layers: now.layers.map((layer) => ({ ...layer, rate: rates[layer.key] || null })) };
    explorer.set(keys.rules, JSON.stringify(rates));
  };
  const chart = machine(place, {
    toggle: keys.rules ? (key) => change(key) : null, rate: keys.rules ? change : null,
    swap: swap && (() => swap(!now.swapped)), look: setter(keys.look), zoom: setter(keys.zoom), head: setter(keys.head),
    text: setter(keys.text, TYPING),
  });
  return { ...chart, paint: (/** @type {MachineBlock} */ spec) => { now = spec; chart.paint(spec); } };
}

/** @param {Block} block */
const keyOf = (block) => ("key" in block && block.key) || "";

/** The block with what the learner has just set in it: a cell that is chosen, a threshold.
 * @param {Explorer} explorer @param {Block} block @returns {Block} */
function withChosen(explorer, block) {
  const value = explorer.get("value")[keyOf(block)];
  if (block.kind === "matrix" && block.key) return { ...block, chosen: String(value) };
  return block.kind === "divide" ? { ...block, threshold: Number(value) } : block;
}

/** The chart of a block; one that cannot even be made is a place that says so. @param {Explorer} explorer
 * @param {Block} block @returns {Chart} */
function chartOf(explorer, block) {
  const place = { name: `block-${block.kind}` };
  try {
    return /** @type {Chart} */ (CHARTS[block.kind](place, explorer, block));
  } catch (error) {
    return { root: words(place).root, paint: () => { throw error; } };
  }
}

/** @param {Explorer} explorer @param {Block} block @returns {Made} */
function make(explorer, block) {
  const chart = chartOf(explorer, block);
  const paint = guarded(chart.root, chart.paint);
  const made = "folded" in block && block.folded ? folded({ ...chart, paint }) : { ...chart, paint };
  return { key: placeOf(block), chart: made, painted: "" };
}

/** A chart behind its title, one click or key away. @param {Chart} chart @returns {Chart} */
function folded(chart) {
  const summary = h("summary");
  const root = h("details", { class: "hs-fold hs-folded" }, summary, chart.root);
  return { ...chart, root, paint: (spec) => { say(summary, spec.title); chart.paint(spec); } };
}

/** Blocks of one kind, key and fold share a chart. @param {Block} block */
const placeOf = (block) => `${block.kind} ${keyOf(block)}${"folded" in block && block.folded ? " folded" : ""}`;

/** The blocks, each chart kept as long as its kind stays in its place. @param {Explorer} explorer */
export function blocksPart(explorer) {
  const root = h("div", { class: "hs-blocks" });
  /** @type {Made[]} */
  let made = [];
  const watch = new ResizeObserver(() => {
    const changed = made.filter(({ chart }) => chart.resized?.());
    for (const one of changed) one.painted = "";
    if (changed.length) explorer.mark("blocks");
  });
  const keep = (/** @type {Block[]} */ blocks) => {
    const keys = blocks.map(placeOf);
    if (keys.join() === made.map(({ key }) => key).join()) return;
    watch.disconnect();
    made = blocks.map((block, i) => (made[i]?.key === keys[i] ? made[i] : make(explorer, block)));
    arrange(root, made.map(({ chart }) => chart.root));
    for (const { chart } of made) if (chart.svg) watch.observe(chart.svg);
  };
  const paint = () => {
    const blocks = (explorer.get("shown") ?? []).filter(({ kind }) => Object.hasOwn(CHARTS, kind));
    keep(blocks);
    blocks.map((block) => withChosen(explorer, block)).forEach((block, i) => {
      const now = JSON.stringify(block);
      if (now === made[i].painted) return;
      made[i].painted = now;
      made[i].chart.paint(block);
    });
  };
  return { root, paint, stop: () => watch.disconnect() };
}
