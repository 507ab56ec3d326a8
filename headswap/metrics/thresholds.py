"""From probabilities to verdicts when the world has another share of spam than the training messages.

First a temperature makes the probabilities as sure as they may be (Guo et al. 2017), then the odds are multiplied by
those of the new prior (Saerens et al. 2002). Without the first step the second would trust an over- or under-confident
model. Shape letters: N messages, C classes.
"""

from collections.abc import Sequence

import numpy as np

COLDEST, HOTTEST = 0.05, 20.0
LEAST = 1e-12  # a probability of 0 has no logarithm


def temperature(probabilities: np.ndarray, labels: Sequence[int]) -> float:
    """The temperature T under which softmax(log p / T) has the lowest cross-entropy on these messages, in [0.05, 20].

    probabilities (N, C), labels (N,). The derivative by 1 / T rises, so halving an interval finds its zero.
    """
    logs = np.log(np.maximum(np.asarray(probabilities, dtype=float), LEAST))
    return 1 / coldness(logs, np.asarray(labels), 1 / HOTTEST, 1 / COLDEST)


def coldness(logits: np.ndarray, truth: np.ndarray, low: float, high: float) -> float:
    """The 1 / T between `low` and `high` under which softmax(logits / T) has the least cross-entropy."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(logits, truth, middle) > 0 else (middle, high)
    return (low + high) / 2


def slope(logits: np.ndarray, truth: np.ndarray, cold: float) -> float:
    """By how much the mean cross-entropy rises with 1 / T, at `cold`; logits (N, C), truth (N,)."""
    expected = (softmax(cold * logits) * logits).sum(1)
    return float((expected - logits[np.arange(len(logits)), truth]).mean())


def at_prior(probabilities: np.ndarray, heat: float, before: Sequence[float], after: Sequence[float]) -> np.ndarray:
    """Probabilities (N, C) at temperature `heat`, for a world whose classes have the shares `after`, not `before`."""
    logs = np.log(np.maximum(np.asarray(probabilities, dtype=float), LEAST)) / heat
    odds = np.log(np.maximum(after, LEAST)) - np.log(np.maximum(before, LEAST))
    return softmax(logs + odds)


def shares(labels: Sequence[int], classes: int) -> tuple[float, ...]:
    """The share of each class among labels (N,)."""
    counts = np.bincount(np.asarray(labels), minlength=classes)
    return tuple((counts / max(1, counts.sum())).tolist())


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (N, C) of logits (N, C)."""
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)
