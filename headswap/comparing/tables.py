"""A comparison as a pandas table, as text for a spreadsheet, and as a still picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from ..calibration.paired import Claims
from ..live.runs import FIELDS
from ..results.calibrated import trust
from ..results.figures import BLUE, GREY, ORANGE, Still
from ..training.spec import Judged
from .comparison import Comparison
from .plan import VARIED
from .summary import SCORES, Cell, Estimate, Seen, cell_of, cost_of, seen_in
from .told import rival_of

if TYPE_CHECKING:
    import pandas

SPOKEN = {"f1": "F1", "precision": "precision", "recall": "recall", "accuracy": "accuracy",
          "average_precision": "average precision", "loss": "loss (nats)"}  # fmt: skip
INKS = (BLUE, ORANGE, "#009e73", "#cc79a7", GREY, "#56b4e9", "#e69f00")
MARKS = "osD^vP*"


def frame_of(found: Comparison) -> pandas.DataFrame:
    """One row for each run and test set: its settings, its scores, how far it can be trusted, and what it cost.

    The loss is the NLL in nats; `ece_luck` is the calibration error up to which luck may explain it.
    """
    import pandas

    return pandas.DataFrame(rows_of(found))


def rows_of(found: Comparison) -> list[dict[str, Any]]:
    """The same as plain values."""
    rows = []
    for (candidate, seed), result in sorted(found.results.items()):
        settings = found.plan.settings(found.plan.candidates[candidate], seed)
        told: dict[str, Any] = {name: getattr(settings, name) for name in FIELDS if name != "rates"}
        told["regime"] = found.plan.candidates[candidate].regime
        if found.plan.vary == "shift":
            told["shift"] = found.plan.candidates[candidate].value
        rows += [told | {"test": judged.test} | {name: Seen(judged).score(name) for name in SCORES} | _trusted(judged)
                 | cost_of(result) for judged in result.judged]  # fmt: skip
    return rows


def _trusted(judged: Judged) -> dict[str, float]:
    found = trust(Claims(judged.keys, judged.labels, np.array(judged.probabilities)))
    return {"brier": found.brier, "ece": found.ece, "ece_luck": found.floor.interval[1]}


def picture_of(found: Comparison, name: str = "f1", rival: int = 0, test: str | None = None) -> Still:
    """A score of every candidate with its 95 % interval, and how far each is ahead of the rival, paired."""
    plan, test = found.plan, test or next(iter(found.tests), "")
    cells = {
        number: cell
        for number in range(len(plan.candidates))
        if test and (cell := cell_of(found, number, rival_of(plan, number, rival), test))
    }
    figure = Still(figsize=(8.4, 3.6 if plan.sweep else 1.3 + 0.42 * len(plan.candidates)), layout="constrained")
    figure.alt = in_words(found, cells, name, rival)
    if not cells:
        figure.subplots().set_title("no run yet")
        return figure
    left, right = figure.subplots(1, 2, sharey=not plan.sweep)
    (_curves if plan.sweep else _rows)(left, right, found, cells, name)
    if not plan.sweep:
        _seeds(left, found, cells, name, test)
    seeds = max(cell.seeds for cell in cells.values())
    word = f"{SPOKEN[name]}, mean of {seeds} seed{'s' if seeds > 1 else ''}"
    ahead = f"ahead of {_rival_name(found, rival)}, paired"
    (left.set_ylabel if plan.sweep else left.set_xlabel)(word)
    (right.set_ylabel if plan.sweep else right.set_xlabel)(ahead)
    return figure


def in_words(found: Comparison, cells: dict[int, Cell], name: str, rival: int) -> str:
    """What the picture shows."""
    if not cells:
        return "No run has ended yet."
    every = found.plan.candidates
    said = [f"{every[number].label} {_said(cell.means[name])}" for number, cell in cells.items()]
    ahead = [f"{every[number].label} {_said(cell.ahead[name], '+')}" for number, cell in cells.items() if cell.ahead]
    more = f" Ahead of {_rival_name(found, rival)}: {'; '.join(ahead)}." if ahead else ""
    return f"{SPOKEN[name]}, mean over seeds with 95 % interval: {'; '.join(said)}.{more}"


def _rival_name(found: Comparison, rival: int) -> str:
    own = found.plan.candidates[rival]
    return own.regime if found.plan.sweep else own.label


def _said(estimate: Estimate, sign: str = "") -> str:
    mean, low, high = estimate
    return f"{mean:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def _rows(left: Axes, right: Axes, found: Comparison, cells: dict[int, Cell], name: str) -> None:
    for row, (number, cell) in enumerate(cells.items()):
        _bar(left, cell.means[name], row, number)
        if cell.ahead:
            _bar(right, cell.ahead[name], row, number)
    left.set_yticks(range(len(cells)), [found.plan.candidates[number].label for number in cells])
    left.invert_yaxis()
    right.axvline(0.0, color=GREY, linewidth=1)


def _seeds(axes: Axes, found: Comparison, cells: dict[int, Cell], name: str, test: str) -> None:
    """A mark for each seed, on the test set that the means are of."""
    for row, number in enumerate(cells):
        points = [seen_in(found, result, test).score(name) for result in found.of(number)]
        axes.plot(points, [row] * len(points), linestyle="", marker="|", color=GREY)


def _bar(axes: Axes, estimate: Estimate, row: int, number: int) -> None:
    mean, low, high = estimate
    ink = INKS[number % len(INKS)]
    axes.plot([low, high], [row, row], color=ink, linewidth=2)
    axes.plot([mean], [row], color=ink, marker=MARKS[number % len(MARKS)], linestyle="")


def _curves(left: Axes, right: Axes, found: Comparison, cells: dict[int, Cell], name: str) -> None:
    plan, varied = found.plan, VARIED[found.plan.vary]
    for place, regime in enumerate(plan.regimes):
        beside = 0.15 * (place - (len(plan.regimes) - 1) / 2)
        mine = [(plan.candidates[number].value if varied.number
                 else plan.values.index(plan.candidates[number].value or "") + beside, cell)
                for number, cell in cells.items() if plan.candidates[number].regime == regime]  # fmt: skip
        draw = _band if varied.number else _whiskers
        draw(left, [(at, cell.means[name]) for at, cell in mine], place, regime)
        draw(right, [(at, cell.ahead[name]) for at, cell in mine if cell.ahead], place, regime)
    for axes in (left, right):
        axes.set_xlabel(VARIED[plan.vary].name.lower())
        if not varied.number:
            axes.set_xticks(range(len(plan.values)), [str(value) for value in plan.values], rotation=30)
        elif varied.log:
            axes.set_xscale("log")
    right.axhline(0.0, color=GREY, linewidth=1)
    left.legend(frameon=False)


def _band(axes: Axes, points: Sequence[tuple[Any, Estimate]], place: int, label: str) -> None:
    if not points:
        return
    ink, at = INKS[place % len(INKS)], [x for x, _ in points]
    means, lows, highs = zip(*(estimate for _, estimate in points), strict=True)
    axes.plot(at, means, color=ink, marker=MARKS[place % len(MARKS)], label=label)
    axes.fill_between(at, lows, highs, color=ink, alpha=0.15)


def _whiskers(axes: Axes, points: Sequence[tuple[Any, Estimate]], place: int, label: str) -> None:
    """Names have no order to draw a line along: a mark and a bar for each."""
    ink, mark = INKS[place % len(INKS)], MARKS[place % len(MARKS)]
    for at, (mean, low, high) in points:
        axes.plot([at], [mean], color=ink, marker=mark, linestyle="", label=label)
        axes.plot([at, at], [low, high], color=ink, alpha=0.5)
        label = "_"  # told once
