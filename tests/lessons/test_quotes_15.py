"""What lesson 15 quotes stands in the record."""

from __future__ import annotations

import json
from typing import Any

from test_lessons import ROOT, code_cells, prose, stored

from headswap.explorers.sight import ASKED, FILE, recorded_sight
from headswap.gallery.digits import PAINTER
from headswap.values import as_plain

LESSON = "15_images"
TOLD = prose(LESSON)
SAID = " ".join(TOLD.split())
RECORD = json.loads((ROOT / "figures" / "images.json").read_text("utf-8"))
ROWS = {
    "bare pixels": "pixels",
    "random body, mean": "random, mean",
    "schooled body, mean": "painted 200, mean",
    "random body, side by side": "random, side by side",
    "schooled body, side by side": "painted 200, side by side",
    "a network that learns": "network, scratch",
    "the same, on moved digits": "network, scratch, moved",
}
OVER_PIXELS = "painted 200, side by side minus pixels"
OVER_RANDOM = "painted 200, side by side minus random, side by side"


def cell(row: str, labels: int) -> dict[str, Any]:
    return RECORD["accuracy"][row][str(labels)]


def ahead(pair: str, labels: int) -> tuple[float, float, float]:
    mean, low, high = RECORD["ahead"][pair][str(labels)]
    return mean, low, high


def told(pair: str, labels: int) -> str:
    return "{:+.3f} [{:+.3f}, {:+.3f}]".format(*ahead(pair, labels))


def with_interval(row: str, labels: int) -> str:
    one = cell(row, labels)
    return f"{one['mean']:.3f} [{one['interval'][0]:.3f}, {one['interval'][1]:.3f}]"


def test_the_course_shows_the_record_itself() -> None:
    assert recorded_sight() == RECORD and FILE.name == "images.json"
    assert all(f"{one} minus {other}" in RECORD["ahead"] for one, other in ASKED.values())
    assert all(len(one["seeds"]) == 5 for row in RECORD["accuracy"].values() for one in row.values())
    assert PAINTER.epochs == 200 and as_plain(PAINTER)


def test_the_table_is_the_record() -> None:
    for name, row in ROWS.items():
        cells = (name, *(with_interval(row, labels) for labels in (20, 100, 1000)), f"{cell(row, 1000)['moved']:.2f}")
        assert f"| {' | '.join(cells)} |" in TOLD, name


def test_under_the_mean_the_pixels_win_clearly_and_in_every_seed() -> None:
    mean, pixels = (cell(row, 100) for row in ("painted 200, mean", "pixels"))
    assert all(a < b for a, b in zip(mean["seeds"], pixels["seeds"], strict=True))
    assert ahead("painted 200, mean minus pixels", 100)[2] < 0
    because = next(c.source for c in code_cells(stored(LESSON)) if "bet.reveal" in c.source)
    assert f"{mean['mean']:.2f} against {pixels['mean']:.2f}, and lower in each of the five seeds" in because


def test_side_by_side_the_schooled_body_is_ahead_where_labels_are_few() -> None:
    for labels in (20, 100, 1000):
        assert told(OVER_PIXELS, labels) in SAID
    for labels in (20, 1000):
        assert told(OVER_RANDOM, labels) in SAID
    assert all(ahead(OVER_PIXELS, labels)[1] > 0 for labels in (20, 50))
    assert all(abs(ahead("random, side by side minus pixels", labels)[0]) < 0.05 for labels in (100, 300, 1000))


def test_turning_harms_and_painting_pays_when_everything_learns() -> None:
    turned = "turned 40, side by side minus random, side by side"
    assert told(turned, 100) in SAID and ahead(turned, 100)[2] < 0
    assert told("full minus scratch", 100) in SAID and ahead("full minus scratch", 100)[1] > 0
    full, side = (cell(row, 100)["mean"] for row in ("full", "painted 200, side by side"))
    assert f"`full` reaches {full:.2f};" in SAID and f"side by side, reaches {side:.2f}," in SAID and full < side


def test_what_moved_digits_do_is_the_record() -> None:
    pixels, network, moved = (cell(row, 1000) for row in ("pixels", "network, scratch", "network, scratch, moved"))
    assert f"falls from {pixels['mean']:.2f} to {pixels['moved']:.2f} when" in SAID
    assert f"falls from {network['mean']:.2f} to {network['moved']:.2f}." in SAID
    assert f"take the network from {network['moved']:.2f} to {moved['moved']:.2f} on moved digits" in SAID
    assert all(a > b for a, b in zip(moved["moved seeds"], network["moved seeds"], strict=True))
    assert told("network, scratch, moved minus network, scratch", 1000) in SAID


def test_what_is_said_of_other_records_stands_there() -> None:
    assert "0.73 on a pretrained body and of 0.37" in SAID and "0.73 on it and 0.37" in " ".join(
        prose("00_start_here").split()
    )
