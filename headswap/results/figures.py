"""Still pictures of runs, for paper and README: matplotlib Figures, never pyplot's hidden state."""

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ..files import write_atomically
from .report import cell
from .scores import Score

# Okabe and Ito (2008): told apart by the colour-blind; a marker or dash always says the same.
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#666666"
INCH = 96  # pixels of a page
COLOURS = 128  # of a still: lines and letters need no more
DOTS = 144  # of a still's file: sharp on dense screens too
TESTS = {"balanced": (BLUE, "o", "balanced test"), "natural": (ORANGE, "s", "natural test")}


class Still(Figure):
    """A figure that a notebook shows as a picture, with the words `alt` for whoever does not see it.

    It needs no pyplot; the same figure gives the same bytes.
    """

    alt = ""

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=DOTS, facecolor="white", metadata={"Software": None})
        picture, buffer = Image.open(buffer).convert("RGB"), io.BytesIO()
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(buffer, "png", optimize=True)  # a third of the bytes
        # White, in a dark theme too: the ink of the axes is dark.
        style = f"width: {round(INCH * self.get_figwidth())}px; max-width: 100%; height: auto; background: #ffffff"
        source = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
        return f'<img alt="{html.escape(self.alt)}" style="{style}" src="{source}">'


def comparison(results: Sequence[Score]) -> Figure:
    """F1 of every regime with its 95 % interval, and the seconds it took, one row per regime."""
    names = list(dict.fromkeys(r.regime for r in results))
    tests = list(dict.fromkeys(r.test for r in results))
    figure = Figure(figsize=(8.0, 0.42 * len(names) + 1.5), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    for i, test in enumerate(tests):
        for row, name in enumerate(names):
            _interval(left, [r for r in results if (r.regime, r.test) == (name, test)], row + 0.24 * i, test)
    _seconds(right, [[r for r in results if r.regime == name] for name in names])
    left.set_yticks(range(len(names)), names)
    left.invert_yaxis()
    left.set_xlabel(f"F1, mean of {len({r.seed for r in results})} seeds with 95 % interval")
    if len(tests) > 1:
        left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    for axes in (left, right):
        _calm(axes)
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure whole or not at all, in the form that its file name ends in; the same figure, the same bytes."""
    form = path.suffix.lower().lstrip(".")
    stamp = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=150, metadata=stamp)
    write_atomically(path, buffer.getvalue())


def _interval(axes: Axes, results: Sequence[Score], y: float, test: str) -> None:
    if not results:
        return
    mean, low, high = cell(results, "f1")
    colour, marker, label = TESTS[test]
    axes.plot([low, high], [y, y], color=colour, linewidth=2)
    axes.plot([mean], [y], color=colour, marker=marker, linestyle="", label=label if y < 1 else None)


def _seconds(axes: Axes, by_regime: Sequence[Sequence[Score]]) -> None:
    seconds = [sum(r.seconds for r in rows) / len(rows) for rows in by_regime]
    axes.barh(range(len(seconds)), seconds, height=0.5, color=GREY)
    for row, value in enumerate(seconds):
        axes.annotate(f"{value:.1f} s", (value, row), xytext=(4, 0), textcoords="offset points", va="center")
    axes.set_xlim(0, max(seconds) * 1.3)
    axes.set_xlabel("training per seed (seconds)")


def _calm(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="x", alpha=0.25)
