"""A batch in parts of like length: the same gradients with less padding."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from headswap.data.batches import parts_by_length
from headswap.data.messages import Message, Split
from headswap.model.body import BodyConfig, new_language_model
from headswap.training.loop import _looks_at_batches
from headswap.training.recipe import Compute, Recipe
from headswap.training.run import run_regime

QUICK = Recipe(epochs=1, batch_size=32, learning_rate=0.01)


def long_and_short() -> Split:
    """Messages of 4 to 120 bytes."""
    texts = [("win a prize now " if i % 2 else "see you at home ") * (1 + 7 * (i % 9) // 8) + str(i) for i in range(96)]
    parts = [tuple(Message(text, i % 2) for i, text in enumerate(texts[n : n + 32])) for n in (0, 32, 64)]
    return Split(parts[0], parts[1], parts[2], ())


def test_a_batch_in_parts_of_like_length_has_the_gradients_of_the_whole_and_half_its_padding() -> None:
    read: list[tuple[int, int]] = []
    base = new_language_model(BodyConfig(width=16, heads=2, max_len=128), 0)
    handle = base.body.blocks[0].register_forward_pre_hook(lambda _, given: read.append(given[0].shape[:2]))
    found = {}
    for size in (None, 32):
        read.clear()
        recipe = replace(QUICK, compute=Compute(micro_batch=size))
        found[size] = run_regime(base, long_and_short(), "full", recipe).epochs[0], read[:]
    handle.remove()
    (parts, in_parts), (whole, at_once) = found[None], found[32]
    assert parts.train_loss == pytest.approx(whole.train_loss, abs=1e-5)
    assert parts.validation_loss == pytest.approx(whole.validation_loss, abs=1e-4)
    assert sum(b * t for b, t in in_parts[:4]) < 0.8 * at_once[0][0] * at_once[0][1]


@given(st.lists(st.integers(1, 300), min_size=1, max_size=64), st.randoms(use_true_random=False))
def test_the_parts_of_a_batch_are_its_messages_each_once(lengths: list[int], random: Random) -> None:
    index = torch.tensor(random.sample(range(len(lengths)), random.randint(1, len(lengths))))
    parts = parts_by_length(index, torch.tensor(lengths))
    assert sorted(torch.cat(parts).tolist()) == sorted(index.tolist())
    assert len(parts) == 1 or len(index) * max(lengths) >= 2_048
    assert len(parts) > 1 or torch.equal(parts[0], index), "a batch that stays whole keeps its order, and its bits"


def test_what_sees_a_whole_batch_at_once_is_given_it_whole() -> None:
    norm = nn.BatchNorm1d(4)
    assert _looks_at_batches([(norm, True)])
    assert not _looks_at_batches([(norm, False), (nn.LayerNorm(4), True)])
