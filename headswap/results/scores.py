"""Results as a flat list: one line per run and test set, and how regimes differ on the same messages."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..metrics.counts import joint_table
from ..metrics.intervals import Interval, paired_difference
from ..metrics.measure import Metrics
from ..training.spec import Result


@dataclass(frozen=True, slots=True)
class Score:
    """One regime at one seed on one test set; seconds are training alone, labels and predictions are classes."""

    regime: str
    seed: int
    test: str
    metrics: Metrics
    labels: tuple[int, ...]
    predictions: tuple[int, ...]
    seconds: float
    pretrain_seconds: float
    learning: int
    total: int
    cached: str

    def as_json(self) -> dict[str, object]:
        """The score as plain numbers, confusion [[TN, FP], [FN, TP]]."""
        own = ("regime", "seed", "test", "seconds", "pretrain_seconds", "learning", "total", "cached")
        measured = ("precision", "recall", "f1", "accuracy", "confusion", "undefined")
        return {n: getattr(self, n) for n in own} | {n: getattr(self.metrics, n) for n in measured}


def scores(results: Sequence[Result]) -> list[Score]:
    """One score per result and test set, in the order of the results."""
    return [
        Score(
            result.name, result.seed, judged.test, judged.metrics, judged.labels, judged.predictions,
            result.cost.seconds, result.cost.pretrain_seconds, result.learning, result.total, result.cached,
        )
        for result in results
        for judged in result.judged
    ]  # fmt: skip


def differences(results: Sequence[Score], test: str, baseline: str) -> dict[str, tuple[float, Interval]]:
    """How much better than the baseline each regime's F1 is, paired over seeds and messages, with 95 % intervals.

    A seed at which either of the two is missing does not count.
    """
    mine = [r for r in results if r.test == test]
    floor = {r.seed: r for r in mine if r.regime == baseline}
    pairs: dict[str, list[tuple[Score, Score]]] = {}
    for r in mine:
        if r.regime != baseline and r.seed in floor:
            pairs.setdefault(r.regime, []).append((r, floor[r.seed]))
    return {name: _paired(found) for name, found in pairs.items()}


def _paired(pairs: list[tuple[Score, Score]]) -> tuple[float, Interval]:
    classes = len(pairs[0][0].metrics.confusion)
    return paired_difference([joint_table(a.labels, a.predictions, b.predictions, classes) for a, b in pairs])
