"""What lesson 15 proves is at stake: its prove cell fails where a frozen body's weight or buffer has moved."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from test_prove_cells import SWITCH, fails, only

LESSON = "15_images"


def meddling(rehearsal: Any, meddle: Any) -> None:
    """Every run of the cell now ends with something done to the body."""
    headswap = rehearsal.space["headswap"]
    train = headswap.run_regime

    class Meddled:
        Recipe = headswap.Recipe

        @staticmethod
        def run_regime(*given: Any) -> Any:
            history = train(*given)
            with torch.no_grad():
                meddle(history.classifier.body)
            return history

    rehearsal.space["headswap"] = Meddled


def test_15_notices_one_weight_of_a_frozen_transformer_that_has_moved() -> None:
    rehearsal = only(LESSON, 0)
    meddling(rehearsal, lambda body: body.norm.bias[0].add_(1e-6))
    fails(rehearsal)


def test_15_notices_one_running_mean_of_a_frozen_network_that_has_moved() -> None:
    def drift(body: Any) -> None:
        for name, buffer in body.named_buffers():
            if name == "blocks.0.norm1.running_mean":
                buffer[0] += 1e-6

    rehearsal = only(LESSON, 0)
    meddling(rehearsal, drift)
    fails(rehearsal)


def test_15_breaks_its_promise_in_words_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    rehearsal = only(LESSON, 0)
    exec(rehearsal.proofs[0].replace(SWITCH, "break_it = True"), rehearsal.space)
    assert "WideResNet 21 buffers: changed" in capsys.readouterr().out
