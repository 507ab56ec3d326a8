"""How far each regime's probabilities can be taken at their word, over seeds: NLL, Brier, calibration error, and luck.

"At T" is after the temperature that was fitted on the validation messages; the test messages had no part in it.
Shape letters: N messages of a seed, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..calibration.binning import ece, top_label
from ..calibration.floor import Floor, ece_floor
from ..calibration.paired import Claims, mean_difference
from ..calibration.scores import Each, brier_each, nll_each
from ..calibration.temperature import tempered
from ..metrics.intervals import Influence, Interval, half_width
from ..metrics.thresholds import LEAST

DRAWS = 500  # of the floor: every seed has one of its own


@dataclass(frozen=True, slots=True)
class Trust:
    """One seed's calibration on a test set: NLL in nats, Brier from 0 to 2, calibration error and its floor."""

    nll: float
    brier: float
    ece: float
    floor: Floor

    @property
    def beyond_luck(self) -> bool:
        """Whether the error is larger than 97.5 % of those that a perfect model would show."""
        return not self.floor.explains(self.ece)


def trust(claims: Claims, temperature: float = 1.0) -> Trust:
    """How far a seed's probabilities (N, C) can be trusted, as they are or at a temperature."""
    return _trust(claims, temperature)


@lru_cache(maxsize=256)  # a report, a table and a file ask for the same
def _trust(claims: Claims, temperature: float) -> Trust:
    at = at_temperature(claims, temperature)
    stated = top_label(at.probabilities, at.labels)
    return Trust(float(nll_each(at.probabilities, at.labels).mean()),
                 float(brier_each(at.probabilities, at.labels).mean()),
                 ece(stated), ece_floor(stated.chance, draws=DRAWS))  # fmt: skip


def at_temperature(claims: Claims, temperature: float) -> Claims:
    """The claims with all logits divided by a temperature."""
    if temperature == 1.0:
        return claims
    logits = np.log(np.maximum(claims.probabilities, LEAST))
    return Claims(claims.keys, claims.labels, tempered(logits, temperature))


def mean_loss(seeds: Sequence[Claims], each: Each) -> tuple[float, Interval]:
    """The mean over seeds of a loss of every message, such as `nll_each`, with its 95 % interval; never below 0."""
    found = [_influence(one, each(one.probabilities, one.labels)) for one in seeds]
    mean, width = float(np.mean([seed.value for seed in found])), half_width(found)
    return mean, (max(0.0, mean - width), mean + width)


def nll_difference(seeds: Sequence[Claims], rival: Sequence[Claims]) -> tuple[float, Interval]:
    """How much higher the NLL is than the rival's at the same seeds and messages, with its 95 % interval."""
    return mean_difference(list(zip(seeds, rival, strict=True)), nll_each)


def _influence(claims: Claims, values: np.ndarray) -> Influence:
    return Influence(claims.keys, float(values.mean()), (values - values.mean()) / len(values))
