"""What is left of a fine-tuned body when its change is cut down to a rank."""

from __future__ import annotations

import pytest
import torch

from headswap import Recipe, fixture_split, judge, run_regime
from headswap.data.messages import Split
from headswap.explorers import lesson_base, thin
from headswap.explorers.thin import RANKS, WHOLE, thinned

BASE = lesson_base()
ALL = fixture_split()
SPLIT = Split(ALL.train[:160], ALL.validation[:40], ALL.test[:40])
TUNED = run_regime(BASE, SPLIT, "full", Recipe(epochs=1)).classifier


def test_rank_0_is_the_pretrained_body_under_the_trained_head() -> None:
    left, numbers = thinned(TUNED, BASE, 0)
    assert numbers == 0
    for name, weight in left.body.named_parameters():
        assert torch.equal(weight, BASE.body.get_parameter(name)), name
    assert torch.equal(left.head.linear.weight, TUNED.head.linear.weight)  # type: ignore[union-attr]


def test_the_whole_rank_is_the_whole_change_of_every_matrix() -> None:
    left, _ = thinned(TUNED, BASE, WHOLE)
    for name, weight in left.body.named_parameters():
        wanted = TUNED.body.get_parameter(name) if weight.dim() == 2 else BASE.body.get_parameter(name)
        torch.testing.assert_close(weight, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("rank", [1, 4])
def test_what_is_kept_has_that_rank_and_no_other_change_of_that_rank_is_nearer(rank: int) -> None:
    left, numbers = thinned(TUNED, BASE, rank)
    counted = 0
    for name, weight in left.body.named_parameters():
        if weight.dim() == 2:
            kept, change = (w - BASE.body.get_parameter(name) for w in (weight, TUNED.body.get_parameter(name)))
            sizes = torch.linalg.svdvals(change)
            assert torch.linalg.matrix_rank(kept, atol=1e-5) <= rank
            torch.testing.assert_close((change - kept).norm(), sizes[rank:].norm(), rtol=1e-3, atol=1e-5)
            counted += rank * sum(weight.shape)
    assert numbers == counted


def test_the_explorer_tells_the_score_of_what_is_left_and_leaves_the_model_as_it_was() -> None:
    before = [weight.clone() for weight in TUNED.parameters()]
    shown = thin(TUNED, BASE, SPLIT)
    for rank in RANKS:
        shown.set(rank=rank)
        of_change, score = shown.find("What is left")["cards"]
        left, numbers = thinned(TUNED, BASE, rank)
        assert score["big"] == f"{judge(left, 'validation', SPLIT.validation).metrics.f1:.2f}"
        assert of_change["big"] == f"{numbers:,}"
    assert all(torch.equal(a, b) for a, b in zip(before, TUNED.parameters(), strict=True))
