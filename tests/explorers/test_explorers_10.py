"""Lesson 10's picture of lent and mixed adapters: it shows the record, and calls luck what could be luck."""

from __future__ import annotations

from statistics import mean
from typing import Any

import pytest

from benchmarks.fusion import FIGURE, LENDERS, NAMES, TARGET, TASKS, table
from headswap.explorers import fused
from headswap.explorers.closed import in_words
from headswap.explorers.fused import FILE, FUSION, OWN, SETS, WIDE, recorded_sets
from headswap.explorers.worth import signed

EVERY = [*recorded_sets().items()]


def shown(messages: str) -> Any:
    explorer = fused()
    if explorer.controls:
        explorer.set(messages=messages)
    return explorer


def contender(row: Any, name: str) -> Any:
    return next(one for one in row["contenders"] if one["name"] == name)


def test_the_record_holds_every_contender_over_five_seeds() -> None:
    assert SETS["practice"] in recorded_sets()
    for _, row in EVERY:
        assert [one["name"] for one in row["contenders"]] == [*NAMES]
        assert {len(one["seeds"]) for one in row["contenders"]} == {row["seeds"]} == {5}
        assert row["tasks"] == [*TASKS] == [*LENDERS, TARGET]
    assert FILE.stat().st_size < 20_000


def test_the_table_on_file_is_that_of_the_record() -> None:
    assert FIGURE.read_text("utf-8") == f"{table([row for _, row in EVERY])}\n"


@pytest.mark.parametrize(("messages", "row"), EVERY)
def test_the_control_has_as_many_weights_as_the_fusion(messages: str, row: Any) -> None:
    fusion, wide, own = (contender(row, name)["weights"] for name in (FUSION, WIDE, OWN))
    assert wide == pytest.approx(fusion, rel=0.01) and fusion > 5 * own


@pytest.mark.parametrize(("messages", "row"), EVERY)
def test_a_lead_is_the_difference_of_the_means(messages: str, row: Any) -> None:
    over = {name: mean(contender(row, name)["seeds"]) for name in NAMES}
    assert row["ahead"] == contender(row, FUSION)["ahead"]
    assert row["ahead"][0] == pytest.approx(over[FUSION] - over[OWN], abs=2e-4)
    assert row["control"][0] == pytest.approx(over[FUSION] - over[WIDE], abs=2e-4)
    assert all(low <= middle <= high for middle, low, high in (row["ahead"], row["control"]))


@pytest.mark.parametrize(("messages", "row"), EVERY)
def test_the_shares_of_a_block_add_up_and_lie_between_their_ends(messages: str, row: Any) -> None:
    assert [sum(block) for block in row["shares"]] == pytest.approx([1.0, 1.0], abs=1e-3)
    for block in zip(row["shares"], row["least"], row["most"], strict=True):
        assert all(least <= share <= most for share, least, most in zip(*block, strict=True))


@pytest.mark.parametrize(("messages", "row"), EVERY)
def test_the_picture_shows_every_recorded_number(messages: str, row: Any) -> None:
    picture = shown(messages)
    grid, chart = picture.find("Whose adapter the fusion uses"), picture.find("F1 of each contender")
    assert grid["rows"] == ["Block 2", "Block 1"] and grid["columns"] == [*LENDERS, "own"]
    assert grid["values"] == [[100 * share for share in block] for block in reversed(row["shares"])]
    assert [one["name"] for one in chart["rows"] if one["rival"]] == [OWN]
    for one, told in zip(row["contenders"], chart["rows"], strict=True):
        assert (told["name"], told["mean"], told["ahead"]) == (one["name"], one["f1"], one.get("ahead"))
        assert [point["value"] for point in told["points"]] == one["seeds"]
        assert all(chart["range"][0] < value < chart["range"][1] for value in (*one["seeds"], *one["f1"]))


@pytest.mark.parametrize(("messages", "row"), EVERY)
def test_a_difference_whose_interval_holds_0_could_be_luck_and_no_other(messages: str, row: Any) -> None:
    for card, key in zip(shown(messages).find("Does the mixture help?")["cards"], ("ahead", "control"), strict=True):
        middle, low, high = row[key]
        assert card["big"] == signed(middle)
        assert ("could be luck" in card["says"]) == (low <= 0 <= high)


@pytest.mark.parametrize(("messages", "row"), EVERY)
def test_a_closed_notebook_tells_every_score_and_every_share(messages: str, row: Any) -> None:
    said = in_words(shown(messages).get_state())
    assert all(f"{one['name']} {one['f1'][0]:.3f} [" in said for one in row["contenders"])
    assert all(f"{100 * share:.3g} %" in said for block in row["shares"] for share in block)
