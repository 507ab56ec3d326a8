"""What a frozen body is worth on digits, from few labels to many: recorded, five seeds (`benchmarks/images.py`)."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from .controls import choice, stops
from .widget import HERE, Block, Explorer, curves, lead, line
from .worth import signed, verdict

FILE = Path(HERE) / "images.json"
# Each question, and the two rows of the record whose difference answers it.
ASKED: Final[dict[str, tuple[str, str]]] = {
    "Your bet: schooled body, mean, or pixels?": ("painted 200, mean", "pixels"),
    "Side by side, or the mean?": ("random, side by side", "random, mean"),
    "Schooled body, side by side, or pixels?": ("painted 200, side by side", "pixels"),
    "Does schooling pay, side by side?": ("painted 200, side by side", "random, side by side"),
    "Does schooling pay under the mean?": ("painted 200, mean", "random, mean"),
    "And if it was schooled by turning?": ("turned 40, side by side", "random, side by side"),
    "Does schooling pay when everything learns?": ("full", "scratch"),
    "Does a network that learns beat the pixels?": ("network, scratch", "pixels"),
}
NAMES = {
    "pixels": "bare pixels",
    "full": "schooled body, everything learns",
    "scratch": "random body, everything learns",
    "network, scratch": "random network, everything learns",
}
PIXELS, FIRST = "pixels", 100  # labels that it opens with: the bet's


def sight(question: str = next(iter(ASKED))) -> Explorer:
    """Frozen bodies on digits, recorded: choose a question, slide the number of labels, and see who is ahead."""
    labels = recorded_sight()["labels"]
    controls = [stops("labels", "Labels", FIRST, labels), choice("question", "Question", question, [*ASKED])]
    return Explorer("What a frozen body sees", controls, _show)


@cache
def recorded_sight() -> dict[str, Any]:
    """The record: accuracies by row and labels, and paired differences."""
    return json.loads(FILE.read_text("utf-8"))


def called(row: str) -> str:
    """What a learner reads of a row of the record."""
    return NAMES.get(
        row,
        row.replace("painted 200", "schooled body")
        .replace("turned 40", "body schooled by turning")
        .replace("random,", "random body,"),
    )


def _show(value: Mapping[str, Any]) -> list[Block]:
    found, labels = recorded_sight(), value["labels"]
    one, other = ASKED[value["question"]]
    mean, low, high = found["ahead"][f"{one} minus {other}"][str(labels)]
    rows = [one, other, *([PIXELS] if PIXELS not in (one, other) else [])]
    scores = [(called(row), *_cell(found, row, labels)) for row in rows]
    says = (
        f"Accuracy with {labels:,} labels: {called(one)} minus {called(other)}. 95 %: {signed(low)} to {signed(high)}."
    )
    lines = [_line(found, row, who, row == PIXELS and who == 2) for who, row in enumerate(rows)]
    return [
        lead("How far ahead", signed(mean), verdict(low, high), says, scores, ABOUT),
        curves("Accuracy by number of labels", "labels", "accuracy", lines, y_range=(_floor(found, rows), 1.0))
        | {"words": [f"{one:,}" for one in found["labels"]], "rule": found["labels"].index(labels)},
    ]


ABOUT = (
    "Recorded, not live: 5 seeds, 400 test digits each. Guessing gets 0.10. A frozen body has a converged regression "
    "on top, as the bare pixels have."
)


def _cell(found: Mapping[str, Any], row: str, labels: int) -> tuple[float, float, float]:
    cell = found["accuracy"][row][str(labels)]
    return cell["mean"], *cell["interval"]


def _line(found: Mapping[str, Any], row: str, who: int, dash: bool) -> dict[str, Any]:
    cells = [(i, *_cell(found, row, labels)) for i, labels in enumerate(found["labels"])]
    bars = [[i + (who - 1) * 0.09, low, high] for i, _, low, high in cells]
    points = [(i + (who - 1) * 0.09, mean) for i, mean, *_ in cells]
    return line(called(row), points, dash) | {"who": who, "whiskers": bars}


def _floor(found: Mapping[str, Any], rows: list[str]) -> float:
    lows = [_cell(found, row, labels)[1] for row in rows for labels in found["labels"]]
    return int(10 * min(lows)) / 10
