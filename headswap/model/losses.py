"""What training makes small. A loss is a value: a stage brings its own, and the loop has no branch for it.

Shape letters: B batch, C classes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import Batch


@dataclass(frozen=True, slots=True)
class Seen:
    """What the head will see: features (N, D) and labels (N,), of training and, where there is one, validation.

    `fixed` where nothing below the head learns: then the features stay what they are.
    """

    features: torch.Tensor
    labels: torch.Tensor
    validation: tuple[torch.Tensor, torch.Tensor] | None
    classes: int
    fixed: bool


class Loss:
    """One number from what the head puts out and the labels; `model` is there for penalties on its weights.

    A loss of one's own says what it is when called; the rest it need not know.
    """

    __slots__ = ()
    floor: float | None = None  # the least value that it can take on the training messages, where that is known

    def __call__(self, model: nn.Module, output: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The loss of one batch, a scalar in nats per example."""
        raise NotImplementedError

    def begin(self, model: nn.Module, see: Callable[[], Seen]) -> "Loss":
        """The loss for this stage, now that the head's inputs are known; called once, before the first step."""
        return self

    def end(self, model: nn.Module) -> None:
        """Leave the model as it would be without this loss; called once, after the last step or when stopped."""


@dataclass(frozen=True, slots=True)
class CrossEntropy(Loss):
    """The mean over the batch of minus the log of the probability that the right class got, in nats."""

    def __call__(self, model: nn.Module, output: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The mean cross-entropy of logits (B, C) against the labels."""
        return F.cross_entropy(output, batch.labels)


CROSS_ENTROPY = CrossEntropy()
