"""Lesson 11: how far weights have moved, and a penalty that pulls them back to where they began.

Shape letter: n tensors of any shapes, in the same order before and after.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from .answers import Probe
from .exercise import Exercise, Trap

Tensors = list[torch.Tensor]


def drift(before: list[torch.Tensor], after: list[torch.Tensor]) -> float:
    """How far a layer has moved: the length of its whole change over the length it began with, ‖Δw‖ / ‖w‖."""
    change = sum(float((now - was).square().sum()) for was, now in zip(before, after, strict=True))
    length = sum(float(was.square().sum()) for was in before)
    return (change / length) ** 0.5


def pull(weights: list[torch.Tensor], start: list[torch.Tensor], strength: float) -> torch.Tensor:
    """Half the strength times the squared distance of the weights from where they began (L2-SP)."""
    squares = [(now - was).square().sum() for now, was in zip(weights, start, strict=True)]
    return strength / 2 * torch.stack(squares).sum()


# ---- wrong on purpose: how far


def _mean_of_ratios(before: Tensors, after: Tensors) -> float:
    ratios = [float((now - was).norm() / was.norm()) for was, now in zip(before, after, strict=True)]
    return sum(ratios) / len(ratios)


def _sums_of_lengths(before: Tensors, after: Tensors) -> float:
    change = sum(float((now - was).norm()) for was, now in zip(before, after, strict=True))
    return change / sum(float(was.norm()) for was in before)


def _over_the_end(before: Tensors, after: Tensors) -> float:
    return drift(before, after) * _length(before) / _length(after)


def _no_root(before: Tensors, after: Tensors) -> float:
    return drift(before, after) ** 2


def _not_divided(before: Tensors, after: Tensors) -> float:
    return drift(before, after) * _length(before)


def _lengths_compared(before: Tensors, after: Tensors) -> float:
    return abs(_length(after) - _length(before)) / _length(before)


def _longer(before: Tensors, after: Tensors) -> float:
    return (_length(after) - _length(before)) / _length(before)


def _absolute(before: Tensors, after: Tensors) -> float:
    change = sum(float((now - was).abs().sum()) for was, now in zip(before, after, strict=True))
    return change / sum(float(was.abs().sum()) for was in before)


def _largest(before: Tensors, after: Tensors) -> float:
    return max(float((now - was).norm() / was.norm()) for was, now in zip(before, after, strict=True))


def _percent(before: Tensors, after: Tensors) -> float:
    return 100 * drift(before, after)


def _length(tensors: Tensors) -> float:
    return sum(float(one.square().sum()) for one in tensors) ** 0.5


# ---- wrong on purpose: a penalty


def _total(parts: Iterable[torch.Tensor]) -> torch.Tensor:
    return torch.stack([*parts]).sum()


def _to_zero(weights: Tensors, start: Tensors, strength: float) -> torch.Tensor:
    return pull(weights, [torch.zeros_like(was) for was in start], strength)


def _no_half(weights: Tensors, start: Tensors, strength: float) -> torch.Tensor:
    return 2 * pull(weights, start, strength)


def _no_strength(weights: Tensors, start: Tensors, strength: float) -> torch.Tensor:
    return pull(weights, start, 1.0)


def _means(weights: Tensors, start: Tensors, strength: float) -> torch.Tensor:
    return strength / 2 * _total((now - was).square().mean() for now, was in zip(weights, start, strict=True))


def _one_mean(weights: Tensors, start: Tensors, strength: float) -> torch.Tensor:
    return pull(weights, start, strength) / sum(was.numel() for was in start)


def _not_squared(weights: Tensors, start: Tensors, strength: float) -> torch.Tensor:
    return strength / 2 * (pull(weights, start, 2.0) + 1e-12) ** 0.5


def _lengths(weights: Tensors, start: Tensors, strength: float) -> torch.Tensor:
    return strength / 2 * _total((now - was).norm() for now, was in zip(weights, start, strict=True))


def _by_absolutes(weights: Tensors, start: Tensors, strength: float) -> torch.Tensor:
    return strength / 2 * _total((now - was).abs().sum() for now, was in zip(weights, start, strict=True))


def _pushed(weights: Tensors, start: Tensors, strength: float) -> torch.Tensor:
    return -pull(weights, start, strength)


def _without_a_gradient(weights: Tensors, start: Tensors, strength: float) -> torch.Tensor:
    return pull([now.detach() for now in weights], start, strength)


def _difference_of_squares(weights: Tensors, start: Tensors, strength: float) -> torch.Tensor:
    pairs = zip(weights, start, strict=True)
    return strength / 2 * _total(now.square().sum() - was.square().sum() for now, was in pairs)


# ---- the questions

OLD = ([3.0, 4.0], [[0.0, 12.0]])
TURNED = ([4.0, 3.0], [[0.0, 12.0]])
SHRUNK = ([0.0, 0.0], [[3.0, 4.0]])
GROWN = ([3.0, 1.0], [[4.0, 12.0]])


def _tensors(numbers: Sequence[Any]) -> list[torch.Tensor]:
    return [torch.tensor(one) for one in numbers]


def _far(after: Sequence[Any]) -> Probe:
    says = f"drift(before, after) with before {list(OLD)} and after {list(after)}"
    return Probe(says, lambda function: _number(function(_tensors(OLD), _tensors(after))))


def _number(answer: object) -> object:
    """A tensor of one number is as good as the number."""
    return answer.item() if isinstance(answer, torch.Tensor) and answer.numel() == 1 else answer


def _pulled(after: Sequence[Any], strength: float) -> Probe:
    def ask(function: Callable[..., Any]) -> dict[str, object]:
        weights = [one.requires_grad_(True) for one in _tensors(after)]
        penalty = function(weights, _tensors(OLD), strength)
        found: dict[str, object] = {"penalty": _number(penalty), "gradient": "none"}
        if isinstance(penalty, torch.Tensor) and penalty.requires_grad:
            penalty.backward()
            found["gradient"] = [0.0 if one.grad is None else one.grad for one in weights]
        return found

    return Probe(f"pull(weights, start, {strength:g}) with weights {list(after)} and start {list(OLD)}", ask)


DRIFT = Exercise(
    drift,
    (_far(GROWN), _far(TURNED), _far(SHRUNK)),
    (
        Trap(_mean_of_ratios, "You take the mean of the tensors' ratios, so a tiny bias counts as much as a large "
             "matrix. Add up the squares of all tensors first, then divide once."),
        Trap(_largest, "That's the tensor that moved most. Take all of them together: add up their squares first."),
        Trap(_sums_of_lengths, "You add up lengths. Lengths don't add up, their squares do: add the squares of all "
             "numbers, and take the root at the end."),
        Trap(_over_the_end, "You divide by the length after the run. Divide by the length it began with."),
        Trap(_no_root, "The root is missing: the squares' sum is the length squared."),
        Trap(_not_divided, "That's how long the change is. Divide it by the length that the layer began with, or large "
             "layers always seem to move furthest."),
        Trap(_lengths_compared, "You compare lengths before and after. A weight can turn without growing longer: take "
             "the length of the difference."),
        Trap(_longer, "You subtract lengths, so yours can be 0 or less for weights that have moved: take the length "
             "of the difference."),
        Trap(_absolute, "You add up absolute values. Here a length is the root of the sum of squares."),
        Trap(_percent, "That's in percent; return the share itself."),
    ),
    (
        "All tensors of a layer are one long list of numbers. How long is the change, and how long was the layer?",
        "Add up (now - was).square().sum() over all pairs, and was.square().sum() over all tensors.",
        "Return (changes / lengths) ** 0.5, where both are sums of squares over all tensors.",
    ),
    "One number for the whole layer, however many tensors it has.",
)  # fmt: skip

PULL = Exercise(
    pull,
    (_pulled(GROWN, 2.0), _pulled(TURNED, 0.5)),
    (
        Trap(_to_zero, "You pull to 0. That's weight decay, and it would make the body forget faster: measure the "
             "distance from start."),
        Trap(_no_half, "The half is missing. With it the gradient is simply strength times the distance."),
        Trap(_no_strength, "The strength is missing: multiply by strength / 2."),
        Trap(_means, "You take means, so a weight in a large matrix is hardly pulled. Add up, don't average."),
        Trap(_one_mean, "You divide by the number of weights, so each is hardly pulled. Add up, don't average."),
        Trap(_not_squared, "That's the distance itself. Square it: the further a weight goes, the harder it's pulled."),
        Trap(_lengths, "You add up each tensor's distance. Add up the squares instead: the further a weight goes, the "
             "harder it's pulled."),
        Trap(_by_absolutes, "You add up absolute values, which pull as hard at a small distance as at a large one. "
             "Use squares."),
        Trap(_pushed, "The sign is wrong: training makes the loss small, so yours pushes weights away from the start."),
        Trap(_without_a_gradient, "Your penalty has no gradient, so it pulls nothing. Keep the weights as they are: no "
             "detach, no item, no float."),
        Trap(_difference_of_squares, "Square the difference, don't take the difference of squares: yours falls when a "
             "weight shrinks, wherever it began."),
    ),
    (
        "How far is each weight from where it began? Square that, and add it all up.",
        "(now - was).square().sum() for each pair of tensors. Then times strength / 2.",
        "Return strength / 2 * sum((now - was).square().sum() for now, was in zip(weights, start)).",
    ),
    "Nothing while nothing has moved, and the further a weight goes, the harder it's pulled back.",
)  # fmt: skip
