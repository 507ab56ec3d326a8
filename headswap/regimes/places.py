"""Places of a classifier, by name: which weights a rule means, and what the optimizer is given.

Places: head, pool, inserted (or inserted[name]), norm, block[i] (negative i counts from the top), blocks, embedding,
biases, layernorms, everything. What an insert brings is only ever `inserted`, or `everything`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from torch import nn

from ..errors import SettingError
from ..model.body_contract import Place
from ..model.classifier import Classifier, place_of
from .stages import Falling, Frozen, Rule, Stage


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
