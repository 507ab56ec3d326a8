"""Lesson 12: does a model notice what it was never trained on? Three scores on messages and on strangers."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ..calibration.ood import auroc, false_alarm_rate
from .calibrated import MODELS, Run, recorded_runs, run_of
from .controls import choice, slider, stops
from .widget import Block, Explorer, card, divide, headlines

SETS: Final = {"Caesar's Latin": "latin", "shuffled letters": "shuffled", "other subjects, in English": "shifted"}
SCORES: Final = {
    "how unsure it is": "unsure",
    "energy: how little the logits say": "energy",
    "distance from the training messages": "distance",
}
SURE = 0.9


def strangers() -> Explorer:
    """Messages of a kind that no training message was: how sure the model is of them, and which score tells."""
    seeds = sorted({run.seed for run in recorded_runs()})
    controls = [
        choice("strange", "Strangers", next(iter(SETS)), [*SETS]),
        choice("score", "Score", next(iter(SCORES)), [*SCORES]),
        choice("model", "Trained", list(MODELS)[1], [*MODELS]),
        stops("seed", "Seed", seeds[0], seeds),
        slider("threshold", "call it strange from", 0.5, 0.0, 1.0, 0.01, within=True),
    ]
    return Explorer("Does it notice?", controls, _show)


def _show(value: Mapping[str, Any]) -> list[Block]:
    run, score, name = run_of(value["model"], int(value["seed"])), SCORES[value["score"]], SETS[value["strange"]]
    known, strange = (score_of(run, which, score) for which in ("test", name))
    sure = 1 - score_of(run, name, "unsure")
    lanes = placed(known, strange)
    named = [("known messages", "circle", lanes[0]), ("strangers", "triangle", lanes[1])]
    return [
        headlines("In short", [
            card("it's at least 90 % sure of", f"{100 * (sure >= SURE).mean():.0f} of 100",
                 f"strangers; the mean is {100 * sure.mean():.0f} %", bool((sure >= SURE).mean() > 0.5)),
            card("a stranger scores higher than a known one", f"{100 * auroc(known, strange):.0f} of 100",
                 "times (AUROC); guessing gives 50"),
            card("where 95 of 100 known ones pass, so do", f"{100 * false_alarm_rate(known, strange):.0f} of 100",
                 "strangers"),
        ]) | {"note": f"Recorded, not live: {len(known)} test messages and {len(strange)} strangers, one seed."},
        divide("Every message at its score", named, "call it strange from", "threshold")
        | {"sides": ["taken as known", "called strange"], "named": "right"},
    ]  # fmt: skip


def score_of(run: Run, name: str, score: str) -> np.ndarray:
    """How strange some messages look to the base of a run, (N,): the higher, the stranger."""
    if score != "unsure":
        return run.strange[name][score]
    return 1 / (1 + np.exp(np.abs(run.strange[name]["odds"])))


def placed(known: np.ndarray, strange: np.ndarray) -> tuple[list[float], list[float]]:
    """Both sets' scores between 0, the least of all, and 1, the most."""
    both = np.concatenate([known, strange])
    low, high = both.min(), both.max()
    one, other = ((values - low) / max(1e-9, high - low) for values in (known, strange))
    return one.round(4).tolist(), other.round(4).tolist()
