"""A regime from its first stage to its last: a copy of the body, a new head, and the loop once per stage."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import torch

from ..data.batches import ClassificationDataset
from ..data.messages import Message, Split
from ..errors import SettingError
from ..model.body import LanguageModel, LMBody
from ..model.classifier import Classifier, swap_head
from ..model.heads import new_head
from ..model.pooling import new_pool
from .events import EpochDone, Event, StageBegan, StageEnded
from .loop import make_optimizer, train_classifier
from .recipe import Recipe
from .regimes import Regime, Stage, find_regime, parameter_groups


@dataclass(slots=True)
class History:
    """What a finished run leaves: the trained classifier and its events, with the numbers most asked for."""

    regime: Regime
    recipe: Recipe
    classifier: Classifier
    events: list[Event] = field(default_factory=list)

    @property
    def epochs(self) -> list[EpochDone]:
        """The epochs in order, over all stages."""
        return [event for event in self.events if isinstance(event, EpochDone)]

    @property
    def seconds(self) -> float:
        """Seconds of training alone, the frozen prefix included."""
        return sum(event.seconds for event in self.events if isinstance(event, StageEnded))

    @property
    def learning(self) -> int:
        """The most weights that learned in any stage."""
        return max(event.learning for event in self.events if isinstance(event, StageBegan))


def start_regime(
    base: LanguageModel, split: Split, regime: Regime | str, recipe: Recipe
) -> tuple[Classifier, Iterator[Event]]:
    """A classifier on a copy of the base's body, and the events that will train it through the regime's stages.

    The base is not touched. Every draw (a random body, pool, head, shuffles, dropout) comes from one generator
    seeded with the recipe's seed.
    """
    regime = find_regime(regime)
    classes = len(split.label_names)
    generator = torch.Generator().manual_seed(recipe.seed)
    body = LMBody(base.body.config, generator) if regime.body == "random" else copy.deepcopy(base.body)
    body.to(base.body.embed_tokens.weight.device)
    pool = new_pool(recipe.pool, body.width, generator)
    head = new_head(regime.stages[0].head or "linear", body.width, classes, generator)
    model = swap_head(LanguageModel(body, base.head), pool, head).classifier
    for stage in reversed(regime.stages):  # every rule is checked before anything runs; the first stage's stand
        parameter_groups(model, stage)
    train, validation = (encode(part, model, classes) for part in (split.train, split.validation))
    if train is None:
        raise SettingError("the split has no training messages; give at least one of each class")
    return model, _run_stages(model, train, validation, regime, recipe, generator)


def run_regime(base: LanguageModel, split: Split, regime: Regime | str, recipe: Recipe | None = None) -> History:
    """Train one regime to its end and keep its events: `start_regime`, drained."""
    recipe, regime = recipe or Recipe(), find_regime(regime)
    model, events = start_regime(base, split, regime, recipe)
    return History(regime, recipe, model, list(events))


def encode(messages: Sequence[Message], model: Classifier, classes: int = 2) -> ClassificationDataset | None:
    """Messages as the model wants them: cut to its length, on its device, cls in front where its pool asks for it."""
    if not messages:
        return None
    config, device = model.body.config, model.body.embed_tokens.weight.device
    cls = model.pool.prepends_cls
    return ClassificationDataset(messages, config.max_len, cls=cls, classes=classes, device=device)


def _run_stages(
    model: Classifier, train: ClassificationDataset, validation: ClassificationDataset | None, regime: Regime,
    recipe: Recipe, generator: torch.Generator,
) -> Iterator[Event]:  # fmt: skip
    for i, stage in enumerate(regime.stages):
        if i > 0 and stage.head is not None:
            model.head = new_head(stage.head, model.body.width, train.classes, generator)
        groups = parameter_groups(model, stage)
        settings = _stage_recipe(recipe, regime, stage)
        optimizer = make_optimizer(groups, settings.learning_rate or regime.learning_rate, recipe.weight_decay)
        yield from train_classifier(
            model, train, optimizer, settings,
            validation=validation, generator=generator, stage=i, stages=len(regime.stages),
        )  # fmt: skip


def _stage_recipe(recipe: Recipe, regime: Regime, stage: Stage) -> Recipe:
    return replace(
        recipe,
        epochs=max(1, round(recipe.epochs * stage.share)),
        learning_rate=recipe.learning_rate or regime.learning_rate,
        schedule=recipe.schedule or regime.schedule,
    )
