"""The explorers' frame: values that fit their controls, blocks that are plain data, pictures with words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from headswap.errors import SettingError
from headswap.explorers.controls import choice, hidden, slider, switch, text
from headswap.explorers.predict import predict
from headswap.explorers.reading import read
from headswap.explorers.widget import (
    Block,
    Explorer,
    bars,
    batch,
    cloud,
    curves,
    field,
    figure,
    folded,
    gauge,
    guesses,
    heat,
    line,
    looking,
    matrix,
    numbers,
    table,
    tape,
    words,
    worked,
)
from headswap.results.figures import Still

CONTROLS = [
    text("text", "Message", "Free prize"),
    slider("max_len", "Maximum length", 32, 8, 160, unit="bytes"),
    slider("threshold", "Threshold", 0.5, 0, 1, 0.01),
    choice("pool", "Pooling", "mean", ["mean", "last"]),
    switch("cls", "With cls", False),
    hidden("cell"),
]
UNSEEN = [hidden("at", -1), hidden("swapped", True), hidden("zoom", "", ["", "block[0]"]), hidden("head", 0, [0, 1])]
EVERY_BLOCK = [
    words("Words", "A sentence."),
    tape("Tape", [{"top": "F", "bottom": "70", "kind": "byte"}]),
    table("Table", ["a", "b"], [["x", 0.5], ["y", 2]]),
    matrix("Matrix", ((3, 1), (2, 4)), ("ham", "spam"), "cell"),
    curves("Curves", "epoch", "loss (nats)", [line("training", [(1, 0.5), (2, 0.4)])], [(2, 0.4, "best")], (0, 2)),
    bars("Bars", [("head", 130, 118_914), ("alone", 1.0, None)], "weights"),
    heat("Heat", "ab", "cd", [[0.5, None], [0.25, 0.75]]),
    cloud("Cloud", [("ham", "circle", [(0.0, 1.0)])]),
    field("Field", "x", "y", ((-1, 1), (0, 2)), [[-1.5, 2.0]], ("no", "yes"), [("no", "circle", [(0, 1)], [True])]),
    gauge("Gauge", 0.25, "P(spam) 0.25", limit=0.5),
    numbers("Numbers", [figure("32", "bytes")], "“Hi”"),
    batch("Batch", [{"name": "Yours", "cells": [], "more": 0}]),
    folded(table("Folded", ["a"], [["x"]])),
    guesses("Guesses", ["H"], [0.5], [[("i", 0.5)], [("!", 0.7)]]),
    looking("Looking", ["a"], [[1.0]], [[("b", 1.0)]]),
    worked("Worked", {"labels": ["a"], "looker": 0, "shares": [1.0]}, 0),
]


def show(value: Mapping[str, Any]) -> list[Block]:
    kept = value["text"].encode()[: value["max_len"]]
    return [words("Kept", kept.decode("utf-8", "replace")), words("Pool", value["pool"])]


@pytest.fixture
def explorer() -> Explorer:
    return Explorer("Tokens", CONTROLS, show)


def test_an_explorer_begins_with_its_controls_values_and_shows_them(explorer: Explorer) -> None:
    start = {"text": "Free prize", "max_len": 32, "threshold": 0.5, "pool": "mean", "cls": False, "cell": ""}
    assert explorer.value == start
    assert explorer.shown == show(start)


def test_a_new_value_shows_itself_whoever_sets_it(explorer: Explorer) -> None:
    explorer.value = explorer.value | {"max_len": 8}
    assert explorer.find("Kept")["text"] == "Free pri"
    explorer.set(text="Hi", pool="last")
    assert [block["text"] for block in explorer.shown] == ["Hi", "last"]
    explorer.set_state({"value": explorer.value | {"text": "typed"}})
    assert explorer.find("Kept")["text"] == "typed"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"nothing": 1}, "'nothing' is not a control of Tokens; it has text, max_len"),
        ({"max_len": 7}, "max_len is 7; give a whole number from 8 to 160"),
        ({"max_len": 32.5}, "give a whole number"),
        ({"max_len": True}, "give a whole number"),
        ({"max_len": "32"}, "give a whole number"),
        ({"threshold": 1.01}, "threshold is 1.01; give a number from 0 to 1"),
        ({"threshold": float("nan")}, "give a number"),
        ({"pool": "max"}, "choose one of 'mean', 'last'"),
        ({"cls": 1}, "give True or False"),
        ({"text": None}, "give a text"),
        ({"cell": 3}, "give a text"),
    ],
)
def test_a_value_outside_its_control_is_refused_and_changes_nothing(
    explorer: Explorer, wrong: dict[str, Any], said: str
) -> None:
    before = (explorer.value, explorer.shown)
    with pytest.raises(SettingError, match=said):
        explorer.set(**wrong)
    assert (explorer.value, explorer.shown) == before


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"at": "3"}, "at is '3'; give a whole number"),
        ({"at": True}, "at is True; give a whole number"),
        ({"swapped": 1}, "swapped is 1; give True or False"),
        ({"zoom": "block[1]"}, "choose one of '', 'block[0]'"),
        ({"head": 2}, "choose one of 0, 1"),
    ],
)
def test_a_hidden_value_stays_of_its_kind_and_among_its_options(wrong: dict[str, Any], said: str) -> None:
    explorer = Explorer("Unseen", UNSEEN, lambda _: [])
    explorer.set(at=3, swapped=False, zoom="block[0]", head=1)
    with pytest.raises(SettingError, match=re.escape(said)):
        explorer.set(**wrong)


def test_a_value_that_lacks_a_control_is_refused(explorer: Explorer) -> None:
    with pytest.raises(SettingError, match="max_len has no value"):
        explorer.value = {"text": "alone"}


def test_what_the_browser_sends_for_a_float_may_be_whole(explorer: Explorer) -> None:
    explorer.set(threshold=1)
    assert explorer.value["threshold"] == 1


def test_a_block_is_found_by_its_title(explorer: Explorer) -> None:
    assert explorer.find("Pool") == words("Pool", "mean")
    with pytest.raises(SettingError, match="nothing here is called 'Lost'; there is 'Kept', 'Pool'"):
        explorer.find("Lost")


def test_an_explorer_says_what_it_is_in_one_line(explorer: Explorer) -> None:
    line = "Tokens(text='Free prize', max_len=32, threshold=0.5, pool='mean', cls=False, cell='')"
    assert repr(explorer) == line
    assert explorer._repr_mimebundle_()[0]["text/plain"].startswith(line[:80])


def test_two_explorers_do_not_share_their_values(explorer: Explorer) -> None:
    other = Explorer("Tokens", CONTROLS, show)
    other.set(text="else")
    assert explorer.value["text"] == "Free prize"


@pytest.mark.parametrize("block", EVERY_BLOCK, ids=lambda block: block["kind"])
def test_a_block_is_plain_data(block: Block) -> None:
    assert json.loads(json.dumps(block, allow_nan=False)) == block
    assert block["title"]


def test_tensors_and_arrays_become_plain_numbers_and_infinity_none() -> None:
    points = torch.tensor([[0.0, 1.5], [1.0, float("inf")]])
    made = [
        curves("C", "x", "y", [line("l", points)], [(np.float32(1), np.float64(0.5), "m")]),
        heat("H", "a", "b", torch.tensor([[0.5]])),
        cloud("D", [("g", "circle", np.zeros((1, 2)))]),
        matrix("M", torch.tensor([[1, 2], [3, 4]]), ("ham", "spam")),
        table("T", ["n"], [[np.int64(3)]]),
        gauge("G", torch.tensor(0.5), "half"),
    ]
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made[0]["lines"][0]["points"] == [[0.0, 1.5], [1.0, None]]


def test_a_picture_has_its_words_and_the_same_bytes_again() -> None:
    def drawn() -> Still:
        figure = Still(figsize=(3, 2))
        figure.subplots().plot([1, 2], [3, 4])
        figure.alt = 'A line that rises, "slowly" & <alone>'
        return figure

    assert repr(drawn()) == 'A line that rises, "slowly" & <alone>'
    shown = drawn()._repr_html_()
    assert shown == drawn()._repr_html_()
    assert 'alt="A line that rises, &quot;slowly&quot; &amp; &lt;alone&gt;"' in shown
    assert "width: 288px" in shown
    assert 'src="data:image/png;base64,iVBORw0KGgo' in shown


# ---- bets


def said(explorer: Explorer) -> list[str]:
    return [block["text"] for block in explorer.shown]


def test_a_bet_is_kept_and_stands_beside_the_outcome() -> None:
    bet = predict("Who wins?", ["head", "full"])
    assert said(bet) == ["Pick a card before you read on. The first one counts."]
    bet.set(answer="head")
    assert said(bet) == ["You said: head."]
    outcome = bet.reveal("full", "0.89 against 0.84, 5 seeds")
    told = ["You said: head. It came out otherwise.", "full: 0.89 against 0.84, 5 seeds"]
    assert said(outcome) == said(bet) == told


def test_who_has_not_bet_yet_is_not_told_the_outcome_where_the_question_stands() -> None:
    bet = predict("Who wins?", ["head", "full"])
    outcome = bet.reveal("full", "5 seeds")
    assert said(bet) == ["Pick a card before you read on. The first one counts."]
    assert said(outcome) == ["Choose an answer above, and you see here what came out."]
    bet.set(answer="full")
    assert said(outcome) == said(bet) == ["You said: full. That is what came out.", "full: 5 seeds"]


def test_an_outcome_that_nobody_could_bet_on_is_refused() -> None:
    bet = predict("Who wins?", ["head", "full"])
    with pytest.raises(SettingError, match="'neither' is not an answer of this bet; give one of head, full"):
        bet.reveal("neither", "")
    with pytest.raises(SettingError, match="choose one of"):
        bet.set(answer="neither")


def test_a_bet_keeps_its_truth_to_itself_until_there_is_an_answer() -> None:
    bet = predict("Who wins?", ["head", "full"])
    bet.reveal("full", "5 seeds")
    assert [(block["truth"], block["won"]) for block in bet.shown] == [("", None)]
    bet.set(answer="head")
    assert (bet.shown[0]["truth"], bet.shown[0]["won"]) == ("full", False)
    assert bet.controls[0]["kind"] == "cards"
    assert repr(bet) == "Predict(answer='head')"


# ---- sources


def test_what_is_read_is_the_installed_source_with_colours_and_can_be_folded() -> None:
    source = read(read, folded=True)
    assert source.place == "headswap.explorers.reading.read"
    assert source.text.startswith("def read(thing")
    assert repr(source) == f"# {source.place}\n{source.text}"
    page = source._repr_html_()
    assert '<details class="hs-source"><summary>' in page
    assert '<span class="k">def</span>' in page
    assert '<details class="hs-source" open>' in read(read)._repr_html_()
