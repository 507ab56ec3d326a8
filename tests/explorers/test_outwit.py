"""The filter that one writes against: it answers as it should, and says what it never saw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap import Message, encode, predict_logits
from headswap.explorers import outwit
from headswap.explorers.outwit import FRIENDLY, SPAM, split_at
from headswap.lab import recorded_classifier

EXPLORER = outwit()


def filtered(text: str) -> dict:
    EXPLORER.set(text=text)
    return EXPLORER.find("The filter")


@pytest.mark.parametrize("spam", SPAM)
def test_every_spam_that_is_offered_is_stopped_and_32_friendly_bytes_get_it_through(spam: str) -> None:
    assert len(FRIENDLY.encode()) == 32
    assert len(spam.encode()) <= 32
    assert filtered(spam)["verdict"] == "spam"
    through = filtered(FRIENDLY + spam)
    assert (through["verdict"], through["read"], through["unread"]) == ("ham", FRIENDLY, spam)
    assert spam.rstrip(".!?") in through["sentence"]


def test_its_p_is_the_classifiers_own() -> None:
    model = recorded_classifier()
    for text in (SPAM[1], "see u at lunch"):
        own = predict_logits(model, encode([Message(text, 0)], model)).softmax(-1)[0, 1].item()
        assert filtered(text)["p"] == pytest.approx(own, abs=1e-3)


def test_its_buttons_write_the_friendly_words_and_take_them_away() -> None:
    (name, written), (_, other) = filtered(SPAM[0])["offers"]
    assert (name, written, other) == ("Say something friendly first", FRIENDLY + SPAM[0], SPAM[1])
    (name, written), (_, other) = filtered(written)["offers"]
    assert (name, written, other) == ("Take the friendly words away", SPAM[0], SPAM[1])


@given(st.text(max_size=80), st.integers(0, 40))
def test_what_is_read_and_what_is_not_share_no_byte_and_lose_at_most_one_character(text: str, many: int) -> None:
    read, unread = split_at(text, many)
    assert text.startswith(read) and text.endswith(unread)
    assert len(read) + len(unread) >= len(text) - 1
    assert len(read.encode()) <= many


@pytest.mark.parametrize("text, says", [("", "Nothing to read: write a message"), ("\ud800", "This can't be read")])
def test_nothing_and_what_is_no_text_get_a_sentence(text: str, says: str) -> None:
    assert says in filtered(text)["text"]
