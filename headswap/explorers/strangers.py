"""Lesson 12: does a model notice what it was never trained on? Three scores on messages and on strangers."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ..calibration.ood import auroc, false_alarm_rate
from .calibrated import MODELS, Run, recorded_runs, run_of
from .controls import choice, slider, stops
from .widget import Block, Explorer, card, divide, headlines

SETS: Final = {"Caesar's Latin": "latin", "shuffled letters": "shuffled", "other subjects": "shifted"}
SCORES: Final = {"how unsure": "unsure", "energy": "energy", "distance": "distance"}
# What the axis says of a score, and the unit of its numbers.
AXES: Final = {
    "unsure": ("what it leaves to the other class; 50 % is a coin toss", " %"),
    "energy": ("energy: the less the two logits say, the higher", ""),
    "distance": ("distance from the nearest class in training (log scale)", ""),
}
SURE, EVEN = 0.9, 50.0


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
    lanes, scale = placed(known, strange, score)
    named = [("known messages", "circle", lanes[0]), ("strangers", "triangle", lanes[1])]
    called = [sum(place >= value["threshold"] for place in lane) for lane in lanes]
    pass_too = f"{100 * false_alarm_rate(known, strange):.0f} of 100 strangers pass"
    return [
        headlines("In short", [
            _surest(1 - score_of(run, name, "unsure")),
            card("a stranger scores higher than a known one", f"{100 * auroc(known, strange):.0f} of 100",
                 "times (AUROC); guessing gives 50"),
            card("strangers called strange at the threshold", f"{called[1]} of {len(strange)}",
                 f"and {called[0]} of {len(known)} known messages"),
        ]) | {"note": f"Recorded, not live: one seed. Where 95 of 100 known messages pass as known, {pass_too}, too."},
        divide("Every message at its score", named, "call it strange from", "threshold")
        | {"sides": ["taken as known", "called strange"], "named": "right", "score": {"name": value["score"]} | scale},
    ]  # fmt: skip


def _surest(sure: np.ndarray) -> dict[str, Any]:
    """How many strangers get a verdict that the model is sure of."""
    share = (sure >= SURE).mean()
    return card("it's at least 90 % sure of", f"{100 * share:.0f} of 100",
                f"strangers; the mean is {100 * sure.mean():.0f} %", bool(share > 0.5))  # fmt: skip


def score_of(run: Run, name: str, score: str) -> np.ndarray:
    """How strange some messages look to the base of a run, (N,): the higher, the stranger."""
    if score != "unsure":
        return run.strange[name][score]
    return 1 / (1 + np.exp(np.abs(run.strange[name]["odds"])))


def placed(known: np.ndarray, strange: np.ndarray, score: str) -> tuple[list[list[float]], dict[str, Any]]:
    """Both sets' scores as places between 0, the least of all, and 1, the most; and what lies at 0 and 1.

    Unsureness runs from 0 to 50 %, whatever there is. Of the distance the record holds the squares' logarithm.
    """
    both = np.concatenate([known, strange])
    low, high = (0.0, EVEN / 100) if score == "unsure" else (float(both.min()), float(both.max()))
    lanes = [((values - low) / max(1e-9, high - low)).round(4).tolist() for values in (known, strange)]
    says, unit = AXES[score]
    ends = {"unsure": (0.0, EVEN), "distance": (float(np.exp(low / 2)), float(np.exp(high / 2)))}.get(
        score, (low, high)
    )
    return lanes, {"low": ends[0], "high": ends[1], "log": score == "distance", "unit": unit, "says": says}
