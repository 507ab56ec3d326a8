"""The practice messages: balanced, the same bytes everywhere, hard on purpose, clean."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from headswap.data import fixture
from headswap.data.fixture import HAM_WEIGHTS, SPAM_WEIGHTS, messages
from headswap.data.messages import HAM, SPAM, Message
from headswap.data.splits import fixture_split
from headswap.errors import SettingError

PINNED = {
    (800, 0, 0.0): "e3bd027f9732c14431f713ce0cdce724f4dd9d6cf75be7b844a5659478fd2932",
    (800, 3, 1.0): "6aeaca4c903fe73fea74c9f47dc671d13205483227f90e6895ce593c3019f8f0",
    (500, 1, 0.5): "602730d7c646ebbcc1f92810ddea962c81916e707b50c7aea8968f38a95ca67f",
}


@pytest.fixture(scope="module")
def many() -> list[Message]:
    return messages(80_000)


def digest(found: list[Message]) -> str:
    return hashlib.sha256("\n".join(f"{m.label} {m.text}" for m in found).encode()).hexdigest()


@pytest.mark.parametrize("settings", PINNED)
def test_the_same_bytes_on_every_platform(settings: tuple[int, int, float]) -> None:
    assert digest(messages(*settings)) == PINNED[settings]


def test_the_same_bytes_in_a_process_with_another_hash_seed() -> None:
    code = "from headswap.data.fixture import messages; print([m.text for m in messages(60)])"
    environment = os.environ | {"PYTHONHASHSEED": "12345"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout.strip() == str([m.text for m in messages(60)])


@given(st.integers(2, 300), st.integers(-5, 5), st.floats(0, 1))
def test_half_are_spam_and_no_text_comes_twice(n: int, seed: int, shift: float) -> None:
    found = messages(n, seed, shift)
    assert len(found) == len({m.text for m in found}) == n
    assert sum(m.label for m in found) == n // 2


@given(st.integers(1, 60), st.integers(61, 120), st.integers(0, 9))
def test_a_shorter_list_is_the_beginning_of_a_longer_one(few: int, more: int, seed: int) -> None:
    assert messages(2 * few, seed) == messages(2 * more, seed)[: 2 * few]


def test_eighty_thousand_take_under_three_seconds(many: list[Message]) -> None:
    began = time.process_time()
    again = messages(80_000)
    assert time.process_time() - began < 3.0
    assert again == many
    assert len({m.text for m in again}) == 80_000


def test_every_message_has_5_to_25_words(many: list[Message]) -> None:
    words = [len(m.text.split()) for m in many + messages(20_000, 1, 1.0)]
    assert min(words) >= 5
    assert max(words) <= 25


@pytest.mark.parametrize("mark", ["[0-9]", "[A-Z]", "!"])
def test_digits_capitals_and_exclamation_marks_do_not_give_the_class_away(many: list[Message], mark: str) -> None:
    ham, spam = (sum(len(re.findall(mark, m.text)) for m in many if m.label == label) for label in (HAM, SPAM))
    assert 1 / 1.6 < ham / spam < 1.6


def test_shared_openings_reach_beyond_what_the_default_model_reads() -> None:
    for domain in ("first", "second"):
        for family in ("stealthy spam", "ambiguous spam", "pushy spam"):
            for openings, _ in fixture._frames(domain, family):
                assert all(sum(min(map(len, part)) for part in fixture._parts(o)) >= 32 for o in openings)


def test_nothing_real_and_nothing_untidy(many: list[Message]) -> None:
    for message in many + messages(20_000, 1, 1.0):
        assert message.text.isascii()
        assert not re.search(r"\d{5}|https?:|www\.|@|  |\{|\}| [.,!?]| a [aeio]\w", message.text), message.text
        assert message.text[0].isupper()


@pytest.mark.parametrize("word", ["win", "free", "now", "call", "you", "money", "card", "urgent", "offer", "please"])
def test_both_classes_use_the_same_words(many: list[Message], word: str) -> None:
    for label in (HAM, SPAM):
        assert any(re.search(rf"\b{word}\b", m.text, re.IGNORECASE) for m in many if m.label == label)


def test_every_family_is_drawn_and_weights_are_shares_of_a_hundred() -> None:
    for weights in (HAM_WEIGHTS, SPAM_WEIGHTS):
        assert sum(weight for _, weight in weights) == 100
        assert all(weight > 0 for _, weight in weights)


def test_some_openings_truly_do_not_say_which(many: list[Message]) -> None:
    """Whoever reads 32 bytes meets the same ones in both classes."""
    openings = [{m.text[:32] for m in many if m.label == label} for label in (HAM, SPAM)]
    shared = openings[0] & openings[1]
    share = sum(m.text[:32] in shared for m in many) / len(many)
    assert 0.05 < share < 0.5


def test_shift_moves_the_wording_to_a_second_domain() -> None:
    first, half, second = ({m.text for m in messages(2000, 0, s)} for s in (0.0, 0.5, 1.0))
    vocabulary = [{w for text in texts for w in text.lower().split()} for texts in (first, half, second)]
    assert not first & second
    assert len(vocabulary[2] - vocabulary[0]) > 300
    assert len(vocabulary[1]) > max(len(vocabulary[0]), len(vocabulary[2]))


def test_no_global_random_state_is_touched() -> None:
    import random

    before = random.getstate(), torch.get_rng_state()
    messages(100)
    assert random.getstate() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])


def test_the_whole_message_gives_it_away_and_its_first_32_bytes_do_not() -> None:
    text = pytest.importorskip("sklearn.feature_extraction.text")
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    split = fixture_split()
    labels = [m.label for m in split.train]
    judged = split.validation + split.test

    def accuracy(cut: int | None, grams: tuple[int, int]) -> float:
        features = text.TfidfVectorizer(analyzer="char", ngram_range=grams, sublinear_tf=True)
        model = make_pipeline(features, LogisticRegression(C=10, max_iter=1000))
        model.fit([m.text[:cut] for m in split.train], labels)
        return float(model.score([m.text[:cut] for m in judged], [m.label for m in judged]))

    assert accuracy(None, (1, 4)) > 0.95
    assert 0.82 < accuracy(32, (1, 4)) < 0.95
    assert accuracy(32, (1, 1)) < accuracy(32, (1, 4)) - 0.03, "letters alone must not do"


def test_the_split_for_practice_keeps_pretraining_and_judging_apart() -> None:
    split = fixture_split(2)
    parts = [{m.text for m in part} for part in (split.train, split.validation, split.test)]
    assert [len(part) for part in parts] == [640, 160, 160]
    everything = set.union(*parts, set(split.unlabelled))
    assert len(everything) == 640 + 160 + 160 + 1280


def test_settings_that_make_no_sense_are_refused() -> None:
    for arguments in ((1,), (2.5,), (True,), (10**7,), (10, "a"), (10, 0, -0.1), (10, 0, float("nan"))):
        with pytest.raises(SettingError):
            messages(*arguments)  # type: ignore[arg-type]


def test_every_family_can_be_drawn_alone() -> None:
    import random

    for weights in (HAM_WEIGHTS, SPAM_WEIGHTS):
        for family, _ in weights:
            for domain in (0, 1):
                assert len(fixture.draw(random.Random(0), family, domain)) > 15


def test_fresh_test_messages_are_the_same_for_every_seed_and_in_no_other_part() -> None:
    split, other, plain = fixture_split(0, fresh=400), fixture_split(1, fresh=400), fixture_split(0)
    assert split.test == other.test and len(split.test) == 400
    assert sum(message.label for message in split.test) == 200
    assert replace(split, test=plain.test) == plain, "what is trained stays as it is"
    read = {m.text for m in (*split.train, *split.validation)} | set(split.unlabelled)
    assert not read & {message.text for message in split.test}
