"""One number that mends a confidence: all logits divided by a temperature T, fitted on validation messages.

T above 1 makes a model less sure, T below 1 surer; which class it chooses never changes (Guo et al. 2017).
Shape letters: N messages, C classes.
"""

from collections.abc import Sequence

import numpy as np

from ..errors import SettingError
from ..metrics.thresholds import at_prior, coldness, shares, slope, softmax
from .binning import Labels


def fit_temperature(logits: np.ndarray, labels: Labels) -> float:
    """The temperature T under which softmax(logits / T) has the least cross-entropy on these messages.

    logits (N, C), labels (N,). The loss is convex in 1 / T, so there is one answer, found by halving to the last digit.
    Raises SettingError for messages of one class, and where the best T is 0 (all are right already) or infinite (the
    logits say nothing about the labels): then there is nothing to fit.
    """
    values, truth = _checked(logits, labels)
    if (values[np.arange(len(truth)), truth] == values.max(1)).all():
        raise SettingError(
            f"all {len(truth)} messages are right, so a lower temperature is always better and the best one is 0; "
            "fit it on more messages, or keep T = 1"
        )
    if slope(values, truth, 0.0) >= 0:
        raise SettingError(
            f"on these {len(truth)} messages the logits are no better than none, so the best temperature is infinite; "
            "train the model first, or check that the labels belong to these logits"
        )
    high = 1.0
    while slope(values, truth, high) < 0:
        high *= 2
    return 1 / coldness(values, truth, 0.0, high)


def tempered(logits: np.ndarray, temperature: float) -> np.ndarray:
    """The probabilities (N, C) of logits (N, C) at that temperature."""
    if not 0 < temperature < np.inf:
        raise SettingError(f"temperature is {temperature}; give a number above 0")
    return softmax(np.asarray(logits, dtype=float) / temperature)


def for_prior(logits: np.ndarray, temperature: float, training: Labels, there: Sequence[float]) -> np.ndarray:
    """Probabilities (N, C) for a place whose classes have the shares `there`: a calibration as well.

    A model that learned from `training` labels, half of them spam, is calibrated where half of all messages are spam.
    First comes the temperature, then the odds of the classes (Saerens et al. 2002).
    """
    return at_prior(
        tempered(logits, 1.0), temperature, shares(np.asarray(training).tolist(), np.shape(logits)[1]), there
    )


def _checked(logits: np.ndarray, labels: Labels) -> tuple[np.ndarray, np.ndarray]:
    values, truth = np.asarray(logits, dtype=float), np.asarray(labels, dtype=np.int64)
    if values.ndim != 2 or truth.shape != (len(values),) or not np.isfinite(values).all():
        raise SettingError(f"logits have the shape {values.shape}, labels {truth.shape}; give finite (N, C) and (N,)")
    if len(np.unique(truth)) < 2 or values.shape[1] < 2:
        raise SettingError("the validation messages are all of one class; give messages of at least two classes")
    if truth.min() < 0 or truth.max() >= values.shape[1]:
        raise SettingError(f"the labels go from {truth.min()} to {truth.max()}; give 0 to {values.shape[1] - 1}")
    return values, truth
