"""How good each candidate is, and how sure that is: means over seeds and paired differences, with 95 % intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from ..metrics.intervals import Influence, half_width, mean_interval, paired_difference, share_interval
from ..metrics.measure import NAMES
from ..metrics.ranking import average_precision, ranked
from ..training.spec import Judged, Result
from .comparison import Comparison, judged_on, loss_on

SCORES: Final = (*NAMES, "average_precision", "loss")
COUNTED: Final = NAMES  # made of a confusion matrix
Estimate = tuple[float, float, float]  # a mean over seeds and the ends of its 95 % interval


@dataclass(frozen=True, slots=True)
class Cell:
    """A candidate over its seeds on one test set: each score's estimate, and how far it is ahead of a rival.

    `ahead` is empty for the rival itself and where no seed has both; `confusion` is the mean over the seeds (C, C).
    """

    seeds: int
    means: dict[str, Estimate]
    ahead: dict[str, Estimate]
    confusion: tuple[tuple[float, ...], ...]


def cell_of(found: Comparison, candidate: int, rival: int | None, test: str) -> Cell | None:
    """A candidate's cell so far; None before its first result."""
    mine = [judged_on(result, test) for result in found.of(candidate)]
    if not mine:
        return None
    both = [] if rival is None or rival == candidate else found.pairs(candidate, rival)
    pairs = [(judged_on(one, test), judged_on(other, test)) for one, other in both]
    mean = np.mean([judged.metrics.confusion for judged in mine], axis=0)
    return Cell(len(mine), {name: estimate(mine, name) for name in SCORES},
                {name: difference(pairs, name) for name in SCORES} if pairs else {},
                tuple(tuple(float(n) for n in row) for row in mean))  # fmt: skip


def score(judged: Judged, name: str) -> float:
    """One score of one run: of a confusion matrix, the average precision, or the mean cross-entropy in nats."""
    if name in COUNTED:
        return getattr(judged.metrics, name)
    return _ranking(judged) if name == "average_precision" else loss_on(judged)


def estimate(mine: Sequence[Judged], name: str) -> Estimate:
    """A score's mean over seeds with its 95 % interval."""
    mean = float(np.mean([score(judged, name) for judged in mine]))
    if name in COUNTED:
        return mean, *mean_interval([judged.verdicts for judged in mine], name, _classes(mine[0]))
    found = [_influence(judged, name) for judged in mine]
    if name == "average_precision":
        return mean, *share_interval(found, mean)
    return _around(mean, found)


def difference(pairs: Sequence[tuple[Judged, Judged]], name: str) -> Estimate:
    """How much higher the first of each pair scores in the mean over seeds, on the same messages, with its interval."""
    if name in COUNTED:
        mean, ends = paired_difference([(a.verdicts, b.verdicts) for a, b in pairs], name, _classes(pairs[0][0]))
        return mean, *ends
    mean = float(np.mean([score(a, name) - score(b, name) for a, b in pairs]))
    return _around(mean, [_apart(_influence(a, name), _influence(b, name)) for a, b in pairs])


def _around(mean: float, found: Sequence[Influence]) -> Estimate:
    width = half_width(found)
    return mean, mean - width, mean + width


def _apart(one: Influence, other: Influence) -> Influence:
    return replace(one, value=one.value - other.value, moves=one.moves - other.moves,
                   unseen=one.unseen + other.unseen)  # fmt: skip


@lru_cache(maxsize=512)
def _influence(judged: Judged, name: str) -> Influence:
    """How each message moves the score: of the mean loss, by its own distance from the mean."""
    if name == "average_precision":
        return ranked(judged.keys, judged.labels, np.array(judged.probabilities))
    rows = zip(judged.probabilities, judged.labels, strict=True)
    losses = np.array([-np.log(max(row[label], 1e-12)) for row, label in rows])  # (N,)
    return Influence(judged.keys, float(losses.mean()), (losses - losses.mean()) / len(losses))


@lru_cache(maxsize=512)
def _ranking(judged: Judged) -> float:
    return average_precision(judged.labels, np.array(judged.probabilities))


def _classes(judged: Judged) -> int:
    return len(judged.metrics.confusion)


def cost_of(result: Result) -> dict[str, float | None]:
    """What a run cost: seconds of training, weights that learned, bytes to store them, and what is left of language.

    Four bytes a weight: what did not learn is the body that everybody has, or comes from a seed.
    """
    return {"seconds": result.cost.seconds, "learning": result.learning, "bytes": 4 * result.learning,
            "perplexity": result.perplexity}  # fmt: skip
