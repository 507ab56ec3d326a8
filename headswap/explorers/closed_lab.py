"""What a closed notebook shows of a lab: its state without what a picture may not say, and that state in words.

The state holds the lab's `story` too: what it tells a new page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..lab.view import READY, SETTINGS, View
from ..live.claims import calibration_of
from ..live.told import Told

State = Mapping[str, Any]
USUAL = {name: View.class_traits()[name].default() for name in SETTINGS}  # what the recorded runs were trained with


def closed(state: State) -> dict[str, Any]:
    """The state without its seconds, which no other day repeats, and without runs that answer a bet nobody has made."""
    story = state["story"]
    if state["question"] and not any(run["forecast"] for run in story["runs"]):
        story = story | {"runs": [], "messages": {}, "current": None, "state": READY}
    return {**state, "kept": {}, "story": story | {"runs": [_untimed(run) for run in story["runs"]]}}


def in_words(state: State) -> str:
    """What the lab shows: its settings, its question, and the latest run with its counts and its diagnosis."""
    settings = ", ".join(
        f"{name.replace('_', ' ')} {_setting(state[name])}"
        for name in SETTINGS
        if name in state["controls"] and state[name] not in ("", {})
    )
    question = f" {state['question']} One of: {'; '.join(state['answers'])}." if state["question"] else ""
    return f"Lab. Settings: {settings}.{question} {_run(state)}"


def _untimed(run: State) -> dict[str, Any]:
    """A recorded run keeps its seconds: they are the same for everybody."""
    if run["recorded"]:
        return dict(run)
    return {**run, "epochs": [{**epoch, "seconds": None} for epoch in run["epochs"]]}


def _setting(value: str | float | bool | None) -> str:
    if value is None:
        return "tuned"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _run(state: State) -> str:
    """The run that the browser shows first: the latest of the lab's own, or else a recorded one that fits."""
    runs = [run for run in state["story"]["runs"] if run["epochs"]]
    own = [run for run in runs if not run["recorded"]]
    shown = own or [run for run in runs if _fits(run, state)]
    if not shown:
        return "No run yet."
    run = shown[-1]
    epochs, diagnosis = run["epochs"], run["diagnosis"] or run["epochs"][-1]["diagnosis"] or "Too early to tell."
    kind = ", recorded" if run["recorded"] else ""
    return (
        f"Run {run['label']}{kind}, {len(epochs)} of {run['planned']} epochs: {run['learning']:,} of {run['total']:,} "
        f"weights learn. {diagnosis} {_counts(run, state['threshold'])}"
        f"{_reliability(run) if 'reliability' in state['folds'] else ''}"
    )


def _reliability(run: State) -> str:
    """What its panel says where it is open: the calibration error beside its floor, and the best temperature."""
    found = calibration_of(Told.of(dict(run)))
    best = f" T = {found.best:.2f} fits best." if found.best else ""
    return (
        f" Calibration error {found.ece:.1%}; luck alone gives a perfect model of this size up to "
        f"{found.floor.interval[1]:.1%}.{best}"
    )


def _fits(run: State, state: State) -> bool:
    """Whether a recorded run is one of the lab's settings; the browser draws no other."""
    trained = {"regime": run["regime"], "pool": run["pool"], "seed": run["seed"], "epochs": run["planned"]}
    return all(state[name] == value for name, value in (USUAL | trained).items())


def _counts(run: State, threshold: float) -> str:
    """The confusion matrix after the last epoch; of two classes at the threshold, P(spam) in thousandths."""
    names, last = run["label_names"], run["epochs"][-1]
    said = [int(p >= round(1000 * threshold)) for p in last["p"]] if len(names) == 2 else map(int, last["said"])
    cells = Counter(zip(map(int, run["truths"]), said, strict=True))
    rows = (
        f"is {name}: {', '.join(f'{cells[truth, said]} said {other}' for said, other in enumerate(names))}"
        for truth, name in enumerate(names)
    )
    return f"Confusion matrix: {'; '.join(rows)}."
