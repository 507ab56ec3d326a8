"""The recorded runs, epoch by epoch: what a run looks like before you have trained one."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..lab.rows import recorded_runs
from ..metrics.measure import Metrics, measure
from .controls import choice, slider
from .widget import Block, Explorer, curves, line, matrix, words


def recorded() -> Explorer:
    """The runs that come with the library: choose one, slide the epoch, and see loss and verdicts of that moment."""
    runs = {run["regime"]: run for run in recorded_runs()}
    names, longest = [*runs], max(len(run["epochs"]) for run in runs.values())
    controls = [choice("regime", "Recorded run", names[0], names), slider("epoch", "Epoch", 1, 1, longest)]
    return Explorer("Recorded run", controls, partial(_show, runs))


def _show(runs: Mapping[str, Mapping[str, Any]], value: Mapping[str, Any]) -> list[Block]:
    run = runs[value["regime"]]
    epoch = min(int(value["epoch"]), len(run["epochs"]))
    now = run["epochs"][epoch - 1]
    labels = [label for _, label in run["messages"]]
    metrics = measure(labels, [int(p >= 500) for p in now["p"]])
    return [
        words("What this is", _about(run, len(labels))),
        curves("Loss", "epoch", "cross-entropy (nats)", _lines(run["epochs"]), [(epoch, now["validation"], "")]),
        matrix("Verdicts", metrics.confusion, run["label_names"]),
        words("After this epoch", _scores(metrics)),
    ]


def _about(run: Mapping[str, Any], messages: int) -> str:
    return (
        f"Recorded, not live: seed {run['seed']}, {run['learning']:,} of {run['total']:,} weights learn, "
        f"judged after each epoch on {messages} validation messages."
    )


def _scores(metrics: Metrics) -> str:
    low, high = metrics.intervals()["f1"]
    return (
        f"F1 {metrics.f1:.3f} [{low:.3f}, {high:.3f}], precision {metrics.precision:.3f}, recall {metrics.recall:.3f}. "
        "One seed; the 95 % interval covers the luck of the messages."
    )


def _lines(epochs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    both = (("training", "train", False), ("validation", "validation", True))
    return [line(name, [(e["epoch"], e[key]) for e in epochs], dash) for name, key, dash in both]
