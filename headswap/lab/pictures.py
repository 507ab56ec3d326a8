"""The lab's state as a still matplotlib picture, for paper and GitHub."""

import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..figures import BLUE, ORANGE
from ..metrics import Metrics
from .runner import Run


class Still(Figure):
    """A figure that a notebook shows as a picture, whether or not pyplot was imported."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def picture(runs: Sequence[Run]) -> Figure:
    """Loss curves of the latest run, pinned ones as ghosts, and its confusion matrix on the validation messages."""
    figure = Still(figsize=(8.4, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    shown = [run for run in runs if run.epochs]
    if not shown:
        left.set_title("no run yet")
        return figure
    for run in shown[:-1]:
        if run.pinned:
            _curves(left, run, 0.35)
    _curves(left, shown[-1], 1.0)
    left.set_xlabel("epoch")
    left.set_ylabel("cross-entropy (nats)")
    left.set_title(shown[-1].told.get("label", shown[-1].settings.regime))
    left.legend(frameon=False)
    if shown[-1].metrics is not None:
        draw_confusion(right, shown[-1].metrics, shown[-1].told.get("label_names", ("ham", "spam")))
    return figure


def _curves(axes: Axes, run: Run, ink: float) -> None:
    """Training solid and blue, validation dashed and orange; labels only where the ink is full."""
    epochs = range(1, len(run.epochs) + 1)
    named = ink == 1.0
    axes.plot(epochs, [e.train_loss for e in run.epochs], color=BLUE, alpha=ink, label="training" if named else None)
    held_out = [float("nan") if e.validation_loss is None else e.validation_loss for e in run.epochs]
    label = "validation" if named else None
    axes.plot(epochs, held_out, color=ORANGE, linestyle="--", alpha=ink, label=label)


def draw_confusion(axes: Axes, metrics: Metrics, label_names: Sequence[str]) -> None:
    """The confusion matrix: rows the truth, columns the verdict, each cell its count and its share of the row."""
    shares = [[n / max(1, sum(row)) for n in row] for row in metrics.confusion]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for i, row in enumerate(metrics.confusion):
        for j, count in enumerate(row):
            ink = "white" if shares[i][j] > 0.6 else "black"
            axes.text(j, i, f"{count}\n{shares[i][j]:.0%}", ha="center", va="center", color=ink)
    axes.set_xticks(range(len(label_names)), [f"said {name}" for name in label_names])
    axes.set_yticks(range(len(label_names)), [f"is {name}" for name in label_names])
