"""Lesson 10: what the adapters of other tasks are worth to a task with few labels, one at a time and mixed.

Nothing here is trained: what the picture shows is recorded (`benchmarks/fusion.py`).
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ..data.tasks import QUESTIONS
from .controls import choice
from .widget import HERE, Block, Explorer, card, contenders, folded, headlines, heat, table
from .worth import signed, verdict

FILE = Path(HERE) / "fused.json"
SETS = {"practice": "practice messages", "sms": "real text messages"}
OWN, FUSION, WIDE = "own adapter", "fusion", "wide adapter"
Row = Mapping[str, Any]


def fused() -> Explorer:
    """Other tasks lend spam their adapters: which of them helps, what a mixture adds, and whose adapter it uses."""
    kept = recorded_sets()
    first = next(iter(kept))
    controls = [choice("messages", "Messages", first, [*kept])] if len(kept) > 1 else []
    return Explorer("Which task helps spam?", controls, lambda value: _show(kept[value.get("messages", first)]))


@cache
def recorded_sets() -> dict[str, Row]:
    """The recorded rows by what a learner reads of their messages."""
    return {SETS[row["set"]]: row for row in json.loads(FILE.read_text("utf-8"))}


def _show(row: Row) -> list[Block]:
    return [
        headlines("Does the mixture help?", [
            _card("fusion minus spam's own adapter", row["ahead"]),
            _card("fusion minus one wide adapter with as many weights", row["control"]),
        ]) | {"note": _about(row)},
        _shares(row),
        _scores(row),
        folded(_lenders(row)),
    ]  # fmt: skip


def _card(name: str, ahead: Sequence[float]) -> dict[str, Any]:
    mean, low, high = ahead
    return card(name, signed(mean), f"F1, {verdict(low, high)}: 95 % interval {signed(low)} to {signed(high)}")


def _about(row: Row) -> str:
    return (
        f"Recorded, not live: {row['seeds']} seeds, {row['labels']} labels, the first {row['bytes']} bytes of each "
        f"message. Each contender takes the best of 3 learning rates and 20 epochs on {row['held_out']} other messages."
    )


def _shares(row: Row) -> Block:
    """Blocks from the top down, an adapter in each column."""
    blocks = [f"Block {number}" for number in range(len(row["shares"]), 0, -1)]
    names = ["own" if task == "spam" else task for task in row["tasks"]]
    values = [[100 * share for share in shares] for shares in reversed(row["shares"])]
    even = 100 / len(names)
    note = (
        f"Each adapter's share of the attention, in %: the mean over every position of the test messages and over "
        f"{row['seeds']} seeds. A row adds up to 100; without any preference each cell would be {even:.0f}."
    )
    return heat("Whose adapter the fusion uses", blocks, names, values, 100.0, "%") | {"note": note, "whole": True}


def _scores(row: Row) -> Block:
    found = [(one["name"], one["seeds"], one["f1"], one.get("ahead")) for one in row["contenders"]]
    note = (
        "Each bar is a 95 % interval, for the luck of the seeds and of the messages. A lender's adapter stays frozen, "
        "and only a new head learns on it. A difference could be luck if its bar touches 0."
    )
    score = f"F1 on {row['test']:,} test messages"
    return contenders("F1 of each contender", found, score, "ahead of spam's own adapter") | {"note": note}


def _lenders(row: Row) -> Block:
    """What each lender learned, and how many weights each contender learns."""
    lent = [
        (f"{task}'s adapter", f"{QUESTIONS[task].names[1]} or {QUESTIONS[task].names[0]}?", f"{many:,}", f"{f1:.2f}")
        for task, (many, f1) in row["lenders"].items()
    ]
    return table("What the lenders learned", ["adapter", "its own task", "labels", "F1 at its own task"], lent)
