"""Lesson 08: a head with a hidden layer, on features that stay what they are.

Shape letters: B batch, D width, H hidden units, C classes.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F

from .answers import Probe
from .exercise import Exercise, Trap

Layer = tuple[torch.Tensor, torch.Tensor]  # a weight (out, in) and a bias (out,)
Heading = Callable[[torch.Tensor, Layer, Layer], torch.Tensor]


def feature_head(
    features: torch.Tensor, first: tuple[torch.Tensor, torch.Tensor], second: tuple[torch.Tensor, torch.Tensor]
) -> torch.Tensor:
    """Logits (B, C) of features (B, D): two layers, each a (weight, bias), and a relu in between."""
    weight, bias = first
    hidden = torch.relu(features @ weight.T + bias)  # (B, H)
    weight, bias = second
    return hidden @ weight.T + bias


def _straight(features: torch.Tensor, layer: Layer) -> torch.Tensor:
    return features @ layer[0].T + layer[1]


def _never_bent(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return _straight(_straight(features, first), second)


def _bent_twice(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return torch.relu(feature_head(features, first, second))


def _bent_at_the_end(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return torch.relu(_never_bent(features, first, second))


def _bent_before(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return _never_bent(torch.relu(features), first, second)


def _gelu(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return _straight(F.gelu(_straight(features, first)), second)


def _no_first_bias(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return _straight(torch.relu(features @ first[0].T), second)


def _no_second_bias(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return torch.relu(_straight(features, first)) @ second[0].T


def _no_bias(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return torch.relu(features @ first[0].T) @ second[0].T


def _bias_after_the_bend(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return _straight(torch.relu(features @ first[0].T) + first[1], second)


def _probabilities(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return feature_head(features, first, second).softmax(1)


def _transposed(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return torch.relu(features @ first[0] + first[1]) @ second[0] + second[1]


def _second_alone(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return features @ second[0].T + second[1]


def _first_alone(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return torch.relu(_straight(features, first))


def _cut_off(features: torch.Tensor, first: Layer, second: Layer) -> torch.Tensor:
    return feature_head(features, first, second).detach()


def _layer(fan_in: int, fan_out: int, generator: torch.Generator) -> Layer:
    """A weight and a bias that are far from 0, and ask for gradients."""
    weight, bias = (torch.randn(size, generator=generator) for size in ((fan_out, fan_in), (fan_out,)))
    return weight.requires_grad_(), bias.requires_grad_()


def _asker(messages: int, width: int, hidden: int, classes: int) -> Callable[[Heading], dict[str, Any]]:
    """The logits of so many messages, and whether a gradient can flow back from them to every weight and bias."""

    def ask(function: Heading) -> dict[str, Any]:
        generator = torch.Generator().manual_seed(8)
        features = torch.randn(messages, width, generator=generator)
        first, second = _layer(width, hidden, generator), _layer(hidden, classes, generator)
        logits = function(features, first, second)
        return {"logits": logits, "can learn": _reached(logits, (*first, *second))}

    return ask


def _reached(logits: object, weights: Sequence[torch.Tensor]) -> bool:
    """Whether the gradient of the logits reaches all of the weights."""
    if not isinstance(logits, torch.Tensor) or not logits.requires_grad:
        return False
    return None not in torch.autograd.grad(logits.sum(), weights, allow_unused=True)


FEATURE_HEAD = Exercise(
    feature_head,
    (
        Probe("feature_head(features, first, second) with D, H and C all 3, for six messages", _asker(6, 3, 3, 3)),
        Probe("feature_head(features, first, second) with D = 3, H = 4, C = 2", _asker(3, 3, 4, 2)),
        Probe("feature_head(features, first, second) for a single message", _asker(1, 2, 5, 2)),
    ),
    (
        Trap(_never_bent, "Nothing bends here: without a relu between them, two linear layers are one linear layer. "
             "Put torch.relu around the first."),
        Trap(_bent_twice, "You bent the logits as well; a logit must be free to go below 0. Keep the relu between the "
             "two layers."),
        Trap(_bent_at_the_end, "Your relu comes after the second layer; it belongs between the two."),
        Trap(_bent_before, "Your relu comes before the first layer; it belongs between the two."),
        Trap(_gelu, "That's gelu. It bends too, but this head uses torch.relu, as the library's does."),
        Trap(_no_first_bias, "You forgot the first layer's bias: add it before the relu."),
        Trap(_no_second_bias, "You forgot the second layer's bias: add it to the logits."),
        Trap(_no_bias, "You forgot both biases; each layer adds its own after the multiplication."),
        Trap(_bias_after_the_bend, "You added the first bias after the relu. Add it before: the bias decides where the "
             "unit bends."),
        Trap(_probabilities, "These are probabilities. Return the raw logits: cross_entropy does the softmax itself."),
        Trap(_transposed, "Your weights are the wrong way round. A weight is (out, in), so multiply by weight.T."),
        Trap(_second_alone, "Your second layer gets the features themselves. Give it what the first layer makes of "
             "them."),
        Trap(_first_alone, "That's the hidden layer, (B, H). The second layer still has to make logits of it."),
        Trap(_cut_off, "The numbers are right, but not every weight gets a gradient: do without detach, no_grad and "
             "numpy, or the head can't learn."),
    ),
    (
        "A linear layer multiplies by its weight and adds its bias. You need two of them, and something in between.",
        "A weight is (out, in), so features @ weight.T + bias is one layer. The relu goes around the first.",
        "With w1, b1 = first: hidden = torch.relu(features @ w1.T + b1). The same again for the second, without relu.",
    ),
    "Two linear layers with a bend between them: that's a feature head.",
)  # fmt: skip
