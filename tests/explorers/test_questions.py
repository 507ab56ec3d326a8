"""Questions about the same messages: every part is balanced in all four kinds, and no body has read any of it."""

from __future__ import annotations

from collections import Counter

import pytest

from headswap.data.splits import fixture_split
from headswap.errors import SettingError
from headswap.explorers.questions import QUESTIONS, answered, kind_of, quartered, question_split
from headswap.training.pretrain import pretraining_texts


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("labelled", [4, 20, 640])
def test_every_part_holds_the_four_kinds_equally_often(question: str, labelled: int) -> None:
    split = question_split(question, labelled, seed=3)
    for part, size in ((split.train, labelled), (split.validation, 160), (split.test, 400)):
        assert Counter(kind_of(m) for m in asked(part)) == dict.fromkeys(range(4), size // 4)
        assert Counter(m.label for m in part) == {0: size // 2, 1: size // 2}


def asked(part: tuple) -> list:
    """The messages of a part with their own labels back, by their texts."""
    own = {m.text: m for m in quartered(400 + 960)}
    return [own[m.text] for m in part]


def test_the_answers_are_what_the_questions_ask() -> None:
    messages = quartered(400)
    spam, comma, odd = ([m.label for m in answered(messages, question)] for question in QUESTIONS)
    assert spam == [m.label for m in messages]
    assert comma == [int("," in m.text[:32]) for m in messages]
    assert odd == [a ^ b for a, b in zip(spam, comma, strict=True)]


def test_no_text_is_in_two_parts_nor_read_by_the_lessons_body() -> None:
    read = set(pretraining_texts(fixture_split()))
    for seed in range(3):
        split = question_split(seed=seed)
        parts = [{m.text for m in part} for part in (split.train, split.validation, split.test)]
        assert sum(map(len, parts)) == len(set.union(*parts)) == 640 + 160 + 400
        assert not set.union(*parts) & read


def test_a_seed_draws_the_same_messages_for_every_question_and_another_seed_others() -> None:
    def texts(question: str, seed: int) -> list[str]:
        return [m.text for m in question_split(question, 80, seed).train]

    assert texts("spam", 1) == texts("comma", 1) == texts("exactly one", 1)
    assert texts("spam", 1) != texts("spam", 2)
    assert question_split(seed=1).test == question_split(seed=2).test


def test_fewer_labels_are_the_first_of_more() -> None:
    assert question_split(labelled=80).train[:20] == question_split(labelled=20).train


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"question": "xor"}, "question 'xor' is unknown; choose one of spam, comma, exactly one"),
        ({"labelled": 21}, "labelled is 21; give a whole number from 4 to 800 that divides by 4"),
        ({"labelled": 804}, "labelled is 804"),
        ({"fresh": 0}, "fresh is 0"),
        ({"seed": -1}, "seed is -1; give a whole number from 0 up"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given: dict, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        question_split(**given)
