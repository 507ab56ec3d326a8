"""Every exercise against answers that learners wrote: right ones pass, and each wrong one is named."""

from __future__ import annotations

import pytest
from variants import MORE, RIGHT, WRONG, Function

from headswap import exercises
from headswap.exercises.exercise import Exercise

EXERCISES = {name: value for name, value in vars(exercises).items() if isinstance(value, Exercise)}


def test_every_exercise_has_at_least_three_right_and_three_wrong_variants() -> None:
    assert RIGHT.keys() == WRONG.keys() == EXERCISES.keys()
    assert min(len(table[name]) for table in (RIGHT, WRONG) for name in EXERCISES) == 3


@pytest.mark.parametrize(
    ("name", "answer"),
    [pytest.param(name, answer, id=f"{name}-{i}") for name, row in RIGHT.items() for i, answer in enumerate(row, 1)],
)
def test_a_right_answer_passes_however_it_is_written(name: str, answer: Function) -> None:
    verdict = EXERCISES[name].check(answer)
    assert (verdict.state, verdict.sentence) == ("passed", EXERCISES[name].praise)


@pytest.mark.parametrize(
    ("name", "sentence", "answer"),
    [
        pytest.param(name, *row, id=f"{name}-{i}")
        for name in WRONG
        for i, row in enumerate((*WRONG[name], *MORE.get(name, ())), 1)
    ],
)
def test_a_wrong_answer_is_named_however_it_is_written(name: str, sentence: str, answer: Function) -> None:
    verdict = EXERCISES[name].check(answer)
    assert verdict.state == "wrong", verdict
    assert verdict.sentence.startswith(sentence), verdict
