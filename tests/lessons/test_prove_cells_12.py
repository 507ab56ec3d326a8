"""What lesson 12 proves is at stake: features that move, a head without samples and a bent verdict are noticed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from test_prove_cells import SWITCH, only_proofs

from headswap import Recipe, run_regime
from headswap.data.sources import PracticeData
from headswap.explorers import lesson_base
from headswap.model.latent import VariationalHead

SPLIT, BASE = PracticeData(32, fresh=160).split(0), lesson_base()
SURE = run_regime(BASE, SPLIT, "full", Recipe(epochs=2, learning_rate=3e-3)).classifier
FIRST, SECOND = only_proofs("12_calibration")


def space() -> dict[str, Any]:
    """What the lesson has before its proofs, smaller."""
    return {"torch": torch, "split": SPLIT, "base": BASE, "sure": SURE, "run_regime": run_regime, "Recipe": Recipe}


def test_12_holds_as_it_is_and_breaks_its_promise_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    there = space()
    exec(FIRST, there)
    exec(SECOND, there)
    exec(FIRST.replace(SWITCH, "break_it = True"), there)
    said = capsys.readouterr().out
    assert "as they were, bit for bit" in said and "second stage: changed" in said


def test_12_notices_a_weight_of_the_body_that_moves_in_the_second_stage() -> None:
    def moving(*given: Any) -> Any:
        history = run_regime(*given)
        with torch.no_grad():
            history.classifier.body.get_parameter("norm.bias")[0] += 1e-6
        return history

    with pytest.raises(AssertionError):
        exec(FIRST, space() | {"run_regime": moving})


def test_12_notices_samples_that_are_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    there = space()
    exec(FIRST, there)
    averaged = VariationalHead.averaged
    first = lambda head, pooled, noise: averaged(head, pooled, noise[:1])  # noqa: E731
    monkeypatch.setattr(VariationalHead, "averaged", first)
    with pytest.raises(AssertionError):
        exec(SECOND, there)
