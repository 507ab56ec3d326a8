"""What pretraining adds to a probe, from few labels to many: recorded, five seeds each (`benchmarks/story.py`)."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from .controls import choice, stops
from .widget import HERE, Block, Explorer, curves, lead, line

FILE = Path(HERE) / "worth.json"
# What a learner reads, by the name under which it is stored, in the order of the picture.
NAMES = {"head-only": "pretrained body", "frozen-random": "random body", "n-grams": "n-grams, no body"}
SETS = {"fixture": "practice messages", "sms": "real text messages"}
Row = Mapping[str, Any]


def worth() -> Explorer:
    """The same probe on a pretrained body and on a random one: slide the number of labels, and see who is ahead."""
    kept = {name: rows for data, name in SETS.items() if (rows := _rows(data))}
    first = next(iter(kept))
    labels = [row["labels"] for row in kept[first]]
    controls = [stops("labels", "Labels", labels[0], labels), choice("messages", "Messages", first, [*kept])]
    return Explorer("What pretraining adds", controls, lambda value: _show(kept[value["messages"]], value["labels"]))


@cache
def _rows(data: str) -> list[Row]:
    """The recorded rows of a set, by labels."""
    found = [row for row in json.loads(FILE.read_text("utf-8")) if row["set"] == data]
    return sorted(found, key=lambda row: row["labels"])


def _show(rows: Sequence[Row], labels: int) -> list[Block]:
    place, row = next((i, row) for i, row in enumerate(rows) if row["labels"] == labels)
    mean, low, high = row["ahead"]
    scores = [(name, *row["f1"][key]) for key, name in NAMES.items()]
    says = f"F1 from pretraining alone, with {labels} labels. 95 % interval: {signed(low)} to {signed(high)}."
    return [
        lead("Pretrained minus random", signed(mean), verdict(low, high), says, scores, _about(row)),
        curves("F1 by number of labels", "labels", "F1", _lines(rows), y_range=_range(rows))
        | {"words": [str(one["labels"]) for one in rows], "rule": place},
    ]


def verdict(low: float, high: float) -> str:
    """What an interval of a difference says in words: where it holds 0, luck alone may have made the difference."""
    return "could be luck" if low <= 0 <= high else "more than luck" if low > 0 else "behind, by more than luck"


def _about(row: Row) -> str:
    share, blunt = row["spam"], 2 * row["spam"] / (1 + row["spam"])
    return (
        f"Recorded, not live: {row['seeds']} seeds, the first {row['bytes']} bytes of each message. Both bodies stay "
        f"frozen; only the head on top is trained. {share:.0%} of the test messages are spam, so a filter that calls "
        f"everything spam scores {blunt:.2f}."
    )


def _lines(rows: Sequence[Row]) -> list[dict[str, Any]]:
    found = []
    for who, (key, name) in enumerate(NAMES.items()):
        scores = [(i, *row["f1"][key]) for i, row in enumerate(rows)]
        bars = [[i + (who - 1) * 0.09, low, high] for i, _, low, high in scores]
        points = [(i + (who - 1) * 0.09, mean) for i, mean, *_ in scores]
        found.append(line(name, points) | {"who": who, "whiskers": bars})
    return found


def _range(rows: Sequence[Row]) -> tuple[float, float]:
    lows = [low for row in rows for _, low, _ in row["f1"].values()]
    return int(10 * min(lows)) / 10, 1.0


def signed(number: float) -> str:
    """A difference with its sign, to three decimals."""
    return f"{number:+.3f}".replace("-", "\N{MINUS SIGN}")
