"""A head that the learner swaps and trains: right functions do what the library's do, wrong ones cost F1."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from headswap import Classifier, LinearHead, MeanPool, fixture_split
from headswap.data.messages import Split
from headswap.exercises import yours
from headswap.explorers import lesson_base

BASE = lesson_base()
WHOLE = fixture_split()
SPLIT = Split(WHOLE.train[:160], (), WHOLE.test)


def swap(model: Any, classes: int) -> Classifier:
    head = LinearHead(model.body.width, classes, torch.Generator().manual_seed(0))
    return Classifier(model.body, MeanPool(), head)


def loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits, labels)


def last(beside: yours.Beside) -> tuple[str, ...]:
    return beside.rows[-1]


def test_a_right_swap_and_loss_do_what_the_librarys_do() -> None:
    found = yours.head(swap, loss, BASE, SPLIT)
    theirs, mine = found.rows
    assert theirs[1:] == mine[1:]
    assert "the same numbers" in found.said


def test_a_loss_without_its_minus_costs_f1_and_is_named() -> None:
    found = yours.head(swap, lambda logits, labels: -loss(logits, labels), BASE, SPLIT)
    assert "The minus is missing" in found.said and "lower" in found.said
    assert float(last(found)[2]) < float(found.rows[0][2])


@pytest.mark.parametrize("wrong", [lambda model, classes: [], lambda model, classes: 1 / 0])
def test_a_swap_that_breaks_ends_its_own_run_and_nothing_else(wrong: Any) -> None:
    found = yours.head(wrong, loss, BASE, SPLIT)
    assert "Your run stopped" in found.said
    assert last(found) == ("yours", "none", "none")


def test_a_stub_is_not_run() -> None:
    def stub(logits: torch.Tensor, labels: torch.Tensor) -> Any:
        """Mean cross-entropy."""
        ...

    assert yours.head(swap, stub, BASE, SPLIT).said.startswith("Your turn: write loss")


def test_the_lessons_body_is_left_as_it_was() -> None:
    before = [weight.clone() for weight in BASE.body.parameters()]
    yours.head(swap, loss, BASE, SPLIT)
    assert all(torch.equal(a, b) for a, b in zip(before, BASE.body.parameters(), strict=True))
    assert all(weight.requires_grad for weight in BASE.body.parameters())
