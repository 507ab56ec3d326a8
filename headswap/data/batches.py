"""Messages as tensors, and the batches that feed a model.

Shape letters: N messages, B batch, T bytes.
"""

from collections.abc import Sequence

import torch

from ..errors import DataError
from .messages import Message
from .tokenizer import ByteTokenizer


class ClassificationDataset:
    """Messages as padded ids and a mask, ready to be cut into batches.

    ids (N, T) int64 and mask (N, T) bool have the pads on the right, T at most `max_len`; labels (N,) int64.
    With `cls`, every row starts with the cls id, as the CLS pool wants it. Raises DataError for no messages, an
    empty message, or a label outside 0..classes-1.
    """

    def __init__(
        self,
        messages: Sequence[Message],
        max_len: int = 32,
        *,
        cls: bool = False,
        classes: int = 2,
        device: torch.device | str = "cpu",
    ) -> None:
        _check_messages(messages, classes)
        ids, mask = ByteTokenizer().batch([m.text for m in messages], max_len, cls=cls)
        self.ids, self.mask = ids.to(device), mask.to(device)
        self.labels = torch.tensor([m.label for m in messages], device=device)
        self.lengths = mask.sum(1)  # (N,) on the CPU, where batches are planned
        self.classes = classes

    def __len__(self) -> int:
        return len(self.labels)


def shuffled_batches(
    lengths: torch.Tensor, batch_size: int, generator: torch.Generator, pool: int = 8
) -> list[torch.Tensor]:
    """One epoch of batches of indices: each message once, in random order, neighbours of similar length.

    Messages are shuffled, sorted by length within runs of `pool` batches, cut, and the batches shuffled, so that
    a batch carries few pads. Draws only from `generator`.
    """
    order = torch.randperm(len(lengths), generator=generator)
    runs = [run[lengths[run].argsort(stable=True)] for run in order.split(pool * batch_size)]
    batches = [batch for run in runs for batch in run.split(batch_size)]
    return [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]


def ordered_batches(lengths: torch.Tensor, batch_size: int) -> list[torch.Tensor]:
    """Batches of indices from the shortest message to the longest: the least padding, and nothing drawn."""
    return list(lengths.argsort(stable=True).split(batch_size))


def _check_messages(messages: Sequence[Message], classes: int) -> None:
    if not messages:
        raise DataError("there are no messages; give at least one")
    for i, message in enumerate(messages):
        if not message.text:
            raise DataError(f"message {i} is empty; remove it or give it a text")
        if not 0 <= message.label < classes:
            raise DataError(f"message {i} has label {message.label}; labels run from 0 to {classes - 1}")
