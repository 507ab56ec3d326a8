"""Lesson 05: what learns, and what the optimizer may touch."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import torch
from torch import nn

from ..model.body import BodyConfig, new_language_model
from ..model.classifier import Classifier, swap_head
from ..model.heads import new_head
from ..model.pooling import new_pool
from .answers import Probe
from .exercise import Exercise, Trap

TINY = BodyConfig(width=4, heads=2, depth=2, max_len=4, vocab_size=6)
Freezing = Callable[[Classifier], object]
Grouping = Callable[[Classifier], Iterable[Any]]


def freeze(model: Classifier) -> None:
    """Stop every weight of model.body from learning, and drop the gradients it holds; head and pool still learn."""
    for parameter in model.body.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None


def groups(model: Classifier) -> list[nn.Parameter]:
    """The weights of the model that learn, for an optimizer to hold."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def _left_gradients(model: Classifier) -> None:
    for parameter in model.body.parameters():
        parameter.requires_grad_(False)


def _zeros_left(model: Classifier) -> None:
    for parameter in model.body.parameters():
        parameter.requires_grad_(False)
        parameter.grad = torch.zeros_like(parameter)


def _dropped_gradients_alone(model: Classifier) -> None:
    for parameter in model.body.parameters():
        parameter.grad = None


def _froze_the_head_too(model: Classifier) -> None:
    for parameter in model.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None


def _froze_the_pool_too(model: Classifier) -> None:
    freeze(model)
    for parameter in model.pool.parameters():
        parameter.requires_grad_(False)


def _froze_the_blocks_alone(model: Classifier) -> None:
    for parameter in model.body.blocks.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None


def _only_eval(model: Classifier) -> None:
    model.body.eval()


def _everything(model: Classifier) -> list[nn.Parameter]:
    return list(model.parameters())


def _head_without_bias(model: Classifier) -> list[nn.Parameter]:
    return [p for name, p in model.head.named_parameters() if name.endswith("weight")]


def _always_the_head(model: Classifier) -> list[nn.Parameter]:
    return list(model.head.parameters())


def _names(model: Classifier) -> list[str]:
    return [name for name, p in model.named_parameters() if p.requires_grad]


def _all_thawed(model: Classifier) -> list[nn.Parameter]:
    return list(model.requires_grad_(True).parameters())


def _the_frozen_ones(model: Classifier) -> list[nn.Parameter]:
    return [p for p in model.parameters() if not p.requires_grad]


def tiny(pool: str = "mean") -> Classifier:
    """A classifier of a few hundred weights, each with a gradient from a step before."""
    generator = torch.Generator().manual_seed(0)
    parts = new_pool(pool, TINY.width, generator), new_head("linear", TINY.width, 2, generator)
    model = swap_head(new_language_model(TINY, 0), *parts).classifier
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    return model


def _after_freezing(pool: str) -> Callable[[Freezing], dict[str, list[str]]]:
    def ask(function: Freezing) -> dict[str, list[str]]:
        model = tiny(pool)
        function(model)
        named = list(model.named_parameters())
        learns = [name for name, p in named if p.requires_grad]
        held = {name: bool(p.grad.any()) for name, p in named if not p.requires_grad and p.grad is not None}
        dropped = [name for name, p in named if name.startswith("body.") and name in learns and p.grad is None]
        told = {"frozen, with a gradient": [name for name in held if held[name]],
                "frozen, with zeros": [name for name in held if not held[name]],
                "learns, its gradient dropped": dropped}  # fmt: skip
        return {says: names for says, names in told.items() if names} | {"learns": learns}

    return ask


def _held(frozen: Callable[[Classifier], Iterable[nn.Parameter]]) -> Callable[[Grouping], list[str]]:
    """The names of what an optimizer made from the answer holds, with these parameters frozen."""

    def ask(function: Grouping) -> list[str]:
        model = tiny()
        for parameter in frozen(model):
            parameter.requires_grad_(False)
        flags = [p.requires_grad for p in model.parameters()]
        given = list(islice(function(model), len(flags) + 1))  # of an endless answer only so many
        optimizer = torch.optim.SGD(given, lr=0.1)
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        if [p.requires_grad for p in model.parameters()] != flags:
            return ["what learns was changed"]
        return [name for name, p in model.named_parameters() if id(p) in held]

    return ask


def _all_below_the_last_block(model: Classifier) -> list[nn.Parameter]:
    kept = "body.embed_tokens", "body.blocks.0"
    return [p for name, p in model.named_parameters() if name.startswith(kept)]


FREEZE = Exercise(
    freeze,
    (
        Probe("After freeze(model) the model", _after_freezing("mean")),
        Probe("After freeze(model), where the pool has a weight of its own, the model", _after_freezing("attention")),
    ),
    (
        Trap(_left_gradients, "The body is frozen, but its old gradients are still there, and a step would use them."),
        Trap(_zeros_left, "The old gradients are zeros now, not gone: AdamW still moves a weight that has one. Set "
             "grad = None."),
        Trap(_dropped_gradients_alone, "The gradients are gone, but every weight of the body still learns: it takes "
             "requires_grad_(False) as well."),
        Trap(_froze_the_head_too, "You froze the head too; nothing is left to learn."),
        Trap(_froze_the_pool_too, "You froze the pool's query too; it is as new as the head, and must learn."),
        Trap(_froze_the_blocks_alone, "Only the blocks are frozen; embeddings and the last norm are the body's too."),
        Trap(_only_eval, "Nothing is frozen. eval() and no_grad() do not do it, nor does body.requires_grad = False: "
             "ask each parameter, with requires_grad_(False)."),
    ),
    (
        "model.body.parameters() holds every weight of the body: embeddings, blocks and the last norm.",
        "A frozen weight needs two things: requires_grad_(False), and no gradient left from before.",
        "For each parameter of model.body.parameters(): parameter.requires_grad_(False), then parameter.grad = None.",
    ),
    "The body is frozen, and no stale gradient is left in it.",
)  # fmt: skip

GROUPS = Exercise(
    groups,
    (
        Probe("groups(model) with the body frozen", _held(lambda model: model.body.parameters())),
        Probe("groups(model) with all below the last block frozen", _held(_all_below_the_last_block)),
        Probe("groups(model) with nothing frozen", _held(lambda model: ())),
    ),
    (
        Trap(_everything, "You gave the optimizer every parameter; a frozen one has no business there."),
        Trap(_head_without_bias, "You gave the head's weight and forgot its bias: 128 numbers instead of 130."),
        Trap(_always_the_head, "You always give the head. Ask each weight whether it learns: a regime may free more."),
        Trap(_names, "These are names; an optimizer holds the parameters themselves: model.parameters()."),
        Trap(_all_thawed, "You thawed what was frozen. Only read requires_grad here; a regime has decided already."),
        Trap(_the_frozen_ones, "You gave the frozen ones; requires_grad is True where a weight learns."),
    ),
    (
        "Each parameter knows whether it learns.",
        "model.parameters() holds all of them; keep those whose requires_grad is True.",
        "Return [p for p in model.parameters() if p.requires_grad].",
    ),
    "The optimizer holds what learns, and nothing else.",
)
