"""Tuning that is fair: as many settings for every regime, judged on the validation messages of the run's own split.

Another seed's validation messages would not do: its training part may hold this seed's test messages. The test sets
of a candidate are never looked at; only the chosen one, still in memory, is judged on them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..data.sources import Source, split_of
from ..errors import DataError, DivergedError
from ..model.precision import one_thread
from ..training.run import History
from ..training.spec import Result, RunSpec, judge, language_left, tests_of
from .baselines import NgramsSpec, Spec

Trial = Callable[[Spec], tuple[History | None, Result]]  # a candidate carried out; no history where it was found


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
            at_rate(replace(spec, recipe=replace(recipe, dropout=share), tested=False), rate * factor)
            for share in self.dropouts
            for factor in self.rates
        ]


def at_rate(spec: RunSpec, rate: float) -> RunSpec:
    """The run at another learning rate; a stage that brings its own, such as the probe before LP-FT, keeps it."""
    if any(stage.learning_rate for stage in spec.regime.stages):
        recipe = replace(spec.recipe, learning_rate=None)
        return replace(spec, regime=replace(spec.regime, learning_rate=rate), recipe=recipe)
    return replace(spec, recipe=replace(spec.recipe, learning_rate=rate))


TUNED = (
    f"Tuned: for each regime and seed the best of {len(Grid().strengths)} settings on that seed's own validation "
    "messages.\nSeconds are the chosen run's; trying them all takes about that many times as long."
)


@dataclass(frozen=True, slots=True)
class Tuning:
    """A run that is to be tuned: every setting of the grid is trained, the best one tested."""

    run: Spec
    grid: Grid = field(default_factory=Grid)

    @property
    def name(self) -> str:
        """The regime's name."""
        return self.run.name

    @property
    def seed(self) -> int:
        """The run's seed, and its candidates'."""
        return self.run.seed

    @property
    def data(self) -> Source:
        """The messages of the run."""
        return self.run.data


def tunings(specs: Sequence[Spec], took: Iterable[Result], grid: Grid | None = None) -> list[Tuning]:
    """Each run to be tuned, the longest first by what it took at its defaults: so no worker ends alone with one."""
    seconds = {(result.name, result.seed): result.cost.seconds for result in took}
    longest = sorted(specs, key=lambda spec: -seconds.get((spec.name, spec.seed), 0.0))
    return [Tuning(spec, grid or Grid()) for spec in longest]


def tune(tuning: Tuning, trial: Trial) -> Result:
    """Try the settings one after the other and judge the best on the test sets; DivergedError if none trains.

    `trial` carries out one candidate. Only the best model so far is kept, so the choice costs no second training.
    """
    found: list[Result] = []
    best: History | None = None
    diverged: list[DivergedError] = []
    for candidate in tuning.grid.candidates(tuning.run):
        try:
            history, result = trial(candidate)
        except DivergedError as error:
            diverged.append(error)
            continue
        found.append(result)
        if min(found, key=validation_loss) is result:
            best = history
    if not found:
        raise diverged[0]
    if best is None:  # found on disk, so trained once more; or n-grams, which are quick
        return trial(choose(found))[1]
    return _tested(choose(found), best, min(found, key=validation_loss))


def choose(found: Sequence[Result]) -> Spec:
    """Of one run's candidates the one with the lowest validation loss, to be tested; it says how many were tried."""
    spec = min(found, key=validation_loss).spec
    assert isinstance(spec, RunSpec | NgramsSpec)
    return replace(spec, tested=True, tried=len(found))


def validation_loss(result: Result) -> float:
    """The mean cross-entropy on the validation messages, in nats, of the weights that the run ended with."""
    if result.validation is None:
        raise DataError(f"{result.name} has no validation messages to be tuned on; give the split some")
    rows = zip(result.validation.probabilities, result.validation.labels, strict=True)
    return float(np.mean([-np.log(max(row[label], 1e-12)) for row, label in rows]))


def _tested(spec: Spec, history: History, result: Result) -> Result:
    split = split_of(spec.data, spec.seed)
    with one_thread():
        judged = [judge(history.classifier, test, part, len(split.label_names)) for test, part in tests_of(split)]
        return replace(result, spec=spec, judged=tuple(judged), perplexity=language_left(history, split))
