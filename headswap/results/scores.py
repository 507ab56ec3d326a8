"""Results as a flat list: one line per run and test set, and how regimes differ on the same messages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..calibration.paired import Claims
from ..metrics.intervals import Influence, Interval, Verdicts, half_width, paired_difference
from ..metrics.measure import Metrics, measure
from ..metrics.ranking import average_precision, ranked
from ..metrics.thresholds import at_prior, shares, temperature
from ..training.spec import Judged, Result
from .calibrated import trust


@dataclass(frozen=True, slots=True)
class Score:
    """One regime at one seed on one test set; seconds are training alone, pretrain_seconds the body's schooling.

    The prior's numbers are what comes out when the threshold is moved to the share of spam that the test set has, after
    a `temperature` was fitted on the validation messages. The average precision has no threshold; `ranking` is for its
    interval. `tried` says among how many settings the run's were chosen; 0 are the defaults. `perplexity` is what is
    left of the language on validation texts, where the body ever knew it; `drift` is how far the body moved, as a share
    of its length.
    """

    regime: str
    seed: int
    test: str
    metrics: Metrics
    verdicts: Verdicts
    prior_metrics: Metrics
    average_precision: float
    ranking: Influence
    claims: Claims
    temperature: float
    seconds: float
    pretrain_seconds: float
    learning: int
    total: int
    cached: str
    tried: int = 0
    perplexity: float | None = None
    drift: float | None = None

    def as_json(self) -> dict[str, object]:
        """The score as plain numbers, confusion [[TN, FP], [FN, TP]]; ece_luck is what luck gives a perfect model."""
        own = ("regime", "seed", "test", "seconds", "pretrain_seconds", "learning", "total", "cached", "temperature",
               "tried", "perplexity", "drift")  # fmt: skip
        measured = ("precision", "recall", "f1", "accuracy", "confusion", "undefined")
        more: dict[str, object] = {"average_precision": self.average_precision, "f1_at_prior": self.prior_metrics.f1}
        found = trust(self.claims)
        more |= {"nll": found.nll, "brier": found.brier, "ece": found.ece, "ece_luck": found.floor.interval[1]}
        return {n: getattr(self, n) for n in own} | {n: getattr(self.metrics, n) for n in measured} | more


def scores(results: Sequence[Result]) -> list[Score]:
    """One score per result and test set, in the order of the results."""
    return [_score(result, judged) for result in results for judged in result.judged]


def _score(result: Result, judged: Judged) -> Score:
    probabilities = np.array(judged.probabilities)
    classes = probabilities.shape[1]
    held_out = result.validation
    heat = 1.0 if held_out is None else temperature(np.array(held_out.probabilities), held_out.labels)
    moved = at_prior(probabilities, heat, result.shares, shares(judged.labels, classes)).argmax(1).tolist()
    return Score(
        result.name, result.seed, judged.test, judged.metrics, judged.verdicts,
        measure(judged.labels, moved, classes),
        average_precision(judged.labels, probabilities), ranked(judged.keys, judged.labels, probabilities),
        Claims(tuple(map(str, judged.keys)), judged.labels, probabilities), heat,
        result.cost.seconds, result.cost.pretrain_seconds, result.learning, result.total, result.cached,
        getattr(result.spec, "tried", 0), result.perplexity, result.drift,
    )  # fmt: skip


Paired = dict[str, list[tuple[Score, Score]]]
Difference = tuple[float, Interval]


def differences(results: Sequence[Score], test: str, baseline: str) -> dict[str, Difference]:
    """How much better than the baseline each regime's F1 is, paired over seeds and messages, with 95 % intervals.

    A seed at which either of the two is missing does not count.
    """
    return {name: _in_f1(found) for name, found in _pairs(results, test, baseline).items()}


def ranking_differences(results: Sequence[Score], test: str, baseline: str) -> dict[str, Difference]:
    """The same for the average precision, which no threshold can help or harm."""
    return {name: _in_ranking(found) for name, found in _pairs(results, test, baseline).items()}


def _pairs(results: Sequence[Score], test: str, baseline: str) -> Paired:
    mine = [r for r in results if r.test == test]
    floor = {r.seed: r for r in mine if r.regime == baseline}
    pairs: Paired = {}
    for r in mine:
        if r.regime != baseline and r.seed in floor:
            pairs.setdefault(r.regime, []).append((r, floor[r.seed]))
    return pairs


def _in_f1(pairs: list[tuple[Score, Score]]) -> Difference:
    classes = len(pairs[0][0].metrics.confusion)
    return paired_difference([(a.verdicts, b.verdicts) for a, b in pairs], classes=classes)


def _in_ranking(pairs: list[tuple[Score, Score]]) -> Difference:
    moved = [
        Influence(a.keys, a.value - b.value, a.moves - b.moves, a.unseen + b.unseen)
        for a, b in ((one.ranking, other.ranking) for one, other in pairs)
    ]
    mean, width = float(np.mean([a.average_precision - b.average_precision for a, b in pairs])), half_width(moved)
    return mean, (mean - width, mean + width)
