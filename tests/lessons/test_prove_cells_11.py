"""What lesson 11 proves is at stake: its prove cell fails where a frozen body, or taking off, leaves a trace."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from test_prove_cells import SWITCH, fails, only

from headswap.model.inserts.attach import detach
from headswap.results import forgetting

LESSON = "11_forgetting"


def test_11_notices_a_removal_that_leaves_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(body: Any, name: str) -> Any:
        with torch.no_grad():
            body.norm.weight += 1e-3
        return detach(body, name)

    rehearsal = only(LESSON, 0)
    monkeypatch.setattr(forgetting, "detach", careless)
    fails(rehearsal)


def test_11_notices_one_weight_of_a_frozen_body_that_has_moved() -> None:
    rehearsal = only(LESSON, 0)
    train = rehearsal.space["run_regime"]

    def moving(*given: Any) -> Any:
        history = train(*given)
        with torch.no_grad():
            history.classifier.body.norm.bias[0] += 1e-6
        return history

    rehearsal.space["run_regime"] = moving
    fails(rehearsal)


def test_11_breaks_its_promise_in_words_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    rehearsal = only(LESSON, 0)
    exec(rehearsal.proofs[0].replace(SWITCH, "break_it = True"), rehearsal.space)
    assert "adapters-houlsby   changed for good" in capsys.readouterr().out
