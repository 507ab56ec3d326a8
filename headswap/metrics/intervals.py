"""How sure a number is: 95 % intervals over the luck of the messages and the luck of the seeds.

Two kinds of luck are in a mean over seeds. Each seed draws its own weights, order and split: that shows in how far the
seeds differ. And where seeds are judged on the same messages, they share those messages' luck, which does not show in
their differences and does not shrink with more seeds. With s the standard deviation of the S seeds' scores and c the
mean covariance of two seeds through the messages that they share, the half-width is

    sqrt((t s / sqrt(S))^2 + 1.96^2 c)        t: Student's, with S - 1 degrees of freedom

where c is 0 for seeds with messages of their own, and it is never less than a 90 % interval over the messages alone.
The logit scale keeps shares inside [0, 1]; half a message in every cell keeps a perfect score from being a certain one.
Differences stay on their own scale. Training messages that seeds share are not accounted for. How often these intervals
hold the truth: `benchmarks/coverage.py`.
Shape letters: C classes, S seeds, N messages of a seed, K different messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from ..errors import SettingError
from .counts import confusion_matrix, gradient, quotients

Interval = tuple[float, float]
Z, LEAST = 1.959964, 1.644854
# Student's t at 0.975 for 1 to 30 degrees of freedom; beyond, 1.96 + 2.4 / degrees is right to two digits.
T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
     2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045,
     2.042)  # fmt: skip
HALF = 0.5  # of a message in every cell, over all that was judged: without it, an empty cell would be a certain one


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a classifier said of one seed's messages: a key per message, its class and the class it was taken for, (N,).

    A message has the same key wherever it is judged, so that intervals know what seeds share.
    """

    keys: Sequence[str | int]
    labels: Sequence[int]
    predictions: Sequence[int]


@dataclass(frozen=True, slots=True)
class Influence:
    """A seed's score, and by how much each of its messages moved it (N,); `unseen` is the variance of empty cells."""

    keys: Sequence[str | int]
    value: float
    moves: np.ndarray
    unseen: float = 0.0


def mean_interval(seeds: Sequence[Verdicts], name: str, classes: int = 2) -> Interval:
    """The 95 % interval of a metric's mean over seeds, from what each seed's classifier said of its messages."""
    half = HALF / _test_sets([one.keys for one in seeds])
    plain = float(np.mean([_plain(one, name, classes) for one in seeds]))
    return share_interval([_influence(one, name, classes, half) for one in seeds], plain)


def paired_difference(
    pairs: Sequence[tuple[Verdicts, Verdicts]], name: str = "f1", classes: int = 2
) -> tuple[float, Interval]:
    """How much better the first of two classifiers is, in the mean over seeds, with its 95 % interval.

    Both are judged on the same messages at each seed: pairing removes the luck that they share.
    """
    half = HALF / _test_sets([one.keys for one, _ in pairs])
    plain = [_plain(one, name, classes) - _plain(other, name, classes) for one, other in pairs]
    found = [_difference(one, other, name, classes, half) for one, other in pairs]
    mean, width = float(np.mean(plain)), half_width(found)
    return mean, (mean - width, mean + width)


def confusion_interval(confusion: np.ndarray, name: str, level: float = 0.95) -> Interval:
    """The interval of one seed's score from its confusion matrix (C, C): the luck of the messages alone."""
    if not 0.0 < level < 1.0:
        raise SettingError(f"level is {level}; give a share between 0 and 1, such as 0.95")
    smooth = _smoothed(confusion, HALF)
    value, moves = float(quotients(smooth[None])[name][0]), gradient(smooth, name)
    width = NormalDist().inv_cdf((1 + level) / 2) * float((smooth * moves**2).sum()) ** 0.5
    return _on_logits(value, width, float(quotients(confusion[None])[name][0]))


def share_interval(found: Sequence[Influence], mean: float) -> Interval:
    """The 95 % interval of a mean of shares (F1, accuracy, average precision), inside [0, 1] and around that mean."""
    return _on_logits(float(np.mean([one.value for one in found])), half_width(found), mean)


def half_width(found: Sequence[Influence]) -> float:
    """Half the width of the 95 % interval of a mean over seeds, as the head of this file says."""
    values = np.array([one.value for one in found])
    S, moves = len(values), _by_message(found)  # (S, K)
    apart = values.var(ddof=1) / S * student(S - 1) ** 2 if S > 1 else 0.0
    together = max(0.0, shared_variance(moves)) * Z**2
    # Never narrower than a 90 % interval over the messages alone: five seeds may agree by luck.
    sets = _test_sets([one.keys for one in found])
    least = (moves.mean(0) ** 2).sum() + np.mean([one.unseen for one in found]) / sets
    return float(max(apart + together, least * (LEAST if S > 1 else Z) ** 2) ** 0.5)


def shared_variance(moves: np.ndarray) -> float:
    """c, the mean covariance of two different seeds through the messages that both were judged on; moves (S, K)."""
    S = len(moves)
    pairs = moves.sum(0) @ moves.sum(0) - (moves**2).sum()
    return float(pairs / (S * (S - 1))) if S > 1 else 0.0


def _by_message(found: Sequence[Influence]) -> np.ndarray:
    """Moves (S, K) with a column for each different message, 0 where a seed has not judged it."""
    columns, many = _columns(tuple(tuple(one.keys) for one in found))
    moves = np.zeros((len(found), many))
    for row, place, one in zip(moves, columns, found, strict=True):
        np.add.at(row, place, one.moves)
    return moves


@lru_cache(maxsize=64)  # a table asks for the same test sets again and again
def _columns(keys: tuple[tuple[str | int, ...], ...]) -> tuple[list[np.ndarray], int]:
    """The column of each seed's messages, and how many different messages there are."""
    column = {key: i for i, key in enumerate(dict.fromkeys(key for seed in keys for key in seed))}
    return [np.array([column[key] for key in seed], dtype=np.int64) for seed in keys], len(column)


def _influence(seed: Verdicts, name: str, classes: int, half: float) -> Influence:
    confusion = confusion_matrix(seed.labels, seed.predictions, classes)
    smooth = _smoothed(confusion, half)
    moves = gradient(smooth, name)  # (C, C)
    unseen = float(((smooth - confusion) * moves**2)[confusion == 0].sum())
    value = float(quotients(smooth[None])[name][0])
    return Influence(seed.keys, value, moves[np.asarray(seed.labels), np.asarray(seed.predictions)], unseen)


def _difference(one: Verdicts, other: Verdicts, name: str, classes: int, half: float) -> Influence:
    if list(one.keys) != list(other.keys):
        raise SettingError("the two classifiers were judged on different messages; pair them seed by seed")
    a, b = (_influence(side, name, classes, half) for side in (one, other))
    return Influence(one.keys, a.value - b.value, a.moves - b.moves, _unseen_pairs(one, other, name, classes, half))


def _unseen_pairs(one: Verdicts, other: Verdicts, name: str, classes: int, half: float) -> float:
    """The variance of the ways in which two classifiers could have disagreed, and did not."""
    first, second = (
        gradient(_smoothed(confusion_matrix(side.labels, side.predictions, classes), half), name)
        for side in (one, other)
    )
    moves = first[:, :, None] - second[:, None, :]  # (C, C, C): truth, verdict of the first, of the second
    seen = np.zeros_like(moves, dtype=bool)
    seen[np.asarray(one.labels), np.asarray(one.predictions), np.asarray(other.predictions)] = True
    apart = ~np.eye(classes, dtype=bool)[None]
    return float((half / (classes - 1) * moves**2 * (apart & ~seen)).sum())


def _plain(seed: Verdicts, name: str, classes: int) -> float:
    return float(quotients(confusion_matrix(seed.labels, seed.predictions, classes)[None])[name][0])


def _smoothed(confusion: np.ndarray, half: float) -> np.ndarray:
    """The counts with a little in every cell, as much beside the diagonal as on it."""
    classes = len(confusion)
    return confusion + half * np.where(np.eye(classes, dtype=bool), 1.0, 1.0 / (classes - 1))


def _test_sets(keys: Sequence[Sequence[str | int]]) -> float:
    """How many test sets' worth of different messages the seeds were judged on: S if none is shared, 1 if all are."""
    different = _columns(tuple(map(tuple, keys)))[1]
    return max(1.0, different * len(keys) / max(1, sum(map(len, keys))))


def _on_logits(value: float, width: float, inside: float) -> Interval:
    """value ± width, carried to the logit scale and back: it never leaves [0, 1], and holds the number `inside`."""
    value = min(max(value, 1e-9), 1 - 1e-9)
    logit, half = np.log(value / (1 - value)), width / (value * (1 - value))
    low, high = (float(1 / (1 + np.exp(-(logit + sign * half)))) for sign in (-1, 1))
    return min(low, inside), max(high, inside)


def student(degrees: int) -> float:
    """How many standard errors a 95 % interval reaches to either side, with so many degrees of freedom."""
    return T[degrees - 1] if degrees <= len(T) else Z + 2.4 / degrees
