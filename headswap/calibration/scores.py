"""How good the probabilities themselves are, message by message: the logarithmic loss and Brier's.

Both reward a model for being right and for being honest about it, and neither needs bins. Shape letters: N messages,
C classes.
"""

from collections.abc import Callable

import numpy as np

from ..metrics.thresholds import LEAST
from .binning import Labels, checked

Each = Callable[[np.ndarray, Labels], np.ndarray]  # a number for each message, (N,)


def nll_each(probabilities: np.ndarray, labels: Labels) -> np.ndarray:
    """Minus the logarithm of the right class's probability, in nats, (N,): a confident mistake costs most."""
    chances, truth = checked(probabilities, labels)
    return -np.log(np.maximum(chances[np.arange(len(truth)), truth], LEAST))


def brier_each(probabilities: np.ndarray, labels: Labels) -> np.ndarray:
    """The squared distance of the probabilities from what was true, summed over the classes, from 0 to 2, (N,).

    For two classes that is twice the squared error of the probability of spam.
    """
    chances, truth = checked(probabilities, labels)
    return ((chances - np.eye(chances.shape[1])[truth]) ** 2).sum(1)


def right_each(probabilities: np.ndarray, labels: Labels) -> np.ndarray:
    """1 where the likeliest class is the right one, else 0, (N,): its mean is the accuracy."""
    chances, truth = checked(probabilities, labels)
    return (chances.argmax(1) == truth).astype(float)


def nll(probabilities: np.ndarray, labels: Labels) -> float:
    """The mean of `nll_each`, in nats per message: what training makes small."""
    return float(nll_each(probabilities, labels).mean())


def brier(probabilities: np.ndarray, labels: Labels) -> float:
    """The mean of `brier_each`, from 0 to 2."""
    return float(brier_each(probabilities, labels).mean())
