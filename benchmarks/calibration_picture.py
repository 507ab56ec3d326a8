"""How far each method's probabilities are off, as a picture: the ECE of every seed, and of luck alone."""

from collections.abc import Mapping, Sequence
from statistics import mean

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from headswap.results.figures import GREY

from .picture import BLUE, ORANGE

TITLES = {
    "fixture": "practice messages",
    "sms": "real text messages",
    "digits": "digits, vision transformer",
    "digits-wrn": "digits, wide residual network",
}
METHODS = {  # as the tables call them, and as the picture does
    "base": "as it is",
    "temperature": "one temperature",
    "reinit-linear": "a new linear head",
    "tst": "TST",
    "v-tst, M = 1": "V-TST, 1 sample",
    "v-tst, M = 10": "V-TST, 10 samples",
}
Rows = Mapping[str, Sequence[Mapping[str, float]]]  # of each method, a row of numbers per seed


def picture(found: Mapping[tuple[str, str], Rows], bases: Sequence[str]) -> Figure:
    """A row of panels for each set and a column for each of these bases; every dot is a seed, the bar is their mean."""
    sets = [name for name in TITLES if any((name, base) in found for base in bases)]
    size = (4.1 * len(bases) + 1.2, 1.9 * len(sets) + 0.7)
    drawn = Figure(figsize=size, layout="constrained", facecolor="white")
    grid = drawn.subplots(len(sets), len(bases), sharey=True, sharex="row", squeeze=False)
    for axes_of, name in zip(grid, sets, strict=True):
        for axes, base in zip(axes_of, bases, strict=True):
            if rows := found.get((name, base)):
                _panel(axes, rows)
            axes.set_title(f"{TITLES[name]}: {base} base", fontsize=10, loc="left")
    for axes in grid[-1]:
        axes.set_xlabel("calibration error (ECE, 15 bins) in %, lower is better")
    drawn.legend(
        *grid[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=9
    )
    return drawn


def _panel(axes: Axes, rows: Rows) -> None:
    for place, method in enumerate(METHODS):
        errors = [100 * row["ECE"] for row in rows[method]]
        luck = mean(100 * row["floor"] for row in rows[method])
        first = place == 0
        axes.plot(errors, [place] * len(errors), "o", color=BLUE, alpha=0.5, markersize=5,
                  markeredgewidth=0, label="a seed" if first else None)  # fmt: skip
        axes.plot([mean(errors)] * 2, [place - 0.3, place + 0.3], color=ORANGE, linewidth=2.5,
                  label="mean of the seeds" if first else None)  # fmt: skip
        axes.plot([luck], [place], "x", color=GREY, markersize=7,
                  label="what luck alone gives a perfect model" if first else None)  # fmt: skip
    axes.set_yticks(range(len(METHODS)), list(METHODS.values()))
    axes.set_ylim(len(METHODS) - 0.5, -0.5)
    axes.set_xlim(left=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="x", alpha=0.25)
