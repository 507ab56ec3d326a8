// A text of the learner's own: who answers, and which words decide.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { fakeModel, makeElement, paintFrames } from "./dom.mjs";
import { answer, epoch, heard, run } from "./runs.mjs";
import { effectFor, pieceText, piecesOf, sideOf, signed, triedOf, verdictOn } from "../../headswap/lab/asked.js";
import { examplesOf } from "../../headswap/lab/panels/try.js";
import widget from "../../headswap/lab/view.js";

const TRAITS = { regime: "head-only", pool: "mean", epochs: 3, learning_rate: null, messages: 640, max_len: 32, seed: 0,
  data: "fixture", head: "", batch_size: 32, schedule: "", causal: true, encoding: "", positive: "", threshold: 0.5,
  choices: { regimes: [], pools: [], heads: [], schedules: [] }, controls: null, locked: [], question: "", answers: [],
  files: [], kept: {}, text_column: "", label_column: "" };
const IDLE = { kind: "state", phase: "idle", sentence: "ready", done: 0 };

function opened(traits = {}) {
  const [model, el] = [fakeModel({ ...TRAITS, ...traits }), makeElement("div")];
  widget.render({ model, el });
  paintFrames();
  const part = el.all().find((node) => node.attributes["data-hs"] === "try");
  const lab = { model, el, told: 0, part, tries: () => model.sent.filter((order) => order.do === "try") };
  return lab;
}

function tell(lab, ...news) {
  for (const one of news) lab.model.tell("msg:custom", { n: ++lab.told, ...one });
  paintFrames();
}

/** Type a text and let the pause after it pass. */
function type(lab, text) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const field = lab.part.tagged("input")[0];
  field.value = text;
  field.fire("input");
  mock.timers.tick(200);
  mock.timers.reset();
  paintFrames();
}

const done = (id, more = {}) => run(id, { outcome: "done", epochs: [epoch(1, 0.5)], ...more });
const rows = (lab) => lab.part.looking("hs-tried").map((row) => row.textContent);

test("a text is asked of the run in view and of the pinned ones, and again when they change", () => {
  const lab = opened();
  tell(lab, { kind: "run", run: done(1) }, { kind: "run", run: done(2) }, { kind: "pin", id: 1, pinned: true }, IDLE);
  type(lab, "win a prize");
  assert.deepEqual(lab.tries(), [{ do: "try", text: "win a prize", ids: [2, 1] }]);
  tell(lab, IDLE, { kind: "end", id: 2, outcome: "done", diagnosis: "" });
  assert.equal(lab.tries().length, 1, "nothing has changed");
  tell(lab, { kind: "run", run: done(3) });
  assert.deepEqual(lab.tries().at(-1).ids, [3, 1]);
  lab.el.named("pin run 2").click();
  assert.deepEqual(lab.tries().at(-1).ids, [3, 1, 2]);
  lab.el.all().find((node) => node.attributes["aria-label"]?.startsWith("1 · ") && node.tag === "button").click();
  assert.deepEqual(lab.tries().at(-1).ids, [1, 2]);
  type(lab, "");
  tell(lab, { kind: "run", run: done(4) });
  assert.equal(lab.tries().at(-1).text, "", "an empty text is asked of nobody again");
});

test("each run that is asked has a row of its own with its name", () => {
  const lab = opened();
  tell(lab, { kind: "run", run: done(1) });
  type(lab, "win a prize");
  tell(lab, answer("win a prize", heard(1, [0.002, 0.998], { epoch: 20 })));
  assert.deepEqual(rows(lab), ["run 1P(spam) 0.998 → spam · epoch 20"], "the only run is named by its label");
  tell(lab, { kind: "pin", id: 1, pinned: true }, { kind: "run", run: done(2) },
    answer("win a prize", heard(2, [0.9, 0.1], { epoch: 3 })));
  assert.deepEqual(rows(lab), ["run 2P(spam) 0.100 → ham · epoch 3", "run 1P(spam) 0.998 → spam · epoch 20"]);
  const bar = lab.part.named("P(spam), run 2");
  assert.deepEqual([bar.getAttribute("aria-valuenow"), bar.looking("hs-limit")[0].style.left], ["0.100", "50%"]);
});

test("a run that has not answered says why", () => {
  const lab = opened();
  tell(lab, { kind: "history", runs: [done(-1, { recorded: true, label: "old" })], current: null, messages: {} }, IDLE);
  type(lab, "win");
  assert.match(rows(lab)[0], /Press Train first\.$/, "no run is in view");
  tell(lab, { kind: "pin", id: -1, pinned: true });
  assert.match(rows(lab)[0], /This recorded run has no model to ask; press Train to get one\.$/);
  tell(lab, { kind: "run", run: done(1) }, { kind: "run", run: done(2) });
  tell(lab, { kind: "pin", id: 1, pinned: true }, { ...answer("win"), gone: [-1, 1] });
  assert.deepEqual(rows(lab).map((row) => row.replace(/.*?(waiting|This recorded|Its model)/, "$1")), ["waiting for the model…",
    "This recorded run has no model to ask; press Train to get one.",
    "Its model is gone: the lab keeps only those of the latest 8 runs and of pinned runs."]);
  tell(lab, answer("win", heard(2, [null, null])));
  assert.match(rows(lab)[0], /waiting/, "numbers that are none give no verdict");
});

const recorded = (more = {}) => ({ kind: "history", current: null, messages: {}, state: IDLE, runs: [
  done(-1, { recorded: true, regime: "head-only", pool: "mean", label: "head-only", keeps: true, ...more })] });

test("a recorded run that keeps its model is asked before Train, and again on a page that reloads", () => {
  const lab = opened({ rates: {} });
  tell(lab, recorded());
  assert.match(rows(lab)[0], /Type anything; the recorded run answers/);
  type(lab, "win a prize");
  assert.deepEqual(lab.tries(), [{ do: "try", text: "win a prize", ids: [-1] }]);
  assert.match(rows(lab)[0], /waiting for the model…$/);
  tell(lab, answer("win a prize", heard(-1, [0.1, 0.9], { epoch: 20, words: [[0, 3, 0.4], [4, 5, 0], [6, 11, 2]] })));
  assert.match(rows(lab)[0], /P\(spam\) 0\.900 → spam · epoch 20$/);
  assert.equal(lab.part.looking("hs-words")[0].looking("hs-word").length, 3);
  tell(lab, recorded());
  assert.deepEqual(lab.tries().map(({ ids }) => ids), [[-1], [-1]], "a history may have lost answers");
  assert.match(rows(lab)[0], /0\.900/);
});

test("a recorded run whose model cannot be read, or that keeps none, sends to Train; one that begins is waited for", () => {
  for (const keeps of [true, false]) {
    const lab = opened({ rates: {} });
    tell(lab, recorded({ keeps }));
    type(lab, "win");
    tell(lab, { ...answer("win"), gone: [-1] });
    assert.match(rows(lab)[0], /This recorded run has no model to ask; press Train to get one\.$/);
    lab.el.looking("hs-do-train")[0].click();
    paintFrames();
    assert.match(rows(lab)[0], /waiting for the model…$/);
    tell(lab, { kind: "said", sentence: "no", wrong: true });
    assert.match(rows(lab)[0], /press Train to get one\.$/, "it was refused");
  }
});

test("a pinned recorded run answers beside a run of one's own", () => {
  const lab = opened({ rates: {} });
  tell(lab, recorded({ pinned: true }));
  type(lab, "win");
  tell(lab, { kind: "run", run: done(1) });
  assert.deepEqual(lab.tries().at(-1).ids, [1, -1]);
  tell(lab, answer("win", heard(1, [0.8, 0.2], { epoch: 1 }), heard(-1, [0.1, 0.9], { epoch: 20 })));
  assert.deepEqual(rows(lab).map((row) => row.replace(/.*P/, "P")),
    ["P(spam) 0.200 → ham · epoch 1", "P(spam) 0.900 → spam · epoch 20"]);
});

const TEXT = "win a 👍 prize now";
const WORDS = [[0, 3, 0.4], [4, 5, 0], [6, 7, -1.2], [8, 13, 2.13], [14, 17, 0.01]];

test("each word shows for whom it speaks and how much, and what was never read is struck through", () => {
  const lab = opened();
  tell(lab, { kind: "run", run: done(1) });
  type(lab, TEXT);
  tell(lab, answer(TEXT, heard(1, [0.1, 0.9], { words: WORDS, read: 10, bytes: [14, 20] })));
  const words = lab.part.looking("hs-words")[0].looking("hs-word");
  assert.deepEqual(words.map((word) => word.getAttribute("data-side")), ["for", null, "against", "for", null]);
  assert.deepEqual(words.map((word) => word.textContent), ["win", "a", "👍−1.2", "prize+2.1", "now"]);
  assert.deepEqual(words.map((word) => word.getAttribute("aria-label")), ["win: +0.40 for spam", "a: 0.00",
    "👍: −1.20 for ham", "prize: read in part, +2.13 for spam", "now: not read, +0.01"]);
  assert.equal(words[3].getAttribute("title"), words[3].getAttribute("aria-label"));
  assert.deepEqual(lab.part.tagged("s").map((node) => node.textContent), ["ize", "now"]);
  assert.equal(lab.part.looking("hs-tail")[0].textContent, "not read: 6 of 20 bytes: this model stops after 14");
  assert.ok(Number(words[3].style["--hs-part"]) === 1 && Number(words[0].style["--hs-part"]) < 0.2);
  assert.match(lab.part.textContent, /\+1 makes the odds of spam 2\.7 times as high/);
});

test("the words as a table hold every run that was asked", () => {
  const lab = opened();
  tell(lab, { kind: "run", run: done(1) }, { kind: "pin", id: 1, pinned: true }, { kind: "run", run: done(2) });
  type(lab, "win a");
  tell(lab, answer("win a", heard(2, [0.1, 0.9], { words: [[0, 3, 0.5], [4, 5, -0.25]] }),
    heard(1, [0.1, 0.9], { words: [[0, 3, 1.5], [4, 5, null]] })));
  assert.equal(lab.part.looking("hs-wordkeys")[0].textContent, "for spamfor hamin run 2");
  const fold = lab.part.tagged("details")[0];
  fold.open = true;
  fold.fire("toggle");
  paintFrames();
  assert.deepEqual(fold.tagged("th").map((head) => head.textContent), ["word", "run 2, for spam", "run 1, for spam"]);
  assert.deepEqual(fold.tagged("td").map((cell) => cell.textContent), ["win", "+0.50", "+1.50", "a", "−0.25", "–"]);
});

test("while epochs fly by the text waits for its words, and a text of one word has none to compare", () => {
  const lab = opened();
  tell(lab, { kind: "run", run: run(1, { epochs: [epoch(1, 0.5)] }) });
  type(lab, "win a prize");
  tell(lab, answer("win a prize", heard(1, [0.1, 0.9])));
  assert.match(lab.part.textContent, /which words decide when the run pauses or ends/);
  assert.deepEqual(lab.part.looking("hs-words")[0].tagged("li").map((word) => word.textContent), ["win", "a", "prize"]);
  assert.equal(lab.part.tagged("details")[0].hidden, true);
  type(lab, "prize");
  tell(lab, answer("prize", heard(1, [0.1, 0.9], { words: [[0, 5, null]] })));
  assert.match(lab.part.textContent, /Without its only word, there's no text/);
  assert.equal(lab.part.tagged("details")[0].hidden, true);
  type(lab, "prizes");
  assert.equal(lab.part.looking("hs-wordwise")[0].hidden, true, "the words of another text are no answer");
});

test("a text asked about from Python stands here, and the runs that were not asked are", () => {
  const lab = opened();
  tell(lab, { kind: "run", run: done(1) }, { kind: "pin", id: 1, pinned: true }, { kind: "run", run: done(2) },
    answer("win", heard(2, [0.1, 0.9])));
  assert.equal(lab.part.tagged("input")[0].value, "win");
  assert.deepEqual(lab.tries(), [{ do: "try", text: "win", ids: [2, 1] }]);
  tell(lab, answer("win", heard(2, [0.1, 0.9]), heard(1, [0.2, 0.8])));
  assert.equal(lab.tries().length, 1);
});

test("a bet that is open hides what the runs say of a text", () => {
  const lab = opened({ question: "Which?", answers: ["one", "other"] });
  tell(lab, { kind: "run", run: done(1) });
  type(lab, "win");
  tell(lab, answer("win", heard(1, [0.1, 0.9])));
  assert.deepEqual(rows(lab), ["Choose an answer first to see what the model says."]);
  assert.equal(lab.part.looking("hs-wordwise")[0].hidden, true);
});

const LABELS = ["bill", "love", "work"];
const three = { run: run(1, { label_names: LABELS }), heard: heard(1, [0.1, 0.7, 0.2]), gone: false };

test("of more than two classes the words speak for the likeliest, or for the one that is held against the rest", () => {
  assert.deepEqual(verdictOn(three, 0.5, null), { p: 0.7, name: "P(love)", verdict: "love", positive: true, sought: 1 });
  const against = verdictOn(three, 0.5, 2);
  assert.deepEqual([against.name, against.verdict, against.sought], ["P(work)", "not work", 2]);
  const told = heard(1, [0.1, 0.7, 0.2], { words: [[0, 4, [0.1, 1.5, -2]]] });
  const [love, work] = [1, 2].map((sought) => pieceText(piecesOf("kiss", told, sought)[0], LABELS, sought));
  assert.deepEqual([love, work], ["kiss: +1.50 for love", "kiss: −2.00 for not work"]);
  assert.equal(effectFor(null, 1), null);
});

test("numbers carry their sign, and what hardly counts speaks for nobody", () => {
  assert.deepEqual([signed(2.134), signed(-0.05, 1), signed(-0.04, 1), signed(0)], ["+2.13", "−0.1", "0.0", "0.00"]);
  assert.deepEqual([sideOf(0.3), sideOf(-0.3), sideOf(0.019), sideOf(null)], ["for", "against", null, null]);
});

test("words beyond the sixtieth are drawn without a number", () => {
  const told = heard(1, [0.1, 0.9], { words: [[0, 3, 1]], more: 2 });
  const pieces = piecesOf("win  a\tprize ", told, 1);
  assert.deepEqual(pieces.map(({ read, effect, strong }) => [read, effect, strong]), [["win", 1, true], ["a", null, false], ["prize", null, false]]);
  assert.deepEqual(triedOf({ run: null, pinned: [], answer: null }, "win"), [{ run: null, heard: null, gone: false }]);
});

test("the examples are the surest message of each class, the positive one first, and the surest mistake", () => {
  const messages = [["hi", 0], ["win", 1], ["lunch", 0], ["prize", 1], ["a prize!", 1]];
  const judged = { truths: [0, 1, 0, 1, 1], guesses: [1, 0, 0, 1, 1], shares: [0.6, 0.1, 0.2, 0.7, 0.9] };
  assert.deepEqual(examplesOf({ messages, judged, labels: ["ham", "spam"] }), ["a prize!", "lunch", "win"]);
  assert.deepEqual(examplesOf({ messages: [], judged, labels: ["ham", "spam"] }), [], "the page has heard none of them");
});

test("an image among the messages is tried by its number", () => {
  const picture = { rows: 1, columns: 1, ink: [1] };
  const messages = [["1: a 7", 1, picture], ["2: a 2", 0, picture]];
  const judged = { truths: [1, 0], guesses: [1, 0], shares: [0.9, 0.1] };
  assert.deepEqual(examplesOf({ messages, judged, labels: ["2", "7"] }), ["1", "2"]);
});
