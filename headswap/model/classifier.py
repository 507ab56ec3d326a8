"""A classifier is a body, a pool and a head; the head swap keeps the first and replaces the last.

Shape letters: B batch, T positions, D width, C classes.
"""

import copy
from dataclasses import dataclass, replace

import torch
from torch import nn

from ..data.batches import Batch
from ..errors import SettingError
from .body import LanguageModel, LMBody, LMHead
from .body_contract import INSERTED, Base, Body, Place, device_of, host_name
from .heads import Head
from .losses import CROSS_ENTROPY, Loss
from .pooling import Pool


class Classifier(nn.Module):
    """Body, pool, head: inputs to hidden (B, T, D) to one vector (B, D) to logits (B, C)."""

    def __init__(self, body: Body, pool: Pool, head: Head) -> None:
        super().__init__()
        self.body, self.pool, self.head = body, pool, head
        self.objective: Loss = CROSS_ENTROPY

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Logits (B, C) of what the body reads: ids (B, T) and a mask (B, T), True on real ids, for texts."""
        return self.head(self.features(*inputs))

    def features(self, *inputs: torch.Tensor) -> torch.Tensor:
        """What the head sees: one vector per example, (B, D)."""
        state = self.body.run_blocks(self.body.embed(*inputs))
        return self.pool(*self.body.finish(state))

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """What training makes small: the mean cross-entropy in nats, unless the stage brought another loss."""
        return self.objective(self, logits, batch)


@dataclass(frozen=True, slots=True)
class Swap:
    """What a head swap kept, dropped and created, by parameter name, and the old head for putting back."""

    classifier: Classifier
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    created: tuple[str, ...]
    old_head: nn.Module


def swap_head(model: Base | Classifier, pool: Pool, head: Head) -> Swap:
    """Rip the head off, glue another one on; the body is the same object, not one bit of it changes."""
    classifier = Classifier(model.body, pool, head)
    before = {name for name, _ in model.named_parameters()}
    after = {name for name, _ in classifier.named_parameters()}
    body = tuple(name for name, _ in classifier.named_parameters() if name.startswith("body."))
    return Swap(
        classifier,
        kept=body,
        dropped=tuple(sorted(before - set(body))),
        created=tuple(sorted(after - set(body))),
        old_head=model.head,
    )


def put_back(classifier: Classifier, head: LMHead) -> LanguageModel:
    """The language model again: the classifier's body under its old head (lesson 03, lesson 11).

    A body on another device than the head gets a copy of the head there.
    """
    if not isinstance(classifier.body, LMBody):
        kind = type(classifier.body).__name__
        raise SettingError(f"a {kind} never predicted bytes; put_back takes a classifier on an LMBody")
    there = device_of(classifier.body)
    return LanguageModel(classifier.body, head if device_of(head) == there else copy.deepcopy(head).to(there))


def place_of(model: Classifier | Base, name: str) -> Place:
    """Where a parameter lives: embedding, block[i], norm, pool or head, and the insert it came with.

    The body says so for its own weights.
    """
    part, _, own = name.partition(".")
    if part in ("head", "pool"):
        return Place(part)
    first, _, rest = own.partition(".")
    if first != INSERTED:
        return model.body.place_of(own)
    shelf, insert = rest.split(".")[:2]
    return replace(model.body.place_of(host_name(shelf)), insert=insert)
