"""A feature head that works by the learner's function: a right one equals the library's, a wrong one pays."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch

from headswap.exercises import beside, yours, yours_heads
from headswap.exercises.heads import FEATURE_HEAD, feature_head
from headswap.exercises.yours_heads import COLUMNS, YourHead, tasks
from headswap.explorers import lesson_base
from headswap.model.heads import MLPHead

BASE = lesson_base()


def trap(name: str) -> Callable[..., Any]:
    return next(one.wrong for one in FEATURE_HEAD.traps if one.wrong.__name__ == name)


def test_a_right_head_does_what_the_librarys_does_in_every_column() -> None:
    found = yours.feature_head(feature_head, BASE)
    library, mine = found.rows
    assert found.columns[1:] == COLUMNS
    assert library[1:] == mine[1:]
    assert float(mine[2]) > 0.78
    assert "what the library's does" in found.said


def test_yours_says_exactly_what_the_librarys_head_says() -> None:
    like = MLPHead(8, 3, torch.Generator().manual_seed(0))
    x = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
    assert torch.equal(YourHead(feature_head, like)(x), like(x))


def test_a_head_that_never_bends_pays_for_it_on_exactly_one() -> None:
    found = yours.feature_head(trap("_never_bent"), BASE)
    library, mine = found.rows
    assert float(mine[2]) < float(library[2]) - 0.04
    assert found.said.startswith("feature_head: Nothing bends here")
    assert "lower on exactly one" in found.said


@pytest.mark.parametrize(
    "function", [lambda *_: sys.exit("gone"), lambda features, first, second: features[:, :2].detach(), lambda: 1]
)
def test_a_head_that_breaks_ends_its_own_run_and_nothing_else(function: Callable[..., Any]) -> None:
    found = yours.feature_head(function, BASE)
    assert "Your run stopped: " in found.said
    assert found.rows[1] == ("yours", "none", "none", "none")
    assert torch.is_grad_enabled()


def test_a_head_without_an_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "SECONDS", 0.2)
    monkeypatch.setattr("headswap.exercises.exercise.SECONDS", 0.2)

    def endless(*_: Any) -> None:
        while True:
            pass

    assert "still running" in yours.feature_head(endless, BASE).said


def test_a_stub_is_your_turn_and_nothing_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    def stub(features: Any, first: Any, second: Any) -> Any:
        """Logits."""
        ...

    monkeypatch.setattr(yours_heads, "tasks", None)
    found = yours.feature_head(stub, BASE)
    assert found.rows == ()
    assert repr(found) == "Your turn: write feature_head, and this cell uses it as the head of a real run."


def test_both_tasks_ask_about_the_same_messages_and_leave_the_body_alone() -> None:
    before = [weight.clone() for weight in BASE.body.parameters()]
    odd, spam = tasks(BASE)
    assert torch.equal(odd.train[0], spam.train[0]) and torch.equal(odd.test[0], spam.test[0])
    assert not torch.equal(odd.train[1], spam.train[1])
    assert all(map(torch.equal, before, BASE.body.parameters()))
    assert all(weight.requires_grad for weight in BASE.body.parameters())
