"""Slide a threshold and a prior over a filter's probabilities: scores, curves, and the messages behind each cell.

Shape letters: N messages, K thresholds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..errors import SettingError
from ..metrics.measure import Metrics, measure
from .widget import Block, Explorer, bars, curves, hidden, line, matrix, slider, table, words

# Truth, verdict, and what that is called.
CELLS = {
    "tn": (0, 0, "ham let through"), "fp": (0, 1, "ham called spam"),
    "fn": (1, 0, "spam let through"), "tp": (1, 1, "spam called spam"),
}  # fmt: skip
MOST_SHOWN = 12  # messages of a cell
WORLD = 1000  # messages in the bars
UNIT = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Every threshold (K,) at which a verdict changes, from the strictest on, and how many are then called spam.

    `spam` and `ham` (K,) count messages at or above the threshold; the first threshold is infinite and calls none.
    """

    thresholds: np.ndarray
    spam: np.ndarray
    ham: np.ndarray

    @property
    def recall(self) -> np.ndarray:
        """The share of spam that is called spam, (K,)."""
        return self.spam / max(1, self.spam[-1])

    @property
    def false_alarms(self) -> np.ndarray:
        """The share of ham that is called spam, (K,): the false-positive rate."""
        return self.ham / max(1, self.ham[-1])

    @property
    def precision(self) -> np.ndarray:
        """The share of spam in what is called spam, (K,); 0.0 where nothing is."""
        return self.spam / np.maximum(1, self.spam + self.ham)

    @property
    def auroc(self) -> float:
        """The area under the ROC curve: how often a spam is above a ham, a tie counting one half."""
        pairs = np.diff(self.ham) * (self.spam[1:] + self.spam[:-1])  # twice the pairs that each threshold decides
        return float(pairs.sum() / max(1, 2 * self.ham[-1] * self.spam[-1]))


def sweep(labels: Sequence[int], probabilities: Sequence[float]) -> Sweep:
    """All operating points of N probabilities of spam against N labels; equal probabilities are one threshold."""
    truth, chances = np.asarray(labels, dtype=np.int64), np.asarray(probabilities, dtype=np.float64)
    if truth.shape != chances.shape:
        raise SettingError(f"{truth.size} labels and {chances.size} probabilities; give one probability per label")
    thresholds = np.array([np.inf, *np.unique(chances)[::-1]])
    called = (chances[None] >= thresholds[:, None]).astype(np.int64)  # (K, N)
    return Sweep(thresholds, called @ (truth == 1), called @ (truth == 0))


def precision_at(recall: float, false_alarms: float, share: float) -> float:
    """Precision where `share` of all messages is spam, by Bayes: recall and false alarms do not know the share."""
    found, mistaken = recall * share, false_alarms * (1 - share)
    return found / (found + mistaken) if found + mistaken else 0.0


def scoreboard(labels: Sequence[int], probabilities: Sequence[float], messages: Sequence[str]) -> Explorer:
    """A filter's probabilities of spam (N,) under a threshold to slide, and in a world with less spam.

    A click on a cell of the matrix, or the value `cell`, shows the messages behind it.
    """
    truth, chances = [int(label) for label in labels], [float(p) for p in probabilities]
    if len(messages) != len(truth):
        raise SettingError(f"{len(truth)} labels and {len(messages)} messages; give one message per label")
    controls = [
        slider("threshold", "Spam from P(spam)", 0.5, 0.0, 1.0, 0.01),
        slider("prior", "Share of spam in the world", 50, 1, 50, unit="%"),
        hidden("cell"),
    ]
    known = _Known(tuple(truth), tuple(chances), tuple(messages), sweep(truth, chances))
    return Explorer("Scoreboard", controls, partial(_show, known))


@dataclass(frozen=True, slots=True)
class _Known:
    """What no control changes."""

    labels: tuple[int, ...]
    chances: tuple[float, ...]
    messages: tuple[str, ...]
    sweep: Sweep


def _show(known: _Known, value: Mapping[str, Any]) -> list[Block]:
    verdicts = [int(p >= value["threshold"]) for p in known.chances]
    metrics, share = measure(known.labels, verdicts), value["prior"] / 100
    (_, false), (_, found) = metrics.confusion
    ham, spam = metrics.support
    recall, false_alarms = found / max(1, spam), false / max(1, ham)
    world, in_bars = _world(recall, false_alarms, share)
    return [
        _scores(metrics),
        matrix("Verdicts", metrics.confusion, ("ham", "spam"), "cell"),
        in_bars,
        _cell(known, verdicts, value["cell"]),
        world,
        _precision_curve(known.sweep, metrics, false_alarms, share),
        _roc_curve(known.sweep, recall, false_alarms),
        words("Area under the ROC curve", _auroc(known.sweep)),
    ]


def _scores(metrics: Metrics) -> Block:
    """Value and 95 % interval of each score on these messages."""
    intervals = metrics.intervals()
    names = {"precision": "precision", "recall": "recall", "f1": "F1"}
    empty = {name: ", nothing to divide by: 0" if name in metrics.undefined else "" for name in names}
    rows = [[names[n] + empty[n], *_rounded(getattr(metrics, n), *intervals[n])] for n in names]
    return table("Scores", [f"score, on {sum(metrics.support)} messages", "value", "from", "to (95 %)"], rows)


def _cell(known: _Known, verdicts: Sequence[int], cell: str) -> Block:
    title = "Messages in the chosen cell"
    if cell not in CELLS:
        return words(title, "Choose a cell of the matrix to read what is in it.")
    truth, verdict, called = CELLS[cell]
    every = zip(known.chances, known.messages, known.labels, verdicts, strict=True)
    found = [(p, text) for p, text, label, said in every if (label, said) == (truth, verdict)]
    found.sort(key=lambda one: abs(one[0] - truth), reverse=True)  # the least expected first
    shown = [[f"{p:.3f}", text] for p, text in found[:MOST_SHOWN]]
    return table(title, ["P(spam)", f"{called}: {len(shown)} of {len(found)}"], shown)


def _world(recall: float, false_alarms: float, share: float) -> tuple[Block, Block]:
    """What becomes of a thousand messages, of which a share is spam."""
    precision = precision_at(recall, false_alarms, share)
    spam, mistaken = share * WORLD, false_alarms * (1 - share) * WORLD
    caught = recall * spam
    text = (
        f"Of {WORLD:,} messages {_whole(spam)} are spam; {_whole(caught + mistaken)} are called spam, "
        f"{_whole(caught)} of them rightly. Recall {recall:.3f}, false-positive rate {false_alarms:.3f}, "
        f"precision {precision:.3f}."
    )
    rows = [("spam, and caught", caught, spam), ("called spam, and is spam", caught, caught + mistaken)]
    return words("In the world", text), bars("In the world, in bars", rows, "messages")


def _whole(messages: float) -> str:
    """Rounded as the browser rounds, so that the words agree with the bars."""
    return f"{math.floor(messages + 0.5)}"


def _precision_curve(known: Sweep, metrics: Metrics, false_alarms: float, share: float) -> Block:
    """Precision over recall on these messages, and the same filter at the chosen share of spam."""
    there = precision_at(metrics.recall, false_alarms, share)
    rates = list(zip(known.recall[1:].tolist(), known.false_alarms[1:].tolist(), strict=True))
    here = list(zip(known.recall[1:].tolist(), known.precision[1:].tolist(), strict=True))
    world = [(r, precision_at(r, f, share)) for r, f in rates]
    marks = [(metrics.recall, metrics.precision, "here"), (metrics.recall, there, "in the world")]
    lines = [line("these messages", here), line("in the world", world, dash=True)]
    return curves("Precision over recall", "recall", "precision", lines, marks, UNIT, UNIT)


def _roc_curve(known: Sweep, recall: float, false_alarms: float) -> Block:
    points = list(zip(known.false_alarms.tolist(), known.recall.tolist(), strict=True))
    lines = [line("this filter", points), line("chance", [(0, 0), (1, 1)], dash=True)]
    marks = [(false_alarms, recall, "here")]
    return curves("ROC curve", "false-positive rate (share of ham)", "recall (share of spam)", lines, marks, UNIT, UNIT)


def _auroc(known: Sweep) -> str:
    return f"{known.auroc:.3f}: how often a spam has a higher P(spam) than a ham, over all pairs. It has no threshold."


def _rounded(*values: float) -> list[float]:
    return [round(value, 3) for value in values]
