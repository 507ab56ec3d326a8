/**
 * A transformer as a machine: what its spec is, and what each part says of itself.
 *
 * @typedef {{name: string, weights: number, learns: number}} Part
 * @typedef {{key: string, name: string, detail: string, weights: number, learns: number, rate: number|null,
 *   origin: "pretrained"|"random"|"new", once: boolean, moved: number|null, parts: Part[], rows?: number}} Layer
 *   `learns` of its weights learn, at `rate` times the learning rate (null: frozen); `once` is computed once per
 *   message and kept; `moved` is ‖Δw‖/‖w‖ since the start; `rows` are the head's
 * @typedef {{text: string, kind: "byte"|"patch"|"cell"|"pad"|"cls"|"cut", picture?: Picture}} Token a patch is drawn
 * @typedef {{name: string, says: string, values: (number|null)[], labels?: string[], kind: "signed"|"share"}} Step
 * @typedef {{text: string, tokens: Token[], position: number, head: number, heads: number,
 *   strips: Record<string, number[]>, attention: Record<string, (number|null)[]>,
 *   virtual?: Record<string, number|null>, logits: number[],
 *   probabilities: number[], labels?: string[], cut?: number, zoom: string, steps: Step[],
 *   picture?: Picture|null}} Flow one message on its way up, seen at one position; `labels` name what is scored where
 *   that is not the classes, `picture` is the image where it is one
 * @typedef {{name: string, rows: number, weights: number}} OldHead
 * @typedef {Titled & {kind: "machine", layers: Layer[], old: OldHead|null, swapped: boolean, labels: string[],
 *   code: string, summary: string, reads?: string, choices: {rates: number[]}, flow: Flow|null}} MachineSpec layers
 *   from bottom to top; `labels` name the rows of the new head, `reads` is what lies at the bottom
 *
 * @import {Picture} from "../pixels.js"
 * @import {Titled} from "./frame.js"
 */

import { countText, ofThem, visible } from "../text.js";

/** @param {Layer} layer */
export const isBlock = ({ key }) => key.startsWith("block");
/** @param {Layer} layer */
export const isHead = ({ key }) => key === "head";

/** The multiple at which a layer learns; 0 where it does not. @param {Layer} layer */
const multipleOf = ({ weights, rate }) => (weights > 0 ? rate ?? 0 : 0);

/**
 * The multiple of every layer after one of them was changed, 0 where it is frozen; null where nothing would learn any
 * more, so the change must not be made.
 * @param {Layer[]} layers @param {string} key which is changed
 * @param {number} [rate] its new multiple; without one, what learns is frozen, and what is frozen learns
 * @returns {Record<string, number>|null}
 */
export function toggledRates(layers, key, rate) {
  const taught = layers.filter(({ weights }) => weights);
  const rates = Object.fromEntries(taught.map((layer) => [layer.key, multipleOf(layer)]));
  if (key in rates) rates[key] = rate ?? (rates[key] > 0 ? 0 : 1);
  return Object.values(rates).some((multiple) => multiple > 0) ? rates : null;
}

/** @param {Layer} layer @returns {"none"|"frozen"|"part"|"learns"} */
export function stateOf({ weights, learns }) {
  if (!weights) return "none";
  if (!learns) return "frozen";
  return learns < weights ? "part" : "learns";
}

/** How much of a layer's box is drawn as learning, in percent: you can always see what learns, and what doesn't.
 * @param {Layer} layer */
export function learningShare({ weights, learns }) {
  if (!weights || !learns) return 0;
  return learns === weights ? 100 : Math.min(98, Math.max(2, (100 * learns) / weights));
}

const INSERTED = " (inserted)";

/** What was put into a layer, in the order of its modules, such as "lora at attention.qkv, 1,024 weights".
 * @param {Layer} layer */
export const insertedWords = ({ parts }) => parts.filter(({ name }) => name.endsWith(INSERTED))
  .map(({ name, weights }) => `${name.slice(0, -INSERTED.length)}, ${ofThem(weights, "weight").replace(String(weights),
    countText(weights))}`);

/** @param {number} rate 0 is frozen */
export function rateWords(rate) {
  if (!rate) return "frozen";
  return rate === 1 ? "learns" : `learns ×${Number(rate.toPrecision(2))}`;
}

/** What a layer does, in one or two words. @param {Layer} layer */
export function stateWords(layer) {
  const state = stateOf(layer);
  if (state === "none") return "nothing to learn";
  if (state === "frozen") return "frozen";
  const words = rateWords(layer.rate ?? 1);
  return state === "part" ? `${words}, in part` : words;
}

/** @param {Layer} layer */
export function weightWords(layer) {
  const { weights, learns, rows } = layer;
  if (!weights) return "no weights";
  const many = `${countText(weights)} weight${weights === 1 ? "" : "s"}`;
  if (stateOf(layer) === "part") return `${countText(learns)} of ${many} learn`;
  return rows ? `${ofThem(rows, "row")}, ${many}` : many;
}

/** What is worth saying of where its weights come from; that they are pretrained goes without saying.
 * @param {Layer} layer */
export const originWords = ({ origin, weights }) => (origin === "pretrained" || !weights ? "" : origin);

/** How far the weights are from where they began, against how long they were; a new head begins near 0.
 * @param {number|null} moved */
export function movedWords(moved) {
  if (moved === null || !Number.isFinite(moved)) return "";
  if (moved >= 1) return `moved ${moved < 9.95 ? moved.toFixed(1) : countText(moved)} × its size`;
  const percent = 100 * moved;
  return `moved ${percent ? percent.toFixed(percent < 0.1 ? 2 : percent < 10 ? 1 : 0) : 0} % of its size`;
}

/** How long a bar is for that, from 0 to 1: the same for the same number in every layer and epoch.
 * @param {number|null} moved */
export const movedPart = (moved) => Math.min(1, Math.max(0, moved ?? 0));

/** All that the picture shows of a layer, for those who do not see it. @param {Layer} layer */
export function layerLabel(layer) {
  const words = [weightWords(layer), stateWords(layer), ...insertedWords(layer), layer.weights ? layer.origin : "",
    layer.once ? "computed once" : "", movedWords(layer.moved)].filter(Boolean);
  return `${layer.name}: ${words.join(", ")}. ${layer.detail}`.trim();
}

/** From which to which row each unbroken run of layers reaches that are computed once; rows count from 0 at the top.
 * @param {Layer[]} layers from top to bottom @returns {[number, number][]} */
export function onceRuns(layers) {
  /** @type {[number, number][]} */
  const runs = [];
  layers.forEach(({ once }, i) => {
    if (!once) return;
    const last = runs.at(-1);
    if (last && last[1] === i - 1) last[1] = i;
    else runs.push([i, i]);
  });
  return runs;
}

export const COLUMNS = ["part", "weights", "learns", "rate", "origin", "computed once", "moved"];

/** From the head down, each layer with its parts below it. @param {MachineSpec} spec @returns {string[][]} */
export function machineRows({ layers }) {
  return [...layers].reverse().flatMap((layer) => [
    [layer.name, countText(layer.weights), countText(layer.learns), layer.weights ? rateWords(layer.rate ?? 0) : "–",
      layer.origin, layer.once ? "yes" : "no", movedWords(layer.moved).replace("moved ", "") || "–"],
    ...layer.parts.map(({ name, weights, learns }) =>
      [`${layer.name}: ${name}`, countText(weights), countText(learns), "", "", "", ""])]);
}

/** @type {Record<string, string>} */
const KINDS = { byte: "", patch: "", cell: "", pad: "pad", cls: "cls", cut: "cut off" };

/** A token as it is read out. @param {Token|undefined} token @param {number} i */
export function tokenWords(token, i) {
  if (!token) return `position ${i + 1}`;
  const kind = KINDS[token.kind] ?? token.kind;
  if (["byte", "patch", "cell"].includes(token.kind)) return `${token.kind} ${i + 1}, ${visible(token.text)}`;
  return `position ${i + 1}, ${token.kind === "cut" ? `${visible(token.text)}, ` : ""}${kind}`;
}
