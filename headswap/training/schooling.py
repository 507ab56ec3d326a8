"""How a run's base comes about, as a value: a body's sizes and how often it reads the texts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ..data.messages import Split
from ..model.body import BodyConfig, LanguageModel, new_language_model
from ..model.contract import Base
from .pretrain import PretrainStep, pretrain_quick

Watch = Callable[[PretrainStep], None]


class Origin(Protocol):
    """Anything that makes a base for a split and a seed: the same arguments, the same bits."""

    def base(self, split: Split, seed: int, watch: Watch | None = None) -> Base:
        """The base that regimes start from; `watch` hears of the steps."""
        ...

    def untrained(self) -> Base:
        """A base of the same sizes that has read nothing, for regimes that start from a random body."""
        ...


@dataclass(frozen=True, slots=True)
class Schooling:
    """A language model that has read the training texts and the unlabelled ones, `epochs` times."""

    config: BodyConfig = field(default_factory=BodyConfig)
    epochs: int = 5

    def base(self, split: Split, seed: int, watch: Watch | None = None) -> LanguageModel:
        """The language model of this split and seed."""
        return pretrain_quick(pretraining_texts(split), self.config, epochs=self.epochs, seed=seed, watch=watch)

    def untrained(self) -> LanguageModel:
        """A language model that has read nothing."""
        return new_language_model(self.config, seed=0)


def pretraining_texts(split: Split) -> list[str]:
    """What the body may read before: training and unlabelled texts, never one that is judged on."""
    return [message.text for message in split.train] + list(split.unlabelled)
