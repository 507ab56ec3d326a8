"""How large a calibration error luck alone makes: even a perfectly calibrated model shows some.

Of 20 messages at .9 rarely exactly 18 come out right. So an ECE means nothing without the one that a model with these
very probabilities would show if each of them were true.
Shape letters: N messages, K bins, R draws.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import SettingError
from ..metrics.intervals import Interval
from .binning import BINS, Edges, equal_width, places

DRAWS = 2_000
AT_ONCE = 2**22  # outcomes that are held in memory at a time


@dataclass(frozen=True, slots=True)
class Floor:
    """The ECE of a perfectly calibrated model with the same probabilities: its mean, and where 95 % of draws lie."""

    mean: float
    interval: Interval

    def explains(self, error: float) -> bool:
        """Whether an ECE of this size is no more than luck: inside the range, or below it."""
        return error <= self.interval[1]


def ece_floor(
    chances: np.ndarray, bins: int = BINS, edges: Edges = equal_width, draws: int = DRAWS, seed: int = 0
) -> Floor:
    """What luck alone makes of the ECE: each claim (N,) comes true as often as it says, and the ECE is measured.

    `chances` are a `Stated`'s. The outcomes come from a generator of its own, seeded with `seed`. With 15 bins of equal
    width and two classes, where the probability of spam follows a Beta(1/4, 1/4) and the claims average .88, the mean
    is 2.9 % for 500 messages, 2.0 % for 1,000 and .9 % for 5,000.
    """
    if draws < 2 or not len(chances):
        raise SettingError(f"{draws} draws of {len(chances)} messages; give at least 2 draws and 1 message")
    place = places(chances, edges(chances, bins))
    order = np.argsort(place, kind="stable")  # messages of one bin beside each other, so that sums are of neighbours
    sorted_chances = np.asarray(chances, dtype=float)[order]
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    rng, rows = np.random.default_rng(seed), max(1, AT_ONCE // len(chances))
    found = [_errors(rng, sorted_chances, starts, min(rows, draws - done)) for done in range(0, draws, rows)]
    errors = np.concatenate(found)
    low, high = np.quantile(errors, [0.025, 0.975])
    return Floor(float(errors.mean()), (float(low), float(high)))


def _errors(rng: np.random.Generator, chances: np.ndarray, starts: np.ndarray, draws: int) -> np.ndarray:
    """The ECE (R,) of so many draws of the outcomes; bins begin at `starts`."""
    true = rng.random((draws, len(chances)), dtype=np.float32) < chances.astype(np.float32)  # (R, N)
    gaps = np.add.reduceat(true, starts, axis=1, dtype=np.int32) - np.add.reduceat(chances, starts)  # (R, K)
    return np.abs(gaps).sum(1) / len(chances)
