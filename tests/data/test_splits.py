"""Splits are exact, balanced, repeatable, and put no text on two sides."""

from __future__ import annotations

from collections import Counter

import pytest
from helpers import CORPUS
from hypothesis import given, settings
from hypothesis import strategies as st

from headswap.data import splits
from headswap.data.messages import Message, Split
from headswap.data.readers import read_sms, text_key
from headswap.data.splits import DEFAULT_SIZES, natural_split, sizes_for, stratified_split
from headswap.errors import DataError, SettingError

PARTS = ("train", "validation", "test")


def corpus(*counts: int, copies: int = 2) -> list[Message]:
    """`counts[c]` different texts of class c, and each once more in capitals: a duplicate."""
    texts = [(f"class {c} text {i}", c) for c, count in enumerate(counts) for i in range(count)]
    return [Message(t if copy == 0 else f" {t.upper()}", c) for copy in range(copies) for t, c in texts]


def all_keys(split: Split) -> list[str]:
    messages = [m for name in (*PARTS, "natural") for m in getattr(split, name)]
    return [text_key(text) for text in (*(m.text for m in messages), *split.unlabelled)]


sizes = st.tuples(*[st.integers(1, 6)] * 3)
extras = st.lists(st.integers(0, 30), min_size=2, max_size=4)


@given(sizes, extras, st.integers(0, 2**32), st.sampled_from([stratified_split, natural_split]))
@settings(max_examples=80, deadline=None)
def test_every_split_is_exact_balanced_repeatable_and_without_a_text_on_two_sides(halves, extra, seed, split_by):
    classes = len(extra)
    asked = [half * classes for half in halves]
    messages = corpus(*(sum(halves) + more for more in extra))
    names = [f"n{c}" for c in range(classes)]
    split = split_by(messages, *asked, seed=seed, label_names=names)
    for name, half in zip(PARTS, halves, strict=True):
        assert Counter(m.label for m in getattr(split, name)) == dict.fromkeys(range(classes), half)
    keys = all_keys(split)
    assert len(keys) == len(set(keys)) and set(keys) <= {text_key(m.text) for m in messages}
    assert split == split_by(messages, *asked, seed=seed, label_names=names)
    assert split.label_names == tuple(names)


@given(st.integers(3, 40), st.integers(3, 400), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_natural_has_the_share_of_the_corpus_and_no_text_is_lost(spam, ham, seed):
    messages = corpus(ham, spam)
    split = natural_split(messages, 2, 2, 2, seed=seed)
    rare, common = sorted((spam, ham))
    left = min(spam, ham) - 3
    assert len(all_keys(split)) == spam + ham
    if left == 0:
        assert split.natural == () and len(split.unlabelled) == spam + ham - 6
    else:
        counts = Counter(m.label for m in split.natural)
        assert min(counts.values()) == left
        assert abs(max(counts.values()) - left * common / rare) <= 0.5


def test_natural_and_stratified_split_share_their_balanced_parts():
    messages = corpus(40, 20)
    stratified, natural = stratified_split(messages, 8, 4, 4), natural_split(messages, 8, 4, 4)
    assert [getattr(stratified, name) for name in PARTS] == [getattr(natural, name) for name in PARTS]
    assert stratified.natural == () and stratified.unlabelled == ()


def test_a_huge_file_keeps_nobody_waiting_for_its_unlabelled_texts(monkeypatch: pytest.MonkeyPatch):
    messages = corpus(90, 20)
    every = natural_split(messages, 8, 4, 4).unlabelled
    monkeypatch.setattr(splits, "MOST_UNLABELLED", 7)
    assert natural_split(messages, 8, 4, 4).unlabelled == every[:7]


def test_another_seed_draws_another_split():
    messages = corpus(40, 40)
    assert stratified_split(messages, 8, 4, 4, seed=0) != stratified_split(messages, 8, 4, 4, seed=1)


def test_each_text_of_a_class_is_as_likely_to_be_drawn_as_another():
    messages = corpus(8, 8, copies=1)
    drawn = Counter(m for seed in range(400) for m in stratified_split(messages, 4, 2, 2, seed=seed).train)
    assert set(drawn) == set(messages)
    assert all(60 < count < 140 for count in drawn.values())  # 100 expected, standard deviation 8.7


def test_the_classes_stand_mixed_within_each_part():
    split = natural_split(corpus(300, 100), 40, 40, 40)
    for part in (split.train, split.validation, split.test, split.natural):
        labels = [m.label for m in part]
        assert labels not in (sorted(labels), sorted(labels, reverse=True))


def test_a_split_keeps_the_first_spelling_of_a_text():
    split = natural_split(corpus(10, 10), 4, 4, 4)
    assert all(m.text.islower() for name in (*PARTS, "natural") for m in getattr(split, name))


@pytest.mark.parametrize("split_by", [stratified_split, natural_split])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"train": 5}, "train is 5"),
        ({"validation": 0}, "validation is 0"),
        ({"test": -2}, "test is -2"),
        ({"train": 4.0}, "train is 4.0"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": None}, "seed is None"),
        ({"label_names": ("ham",)}, "label_names"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_in_one_sentence(split_by, arguments, named):
    with pytest.raises(SettingError) as caught:
        split_by(corpus(9, 9), **{"train": 4, "validation": 4, "test": 4, **arguments})
    assert named in str(caught.value) and "expected" in str(caught.value) and ". " not in str(caught.value)


def test_too_few_texts_of_a_class_are_counted_in_the_error():
    with pytest.raises(DataError, match=r"^The class spam has 5 different texts, expected 6 for train 4, "):
        stratified_split(corpus(9, 5), 4, 4, 4)


def test_a_text_under_two_labels_is_in_no_part():
    split = stratified_split([*corpus(9, 9), Message("CLASS 0 text 3", 1)], 4, 4, 4)
    assert "class 0 text 3" not in all_keys(split)


@given(st.lists(st.integers(3, 900), min_size=2, max_size=5))
@settings(max_examples=60, deadline=None)
def test_sizes_follow_the_data_however_small_or_lopsided(counts):
    messages = corpus(*counts, copies=1)
    sizes = sizes_for(messages, len(counts))
    names = [f"n{c}" for c in range(len(counts))]
    split = stratified_split(messages, *sizes, label_names=names)
    assert [len(split.train), len(split.validation), len(split.test)] == list(sizes)
    per_class = sum(sizes) // len(counts)
    wanted = sum(size // len(counts) for size in DEFAULT_SIZES)
    assert per_class == min(wanted, min(counts)) or min(counts) > wanted


def test_a_class_of_two_texts_is_too_few_to_split():
    with pytest.raises(DataError, match="the rarest has 2 different texts, expected at least 3"):
        sizes_for(corpus(9, 2), 2)


@pytest.mark.parametrize("label", [2, -1])
def test_a_label_without_a_name_is_refused(label):
    with pytest.raises(DataError, match=f"has the label {label}, expected 0 to 1"):
        stratified_split([*corpus(9, 9), Message("x", label)], 4, 4, 4)


@pytest.mark.corpus
def test_the_real_corpus_splits_to_the_sizes_the_course_names():
    if not CORPUS.exists():
        pytest.skip(f"the SMS Spam Collection is not at {CORPUS}")
    split = natural_split(read_sms(CORPUS).messages)
    assert [len(getattr(split, name)) for name in PARTS] == [640, 160, 160]
    assert Counter(m.label for m in split.natural) == {0: 1140, 1: 162} and len(split.unlabelled) == 2897
    keys = all_keys(split)
    assert len(keys) == len(set(keys)) == 5159
