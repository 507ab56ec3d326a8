"""How sure a number is: bootstrap intervals over messages and seeds.

Shape letters: C classes, S seeds, R resamples.
"""

from collections.abc import Sequence

import numpy as np

from ..errors import SettingError
from .counts import quotients

Interval = tuple[float, float]
RESAMPLES = 2000


def resample_cells(counts: np.ndarray, rng: np.random.Generator, resamples: int = RESAMPLES) -> np.ndarray:
    """`resamples` tables of the same shape and total as `counts`, messages drawn with replacement."""
    total = int(counts.sum())
    shares = counts.ravel() / max(1, total)
    return rng.multinomial(total, shares, size=resamples).reshape(resamples, *counts.shape)


def percentile(values: np.ndarray, level: float = 0.95) -> Interval:
    """The middle `level` share of `values`."""
    if not 0.0 < level < 1.0:
        raise SettingError(f"level is {level}; an interval covers a share between 0 and 1, such as 0.95")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def mean_interval(confusions: Sequence[Sequence[Sequence[int]]], name: str, seed: int = 0) -> Interval:
    """The 95 % interval of a metric's mean over seeds, from one confusion matrix (C, C) per seed.

    A two-level bootstrap: seeds are drawn with replacement, then messages within each, so that both the luck
    of the seed and the luck of the test set are in it.
    """
    rng = np.random.default_rng(seed)
    drawn = [quotients(resample_cells(np.array(c), rng))[name] for c in confusions]
    return percentile(_means_over_seeds(np.stack(drawn), rng))


def paired_difference(joint: Sequence[np.ndarray], name: str = "f1", seed: int = 0) -> tuple[float, Interval]:
    """How much better the first of two classifiers is, in the mean over seeds, with its 95 % interval.

    `joint` holds one table (C, C, C) per seed: truth, verdict of the first, verdict of the second, counted on the
    same messages. Pairing removes what both owe to the luck of the test set.
    """
    rng = np.random.default_rng(seed)
    observed = [_difference(table[None], name)[0] for table in joint]
    drawn = [_difference(resample_cells(table, rng), name) for table in joint]
    return float(np.mean(observed)), percentile(_means_over_seeds(np.stack(drawn), rng))


def _difference(tables: np.ndarray, name: str) -> np.ndarray:
    return quotients(tables.sum(3))[name] - quotients(tables.sum(2))[name]


def _means_over_seeds(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Means (R,) of drawn (S, R) over S seeds drawn with replacement, each with a message draw of its own."""
    seeds, resamples = drawn.shape
    return drawn[rng.integers(seeds, size=drawn.shape), rng.integers(resamples, size=drawn.shape)].mean(0)
