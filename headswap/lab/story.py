"""What a page that opens is told of the runs so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..live.runs import Run
from ..live.told import Told


def history(runs: Sequence[Run], recorded: Sequence[Told], whole: bool) -> dict[str, Any]:
    """Every run in brief, the one on show and the pinned ones whole, or all of them; with the messages they show."""
    told = [*recorded, *(run.told for run in runs)]
    current = runs[-1].id if runs else None
    latest = told[-1:] if current is None else []
    shown = [t for t in told if t.head["pinned"] or t.head["id"] == current or t in latest]
    keys = dict.fromkeys(t.head["data_key"] for t in (told if whole else shown))
    return {"kind": "history", "runs": [plain(t.whole() if whole or t in shown else t.brief()) for t in told],
            "current": current, "messages": messages_told(runs, recorded, list(keys))}  # fmt: skip


def messages_told(runs: Sequence[Run], recorded: Sequence[Told], keys: Sequence[str]) -> dict[str, Any]:
    """Text and label of each validation message, by data set, and of an image how it looks."""
    known = {run.told.head["data_key"]: with_pictures(run) for run in runs} | {
        told.head["data_key"]: told.head["messages"] for told in recorded
    }
    return {key: [list(message) for message in known[key]] for key in keys if key in known}


def with_pictures(run: Run) -> Sequence[Sequence[Any]]:
    """The validation messages of a run as the page takes them: text, label, and of an image how it looks."""
    if not run.pictures:
        return run.held_out
    return [[*message, picture] for message, picture in zip(run.held_out, run.pictures, strict=True)]


def plain(run: dict[str, Any]) -> dict[str, Any]:
    """A run without its messages, which are told once per data set."""
    return {name: value for name, value in run.items() if name != "messages"}
