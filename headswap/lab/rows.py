"""A lab's runs as rows of a table, and the recorded ones that stand in it before the first Train."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ..live.runs import FIELDS, Run, Settings, diagnose
from ..live.told import Told

if TYPE_CHECKING:
    import pandas

WEIGHTS = ("weights", "exact")  # which files hold a recorded run's classifier, and what that says: not for the browser


def recorded_runs() -> list[dict[str, Any]]:
    """Real runs that are shown before the first Train; empty where none are stored.

    `python -m benchmarks.figures recorded` records them.
    """
    folder = files(__name__.rpartition(".")[0]).joinpath("recorded")
    paths = (
        sorted((p for p in folder.iterdir() if p.name.endswith(".json")), key=lambda p: p.name)
        if folder.is_dir()
        else []
    )
    return [json.loads(path.read_text("utf-8")) for path in paths]


def as_told(run: dict[str, Any]) -> Told:
    """A recorded run as the browser is told of any other."""
    truths = "".join(str(label) for _, label in run["messages"])
    settings = Settings(regime=run["regime"], pool=run["pool"], seed=run["seed"], epochs=run["planned"])
    run = {name: value for name, value in run.items() if name not in WEIGHTS} | {"keeps": "weights" in run}
    run |= {"settings": settings.changed()}
    return Told.of(run | {"truths": truths, "epochs": [{"said": ""} | epoch for epoch in run["epochs"]]})


def frame_of(runs: Iterable[Run]) -> pandas.DataFrame:
    """The runs as a pandas table, one row each."""
    import pandas

    return pandas.DataFrame([row_of(run) for run in runs])


def row_of(run: Run) -> dict[str, Any]:
    """A run's settings and what came out, one value a column."""
    metrics = run.metrics
    low, high = metrics.intervals()["f1"] if metrics else (None, None)
    settings = {name: getattr(run.settings, name) for name in FIELDS}
    return settings | {
        "id": run.id, "regime": run.settings.regime_name, "learning": run.learning, "total": run.total,
        "outcome": run.outcome, "epochs_done": len(run.epochs), "best_epoch": run.best, "seconds": run.seconds,
        "f1": metrics.f1 if metrics else None, "f1_low": low, "f1_high": high,
        "precision": metrics.precision if metrics else None, "recall": metrics.recall if metrics else None,
        "accuracy": metrics.accuracy if metrics else None, "forecast": run.forecast, "diagnosis": diagnose(run),
    }  # fmt: skip
