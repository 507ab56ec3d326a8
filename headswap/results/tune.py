"""Tuning that is fair: as many settings for every regime, judged on the validation messages of the run's own split.

Another seed's validation messages would not do: its training part may hold this seed's test messages. The test sets
of a candidate are never looked at; only the chosen settings are run again and judged.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import DataError
from ..training.spec import Result, RunSpec
from .baselines import NgramsSpec, Spec

TUNED = (
    "Tuned: for each regime and seed the best of {} settings on that seed's own validation messages.\n"
    "Seconds are the chosen run's; trying them all takes about that many times as long."
)


@dataclass(frozen=True, slots=True)
class Grid:
    """What is tried: multiples of the regime's learning rate and shares of dropout; as many strengths for n-grams.

    Each candidate keeps its best epoch, so the number of epochs is tuned, too.
    """

    rates: tuple[float, ...] = (1 / 3, 1.0, 3.0)
    dropouts: tuple[float, ...] = (0.0, 0.1)
    strengths: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)

    def candidates(self, spec: Spec) -> list[Spec]:
        """The settings to try for a run, none of them tested."""
        if isinstance(spec, NgramsSpec):
            return [replace(spec, strength=strength, tested=False) for strength in self.strengths]
        recipe = replace(spec.recipe, keep="best")
        rate = recipe.learning_rate or spec.regime.learning_rate
        return [
            replace(spec, recipe=replace(recipe, learning_rate=rate * factor, dropout=share), tested=False)
            for share in self.dropouts
            for factor in self.rates
        ]


def choose(found: Sequence[Result]) -> Spec:
    """Of one run's candidates the one with the lowest validation loss, to be tested; it says how many were tried."""
    spec = min(found, key=validation_loss).spec
    assert isinstance(spec, RunSpec | NgramsSpec)
    return replace(spec, tested=True, tried=len(found))


def chosen(results: Iterable[Result]) -> list[Spec]:
    """The best candidate of every run among all of them."""
    groups: dict[tuple[str, int], list[Result]] = {}
    for result in results:
        groups.setdefault((result.name, result.seed), []).append(result)
    return [choose(group) for group in groups.values()]


def validation_loss(result: Result) -> float:
    """The mean cross-entropy on the validation messages, in nats, of the weights that the run ended with."""
    if result.validation is None:
        raise DataError(f"{result.name} has no validation messages to be tuned on; give the split some")
    rows = zip(result.validation.probabilities, result.validation.labels, strict=True)
    return float(np.mean([-np.log(max(row[label], 1e-12)) for row, label in rows]))


def tuned(
    specs: Sequence[Spec], carry_out: Callable[[list[Spec]], Iterable[object]], grid: Grid | None = None
) -> list[Spec]:
    """Every run with the settings that were best on its validation messages; `carry_out` makes the candidates.

    A candidate that fails or diverges is out; a run all of whose candidates do so is left out.
    """
    found = carry_out([candidate for spec in specs for candidate in (grid or Grid()).candidates(spec)])
    place = {(spec.name, spec.seed): number for number, spec in enumerate(specs)}
    best = chosen(outcome for outcome in found if isinstance(outcome, Result))
    return sorted(best, key=lambda spec: place[spec.name, spec.seed])
