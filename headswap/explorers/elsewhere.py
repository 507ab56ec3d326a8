"""Lesson 12: calibrated for whom? The same probabilities of spam where spam is rarer than it was in training.

Shape letter: N messages.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from ..calibration.binning import Stated, ece, of_class
from ..calibration.floor import ece_floor
from ..calibration.temperature import for_prior
from .calibrated import DRAWS, HEADS, MODELS, Run, best_temperature, recorded_runs, run_of
from .controls import choice, stops, switch
from .widget import Block, Explorer, card, headlines, reliability

SHARES = (2, 5, 9, 20, 30, 50)  # of 100 messages there, so many are spam
ALARM, HALF = 0.9, (0.5, 0.5)


def elsewhere() -> Explorer:
    """Probabilities of spam, calibrated where half of all messages are spam, at a place with fewer: shift the odds."""
    seeds = sorted({run.seed for run in recorded_runs()})
    controls = [
        stops("share", "Spam in 100 messages", SHARES[-1], SHARES),
        switch("shifted", "Shift the odds", False),
        choice("model", "Trained", list(MODELS)[1], [*MODELS]),
        stops("seed", "Seed", seeds[0], seeds),
    ]
    return Explorer("Calibrated for whom?", controls, _show)


def _show(value: Mapping[str, Any]) -> list[Block]:
    run, share = run_of(value["model"], int(value["seed"])), int(value["share"]) / 100
    stated = claims_at(run, share, bool(value["shifted"]))
    error, floor = ece(stated), ece_floor(stated.chance, draws=DRAWS)
    off = card("calibration error", f"{100 * error:.1f} %", f"luck alone: up to {100 * floor.interval[1]:.1f} %",
               not floor.explains(error))  # fmt: skip
    return [
        headlines("In short", [_surest(stated), _in_all(stated), off]) | {"note": _about(stated)},
        reliability("How often it's spam", stated, error, floor, claim="sure of spam", came="spam", start=0.0),
    ]


def _surest(stated: Stated) -> dict[str, Any]:
    """The messages that it calls spam for sure, and how many of them are."""
    alarm = stated.chance >= ALARM
    many, true = int(alarm.sum()), int(stated.true[alarm].sum())
    name = "at least 90 % sure of spam, and right"
    if not many:
        return card(name, "none", "it's never that sure")
    promised = float(stated.chance[alarm].mean())
    return card(name, f"{true} of {many}", f"{100 * true / many:.0f} %; it promised {100 * promised:.0f} %",
                true / many < promised - 0.05)  # fmt: skip


def _in_all(stated: Stated) -> dict[str, Any]:
    """The spam that its probabilities add up to, and how much there is."""
    expected, true = float(stated.chance.sum()), int(stated.true.sum())
    return card("spam that it expects", f"{expected:,.0f}", f"there are {true:,}", not 0.75 < expected / true < 1.33)


def _about(stated: Stated) -> str:
    return (
        f"Recorded, not live: {len(stated.true):,} test messages. The temperature fits the validation messages, half "
        "of them spam. The calibration error here is that of how sure it is of spam, in 15 bins from 0 to 100 %, "
        "not of how sure it is of its verdict."
    )


@lru_cache(maxsize=64)
def claims_at(run: Run, share: float, shifted: bool) -> Stated:
    """The probability of spam where `share` of the messages is spam, for that place or as calibrated on half.

    The test messages there are all the ham, and as much of the spam as the share asks for.
    """
    head = HEADS[next(iter(HEADS))]
    part = run.test[head]
    ham, spam = (np.flatnonzero(part.labels == label) for label in (0, 1))
    rows = np.sort(np.concatenate([ham, spam[: round(len(ham) * share / (1 - share))]]))
    there = (1 - share, share) if shifted else HALF
    heat = best_temperature(run.validation[head])
    chances = for_prior(part.logits[rows], heat, run.validation[head].labels, there)
    return of_class(chances, part.labels[rows], 1)
