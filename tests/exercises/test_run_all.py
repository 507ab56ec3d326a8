"""Whatever a learner's function does, the check says one sentence, raises nothing, and the cells after it go on."""

from __future__ import annotations

import ast
import itertools
import re
import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from headswap import exercises, measure
from headswap.exercises import exercise as checking
from headswap.exercises.answers import TooLong, within
from headswap.exercises.exercise import Exercise, Verdict
from lessons import build

EXERCISES = {name: value for name, value in vars(exercises).items() if isinstance(value, Exercise)}
every = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
QUICK = ("causal_mask", "decode", "groups", "pad_and_mask")  # these meet all the nonsense, the others some of it
SENTENCE = re.compile(r"\S.*[.…]", re.DOTALL)


class Unreadable:
    """Nothing that one does with it goes well."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    __hash__ = None  # pyright: ignore[reportAssignmentType]


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def leaves(*_: Any) -> None:
    sys.exit("gone")


def gives_up(*_: Any) -> None:
    raise BaseException


def cannot_say_why(*_: Any) -> None:
    raise Speechless


def falls_for_ever(*given: Any) -> Any:
    return falls_for_ever(*given)


def around_itself(*_: Any) -> list[Any]:
    ring: list[Any] = []
    ring.append(ring)
    return ring


def silent(*given: Any) -> None:
    len(given)


def grumbles(*_: Any) -> torch.Tensor:
    torch.set_grad_enabled(False)
    return torch.zeros(2, 3) @ torch.zeros(2, 3)


NONSENSE: tuple[Callable[..., Any], ...] = (
    leaves, gives_up, cannot_say_why, falls_for_ever, around_itself, silent, grumbles,
    lambda *_: Unreadable(), lambda *_: [Unreadable()], lambda *_: itertools.count(), lambda *_: print,
    lambda *_: torch.empty(2, 10**9, device="meta"), lambda *_: torch.zeros(1, 200_000), lambda *_: "x" * 10**6,
    lambda *_: {1, 2}, lambda *_: 1j, lambda *_: float("nan"), lambda *_: Verdict("passed", "I say so."), lambda: 1,
    lambda *_: (torch.zeros(()), None), lambda *given: given, int, torch.add,
)  # fmt: skip


def says_one_sentence(verdict: Verdict) -> None:
    assert verdict.state in ("wrong", "not attempted")
    assert SENTENCE.fullmatch(verdict.sentence), verdict.sentence
    assert len(verdict.sentence) < 700
    assert " at 0x" not in verdict.sentence
    assert verdict._repr_html_()


@every
def test_nonsense_gets_a_sentence_and_stops_nothing(exercise: Exercise) -> None:
    for function in NONSENSE if exercise.name in QUICK else NONSENSE[:6]:
        says_one_sentence(exercise.check(function))
        assert torch.is_grad_enabled()


@every
def test_a_function_without_a_return_is_told_so(exercise: Exercise) -> None:
    told = "returns None: end it with return" in exercise.check(silent).sentence
    assert told is (exercise.name != "freeze")


def endless(*_: Any) -> None:
    while True:
        pass


@pytest.mark.parametrize("name", ["causal_mask", "train_step"])
def test_a_loop_without_an_end_is_stopped_and_said_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SECONDS", 0.2)
    verdict = EXERCISES[name].check(endless)
    assert "was stopped after 0.2 seconds: look for a loop without an end." in verdict.sentence
    says_one_sentence(verdict)


def test_a_loop_that_swallows_the_stop_is_stopped_again_and_nothing_comes_afterwards() -> None:
    swallowed = []

    def deaf() -> None:
        while len(swallowed) < 2:
            try:
                endless()
            except BaseException as stop:
                swallowed.append(type(stop))
        endless()

    with pytest.raises(TooLong):
        within(0.1, deaf)
    assert swallowed == [TooLong, TooLong]
    time.sleep(0.3)
    assert within(5.0, lambda: 3) == 3


def test_who_only_waits_for_the_processor_is_not_stopped() -> None:
    within(0.1, lambda: time.sleep(0.3))  # three times as long, on the wall alone


def test_the_learners_own_interrupt_goes_through() -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exercises.decide.check(interrupted)
    assert threading.active_count() < 20


# ---- the cells of the lessons


def cells_of(lesson: str) -> list[tuple[str, list[str]]]:
    cells = build.read(build.LESSONS / f"{lesson}.py").cells
    return [(cell.source, build.tags(cell)) for cell in cells if cell.cell_type == "code"]


LESSONS = [path.stem for path in build.lessons()]


def lent_to_yours(tree: ast.Module) -> list[ast.expr]:
    """The arguments of calls such as exercises.yours.pool(masked_mean, …) and exercises.with_yours(f1, decide)."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    lends = ("exercises.yours.", "exercises.with_yours")
    return [given for call in calls if ast.unparse(call.func).startswith(lends) for given in call.args]


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_cell_relies_on_what_a_learner_wrote_before_its_check_passed(lesson: str) -> None:
    ours: dict[str, bool] = {}
    for source, tags in cells_of(lesson):
        tree = ast.parse(source)
        if "solution" in tags:
            ours |= {node.name: True for node in tree.body if isinstance(node, ast.FunctionDef)}
        elif "check" not in tags:
            names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in ours]
            lent = lent_to_yours(tree)  # what breaks there breaks its own run: tests/exercises/test_yours.py
            guarded = all(node in lent or f"exercises.{node.id}.check({node.id})" in source for node in names)
            assert guarded or any(isinstance(node.ctx, ast.Store) for node in names), source


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_filled_with_any_known_misconception_says_a_sentence_in_every_check_cell(lesson: str) -> None:
    asked = [source for source, tags in cells_of(lesson) if "check" in tags]
    found = [re.fullmatch(r"exercises\.(\w+)\.check\(\1\)", source) for source in asked]
    for name in [match[1] for match in found if match]:
        for function in (out_of_shape, *(trap.wrong for trap in EXERCISES[name].traps)):
            says_one_sentence(eval(f"exercises.{name}.check({name})", {"exercises": exercises, name: function}))
    assert all(found)


def out_of_shape(*given: Any) -> Any:
    raise IndexError(f"{len(given)} of a wrong shape")


def test_lesson_00_goes_on_with_a_broken_decide(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = (source for source, _ in cells_of("00_start_here") if "with_yours(f1_with, decide)" in source)
    (line,) = (line for line in source.splitlines() if "with_yours" in line)
    split = SimpleNamespace(test=[SimpleNamespace(label=1)] * 3)
    there = {"exercises": exercises, "split": split, "answers": torch.zeros(3, 2), "measure": measure}
    exec(source[source.index("def f1_with") : source.index("print")], there)
    for function in (leaves, silent, lambda logits: 1 / 0, lambda logits: ["ham"]):
        exec(line, {**there, "decide": function})
        said = capsys.readouterr().out.removeprefix("F1 with yours: ").strip()
        assert said and "\n" not in said and not said[0].isdigit()
