"""A regime built by hand: from one rate for each layer to the value that a run takes, and back."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace

import torch

from ..errors import SettingError
from ..model.body import BodyConfig, LMBody
from ..model.classifier import Classifier
from ..model.heads import LinearHead
from ..model.pooling import AttentionPool
from ..regimes.named import PROBE, REGIMES
from ..regimes.stages import FROZEN, Rate, Regime, Rule, Stage
from ..training.run import first_head
from .layers import by_layer
from .machine import begin

NAME = "mine"
TIMES = "×"  # noqa: RUF001
UNTUNED = "nothing: built by hand, with the rate of the nearest regime that was tuned"
Rates = Mapping[str, float]  # a layer's multiple of the learning rate by its key; 0 is frozen


def regime_of(rates: Rates, base: Regime) -> Regime:
    """The regime in which each layer learns at its rate: a named one where that means the same, else one called mine.

    `rates` names every layer with weights, from embedding to head; the pool, where it is left out, learns as the head
    does. The body and the kind of head are the base's. Raises SettingError where nothing learns.
    """
    wanted = _checked(rates)
    for regime in (base, *REGIMES.values()):
        alike = regime.body == base.body and first_head(regime) == first_head(base)
        if alike and same(regime, wanted):
            return regime
    head = first_head(base)
    stage, rate = _stage(wanted, head), _learning_rate(wanted, head)
    return Regime(NAME, _summary(wanted), (stage,), rate, UNTUNED, base.body)


def same(regime: Regime, rates: Rates) -> bool:
    """Whether a regime of one stage gives every layer this rate, to a thousandth of it."""
    if len(regime.stages) != 1:
        return False
    depth = sum(key.startswith("block[") for key in rates)
    try:
        meant = rates_of(_toy(depth), regime.stages[0])
    except SettingError:
        return False
    return all(math.isclose(meant[key], rate, rel_tol=1e-3) for key, rate in rates.items())


def rates_of(model: Classifier, stage: Stage) -> dict[str, float]:
    """The rate of every layer with weights under a stage: 0 where all are frozen, NaN where they differ within one.

    The stage begins on this very model; hand in a copy.
    """
    rates = by_layer(model, begin(model, stage))
    return {key: of_layer[0] if len({*of_layer}) == 1 else math.nan for key, of_layer in rates.items() if of_layer}


def _toy(depth: int) -> Classifier:
    """The smallest classifier of that depth with weights in every layer: what a rule means does not hang on sizes."""
    generator = torch.Generator().manual_seed(0)
    body = LMBody(BodyConfig(width=1, heads=1, depth=depth, max_len=1, vocab_size=1), generator)
    return Classifier(body, AttentionPool(1, generator), LinearHead(1, 2, generator))


def _checked(rates: Rates) -> dict[str, float]:
    """The rates as numbers, the pool's among them; SettingError for what is no layer or no rate."""
    for key, rate in rates.items():
        if not re.fullmatch(r"embedding|block\[\d+\]|norm|pool|head", key):
            raise SettingError(f"{key!r} is not a layer; give embedding, block[0] and so on, norm, pool or head")
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0.0 <= rate < math.inf:
            raise SettingError(f"the rate of {key} is {rate!r}; give a multiple of the learning rate, 0 for frozen")
    blocks = _blocks(rates)
    if not blocks or {*blocks} != {f"block[{i}]" for i in range(len(blocks))} or not {"embedding", "head"} <= {*rates}:
        raise SettingError(f"the rates name {', '.join(rates) or 'no layer'}; name every layer of the model")
    if not any(rates.values()):
        raise SettingError("nothing learns; give at least one layer a rate above 0")
    numbers = {key: float(rate) for key, rate in rates.items()}
    return {"pool": numbers["head"]} | numbers


def _blocks(rates: Rates) -> list[str]:
    """The keys of the blocks, from the top."""
    return sorted((key for key in rates if key.startswith("block[")), key=lambda key: -int(key[6:-1]))


def _from_above(rates: Rates) -> list[str]:
    return [key for key in ("head", "pool", "norm", *_blocks(rates), "embedding") if key in rates]


def _rules(rates: Rates) -> tuple[Rule, ...]:
    """The fewest rules that mean these rates: those that differ from what everything else gets, then everything."""
    blocks = {rates[key] for key in _blocks(rates)}
    alike = len(blocks) == 1 and len(_blocks(rates)) > 1
    keys = ["blocks" if alike and key.startswith("block[") else key for key in _from_above(rates)]
    each = {key: blocks.copy().pop() if key == "blocks" else rates[key] for key in keys}
    rests = sorted({*each.values()}, key=lambda rate: (rate != 0.0, rate != 1.0, rate))
    rest = max(rests, key=lambda rate: [*each.values()].count(rate))  # of equally common ones the first: frozen
    return (*((key, _rate(rate)) for key, rate in each.items() if rate != rest), ("everything", _rate(rest)))


def _rate(rate: float) -> Rate:
    return rate or FROZEN


def _stage(rates: Rates, head: str) -> Stage:
    """The one stage: a converging probe where a linear head learns on features that nothing below it changes."""
    rules = _rules(rates)
    probe = head == "linear" and rates["head"] and _only_new(rates)
    return replace(PROBE, rules=rules) if probe else Stage(rules, head=head)


def _learning_rate(rates: Rates, head: str) -> float:
    """That of the regime which learns as far down."""
    if _only_new(rates):
        return REGIMES["head-only" if head == "linear" else "mlp-head"].learning_rate
    return REGIMES["full" if rates["embedding"] else "last-block"].learning_rate


def _only_new(rates: Rates) -> bool:
    return not any(rate for key, rate in rates.items() if key not in ("head", "pool"))


def _summary(rates: Rates) -> str:
    learning = [
        key if rates[key] == 1.0 else f"{key} {TIMES}{rates[key]:g}" for key in _from_above(rates) if rates[key]
    ]
    rest = "the rest is frozen" if len(learning) < len(rates) else "nothing is frozen"
    return f"Built by hand: {', '.join(learning)} learn{'s' * (len(learning) == 1)}; {rest}."
