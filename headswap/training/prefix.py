"""The frozen prefix: what lies below the first learning weight is a function of the message alone.

So it is computed once and kept, and training starts from there: from one vector per message where the whole body
is frozen and the pool has no weights, from the hidden states below the first learning block otherwise.
Shape letters: N messages, B batch, T bytes, D width.
"""

from dataclasses import dataclass

import torch

from ..data.batches import ClassificationDataset, ordered_batches
from ..model.classifier import Classifier, place_of

PREFIX_BATCH = 128


@dataclass(frozen=True, slots=True)
class Prefix:
    """How far up a classifier is frozen: `blocks` blocks, or `pooled`, the whole body and its pool.

    blocks is -1 where the embeddings learn and nothing can be kept.
    """

    blocks: int
    pooled: bool

    def __str__(self) -> str:
        if self.pooled:
            return "pooled vectors"
        return "nothing" if self.blocks < 0 else f"hidden states below block {self.blocks}"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the loop trains on: ids (N, T), hidden states (N, T, D) or pooled vectors (N, D), as `prefix` says."""

    prefix: Prefix
    x: torch.Tensor
    data: ClassificationDataset

    def batch(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The chosen rows and their mask (B, T), cut to the longest message among them."""
        longest = int(self.data.lengths[index].max())
        x = self.x[index] if self.prefix.pooled else self.x[index, :longest]
        return x, self.data.mask[index, :longest]


def frozen_prefix(model: Classifier) -> Prefix:
    """How much of `model` lies below its first learning weight."""
    depth = model.body.depth
    places = {place_of(name) for name, p in model.named_parameters() if p.requires_grad}
    if "embedding" in places:
        return Prefix(-1, False)
    first = next((i for i in range(depth) if f"block[{i}]" in places), depth)
    return Prefix(first, first == depth and not places & {"norm", "pool"})


def apply_rest(model: Classifier, prefix: Prefix, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Logits (B, C) from what the prefix left: the part of the classifier above it."""
    if prefix.pooled:
        return model.head(x)
    body = model.body
    hidden = body.embed(x, mask) if prefix.blocks < 0 else x
    hidden = body.norm(body.run_blocks(hidden, mask, max(0, prefix.blocks)))
    return model.head(model.pool(hidden, mask))


@torch.no_grad()
def prepare(model: Classifier, data: ClassificationDataset, prefix: Prefix, budget: int) -> Inputs:
    """The inputs above `prefix`, computed once; plain ids where they would take more than `budget` bytes."""
    if prefix.blocks < 0 or cached_bytes(model, data, prefix) > budget:
        return Inputs(Prefix(-1, False), data.ids, data)
    body, out = model.body, _empty(model, data, prefix)
    for index in ordered_batches(data.lengths, PREFIX_BATCH):
        longest = int(data.lengths[index].max())
        ids, mask = data.ids[index, :longest], data.mask[index, :longest]
        hidden = body.run_blocks(body.embed(ids, mask), mask, 0, prefix.blocks)
        if prefix.pooled:
            out[index] = model.pool(body.norm(hidden), mask)
        else:
            out[index, :longest] = hidden
    return Inputs(prefix, out, data)


def cached_bytes(model: Classifier, data: ClassificationDataset, prefix: Prefix) -> int:
    """Bytes that keeping the prefix of `data` takes, in float32."""
    rows = len(data) if prefix.pooled else data.ids.numel()
    return 0 if prefix.blocks < 0 else 4 * rows * model.body.width


def _empty(model: Classifier, data: ClassificationDataset, prefix: Prefix) -> torch.Tensor:
    shape = (len(data),) if prefix.pooled else data.ids.shape
    return torch.zeros(*shape, model.body.width, device=data.ids.device)
