"""What a learner wrote becomes part of a real run: a right function ends where the library ends, a wrong one shows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch

from headswap import Recipe, encode, evaluate, fixture_split, run_regime
from headswap.errors import SettingError
from headswap.exercises import beside, yours
from headswap.exercises.freezing import FREEZE, GROUPS, freeze, groups
from headswap.exercises.pooling import LAST_REAL, MASKED_MEAN
from headswap.exercises.stepping import TRAIN_STEP, train_step
from headswap.explorers import lesson_base

BASE, SPLIT = lesson_base(), fixture_split()


@pytest.fixture
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two epochs tell a right loop from a wrong one."""
    monkeypatch.setattr(yours, "EPOCHS", 2)


short = pytest.mark.usefixtures("short_runs")


def stub(*_: Any) -> None:
    """Not written yet."""
    ...


def leaves(*_: Any) -> None:
    sys.exit("gone")


def wrong(exercise: Any, name: str) -> Callable[..., Any]:
    return next(trap.wrong for trap in exercise.traps if trap.wrong.__name__ == name)


def looped(freezes: Any = freeze, grouped: Any = groups, stepped: Any = train_step) -> yours.Beside:
    return yours.loop(freezes, grouped, stepped, BASE, SPLIT)


# ---- pools


@pytest.mark.parametrize(("exercise", "beside"), [(MASKED_MEAN, "mean"), (LAST_REAL, "last")])
def test_a_right_pool_ends_where_the_library_ends(exercise: Any, beside: str) -> None:
    found = yours.pool(exercise.reference, BASE, SPLIT, beside)
    library, mine = found.rows
    assert library[1:] == mine[1:]
    assert "what the library's does" in found.said


def test_the_librarys_row_is_the_run_that_run_regime_makes() -> None:
    model = run_regime(BASE, SPLIT, "head-only", Recipe()).classifier
    data = encode(SPLIT.test, model)
    assert data is not None
    library, _ = yours.pool(MASKED_MEAN.reference, BASE, SPLIT).rows
    assert library[1] == f"{evaluate(model, data).f1:.2f}"


@pytest.mark.parametrize("name", ["_pads_counted", "_divided_by_length", "_by_the_longest"])
def test_a_mean_that_counts_pads_shows_its_damage_beside_pads_alone(name: str) -> None:
    found = yours.pool(wrong(MASKED_MEAN, name), BASE, SPLIT)
    library, mine = found.rows
    assert mine[1:3] == library[1:3]
    assert float(mine[3]) < float(library[3]) - 0.1
    assert found.said.startswith("masked_mean: ")
    assert "lower at 15 bytes, 17 pads" in found.said


def test_a_last_byte_found_by_counting_shows_on_the_left_alone() -> None:
    library, mine = yours.pool(wrong(LAST_REAL, "_counted"), BASE, SPLIT, "last").rows
    assert mine[1:4] == library[1:4]
    assert mine[4] != library[4]


@pytest.mark.parametrize("function", [leaves, lambda hidden, mask: mask, lambda: 1, lambda hidden, mask: 1 / 0])
def test_a_pool_that_crashes_ends_its_own_run_and_nothing_else(function: Callable[..., Any]) -> None:
    found = yours.pool(function, BASE, SPLIT)
    assert "Your run stopped: " in found.said
    assert found.rows[1][1:] == ("none",) * 4
    assert torch.is_grad_enabled()


def test_a_pool_without_an_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "SECONDS", 0.2)
    monkeypatch.setattr("headswap.exercises.exercise.SECONDS", 0.2)

    def endless(*_: Any) -> None:
        while True:
            pass

    assert "still running" in yours.pool(endless, BASE, SPLIT).said


def test_another_pool_than_mean_and_last_is_refused() -> None:
    with pytest.raises(SettingError, match="beside is 'max'; choose one of mean, last"):
        yours.pool(MASKED_MEAN.reference, BASE, SPLIT, "max")


# ---- the loop


@short
def test_right_functions_train_as_the_librarys_loop_does() -> None:
    found = looped()
    library, mine = found.rows
    assert library[1:] == mine[1:]
    assert mine[1:4] == ("130", "130", "0 of 28")


@short
def test_yours_ends_with_the_librarys_weights() -> None:
    right, mine = yours._Looped(BASE, SPLIT), yours._Looped(BASE, SPLIT)
    right.by_the_library()
    mine.by_yours(freeze, groups, train_step)
    torch.testing.assert_close(right.model.head.state_dict(), mine.model.head.state_dict(), rtol=1e-3, atol=1e-4)


@short
@pytest.mark.parametrize(
    ("given", "column", "cell"),
    [
        ({"freezes": wrong(FREEZE, "_dropped_gradients_alone")}, 3, "28 of 28"),
        ({"freezes": wrong(FREEZE, "_froze_the_head_too")}, 1, "0"),
        ({"grouped": wrong(GROUPS, "_everything")}, 2, "118,914"),
        ({"grouped": wrong(GROUPS, "_the_frozen_ones")}, 2, "118,784"),
    ],
    ids=["nothing frozen", "head frozen too", "optimizer holds everything", "optimizer holds the frozen ones"],
)
def test_a_wrong_function_shows_where_it_is_wrong(given: dict[str, Any], column: int, cell: str) -> None:
    library, mine = looped(**given).rows
    assert mine[column] == cell != library[column]


@pytest.mark.parametrize("name", ["_gradients_pile_up", "_cleared_before_the_step", "_no_step"])
def test_a_wrong_step_shows_its_damage_in_f1(name: str) -> None:
    found = looped(stepped=wrong(TRAIN_STEP, name))
    library, mine = found.rows
    assert float(mine[4]) < float(library[4]) - 0.1
    assert "train_step: " in found.said
    assert "Your F1 is 0." in found.said


@short
def test_a_mistake_that_f1_does_not_show_is_said_all_the_same() -> None:
    said = looped(freezes=wrong(FREEZE, "_left_gradients")).said
    assert (
        said == "freeze: The body is frozen, but its old gradients are still there, and a step would use them. "
        "F1 doesn't show this mistake here; the check does."
    )


@short
@pytest.mark.parametrize("place", ["freezes", "grouped", "stepped"])
def test_a_function_that_crashes_ends_its_own_run_where_it_was(place: str) -> None:
    found = looped(**{place: leaves})
    assert "Your run stopped: SystemExit: gone" in found.said
    assert 0.0 <= float(found.rows[1][4]) <= 1.0


# ---- stubs, and how it looks


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (lambda: yours.pool(stub, BASE, SPLIT), "Your turn: write masked_mean, and this cell uses it"),
        (lambda: looped(stub), "Your turn: write freeze, and this cell uses it"),
        (lambda: looped(stub, groups, stub), "Your turn: write freeze and train_step, and this cell uses them"),
        (lambda: looped(stub, stub, stub), "Your turn: write freeze, groups and train_step, and this cell uses them"),
    ],
)
def test_a_stub_is_your_turn_in_one_sentence_and_nothing_is_trained(
    found: Callable[[], yours.Beside], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yours, "train_classifier", None)
    beside = found()
    assert beside.rows == ()
    assert repr(beside).startswith(said)
    assert repr(beside).count(".") == 1


def test_yours_is_trained_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        asked.append(len(hidden))
        return MASKED_MEAN.reference(hidden, mask)

    yours.pool(counted, BASE, SPLIT)
    once = len(asked)
    yours.pool(counted, BASE, SPLIT)
    assert len(asked) == 2 * once > 0


def test_a_table_shows_text_as_text() -> None:
    beside = yours.Beside("<b>", ("a", "b"), (("<i>", "&"),))
    assert "<i>" not in beside._repr_html_()
    assert "&lt;i&gt;" in beside._repr_html_()
    assert repr(beside) == "a    b\n<i>  &\n<b>"
