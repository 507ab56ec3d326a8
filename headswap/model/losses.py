"""What training makes small. A loss is a value: a stage brings its own, and the loop has no branch for it.

Shape letters: B batch, C classes.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import Batch


class Loss(Protocol):
    """One number from what the head puts out and the labels; `model` is there for penalties on its weights."""

    def __call__(self, model: nn.Module, output: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The loss of one batch, a scalar in nats per example."""
        ...


@dataclass(frozen=True, slots=True)
class CrossEntropy:
    """The mean over the batch of minus the log of the probability that the right class got, in nats."""

    def __call__(self, model: nn.Module, output: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The mean cross-entropy of logits (B, C) against the labels."""
        return F.cross_entropy(output, batch.labels)


CROSS_ENTROPY = CrossEntropy()
LOSSES: dict[str, type] = {"CrossEntropy": CrossEntropy}  # the kinds that a stored regime may name
