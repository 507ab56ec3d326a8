"""Small things that many tests need: a tiny base, a tiny split."""

from __future__ import annotations

import torch

from headswap import fixture
from headswap.body import BodyConfig, LanguageModel, new_language_model
from headswap.classifier import Classifier, swap_head
from headswap.data import Split
from headswap.heads import new_head
from headswap.pooling import new_pool

TINY = BodyConfig(width=16, heads=2, depth=2, max_len=24)


def tiny_split(train: int = 48, validation: int = 16, test: int = 16, seed: int = 0) -> Split:
    """A few fixture messages in the order they come."""
    messages = tuple(fixture.messages(train + validation + test, seed))
    return Split(messages[:train], messages[train : train + validation], messages[train + validation :])


def tiny_base(seed: int = 0, config: BodyConfig = TINY) -> LanguageModel:
    return new_language_model(config, seed).eval()


def tiny_classifier(pool: str = "mean", head: str = "linear", config: BodyConfig = TINY, seed: int = 0) -> Classifier:
    generator = torch.Generator().manual_seed(seed)
    base = new_language_model(config, seed)
    parts = new_pool(pool, config.width, generator), new_head(head, config.width, 2, generator)
    return swap_head(base, *parts).classifier.eval()
