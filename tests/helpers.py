"""Small things that many tests need: a tiny base, a tiny split."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from headswap.data import fixture
from headswap.data.messages import Split
from headswap.model.body import BodyConfig, LanguageModel, new_language_model
from headswap.model.classifier import Classifier, swap_head
from headswap.model.heads import new_head
from headswap.model.pooling import new_pool
from headswap.model.probe import Probe
from headswap.regimes.named import REGIMES
from headswap.regimes.stages import Regime

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "data" / "sms-spam" / "SMSSpamCollection"
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


def brief(name: str) -> Regime:
    """The regime of this name with a probe that makes no more steps than the epochs have; it need not converge here."""
    stages = REGIMES[name].stages
    short = tuple(replace(stage, least_steps=0) if isinstance(stage.loss, Probe) else stage for stage in stages)
    return replace(REGIMES[name], stages=short)


def until(true: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something is true, at most so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)
