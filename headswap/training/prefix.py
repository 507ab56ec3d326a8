"""The frozen prefix: what lies below the first learning weight is a function of the example alone.

So it is computed once and kept, and training starts from there: from one vector per example where the whole body
is frozen and the pool has no weights, from the state below the first learning block otherwise. The body gives the
state, its shape and its precision; nothing here knows what it means.
Shape letters: N examples, B batch, T positions, D width.
"""

from dataclasses import dataclass

import torch

from ..data.batches import Batch, ClassificationDataset, Rows, ordered_batches
from ..model.body_contract import State
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


NOTHING = Prefix(-1, False)
MOVED = "nothing, because every step moves its images anew"  # told where a prefix could have been kept
MOST_KNOWN = 2**25  # bytes that are kept for the next runs


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the loop trains on: encoded items, states or pooled vectors (N, ...), as `prefix` says."""

    prefix: Prefix
    rows: Rows
    labels: torch.Tensor

    def batch(self, index: torch.Tensor) -> Batch:
        """The chosen rows, cut to the longest example among them, and their labels."""
        return Batch(self.rows.batch(index), self.labels[index])


# What the untouched body made of one split's messages, for the latest prefixes: training and validation.
Known = dict[tuple[object, ...], tuple[Inputs, Inputs | None]]


def frozen_prefix(model: Classifier) -> Prefix:
    """How much of `model` lies below its first learning weight, an insert counting where it hangs."""
    depth = model.body.depth
    places = [place_of(model, name) for name, p in model.named_parameters() if p.requires_grad]
    parts = {place.part for place in places}
    if "embedding" in parts:
        return NOTHING
    first = min((place.block for place in places if place.block is not None), default=depth)
    return Prefix(first, first == depth and not parts & {"norm", "pool"})


def below(model: Classifier, prefix: Prefix, *inputs: torch.Tensor) -> State:
    """What the frozen prefix makes of the inputs: pooled vectors (B, D), or the state below the first that learns."""
    state = model.body.run_blocks(model.body.embed(*inputs), 0, prefix.blocks)
    return (model.pool(*model.body.finish(state)),) if prefix.pooled else state


def above(model: Classifier, prefix: Prefix, batch: Batch) -> torch.Tensor:
    """Logits (B, C) from what the prefix left: the part of the classifier above it."""
    return model.head(pooled(model, prefix, batch))


def pooled(model: Classifier, prefix: Prefix, batch: Batch) -> torch.Tensor:
    """What the head sees (B, D), from what the prefix left."""
    if prefix.pooled:
        return batch.inputs[0]
    state = model.body.embed(*batch.inputs) if prefix.blocks < 0 else batch.inputs
    return model.pool(*model.body.finish(model.body.run_blocks(state, max(0, prefix.blocks))))


def uncached(data: ClassificationDataset) -> Inputs:
    """The encoded items themselves: nothing is computed before."""
    return Inputs(NOTHING, data.rows, data.labels)


@torch.no_grad()
def prepare(model: Classifier, data: ClassificationDataset, prefix: Prefix, budget: int) -> Inputs:
    """The inputs above `prefix`, computed once; the items themselves where that would take more than `budget` bytes."""
    if prefix.blocks < 0:
        return uncached(data)
    lengths = None if prefix.pooled else data.rows.lengths
    kept: Rows | None = None
    for index in ordered_batches(data.lengths, PREFIX_BATCH):
        state = below(model, prefix, *data.rows.batch(index))
        kept = kept or _room(state, data, lengths, data.rows.longest(index))
        if _size(kept) > budget:
            return uncached(data)
        for whole, part in zip(kept.tensors, state, strict=True):
            if lengths is None:
                whole[index] = part
            else:
                whole[index, : part.shape[1]] = part
    assert kept is not None
    return Inputs(prefix, kept, data.labels)


def remember(known: Known, key: tuple[object, ...], inputs: Inputs, held_out: Inputs | None) -> None:
    """Keep what was computed; of all that is kept, the latest 32 MB."""
    known[key] = inputs, held_out
    sizes = {one: sum(held_bytes(part) for part in parts if part is not None) for one, parts in known.items()}
    for oldest in list(sizes):
        if sum(sizes.values()) > MOST_KNOWN or not sizes[oldest]:
            del known[oldest], sizes[oldest]


def held_bytes(inputs: Inputs) -> int:
    """Bytes that a computed prefix takes; 0 where nothing was computed."""
    return 0 if inputs.prefix == NOTHING else _size(inputs.rows)


def _room(state: State, data: ClassificationDataset, lengths: torch.Tensor | None, longest: int) -> Rows:
    """Zeros for the state of every example, in the precision and shape of this first batch's."""
    if lengths is None:
        return Rows(tuple(part.new_zeros(len(data), *part.shape[1:]) for part in state))
    virtual = state[0].shape[1] - longest
    positions = data.rows.tensors[0].shape[1] + virtual
    return Rows(tuple(part.new_zeros(len(data), positions, *part.shape[2:]) for part in state), lengths, virtual)


def _size(rows: Rows) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in rows.tensors)
