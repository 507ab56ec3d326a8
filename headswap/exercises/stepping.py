"""Lesson 05: one training step, its four parts in their order.

Shape letters: B batch, T bytes.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import Optimizer

from ..model.classifier import Classifier
from .answers import Function, Probe
from .exercise import Exercise, Trap
from .freezing import freeze, groups, tiny

Seen = Callable[[nn.Parameter, list[float], list[str]], object]
IDS = ((1, 2, 3), (4, 1, 0))  # two messages; the second ends in a pad
MASK = ((True, True, True), (True, True, False))
LABELS = (1, 0)


def train_step(
    model: Classifier, optimizer: Optimizer, ids: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor
) -> float:
    """Let the model learn from one batch, ids and mask (B, T), labels (B,); the loss it had, as a plain number."""
    optimizer.zero_grad()
    loss = F.cross_entropy(model(ids, mask), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


# ---- wrong on purpose: one misconception each

# What a wrong step is called with: the model, the optimizer, and ids, mask, labels.
Given = torch.Tensor


def _gradients_pile_up(model: Classifier, optimizer: Optimizer, ids: Given, mask: Given, labels: Given) -> float:
    loss = F.cross_entropy(model(ids, mask), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def _cleared_at_the_end(model: Classifier, optimizer: Optimizer, ids: Given, mask: Given, labels: Given) -> float:
    loss = _gradients_pile_up(model, optimizer, ids, mask, labels)
    optimizer.zero_grad()
    return loss


def _cleared_before_the_step(model: Classifier, optimizer: Optimizer, ids: Given, mask: Given, labels: Given) -> float:
    loss = F.cross_entropy(model(ids, mask), labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


def _step_before_backward(model: Classifier, optimizer: Optimizer, ids: Given, mask: Given, labels: Given) -> float:
    optimizer.zero_grad()
    loss = F.cross_entropy(model(ids, mask), labels)
    optimizer.step()
    loss.backward()
    return loss.item()


def _no_backward(model: Classifier, optimizer: Optimizer, ids: Given, mask: Given, labels: Given) -> float:
    optimizer.zero_grad()
    loss = F.cross_entropy(model(ids, mask), labels)
    optimizer.step()
    return loss.item()


def _no_step(model: Classifier, optimizer: Optimizer, ids: Given, mask: Given, labels: Given) -> float:
    optimizer.zero_grad()
    loss = F.cross_entropy(model(ids, mask), labels)
    loss.backward()
    return loss.item()


def _softmax_first(model: Classifier, optimizer: Optimizer, ids: Given, mask: Given, labels: Given) -> float:
    optimizer.zero_grad()
    loss = F.cross_entropy(model(ids, mask).softmax(1), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def _summed(model: Classifier, optimizer: Optimizer, ids: Given, mask: Given, labels: Given) -> float:
    optimizer.zero_grad()
    loss = F.cross_entropy(model(ids, mask), labels, reduction="sum")
    loss.backward()
    optimizer.step()
    return loss.item()


def _mask_ignored(model: Classifier, optimizer: Optimizer, ids: Given, mask: Given, labels: Given) -> float:
    return train_step(model, optimizer, ids, torch.ones_like(mask), labels)


def _loss_afterwards(model: Classifier, optimizer: Optimizer, ids: Given, mask: Given, labels: Given) -> float:
    train_step(model, optimizer, ids, mask, labels)
    return F.cross_entropy(model(ids, mask), labels).item()


def _with_its_graph(model: Classifier, optimizer: Optimizer, ids: Given, mask: Given, labels: Given) -> torch.Tensor:
    optimizer.zero_grad()
    loss = F.cross_entropy(model(ids, mask), labels)
    loss.backward()
    optimizer.step()
    return loss


# ---- questions


def _after(steps: int, seen: Function) -> Function:
    """What is seen of the head's bias and of the returned losses after some steps on a model with a frozen body."""

    def ask(function: Function) -> object:
        model = tiny()
        freeze(model)  # the head keeps the gradient of a step before: it must not count
        optimizer = torch.optim.SGD(groups(model), lr=0.1)
        heard = _listen(model, optimizer)
        batch = torch.tensor(IDS), torch.tensor(MASK), torch.tensor(LABELS)
        losses = [function(model, optimizer, *(part.clone() for part in batch)) for _ in range(steps)]
        return seen(model.head.linear.bias, losses, heard)

    return ask


def _listen(model: Classifier, optimizer: Optimizer) -> list[str]:
    """A list that hears of every gradient of the head's bias and of every step, as they come."""
    heard: list[str] = []
    model.head.linear.bias.register_hook(lambda _: heard.append("gradient"))
    optimizer.register_step_pre_hook(lambda *_: heard.append("step"))
    return heard


def _first(bias: nn.Parameter, losses: list[float], heard: list[str]) -> dict[str, object]:
    graph = any(isinstance(loss, torch.Tensor) and loss.requires_grad for loss in losses)
    return {"the head": _story(bias, heard), "its bias": bias, "the loss": losses[0], "with its graph": graph}


def _three(bias: nn.Parameter, losses: list[float], heard: list[str]) -> dict[str, object]:
    return {"the losses": losses, "the head's bias": bias}


def _story(bias: nn.Parameter, heard: list[str]) -> str:
    """Whether the head moved in the first step, and if not, what was missing."""
    if bias.detach().count_nonzero() > 0:  # a bias begins at 0
        return "moved"
    if "gradient" not in heard:
        return "stayed: no gradient was computed"
    if "step" not in heard:
        return "stayed: optimizer.step() was never called"
    if heard.index("step") < heard.index("gradient"):
        return "stayed: optimizer.step() came before the gradient"
    return "stayed: the gradient was gone when optimizer.step() came"


TRAIN_STEP = Exercise(
    train_step,
    (
        Probe("One train_step(model, optimizer, ids, mask, labels)", _after(1, _first)),
        Probe("A row of three train_step", _after(3, _three)),
    ),
    (
        Trap(_gradients_pile_up, "Gradients pile up: backward() adds to what is there. Clear them before each step."),
        Trap(_cleared_at_the_end, "You clear the gradients last, so what was there before your first step has already "
             "moved the weights: optimizer.zero_grad() comes first."),
        Trap(_cleared_before_the_step, "You clear the gradients between backward() and step(): nothing is left to "
             "step along. Clear them first."),
        Trap(_step_before_backward, "step() comes before backward(): at that moment there is no gradient yet."),
        Trap(_no_backward, "backward() is missing: without it no weight has a gradient, and step() moves nothing."),
        Trap(_no_step, "step() is missing: the gradients are there, and no weight has moved along them."),
        Trap(_softmax_first, "Softmax before cross-entropy: it takes the raw logits and does the softmax itself."),
        Trap(_summed, "The loss is summed: with twice the messages the step would be twice as long. Take the mean."),
        Trap(_mask_ignored, "You don't pass on the mask, so a pad counts as a byte: model(ids, mask)."),
        Trap(_loss_afterwards, "You return the loss after the step; return the one that the step was made from."),
        Trap(_with_its_graph, "You return the tensor, and it keeps the whole graph in memory: return loss.item()."),
    ),
    (
        "Four lines: clear the old gradients, compute the loss, go backward, take the step. In which order?",
        "optimizer.zero_grad(), F.cross_entropy(model(ids, mask), labels), loss.backward(), optimizer.step().",
        "In exactly that order; then return loss.item(), a number without its graph.",
    ),
    "Old gradients gone, loss, backward, step: this is the whole training loop, but for the loop.",
)  # fmt: skip
