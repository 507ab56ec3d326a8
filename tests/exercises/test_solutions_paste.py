"""A solution that a learner copies into the lesson's cell runs there, and passes."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest

from headswap import exercises
from headswap.exercises.course import COURSE
from lessons import build

EXERCISES = {one.name: one for part in COURSE.values() for one in part}


def imported_before(name: str) -> dict[str, Any]:
    """What the lesson of this exercise has imported before the cell that asks for it."""
    for path in build.lessons():
        there: dict[str, Any] = {}
        for cell in build.read(path).cells:
            if cell.cell_type != "code":
                continue
            tree = ast.parse(cell.source)
            found = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
            exec(compile(ast.Module(found, []), path.stem, "exec"), there)
            if any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body):
                return there
    raise AssertionError(f"no lesson asks for {name}")


@pytest.mark.parametrize("name", EXERCISES)
def test_a_solution_that_is_pasted_into_its_cell_passes(name: str) -> None:
    there = imported_before(name)
    exec(inspect.getsource(EXERCISES[name].reference), there)
    verdict = getattr(exercises, name).check(there[name])
    assert verdict, verdict


def test_an_if_on_a_whole_tensor_is_told_why_it_fails() -> None:
    verdict = exercises.decide.check(lambda logits: ["spam" if logits[1] > logits[0] else "ham"])
    assert "answers for every element" in verdict.sentence
