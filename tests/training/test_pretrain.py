"""The body's schooling: what a language model may be asked for."""

from __future__ import annotations

import pytest
from helpers import tiny_base

from headswap.data.tokenizer import ByteTokenizer
from headswap.errors import SettingError
from headswap.training.pretrain import generate


def test_babbling_ends_where_reading_ended() -> None:
    """Behind its last trained position a model is lost; it never writes there."""
    model = tiny_base()
    window = model.body.config.max_len
    drafts = [generate(model, "he", length=10 * window, temperature=3.0, seed=seed) for seed in range(20)]
    assert (
        max(len(ByteTokenizer().encode(draft)) for draft in drafts) <= 3 * window
    )  # a broken byte is written as three
    assert len(generate(model, "a" * (window - 1), length=9, temperature=0)) <= window + 2
    with pytest.raises(SettingError, match=f"the prompt has {window} bytes and the model reads {window}"):
        generate(model, "a" * window)
