"""The loss of a variational head: to classify one sample of the latent numbers, and to stay near the prior.

Shape letters: B batch, Z latent numbers, C classes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import Batch
from ..errors import SettingError
from .classifier import Classifier
from .latent import LATENT, VariationalHead
from .losses import Loss, Seen


@dataclass(frozen=True, slots=True)
class Variational(Loss):
    """Cross-entropy of one sample plus 1 / Z of the divergence from N(0, I): V-TST's loss, in nats per message."""

    def __call__(self, model: nn.Module, output: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The loss of one batch, from the logits (B, C) of a sample and what the head has just kept."""
        kept = _head(model).divergences
        assert kept, "the head keeps a divergence for every training batch"
        apart = kept[-1]
        kept.clear()
        return F.cross_entropy(output, batch.labels) + apart.mean() / LATENT

    def begin(self, model: nn.Module, see: Callable[[], Seen]) -> "Variational":
        """From now on the head keeps the divergence of each batch."""
        _head(model).divergences = []
        return self

    def end(self, model: nn.Module) -> None:
        """The head keeps nothing any more."""
        head = cast(Classifier, model).head
        if isinstance(head, VariationalHead):
            head.divergences = None


def _head(model: nn.Module) -> VariationalHead:
    head = cast(Classifier, model).head
    if not isinstance(head, VariationalHead):
        kind = type(head).__name__
        raise SettingError(f"this loss is for a variational head, this is a {kind}; give the stage the other one")
    return head
