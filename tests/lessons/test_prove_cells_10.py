"""What lesson 10 proves is at stake: its prove cells fail when an insert, its merging or its removal is broken."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from test_prove_cells import fails, only

import headswap
from headswap.model.inserts.lora import LowRanks

LESSON = "10_inserts"


def test_10_notices_a_lora_that_does_not_start_as_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal = only(LESSON, 0)
    monkeypatch.setattr(LowRanks, "forward", lambda self, input, output: output + 1e-6)
    fails(rehearsal)


def test_10_notices_a_merge_at_another_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = LowRanks.weight
    rehearsal = only(LESSON, 1)
    monkeypatch.setattr(LowRanks, "weight", lambda self, fan_out: 1.01 * weight(self, fan_out))
    fails(rehearsal)


def test_10_notices_a_removal_that_leaves_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    detach = headswap.detach

    def careless(body: Any, name: str) -> Any:
        with torch.no_grad():
            body.norm.weight += 1e-3
        return detach(body, name)

    rehearsal = only(LESSON, 1)
    monkeypatch.setattr(headswap, "detach", careless)
    fails(rehearsal)
