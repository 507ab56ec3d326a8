"""A learner's LoRA and adapter in a real run: right ones do what the library's do, wrong ones show where."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from headswap import fixture_split
from headswap.data.messages import Split
from headswap.exercises import yours, yours_inserts
from headswap.exercises.inserting import ADAPTER, LORA, MERGE, NEW_LORA, adapter, lora, merge, new_lora
from headswap.explorers import Explorer, lesson_base

BASE = lesson_base()
WHOLE = fixture_split()
SPLIT = Split(WHOLE.train[:160], (), WHOLE.test)


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two epochs tell a right insert from a wrong one."""
    monkeypatch.setattr(yours_inserts, "EPOCHS", 2)


def wrong(exercise: Any, name: str) -> Any:
    return next(trap.wrong for trap in exercise.traps if trap.wrong.__name__ == name)


def stub(*_: Any) -> None:
    """Not written yet."""
    ...


def test_a_right_lora_starts_as_the_identity_learns_as_many_weights_and_merges() -> None:
    found = yours.lora(new_lora, lora, merge, BASE, SPLIT)
    theirs, mine = found.rows
    assert theirs[1:3] == mine[1:3] == ("2,048", "0, exactly")
    assert theirs[4] == mine[4] == "under 0.00001"
    assert "works as the library's does" in found.said


def test_a_b_that_is_drawn_moves_the_model_before_it_learns_and_is_named() -> None:
    found = yours.lora(wrong(NEW_LORA, "_both_drawn"), lora, merge, BASE, SPLIT)
    assert float(found.rows[1][2]) > 0.1
    assert "new_lora: B isn't zeros" in found.said


def test_a_merge_at_another_scale_moves_the_trained_model() -> None:
    found = yours.lora(new_lora, lora, wrong(MERGE, "_merged_undivided"), BASE, SPLIT)
    assert float(found.rows[1][4]) > 1e-3
    assert "merge: alpha isn't divided" in found.said


def test_a_right_adapter_ends_where_the_library_ends() -> None:
    found = yours.adapters(adapter, BASE, SPLIT)
    theirs, mine = found.rows
    assert theirs[1:] == mine[1:]
    assert "what the library's does" in found.said


def test_an_adapter_without_a_way_past_moves_the_model_before_it_learns() -> None:
    found = yours.adapters(wrong(ADAPTER, "_no_way_past"), BASE, SPLIT)
    assert float(found.rows[1][2]) > 0.1
    assert "What came in is gone" in found.said


def test_the_machine_shows_the_learners_lora() -> None:
    drawn = yours.lora_machine(new_lora, lora, BASE)
    assert isinstance(drawn, Explorer)
    assert drawn.value["regime"] == "yours"
    assert drawn.find("The machine")["tag"] == "yours"
    drawn.set(regime="full")
    drawn.set(regime="yours")


@pytest.mark.parametrize("broken", [lambda *_: 1 / 0, lambda *_: "no tensor", wrong(LORA, "_not_transposed")])
def test_what_breaks_ends_its_own_run_and_nothing_else(broken: Any) -> None:
    for found in (
        yours.lora(broken, lora, merge, BASE, SPLIT), yours.lora(new_lora, broken, merge, BASE, SPLIT),
        yours.lora(new_lora, lora, broken, BASE, SPLIT), yours.adapters(broken, BASE, SPLIT),
        yours.lora_machine(broken, lora, BASE), yours.lora_machine(new_lora, broken, BASE),
    ):  # fmt: skip
        assert isinstance(found, yours.Beside)
        assert "Your run stopped" in found.said


def test_a_stub_is_not_run() -> None:
    assert yours.lora(new_lora, lora, stub, BASE, SPLIT).said.startswith("Your turn: write merge")
    assert yours.adapters(stub, BASE, SPLIT).said.startswith("Your turn: write adapter")
    assert repr(yours.lora_machine(stub, lora, BASE)).startswith("Your turn: write new_lora")


def test_the_lessons_body_is_left_as_it_was() -> None:
    before = {name: tensor.clone() for name, tensor in BASE.state_dict().items()}
    yours.lora(new_lora, lora, merge, BASE, SPLIT)
    assert before.keys() == BASE.state_dict().keys()
    assert all(torch.equal(before[name], tensor) for name, tensor in BASE.state_dict().items())
