"""Lesson 09: how fast each layer learns at every moment of a run: which stage, which multiple, which schedule."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

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
from .controls import choice
from .movement import COLUMNS, FULL_SHADE, SHOWN, name_of
from .widget import Block, Explorer, curves, heat, line, words

EPOCHS, FINE = 20, 20  # of the run; moments of an epoch
NEW = ("head", "pool")  # what a schedule may treat apart


@dataclass(frozen=True, slots=True)
class Part:
    """A stage of a run: from which epoch to which, each layer's multiple (0 is frozen), and how the rate moves."""

    begins: int
    ends: int
    multiples: Mapping[str, float]
    schedule: Callable[[float, bool], float]

    def rate(self, key: str, epoch: float) -> float:
        """A layer's multiple of the regime's learning rate at this moment of the run; 0 while it is frozen."""
        done = (epoch - self.begins) / (self.ends - self.begins)
        return self.multiples[key] * self.schedule(done, key in NEW)


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
    """How fast each layer learns, epoch by epoch, and the schedule behind it: choose a regime."""
    generator = torch.Generator().manual_seed(0)
    base = new_language_model(BodyConfig(width=4, heads=1, max_len=1, vocab_size=4), 0)  # as deep as the lessons' body
    model = swap_head(base, MeanPool(), LinearHead(4, 2, generator)).classifier
    controls = [choice("regime", "Regime", "full", [*SHOWN])]
    return Explorer("How fast each layer learns", controls, lambda value: _show(model, SHOWN[value["regime"]]))


def _show(model: Classifier, regime: Regime) -> list[Block]:
    parts = parts_of(model, regime)
    keys = [*parts[0].multiples][::-1]  # from the head down
    rates = [[100 * in_epoch(parts, key, epoch) for epoch in COLUMNS] for key in keys]
    columns = [str(epoch) for epoch in COLUMNS]
    grid = heat("Rate by layer and epoch", [*map(name_of, keys)], columns, rates, FULL_SHADE, "%")
    note = f"The mean rate of an epoch, in % of {regime.learning_rate:g}, this regime's rate. 0 is frozen."
    return [words("What it does", regime.summary), grid | {"note": note, "subtitle": "by epoch"}, _schedule(regime)]


def in_epoch(parts: Sequence[Part], key: str, epoch: int) -> float:
    """A layer's mean rate in an epoch, which counts from 1, as a multiple of the regime's."""
    part = next(part for part in parts if part.begins < epoch <= part.ends)
    return mean(part.rate(key, epoch - 1 + (i + 0.5) / FINE) for i in range(FINE))


def _schedule(regime: Regime) -> Block:
    """The rate over a stage, for new weights and for the body; one line where they are the same."""
    schedule, moments = SCHEDULES[regime.schedule], [i / 100 for i in range(101)]
    new, body = ([(100 * done, schedule(done, is_new)) for done in moments] for is_new in (True, False))
    lines = [line("all layers", new)] if new == body else [line("head", new), line("body", body, True)]
    stages = "each stage" if regime.stages[1:] else "the run"
    title, x = f"The schedule: {regime.schedule}", f"% of {stages} that is over"
    full = "times the full rate" if new == body else "times its own full rate"
    return curves(title, x, full, lines, x_range=(0, 100), y_range=(0, 1))
