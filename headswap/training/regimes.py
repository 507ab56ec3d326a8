"""A regime says what may learn, and how fast: each is one readable value.

A stage is an ordered list of rules (place, multiple of the learning rate or FROZEN). The first rule that matches a
parameter decides; a parameter that no rule covers, and a rule that matches no parameter, are errors.
Places: head, pool, inserted (or inserted[name]), norm, block[i] (negative i counts from the top), blocks, embedding,
biases, layernorms, everything. What an insert brings is only ever `inserted`, or `everything`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from torch import nn

from ..errors import SettingError
from ..model.body_contract import Place
from ..model.classifier import Classifier, place_of
from ..model.inserts import Insert
from ..model.losses import CROSS_ENTROPY, Loss
from ..model.probe import Probe


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
    recipe wins, then the stage, then the regime; the stage's own weight decay wins over the recipe's. Where
    `least_steps` asks for more than the epochs have, each epoch goes over the messages more than once.
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


@dataclass(frozen=True, slots=True)
class Regime:
    """A way to fine-tune: a name, its stages, the body it starts from, and the learning rate it was tuned to.

    `learning_rate` is AdamW's, for a multiple of 1.0; `tuned_on` says on which data it was chosen.
    """

    name: str
    summary: str
    stages: tuple[Stage, ...]
    learning_rate: float
    tuned_on: str
    body: Literal["pretrained", "random"] = "pretrained"
    schedule: str = "cosine"


ALL_FROZEN: Final[Rule] = ("everything", FROZEN)
NEW: Final[tuple[Rule, ...]] = (("head", 1.0), ("pool", 1.0))
PROBE_STEPS = 800
PROBE = Stage((*NEW, ALL_FROZEN), loss=Probe(), weight_decay=0.0, least_steps=PROBE_STEPS)
WHOLE = Stage((("everything", 1.0),))
TUNED = "validation messages of the fixture, 32 bytes, 20 epochs, 3 seeds"

REGIMES: Final[dict[str, Regime]] = {
    regime.name: regime
    for regime in (
        Regime("scratch", "Everything learns, from random weights: this shows what pretraining adds.",
               (WHOLE,), 2e-3, TUNED, body="random"),
        Regime("frozen-random", "Only the head learns, on a random body: the floor every probe must beat.",
               (PROBE,), 0.05, TUNED, body="random"),
        Regime("head-only", "Only the new head learns; the body is frozen, so it runs once per message.",
               (PROBE,), 0.05, TUNED),
        Regime("mlp-head", "A head with a hidden layer learns on the frozen body.",
               (Stage((*NEW, ALL_FROZEN), head="mlp"),), 5e-3, TUNED),
        Regime("last-block", "The head, the last norm and the last block learn; everything below is frozen.",
               (Stage((*NEW, ("norm", 1.0), ("block[-1]", 1.0), ALL_FROZEN)),), 2e-3, TUNED),
        Regime("full", "Everything learns, from the pretrained body.",
               (WHOLE,), 1e-3, TUNED),
        Regime("discriminative", "Everything learns, each block 2.6 times slower than the one above it.",
               (Stage((*NEW, ("norm", 1.0), ("blocks", Falling(2.6)), ("embedding", Falling(2.6)))),), 2e-3, TUNED),
    )
}  # fmt: skip


def find_regime(regime: Regime | str) -> Regime:
    """The regime itself, or the one of that name; SettingError names the ones there are."""
    if isinstance(regime, Regime):
        return regime
    if regime not in REGIMES:
        raise SettingError(f"regime {regime!r} is unknown; choose one of {', '.join(REGIMES)}")
    return REGIMES[regime]


def freeze_body(model: Classifier) -> None:
    """Freeze every weight of the body in one call; the head and the pool still learn (lesson 05)."""
    freeze(model.body.parameters())


def unfreeze_body(model: Classifier) -> None:
    """Let every weight of the body learn again."""
    for parameter in model.body.parameters():
        parameter.requires_grad_(True)


def freeze(parameters: Iterable[nn.Parameter]) -> None:
    """Stop parameters from learning, and drop gradients left from before: a stale one would still move a weight."""
    for parameter in parameters:
        parameter.requires_grad_(False)
        parameter.grad = None


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters of one place that learn at one multiple of the learning rate."""

    place: Place
    multiple: float
    parameters: tuple[nn.Parameter, ...]


def parameter_groups(model: Classifier, stage: Stage) -> list[Group]:
    """What learns under the stage's rules, by place, with its rate; what does not is frozen on the spot.

    Raises SettingError for a rule that matches nothing, a parameter that no rule covers, or a stage in which
    nothing can learn.
    """
    named, depth = list(model.named_parameters()), model.body.depth
    tests = [(rule, matcher(model, rule[0])) for rule in stage.rules]
    _check_rules(tests, [name for name, _ in named])
    found: dict[tuple[Place, float], list[nn.Parameter]] = {}
    for name, parameter in named:
        rule, rate = _first(tests, name)
        if isinstance(rate, Frozen):
            freeze([parameter])
            continue
        parameter.requires_grad_(True)
        place = place_of(model, name)
        found.setdefault((place, _multiple(rule, rate, place.below_top(depth))), []).append(parameter)
    if not found:
        raise SettingError("nothing can learn under these rules; give at least one place a rate, such as ('head', 1.0)")
    return [Group(place, multiple, tuple(parameters)) for (place, multiple), parameters in found.items()]


Matcher = Callable[[str], bool]
NORMS = (nn.LayerNorm, nn.RMSNorm, nn.GroupNorm, nn.modules.batchnorm._NormBase)
PARTS = ("head", "pool", "norm", "embedding")
PLACES = (*PARTS, "inserted", "blocks", "biases", "layernorms", "everything")


def matcher(model: Classifier, place: str) -> Matcher:
    """A test for the names of the parameters that belong to `place`; SettingError for a place that does not exist."""
    block = re.fullmatch(r"block\[(-?\d+)\]", place)
    if block:
        wanted = int(block[1])
        index = wanted if wanted >= 0 else model.body.depth + wanted
        return _of_place(model, lambda p: not p.insert and p.block == index)
    insert = re.fullmatch(r"inserted\[(\w+)\]", place)
    if insert:
        return _of_place(model, lambda p: p.insert == insert[1])
    if place not in PLACES:
        known = ", ".join(PLACES)
        raise SettingError(f"place {place!r} is unknown; choose one of {known}, block[i] or inserted[name]")
    if place in PARTS:
        return _of_place(model, lambda p: not p.insert and p.part == place)
    return {
        "inserted": _of_place(model, lambda p: bool(p.insert)),
        "blocks": _of_place(model, lambda p: not p.insert and p.block is not None),
        "biases": lambda name: name.endswith("bias") and not place_of(model, name).insert,
        "layernorms": lambda name: isinstance(model.get_submodule(name.rpartition(".")[0]), NORMS),
        "everything": lambda name: True,
    }[place]


def _of_place(model: Classifier, holds: Callable[[Place], bool]) -> Matcher:
    return lambda name: holds(place_of(model, name))


def _check_rules(tests: list[tuple[Rule, Matcher]], names: list[str]) -> None:
    for (place, _), belongs in tests:
        # Four of the five pools have no weights, so a rule for the pool may stand idle.
        if place != "pool" and not any(map(belongs, names)):
            raise SettingError(f"the rule for {place!r} matches no parameter of this model; remove or correct it")


def _first(tests: list[tuple[Rule, Matcher]], name: str) -> Rule:
    for rule, belongs in tests:
        if belongs(name):
            return rule
    raise SettingError(
        f"no rule covers the parameter {name}; end the rules with ('everything', FROZEN) or ('everything', 1.0)"
    )


def _multiple(place: str, rate: float | Falling, below_top: int) -> float:
    if isinstance(rate, Falling):
        return rate.factor**-below_top
    if not 0.0 < rate < float("inf"):
        raise SettingError(f"the rate of {place!r} is {rate}; give a multiple of the learning rate above 0, or FROZEN")
    return float(rate)
