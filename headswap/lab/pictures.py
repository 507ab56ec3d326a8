"""The lab's state as a still matplotlib picture with words, for paper and for a screen reader."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..live.runs import Run
from ..metrics.measure import Metrics
from ..results.figures import BLUE, ORANGE, Still


def picture(runs: Sequence[Run]) -> Still:
    """Loss curves of the latest run, pinned ones as ghosts, and its confusion matrix on the validation messages."""
    figure = Still(figsize=(8.4, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    shown = [run for run in runs if run.epochs]
    if not shown:
        figure.alt = "No run yet."
        left.set_title("no run yet")
        return figure
    pinned = [run for run in shown[:-1] if run.pinned]
    for run in pinned:
        _curves(left, run, 0.35)
    _curves(left, shown[-1], 1.0)
    left.set_xlabel("epoch")
    left.set_ylabel("cross-entropy (nats)")
    left.set_title(shown[-1].label)
    left.set_xlim(0, max(2, *(len(run.epochs) for run in [*pinned, shown[-1]])))
    left.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    left.legend(frameon=False)
    if shown[-1].metrics is not None:
        draw_confusion(right, shown[-1].metrics, shown[-1].label_names)
    figure.alt = in_words(shown[-1], pinned)
    return figure


def in_words(run: Run, pinned: Sequence[Run] = ()) -> str:
    """What the picture of a run shows: where its curves begin and end, and the counts of its matrix."""
    said = f"Loss of {run.label} over {len(run.epochs)} epochs: {_course('training', _training(run))}"
    if run.best is not None:
        said += f"; {_course('validation', _validation(run))}, lowest after epoch {run.best}"
    if run.metrics is not None:
        names = run.label_names
        rows = zip(names, run.metrics.confusion, strict=True)
        counts = "; ".join(f"is {name}: {_verdicts(row, names)}" for name, row in rows)
        said += f". Confusion matrix: {counts}"
    return said + "".join(f". Pinned beside it: {other.label}" for other in pinned) + "."


def _training(run: Run) -> list[float]:
    return [epoch.train_loss for epoch in run.epochs]


def _validation(run: Run) -> list[float]:
    return [float("nan") if epoch.validation_loss is None else epoch.validation_loss for epoch in run.epochs]


def _course(name: str, losses: Sequence[float]) -> str:
    return f"{name} from {losses[0]:.3f} to {losses[-1]:.3f} nats"


def _verdicts(row: Sequence[int], names: Sequence[str]) -> str:
    return ", ".join(f"{count} said {name}" for count, name in zip(row, names, strict=True))


def _curves(axes: Axes, run: Run, ink: float) -> None:
    """Training solid and blue, validation dashed and orange; labels only where the ink is full."""
    epochs = range(1, len(run.epochs) + 1)
    named = ink == 1.0
    axes.plot(epochs, _training(run), color=BLUE, alpha=ink, label="training" if named else None)
    label = "validation" if named else None
    axes.plot(epochs, _validation(run), color=ORANGE, linestyle="--", alpha=ink, label=label)


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
