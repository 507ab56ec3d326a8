"""A regime from its first stage to its last: a copy of the body, a new head, and the loop once per stage."""

import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise

import torch

from ..data.batches import ClassificationDataset
from ..data.messages import Example, Split
from ..errors import SettingError
from ..model.body_contract import Base, Body, device_of
from ..model.classifier import Classifier, swap_head
from ..model.copies import lazy_copy
from ..model.drift import WHOLE, drift
from ..model.heads import new_head
from ..model.inserts.attach import attach
from ..model.layers import set_dropout
from ..model.pooling import new_pool, pooled_width
from ..regimes.named import find_regime
from ..regimes.places import parameter_groups
from ..regimes.stages import Regime, Stage
from .events import EpochDone, Event, StageBegan, StageEnded
from .loop import make_optimizer, train_classifier
from .prefix import Known
from .recipe import Recipe


@dataclass(slots=True)
class History:
    """What a finished run leaves: the trained classifier and its events, with the numbers most asked for.

    `base` is what it started from, where somebody may still ask what is left of its language.
    """

    regime: Regime
    recipe: Recipe
    classifier: Classifier
    events: list[Event] = field(default_factory=list)
    base: Base | None = None

    @property
    def epochs(self) -> list[EpochDone]:
        """The epochs in order, over all stages."""
        return [event for event in self.events if isinstance(event, EpochDone)]

    @property
    def seconds(self) -> float:
        """Seconds of training alone, the frozen prefix included."""
        return sum(event.seconds for event in self.events if isinstance(event, StageEnded))

    @property
    def drift(self) -> float | None:
        """How far the whole body is from where the run began, as a share of its length; None before a stage ended."""
        ended = [event for event in self.events if isinstance(event, StageEnded)]
        return dict(ended[-1].moved)[WHOLE] if ended else None

    @property
    def learning(self) -> int:
        """The most weights that learned in any stage."""
        return max(event.learning for event in self.events if isinstance(event, StageBegan))


def start_regime(
    base: Base, split: Split, regime: Regime | str, recipe: Recipe, known: Known | None = None
) -> tuple[Classifier, Iterator[Event]]:
    """A classifier on a copy of the base's body, and the events that will train it through the regime's stages.

    The base is not touched; what stays frozen shares its memory. Every draw (a random body, pool, head, inserts,
    shuffles, dropout) comes from one generator seeded with the recipe's seed. `known` keeps what the untouched body
    made of these messages, for the next run on the same base and split.
    """
    regime = find_regime(regime)
    classes = len(split.label_names)
    generator = torch.Generator().manual_seed(recipe.seed)
    body = _body(base, regime, generator)
    if recipe.dropout is not None:
        set_dropout(body, recipe.dropout)
    pool = new_pool(recipe.pool, body.width, generator)
    head = new_head(first_head(regime), pooled_width(recipe.pool, body.width), classes, generator)
    model = swap_head(Base(body, base.head), pool, head).classifier
    _check_stages(model, regime)
    train, validation = (encode(part, model, classes) for part in (split.train, split.validation))
    if train is None:
        raise SettingError("the split has no training messages; give at least one of each class")
    begin_stage(model, regime.stages[0], generator)
    device = torch.device(recipe.compute.device or device_of(base.body))
    model.to(device)
    if regime.body == "random" or regime.stages[0].inserts or list(pool.parameters()):
        known = None  # what this body makes of the messages, no other run's does
    train, validation = train.to(device), validation and validation.to(device)
    start = Base(lazy_copy(body), base.head) if regime.body == "random" else base
    return model, _tell_drift(_run_stages(model, train, validation, regime, recipe, generator, known), model, start)


def run_regime(base: Base, split: Split, regime: Regime | str, recipe: Recipe | None = None) -> History:
    """Train one regime to its end and keep its events: `start_regime`, drained."""
    recipe, regime = recipe or Recipe(), find_regime(regime)
    model, events = start_regime(base, split, regime, recipe)
    return History(regime, recipe, model, list(events))


def encode(messages: Sequence[Example], model: Classifier, classes: int = 2) -> ClassificationDataset | None:
    """Messages as the model's body encodes them, on its device, cls in front where its pool asks for it."""
    if not messages:
        return None
    rows = model.body.encode([message.item for message in messages], cls=model.pool.prepends_cls)
    return ClassificationDataset.of(messages, rows, classes, device_of(model))


def first_head(regime: Regime) -> str:
    """The head that a run of the regime starts with: its first stage's, or a linear one."""
    return regime.stages[0].head or "linear"


def last_head(regime: Regime) -> str:
    """The head that a run of the regime ends with: the last one that a stage started."""
    return next((stage.head for stage in reversed(regime.stages) if stage.head), "linear")


def epochs_of(regime: Regime, epochs: int) -> list[int]:
    """Each stage's epochs by its share, at least 1; shares that add up to one give `epochs` in all.

    The ends of the stages are rounded, not their lengths: five epochs in two halves are three and two.
    """
    ends, share = [0], 0.0
    for stage in regime.stages:
        share += stage.share
        ends.append(int(epochs * share + 0.5 + 1e-9))
    return [max(1, end - start) for start, end in pairwise(ends)]


def begin_stage(model: Classifier, stage: Stage, generator: torch.Generator) -> None:
    """Hang the stage's inserts on the body and give the model its loss; the head is the caller's."""
    for insert in stage.inserts:
        attach(model.body, insert, generator)
    model.objective = stage.loss
    parameter_groups(model, stage)


def _body(base: Base, regime: Regime, generator: torch.Generator) -> Body:
    return base.body.fresh(generator) if regime.body == "random" else lazy_copy(base.body)


def _check_stages(model: Classifier, regime: Regime) -> None:
    """Try every stage's inserts and rules on a copy, before anything runs; a single stage is tried as it begins."""
    if len(regime.stages) == 1:
        return
    trial, generator = lazy_copy(model), torch.Generator()
    for stage in regime.stages:
        begin_stage(trial, stage, generator)


def _run_stages(
    model: Classifier, train: ClassificationDataset, validation: ClassificationDataset | None, regime: Regime,
    recipe: Recipe, generator: torch.Generator, known: Known | None,
) -> Generator[Event]:  # fmt: skip
    for i, (stage, epochs) in enumerate(zip(regime.stages, epochs_of(regime, recipe.epochs), strict=True)):
        if i > 0:
            if stage.head is not None:
                model.head = new_head(stage.head, pooled_width(recipe.pool, model.body.width), train.classes, generator)
            begin_stage(model, stage, generator)
            model.to(train.labels.device)
        settings = _stage_recipe(recipe, regime, stage, epochs, len(train))
        groups = parameter_groups(model, stage)
        optimizer = make_optimizer(groups, settings.learning_rate or regime.learning_rate, settings.weight_decay)
        yield from train_classifier(
            model, train, optimizer, settings,
            validation=validation, generator=generator, stage=i, stages=len(regime.stages), known=None if i else known,
        )  # fmt: skip


def _tell_drift(events: Generator[Event], model: Classifier, start: Base) -> Iterator[Event]:
    """The events, and at the end of each stage how far the body has come from its start."""
    with closing(events):
        for event in events:
            ended = isinstance(event, StageEnded)
            yield replace(event, moved=tuple(drift(model, start).items())) if ended else event


def _stage_recipe(recipe: Recipe, regime: Regime, stage: Stage, epochs: int, messages: int) -> Recipe:
    steps = epochs * math.ceil(messages / recipe.batch_size)
    return replace(
        recipe,
        epochs=epochs,
        passes=max(recipe.passes, math.ceil(stage.least_steps / steps)),
        keep=stage.keep or recipe.keep,
        weight_decay=recipe.weight_decay if stage.weight_decay is None else stage.weight_decay,
        learning_rate=recipe.learning_rate or stage.learning_rate or regime.learning_rate,
        schedule=recipe.schedule or stage.schedule or regime.schedule,
    )
