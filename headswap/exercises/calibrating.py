"""Lesson 12: the calibration error, and the one number that mends an over-sure model.

Shape letters: N messages, C classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ..calibration.temperature import fit_temperature
from .answers import Probe
from .exercise import Exercise, Trap

Part = tuple[torch.Tensor, torch.Tensor]  # logits (N, C) and labels (N,)


def ece(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    """How far the claims of a bin are from what came true, in the mean over all messages; (N, C), (N,)."""
    chance, chosen = probabilities.max(1)
    place = (chance * bins).long().clamp(max=bins - 1)
    total = 0.0
    for k in range(bins):
        here = place == k
        if here.any():
            right = (chosen == labels)[here].float().mean()
            total += here.sum().item() * abs(chance[here].mean() - right).item()
    return total / len(labels)


def temperature(validation: Part, test: Part) -> tuple[float, torch.Tensor]:
    """The temperature that suits the validation messages best, and the test's probabilities (N, C) at it."""
    logits, labels = validation
    low, high = -5.0, 5.0  # the logarithm of 1 / T
    for _ in range(30):
        middle = torch.tensor((low + high) / 2, requires_grad=True)
        (slope,) = torch.autograd.grad(F.cross_entropy(logits * middle.exp(), labels), middle)
        low, high = (low, middle.item()) if slope > 0 else (middle.item(), high)
    heat = torch.tensor(-low).exp().item()
    return heat, (test[0] / heat).softmax(1)


# ---- wrong on purpose: the error


def _bins_of(
    chance: torch.Tensor, right: torch.Tensor, bins: int, place: torch.Tensor | None = None
) -> list[tuple[int, float, float]]:
    """Each bin's count, mean claim and share that came true; an empty bin has three zeros."""
    place = (chance * bins).long().clamp(max=bins - 1) if place is None else place
    found = []
    for k in range(bins):
        here = place == k
        many = int(here.sum())
        found.append((many, *(float(of[here].float().sum()) / max(1, many) for of in (chance, right))))
    return found


def _top(probabilities: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    chance, chosen = probabilities.max(1)
    return chance, chosen == labels


def _weighted(found: Sequence[tuple[int, float, float]], of: int) -> float:
    return sum(many * abs(claimed - true) for many, claimed, true in found) / of


def _open_end(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    chance, right = _top(probabilities, labels)
    return _weighted(_bins_of(chance, right, bins, (chance * bins).long()), len(labels))


def _mean_of_bins(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    gaps = [abs(claimed - true) for many, claimed, true in _bins_of(*_top(probabilities, labels), bins) if many]
    return sum(gaps) / len(gaps)


def _mean_of_all_bins(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    return sum(abs(claimed - true) for _, claimed, true in _bins_of(*_top(probabilities, labels), bins)) / bins


def _of_spam(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    return _weighted(_bins_of(probabilities[:, 1], labels == 1, bins), len(labels))


def _spam_against_right(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    return _weighted(_bins_of(probabilities[:, 1], probabilities.argmax(1) == labels, bins), len(labels))


def _against_labels(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    return _weighted(_bins_of(probabilities.max(1).values, labels, bins), len(labels))


def _signed(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    found = _bins_of(*_top(probabilities, labels), bins)
    return sum(many * (claimed - true) for many, claimed, true in found) / len(labels)


def _signed_the_other_way(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    return -_signed(probabilities, labels, bins)


def _one_bin(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    return abs(_signed(probabilities, labels, bins))


def _no_bins(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    chance, right = _top(probabilities, labels)
    return float((chance - right.float()).abs().mean())


def _not_divided(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    return ece(probabilities, labels, bins) * len(labels)


def _largest(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    return max(abs(claimed - true) for many, claimed, true in _bins_of(*_top(probabilities, labels), bins) if many)


def _percent(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    return 100 * ece(probabilities, labels, bins)


def _middles(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    found = _bins_of(*_top(probabilities, labels), bins)
    return sum(many * abs((k + 0.5) / bins - true) for k, (many, _, true) in enumerate(found)) / len(labels)


# ---- wrong on purpose: the temperature


def _on_test(validation: Part, test: Part) -> tuple[float, torch.Tensor]:
    return temperature(test, test)


def _multiplied(validation: Part, test: Part) -> tuple[float, torch.Tensor]:
    heat = temperature(validation, test)[0]
    return 1 / heat, (test[0] / heat).softmax(1)


def _multiplied_later(validation: Part, test: Part) -> tuple[float, torch.Tensor]:
    heat = temperature(validation, test)[0]
    return heat, (test[0] * heat).softmax(1)


def _by_accuracy(validation: Part, test: Part) -> tuple[float, torch.Tensor]:
    logits, labels = validation
    heat = max((0.1 * step for step in range(1, 101)), key=lambda T: ((logits / T).argmax(1) == labels).sum())
    return heat, (test[0] / heat).softmax(1)


def _too_few_steps(validation: Part, test: Part) -> tuple[float, torch.Tensor]:
    logits, labels = validation
    heat = torch.ones(())
    for _ in range(5):
        heat.requires_grad_(True)
        (slope,) = torch.autograd.grad(F.cross_entropy(logits / heat, labels), heat)
        heat = heat.detach() - 0.1 * slope
    return heat.item(), (test[0] / heat).softmax(1)


def _left_as_they_were(validation: Part, test: Part) -> tuple[float, torch.Tensor]:
    return temperature(validation, test)[0], test[0].softmax(1)


def _no_softmax(validation: Part, test: Part) -> tuple[float, torch.Tensor]:
    heat = temperature(validation, test)[0]
    return heat, test[0] / heat


def _of_validation(validation: Part, test: Part) -> tuple[float, torch.Tensor]:
    return temperature(validation, validation)


def _softmax_first(validation: Part, test: Part) -> tuple[float, torch.Tensor]:
    heat = temperature(validation, test)[0]
    return heat, (test[0].softmax(1) / heat).softmax(1)


def _alone(validation: Part, test: Part) -> float:
    return temperature(validation, test)[0]


# ---- the questions

SURE = ((0.97, 0.03), (0.0, 1.0), (0.08, 0.92), (0.91, 0.09), (0.35, 0.65), (0.44, 0.56), (0.68, 0.32), (1.0, 0.0))
TRUE = (0, 1, 0, 0, 0, 1, 0, 1)
THREE = ((0.5, 0.3, 0.2), (0.1, 0.85, 0.05), (0.25, 0.25, 0.5), (0.15, 0.05, 0.8), (0.9, 0.06, 0.04))


def _error(probabilities: Sequence[Sequence[float]], labels: Sequence[int], bins: int) -> Probe:
    says = f"ece(probabilities, labels, {bins}) with probabilities {list(map(list, probabilities))}, labels {labels}"
    return Probe(says, lambda function: _number(function(torch.tensor(probabilities), torch.tensor(labels), bins)))


def _number(answer: object) -> object:
    """A tensor of one number is as good as the number."""
    if isinstance(answer, torch.Tensor | np.ndarray) and math.prod(answer.shape) == 1:
        return answer.item()
    return answer


def _drawn(seed: int, sure: float, count: int = 300, classes: int = 3) -> Part:
    """Logits (N, C) and labels, such that the best temperature is near `sure`."""
    generator = torch.Generator().manual_seed(seed)
    logits = 1.5 * torch.randn(count, classes, generator=generator)
    luck = -(-torch.rand(count, classes, generator=generator).log()).log()
    return sure * logits, (logits + luck).argmax(1)


NAMES = ("an over-sure model", "a model that isn't sure enough")
CLOSE = 0.06  # of the best temperature's size: a search in steps of a twentieth is good enough


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What a model says of two sets of messages, and the temperature that is best for either."""

    validation: Part
    test: Part
    best: float
    theirs: float


@cache
def _models() -> tuple[Model, Model]:
    return _model(1, 2.5, 3.2), _model(3, 0.5, 0.7)


def _model(seed: int, sure: float, surer: float) -> Model:
    """A model whose logits are `sure` times too large on validation messages, and `surer` times on the test."""
    parts = _drawn(seed, sure), _drawn(seed + 1, surer)
    best, theirs = (fit_temperature(logits.numpy(), labels.numpy()) for logits, labels in parts)
    return Model(*parts, best, theirs)


def _fitted(function: Callable[..., Any]) -> object:
    """What kind of temperature a function finds for either model, and what it makes of the test's logits."""
    found = [_heard(function(_copied(one.validation), _copied(one.test))) for one in _models()]
    kinds = [_kind(*one) for one in zip(found, _models(), strict=True)]
    if None not in found and len({round(one[0], 4) for one in found if one}) == 1:
        kinds = ["the same for both models"] * 2
    applied = [_applied(*one) for one in zip(found, _models(), strict=True)]
    return f"{_both('T is', kinds)}; {_both('the probabilities are', applied)}"


def _both(what: str, said: Sequence[str]) -> str:
    """What is true of both models, said once, or of each."""
    if len(set(said)) == 1:
        return f"{what} {said[0]}"
    return f"{what} " + " and ".join(f"{one} for {name}" for one, name in zip(said, NAMES, strict=True))


def _copied(part: Part) -> Part:
    return part[0].clone(), part[1].clone()


def _heard(answer: object) -> tuple[float, torch.Tensor] | None:
    """The pair that was asked for, or None for anything else."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return None
    heat, chances = (torch.as_tensor(one).detach().float() for one in answer)
    return heat.item(), chances


def _kind(found: tuple[float, torch.Tensor] | None, model: Model) -> str:
    if found is None:
        return "not a pair of T and probabilities"
    heat, best = found[0], model.best
    for name, wanted in (("validation's best", best), ("the test's best", model.theirs), ("1 / the best", 1 / best)):
        if abs(heat / wanted - 1) < CLOSE:
            return name
    return "between 1 and the best" if min(1, best) <= heat <= max(1, best) else f"{heat:.3f}, not {best:.3f}"


def _applied(found: tuple[float, torch.Tensor] | None, model: Model) -> str:
    if found is None:
        return "none"
    (heat, given), logits = found, model.test[0]
    known = {
        "softmax(logits / T)": (logits / heat).softmax(1),
        "softmax(logits * T)": (logits * heat).softmax(1),
        "softmax(logits)": logits.softmax(1),
        "logits / T": logits / heat,
        "those of validation": (model.validation[0] / heat).softmax(1),
        "softmax(softmax(logits) / T)": (logits.softmax(1) / heat).softmax(1),
    }
    same = (name for name, one in known.items() if one.shape == given.shape and torch.allclose(one, given, atol=1e-4))
    return next(same, "something else")


ECE = Exercise(
    ece,
    (_error(SURE, TRUE, 5), _error(SURE, TRUE, 10), _error(THREE, (0, 1, 2, 1, 0), 4)),
    (
        Trap(_open_end, "Your last bin leaves out a probability of exactly 1.0. Close it: 1.0 belongs "
             "to the last bin."),
        Trap(_mean_of_bins, "All your bins count alike. Weigh each by how many messages it holds, or a bin with two "
             "messages says as much as one with two hundred."),
        Trap(_mean_of_all_bins, "You average over the bins, empty ones included. Weigh each bin by its share of the "
             "messages."),
        Trap(_of_spam, "You use class 1's probability. Take the class that the model chose, whichever it is: its "
             "probability, and whether it was right."),
        Trap(_spam_against_right, "You compare class 1's probability with how often the verdict was right. Take the "
             "probability of the class that the model chose."),
        Trap(_against_labels, "You compare the probabilities with the labels themselves. Compare them with how often "
             "the chosen class was the right one."),
        Trap(_signed, "Your gaps have a sign, so a bin that's too sure and one that isn't sure enough cancel out. Take "
             "each bin's absolute gap."),
        Trap(_signed_the_other_way, "You take share minus claim and keep its sign, so a bin that's too sure and one "
             "that isn't sure enough cancel out. Take each bin's absolute gap."),
        Trap(_one_bin, "You take the absolute value at the end, when gaps of different sign have cancelled out. Take "
             "it in every bin."),
        Trap(_no_bins, "You compare message by message. One message is right or wrong, so even an honest .9 looks .1 "
             "off; compare the means of each bin."),
        Trap(_not_divided, "You add up over the messages. Divide by how many there are."),
        Trap(_largest, "That's the worst bin's gap, the maximum calibration error. Here we want the mean over all "
             "messages."),
        Trap(_percent, "That's in percent; return the share itself."),
        Trap(_middles, "You take the middle of each bin as its claim. Take the mean of the probabilities in it."),
    ),
    (
        "For each message you need two things: the largest probability, and whether that class was the right one.",
        "Sort the messages into bins by that probability: int(p * bins), and bins - 1 for p = 1.0. Compare two means "
        "in each bin.",
        "Return the sum over the bins of count * abs(mean probability - share right), divided by the number of "
        "messages.",
    ),
    "Big bins count more, 1.0 is in the last one, and no gap cancels another.",
)  # fmt: skip

TEMPERATURE = Exercise(
    temperature,
    (Probe("temperature(validation, test), asked about two models,", _fitted),),
    (
        Trap(_on_test, "You fit T on the test messages. That flatters the test, which you'd never have in advance: use "
             "the validation messages and their labels."),
        Trap(_multiplied, "You multiply by T. Divide: softmax(logits / T), so that a T above 1 makes it less sure."),
        Trap(_multiplied_later, "You found the right T and then multiplied by it. Divide the test's logits by it."),
        Trap(_by_accuracy, "Your T is the same for both models. If you choose it by accuracy, that's why: dividing "
             "all logits by T never changes which is largest. Choose it by the cross-entropy."),
        Trap(_too_few_steps, "Your T has left 1, but it hasn't arrived at the best one. Take more steps or larger "
             "ones, until the cross-entropy doesn't fall any more. This has happened in published code, too."),
        Trap(_left_as_they_were, "You found the right T and didn't use it. Divide the test's logits by it."),
        Trap(_no_softmax, "You return logits. Apply softmax after dividing."),
        Trap(_of_validation, "Those are the validation messages' probabilities. Return those of the test."),
        Trap(_softmax_first, "You divide probabilities. Divide the logits, then apply softmax."),
        Trap(_alone, "Return two things: T, and the test's probabilities at it."),
    ),
    (
        "Which T gives the lowest cross-entropy of logits / T on the validation messages? Any fine search from 0.1 to "
        "10 will do.",
        "Try many: min(candidates, key=lambda T: F.cross_entropy(logits / T, labels)), in steps of a hundredth.",
        "Return T and (test_logits / T).softmax(1).",
    ),
    "It's found on validation, and it makes both kinds of model honest: the over-sure and the one that isn't sure "
    "enough.",
)  # fmt: skip
