"""The results as one figure: how many times faster, above; how time grows, below."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .bench import Results
from .report import ratio

BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"  # Okabe and Ito (2008); a marker or hatch says the same
BARS = (  # contest, rival, colour, hatch, promised ratio
    ("head-only", "Trainer", BLUE, "", 20.0),
    ("head-only", "plain loop", ORANGE, "///", None),
    ("full", "Trainer", BLUE, "", 1.8),
    ("full", "plain loop", ORANGE, "///", None),
    ("last-block", "no cache", GREEN, "...", 1.25),
)
LINES = {"head-only": (BLUE, "o", "-"), "full": (ORANGE, "s", "--")}
PANELS = (("messages", "messages"), ("max_len", "bytes per message"), ("width", "width"))


def figure(results: Results) -> Figure:
    """Ratios as bars with their targets, and seconds per epoch by messages, length and width."""
    drawn = Figure(figsize=(8.0, 5.6), layout="constrained")
    grid = drawn.add_gridspec(2, len(PANELS), height_ratios=(1.1, 1))
    _ratios(drawn.add_subplot(grid[0, :]), results)
    for column, (grown, label) in enumerate(PANELS):
        axes = drawn.add_subplot(grid[1, column])
        _growth(axes, results, grown)
        axes.set_xlabel(label)
        _calm(axes)
    first = drawn.axes[1]
    first.set_ylabel("seconds per epoch")
    first.legend(frameon=False, fontsize=8, loc="upper left")
    first.margins(y=0.35)
    return drawn


def _ratios(axes: Axes, results: Results) -> None:
    for row, (contest, rival, colour, hatch, target) in enumerate(BARS):
        value = ratio(results, contest, rival)
        axes.barh(row, value - 1.0, left=1.0, height=0.62, color=colour, hatch=hatch, edgecolor="white")
        if target is not None:
            axes.plot([target, target], [row - 0.42, row + 0.42], color="black", linewidth=2)
        place = (max(value, target or 0.0), row)
        axes.annotate(f"{value:.3g}x", place, xytext=(6, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(BARS)), [f"{contest}, {rival}" for contest, rival, *_ in BARS])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xticks([0.5, 1, 2, 5, 10, 20, 50], ["0.5", "1", "2", "5", "10", "20", "50"])
    axes.minorticks_off()
    axes.set_xlim(0.5, 80)
    axes.axvline(1.0, color="#666666", linewidth=1)
    axes.set_xlabel("their seconds over ours, medians (black bar: the target)")
    _calm(axes)


def _growth(axes: Axes, results: Results, grown: str) -> None:
    for regime, (colour, marker, dash) in LINES.items():
        points = [p for p in results.growth if (p.grown, p.regime) == (grown, regime)]
        sizes = [p.size for p in points]
        axes.plot(sizes, [p.epoch_seconds for p in points], color=colour, marker=marker, linestyle=dash, label=regime)
        if regime == "head-only":
            prefix = [p.prefix_seconds for p in points]
            axes.plot(sizes, prefix, color=GREEN, marker="^", linestyle=":", label="its prefix, once")
    if grown == "messages":
        axes.set_xscale("log")
        axes.set_yscale("log")
        return
    ticks = [p.size for p in results.growth if p.grown == grown]
    axes.set_xticks(ticks, [str(size) for size in ticks])
    axes.set_ylim(bottom=0.0)


def _calm(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="both", alpha=0.25)
