"""How good each candidate is, and how sure that is: means over seeds and paired differences, with 95 % intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from ..metrics.intervals import Influence, Verdicts, half_width, mean_interval, paired_difference, share_interval
from ..metrics.measure import NAMES
from ..metrics.ranking import average_precision, ranked
from ..training.spec import Judged, Result, RunSpec
from .comparison import Comparison, judged_on, losses_on

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


class Seen:
    """One run on one test set, with what intervals need of it, worked out once."""

    def __init__(self, judged: Judged) -> None:
        self.judged = judged

    @cached_property
    def verdicts(self) -> Verdicts:
        """The verdicts as arrays: every score looks at them."""
        one = self.judged
        return Verdicts(one.keys, np.array(one.labels), np.array(one.predictions))  # type: ignore[arg-type]

    @cached_property
    def loss(self) -> Influence:
        """The mean cross-entropy in nats, moved by each message by its own distance from the mean."""
        losses = losses_on(self.judged)  # (N,)
        return Influence(self.judged.keys, float(losses.mean()), (losses - losses.mean()) / len(losses))

    @cached_property
    def ranking(self) -> Influence:
        """How each message moves the average precision."""
        return ranked(self.judged.keys, self.judged.labels, np.array(self.judged.probabilities))

    @cached_property
    def average_precision(self) -> float:
        """The average precision itself."""
        return average_precision(self.judged.labels, np.array(self.judged.probabilities))

    @property
    def classes(self) -> int:
        """How many there are."""
        return len(self.judged.metrics.confusion)

    def score(self, name: str) -> float:
        """One score: of the confusion matrix, the average precision, or the mean cross-entropy in nats."""
        if name in COUNTED:
            return getattr(self.judged.metrics, name)
        return self.average_precision if name == "average_precision" else self.loss.value

    def influence(self, name: str) -> Influence:
        """How each message moves a score that is not counted from the matrix."""
        return self.ranking if name == "average_precision" else self.loss


def cell_of(found: Comparison, candidate: int, rival: int | None, test: str) -> Cell | None:
    """A candidate's cell so far; None before its first result."""
    mine = [seen_in(found, result, test) for result in found.of(candidate)]
    if not mine:
        return None
    both = [] if rival is None or rival == candidate else found.pairs(candidate, rival)
    pairs = [(seen_in(found, one, test), seen_in(found, other, test)) for one, other in both]
    mean = np.mean([seen.judged.metrics.confusion for seen in mine], axis=0)
    return Cell(len(mine), {name: estimate(mine, name) for name in SCORES},
                {name: difference(pairs, name) for name in SCORES} if pairs else {},
                tuple(tuple(float(n) for n in row) for row in mean))  # fmt: skip


def seen_in(found: Comparison, result: Result, test: str) -> Seen:
    """A result as it was seen before: a table asks for the same one again and again."""
    assert isinstance(result.spec, RunSpec)
    place = found.numbers[result.spec], result.seed, test
    if place not in found.seen:
        found.seen[place] = Seen(judged_on(result, test))
    return found.seen[place]


def estimate(mine: Sequence[Seen], name: str) -> Estimate:
    """A score's mean over seeds with its 95 % interval."""
    mean = float(np.mean([seen.score(name) for seen in mine]))
    if name in COUNTED:
        return mean, *mean_interval([seen.verdicts for seen in mine], name, mine[0].classes)
    found = [seen.influence(name) for seen in mine]
    if name == "average_precision":
        return mean, *share_interval(found, mean)
    _, low, high = _around(mean, found)
    return mean, max(0.0, low), high  # no loss is below 0


def difference(pairs: Sequence[tuple[Seen, Seen]], name: str) -> Estimate:
    """How much higher the first of each pair scores in the mean over seeds, on the same messages, with its interval."""
    if name in COUNTED:
        mean, ends = paired_difference([(a.verdicts, b.verdicts) for a, b in pairs], name, pairs[0][0].classes)
        return mean, *ends
    mean = float(np.mean([a.score(name) - b.score(name) for a, b in pairs]))
    return _around(mean, [_apart(a.influence(name), b.influence(name)) for a, b in pairs])


def _around(mean: float, found: Sequence[Influence]) -> Estimate:
    width = half_width(found)
    return mean, mean - width, mean + width


def _apart(one: Influence, other: Influence) -> Influence:
    return replace(one, value=one.value - other.value, moves=one.moves - other.moves,
                   unseen=one.unseen + other.unseen)  # fmt: skip


def cost_of(result: Result) -> dict[str, float | None]:
    """What a run cost: seconds of training, weights that learned, bytes to store them, and what is left of language.

    Four bytes a weight: what did not learn is the body that everybody has, or comes from a seed.
    """
    return {"seconds": result.cost.seconds, "learning": result.learning, "bytes": 4 * result.learning,
            "perplexity": result.perplexity}  # fmt: skip
