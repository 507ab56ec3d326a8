"""Every exercise of the course in one table: what a stub, a right answer and each misconception earn."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch

from headswap import exercises
from headswap.errors import SettingError
from headswap.exercises.answers import answer_of, same
from headswap.exercises.exercise import HIDE, Exercise, Trap
from headswap.explorers.reading import Source
from lessons import build

EXERCISES = {name: value for name, value in vars(exercises).items() if isinstance(value, Exercise)}
TRAPS = [
    pytest.param(exercise, trap, id=f"{name}-{trap.wrong.__name__.strip('_<>')}-{number}")
    for name, exercise in EXERCISES.items()
    for number, trap in enumerate(exercise.traps, 1)
]
every = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


def answers(exercise: Exercise, function: Callable[..., Any]) -> list[Any]:
    return [answer_of(probe, function) for probe in exercise.probes]


def stub_of(exercise: Exercise) -> Callable[..., Any]:
    """The function as the builder leaves it in the learner's notebook."""
    there = dict(exercise.reference.__globals__)
    exec(build.stub(inspect.getsource(exercise.reference)), there)
    return there[exercise.name]


def bare(*given: Any, **named: Any) -> None: ...


def passing(*given: Any, **named: Any) -> None:
    pass


def postponed(*given: Any, **named: Any) -> None:
    raise NotImplementedError


def clumsy(*given: Any, **named: Any) -> None:
    raise ZeroDivisionError("division by zero")


def vandal(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that answers as `function` does, and then ruins what it was given."""

    def ruining(*given: Any, **named: Any) -> Any:
        answer = function(*given, **named)
        for thing in (*given, *named.values()):
            ruin(thing)
        return answer

    return ruining


def ruin(thing: Any) -> None:
    if isinstance(thing, torch.nn.Module):
        for tensor in (*thing.parameters(), *thing.buffers()):
            ruin(tensor)
    elif isinstance(thing, torch.Tensor):
        thing.data.zero_()
    elif isinstance(thing, np.ndarray):
        thing.fill(0)
    elif isinstance(thing, list | dict | set):
        thing.clear()


def test_an_exercise_goes_by_the_name_of_its_function() -> None:
    assert EXERCISES
    assert {name: exercise.name for name, exercise in EXERCISES.items()} == {name: name for name in EXERCISES}


@every
@pytest.mark.parametrize("stub", [bare, passing, postponed, None], ids=["dots", "pass", "postponed", "of the notebook"])
def test_a_stub_is_not_attempted_rather_than_wrong(exercise: Exercise, stub: Callable[..., Any] | None) -> None:
    verdict = exercise.check(stub or stub_of(exercise))
    assert (verdict.state, bool(verdict)) == ("not attempted", False)
    assert repr(verdict).startswith("Not attempted yet")


@every
def test_the_reference_passes_and_is_praised(exercise: Exercise) -> None:
    verdict = exercise.check(exercise.reference)
    assert verdict, verdict
    assert repr(verdict) == f"Passed. {exercise.praise}"


@every
def test_the_same_question_gets_the_same_answer_twice(exercise: Exercise) -> None:
    assert all(map(same, answers(exercise, exercise.reference), answers(exercise, exercise.reference)))


@pytest.mark.parametrize(("exercise", "trap"), TRAPS)
def test_a_misconception_earns_its_own_sentence(exercise: Exercise, trap: Trap) -> None:
    verdict = exercise.check(trap.wrong)
    assert (verdict.state, verdict.sentence) == ("wrong", trap.sentence)


@every
def test_no_two_misconceptions_look_the_same(exercise: Exercise) -> None:
    assert len({trap.sentence for trap in exercise.traps}) == len(exercise.traps)
    given = [answers(exercise, trap.wrong) for trap in exercise.traps]
    alike = [
        (exercise.traps[i].sentence, exercise.traps[j].sentence)
        for i, j in combinations(range(len(given)), 2)
        if all(map(same, given[i], given[j]))
    ]
    assert alike == []


@every
def test_a_mistake_without_a_name_is_shown_on_one_small_input(exercise: Exercise) -> None:
    verdict = exercise.check(clumsy)
    assert verdict.state == "wrong"
    assert "raised ZeroDivisionError: division by zero; expected" in verdict.sentence
    assert len(verdict.sentence) < 600


@every
def test_an_answer_that_is_no_function_is_told_so(exercise: Exercise) -> None:
    assert exercise.check(3).state == "wrong"  # pyright: ignore[reportArgumentType]
    assert exercise.name in exercise.check("text").sentence  # pyright: ignore[reportArgumentType]


@every
def test_a_learner_who_writes_in_place_harms_nothing(exercise: Exercise) -> None:
    right = answers(exercise, exercise.reference)
    for function in (exercise.reference, *(trap.wrong for trap in exercise.traps[:3])):
        exercise.check(vandal(function))
    assert all(map(same, right, answers(exercise, exercise.reference)))
    assert exercise.check(exercise.reference)


@every
def test_a_check_draws_nothing_from_the_global_generators(exercise: Exercise) -> None:
    before, random = torch.get_rng_state(), str(np.random.get_state())
    exercise.check(exercise.reference)
    exercise.check(clumsy)
    assert torch.equal(before, torch.get_rng_state())
    assert str(np.random.get_state()) == random


@every
def test_there_are_at_least_two_hints_and_no_more_than_there_are(exercise: Exercise) -> None:
    assert len(exercise.hints) >= 2
    said = [exercise.hint(number) for number in range(1, len(exercise.hints) + 1)]
    assert all(hint in shown for hint, shown in zip(exercise.hints, said, strict=True))
    for number in (0, len(exercise.hints) + 1):
        with pytest.raises(SettingError, match=f"hints 1 to {len(exercise.hints)}"):
            exercise.hint(number)


@every
def test_the_solution_is_the_references_own_source(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HIDE, raising=False)
    solution = exercise.solution()
    assert isinstance(solution, Source)
    assert f"def {exercise.name}(" in solution.text
    there = dict(exercise.reference.__globals__)
    exec(solution.text, there)
    assert exercise.check(there[exercise.name])


@every
def test_a_teacher_can_hide_the_solution(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HIDE, "1")
    assert "hidden" in exercise.solution()
    assert "def " not in str(exercise.solution())


@every
def test_the_stub_keeps_what_the_learner_is_told(exercise: Exercise) -> None:
    stub = stub_of(exercise)
    assert inspect.signature(stub).parameters.keys() == inspect.signature(exercise.reference).parameters.keys()
    assert stub.__doc__ == exercise.reference.__doc__
    assert stub.__doc__
    assert "your turn" in build.stub(inspect.getsource(exercise.reference))
