"""A regime says what may learn, and how fast: each is one readable value.

A stage is an ordered list of rules (place, multiple of the learning rate or FROZEN). The first rule that matches a
parameter decides; a parameter that no rule covers, and a rule that matches no parameter, are errors.
Places: head, pool, inserted (or inserted[name]), norm, block[i] (negative i counts from the top), blocks, embedding,
biases, layernorms, everything. What an insert brings is only ever `inserted`, or `everything`.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from ..model.inserts.attach import Insert
from ..model.losses import CROSS_ENTROPY, Loss


class Frozen(Enum):
    """The rate of what does not learn; an enumeration, so that it stays itself when copied, pickled or stored."""

    FROZEN = "frozen"

    def __repr__(self) -> str:
        return "FROZEN"


FROZEN: Final = Frozen.FROZEN


@dataclass(frozen=True, slots=True)
class Falling:
    """A multiple that falls by `factor` per block from the top: lower layers learn slower (ULMFiT, factor 2.6)."""

    factor: float = 2.6


Rate = float | Falling | Frozen
Rule = tuple[str, Rate]


@dataclass(frozen=True, slots=True)
class Stage:
    """Rules in order, the head the stage starts (None keeps the one there is), and its share of the epochs.

    A stage may bring `inserts`, a loss, a learning rate, a schedule and a weight decay. For rate and schedule the
    recipe wins, then the stage, then the regime; the stage's own weight decay, and which epoch it keeps, win over the
    recipe's. Where `least_steps` asks for more than the epochs have, each epoch goes over the messages more than once.
    """

    rules: tuple[Rule, ...]
    head: str | None = "linear"
    share: float = 1.0
    inserts: tuple[Insert, ...] = ()
    learning_rate: float | None = None
    schedule: str | None = None
    loss: Loss = CROSS_ENTROPY
    weight_decay: float | None = None
    least_steps: int = 0
    keep: Literal["last", "best"] | None = None


@dataclass(frozen=True, slots=True)
class Regime:
    """A way to fine-tune: a name, its stages, the body it starts from, and the learning rate it was tuned to.

    `learning_rate` is AdamW's, for a multiple of 1.0; `tuned_on` says on which data it was chosen. `group` is the
    heading under which a menu lists it.
    """

    name: str
    summary: str
    stages: tuple[Stage, ...]
    learning_rate: float
    tuned_on: str
    body: Literal["pretrained", "random"] = "pretrained"
    schedule: str = "cosine"
    group: str = ""
