"""A learner's drift on a trained body, and a learner's pull in a real run: right ones do what the library's do."""

from __future__ import annotations

from typing import Any

import pytest

from headswap import Recipe, fixture_split, run_regime
from headswap.data.messages import Split
from headswap.exercises import yours, yours_forgetting
from headswap.exercises.forgetting import DRIFT, PULL, drift, pull
from headswap.explorers import lesson_base

BASE = lesson_base()
WHOLE = fixture_split()
SPLIT = Split(WHOLE.train[:160], WHOLE.validation[:32], WHOLE.test)
TUNED = run_regime(BASE, SPLIT, "full", Recipe(epochs=1)).classifier


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two epochs tell a right penalty from a wrong one."""
    monkeypatch.setattr(yours_forgetting, "EPOCHS", 2)


def wrong(exercise: Any, name: str) -> Any:
    return next(trap.wrong for trap in exercise.traps if trap.wrong.__name__ == name)


def stub(*_: Any) -> None:
    """Not written yet."""
    ...


def broken(*_: Any) -> None:
    raise ValueError("no idea")


def test_a_right_drift_says_what_the_library_says_place_by_place() -> None:
    found = yours.drift(drift, TUNED, BASE)
    theirs, mine = found.rows
    assert found.columns[1:] == ("embedding", "block[0]", "block[1]", "norm")
    assert theirs[1:] == mine[1:] and all(float(cell) > 0 for cell in mine[1:])


def test_a_mean_of_ratios_is_off_where_a_place_has_many_tensors() -> None:
    theirs, mine = yours.drift(wrong(DRIFT, "_mean_of_ratios"), TUNED, BASE).rows
    assert abs(float(theirs[2]) - float(mine[2])) > 0.1
    assert "the mean of the tensors' ratios" in yours.drift(wrong(DRIFT, "_mean_of_ratios"), TUNED, BASE).said


def test_a_right_pull_forgets_less_than_none_and_as_much_as_the_librarys() -> None:
    found = yours.pull(pull, BASE, SPLIT)
    free, theirs, mine = found.rows
    assert theirs[1:] == mine[1:]
    assert float(mine[2]) < float(free[2]) and float(mine[3][:-2]) < float(free[3][:-2])
    assert "what the library's does" in found.said


def test_a_pull_without_a_gradient_changes_nothing_and_is_named() -> None:
    found = yours.pull(wrong(PULL, "_without_a_gradient"), BASE, SPLIT)
    assert found.rows[0][1:] == found.rows[2][1:]
    assert "pull: Your penalty has no gradient" in found.said


def test_a_stub_is_not_run_and_what_breaks_stops_no_notebook() -> None:
    assert yours.drift(stub, TUNED, BASE).said.startswith("Your turn: write drift")
    assert yours.pull(stub, BASE, SPLIT).said.startswith("Your turn: write pull")
    assert "no idea" in yours.drift(broken, TUNED, BASE).said
    found = yours.pull(broken, BASE, SPLIT)
    assert "Your run stopped: ValueError: no idea" in found.said and found.rows[2][1:] == ("none",) * 3
