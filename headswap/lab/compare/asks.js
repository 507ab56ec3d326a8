/**
 * What to compare: regimes, seeds, and a setting that varies; and how long it would take, before anybody presses.
 *
 * @import {Lab} from "../lab.js"
 */

import { RUNNING, valueText } from "../../comparing/contest.js";
import { choiceInput, numberInput, textInput } from "../../web/controls.js";
import { arrange, h, put, say } from "../../web/elements.js";
import { DIGITS, OF_TEXTS, itemOf } from "../settings.js";

const MOST_SEEDS = 20;
const BY_HAND = "by hand";

/** Values as somebody types them: commas or spaces between, numbers where they are numbers. @param {string} text */
export const valuesOf = (text) => text.split(/[\s,;]+/).filter(Boolean).map((one) =>
  (Number.isFinite(Number(one)) ? Number(one) : one));

/** Chips under a heading. @param {string} name */
function grouped(name) {
  const heading = h("span", { class: "hs-unit" }, name);
  return { heading, part: h("div", { class: "hs-chips", role: "group", "aria-label": name }, heading) };
}

/** A button for each regime; one that is pressed takes part. The usual ones are in sight; the others
 * wait in a fold that says how many of them are chosen, each group below its heading. @param {Lab} lab */
function regimesPart(lab) {
  const chips = h("div", { class: "hs-chips", role: "group", "aria-label": "Regimes to compare" });
  const more = h("div", { class: "hs-groups" });
  const summary = h("summary", {});
  const fold = h("details", { class: "hs-fold" }, summary, more);
  /** @type {Map<string, HTMLButtonElement>} */
  const made = new Map();
  /** @type {Map<string, ReturnType<typeof grouped>>} */
  const groups = new Map();
  const turn = (/** @type {string} */ name) => {
    const { regimes } = lab.compare.asked();
    const all = offered().map((one) => one.name);
    const now = regimes.includes(name) ? regimes.filter((one) => one !== name) : [...regimes, name];
    lab.compare.ask({ regimes: all.filter((one) => now.includes(one)) });
  };
  const offered = () => [...(lab.get("choices")?.regimes ?? []),
    ...(lab.byHand() ? [{ name: BY_HAND, summary: "the regime that you built on the machine", group: "" }] : [])];
  const paint = () => {
    const { regimes } = lab.compare.asked();
    const usual = lab.get("choices")?.usual ?? [];
    const nodes = offered().map(({ name, summary, group }) => {
      const chip = made.get(name) ?? h("button", { type: "button", class: "hs-chip", onclick: () => turn(name) }, name);
      made.set(name, chip);
      put(chip, { "aria-pressed": String(regimes.includes(name)), title: summary });
      return { chip, group, seldom: group && !usual.includes(name) };
    });
    arrange(chips, nodes.filter(({ seldom }) => !seldom).map(({ chip }) => chip));
    const seldom = nodes.filter((node) => node.seldom);
    arrange(more, [...new Set(seldom.map(({ group }) => group ?? ""))].map((group) => {
      const { part, heading } = groups.get(group) ?? grouped(group);
      groups.set(group, { part, heading });
      arrange(part, [heading, ...seldom.filter((one) => one.group === group).map(({ chip }) => chip)]);
      return part;
    }));
    const many = seldom.filter(({ chip }) => chip.getAttribute("aria-pressed") === "true").length;
    say(summary, many ? `More regimes (${many} chosen)` : "More regimes");
    fold.hidden = !seldom.length;
  };
  const root = h("div", { class: "hs-chosen", "data-control": "regimes" }, h("span", {}, "Regimes"), chips, fold);
  return { root, paint };
}

/** @param {string} name @param {string} label @param {HTMLElement} input */
const row = (name, label, input) =>
  h("div", { class: "hs-row", "data-control": name }, h("label", { for: input.id }, label), input);

/** What varies beside the regime, and which values it takes. @param {Lab} lab */
function varyPart(lab) {
  const images = () => lab.get("data") === DIGITS;
  const varied = () => (lab.get("choices")?.varied ?? []).filter(({ name }) => !images() || !OF_TEXTS.includes(name))
    .map((one) => ({ ...one, label: one.label.replace("messages", `${itemOf(lab.get("data"))}s`) }));
  const vary = choiceInput(lab.id("vary"), (name) => {
    const usual = varied().find((one) => one.name === name)?.usual ?? [];
    lab.compare.ask({ vary: name, values: usual });
  });
  const values = textInput({ id: lab.id("values"), longest: 200, hint: "10, 20, 40" }, () => {},
    (text) => lab.compare.ask({ values: valuesOf(text) }));
  const [first, second] = [row("vary", "Vary", vary.input), row("values", "Values", values.input)];
  const paint = () => {
    const { vary: now, values: there } = lab.compare.asked();
    vary.paint([["", "nothing else"], ...varied().map(({ name, label }) =>
      /** @type {[string, string]} */ ([name, label]))], now);
    second.hidden = !now;
    if (document.activeElement !== values.input) values.paint(there.map(valueText).join(", ").replaceAll(" ", " "));
  };
  return { nodes: [first, second], paint };
}

/** @param {Lab} lab */
function seedsPart(lab) {
  const { input, paint } = numberInput({ id: lab.id("seeds"), low: 1, high: MOST_SEEDS, step: 1 }, (text) => {
    const many = Math.round(Number(text));
    if (text.trim() && Number.isFinite(many)) lab.compare.ask({ seeds: Math.min(MOST_SEEDS, Math.max(1, many)) });
    return lab.compare.asked().seeds;
  });
  return { root: row("seeds", "Seeds", input), paint: () => paint(lab.compare.asked().seeds) };
}

/** @param {Lab} lab */
export function asksPanel(lab) {
  const [regimes, vary, seeds] = [regimesPart(lab), varyPart(lab), seedsPart(lab)];
  const press = (/** @type {HTMLElement} */ node, /** @type {() => void} */ work) => {
    if (node.getAttribute("aria-disabled") !== "true") work();
  };
  const begin = h("button", { type: "button", class: "hs-button hs-do-compare",
    onclick: () => press(begin, () => lab.compare.begin()) }, "Compare");
  const halt = h("button", { type: "button", class: "hs-button hs-do-halt",
    onclick: () => press(halt, () => lab.compare.halt()) }, "Stop");
  const takes = h("p", { class: "hs-hint", "aria-live": "polite", "data-hs": "expected" });
  const root = h("fieldset", { class: "hs-asks" }, h("legend", {}, "Compare"), regimes.root, ...vary.nodes, seeds.root,
    h("div", { class: "hs-buttons" }, begin, halt), takes);
  const paint = () => {
    for (const part of [regimes, vary, seeds]) part.paint();
    const running = RUNNING.includes(lab.compare.phase());
    const expected = lab.compare.expected;
    put(begin, { "aria-disabled": String(running || lab.compare.starting || Boolean(expected?.wrong) || lab.busy()) });
    put(halt, { "aria-disabled": String(lab.compare.phase() !== "running") });
    const waits = lab.busy() ? "A run is under way: you can compare when it's done."
      : expected?.sentence ?? "";
    say(takes, running ? "" : waits); // how much is left is told above
    put(takes, { "data-failed": expected?.wrong && !running ? "yes" : null });
  };
  return { root, paint };
}
