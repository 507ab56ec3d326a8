"""Lesson 09: how fast each layer learns at every moment of a run: which stage, which multiple, which schedule."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from ..model.body import BodyConfig, new_language_model
from ..model.classifier import Classifier, swap_head
from ..model.copies import lazy_copy
from ..model.heads import LinearHead
from ..model.pooling import MeanPool
from ..regimes.schedules import SCHEDULES
from ..regimes.stages import Regime
from ..training.run import epochs_of
from ..web.building import rates_of
from .movement import SHOWN, name_of
from .widget import Block, Explorer, Point, choice, curves, line, words

EPOCHS, FINE = 20, 10  # of the run; points of a line in each epoch
TOP = 1.2  # of the picture; a probe's own rate lies far above it
NEW = ("head", "pool")  # what a schedule may treat apart


@dataclass(frozen=True, slots=True)
class Part:
    """A stage of a run: from which epoch to which, each layer's multiple (0 is frozen), and how the rate moves."""

    begins: int
    ends: int
    multiples: Mapping[str, float]
    schedule: Callable[[float, bool], float]

    def rate(self, key: str, epoch: float) -> float:
        """A layer's multiple of the regime's learning rate at this moment of the run; NaN while it is frozen."""
        done = (epoch - self.begins) / (self.ends - self.begins)
        multiple = self.multiples[key]
        return multiple * self.schedule(done, key in NEW) if multiple else math.nan


def parts_of(model: Classifier, regime: Regime, epochs: int = EPOCHS) -> list[Part]:
    """The stages of a regime in a run of so many epochs; the model itself is not touched."""
    ends = [0]
    for many in epochs_of(regime, epochs):
        ends.append(ends[-1] + many)
    found = []
    for stage, (begins, end) in zip(regime.stages, pairwise(ends), strict=True):
        times = (stage.learning_rate or regime.learning_rate) / regime.learning_rate
        multiples = {key: times * rate for key, rate in rates_of(lazy_copy(model), stage).items()}
        found.append(Part(begins, end, multiples, SCHEDULES[stage.schedule or regime.schedule]))
    return found


def timetable() -> Explorer:
    """The rate of every layer over a run: choose a regime."""
    generator = torch.Generator().manual_seed(0)
    base = new_language_model(BodyConfig(width=4, heads=1, max_len=1, vocab_size=4), 0)  # as deep as the lessons' body
    model = swap_head(base, MeanPool(), LinearHead(4, 2, generator)).classifier
    controls = [choice("regime", "Regime", "full", [*SHOWN])]
    return Explorer("How fast each layer learns", controls, lambda value: _show(model, SHOWN[value["regime"]]))


def _show(model: Classifier, regime: Regime) -> list[Block]:
    parts = parts_of(model, regime)
    names, points = {}, {}
    for key in reversed(parts[0].multiples):
        path = [*_points(parts, key)]
        if all(math.isnan(rate) for _, rate in path):
            continue
        names.setdefault(str(path), []).append(name_of(key))  # layers that learn alike share a line
        points[str(path)] = path
    lines = [line(_listed(names[way]), points[way], i % 2 == 1) | {"mark": i} for i, way in enumerate(names)]
    above = any(rate > TOP for part in parts for rate in part.multiples.values())
    probe = " The probe's own rate, 0.05, lies far above the picture." if above else ""
    y = f"times {regime.learning_rate:g}, the regime's rate"
    return [
        words("What it does", f"{regime.summary}{probe} A layer without a line is frozen there."),
        curves("The rate of each layer", "epoch", y, lines, x_range=(0, EPOCHS), y_range=(0, TOP)),
    ]


def _points(parts: Sequence[Part], key: str) -> Iterator[Point]:
    """A layer's line, which breaks where one stage ends and the next begins."""
    for part in parts:
        for i in range(FINE * (part.ends - part.begins) + 1):
            epoch = part.begins + i / FINE
            yield epoch, part.rate(key, epoch)
        yield part.ends, math.nan


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
