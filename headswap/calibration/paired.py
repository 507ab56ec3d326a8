"""Is one model's number really better than the other's? Both are judged on the same messages, at several seeds.

Means over messages (accuracy, Brier, the logarithmic loss) have an interval in closed form (`metrics/intervals.py`).
An ECE or an AUROC has none, so messages and seeds are drawn again and again. Shape letters: N messages of a seed,
C classes, S seeds, K different messages, R draws.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ..errors import SettingError
from ..metrics.intervals import LEAST, Influence, Interval, Z, half_width, student
from .binning import Labels
from .scores import Each

DRAWS = 1_000
Measure: TypeAlias = Callable[[np.ndarray, Labels], float]  # from probabilities (N, C) and labels (N,)


@dataclass(frozen=True, slots=True, eq=False)
class Claims:
    """What a model said of one seed's messages: a key for each, its label, both (N,), and probabilities (N, C).

    A message has the same key wherever it is judged, so that intervals know what seeds share.
    """

    keys: tuple[str, ...]
    labels: Labels
    probabilities: np.ndarray


Pair: TypeAlias = tuple[Claims, Claims]
Difference: TypeAlias = tuple[float, Interval]  # the mean over seeds, and its 95 % interval


def mean_difference(pairs: Sequence[Pair], each: Each) -> Difference:
    """How much higher the first model's mean over messages is, in the mean over seeds, with its 95 % interval.

    `each` gives a number for every message, such as `nll_each`.
    """
    _check(pairs)
    found = [_influence(one, each(one.probabilities, one.labels) - each(other.probabilities, other.labels))
             for one, other in pairs]  # fmt: skip
    mean, width = float(np.mean([seed.value for seed in found])), half_width(found)
    return mean, (mean - width, mean + width)


def bootstrap_difference(pairs: Sequence[Pair], measure: Measure, draws: int = DRAWS, seed: int = 0) -> Difference:
    """How much higher any measure of the first model is, in the mean over seeds, with a 95 % interval by bootstrap.

    Messages are drawn again with replacement, each of them with both models' answers and at every seed that judged it:
    that gives the luck which seeds share. Their own luck shows in how far they differ, as in `metrics/intervals.py`.
    """
    _check(pairs)
    rng, (where, many) = np.random.default_rng(seed), _columns(pairs)
    plain = np.array([_apart(pair, measure) for pair in pairs])  # (S,)
    drawn = np.zeros((draws, len(pairs)))
    for row in drawn:
        times = np.bincount(rng.integers(many, size=many), minlength=many)  # (K,)
        row[:] = [_apart(_repeated(pair, times[at]), measure) for pair, at in zip(pairs, where, strict=True)]
    mean, width = float(plain.mean()), _half_width(plain, drawn)
    return mean, (mean - width, mean + width)


def swap_test(pairs: Sequence[Pair], measure: Measure, draws: int = DRAWS, seed: int = 0) -> float:
    """The p-value of the difference: how often one as large comes out when it is chance which model said what.

    At every message a coin decides whether the two models' answers change places, at all seeds alike.
    """
    _check(pairs)
    rng, reached, (where, many) = np.random.default_rng(seed), 0, _columns(pairs)
    plain = abs(float(np.mean([_apart(pair, measure) for pair in pairs])))
    for _ in range(draws):
        coin = rng.random(many) < 0.5
        found = [_apart(_swapped(pair, coin[at]), measure) for pair, at in zip(pairs, where, strict=True)]
        reached += abs(float(np.mean(found))) >= plain - 1e-12
    return (reached + 1) / (draws + 1)


def sign_test(differences: Sequence[float]) -> float:
    """The p-value of a mean over seeds: among all ways to turn the seeds' signs, the share with a mean as large.

    Exact, and blind to the messages: with five seeds it cannot fall below 1 / 16.
    """
    values = np.asarray(differences, dtype=float)
    if not 1 <= len(values) <= 20:
        raise SettingError(f"{len(values)} seeds; give 1 to 20, since all their signs are tried")
    signs = 1 - 2 * (np.arange(2 ** len(values))[:, None] >> np.arange(len(values)) & 1)  # (2^S, S)
    return float((np.abs(signs @ values) >= abs(values.sum()) - 1e-12).mean())


def _check(pairs: Sequence[Pair]) -> None:
    if not pairs:
        raise SettingError("there are no pairs to compare; give one for each seed")
    if any(one.keys != other.keys for one, other in pairs):
        raise SettingError("the two models were judged on different messages; pair them seed by seed")


def _columns(pairs: Sequence[Pair]) -> tuple[list[np.ndarray], int]:
    """Which of the K different messages each seed's are, (N,), and K."""
    column = {key: i for i, key in enumerate(dict.fromkeys(key for one, _ in pairs for key in one.keys))}
    return [np.array([column[key] for key in one.keys]) for one, _ in pairs], len(column)


def _half_width(plain: np.ndarray, drawn: np.ndarray) -> float:
    """Half the interval of the mean of S seeds' values, whose luck of the messages shows in draws (R, S)."""
    S, together = len(plain), float(drawn.mean(1).var())
    if S == 1:
        return Z * together**0.5
    shared = (S**2 * together - drawn.var(0).sum()) / (S * (S - 1))  # the mean covariance of two seeds
    apart = float(plain.var(ddof=1)) / S * student(S - 1) ** 2
    return max(apart + max(0.0, shared) * Z**2, together * LEAST**2) ** 0.5


def _influence(claims: Claims, values: np.ndarray) -> Influence:
    return Influence(claims.keys, float(values.mean()), (values - values.mean()) / len(values))


def _apart(pair: Pair, measure: Measure) -> float:
    one, other = (measure(side.probabilities, side.labels) for side in pair)
    return one - other


def _repeated(pair: Pair, times: np.ndarray) -> Pair:
    """Both models' claims with each message as often as it was drawn; at least one message is there."""
    rows = np.repeat(np.arange(len(times)), times) if times.any() else np.arange(len(times))
    one, other = (Claims((), np.asarray(side.labels)[rows], side.probabilities[rows]) for side in pair)
    return one, other


def _swapped(pair: Pair, coin: np.ndarray) -> Pair:
    one, other = pair
    first = np.where(coin[:, None], other.probabilities, one.probabilities)
    second = np.where(coin[:, None], one.probabilities, other.probabilities)
    return Claims(one.keys, one.labels, first), Claims(one.keys, one.labels, second)
