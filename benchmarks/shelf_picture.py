"""What many tasks take, as a picture: whole copies of the model against one shelf, on disk and in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from .picture import BLUE, GREEN, ORANGE

AS = {  # regime: what is told, colour, marker, dash
    "full": ("a whole copy for each task", ORANGE, "s", "--"),
    "lora": ("one shelf: a LoRA and a head each", GREEN, "^", ":"),
    "head-only": ("one shelf: a head each", BLUE, "o", "-"),
}


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes for so many tasks: on disk and in memory, as whole copies of the model and on a shelf."""

    regime: str
    tasks: int
    disk: int
    memory: int


def picture(sizes: Sequence[Size]) -> Figure:
    """Bytes by the number of tasks, on two logarithmic axes that are the same left and right."""
    drawn = Figure(figsize=(8.0, 3.8), layout="constrained", facecolor="white")
    left, right = drawn.subplots(1, 2, sharey=True)
    _panel(left, "On disk", sizes, lambda size: size.disk)
    _panel(right, "In memory, once loaded and asked", sizes, lambda size: size.memory)
    left.set_ylabel("bytes for all tasks together")
    handles, labels = left.get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return drawn


def _panel(axes: Axes, title: str, sizes: Sequence[Size], of: Callable[[Size], int]) -> None:
    for regime, (label, colour, marker, dash) in AS.items():
        mine = [size for size in sizes if size.regime == regime]
        axes.plot([size.tasks for size in mine], [of(size) for size in mine], color=colour, marker=marker,
                  linestyle=dash, linewidth=2, label=label)  # fmt: skip
        last = mine[-1]
        axes.annotate(_told(of(last)), (last.tasks, of(last)), xytext=(7, 0), textcoords="offset points", va="center")
    axes.set_title(title, fontsize=11, loc="left")
    axes.set_xscale("log")
    axes.set_yscale("log")
    counts = sorted({size.tasks for size in sizes})
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _told(value)))
    axes.set_xlim(counts[0] / 1.3, counts[-1] * 2.6)
    axes.set_xlabel("tasks")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(alpha=0.25)


def _told(value: float) -> str:
    return (
        f"{value / 1e6:.0f} MB"
        if value >= 9.95e6
        else f"{value / 1e6:.1f} MB"
        if value >= 1e6
        else f"{value / 1e3:.0f} kB"
    )
