"""Are the messages that a model is 90 % sure of right nine times out of ten? Reliability, bin by bin.

Shape letters: N messages, C classes, K bins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ..errors import SettingError
from ..metrics.intervals import Interval, Z

BINS = 15
Labels: TypeAlias = Sequence[int] | np.ndarray  # (N,), classes from 0
Edges = Callable[[np.ndarray, int], np.ndarray]  # from values (N,) and a number of bins K to their K + 1 edges


@dataclass(frozen=True, slots=True, eq=False)
class Stated:
    """What a model claimed, message by message: a probability (N,), and whether what it named came true (N,)."""

    chance: np.ndarray
    true: np.ndarray


def top_label(probabilities: np.ndarray, labels: Labels) -> Stated:
    """The probability of the class that the model chose, and whether the choice was right; (N, C), (N,)."""
    chances, truth = checked(probabilities, labels)
    chosen = chances.argmax(1)
    return Stated(chances[np.arange(len(chances)), chosen], chosen == truth)


def of_class(probabilities: np.ndarray, labels: Labels, wanted: int) -> Stated:
    """The probability of one class, chosen or not, and whether the message belongs to it; (N, C), (N,)."""
    chances, truth = checked(probabilities, labels)
    if not 0 <= wanted < chances.shape[1]:
        raise SettingError(f"class {wanted} does not exist; give a class from 0 to {chances.shape[1] - 1}")
    return Stated(chances[:, wanted], truth == wanted)


def checked(probabilities: np.ndarray, labels: Labels) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (N, C) and labels (N,) as arrays; SettingError where they do not fit each other."""
    chances, truth = np.asarray(probabilities, dtype=float), np.asarray(labels, dtype=np.int64)
    if chances.ndim != 2 or truth.shape != (len(chances),) or not len(chances):
        raise SettingError(
            f"probabilities have the shape {chances.shape} and labels {truth.shape}; give (N, C) and (N,), N at least 1"
        )
    if not (np.isfinite(chances).all() and (chances >= 0).all() and (chances <= 1 + 1e-6).all()):
        raise SettingError("a probability lies outside 0 to 1; give the softmax of the logits, not the logits")
    if truth.min() < 0 or truth.max() >= chances.shape[1]:
        wrong = truth.min() if truth.min() < 0 else truth.max()
        raise SettingError(f"class {wrong} does not exist; give classes from 0 to {chances.shape[1] - 1}")
    return np.minimum(chances, 1.0), truth


def equal_width(values: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Edges (K + 1,) that cut 0 to 1 into bins of the same width."""
    _check_bins(bins)
    return np.arange(bins + 1) / bins


def equal_mass(values: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Edges (K + 1,) that put about as many values into each bin; equal values share a bin, so some stay empty."""
    _check_bins(bins)
    ordered = np.sort(values)
    inner = ordered[np.arange(1, bins) * len(ordered) // bins]
    return np.concatenate([[0.0], inner, [1.0]])


def places(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The bin of each value, (N,): a bin holds its lower edge, and the last one its upper edge, too."""
    return np.searchsorted(edges[1:-1], values, side="right")


@dataclass(frozen=True, slots=True)
class Bin:
    """The claims between two edges: how many, their mean probability, and the share of them that came true.

    `interval` is Wilson's 95 % interval of that share. An empty bin has a probability and a share of 0.
    """

    low: float
    high: float
    count: int
    chance: float
    share: float
    interval: Interval

    @property
    def gap(self) -> float:
        """How far the claims are off, from 0 to 1, whichever way."""
        return abs(self.chance - self.share)


def reliability(stated: Stated, bins: int = BINS, edges: Edges = equal_width) -> tuple[Bin, ...]:
    """The claims in bins: a calibrated model's share comes out as its mean probability in every bin."""
    cut = edges(stated.chance, bins)
    place = places(stated.chance, cut)
    count = np.bincount(place, minlength=bins)
    chance, true = (np.bincount(place, weights=w, minlength=bins) for w in (stated.chance, stated.true))
    return tuple(
        Bin(float(cut[k]), float(cut[k + 1]), int(n), float(chance[k] / max(1, n)), float(true[k] / max(1, n)),
            wilson(int(true[k]), int(n)))
        for k, n in enumerate(count)
    )  # fmt: skip


def ece(stated: Stated, bins: int = BINS, edges: Edges = equal_width) -> float:
    """Expected calibration error: how far the claims of a bin are off, in the mean over all messages, from 0 to 1.

    It is never 0 on real messages, not even for a perfect model: `floor.ece_floor` says how much is luck.
    """
    table = reliability(stated, bins, edges)
    return sum(one.count * one.gap for one in table) / len(stated.chance)


def mce(stated: Stated, bins: int = BINS, edges: Edges = equal_width) -> float:
    """Maximum calibration error: how far the worst bin is off, from 0 to 1; a bin of two messages may decide it."""
    return max(one.gap for one in reliability(stated, bins, edges) if one.count)


def classwise_ece(probabilities: np.ndarray, labels: Labels, bins: int = BINS, edges: Edges = equal_width) -> float:
    """The mean over the classes of the calibration error of each class's own probability (Kull et al. 2019)."""
    classes = np.asarray(probabilities).shape[-1]
    return float(np.mean([ece(of_class(probabilities, labels, c), bins, edges) for c in range(classes)]))


def wilson(true: int, count: int) -> Interval:
    """Wilson's 95 % interval of a share: `true` of `count`; from 0 to 1 where nothing was counted."""
    if count == 0:
        return 0.0, 1.0
    share, spread = true / count, Z**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = (share * (1 - share) * spread + spread**2 / 4) ** 0.5 / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def _check_bins(bins: int) -> None:
    if bins < 1:
        raise SettingError(f"bins is {bins}; give a whole number of at least 1")
