"""The table of every regime says how much hangs on the rate."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from benchmarks.every import by_rate
from headswap.training.spec import Result


def said(probability: float) -> Result:
    """A result that gives the right class this probability."""
    validation = SimpleNamespace(probabilities=((1 - probability, probability),), labels=(1,))
    return cast(Result, SimpleNamespace(name="lora", validation=validation))


def test_each_rate_has_its_mean_loss_and_its_wins_and_one_that_diverged_says_so() -> None:
    seeds = [[said(0.5), said(0.9), None], [said(0.5), said(0.25), said(0.3)]]
    row = by_rate("order", {"lora": seeds})[-1]
    assert row.split() == ["lora", "0.001", "0.693", "0.746", "diverged", "1", "/", "1", "/", "0"]
