/**
 * The browser side of the lab: Python sends numbers, this module draws them, with what charts.js holds for every widget.
 *
 * Above the line "The page", every function is pure and exported for tests/view.test.mjs. Below it, each display is one
 * function that builds its elements once and returns how to paint them; one scheduler paints what has changed, at most
 * once per frame.
 *
 * @typedef {{epoch: number, train: number|null, validation: number|null, p: number[], xy: number[],
 *   perplexity: number|null, seconds: number|null, diagnosis: string}} Epoch
 * @typedef {{id: number, label: string, line: string, regime: string, pool: string, seed: number, planned: number,
 *   learning: number, total: number, cached: string, floor?: number|null, recorded: boolean, pinned: boolean, outcome: string,
 *   forecast: string, perplexity0: number|null, stages: number, messages?: [string, number][], data_key: string,
 *   label_names: string[], epochs: Epoch[], diagnosis: string, best: number|null}} Run
 * @typedef {{text: string, p: number, id: number|null, epoch: number|null}} Answer
 * @typedef {{n: number, gap: boolean, runs: Run[], current: number|null,
 *   messages: Record<string, [string, number][]>, answer: Answer|null}} Store
 * @typedef {import("../web/charts.js").Cells} Cells
 * @typedef {{precision: number, recall: number, f1: number, accuracy: number}} Scores
 */

import { EDGE, axisNodes, cellName, circle, confusionTable, countText, curvePath, diamond, fillSelect, h, legendKey, linear,
  meter, panel, percentText, put, s, say, scheduler, tableFold, ticks, triangle } from "../web/charts.js";

// ---------------------------------------------------------------- settings

const LIMITS = { epochs: [1, 200], max_len: [8, 256], messages: [20, 80000], seed: [0, 2147483647],
  batch_size: [1, 1024], threshold: [0, 1], learning_rate: [1e-5, 1] };
const WHOLE = ["epochs", "max_len", "messages", "seed", "batch_size"];
export const MESSAGES = [20, 40, 80, 160, 320, 640, 2560, 10240, 80000];
export const FILE_LIMIT = 5_000_000;

/** A number as the lab accepts it, or undefined where there is none to be had.
 * @param {string} name @param {unknown} value */
export function clampSetting(name, value) {
  if (name === "learning_rate" && value === null) return null;
  if (!(name in LIMITS)) return value;
  const number = typeof value === "string" && value.trim() === "" ? NaN : Number(value);
  if (!Number.isFinite(number)) return undefined;
  const [low, high] = LIMITS[name];
  let inside = Math.min(high, Math.max(low, number));
  if (WHOLE.includes(name)) inside = Math.round(inside);
  return name === "messages" ? inside - (inside % 2) : inside;
}

/** A learning rate of two digits from a slider's position, and back.
 * @param {number} position log10 of the rate */
export const rateAt = (position) => Number((10 ** position).toPrecision(2));
/** @param {number} rate */
export const positionOf = (rate) => Math.min(0, Math.max(-5, Math.log10(rate)));

// ---------------------------------------------------------------- numbers as text

/** @param {number|null|undefined} value */
export function lossText(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "none";
  return Math.abs(value) < 1000 ? value.toFixed(3) : value.toExponential(2);
}

/** @param {number|null} seconds null where nobody kept them: in a still picture */
export function secondsText(seconds) {
  if (seconds === null) return "–";
  if (seconds < 0.1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  return seconds < 100 ? `${seconds.toFixed(seconds < 10 ? 2 : 1)} s` : `${Math.round(seconds / 60)} min`;
}

/** @param {number} rate */
export const rateText = (rate) => (rate >= 0.001 ? String(Number(rate.toPrecision(2))) : rate.toExponential());

// ---------------------------------------------------------------- curves

/** The height of the loss axis: all of every curve, unless one diverges; then what leaves is cut at the top.
 * @param {(number|null)[]} values @param {number|null} first the first epoch's loss */
export function lossTop(values, first) {
  const finite = values.filter((v) => v !== null && Number.isFinite(v));
  if (!finite.length) return 1;
  const cap = Math.max(1.5, 3 * (first ?? 1));
  const most = Math.min(Math.max(...finite), cap);
  const step = ticks(0, most, 4)[1] ?? most;
  return Math.max(step, Math.ceil(most / step - 1e-9) * step) || 1;
}

/** The epoch with the lowest validation loss, the first of equals. @param {Epoch[]} epochs @returns {number|null} */
export function bestEpoch(epochs) {
  let best = null;
  for (const epoch of epochs) {
    const loss = epoch.validation;
    if (loss !== null && Number.isFinite(loss) && (best === null || loss < best.validation)) best = epoch;
  }
  return best ? best.epoch : null;
}

/** The epoch nearest to a place on the axis. @param {Epoch[]} epochs @param {number} at @returns {Epoch|null} */
export function nearestEpoch(epochs, at) {
  let found = null;
  for (const epoch of epochs) if (!found || Math.abs(epoch.epoch - at) < Math.abs(found.epoch - at)) found = epoch;
  return found;
}

// ---------------------------------------------------------------- counts, scores, intervals

/** @param {number} p thousandths @param {number} threshold */
const isSpam = (p, threshold) => p >= Math.round(threshold * 1000);

/** @param {[string, number][]} messages @param {number[]} p @param {number} threshold @returns {Cells} */
export function confusionAt(messages, p, threshold) {
  const cells = { tn: 0, fp: 0, fn: 0, tp: 0 };
  const many = Math.min(messages.length, p.length);
  for (let i = 0; i < many; i++) cells[cellName(messages[i][1], isSpam(p[i], threshold) ? 1 : 0)] += 1;
  return cells;
}

/** Spam is positive; a share of nothing is 0. @param {Cells} cells @returns {Scores} */
export function scoresOf({ tn, fp, fn, tp }) {
  const share = (/** @type {number} */ a, /** @type {number} */ b) => (b ? a / b : 0);
  return { precision: share(tp, tp + fp), recall: share(tp, tp + fn), f1: share(2 * tp, 2 * tp + fp + fn),
    accuracy: share(tp + tn, tn + fp + fn + tp) };
}

/** 95 % interval of each score: how far the luck of the messages reaches. On the logit scale (log of right over wrong,
 * half a message added to each cell), as `metrics/intervals.py` has it, so none leaves 0 to 1 and no perfect score is certain.
 * @param {Cells} cells @returns {{[K in keyof Scores]: [number, number]}} */
export function intervals({ tn, fp, fn, tp }) {
  const scores = scoresOf({ tn, fp, fn, tp });
  const of = (/** @type {number} */ score, /** @type {number} */ hit, /** @type {number} */ missed, weight = 1) => {
    const middle = Math.log((weight * hit) / missed), half = 1.95996398454 * Math.sqrt(1 / hit + 1 / missed);
    const [low, high] = [-half, half].map((side) => 1 / (1 + Math.exp(-middle - side)));
    return /** @type {[number, number]} */ ([Math.min(low, score), Math.max(high, score)]);
  };
  return { precision: of(scores.precision, tp + 0.5, fp + 0.5), recall: of(scores.recall, tp + 0.5, fn + 0.5),
    f1: of(scores.f1, tp + 0.5, fp + fn + 1, 2), accuracy: of(scores.accuracy, tp + tn + 1, fp + fn + 1) };
}

/** The messages of one cell (null: all that are wrong), nearest to the threshold first.
 * @param {[string, number][]} messages @param {number[]} p @param {number} threshold @param {string|null} cell */
export function messagesOf(messages, p, threshold, cell) {
  const rows = [];
  for (let i = 0; i < Math.min(messages.length, p.length); i++) {
    const name = cellName(messages[i][1], isSpam(p[i], threshold) ? 1 : 0);
    if (cell ? name === cell : name === "fp" || name === "fn")
      rows.push({ index: i, text: messages[i][0], label: messages[i][1], p: p[i] / 1000 });
  }
  return rows.sort((a, b) => Math.abs(a.p - threshold) - Math.abs(b.p - threshold) || a.index - b.index);
}

// ---------------------------------------------------------------- the store

/** @returns {Store} */
export const emptyStore = () => ({ n: 0, gap: false, runs: [], current: null, messages: {}, answer: null });

/** @param {Store} store @param {number} id @param {(run: Run) => Run} change @returns {Store} */
function withRun(store, id, change) {
  if (!store.runs.some((run) => run.id === id)) return { ...store, gap: true };
  return { ...store, runs: store.runs.map((run) => (run.id === id ? change(run) : run)) };
}

/** A run taken in: new or in place of itself; its messages are kept once per data set.
 * @param {Store} store @param {Run} run @returns {Store} */
export function takeRun(store, run) {
  const { messages, ...rest } = run;
  const known = store.runs.some((other) => other.id === run.id);
  const runs = known ? store.runs.map((other) => (other.id === run.id ? rest : other)) : [...store.runs, rest];
  return { ...store, runs, messages: messages ? { ...store.messages, [run.data_key]: messages } : store.messages };
}

/** @param {Store} store @param {Run[]} runs */
export const takeRuns = (store, runs) => runs.reduce(takeRun, store);

/** @param {Epoch[]} epochs @param {Epoch} epoch */
function putEpoch(epochs, epoch) {
  const last = epochs[epochs.length - 1];
  if (!last || last.epoch < epoch.epoch) return [...epochs, epoch];
  return [...epochs.filter((old) => old.epoch !== epoch.epoch), epoch].sort((a, b) => a.epoch - b.epoch);
}

/** @type {Record<string, (store: Store, msg: any) => Store>} */
const APPLY = {
  run: (store, { run }) => ({ ...takeRun(store, run), current: run.id }),
  epoch: (store, { id, epoch }) => withRun(store, id, (run) => ({ ...run, epochs: putEpoch(run.epochs, epoch) })),
  end: (store, { id, outcome, diagnosis }) => withRun(store, id, (run) => ({ ...run, outcome, diagnosis })),
  pin: (store, { id, pinned }) => pinRun(store, id, pinned),
  answer: (store, { text, p, id, epoch }) => ({ ...store, answer: { text, p, id, epoch } }),
  cleared: (store) => ({ ...store, runs: store.runs.filter((run) => run.recorded), current: null }),
};

/** The store after a message. Old news changes nothing; a jump in the numbers sets `gap`, and only a history heals it.
 * @param {Store} store @param {any} msg @returns {Store} */
export function reduce(store, msg) {
  if (msg.kind === "history") {
    const fresh = { ...store, n: msg.n, gap: false, runs: [], current: msg.current ?? null };
    return takeRuns(fresh, msg.runs ?? []);
  }
  if (typeof msg.n !== "number" || msg.n <= store.n) return store;
  if (msg.n > store.n + 1) return store.gap ? store : { ...store, gap: true };
  const next = Object.hasOwn(APPLY, msg.kind) ? APPLY[msg.kind](store, msg) : store;
  return { ...next, n: msg.n };
}

/** @param {Store} store @param {number} id @param {boolean} pinned */
export const pinRun = (store, id, pinned) =>
  ({ ...store, runs: store.runs.map((run) => (run.id === id ? { ...run, pinned } : run)) });

/** Recorded runs stand in until there is a real one; a pinned one stays. @param {Store} store */
export function visibleRuns(store) {
  const real = store.runs.some((run) => !run.recorded);
  return store.runs.filter((run) => !real || !run.recorded || run.pinned);
}

/** The run on show: the chosen one, else the one that runs or ran last. @param {Store} store @param {number|null} id */
export function shownRun(store, id) {
  const runs = visibleRuns(store);
  const find = (/** @type {number|null} */ wanted) => runs.find((run) => run.id === wanted);
  return find(id) ?? find(store.current) ?? runs.filter((run) => !run.recorded).at(-1) ?? runs.at(-1) ?? null;
}

/** @param {Store} store @param {Run|null} run @returns {[string, number][]} */
export const messagesFor = (store, run) => (run && store.messages[run.data_key]) || [];

// ---------------------------------------------------------------- the table of runs

export const COLUMNS = [["id", "run"], ["regime", "regime"], ["pool", "pooling"], ["seed", "seed"],
  ["learning", "learns"], ["seconds", "seconds"], ["best", "best epoch"], ["f1", "F1 (95 %)"]];

/** @param {Run} run @param {[string, number][]} messages @param {number} threshold
 * @param {(cells: Cells) => ReturnType<typeof intervals>} spread */
export function runRow(run, messages, threshold, spread = intervals) {
  const last = run.epochs.at(-1);
  const cells = last ? confusionAt(messages, last.p, threshold) : null;
  const scores = cells ? scoresOf(cells) : null;
  const [low, high] = cells ? spread(cells).f1 : [null, null];
  return { id: run.id, label: run.label, regime: run.regime, pool: run.pool, seed: run.seed, planned: run.planned,
    epochs: run.epochs.length, learning: run.learning, total: run.total,
    seconds: secondsOf(run.epochs), best: run.best ?? bestEpoch(run.epochs),
    f1: scores?.f1 ?? null, f1_low: low, f1_high: high, precision: scores?.precision ?? null,
    recall: scores?.recall ?? null, accuracy: scores?.accuracy ?? null, threshold, outcome: run.outcome,
    recorded: run.recorded, pinned: run.pinned, forecast: run.forecast, diagnosis: run.diagnosis, line: run.line };
}

/** Rows in order of one column; rows without a value come last either way, equals keep their order of birth.
 * @template {{id: number}} R @param {R[]} rows @param {string} key @param {1|-1} way @returns {R[]} */
export function sortRows(rows, key, way) {
  const compare = (/** @type {any} */ a, /** @type {any} */ b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  const empty = (/** @type {any} */ value) => value === null || value === undefined;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[key], b[key]];
    if (empty(x) || empty(y)) return Number(empty(x)) - Number(empty(y)) || a.id - b.id;
    return way * compare(x, y) || a.id - b.id;
  });
}

/** @param {unknown} value */
export function csvCell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {Record<string, unknown>[]} rows */
export function csvOf(rows) {
  if (!rows.length) return "";
  const names = Object.keys(rows[0]);
  return [names, ...rows.map((row) => names.map((name) => row[name]))]
    .map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

// ---------------------------------------------------------------- what may be pressed

const BUSY = ["preparing", "training"];

/** Which buttons work in which phase. @param {string} phase @param {boolean} answered */
export function buttonsAt(phase, answered) {
  const still = !BUSY.includes(phase) && phase !== "stopping";
  return { train: still && answered, step: still && answered, stop: BUSY.includes(phase) || phase === "paused",
    reset: true, pin: true };
}

/** The phase to show: "stopping" from the click on until Python has left the phase it was clicked in.
 * @param {string} phase @param {string|null} stoppedIn */
export function phaseShown(phase, stoppedIn) {
  if (stoppedIn === null) return phase;
  const left = BUSY.includes(stoppedIn) ? !BUSY.includes(phase) : phase !== stoppedIn;
  return left ? phase : "stopping";
}

// ================================================================ The page

// ---------------------------------------------------------------- controls

/** @param {string} name @param {string} label @param {HTMLElement} input @param {...Node} more */
function controlRow(name, label, input, ...more) {
  const row = h("div", { class: "hs-row", "data-control": name }, h("label", { for: input.id }, label), input, ...more);
  return row;
}

/** @param {any} lab @param {string} name @param {string} label @param {() => [string, string][]} options
 * @param {(text: string) => any} [parse] */
function choiceControl(lab, name, label, options, parse = String) {
  const select = h("select", { id: lab.id(name), onchange: () => lab.set(name, parse(select.value)) });
  return { name, row: controlRow(name, label, select), inputs: [select],
    paint: () => fillSelect(select, options(), String(lab.get(name) ?? "")) };
}

/** @param {any} lab @param {string} name @param {string} label @param {string} [unit] */
function numberControl(lab, name, label, unit) {
  const [min, max] = LIMITS[name];
  const commit = () => {
    const value = clampSetting(name, input.value);
    if (value !== undefined) lab.set(name, value);
    input.value = lab.get(name);
  };
  const input = h("input", { id: lab.id(name), type: "number", min, max, step: 1, onchange: commit });
  const row = controlRow(name, label, input, ...(unit ? [h("span", { class: "hs-unit" }, unit)] : []));
  const paint = () => {
    const typing = input.getRootNode().activeElement === input && Number(input.value) === lab.get(name);
    if (!typing && input.value !== String(lab.get(name))) input.value = lab.get(name);
  };
  return { name, row, inputs: [input], paint };
}

/** @param {any} lab */
function causalControl(lab) {
  const input = h("input", { id: lab.id("causal"), type: "checkbox", onchange: () => lab.set("causal", input.checked) });
  return { name: "causal", row: controlRow("causal", "Causal mask", input), inputs: [input],
    paint: () => (input.checked = Boolean(lab.get("causal"))) };
}

/** The learning rate: a log slider, or the rate that the regime was tuned to. @param {any} lab */
function rateControl(lab) {
  const slider = h("input", { id: lab.id("learning_rate"), type: "range", min: -5, max: 0, step: 0.05,
    oninput: () => lab.set("learning_rate", rateAt(Number(slider.value)), true),
    onchange: () => lab.set("learning_rate", rateAt(Number(slider.value))) });
  const tuned = h("input", { id: lab.id("tuned"), type: "checkbox",
    onchange: () => lab.set("learning_rate", tuned.checked ? null : clampSetting("learning_rate", lab.tunedRate())) });
  const value = h("span", { class: "hs-value", "aria-hidden": "true" });
  const row = h("div", { class: "hs-row hs-rate", "data-control": "learning_rate" },
    h("label", { for: slider.id }, "Learning rate"), value,
    h("label", { class: "hs-check", for: tuned.id }, tuned, "tuned"), slider);
  const paint = () => {
    const rate = lab.get("learning_rate");
    const shown = rate ?? lab.tunedRate();
    tuned.checked = rate === null || rate === undefined;
    const position = String(Math.round(positionOf(shown) * 20) / 20);
    if (rateAt(Number(slider.value)) !== shown && slider.value !== position) slider.value = position;
    put(slider, { "aria-valuetext": `${rateText(shown)}${tuned.checked ? ", tuned" : ""}` });
    say(value, rateText(shown));
    slider.disabled = tuned.checked || tuned.disabled;
  };
  return { name: "learning_rate", row, inputs: [tuned], paint };
}

/** A file of one's own, chosen or dropped. @param {any} lab */
function fileControl(lab) {
  const input = h("input", { id: lab.id("file"), type: "file", class: "hs-hidden", accept: ".csv,.tsv,.txt,.jsonl,text/*",
    onchange: () => { if (input.files[0]) lab.sendFile(input.files[0]); input.value = ""; } });
  const row = h("div", { class: "hs-row hs-file", "data-control": "file" }, input,
    h("label", { for: input.id, class: "hs-button" }, "Choose a file"), h("span", { class: "hs-unit" }, "or drop it here"));
  return { name: "file", row, inputs: [input], paint: () => {} };
}

/** @param {any} lab */
function controlsPart(lab) {
  const choices = () => lab.get("choices") ?? {};
  const named = (/** @type {string} */ key) => (choices()[key] ?? []).map((/** @type {any} */ c) => [c.name, c.name]);
  const plain = (/** @type {string} */ key) =>
    [["", "the regime's"], ...(choices()[key] ?? []).filter(Boolean).map((/** @type {string} */ c) => [c, c])];
  const main = [
    choiceControl(lab, "regime", "Regime", () => named("regimes")),
    choiceControl(lab, "pool", "Pooling", () => named("pools")),
    numberControl(lab, "epochs", "Epochs"),
    rateControl(lab),
    choiceControl(lab, "messages", "Training messages", () => MESSAGES.map((m) => [String(m), countText(m)]), Number),
    numberControl(lab, "max_len", "Maximum length", "bytes"),
    numberControl(lab, "seed", "Seed"),
    choiceControl(lab, "data", "Data", () => [["fixture", "fixture"], ["shifted", "shifted"]]),
    fileControl(lab),
  ];
  const more = [
    choiceControl(lab, "head", "Head", () => plain("heads")),
    numberControl(lab, "batch_size", "Batch size"),
    choiceControl(lab, "schedule", "Schedule", () => plain("schedules")),
    causalControl(lab),
    choiceControl(lab, "encoding", "File's encoding", () => [["", "UTF-8"], ["cp1252", "Windows (cp1252)"], ["latin-1", "latin-1"]]),
  ];
  const summaries = { regime: h("p", { class: "hs-hint", id: lab.id("regime-says") }),
    pool: h("p", { class: "hs-hint", id: lab.id("pool-says") }) };
  for (const control of main) {
    const hint = summaries[/** @type {"regime"|"pool"} */ (control.name)];
    if (hint) { control.row.append(hint); put(control.inputs[0], { "aria-describedby": hint.id }); }
  }
  const fold = h("details", { class: "hs-fold hs-advanced" }, h("summary", {}, "Advanced"), ...more.map((c) => c.row));
  const root = h("fieldset", { class: "hs-settings" }, h("legend", {}, "Settings"), ...main.map((c) => c.row), fold);
  const summary = (/** @type {string} */ key, /** @type {string} */ name) =>
    (choices()[key] ?? []).find((/** @type {any} */ c) => c.name === name)?.summary ?? "";
  const paint = () => {
    for (const control of [...main, ...more]) {
      control.row.hidden = !lab.shows(control.name);
      for (const input of control.inputs) input.disabled = lab.locks(control.name);
      control.paint();
    }
    say(summaries.regime, summary("regimes", lab.get("regime")));
    say(summaries.pool, summary("pools", lab.get("pool")));
    fold.hidden = more.every((c) => c.row.hidden);
    root.hidden = fold.hidden && main.every((c) => c.row.hidden);
  };
  return { root, paint };
}

// ---------------------------------------------------------------- buttons, status

/** @param {any} lab */
function buttonsPart(lab) {
  const ask = h("span");
  const answer = h("select", { id: lab.id("answer"), onchange: () => lab.forecast(answer.value) });
  const question = h("div", { class: "hs-question", "data-control": "forecast" }, h("label", { for: answer.id }, ask), answer);
  const press = (/** @type {string} */ name, /** @type {string} */ text) =>
    h("button", { type: "button", class: `hs-button hs-do-${name}`, onclick: () => lab.press(name) }, text);
  const buttons = { train: press("train", "Train"), step: press("step", "Step"), stop: press("stop", "Stop"),
    reset: press("reset", "Reset"), pin: press("pin", "Pin") };
  put(buttons.step, { title: "train one epoch" });
  put(buttons.pin, { title: "keep this run's curves for comparison" });
  const root = h("fieldset", { class: "hs-run" }, h("legend", {}, "Run"), question,
    h("div", { class: "hs-buttons" }, ...Object.values(buttons)));
  const paint = () => {
    const phase = lab.phase();
    say(ask, lab.get("question") || "");
    question.hidden = !lab.asks();
    const offered = (lab.get("answers") ?? []).map((/** @type {string} */ a) => [a, a]);
    if (lab.asks()) fillSelect(answer, [["", "choose an answer…"], ...offered], lab.answered());
    answer.disabled = lab.locks("forecast");
    const works = buttonsAt(lab.starting() ? "preparing" : phase, !lab.asks() || lab.answered() !== "");
    if (lab.starting()) works.stop = false;
    const run = lab.view().run;
    for (const [name, button] of Object.entries(buttons)) {
      button.hidden = !lab.shows(name);
      const off = lab.locks(name) || !works[/** @type {keyof typeof works} */ (name)] || (name === "pin" && !run);
      if (button.disabled !== off) button.disabled = off;
    }
    say(buttons.train, phase === "paused" ? "Continue" : "Train");
    put(buttons.pin, { "aria-pressed": String(Boolean(run?.pinned)) });
    say(buttons.pin, run?.pinned ? "Unpin" : "Pin");
    root.hidden = question.hidden && Object.values(buttons).every((button) => button.hidden);
  };
  return { root, paint };
}

/** The status line: at once when the phase changes or the reader did something, else once a second. @param {any} lab */
function statusPart(lab) {
  const line = h("div", { role: "status", class: "hs-status", "data-hs": "status" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "progress of the run" });
  const root = h("div", { class: "hs-statusline" }, bar, line);
  let [key, last, timer] = ["", 0, 0];
  const show = () => {
    [last, timer] = [performance.now(), 0];
    say(line, lab.sentence());
  };
  const paint = () => {
    const phase = lab.phase();
    const done = Math.min(1, Math.max(0, lab.get("state")?.done ?? 0));
    bar.value = done;
    put(bar, { class: [...BUSY, "paused", "stopping"].includes(phase) ? "hs-on" : "hs-off" });
    put(line, { "data-failed": phase === "failed" ? "yes" : null });
    const now = `${phase}|${lab.note()}`;
    if (now !== key || performance.now() - last >= 1000) { clearTimeout(timer); show(); }
    else if (!timer) timer = setTimeout(show, 1000 - (performance.now() - last));
    key = now;
  };
  return { root, paint, stop: () => clearTimeout(timer) };
}

/** @param {any} lab */
function diagnosisPart(lab) {
  const words = h("p");
  const forecast = h("p", { class: "hs-hint" });
  const root = h("div", { class: "hs-diagnosis", "data-hs": "diagnosis" }, words, forecast);
  const paint = () => {
    const { run, epoch, live } = lab.view();
    const failed = run?.outcome.startsWith("failed") ? run.outcome : "";
    const said = live ? failed || run?.diagnosis || epoch?.diagnosis : epoch?.diagnosis;
    const first = `No run yet: choose ${lab.asks() ? "an answer, then " : ""}a regime and press Train.`;
    say(words, said || (run ? (epoch ? "Too early to tell." : "") : first));
    say(forecast, run?.forecast ? `Your prediction: ${run.forecast}` : "");
    forecast.hidden = !run?.forecast;
  };
  return { root, paint };
}

// ---------------------------------------------------------------- loss curves

/** @param {any} lab */
function curvesPart(lab) {
  const clip = lab.id("clip");
  const axes = s("g", { class: "hs-axes", "aria-hidden": "true" });
  const ghosts = s("g", { "aria-hidden": "true", "clip-path": `url(#${clip})` });
  const ghostNames = s("g", { "aria-hidden": "true" });
  const hole = s("rect");
  const lines = { train: s("path", { class: "hs-line hs-train" }), validation: s("path", { class: "hs-line hs-validation" }) };
  const best = s("g", { class: "hs-best", "aria-hidden": "true" });
  const cross = s("g", { class: "hs-cross" });
  const clipped = s("g", { "clip-path": `url(#${clip})` });
  const defs = s("defs");
  const frame = s("clipPath", { id: clip });
  frame.append(hole);
  defs.append(frame);
  const floor = s("path", { class: "hs-line hs-floor" });
  clipped.append(floor, lines.train, lines.validation);
  const svg = s("svg", { class: "hs-plot", tabindex: 0, role: "slider", "aria-label": "Epoch shown", "aria-valuemin": 1,
    "data-lm-suppress-shortcuts": "true",
    "aria-orientation": "horizontal" });
  svg.append(defs, axes, ghosts, clipped, ghostNames, best, cross);
  const readout = h("p", { class: "hs-readout" });
  const tag = h("span", { class: "hs-tag" });
  const keys = { training: "hs-line hs-train", validation: "hs-line hs-validation", floor: "hs-line hs-floor" };
  const legend = Object.entries(keys).map(([name, look]) => {
    const { text, node } = legendKey(look);
    say(text, name);
    return node;
  });
  const floorKey = legend[2];
  floorKey.title = "the lowest training loss that any head on this frozen body can have";
  const table = tableFold("loss by epoch", () => lab.mark("curves"));
  const title = h("span", { class: "hs-runname" });
  const root = panel("curves", "Loss curves",
    h("div", { class: "hs-head" }, h("h4", {}, "Loss"), title, tag,
      h("span", { class: "hs-keys" }, ...legend)),
    svg, h("div", { class: "hs-foot" }, readout, table.fold));

  let size = [0, 0];
  let painted = "";
  let x = linear([0, 1], [0, 1]);
  let planned = 1;

  const drawAxes = (/** @type {number} */ top, /** @type {(v: number) => number} */ y) => {
    const [width, height] = size;
    put(hole, { x: EDGE.left - 2, y: EDGE.top - 4, width: Math.max(0, width - EDGE.left - EDGE.right + 6),
      height: Math.max(0, height - EDGE.top - EDGE.bottom + 6) });
    const xs = ticks(0, planned, Math.max(2, Math.min(10, width / 60)), true);
    axes.replaceChildren(...axisNodes({ size, edge: EDGE, x, y, xs, ys: ticks(0, top, 4), xName: `epoch (of ${planned})`,
      yName: "loss (nats)" }));
  };

  const ghostName = (/** @type {Run} */ run, /** @type {Epoch} */ last, /** @type {(v: number) => number} */ y) => {
    const right = x(last.epoch);
    const under = run.epochs.filter((e) => x(e.epoch) >= right - 6 * run.label.length && e.epoch <= last.epoch);
    const top = Math.min(...under.map((e) => y(e.validation ?? 0)));
    return s("text", { x: right, y: Math.max(EDGE.top + 10, top - 5), "text-anchor": "end", class: "hs-ghostname" }, run.label);
  };

  const drawGhosts = (/** @type {Run[]} */ pinned, /** @type {(v: number) => number} */ y) => {
    const nodes = pinned.flatMap((run) =>
      [s("path", { class: "hs-line hs-ghost", d: curvePath(run.epochs.map((e) => [e.epoch, e.train]), x, y) }),
        s("path", { class: "hs-line hs-ghost hs-validation-dash",
          d: curvePath(run.epochs.map((e) => [e.epoch, e.validation]), x, y) })]);
    ghosts.replaceChildren(...nodes);
    ghostNames.replaceChildren(...pinned.flatMap((run) => {
      const last = run.epochs.filter((e) => e.epoch <= planned && e.validation !== null).at(-1);
      return last ? [ghostName(run, last, y)] : [];
    }));
  };

  const drawBest = (/** @type {Run|null} */ run, /** @type {(v: number) => number} */ y) => {
    const at = run ? run.best ?? bestEpoch(run.epochs) : null;
    const epoch = at === null || !run ? null : run.epochs.find((e) => e.epoch === at);
    if (!epoch || epoch.validation === null) return best.replaceChildren();
    best.replaceChildren(...diamond(x(epoch.epoch), y(epoch.validation), `best: ${epoch.epoch}`, [size[0], size[1] - EDGE.bottom]));
  };

  /** The least that the training loss can come to, where it is known. */
  const drawFloor = (/** @type {number|null} */ least, /** @type {(v: number) => number} */ y) => {
    const there = least !== null && y(least) >= EDGE.top;
    put(floor, { d: there ? `M${x(0).toFixed(1)} ${y(least).toFixed(1)}H${x(planned).toFixed(1)}` : "" });
    floorKey.hidden = !there;
  };

  const drawCross = (/** @type {Epoch|null} */ epoch, /** @type {boolean} */ live, /** @type {(v: number) => number} */ y) => {
    if (!epoch) return cross.replaceChildren();
    const nodes = live ? [] : [s("line", { x1: x(epoch.epoch), x2: x(epoch.epoch), y1: EDGE.top, y2: size[1] - EDGE.bottom })];
    for (const name of /** @type {const} */ (["train", "validation"])) {
      const loss = epoch[name];
      if (loss === null || y(loss) < EDGE.top - 4) continue;
      nodes.push(s("circle", { cx: x(epoch.epoch), cy: y(loss), r: 3.5, class: `hs-dot hs-${name}-fill` }));
    }
    cross.replaceChildren(...nodes);
  };

  const paint = () => {
    const { run, epoch, live, held, pinned } = lab.view();
    const epochs = run?.epochs ?? [];
    if (!size[0]) size = [svg.clientWidth, svg.clientHeight];
    const [width, height] = size;
    const ghostRuns = pinned.filter((/** @type {Run} */ other) => other.id !== run?.id);
    planned = Math.max(run?.planned ?? lab.get("epochs") ?? 1, epochs.at(-1)?.epoch ?? 1);
    const losses = [epochs, ...ghostRuns.map((/** @type {Run} */ r) => r.epochs)].flat()
      .flatMap((/** @type {Epoch} */ e) => [e.train, e.validation]);
    const top = lossTop(losses, epochs[0]?.train ?? ghostRuns[0]?.epochs[0]?.train ?? null);
    x = linear([0, planned], [EDGE.left, width - EDGE.right]);
    const y = linear([0, top], [height - EDGE.bottom, EDGE.top]);
    const now = JSON.stringify([size, planned, top, ghostRuns.map((/** @type {Run} */ r) => [r.id, r.epochs.length, r.label])]);
    if (now !== painted) { drawAxes(top, y); drawGhosts(ghostRuns, y); painted = now; }
    put(lines.train, { d: curvePath(epochs.map((/** @type {Epoch} */ e) => [e.epoch, e.train]), x, y) });
    put(lines.validation, { d: curvePath(epochs.map((/** @type {Epoch} */ e) => [e.epoch, e.validation]), x, y) });
    drawFloor(run?.floor ?? null, y);
    drawBest(run, y);
    drawCross(epoch, live, y);
    const least = run?.floor == null ? "" : `; floor ${lossText(run.floor)}`;
    const words = epoch
      ? `epoch ${epoch.epoch}: training ${lossText(epoch.train)}, validation ${lossText(epoch.validation)} nats${least}`
      : "no epoch yet";
    say(readout, live ? words : `${words} ${held ? "(held: Escape returns)" : ""}`);
    put(svg, { "aria-valuemax": Math.max(1, epochs.length), "aria-valuenow": epoch?.epoch ?? 1,
      "aria-valuetext": live ? `latest, ${words}` : words });
    say(title, run?.label ?? "");
    tag.hidden = !run?.recorded;
    say(tag, "recorded");
    table.paint(["epoch", "training loss (nats)", "validation loss (nats)", "seconds"],
      () => epochs.map((/** @type {Epoch} */ e) => [e.epoch, lossText(e.train), lossText(e.validation), e.seconds?.toFixed(3) ?? "–"]));
  };

  const toPointer = (/** @type {PointerEvent} */ event) => {
    const left = svg.getBoundingClientRect().left;
    lab.goTo((planned * (event.clientX - left - EDGE.left)) / Math.max(1, size[0] - EDGE.left - EDGE.right));
  };
  put(svg, {
    onpointermove: (/** @type {PointerEvent} */ event) => {
      if (!lab.view().held && (event.movementX || event.movementY)) toPointer(event);
    },
    // Whoever walks by the keys stays: what moves under a resting mouse must not throw them out.
    onpointerleave: () => { if (!lab.view().held && !svg.matches(":focus-visible")) lab.goLive(); },
    onclick: (/** @type {PointerEvent} */ event) => { if (lab.view().held) lab.goLive(); else { toPointer(event); lab.hold(); } },
    onblur: () => { if (!lab.view().held) lab.goLive(); },
    onkeydown: (/** @type {KeyboardEvent} */ event) => crossKey(lab, event),
  });
  const resize = () => {
    const next = [svg.clientWidth, svg.clientHeight];
    if (next[0] !== size[0] || next[1] !== size[1]) { size = next; lab.mark("curves"); }
  };
  return { root, paint, resize, svg };
}

/** Arrow keys, Home, End and Escape on the curves. @param {any} lab @param {KeyboardEvent} event */
function crossKey(lab, event) {
  const { run, epoch } = lab.view();
  if (event.key === "Escape") return lab.goLive();
  if (!run || !epoch) return;
  const last = run.epochs.at(-1).epoch;
  const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
  const move = moves[/** @type {keyof typeof moves} */ (event.key)];
  if (move === undefined) return;
  event.preventDefault();
  lab.goTo(Math.min(last, Math.max(1, epoch.epoch + move)));
}

// ---------------------------------------------------------------- confusion matrix and its messages

/** @param {any} lab */
function confusionPart(lab) {
  const table = confusionTable(lab.choose);
  const against = h("p", { class: "hs-hint" });
  const root = panel("confusion", "Confusion matrix", h("div", { class: "hs-head" }, h("h4", {}, "Confusion")), table.root, against);
  const paint = () => {
    const { cells, labels, chosen, rival, epoch } = lab.view();
    table.paint(epoch ? cells : null, labels, chosen, rival?.cells);
    say(against, rival ? `± against ${rival.run.label}, epoch ${rival.epoch}` : "");
    against.hidden = !rival;
  };
  return { root, paint };
}

const LISTED = 60;

/** @param {any} lab */
function messagesPart(lab) {
  const title = h("h4");
  const list = h("ol", { class: "hs-list", tabindex: 0, "aria-label": "listed texts" });
  const all = h("button", { type: "button", class: "hs-link", onclick: () => lab.choose(null) }, "all wrong");
  const root = panel("messages", "Messages", h("div", { class: "hs-head" }, title, all), list);
  let painted = "";
  const paint = () => {
    const { messages, epoch, threshold, chosen, labels } = lab.view();
    const rows = epoch ? messagesOf(messages, epoch.p, threshold, chosen) : [];
    const where = { tn: [0, 0], fp: [0, 1], fn: [1, 0], tp: [1, 1] }[/** @type {"tn"} */ (chosen)];
    const name = where ? `${labels[where[0]]} taken for ${labels[where[1]]}` : "Wrong";
    say(title, `${name}: ${rows.length}${epoch ? ` · epoch ${epoch.epoch}` : ""}`);
    all.hidden = !chosen;
    const listed = rows.slice(0, LISTED);
    const now = JSON.stringify([chosen, threshold, lab.view().run?.data_key, rows.length, listed.map((row) => [row.index, row.p])]);
    if (now === painted) return;
    painted = now;
    const items = listed.map((row) => h("li", {},
      h("span", { class: `hs-p ${row.label ? "hs-spam" : "hs-ham"}`, title: "P(spam)" }, row.p.toFixed(3)),
      h("span", { class: "hs-truth" }, labels[row.label] ?? ""), h("span", { class: "hs-text" }, row.text)));
    if (rows.length > LISTED) items.push(h("li", { class: "hs-hint" }, `and ${countText(rows.length - LISTED)} more`));
    if (!rows.length) items.push(h("li", { class: "hs-hint" }, epoch ? "None." : "Messages appear with the first epoch."));
    list.replaceChildren(...items);
  };
  return { root, paint };
}

// ---------------------------------------------------------------- metrics, facts

/** @param {any} lab */
function metricsPart(lab) {
  const names = { precision: "precision", recall: "recall", f1: "F1", accuracy: "accuracy" };
  const rows = Object.entries(names).map(([name, text]) => {
    const bar = s("rect", { class: "hs-range", y: 4, height: 6, rx: 2 });
    const dot = s("circle", { class: "hs-point", cy: 7, r: 3.5 });
    const rivalDot = s("circle", { class: "hs-rival", cy: 7, r: 4 });
    const plot = s("svg", { class: "hs-interval", "aria-hidden": "true" });
    plot.append(s("line", { class: "hs-rule", x1: "0%", x2: "100%", y1: 7, y2: 7 }),
      ...["0%", "25%", "50%", "75%", "100%"].map((at) => s("line", { class: "hs-rule", x1: at, x2: at, y1: 2, y2: 12 })),
      bar, rivalDot, dot);
    const cells = { value: h("td", { class: "hs-number" }), spread: h("td", { class: "hs-spread" }) };
    const row = h("tr", {}, h("th", { scope: "row" }, text), cells.value, cells.spread, h("td", {}, plot));
    return { name, bar, dot, rivalDot, ...cells, row };
  });
  const slider = h("input", { id: lab.id("threshold"), type: "range", min: 0, max: 1, step: 0.01,
    oninput: () => lab.set("threshold", Number(slider.value), true), onchange: () => lab.set("threshold", Number(slider.value)) });
  const value = h("span", { class: "hs-value", "aria-hidden": "true" });
  const root = panel("metrics", "Metrics",
    h("div", { class: "hs-head" }, h("h4", {}, "Metrics"), h("span", { class: "hs-hint" }, "spam is positive · bar: 95 %")),
    h("table", { class: "hs-scores" }, h("tbody", {}, ...rows.map((r) => r.row))),
    h("div", { class: "hs-threshold" }, h("label", { for: slider.id }, "Threshold"), slider, value));
  const paint = () => {
    const { cells, spread, epoch, threshold, rival } = lab.view();
    const scores = scoresOf(cells);
    const old = rival ? scoresOf(rival.cells) : null;
    for (const row of rows) {
      const key = /** @type {keyof Scores} */ (row.name);
      const [low, high] = spread?.[key] ?? [0, 0];
      say(row.value, epoch ? scores[key].toFixed(3) : "–");
      say(row.spread, epoch ? `${low.toFixed(2)} to ${high.toFixed(2)}` : "");
      put(row.bar, { x: `${100 * low}%`, width: `${Math.max(0, 100 * (high - low))}%` });
      put(row.dot, { cx: `${100 * scores[key]}%`, visibility: epoch ? "visible" : "hidden" });
      put(row.rivalDot, { cx: `${100 * (old?.[key] ?? 0)}%`, visibility: old && epoch ? "visible" : "hidden" });
    }
    if (Number(slider.value) !== threshold) slider.value = threshold;
    put(slider, { "aria-valuetext": threshold.toFixed(2) });
    say(value, threshold.toFixed(2));
  };
  return { root, paint };
}

/** @param {Epoch[]} epochs @returns {number|null} */
const secondsOf = (epochs) =>
  epochs.some((epoch) => epoch.seconds === null) ? null : epochs.reduce((sum, epoch) => sum + Number(epoch.seconds), 0);

/** @param {Run} run */
const learnsText = (run) => `${countText(run.learning)} of ${countText(run.total)} weights` +
  ` (${percentText(run.learning / run.total)})${run.stages > 1 ? ` in ${run.stages} stages` : ""}`;

/** A factor or a perplexity. @param {number} value */
const fewDigits = (value) => (value < 100 ? value.toFixed(2) : countText(value));

/** @param {any} lab */
function factsPart(lab) {
  const entry = (/** @type {string} */ name) => {
    const value = h("dd");
    return { value, nodes: [h("dt", {}, name), value] };
  };
  const facts = { learns: entry("learns"), cached: entry("cached"), pace: entry("per epoch"), memory: entry("forgetting") };
  const gauge = meter("forgetting", 1, 100);
  const scale = h("div", { class: "hs-scale", "aria-hidden": "true" }, h("span", {}, "1×"), h("span", {}, "10×"), h("span", {}, "100×"));
  const root = panel("facts", "Facts", h("div", { class: "hs-head" }, h("h4", {}, "What learns")),
    h("dl", {}, ...Object.values(facts).flatMap((fact) => fact.nodes)), gauge.root, scale);
  const paint = () => {
    const { run, epoch } = lab.view();
    const epochs = run?.epochs ?? [];
    const seconds = epochs.length ? secondsOf(epochs) : null;
    say(facts.learns.value, run ? learnsText(run) : "–");
    say(facts.cached.value, run ? run.cached || "nothing" : "–");
    say(facts.pace.value, secondsText(seconds === null ? null : seconds / epochs.length));
    const [before, now] = [run?.perplexity0 ?? null, epoch?.perplexity ?? null];
    const times = before && now ? now / before : null;
    say(facts.memory.value, times === null ? "not measured"
      : `perplexity ${fewDigits(Number(before))} → ${fewDigits(Number(now))}, ×${fewDigits(times)}`);
    gauge.paint(Math.log10(times ?? 1) / 2, Math.min(100, Math.max(1, times ?? 1)).toFixed(2), facts.memory.value.textContent);
    gauge.root.hidden = scale.hidden = times === null;
  };
  return { root, paint };
}

// ---------------------------------------------------------------- pooled vectors, try a message

/** Four paths, one for each cell of the confusion matrix: shape and colour say the label, an outline says wrong.
 * @param {any} lab */
function scatterPart(lab) {
  const marks = Object.fromEntries(["tn", "tp", "fp", "fn"].map((name) => [name, s("path", { class: markClass(name) })]));
  const cross = s("path", { class: "hs-rule" });
  const svg = s("svg", { class: "hs-cloud", role: "img", "aria-label": "pooled vectors of the validation messages in two dimensions" });
  svg.append(cross, ...Object.values(marks));
  const keys = [circle(7, 7, 4), triangle(7, 6, 5), circle(7, 7, 4)].map((path, i) => legendKey(markClass(["tn", "tp", "fp"][i]), path));
  const under = h("p", { class: "hs-under" });
  const table = tableFold("pooled vectors", () => lab.mark("scatter"));
  const root = panel("scatter", "Pooled vectors",
    h("div", { class: "hs-head" }, h("h4", {}, "Pooled vectors"), h("span", { class: "hs-keys" }, ...keys.map((key) => key.node))),
    svg, h("div", { class: "hs-foot" }, under, table.fold));
  const hint = "main directions of the start";
  let size = [0, 0];
  const place = (/** @type {Epoch} */ epoch, /** @type {number} */ i) => [
    Number((size[0] / 2 + (epoch.xy[2 * i] / 1000) * (size[0] / 2 - 6)).toFixed(1)),
    Number((size[1] / 2 - (epoch.xy[2 * i + 1] / 1000) * (size[1] / 2 - 6)).toFixed(1))];
  const paint = () => {
    const { messages, epoch, threshold, labels } = lab.view();
    if (!size[0]) size = [svg.clientWidth, svg.clientHeight];
    put(cross, { d: `M0 ${size[1] / 2}H${size[0]}M${size[0] / 2} 0V${size[1]}` });
    const paths = { tn: "", tp: "", fp: "", fn: "" };
    for (let i = 0; epoch && i < messages.length && 2 * i + 1 < epoch.xy.length; i++) {
      const [x, y] = place(epoch, i);
      paths[cellName(messages[i][1], isSpam(epoch.p[i], threshold) ? 1 : 0)] += messages[i][1] ? triangle(x, y) : circle(x, y);
    }
    for (const [name, path] of Object.entries(marks)) put(path, { d: paths[/** @type {"tn"} */ (name)] });
    [labels[0], labels[1], "wrong"].forEach((text, i) => say(keys[i].text, text));
    if (!under.textContent || !epoch) say(under, hint);
    const listed = epoch ? messages.slice(0, epoch.p.length) : [];
    table.paint(["message", "label", "P(spam)", "x", "y"], () => listed.map((/** @type {any} */ [text, label], /** @type {number} */ i) =>
      [text, labels[label] ?? label, (epoch.p[i] / 1000).toFixed(3), epoch.xy[2 * i] / 1000, epoch.xy[2 * i + 1] / 1000]));
  };
  const point = (/** @type {PointerEvent} */ event) => {
    const { messages, epoch } = lab.view();
    const box = svg.getBoundingClientRect();
    let [found, least] = [-1, 12 ** 2];
    for (let i = 0; epoch && i < messages.length && 2 * i + 1 < epoch.xy.length; i++) {
      const [x, y] = place(epoch, i);
      const distance = (x - event.clientX + box.left) ** 2 + (y - event.clientY + box.top) ** 2;
      if (distance < least) [found, least] = [i, distance];
    }
    say(under, found < 0 ? hint : `P(spam) ${(epoch.p[found] / 1000).toFixed(3)}: ${messages[found][0]}`);
  };
  put(svg, { onpointermove: point, onpointerleave: () => say(under, hint) });
  const resize = () => { size = [svg.clientWidth, svg.clientHeight]; lab.mark("scatter"); };
  return { root, paint, resize, svg };
}

/** @param {string} cell */
const markClass = (cell) =>
  `hs-mark ${cell === "tp" || cell === "fn" ? "hs-spam-mark" : "hs-ham-mark"}${cell === "fp" || cell === "fn" ? " hs-wrong" : ""}`;

/** @param {any} lab */
function tryPart(lab) {
  let timer = 0;
  /** @type {any} */
  let last = null;
  const send = () => lab.send({ do: "try", text: input.value });
  const input = h("input", { id: lab.id("try"), type: "text", maxlength: 500, placeholder: "You have won a prize…", autocomplete: "off",
    oninput: () => { clearTimeout(timer); timer = setTimeout(send, 120); lab.mark("try"); } });
  const bar = meter("P(spam)", 0, 1);
  bar.root.classList.add("hs-meter");
  const words = h("p", { class: "hs-answer" });
  const title = h("label", { class: "hs-title", for: input.id }, "Try a message");
  const root = panel("try", "A message of your own", title, input, bar.root, words);
  root.dataset.control = "predict";
  const paint = () => {
    root.hidden = !lab.shows("predict");
    input.disabled = lab.locks("predict");
    const { answer, threshold, labels } = lab.view();
    // A text asked for from Python stands here too, unless somebody is typing.
    if (answer && answer.text !== last?.text && document.activeElement !== input) input.value = answer.text;
    last = answer;
    const fits = answer && input.value.trim() !== "" && answer.text.trim() === input.value.trim();
    const p = fits ? answer.p : 0;
    bar.paint(p, p.toFixed(3), fits ? p.toFixed(3) : "no answer yet", threshold);
    put(bar.fill, { "data-side": p >= threshold ? "spam" : "ham" });
    const waits = input.value.trim() ? "waiting for the model…" : "Type anything; the answer follows the training.";
    const when = answer?.epoch ? ` · epoch ${answer.epoch}` : "";
    say(words, fits ? `P(spam) ${p.toFixed(3)} → ${labels[p >= threshold ? 1 : 0]}${when}` : waits);
  };
  return { root, paint, stop: () => clearTimeout(timer) };
}

// ---------------------------------------------------------------- the table of runs

/** @param {any} lab */
function runsPart(lab) {
  let [key, way] = ["id", /** @type {1|-1} */ (-1)];
  let order = "";
  const known = new Map();
  const heads = COLUMNS.map(([name, text]) => {
    const sort = () => {
      way = key === name ? /** @type {1|-1} */ (-way) : 1;
      key = name;
      lab.mark("runs");
    };
    const button = h("button", { type: "button", class: "hs-sort", onclick: sort }, text);
    return { name, th: h("th", { scope: "col" }, button) };
  });
  const body = h("tbody");
  const plain = ["outcome", "actions"].map((text) => h("th", { scope: "col" }, text));
  const table = h("table", { class: "hs-table", "aria-label": "all runs" },
    h("thead", {}, h("tr", {}, ...heads.map((head) => head.th), ...plain)), body);
  const save = () => saveCsv(csvOf(sortRows(lab.rows(), key, way)));
  const download = h("button", { type: "button", class: "hs-button", onclick: save }, "Export CSV");
  const root = panel("runs", "All runs", h("div", { class: "hs-head" }, h("h4", {}, "Runs"), download),
    h("div", { class: "hs-scroll", tabindex: 0, role: "group", "aria-label": "all runs" }, table));
  const make = (/** @type {number} */ id) => {
    const button = (/** @type {string} */ text, /** @type {() => void} */ onclick, kind = "hs-small") =>
      h("button", { type: "button", class: kind, onclick }, text);
    const parts = { show: button("", () => lab.show(id), "hs-link"), tag: h("span", { class: "hs-tag" }, "recorded"),
      pin: button("pin", () => lab.togglePin(id)), copy: button("copy", () => lab.copy(id)) };
    const cells = COLUMNS.map(() => h("td"));
    const [outcome, actions] = [h("td"), h("td", { class: "hs-actions" }, parts.pin, parts.copy)];
    cells[0].append(parts.show, parts.tag);
    return { ...parts, cells, outcome, tr: h("tr", { "data-run": id }, ...cells, outcome, actions) };
  };
  const fill = (/** @type {any} */ row, /** @type {any} */ at, /** @type {number|undefined} */ shown) => {
    const f1 = row.f1 === null ? "–" : `${row.f1.toFixed(3)} (${row.f1_low.toFixed(2)} to ${row.f1_high.toFixed(2)})`;
    const texts = [null, row.regime, row.pool, row.seed, countText(row.learning), row.seconds?.toFixed(2) ?? "–", row.best ?? "–", f1];
    texts.forEach((text, i) => { if (text !== null) say(at.cells[i], String(text)); });
    say(at.show, `${row.id} · ${row.epochs} of ${row.planned}`);
    put(at.show, { title: row.label, "aria-label": `show run ${row.id}, ${row.label}`, "aria-current": shown === row.id ? "true" : null });
    at.tag.hidden = !row.recorded;
    say(at.outcome, [row.outcome, row.forecast && `predicted: ${row.forecast}`].filter(Boolean).join(" · "));
    put(at.pin, { "aria-pressed": String(row.pinned), "aria-label": `pin run ${row.id}` });
    at.pin.hidden = !lab.shows("pin");
    at.pin.disabled = lab.locks("pin");
    put(at.copy, { "aria-label": `copy the line of run ${row.id}`, title: row.line });
    put(at.tr, { class: shown === row.id ? "hs-shown" : null });
  };
  const paint = () => {
    const rows = sortRows(lab.rows(), key, way);
    const shown = lab.view().run?.id;
    for (const id of [...known.keys()]) if (!rows.some((row) => row.id === id)) known.delete(id);
    for (const row of rows) {
      if (!known.has(row.id)) known.set(row.id, make(row.id));
      fill(row, known.get(row.id), shown);
    }
    const now = rows.map((row) => row.id).join();
    if (now !== order || body.childElementCount !== rows.length) body.replaceChildren(...rows.map((row) => known.get(row.id).tr));
    order = now;
    for (const head of heads) put(head.th, { "aria-sort": head.name === key ? (way === 1 ? "ascending" : "descending") : null });
    download.disabled = !rows.length;
  };
  return { root, paint };
}

/** @param {string} text */
function saveCsv(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = h("a", { href: url, download: "headswap-runs.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** @param {string} text */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "hs-hidden" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

// ---------------------------------------------------------------- the lab

const SETTINGS = ["regime", "pool", "epochs", "learning_rate", "messages", "max_len", "seed", "data", "head", "batch_size",
  "schedule", "causal", "encoding", "positive", "threshold"];
// Milliseconds between two paintings of arriving epochs: the eye needs no more, and training wants the processor.
const CALM = 60;
const EPOCH_PARTS = ["curves", "confusion", "messages", "metrics", "facts", "scatter", "diagnosis"];

/** What the parts may ask and do: the only holder of state. @param {any} model @param {HTMLElement} el */
function createLab(model, el) {
  const uid = `hs${Math.random().toString(36).slice(2, 9)}`;
  let store = takeRuns(emptyStore(), model.get("finished") ?? []);
  /** @type {{selected: number|null, at: number|null, held: boolean, chosen: string|null}} */
  let look = { selected: null, at: null, held: false, chosen: null };
  let [note, answered] = ["", ""];
  /** @type {string|null} */
  let stoppedIn = null;
  let [starting, asked, saving, painting, painted] = [false, 0, 0, 0, -Infinity];
  /** @type {Set<number>} */
  const timers = new Set();
  const spreads = new Map();
  /** @type {any} */
  let seen = null;
  /** @type {ReturnType<typeof scheduler>} */
  let frames;

  const mark = (/** @type {string[]} */ ...names) => { seen = null; frames.mark(...names); };
  const get = (/** @type {string} */ name) => model.get(name);
  const threshold = () => clampSetting("threshold", get("threshold") ?? 0.5) ?? 0.5;
  const realPhase = () => get("state")?.phase ?? "idle";
  const later = (/** @type {() => void} */ work, /** @type {number} */ ms) => {
    const timer = setTimeout(() => { timers.delete(timer); work(); }, ms);
    timers.add(timer);
  };

  /** @param {Cells} cells */
  const spreadOf = (cells) => {
    const key = `${cells.tn},${cells.fp},${cells.fn},${cells.tp}`;
    if (spreads.size > 2000) spreads.clear();
    if (!spreads.has(key)) spreads.set(key, intervals(cells));
    return spreads.get(key);
  };

  const rivalOf = (/** @type {Run|null} */ run, /** @type {boolean} */ live, /** @type {Epoch|null} */ epoch) => {
    const other = store.runs.filter((r) => r.pinned && r.id !== run?.id && r.data_key === run?.data_key && r.epochs.length).at(-1);
    if (!other || !epoch) return null;
    const then = live ? other.epochs.at(-1) : nearestEpoch(other.epochs, epoch.epoch);
    return then ? { run: other, epoch: then.epoch, cells: confusionAt(messagesFor(store, other), then.p, threshold()) } : null;
  };

  const lookNow = () => {
    const run = shownRun(store, look.selected);
    const live = look.at === null;
    const epoch = run ? (live ? run.epochs.at(-1) : nearestEpoch(run.epochs, Number(look.at))) ?? null : null;
    const messages = messagesFor(store, run);
    const cells = confusionAt(messages, epoch?.p ?? [], threshold());
    return { ...look, run, live, epoch, messages, cells, threshold: threshold(), answer: store.answer,
      spread: epoch ? spreadOf(cells) : null, labels: run?.label_names ?? ["ham", "spam"],
      pinned: store.runs.filter((r) => r.pinned), rival: rivalOf(run, live, epoch) };
  };

  const send = (/** @type {any} */ content, /** @type {ArrayBuffer[]} */ buffers = []) => {
    try {
      model.send(content, undefined, buffers);
    } catch {
      tell("The kernel does not answer: run the cell again.");
    }
  };
  const tell = (/** @type {string} */ text) => { note = text; mark("status"); };
  const hello = () => {
    const now = performance.now();
    if (asked && now - asked < 1000) return;
    asked = now;
    send({ do: "hello" });
  };

  const set = (/** @type {string} */ name, /** @type {any} */ value, lazy = false) => {
    model.set(name, value);
    if (name === "threshold") mark(...EPOCH_PARTS, "runs", "try");
    mark("controls");
    clearTimeout(saving);
    saving = 0;
    if (lazy) saving = setTimeout(save, 120);
    else save();
  };
  const save = () => { saving = 0; model.save_changes(); };
  const settings = () => Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));

  const begin = (/** @type {string} */ what) => {
    if (saving) { clearTimeout(saving); save(); }
    starting = true;
    note = "";
    look = { ...look, selected: null, at: null, held: false };
    send({ do: what, settings: settings() });
    later(() => {
      if (starting) tell("The kernel does not answer: it is busy, or it is gone and the cell must be run again.");
      starting = false;
      mark("buttons");
    }, 3000);
    mark("buttons", "status", "runs", "root", ...EPOCH_PARTS);
  };
  const stop = () => {
    stoppedIn = realPhase();
    send({ do: "stop" });
    later(() => { stoppedIn = null; mark("buttons", "status", "root"); }, 10000);
    mark("buttons", "status", "root");
  };
  const togglePin = (/** @type {number} */ id) => {
    const run = store.runs.find((r) => r.id === id);
    if (!run) return;
    store = pinRun(store, id, !run.pinned);
    send({ do: run.pinned ? "unpin" : "pin", id });
    mark("buttons", "runs", ...EPOCH_PARTS);
  };
  const press = (/** @type {string} */ name) => {
    if (name === "train" || name === "step") return begin(name);
    if (name === "stop") return stop();
    if (name === "reset") {
      look = { selected: null, at: null, held: false, chosen: null };
      note = "";
      send({ do: "reset" });
      return lab.redraw();
    }
    const run = shownRun(store, look.selected);
    if (run) togglePin(run.id);
  };
  const changeLook = (/** @type {Partial<typeof look>} */ part) => { look = { ...look, ...part }; mark(...EPOCH_PARTS); };

  const sendFile = async (/** @type {File} */ file) => {
    if (file.size > FILE_LIMIT)
      return tell(`${file.name} is ${(file.size / 1e6).toFixed(1)} MB; the lab takes files up to 5 MB.`);
    tell(`Reading ${file.name}…`);
    try {
      send({ do: "file", name: file.name }, [await file.arrayBuffer()]);
    } catch {
      tell(`${file.name} could not be read.`);
    }
  };

  const paintEpoch = () => {
    [painting, painted] = [0, performance.now()];
    mark(...EPOCH_PARTS, "runs", "root");
  };
  const receive = (/** @type {any} */ msg) => {
    const before = store;
    store = reduce(store, msg);
    if (msg.kind === "history") asked = 0;
    if (store.gap) hello();
    if (store === before) return;
    if (msg.kind === "answer") return mark("try");
    if (msg.kind === "run") { look = { ...look, selected: null, at: null, held: false }; starting = false; }
    seen = null;
    if (msg.kind !== "epoch") return lab.redraw();
    const wait = painted + CALM - performance.now();
    if (!painting) painting = setTimeout(paintEpoch, Math.max(0, wait));
  };
  const onState = () => {
    starting = false;
    if (phaseShown(realPhase(), stoppedIn) !== "stopping") stoppedIn = null;
    note = "";
    mark("buttons", "status", "root");
  };

  const lab = {
    get, set, send, press, togglePin, sendFile, receive, onState, hello, mark,
    id: (/** @type {string} */ name) => `${uid}-${name}`,
    view: () => (seen ??= lookNow()),
    phase: () => phaseShown(realPhase(), stoppedIn),
    note: () => note,
    sentence: () => (lab.phase() === "stopping" ? "stopping…" : note || get("state")?.sentence || "Ready."),
    starting: () => starting,
    shows: (/** @type {string} */ name) => { const names = get("controls"); return !names || names.includes(name); },
    locks: (/** @type {string} */ name) => (get("locked") ?? []).includes(name),
    asks: () => Boolean(get("question")) && lab.shows("forecast"),
    answered: () => ((get("answers") ?? []).includes(answered) ? answered : ""),
    forecast: (/** @type {string} */ text) => { answered = text; if (text) send({ do: "forecast", answer: text }); mark("buttons"); },
    tunedRate: () => (get("choices")?.regimes ?? []).find((/** @type {any} */ r) => r.name === get("regime"))?.rate ?? 0.001,
    goTo: (/** @type {number} */ place) => {
      const epoch = nearestEpoch(lab.view().run?.epochs ?? [], place);
      if (epoch && epoch.epoch !== look.at) changeLook({ at: epoch.epoch });
    },
    goLive: () => { if (look.at !== null || look.held) changeLook({ at: null, held: false }); },
    hold: () => changeLook({ held: look.at !== null }),
    choose: (/** @type {string|null} */ cell) => changeLook({ chosen: look.chosen === cell ? null : cell }),
    show: (/** @type {number} */ id) => { changeLook({ selected: id, at: null, held: false }); mark("runs", "buttons", "root"); },
    rows: () => visibleRuns(store).map((run) => runRow(run, messagesFor(store, run), threshold(), spreadOf)),
    copy: (/** @type {number} */ id) => {
      const run = store.runs.find((r) => r.id === id);
      if (run) copyText(run.line).then(() => tell(`Copied: ${run.line}`));
    },
    takeFinished: () => { store = takeRuns(store, get("finished") ?? []); seen = null; frames.all(); },
    redraw: () => { seen = null; frames.all(); },
    use: (/** @type {ReturnType<typeof scheduler>} */ found) => { frames = found; },
    stop: () => {
      frames.cancel();
      for (const timer of [painting, ...timers]) clearTimeout(timer);
      if (saving) { clearTimeout(saving); save(); }
    },
    paintRoot: () => {
      const last = shownRun(store, look.selected)?.epochs.at(-1);
      put(el, { "data-epoch": last?.epoch ?? 0, "data-phase": lab.phase(), "data-run": shownRun(store, look.selected)?.id ?? null });
    },
  };
  return lab;
}

/** A file dropped anywhere on the lab. @param {any} lab @param {HTMLElement} el */
function takeDrops(lab, el) {
  const takes = (/** @type {DragEvent} */ event) =>
    event.dataTransfer?.types.includes("Files") && lab.shows("file") && !lab.locks("file");
  const over = (/** @type {DragEvent} */ event) => { if (takes(event)) { event.preventDefault(); el.classList.add("hs-drop"); } };
  const leave = (/** @type {DragEvent} */ event) => {
    if (!el.contains(/** @type {Node|null} */ (event.relatedTarget))) el.classList.remove("hs-drop");
  };
  const drop = (/** @type {DragEvent} */ event) => {
    el.classList.remove("hs-drop");
    if (!takes(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const file = event.dataTransfer?.files[0];
    if (file) lab.sendFile(file);
  };
  const events = /** @type {[string, any][]} */ ([["dragover", over], ["dragleave", leave], ["drop", drop]]);
  for (const [name, work] of events) el.addEventListener(name, work);
  return () => { for (const [name, work] of events) el.removeEventListener(name, work); };
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const lab = createLab(model, el);
  const parts = { controls: controlsPart(lab), buttons: buttonsPart(lab), status: statusPart(lab), diagnosis: diagnosisPart(lab),
    curves: curvesPart(lab), confusion: confusionPart(lab), metrics: metricsPart(lab), messages: messagesPart(lab),
    facts: factsPart(lab), scatter: scatterPart(lab), try: tryPart(lab), runs: runsPart(lab) };
  const paints = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.paint]));
  lab.use(scheduler({ ...paints, root: lab.paintRoot }));
  el.classList.add("hs-lab");
  // JupyterLab would take arrow keys, Enter and letters for its own commands.
  put(el, { role: "region", "aria-label": "headswap lab", "data-lm-suppress-shortcuts": "true" });
  const side = h("div", { class: "hs-side" }, parts.buttons.root, parts.controls.root);
  const order = ["curves", "confusion", "metrics", "scatter", "facts", "try", "messages", "runs"];
  const shows = h("div", { class: "hs-shows" }, h("div", { class: "hs-top" }, parts.diagnosis.root, parts.status.root),
    ...order.map((name) => parts[/** @type {"curves"} */ (name)].root));
  el.replaceChildren(h("div", { class: "hs-grid" }, side, shows));

  const heard = /** @type {[string, any][]} */ ([
    ["msg:custom", lab.receive], ["change:state", lab.onState], ["change:finished", lab.takeFinished],
    ...SETTINGS.map((name) => [`change:${name}`, name === "threshold" ? lab.redraw : () => lab.mark("controls", "curves")]),
    ...["choices", "controls", "locked", "question", "answers"].map((name) => [`change:${name}`, lab.redraw])]);
  for (const [name, work] of heard) model.on(name, work);
  const forget = takeDrops(lab, el);
  const watch = new ResizeObserver(() => { parts.curves.resize(); parts.scatter.resize(); });
  watch.observe(parts.curves.svg);
  watch.observe(parts.scatter.svg);
  lab.redraw();
  lab.hello();
  return () => {
    for (const [name, work] of heard) model.off(name, work);
    watch.disconnect();
    forget();
    parts.status.stop();
    parts.try.stop();
    lab.stop();
  };
}

export default { render };
