"""What a closed notebook shows of an explorer: words for all that is drawn, and no answer to a bet that is open."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from headswap.calibration.binning import Stated
from headswap.calibration.floor import Floor
from headswap.explorers import closed as module
from headswap.explorers import widget
from headswap.explorers.closed import closed, in_words
from headswap.explorers.controls import choice, hidden, slider, switch
from headswap.explorers.environment import facts
from headswap.explorers.predict import OPEN, predict
from headswap.explorers.recorded import recorded
from headswap.explorers.widget import Explorer

CONTROLS = [
    choice("side", "Pads", "left", ["left", "right"]),
    slider("length", "Length", 32, 8, 64, unit="bytes"),
    switch("causal", "Causal mask", True),
    hidden("cell", "fp"),
]
OUTBOX = {"read": "Hi ", "unread": "pay", "verdict": "ham", "p": 0.0261, "sentence": "It got through."}
BYTE = {"top": "a", "bottom": "97", "kind": "byte"}
LAYER = {"name": "Head", "origin": "new", "weights": 130, "learns": 130, "rate": 1.0, "once": False}
BLOCK = {"name": "Block 1", "origin": "pretrained", "weights": 1_128, "learns": 0, "rate": None, "once": True}
POOL = LAYER | {"name": "Pool: mean", "weights": 0, "learns": 0, "rate": None}
OLD = {"name": "Language-model head", "rows": 260, "weights": 16_900}
SPEC = {"title": "Model", "layers": [BLOCK, POOL, LAYER | {"learns": 2, "rate": 0.1}], "old": OLD, "summary": "Few."}
# Each block, and words that its title alone does not say.
BLOCKS = [
    (widget.words("Note", "All is well."), "Note: All is well."),
    (widget.gauge("How full", 0.5, "half full"), "How full: half full."),
    (
        widget.outbox("Filter", OUTBOX, "text"),
        "Filter: it read “Hi ”, and never “pay”; ham, P(spam) 0.026. It got through.",
    ),
    (
        widget.lead("Ahead", "+0.1", "more than luck", "With 10 labels.", [("ours", 0.7, 0.6, 0.8)], "5 seeds."),
        "Ahead: +0.1, more than luck. With 10 labels. ours 0.700 [0.600, 0.800]. 5 seeds.",
    ),
    (
        widget.trade(
            "Lost", "perplexity", "F1", ((1, 100), (0.8, 1.0)), (("frozen", "circle"), ("learns", "diamond")),
            [("full", 0, 1, 30.0, 0.9, "full, seed 0: F1 0.900."), ("head-only", 0, 0, 2.0, 0.86, "h.")], ("full", 0),
            (2.0, "before"),
        ),
        "Lost: F1 by perplexity; 1 circles for frozen, 1 diamonds for learns. full, seed 0: F1 0.900. before: 2.00.",
    ),
    (
        widget.reliability("Kept", Stated(np.array([0.95, 0.9]), np.array([True, False])), 0.43,
                           Floor(0.1, (0.05, 0.25))),
        "Kept: calibration error 43.0%, of which luck alone gives up to 25.0%; 1 about 90% sure, 0% right; "
        "1 about 95% sure, 100% right.",
    ),
    (widget.tape("Ids", [BYTE, BYTE, BYTE, BYTE | {"kind": "pad"}]), "Ids: 3 byte, 1 pad."),
    (widget.table("Scores", ["pool", "F1"], [["mean", 0.8571], ["last", None]]),
     "Scores: pool mean, F1 0.857; pool last, F1 none."),
    (widget.table("Long", ["n"], [[i] for i in range(10)]), "and 2 more rows."),
    (widget.folded(widget.table("Closed", ["n"], [[3]])), "Closed: n 3."),
    (widget.headlines("Verdict", [widget.card("pads counted", "HAM", "flipped", True)]), "pads counted: HAM, flipped."),
    (widget.matrix("Verdicts", ((7, 1), (2, 6)), ("ham", "spam")),
     "Verdicts: is ham: 7 said ham, 1 said spam; is spam: 2 said ham, 6 said spam."),
    (widget.curves("Loss", "epoch", "nats", [widget.line("training", [(1, 0.7), (2, None), (3, 0.25)])]),
     "Loss: nats by epoch; training from 0.7 to 0.25."),
    (widget.bars("Weights", [("kept", 130.0, 118914.0), ("new", 2.0, None)]), "Weights: kept 130 of 118,914; new 2."),
    (widget.heat("Attention", ["a", "b"], ["a"], [[1.0], [None]]), "Attention: a grid of shares, 2 rows by 1 columns."),
    (widget.heat("Moved", ["Head", "Norm"], ["1", "20"], [[90.0, 165.25], [0.0, 3.6]], 100.0, "%"),
     "Moved: a grid, 2 rows by 2 columns; in the last column Head 165 %; Norm 3.6 %."),
    (widget.heat("Mixed", ["Block 1"], ["own", "lent"], [[60.0, 40.0]], 100.0, "%") | {"whole": True},
     "Mixed: Block 1, own 60 %, lent 40 %."),
    (widget.contenders("F1", [("own", [0.7], (0.7, 0.6, 0.8), None), ("lent", [0.6], (0.6, 0.5, 0.7), (-0.1, -0.2, 0))],
                       "F1", "ahead of own"),
     "F1: own 0.700 [0.600, 0.800]; lent 0.600 [0.500, 0.700], -0.100 [-0.200, +0.000] ahead of own."),
    (widget.divide("Each", [("ham", "circle", [0.1, 0.6]), ("spam", "triangle", [0.9])], "from P(spam) ≥", "at"),
     "Each: from P(spam) ≥; 2 ham, 1 spam."),
    (widget.crowd("Crowd", {"tp": 2, "fp": 1, "fn": 0, "tn": 7}, "3 of 10 are called spam."),
     "Crowd: 3 of 10 are called spam."),
    (widget.numbers("Large", [{"name": "F1", "value": "0.93", "says": ""}]), "Large: F1 0.93."),
    (widget.numbers("Two", [{"name": "F1", "value": "0.93", "says": "", "yours": "0.5", "agrees": False}]),
     "Two: F1 0.93 (yours: 0.5, not the same)."),
    (widget.outcome("Bet", "You said: one.", True, "one"), "Bet: You said: one."),
    (widget.numbers("Read", [widget.figure("32", "bytes"), widget.figure("5", "lost")], "“Hi”"),
     "Read: 32 bytes; 5 lost. “Hi”."),
    (widget.batch("Batch", [{"name": "Yours", "cells": [BYTE, BYTE | {"kind": "pad"}], "more": 0}]),
     "Batch: Yours, 1 byte, 1 pad."),
    (widget.guesses("Surprise", ["H", "i"], [0.01, 0.5], [[("I", 0.9)], [("i", 0.5)], [("x", 0.7)]]),
     "Surprise: 2 bytes, the most surprising H (1.0%), i (50.0%); next it expects x."),
    (widget.looking("Looks", ["a", "b"], [[1.0, None], [0.5, 0.5]], [[("b", 1.0)], [("c", 1.0)]]),
     "Looks: a grid of shares, 2 rows by 2 columns."),
    (widget.worked("Hand", {"labels": ["bos", "F"], "looker": 1, "shares": [0.25, 0.75]}, 0),
     "Hand: F takes 0.25 of bos, 0.75 of F."),
    (widget.cloud("Vectors", [("ham", "circle", [(0, 0), (1, 1)])]), "Vectors: 2 circles for ham."),
    (widget.field("Plane", "x", "y", ((0, 1), (0, 1)), [[1.0]], ("ham", "spam"),
                  [("ham", "circle", [(0, 0), (1, 1)], [True, False]), ("spam", "triangle", [(0, 1)], [False])]),
     "Plane: 2 circles for ham, 1 of them wrong; 1 triangles for spam, 0 of them wrong."),
    (widget.pictures("Digits", [widget.shown_as("seen", {"rows": 1, "columns": 1, "ink": [1]}, "a 2, in part")]),
     "Digits: seen: a 2, in part."),
    (widget.heads("Heads", {"heads": [{"task": "spam", "answer": "ham", "chance": 0.75},
                                      {"task": "comma", "answer": "", "chance": None}],
                            "says": "One pass for both.", "memory": ""}),
     "Heads: spam, ham 0.75; comma, taken off. One pass for both."),
    (widget.machine(SPEC | {"swapped": True}, {}),
     "Model: Block 1, pretrained, 1,128 weights, frozen, computed once; Pool: mean, no weights; "
     "Head, new, 130 weights, 2 learn at 0.1 times the rate. Few."),
    (widget.machine(SPEC | {"title": "Unswapped", "swapped": False}, {}),
     "Unswapped: Block 1, 1,128 weights; Language-model head, 16,900 weights. Few."),
]  # fmt: skip


def test_the_words_name_the_title_and_every_control_that_is_seen() -> None:
    explorer = Explorer("Pads", CONTROLS, lambda _: [])
    assert in_words(explorer.get_state()) == "Pads. Pads: left; Length: 32 bytes; Causal mask: on."
    explorer.set(length=8, causal=False)
    assert in_words(explorer.get_state()) == "Pads. Pads: left; Length: 8 bytes; Causal mask: off."


@pytest.mark.parametrize("block, said", BLOCKS, ids=[block["title"] for block, _ in BLOCKS])
def test_every_block_says_in_words_what_it_draws(block: widget.Block, said: str) -> None:
    assert in_words(Explorer("It", [], lambda _: [block]).get_state()).endswith(said)


def test_no_kind_of_block_is_without_words() -> None:
    made = inspect.getmembers(widget, lambda it: inspect.isfunction(it) and it.__annotations__.get("return") == "Block")
    assert module._BLOCKS.keys() == {name for name, _ in made} == {block["kind"] for block, _ in BLOCKS}


def test_the_words_follow_the_state() -> None:
    explorer = recorded()
    explorer.set(regime="full", epoch=4)
    said = in_words(explorer.get_state())
    assert "Recorded run: full; Epoch: 4." in said
    assert all(block["title"] in said for block in explorer.shown)


def test_an_outcome_that_nobody_has_bet_on_gives_nothing_away() -> None:
    bet = predict("Which is higher?", ["the one", "the other"])
    outcome = bet.reveal("the other", "0.857 against 0.885")
    for shown in (bet, outcome):
        told = str(closed(shown.get_state())["shown"]) + in_words(closed(shown.get_state()))
        assert "the other" not in told
        assert "0.885" not in told
    assert in_words(closed(bet.get_state())).startswith(f"Predict. Which is higher? {OPEN}")


def test_an_outcome_that_somebody_has_bet_on_is_told() -> None:
    bet = predict("Which is higher?", ["the one", "the other"])
    outcome = bet.reveal("the other", "0.857 against 0.885")
    bet.set(answer="the one")
    assert "It came out otherwise. What came out: the other: 0.857 against 0.885." in in_words(
        closed(outcome.get_state())
    )


def test_the_environment_tells_its_versions_and_nothing_of_the_machine() -> None:
    state = closed({"asked": 0, "rows": [[name, value] for name, value in facts().items()], "status": "Waiting."})
    known, said = facts(), in_words(state)
    assert f"torch: {known['torch']}" in said
    assert known["threads"] not in said
    assert known["memory available"] not in said
    assert "Waiting" not in said
