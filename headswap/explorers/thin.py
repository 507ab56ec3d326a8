"""How thin a learned change is: what fine-tuning did to each matrix of a body, cut down to a rank.

Shape letter: r rank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from ..data.messages import Example, Split
from ..model.body import LanguageModel
from ..model.classifier import Classifier
from ..model.copies import lazy_copy
from ..training.spec import judge
from .controls import stops
from .widget import Block, Explorer, card, curves, headlines, line, words

RANKS = (0, 1, 2, 3, 4, 6, 8, 16, 64)
WHOLE = RANKS[-1]  # the width: a matrix of the body has no higher rank


@dataclass(frozen=True, slots=True)
class Kept:
    """A rank, the numbers that hold what it keeps of the change, and F1 with no more than that."""

    rank: int
    numbers: int
    f1: float


def thin(model: Classifier, base: LanguageModel, split: Split) -> Explorer:
    """What fine-tuning changed in each matrix, cut down to a rank: slide it, and see what F1 is left.

    `model` is a classifier that was fine-tuned from `base`; nothing of it changes. Its head stays as it is; biases and
    norms go back to what they were. F1 is measured on the split's validation messages.
    """
    found = [kept_of(model, base, split.validation, rank) for rank in RANKS]
    tuned = judge(model, "validation", split.validation).metrics.f1
    total = sum(p.numel() for p in model.body.parameters())
    controls = [stops("rank", "Rank to keep of each matrix's change", RANKS[0], RANKS)]
    return Explorer("A thin change", controls, partial(_show, found, tuned, total, len(split.validation)))


@torch.no_grad()
def thinned(model: Classifier, base: LanguageModel, rank: int) -> tuple[Classifier, int]:
    """A copy whose body's matrices keep only the rank-r part of their change, and how many numbers hold that part.

    The nearest matrix of rank r to the change is its first r singular directions (Eckart and Young 1936).
    """
    body, numbers, began = lazy_copy(model.body), 0, dict(base.body.named_parameters())
    for name, weight in body.named_parameters():
        if weight.dim() != 2 or rank == 0:
            weight.copy_(began[name])
            continue
        left, sizes, right = torch.linalg.svd(weight - began[name], full_matrices=False)
        weight.copy_(began[name] + (left[:, :rank] * sizes[:rank]) @ right[:rank])
        numbers += min(rank * sum(weight.shape), weight.numel())
    return Classifier(body, model.pool, model.head), numbers


def kept_of(model: Classifier, base: LanguageModel, messages: Sequence[Example], rank: int) -> Kept:
    """What is left of a fine-tuned classifier at this rank."""
    left, numbers = thinned(model, base, rank)
    return Kept(rank, numbers, judge(left, "validation", messages).metrics.f1)


def _show(found: Sequence[Kept], tuned: float, total: int, n: int, value: Mapping[str, Any]) -> list[Block]:
    place, now = next((i, kept) for i, kept in enumerate(found) if kept.rank == value["rank"])
    share, last = now.numbers / total, len(found) - 1
    so_far = [(i, kept.f1) for i, kept in enumerate(found[: place + 1])]  # what is above is for the learner to find
    lines = [line("with what is kept", so_far), line("fine-tuned", [(0, tuned), (last, tuned)], True)]
    return [
        headlines("What is left", [
            card("numbers kept", f"{now.numbers:,}", f"{share:.0%} of the body's {total:,}"),
            card("F1 with that", f"{now.f1:.2f}", f"{tuned:.2f} with all that fine-tuning changed"),
        ]),
        curves("F1 by the rank that is kept", "rank", "F1", lines, x_range=(0, last), y_range=(_floor(found), 1.0))
        | {"words": [str(kept.rank) for kept in found], "rule": place},
        words("How sure", f"One run, {n} validation messages, half of them spam: F1 is uncertain by about ± .05. "
              "Rank 0 keeps nothing: the trained head on the pretrained body."),
    ]  # fmt: skip


def _floor(found: Sequence[Kept]) -> float:
    return int(10 * min(kept.f1 for kept in found)) / 10
