import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from headswap.data.tokenizer import CLS, PAD, ByteTokenizer
from headswap.errors import DataError, SettingError

tokenizer = ByteTokenizer()


@given(st.text())
def test_any_text_that_fits_comes_back_unchanged(text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.decode(tokenizer.encode(text, cls=True)) == text


@given(st.text(), st.integers(0, 40))
def test_a_cut_text_decodes_to_its_beginning_and_at_most_one_replacement(text: str, max_len: int) -> None:
    decoded = tokenizer.decode(tokenizer.encode(text, max_len))
    whole = decoded.removesuffix("\ufffd")
    assert text.startswith(whole) or text.startswith(decoded)
    assert len(tokenizer.encode(text, max_len)) <= max_len


@given(st.lists(st.integers(0, 259)))
def test_decoding_any_ids_never_raises(ids: list[int]) -> None:
    assert isinstance(tokenizer.decode(ids), str)


@given(st.lists(st.text(max_size=12), min_size=1, max_size=5), st.sampled_from(["left", "right"]), st.booleans())
def test_a_batch_hides_nothing_but_pads_behind_its_mask(texts: list[str], side: str, cls: bool) -> None:
    ids, mask = tokenizer.batch(texts, 64, side=side, cls=cls)
    assert mask.dtype == torch.bool
    assert mask.shape == ids.shape
    assert bool((ids[~mask] == PAD).all())
    for text, row, real in zip(texts, ids, mask, strict=True):
        assert row[real].tolist() == tokenizer.encode(text, cls=cls)
        edge = real if side == "right" else real.flip(0)
        assert bool((edge[1:] <= edge[:-1]).all()), "pads stand on one side only"


def test_the_vocabulary_is_256_bytes_and_four_special_ids() -> None:
    assert tokenizer.vocab_size == 260
    assert tokenizer.encode("é") == [0xC3, 0xA9]
    assert tokenizer.encode("a", cls=True) == [CLS, 97]


def test_cls_counts_towards_the_length() -> None:
    assert tokenizer.encode("abcdef", 4, cls=True) == [CLS, 97, 98, 99]


def test_half_a_surrogate_pair_is_refused_with_its_position() -> None:
    with pytest.raises(DataError, match="position 2"):
        tokenizer.encode("ab\ud800")


def test_an_id_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(SettingError, match="id 260"):
        tokenizer.decode([97, 260])
