"""Lesson 11: F1 against what is left of the language, a point for each regime and seed; and what the models babble.

What the picture shows is recorded (`benchmarks/forgetting.py`): a body, a split and a run for each seed.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from math import exp, log
from pathlib import Path
from statistics import mean
from typing import Any, Final

from ..errors import SettingError
from ..regimes.named import REGIMES
from .controls import choice, stops, switch
from .widget import HERE, Block, Explorer, card, headlines, table, trade

FILE = Path(HERE) / "forgotten.json"
TEXTS: Final = ("the wording it has read", "another wording")
# The families of regimes: a name for the legend, and a mark.
FROZEN, INSERTS, LEARNS = 0, 1, 2
GROUPS: Final = (("frozen body", "circle"), ("inserts in a frozen body", "triangle"), ("the body learns", "diamond"))
WRITTEN = 2  # texts of each model that are shown
LOST = 2.0  # times the perplexity before the run: from here on a card warns
Run = Mapping[str, Any]


@cache
def recorded_runs() -> tuple[Run, ...]:
    """The recorded runs, regime by regime and seed by seed."""
    return tuple(json.loads(FILE.read_text("utf-8")))


def group_of(run: Run) -> int:
    """Whether a run left the body alone, hung inserts on a frozen one, or wrote to the body itself."""
    if not run["exact"]:
        return LEARNS
    return FROZEN if run["after"] == run["before"] else INSERTS


def forgetting(*names: str) -> Explorer:
    """F1 against the perplexity left, recorded: choose a regime (of `names`, or of all), and take inserts off."""
    recorded = list(dict.fromkeys(run["regime"] for run in recorded_runs()))
    shown = names or tuple(recorded)
    unknown = [name for name in shown if name not in recorded]
    if unknown:
        raise SettingError(f"regime {unknown[0]!r} was not recorded; choose among {', '.join(recorded)}")
    runs = [run for run in recorded_runs() if run["regime"] in shown]
    seeds = sorted({run["seed"] for run in runs})
    controls = [
        choice("regime", "Regime", shown[0] if names else "full", shown),
        stops("seed", "Seed", seeds[0], seeds),
        choice("texts", "Messages in", TEXTS[0], TEXTS),
        switch("inserts", "Inserts on", True),
    ]
    return Explorer("Spam found, language lost", controls, lambda value: _show(runs, value))


def _show(runs: Sequence[Run], value: Mapping[str, Any]) -> list[Block]:
    which, on = TEXTS.index(value["texts"]), bool(value["inserts"])
    chosen = next(run for run in runs if (run["regime"], run["seed"]) == (value["regime"], int(value["seed"])))
    return [_picture(runs, chosen, which, on), _written(chosen, on), _told(chosen, which, on)]


def left(run: Run, which: int, on: bool) -> float:
    """The perplexity after the run, with what was inserted or without it."""
    return run["after" if on else "off"][which]


def _picture(runs: Sequence[Run], chosen: Run, which: int, on: bool) -> Block:
    base = exp(mean(log(run["before"][which]) for run in runs))
    points = [
        (run["regime"], run["seed"], group_of(run), left(run, which, on), run["f1"][which], _says(run, which, on))
        for run in runs
    ]
    note = "F1: 2,000 fresh messages, inserts always on. Perplexity: 400 messages nobody has read, old head put back."
    return trade(
        "F1 against perplexity", "perplexity", "F1", _ranges(runs, which), GROUPS, points,
        (chosen["regime"], chosen["seed"]), (base, f"before any run: {base:.1f}"),
    ) | {"note": note, "subtitle": f"{len({run['seed'] for run in runs})} seeds, recorded"}  # fmt: skip


def _ranges(runs: Sequence[Run], which: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """The same axes with inserts on and off, so that only the points move."""
    xs = [run[key][which] for run in runs for key in ("before", "after", "off")]
    ys = [run["f1"][which] for run in runs]
    room = 0.05 * (max(ys) - min(ys))
    return (min(xs) / 1.25, max(xs) * 1.25), (min(ys) - room, max(ys) + room)


def _says(run: Run, which: int, on: bool) -> str:
    before, now = run["before"][which], left(run, which, on)
    same = "exactly as before" if now == before else f"from {told(before)}"
    return f"{run['regime']}, seed {run['seed']}: F1 {run['f1'][which]:.3f}, perplexity {told(now)}, {same}."


def told(number: float) -> str:
    """A perplexity as people write it: 2.3, 16, 1,200."""
    return f"{number:.1f}" if number < 10 else f"{number:,.0f}"


def _written(run: Run, on: bool) -> Block:
    """What the language model writes unasked, before the run and after it, with what was inserted or without it."""
    before, after, bare = run["babble"]
    name = f"after {run['regime']}" + ", inserts off" * (not on and run["off"] != run["after"])
    rows = [("before the run", _printable(text)) for text in before[:WRITTEN]]
    rows += [(name, _printable(text)) for text in (after if on else bare)[:WRITTEN]]
    return table("What it writes, unasked, with the old head on", ["model", "text"], rows)


def _printable(text: str) -> str:
    """The text with a dot for every byte that has no sign of its own."""
    return "".join(sign if sign.isprintable() and sign != "\N{REPLACEMENT CHARACTER}" else "·" for sign in text)


def _told(run: Run, which: int, on: bool) -> Block:
    before, now = run["before"][which], left(run, which, on)
    says = "what it was before, exactly" if now == before else f"{now / before:.1f} times what it was, {told(before)}"
    moved = 100 * run["moved"]["body"]
    title = f"{run['regime']}, seed {run['seed']}"
    return headlines(title, [
        card("perplexity, with the old head back on", told(now), says, now > LOST * before),
        card("the body has moved", f"{moved:.1f} %" if moved else "0, exactly", "of its own length"),
    ]) | {"note": REGIMES[run["regime"]].summary}  # fmt: skip
