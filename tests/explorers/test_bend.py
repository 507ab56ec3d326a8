"""The plane of lesson 08: a line fails where two corners stand against two; bending costs with few labels."""

from __future__ import annotations

import time

import pytest
import torch
from helpers import tiny_base

from headswap.errors import SettingError
from headswap.explorers import bend, lesson_base
from headswap.explorers.bending import (
    COLUMNS,
    DRAWS,
    FRESH,
    LABELS,
    POINTS,
    POOL,
    REACH,
    ROWS,
    TASKS,
    UNITS,
    bent,
    line,
    logits_of,
    planes,
    verdicts,
)
from headswap.explorers.questions import kind_of
from headswap.explorers.widget import Explorer
from headswap.metrics.intervals import paired_difference

ODD, SPAM = TASKS


@pytest.fixture(scope="module")
def plane() -> Explorer:
    return bend()


def shares(explorer: Explorer) -> list[int]:
    """How often it is right, at home and on fresh messages, in per cent."""
    return [int(card["big"].split()[0]) for card in explorer.find("How often it is right")["cards"]]


def corners(many: int = 400) -> tuple[torch.Tensor, torch.Tensor]:
    """Places all over a square, and whether they are in the two corners where the signs differ."""
    x = torch.rand(many, 2, generator=torch.Generator().manual_seed(0)) * 4 - 2
    return x, (x.prod(1) < 0).long()


def right(says, x: torch.Tensor, y: torch.Tensor) -> float:
    return ((says(x) > 0).long() == y).float().mean().item()


def test_a_straight_line_is_near_a_coin_flip_where_two_corners_stand_against_two_and_four_units_are_not() -> None:
    x, y = corners()
    assert right(line(x, y), x, y) < 0.62
    assert all(right(bent(x, y, 4, seed), x, y) > 0.9 for seed in range(5))


def test_a_straight_line_is_straight_and_a_bent_one_is_not(plane: Explorer) -> None:
    x, y = corners()
    two, middle = torch.tensor([[-3.0, 1.0], [2.0, -2.0]]), torch.tensor([[-0.5, -0.5]])
    straight, curved = (says(two).mean() - says(middle) for says in (line(x, y), bent(x, y, 16, 0)))
    assert abs(straight) < 1e-4 < 0.5 < abs(curved)


@pytest.mark.parametrize("labels", [80, 640])
def test_on_real_messages_exactly_one_takes_a_bend(plane: Explorer, labels: int) -> None:
    for draw in (1, 5, 9):
        plane.set(task=ODD, labels=labels, draw=draw, units=0)
        assert shares(plane)[1] <= 62
        plane.set(units=4)
        assert shares(plane)[1] >= 68


def test_with_few_labels_bending_costs_where_a_line_is_enough() -> None:
    pairs = [(verdicts("spam", 64, 20, draw), verdicts("spam", 0, 20, draw)) for draw in range(1, DRAWS + 1)]
    gain, (_, high) = paired_difference(pairs, "accuracy")
    assert gain < -0.02 and high < 0


def test_what_costs_is_loud_and_nothing_else_is(plane: Explorer) -> None:
    for draw in range(1, DRAWS + 1):
        plane.set(task=SPAM, labels=20, units=64, draw=draw)
        home, fresh = plane.find("How often it is right")["cards"]
        a, b = verdicts("spam", 64, 20, draw), verdicts("spam", 0, 20, draw)
        lost = sum(p == y for p, y in zip(b.predictions, b.labels, strict=True)) - sum(
            p == y for p, y in zip(a.predictions, a.labels, strict=True)
        )
        assert (home["loud"], fresh["loud"]) == (False, lost >= 0.03 * FRESH)


def test_the_first_thing_shown_and_the_way_to_the_surprise(plane: Explorer) -> None:
    shown = bend()
    assert (shown.value["units"], shown.value["labels"], shown.value["task"]) == (0, 640, ODD)
    home, fresh = shares(shown)
    assert max(home, fresh) <= 60
    shown.set(units=4)
    assert shares(shown)[1] >= 75
    shown.set(task=SPAM, labels=20, units=64)
    home, fresh = shares(shown)
    assert home == 100 and shown.find("How often it is right")["cards"][1]["loud"]


def test_what_is_judged_fresh_was_not_learned_from() -> None:
    pool, fresh = planes(lesson_base())
    assert (len(pool.messages), len(fresh.messages)) == (POOL, FRESH)
    assert not {m.text for m in pool.messages} & {m.text for m in fresh.messages}
    for labels in LABELS:
        some = pool.some(labels, 3)
        assert len(set(some.tolist())) == labels
        kinds = [kind_of(pool.messages[i]) for i in some]
        assert [kinds.count(kind) for kind in range(4)] == [labels // 4] * 4
    assert not torch.equal(pool.some(20, 1), pool.some(20, 2))


def test_the_picture_shows_what_the_head_says_and_where_it_is_wrong(plane: Explorer) -> None:
    plane.set(task=SPAM, units=0, labels=80, draw=2, points=next(iter(POINTS)))
    (block,) = [one for one in plane.shown if one["kind"] == "field"]
    assert (len(block["logits"]), len(block["logits"][0])) == (ROWS, COLUMNS)
    wrong = sum(sum(group["wrong"]) for group in block["groups"])
    assert f"{80 - wrong} of 80 right" == plane.find("How often it is right")["cards"][0]["says"]
    assert [(group["name"], group["mark"], len(group["points"])) for group in block["groups"]] == [
        ("ham", "circle", 40), ("spam", "triangle", 40)]  # fmt: skip
    assert all(abs(v) <= REACH for group in block["groups"] for point in group["points"] for v in point)
    plane.set(points=[*POINTS][1])
    (block,) = [one for one in plane.shown if one["kind"] == "field"]
    assert sum(len(group["points"]) for group in block["groups"]) == FRESH


def test_rows_go_up_and_columns_to_the_right() -> None:
    grid = logits_of(lambda places: places[:, 0] + 100 * places[:, 1].sign() * 0)
    assert grid[0] == grid[-1] and grid[0] == sorted(grid[0])
    grid = logits_of(lambda places: places[:, 1])
    assert [row[0] for row in grid] == sorted(row[0] for row in grid) and len(set(grid[0])) == 1


def test_the_same_values_show_the_same_numbers_and_draw_nothing_from_the_global_generator(plane: Explorer) -> None:
    plane.set(task=ODD, units=16, labels=80, draw=4)
    state, first = torch.get_rng_state(), plane.shown
    other = bend()
    other.set(task=ODD, units=16, labels=80, draw=4, points=plane.value["points"])
    assert other.shown == first
    assert torch.equal(state, torch.get_rng_state())


def test_a_head_is_trained_in_the_blink_of_an_eye(plane: Explorer) -> None:
    took = []
    for draw in range(1, 6):
        plane.set(task=ODD, units=0, labels=640, draw=draw)
        began = time.process_time()
        plane.set(units=64)
        took.append(time.process_time() - began)
    assert sorted(took)[2] < 0.4, took


def test_any_base_will_do_and_stays_as_it_was() -> None:
    base = tiny_base()
    before = {name: tensor.clone() for name, tensor in base.state_dict().items()}
    shown = bend(base)
    for units in UNITS:
        shown.set(units=units, labels=20)
    assert all(torch.equal(tensor, before[name]) for name, tensor in base.state_dict().items())


def test_a_number_of_units_that_is_not_offered_is_refused(plane: Explorer) -> None:
    with pytest.raises(SettingError, match="units is 3; choose one of 0, 2, 4, 16, 64"):
        plane.set(units=3)


def test_it_prints_as_one_line(plane: Explorer) -> None:
    assert "\n" not in repr(plane) and "0x" not in repr(plane)
