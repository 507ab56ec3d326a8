"""Lesson 09: how fast each layer learns, and how the rate moves over a run."""

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

import torch
from torch import nn

from ..model.body import BodyConfig, new_language_model
from ..model.classifier import Classifier, place_of, swap_head
from ..model.heads import new_head
from ..model.pooling import new_pool
from ..web.layers import key_of
from .answers import Function, Probe
from .exercise import Exercise, Trap

Grouped = list[dict[str, Any]]  # what torch.optim.AdamW takes: {"params": [...], "lr": ...}, one for each group
Told = dict[str, Any]  # a layer's rate by its key, from below; a list where its weights have several
MOST = 50  # groups that are looked at, and rates of one weight


def layer_groups(model: Classifier, rate: float, factor: float) -> list[dict]:
    """The optimizer's groups: the full rate on top, and below it each block `factor` times slower than the one above.

    Head, pool, last norm and top block learn at `rate`, the embeddings one step slower than the lowest block.
    """
    body: Any = model.body
    groups = [{"params": [*model.head.parameters(), *model.pool.parameters(), *body.norm.parameters()], "lr": rate}]
    for steps, block in enumerate(reversed(body.blocks)):
        groups.append({"params": list(block.parameters()), "lr": rate / factor**steps})
    embeddings = [*body.embed_tokens.parameters(), *body.embed_positions.parameters()]
    return [*groups, {"params": embeddings, "lr": rate / factor ** len(body.blocks)}]


def warm_cosine(done: float, warm: float) -> float:
    """The share of the full rate once the share `done` of a run is over: from 0 up to 1 in the first `warm`, then down.

    It goes down along half a cosine wave, and the run ends at 0. With warm = 0 it begins at 1.
    """
    if done < warm:
        return done / warm
    return (1 + math.cos(math.pi * (done - warm) / (1 - warm))) / 2


# ---- groups that are wrong on purpose: one misconception each


def _groups(
    model: Classifier, at: Callable[[int], float], top: float = 1.0, below: int | None = None,
    blocks: Iterable[nn.Module] | None = None,
) -> Grouped:  # fmt: skip
    """Groups in three parts: the top at `top`, the block so many steps below it at `at(steps)`, embeddings `below`."""
    body: Any = model.body
    above = [*model.head.parameters(), *model.pool.parameters(), *body.norm.parameters()]
    groups = [{"params": above, "lr": top}]
    for steps, block in enumerate(reversed(body.blocks) if blocks is None else blocks):
        groups.append({"params": list(block.parameters()), "lr": at(steps)})
    embeddings = [*body.embed_tokens.parameters(), *body.embed_positions.parameters()]
    return [*groups, {"params": embeddings, "lr": at(len(body.blocks) if below is None else below)}]


def _upside_down(model: Classifier, rate: float, factor: float) -> Grouped:
    return _groups(model, lambda steps: rate * factor**steps, rate)


def _from_the_bottom(model: Classifier, rate: float, factor: float) -> Grouped:
    return _groups(model, lambda steps: rate / factor**steps, rate, blocks=model.body.blocks)


def _top_block_slowed(model: Classifier, rate: float, factor: float) -> Grouped:
    return _groups(model, lambda steps: rate / factor ** (steps + 1), rate)


def _head_slowed(model: Classifier, rate: float, factor: float) -> Grouped:
    return _groups(model, lambda steps: rate / factor**steps, rate / factor)


def _times_the_depth(model: Classifier, rate: float, factor: float) -> Grouped:
    return _groups(model, lambda steps: rate / max(1.0, factor * steps), rate)


def _all_alike(model: Classifier, rate: float, factor: float) -> Grouped:
    return _groups(model, lambda steps: rate, rate)


def _each_one_step(model: Classifier, rate: float, factor: float) -> Grouped:
    return _groups(model, lambda steps: rate / factor if steps else rate, rate)


def _multiples(model: Classifier, rate: float, factor: float) -> Grouped:
    return _groups(model, lambda steps: 1 / factor**steps, 1.0)


def _embeddings_like_the_lowest_block(model: Classifier, rate: float, factor: float) -> Grouped:
    return _groups(model, lambda steps: rate / factor**steps, rate, below=len(model.body.blocks) - 1)


def _without(*modules: Callable[[Classifier], Any]) -> Function:
    """The right groups, but for the weights of some modules, which are forgotten."""

    def wrong(model: Classifier, rate: float, factor: float) -> Grouped:
        gone = {id(p) for module in modules for p in module(model).parameters()}
        groups = layer_groups(model, rate, factor)
        return [{**group, "params": [p for p in group["params"] if id(p) not in gone]} for group in groups]

    return wrong


def _everything_first(model: Classifier, rate: float, factor: float) -> Grouped:
    _, *below = layer_groups(model, rate, factor)
    return [{"params": list(model.parameters()), "lr": rate}, *below]


# ---- schedules that are wrong on purpose


def _climbing(fall: Callable[[float, float], float]) -> Function:
    """A schedule that climbs as it should, and falls otherwise."""
    return lambda done, warm: done / warm if done < warm else fall(done, warm)


def _share(done: float, warm: float) -> float:
    return (done - warm) / (1 - warm)


_jumps = _climbing(lambda done, warm: (1 + math.cos(math.pi * done)) / 2)
_stops_short = _climbing(lambda done, warm: (1 + math.cos(math.pi * (done - warm))) / 2)
_below_zero = _climbing(lambda done, warm: math.cos(math.pi * _share(done, warm)))
_quarter = _climbing(lambda done, warm: math.cos(math.pi / 2 * _share(done, warm)))
_without_pi = _climbing(lambda done, warm: (1 + math.cos(_share(done, warm))) / 2)
_straight = _climbing(lambda done, warm: 1 - _share(done, warm))


def _no_climb(done: float, warm: float) -> float:
    return (1 + math.cos(math.pi * done)) / 2


def _waits(done: float, warm: float) -> float:
    return 1.0 if done < warm else warm_cosine(done, warm)


def _divides_by_zero(done: float, warm: float) -> float:
    return done / warm if done <= warm else warm_cosine(done, warm)


# ---- questions


def tall(depth: int, pool: str = "mean") -> Classifier:
    """A classifier of a few hundred weights with so many blocks."""
    generator = torch.Generator().manual_seed(0)
    config = BodyConfig(width=4, heads=2, depth=depth, max_len=4, vocab_size=6)
    parts = new_pool(pool, config.width, generator), new_head("linear", config.width, 2, generator)
    return swap_head(new_language_model(config, 0), *parts).classifier


def rates_by_layer(model: Classifier, groups: Iterable[Mapping[str, Any]]) -> Told:
    """Each layer's rate in these groups, by its key; a list where its weights differ, or where one has several.

    A weight that is in no group has the rate "none", and weights of another model are counted.
    """
    named = {id(parameter): name for name, parameter in model.named_parameters()}
    rates: dict[str, list[Any]] = {name: [] for name in named.values()}
    strangers = 0
    for group in islice(groups, MOST):
        held = group["params"]
        for parameter in [held] if isinstance(held, torch.Tensor) else islice(held, len(named) + 1):
            strangers += id(parameter) not in named
            if id(parameter) in named:
                rates[named[id(parameter)]].append(group.get("lr", "no lr"))
    layers: dict[str, list[Any]] = {}
    for name, found in rates.items():
        layers.setdefault(key_of(place_of(model, name)), []).append(_one(found))
    told = {key: found[0] if all(one == found[0] for one in found) else found for key, found in layers.items()}
    return told | ({"weights of another model": strangers} if strangers else {})


def _one(rates: list[Any]) -> object:
    """The rate of a weight: `none` for one in no group, all of them for one in several."""
    return rates[0] if len(rates) == 1 else rates[:MOST] or "none"


def _rates(depth: int, rate: float, factor: float, pool: str = "mean") -> Function:
    def ask(function: Function) -> Told:
        model = tall(depth, pool)
        return rates_by_layer(model, function(model, rate, factor))

    return ask


def _course(warm: float, *moments: float) -> Function:
    return lambda function: [function(done, warm) for done in moments]


LAYER_GROUPS = Exercise(
    layer_groups,
    (
        Probe("layer_groups(model, 0.1, 3), where the model has three blocks,", _rates(3, 0.1, 3.0)),
        Probe("layer_groups(model, 0.5, 2), where the pool has a weight of its own,", _rates(1, 0.5, 2.0, "attention")),
    ),
    (
        Trap(_upside_down, "Your lower layers learn faster than the upper ones. Divide by the factor on the way down, "
             "don't multiply."),
        Trap(_from_the_bottom, "You count the blocks from the bottom, so the lowest one is the fastest. Go through "
             "reversed(model.body.blocks): the top block comes last in the list."),
        Trap(_top_block_slowed, "Your top block is slowed already. It learns at the full rate, as the head does; the "
             "first step down comes below it."),
        Trap(_head_slowed, "You slow the head as well. It's new and has the longest way to go: give it the full rate."),
        Trap(_times_the_depth, "You divide by factor · steps. Each block is `factor` times slower than the one above "
             "it, so it takes a power: factor ** steps."),
        Trap(_all_alike, "Every layer learns at the same rate. The factor has to slow each block below the top one."),
        Trap(_each_one_step, "All your layers below the top block share one rate. Slow each of them by one factor "
             "more than the one above it."),
        Trap(_multiples, "These are multiples of the learning rate. The optimizer wants the rate itself: multiply by "
             "`rate`."),
        Trap(_embeddings_like_the_lowest_block, "Your embeddings learn as fast as the lowest block. They lie below "
             "it, so they take one step more: factor ** len(model.body.blocks)."),
        Trap(_without(lambda m: m.body.embed_tokens, lambda m: m.body.embed_positions), "You forgot the embeddings. "
             "What's in no group never moves, and no error tells you."),
        Trap(_without(lambda m: m.body.embed_positions), "You forgot the position vectors. The embeddings have two "
             "tables: body.embed_tokens and body.embed_positions."),
        Trap(_without(lambda m: m.body.norm), "You forgot the last norm. It isn't in any block: it's body.norm, and "
             "it learns at the full rate."),
        Trap(_without(lambda m: m.pool), "You forgot the pool. The mean has no weights, but attention pooling has a "
             "learned query: add model.pool.parameters()."),
        Trap(_everything_first, "Your first group holds every weight, so most weights are in two groups, and PyTorch "
             "refuses that. Put each weight into one group."),
    ),
    (
        "Work from the top down, and count how many steps you are below the top block.",
        "A layer that's `steps` steps down learns at rate / factor**steps. The top block is 0 steps down, the "
        "embeddings len(model.body.blocks).",
        "Start with {'params': [head, pool and norm], 'lr': rate}; then for steps, block in "
        "enumerate(reversed(model.body.blocks)) add {'params': list(block.parameters()), 'lr': rate / factor**steps}; "
        "then both embedding tables.",
    ),
    "Every weight is in one group, and each block learns slower than the one above.",
)  # fmt: skip

WARM_COSINE = Exercise(
    warm_cosine,
    (
        Probe("warm_cosine at 0, 0.05, 0.1, 0.4, 0.55 and 1 of a run, with warm=0.1,",
              _course(0.1, 0.0, 0.05, 0.1, 0.4, 0.55, 1.0)),
        Probe("warm_cosine at 0 and at half of a run, with warm=0,", _course(0.0, 0.0, 0.5)),
    ),
    (
        Trap(_jumps, "Your cosine begins with the run, so the rate jumps when the climb ends. Let it begin there: "
             "(done - warm) / (1 - warm) goes from 0 to 1."),
        Trap(_stops_short, "Your rate never gets down to 0. After the climb only 1 - warm of the run is left: divide "
             "done - warm by it."),
        Trap(_below_zero, "Your rate falls below 0, and a negative rate makes the loss larger. A cosine goes down to "
             "minus 1: add 1, then halve it."),
        Trap(_quarter, "That's a quarter of a wave, which falls fastest at the very end. Use half a wave, with the "
             "whole π: (1 + cos(π · …)) / 2 falls gently."),
        Trap(_without_pi, "math.cos takes radians. Half a wave is π long, so multiply by math.pi."),
        Trap(_straight, "After the climb your rate falls along a straight line. That's the slanted triangle; use half "
             "a cosine wave here."),
        Trap(_no_climb, "There's no climb: your run begins at the full rate. In the first `warm` of the run return "
             "done / warm."),
        Trap(_waits, "Your rate waits at 1 during the warm-up. It should climb from 0: done / warm."),
        Trap(_divides_by_zero, "With warm = 0 you divide by 0. Ask whether done < warm, not <=."),
    ),
    (
        "There are two cases: before the share `warm` is over, and after.",
        "First done / warm. Then let x = (done - warm) / (1 - warm), which goes from 0 to 1.",
        "After the climb return (1 + math.cos(math.pi * x)) / 2, with x = (done - warm) / (1 - warm).",
    ),
    "It climbs, it falls gently, and it ends at 0.",
)  # fmt: skip
