"""How long a comparison will take, told before anybody waits for it.

The constants below are rough: they were chosen so that the sums come near the seconds in figures/fixture.txt (two
workers on two cores of an AMD EPYC). What runs have taken on this machine corrects them by one factor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ..data.images.digits import DigitsData
from ..data.sources import OrderData, PracticeData, Source, split_of
from ..regimes.stages import FROZEN, Regime
from ..results.pretrained import base_key, is_schooled
from ..results.progress import seconds_left
from ..results.store import is_there
from ..training.looking.paint import MaskedPatches
from ..training.looking.school import images_to_read
from ..training.pretrain import Schooling
from ..training.spec import Result, RunSpec
from .plan import FRESH, Plan

READ = 4.5e-6  # seconds for a body to read one byte
LEARN = 16e-6  # to read it and to learn from it
STEP = 0.5e-3  # for one step of a head alone
SCHOOLED = 1920 * 5  # texts that a body reads before
START = 3.0  # to start the workers


@dataclass(frozen=True, slots=True)
class Expected:
    """What lies ahead: how many runs there are, how many of them are known already, and seconds for the rest."""

    runs: int
    known: int
    seconds: float
    workers: int

    @property
    def sentence(self) -> str:
        """The same in words."""
        if self.known == self.runs:
            return f"{self.runs} runs, all of them done before: at once"
        known = f", {self.known} done before" if self.known else ""
        where = f"on {self.workers} cores" if self.workers > 1 else "on one core"
        return f"{self.runs} run{'s' if self.runs > 1 else ''}{known}: about {seconds_left(self.seconds)} {where}"


def expected(plan: Plan, folder: Path, workers: int, factor: float = 1.0) -> Expected:
    """What a plan will take with so many workers, where `folder` holds what was run before."""
    runs = plan.runs()
    left = [spec for spec in runs if not is_there(spec, folder / "results")]
    bodies = {base_key(spec.data, spec.body, spec.seed): spec for spec in left if spec.regime.body == "pretrained"}
    schooling = sum(_schooling(spec) for spec in bodies.values() if not is_schooled(spec, folder / "bases"))
    workers = min(workers, len(left)) or 1
    seconds = factor * (schooling + sum(seconds_of(spec) + _judging(spec) for spec in left)) / workers + (
        START if workers > 1 else 0.0
    )
    return Expected(len(runs), len(runs) - len(left), seconds, workers)


def seconds_of(spec: RunSpec) -> float:
    """Seconds that a run's training is likely to take."""
    bytes_read, messages, recipe = _bytes(spec), _messages(spec.data), spec.recipe
    share, steps = _learning(spec.regime), recipe.epochs * -(-messages // recipe.batch_size)
    if share == 0:
        least = max((stage.least_steps for stage in spec.regime.stages), default=0)
        return READ * bytes_read * messages + STEP * max(steps, least)
    return share * LEARN * bytes_read * messages * recipe.epochs


def _judging(spec: RunSpec) -> float:
    """Seconds to judge a run on its test and validation messages."""
    return READ * _bytes(spec) * ((FRESH if isinstance(spec.data, PracticeData | OrderData) else 320) + 160)


def _bytes(spec: RunSpec) -> int:
    """How long an item is: the bytes of a message, the patches of an image."""
    if isinstance(spec.body, MaskedPatches):
        return spec.body.config.patches
    assert isinstance(spec.body, Schooling)
    return spec.body.config.max_len


def _schooling(spec: RunSpec) -> float:
    """Seconds until a body can be used that nobody has yet."""
    if isinstance(spec.body, MaskedPatches):
        read = spec.body.epochs * len(images_to_read(split_of(spec.data, spec.seed)))
    else:
        read = SCHOOLED
    return LEARN * read * _bytes(spec) * 1.3


def factor_of(results: Iterable[Result], before: float = 1.0) -> float:
    """By how much this machine differs from the one that was measured, from what its runs have taken."""
    ratios = [result.cost.seconds / seconds_of(result.spec) for result in results if isinstance(result.spec, RunSpec)]
    return median(ratios) if len(ratios) >= 3 else before


def _messages(data: Source) -> int:
    known = data.labelled if isinstance(data, PracticeData | OrderData | DigitsData) else getattr(data, "train", 640)
    return int(known)


def _learning(regime: Regime) -> float:
    """The share of the body that learns, roughly: none, the top, or all of it."""
    rules = [rule for stage in regime.stages for rule in stage.rules if rule[1] is not FROZEN]
    places = {place for place, _ in rules} - {"head", "pool", "norm"}
    if not places:
        return 0.0
    return 0.5 if all(place.startswith("block[") for place in places) else 1.0
