"""A classifier is a body, a pool and a head; the head swap keeps the first and replaces the last.

Shape letters: B batch, T bytes, D width, C classes.
"""

from dataclasses import dataclass

import torch
from torch import nn

from .body import LanguageModel, LMBody, LMHead
from .heads import Head
from .pooling import Pool


class Classifier(nn.Module):
    """Body, pool, head: ids (B, T) to hidden (B, T, D) to one vector (B, D) to logits (B, C)."""

    def __init__(self, body: LMBody, pool: Pool, head: Head) -> None:
        super().__init__()
        self.body, self.pool, self.head = body, pool, head

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits (B, C) of ids (B, T); mask (B, T) is True on real ids."""
        return self.head(self.pool(self.body(ids, mask), mask))


@dataclass(frozen=True, slots=True)
class Swap:
    """What a head swap kept, dropped and created, by parameter name, and the old head for putting back."""

    classifier: Classifier
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    created: tuple[str, ...]
    old_head: LMHead | Head


def swap_head(model: LanguageModel | Classifier, pool: Pool, head: Head) -> Swap:
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
    """The language model again: the classifier's body under its old head (lesson 03, lesson 11)."""
    return LanguageModel(classifier.body, head)


def place_of(name: str) -> str:
    """Where a parameter lives: head, pool, norm, embedding, block[i] or inserted, from its dotted name."""
    part, _, rest = name.partition(".")
    if "inserted" in name.split("."):
        return "inserted"
    if part in ("head", "pool"):
        return part
    field, _, tail = rest.partition(".")
    if field == "blocks":
        return f"block[{tail.partition('.')[0]}]"
    return "norm" if field == "norm" else "embedding"
