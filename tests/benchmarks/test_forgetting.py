"""What each regime forgets: how its numbers are summed up, and what is asked of which texts."""

from __future__ import annotations

import pytest

from benchmarks.forgetting import STRENGTHS, TEXTS, shifted, short, spread, texts
from headswap import fixture_split
from headswap.exercises.yours_forgetting import PulledBack
from headswap.training.pretrain import pretraining_texts


def test_perplexities_are_averaged_as_factors_and_their_interval_is_the_seeds_luck() -> None:
    middle, low, high = spread([2.0, 8.0])
    assert middle == pytest.approx(4.0)
    assert low < 2.0 and high > 8.0 and low * high == pytest.approx(16.0)
    assert spread([3.0, 3.0, 3.0]) == pytest.approx((3.0, 3.0, 3.0))


def test_no_body_has_read_a_text_that_it_is_asked_about() -> None:
    own, other = texts()
    assert len(own) == len(other) == TEXTS and other == [message.text for message in shifted()[:TEXTS]]
    read = {text for seed in range(5) for text in pretraining_texts(fixture_split(seed))}
    assert not read & {*own, *other}


def test_a_record_keeps_five_digits_wherever_a_number_is() -> None:
    assert short({"a": (1.23456789, 2), "b": ["x", 0.000123456789]}) == {"a": [1.2346, 2], "b": ["x", 0.00012346]}


def test_the_pulled_runs_are_full_with_a_penalty() -> None:
    for name, regime in STRENGTHS.items():
        (stage,) = regime.stages
        assert isinstance(stage.loss, PulledBack) and name == f"full, pulled {stage.loss.strength:g}"
