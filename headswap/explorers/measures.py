"""Slide a threshold over a filter's probabilities: scores, curves, and the messages behind each cell.

Shape letters: N messages, K thresholds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..errors import SettingError
from ..metrics.measure import Metrics, measure
from .controls import hidden, slider
from .own import Function, Own, Said
from .widget import Block, Explorer, curves, divide, folded, line, matrix, numbers, table, words

# Truth, verdict, and what that is called.
CELLS = {
    "tn": (0, 0, "ham let through"), "fp": (0, 1, "ham called spam"),
    "fn": (1, 0, "spam let through"), "tp": (1, 1, "spam called spam"),
}  # fmt: skip
NAMES = {"precision": "precision", "recall": "recall", "f1": "F1"}
MOST_SHOWN = 12  # messages of a cell
CLICK = "Click a cell, and read its messages."
THRESHOLD = "call it spam from P(spam) ≥"
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


def scoreboard(
    labels: Sequence[int], probabilities: Sequence[float], messages: Sequence[str], *,
    verdicts: Function | None = None, scores: Function | None = None,
) -> Explorer:  # fmt: skip
    """A filter's probabilities of spam (N,) under a threshold to slide: who is called spam, and what that scores.

    A click on a cell of the matrix, or the value `cell`, shows the messages behind it. `verdicts` and `scores` are a
    learner's own functions, as lesson 06 asks for them: what they say is shown as yours, beside the library's.
    """
    truth, chances = [int(label) for label in labels], [float(p) for p in probabilities]
    if len(messages) != len(truth):
        raise SettingError(f"{len(truth)} labels and {len(messages)} messages; give one message per label")
    controls = [slider("threshold", THRESHOLD, 0.5, 0.0, 1.0, 0.01, within=True), hidden("cell")]
    own = Own(verdicts, scores) if verdicts or scores else None
    known = _Known(tuple(truth), tuple(chances), tuple(messages), sweep(truth, chances), own)
    return Explorer("Scoreboard", controls, partial(_show, known))


@dataclass(frozen=True, slots=True)
class _Known:
    """What no control changes."""

    labels: tuple[int, ...]
    chances: tuple[float, ...]
    messages: tuple[str, ...]
    sweep: Sweep
    own: Own | None


def _show(known: _Known, value: Mapping[str, Any]) -> list[Block]:
    verdicts = [int(p >= value["threshold"]) for p in known.chances]
    metrics = measure(known.labels, verdicts)
    said = known.own.said(known.labels, known.chances, value["threshold"]) if known.own else None
    ham, spam = ([p for p, label in zip(known.chances, known.labels, strict=True) if label == c] for c in (0, 1))
    return [
        divide("Every message at its P(spam)", [("ham", "circle", ham), ("spam", "triangle", spam)], THRESHOLD,
               "threshold"),
        _matrix(metrics, said),
        numbers("The scores", _items(metrics, said)),
        *([_cell(known, verdicts, value["cell"])] if value["cell"] in CELLS else []),
        _precision_curve(known.sweep, metrics),
        _roc_curve(known.sweep, metrics),
        folded(_scores(metrics)),
        folded(words("Area under the ROC curve", _auroc(known.sweep))),
    ]  # fmt: skip


def _matrix(metrics: Metrics, said: Said | None) -> Block:
    """The library's counts, or the learner's with the library's to compare where those differ."""
    if said is None or said.counts is None:
        return matrix("Verdicts", metrics.confusion, ("ham", "spam"), "cell") | {"note": (said and said.note) or CLICK}
    block = matrix("Yours", said.counts, ("ham", "spam"), "cell")
    if said.counts == metrics.confusion:
        return block | {"note": "Your verdicts, and the library counts the same."}
    rival = {"rival": [[*row] for row in metrics.confusion], "against": "the library's"}
    return block | rival | {"note": "Your verdicts; the small numbers compare them with the library's."}


def _items(metrics: Metrics, said: Said | None) -> list[dict[str, Any]]:
    """Precision, recall and F1 as counts of messages, and beside each what the learner's function says of it."""
    (_, fp), (fn, tp) = metrics.confusion
    says = {
        "precision": f"{tp} of the {tp + fp} called spam are spam" if tp + fp else "nothing is called spam",
        "recall": f"{tp} of the {tp + fn} spam are called spam" if tp + fn else "there is no spam",
        "f1": "high only where both are",
    }
    items = [{"name": NAMES[n], "value": f"{getattr(metrics, n):.3f}", "says": says[n]} for n in NAMES]
    if said is None or said.scores is None:
        return items
    return [item | own for item, own in zip(items, said.beside(metrics), strict=True)]


def _scores(metrics: Metrics) -> Block:
    """Value and 95 % interval of each score on these messages."""
    intervals = metrics.intervals()
    empty = {name: ", nothing to divide by: 0" if name in metrics.undefined else "" for name in NAMES}
    rows = [[NAMES[n] + empty[n], *_rounded(getattr(metrics, n), *intervals[n])] for n in NAMES]
    return table("Scores", [f"score, on {sum(metrics.support)} messages", "value", "from", "to (95 %)"], rows)


def _cell(known: _Known, verdicts: Sequence[int], cell: str) -> Block:
    """The messages of a cell, the least expected first."""
    truth, verdict, called = CELLS[cell]
    every = zip(known.chances, known.messages, known.labels, verdicts, strict=True)
    found = [(p, text) for p, text, label, said in every if (label, said) == (truth, verdict)]
    found.sort(key=lambda one: abs(one[0] - truth), reverse=True)  # the least expected first
    shown = [[f"{p:.3f}", text] for p, text in found[:MOST_SHOWN]]
    return table("Messages in the chosen cell", ["P(spam)", f"{called}: {len(shown)} of {len(found)}"], shown)


def _precision_curve(known: Sweep, metrics: Metrics) -> Block:
    """Precision over recall on these messages."""
    here = list(zip(known.recall[1:].tolist(), known.precision[1:].tolist(), strict=True))
    marks = [(metrics.recall, metrics.precision, "here")]
    block = curves("Precision over recall", "recall", "precision", [line("this filter", here)], marks, UNIT, UNIT)
    return block | {"legend": True}


def _roc_curve(known: Sweep, metrics: Metrics) -> Block:
    points = list(zip(known.false_alarms.tolist(), known.recall.tolist(), strict=True))
    lines = [line("this filter", points), line("chance", [(0, 0), (1, 1)], dash=True)]
    marks = [(metrics.confusion[0][1] / max(1, metrics.support[0]), metrics.recall, "here")]
    block = curves("ROC curve", "false-positive rate (share of ham)", "recall", lines, marks, UNIT, UNIT)
    return block | {"legend": True}


def _auroc(known: Sweep) -> str:
    return f"{known.auroc:.3f}: how often a spam has a higher P(spam) than a ham, over all pairs. It has no threshold."


def _rounded(*values: float) -> list[float]:
    return [round(value, 3) for value in values]
