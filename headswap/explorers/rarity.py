"""Make spam rare, and watch one filter's precision fall while its recall stays where it is.

Shape letter: N messages.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..metrics.measure import Metrics, measure
from .controls import slider
from .measures import UNIT, Sweep, sweep
from .widget import Block, Explorer, crowd, curves, line, numbers

WORLD = 1000  # messages in the picture


@dataclass(frozen=True, slots=True)
class Rates:
    """What belongs to a filter alone: the share of spam that it catches, and of ham that it calls spam."""

    recall: float
    false_alarms: float


def precision_at(recall: float, false_alarms: float, share: float) -> float:
    """Precision where `share` of all messages is spam, by Bayes: recall and false alarms do not know the share."""
    found, mistaken = recall * share, false_alarms * (1 - share)
    return found / (found + mistaken) if found + mistaken else 0.0


def rare_spam(labels: Sequence[int], probabilities: Sequence[float]) -> Explorer:
    """A filter's probabilities of spam (N,) in a world with another share of spam than these messages have.

    The share begins as these messages have it.
    """
    truth, chances = [int(label) for label in labels], [float(p) for p in probabilities]
    known = sweep(truth, chances)
    share = min(99, max(1, round(100 * sum(truth) / max(1, len(truth)))))
    controls = [
        slider("prior", "Of 100 messages, so many are spam:", share, 1, max(50, share)),
        slider("threshold", "call it spam from P(spam) ≥", 0.5, 0.0, 1.0, 0.01),
    ]
    return Explorer("Rare spam", controls, partial(_show, truth, chances, known))


def _show(truth: Sequence[int], chances: Sequence[float], known: Sweep, value: Mapping[str, Any]) -> list[Block]:
    metrics = measure(truth, [int(p >= value["threshold"]) for p in chances])
    rates = Rates(metrics.recall, metrics.confusion[0][1] / max(1, metrics.support[0]))
    share = value["prior"] / 100
    counts = counted(rates, share)
    return [
        numbers("The scores", _items(metrics, counts)),
        crowd("A thousand messages", counts, _told(counts)),
        _curve(known, rates, metrics.precision, share),
    ]


def counted(rates: Rates, share: float) -> dict[str, int]:
    """What becomes of a thousand messages, a share of them spam, in whole messages."""
    spam = _whole(share * WORLD)
    caught, mistaken = _whole(rates.recall * spam), _whole(rates.false_alarms * (WORLD - spam))
    return {"tp": caught, "fp": mistaken, "fn": spam - caught, "tn": WORLD - spam - mistaken}


def _whole(messages: float) -> int:
    return math.floor(messages + 0.5)


def _told(counts: Mapping[str, int]) -> str:
    called = counts["tp"] + counts["fp"]
    return f"{called} of {WORLD:,} messages are called spam (in the box); {counts['tp']} of them are spam."


def _items(metrics: Metrics, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Precision as the picture has it; recall and the false-positive rate as they were measured, wherever spam is."""
    (tn, fp), (fn, tp) = metrics.confusion
    called = counts["tp"] + counts["fp"]
    precision = counts["tp"] / called if called else 0.0
    mine = (f"{tp} of the {tp + fn} spam it was tried on", f"{fp} of the {tn + fp} ham it was tried on")
    return [
        {"name": "precision", "value": f"{precision:.2f}", "says": f"{counts['tp']} of the {called} called spam below"},
        {"name": "recall", "value": f"{metrics.recall:.2f}", "says": mine[0]},
        {"name": "false-positive rate", "value": f"{fp / max(1, tn + fp):.2f}", "says": mine[1]},
    ]


def _curve(known: Sweep, rates: Rates, precision: float, share: float) -> Block:
    """Precision over recall on these messages, and the same filter at the chosen share of spam."""
    there = precision_at(rates.recall, rates.false_alarms, share)
    pairs = list(zip(known.recall[1:].tolist(), known.false_alarms[1:].tolist(), strict=True))
    here = list(zip(known.recall[1:].tolist(), known.precision[1:].tolist(), strict=True))
    world = [(r, precision_at(r, f, share)) for r, f in pairs]
    marks = [(rates.recall, precision, "here"), (rates.recall, there, "there")]
    lines = [line("these messages", here), line("your world", world, dash=True)]
    return curves("Precision over recall", "recall", "precision", lines, marks, UNIT, UNIT) | {"legend": True}
