"""transformers' GPT-2 as the judge of our body."""

from __future__ import annotations

from typing import TypeVar

import pytest
import torch
from torch import nn

from headswap.model.body import BodyConfig, LMBody, new_language_model

transformers = pytest.importorskip("transformers")
B = TypeVar("B", bound=nn.Module)


def gpt2_state(body: LMBody) -> dict[str, torch.Tensor]:
    """Our weights under GPT-2's names."""
    from benchmarks import theirs  # here: it imports the Trainer, which takes seconds

    return theirs.gpt2_state(body)


def gpt2_config(**more: object):
    return transformers.GPT2Config(
        vocab_size=260, n_positions=32, n_embd=64, n_layer=2, n_head=4, resid_pdrop=0.0, embd_pdrop=0.0,
        attn_pdrop=0.0, **more,
    )  # fmt: skip


def random_body() -> LMBody:
    """A body whose every weight, biases and norms too, is far from its start."""
    return far_from_its_start(new_language_model(BodyConfig(), 3).body.eval())


def far_from_its_start(body: B) -> B:
    """The body with something added to every weight, biases and norms too."""
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for parameter in body.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return body
