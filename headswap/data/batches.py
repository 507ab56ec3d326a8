"""Examples as tensors, and the batches that feed a model.

Shape letters: N messages, B batch, T bytes.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch

from ..errors import DataError
from .messages import Example
from .tokenizer import ByteTokenizer


@dataclass(frozen=True, slots=True)
class Rows:
    """Tensors whose first axis is the example: encoded items (ids and mask, pixels), or hidden states.

    Where `lengths` (N,) are given, the second axis of every tensor is the position, and a batch is cut to its
    longest example; they stay on the CPU, where batches are planned. `virtual` positions stand there for every
    example, beside its own. Without lengths every example is as large as the next and nothing is cut.
    """

    tensors: tuple[torch.Tensor, ...]
    lengths: torch.Tensor | None = None
    virtual: int = 0

    def batch(self, index: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The rows at `index`, cut to the longest example among them."""
        if self.lengths is None:
            return tuple(tensor[index] for tensor in self.tensors)
        longest = self.longest(index)
        return tuple(tensor[index, :longest] for tensor in self.tensors)

    def longest(self, index: torch.Tensor) -> int:
        """Positions that the longest example at `index` takes; 0 where nothing is cut."""
        return 0 if self.lengths is None else self.virtual + int(self.lengths[index].max())

    def to(self, device: torch.device | str) -> Self:
        """The same rows on another device."""
        return replace(self, tensors=tuple(tensor.to(device) for tensor in self.tensors))


@dataclass(frozen=True, slots=True)
class Batch:
    """A few examples: what a model reads of them, and their labels (B,)."""

    inputs: tuple[torch.Tensor, ...]
    labels: torch.Tensor


def encode_texts(texts: Sequence[str], max_len: int, *, cls: bool = False) -> Rows:
    """Texts as ids (N, T) int64 and mask (N, T) bool, pads on the right, T at most `max_len`.

    With `cls`, every row starts with the cls id, as the CLS pool wants it.
    """
    ids, mask = ByteTokenizer().batch(texts, max_len, cls=cls)
    return Rows((ids, mask), mask.sum(1))


class ClassificationDataset:
    """Messages as padded ids and a mask, ready to be cut into batches.

    ids (N, T) int64 and mask (N, T) bool have the pads on the right, T at most `max_len`; labels (N,) int64.
    With `cls`, every row starts with the cls id, as the CLS pool wants it. `of` makes one of anything that a body
    has encoded. Raises DataError for no messages, an empty message, or a label outside 0..classes-1.
    """

    def __init__(
        self,
        messages: Sequence[Example],
        max_len: int = 32,
        *,
        cls: bool = False,
        classes: int = 2,
        device: torch.device | str = "cpu",
    ) -> None:
        _check_examples(messages, classes)
        self._fill(messages, encode_texts([m.text for m in messages], max_len, cls=cls), classes, device)

    @classmethod
    def of(cls, examples: Sequence[Example], rows: Rows, classes: int, device: torch.device | str = "cpu") -> Self:
        """The dataset of `examples` that a body has encoded as `rows`."""
        _check_examples(examples, classes)
        made = cls.__new__(cls)
        made._fill(examples, rows, classes, device)
        return made

    def _fill(self, examples: Sequence[Example], rows: Rows, classes: int, device: torch.device | str) -> None:
        self.rows = rows.to(device)
        self.labels = torch.tensor([e.label for e in examples], device=device)
        self.lengths = torch.ones(len(examples), dtype=torch.int64) if rows.lengths is None else rows.lengths
        self.classes = classes

    def to(self, device: torch.device | str) -> Self:
        """The same data on another device."""
        made = copy.copy(self)
        made.rows, made.labels = self.rows.to(device), self.labels.to(device)
        return made

    @property
    def ids(self) -> torch.Tensor:
        """The first of what the body reads: ids (N, T) for texts."""
        return self.rows.tensors[0]

    @property
    def mask(self) -> torch.Tensor:
        """The second of what the body reads: mask (N, T), True on real ids."""
        return self.rows.tensors[1]

    def __len__(self) -> int:
        return len(self.labels)


def random_batches(count: int, batch_size: int, generator: torch.Generator) -> list[torch.Tensor]:
    """One epoch of batches of indices: each message once, in random order. Draws only from `generator`."""
    return list(torch.randperm(count, generator=generator).split(batch_size))


def shuffled_batches(
    lengths: torch.Tensor, batch_size: int, generator: torch.Generator, pool: int = 8
) -> list[torch.Tensor]:
    """One epoch of batches of indices: each message once, in random order, neighbours of similar length.

    Messages are shuffled, sorted by length within runs of `pool` batches, cut, and the batches shuffled, so that
    a batch carries few pads. Where spam is longer than ham, such batches hold much of one class: that is for reading
    without labels, not for learning them. Draws only from `generator`.
    """
    order = torch.randperm(len(lengths), generator=generator)
    runs = [run[lengths[run].argsort(stable=True)] for run in order.split(pool * batch_size)]
    batches = [batch for run in runs for batch in run.split(batch_size)]
    return [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]


def ordered_batches(lengths: torch.Tensor, batch_size: int) -> list[torch.Tensor]:
    """Batches of indices from the shortest message to the longest: the least padding, and nothing drawn."""
    return list(lengths.argsort(stable=True).split(batch_size))


def _check_examples(examples: Sequence[Example], classes: int) -> None:
    if not examples:
        raise DataError("there are no messages; give at least one")
    for i, example in enumerate(examples):
        if not example.text:
            raise DataError(f"message {i} is empty; remove it or give it a text")
        if not 0 <= example.label < classes:
            raise DataError(f"message {i} has label {example.label}; labels run from 0 to {classes - 1}")
