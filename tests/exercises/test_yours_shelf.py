"""A learner's routing on a real shelf: a right one answers as the shelf does, a wrong one shows its damage."""

from __future__ import annotations

from typing import Any

import pytest

from headswap import Recipe, Shelf, run_regime
from headswap.errors import SettingError
from headswap.exercises import yours
from headswap.exercises.routing import ROUTE, route
from headswap.explorers import lesson_base, question_split

SPLITS = {question: question_split(question, 80) for question in ("spam", "comma", "exactly one")}


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    filled = Shelf(lesson_base())
    for question, split in SPLITS.items():
        regime = "mlp-head" if question == "exactly one" else "head-only"
        filled.put(question, run_regime(lesson_base(), split, regime, Recipe(epochs=5)), split.label_names)
    return filled


def wrong(name: str) -> Any:
    return next(trap.wrong for trap in ROUTE.traps if trap.wrong.__name__ == name)


def test_a_right_route_answers_every_row_as_the_shelf_does(shelf: Shelf) -> None:
    found = yours.route(route, shelf, SPLITS)
    assert found.rows[0][1:] == found.rows[1][1:]
    assert found.rows[0][1] == "240 of 240"
    assert "what the library's does" in found.said


@pytest.mark.parametrize(
    "name, own, says", [("_the_first_rows_head", 80, "One head answers"), ("_grouped", 2, "grouped by task")]
)
def test_a_wrong_route_shows_that_rows_got_another_heads_answer(shelf: Shelf, name: str, own: int, says: str) -> None:
    found = yours.route(wrong(name), shelf, SPLITS)
    assert found.rows[1][1] == f"{own} of 240"
    assert says in found.said and "Nothing crashed" in found.said


def test_what_this_batch_does_not_show_is_still_named(shelf: Shelf) -> None:
    found = yours.route(wrong("_another_for_the_unknown"), shelf, SPLITS)
    assert found.rows[0][1:] == found.rows[1][1:]
    assert "answered by another head" in found.said and "This batch doesn't show" in found.said


def test_a_stub_is_not_run_and_what_breaks_ends_its_own_run(shelf: Shelf) -> None:
    def stub(tasks: Any, features: Any, heads: Any) -> None: ...

    assert yours.route(stub, shelf, SPLITS).said.startswith("Your turn: write route")
    for broken in (lambda *_: 1 / 0, lambda *_: ["nothing"] * 240, wrong("_a_dictionary")):
        assert "Your run stopped" in yours.route(broken, shelf, SPLITS).said


def test_a_task_that_changes_the_body_is_refused(shelf: Shelf) -> None:
    own, split = Shelf(lesson_base()), SPLITS["spam"]
    own.put("spam", run_regime(lesson_base(), split, "bitfit", Recipe(epochs=1)), split.label_names)
    with pytest.raises(SettingError, match="trained as bitfit does not share"):
        yours.route(route, own, {"spam": split})
