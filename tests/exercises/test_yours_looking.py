"""A learner's patches under a frozen body, and a learner's shift in a real run: right ones do what the library's do."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch

from headswap.data.images.digits import DigitsData
from headswap.data.messages import Split
from headswap.exercises import yours, yours_looking
from headswap.exercises.looking import PATCHES, SHIFT, patches, shift
from headswap.gallery.digits import painted_base
from headswap.model.vision.wide_resnet import WideResNetConfig
from headswap.training.looking.school import Unschooled


@cache
def split() -> Split:
    pytest.importorskip("sklearn")
    whole = DigitsData(50).split(0)
    return replace(whole, validation=whole.validation[:80], test=whole.test[:100])


NETWORK = Unschooled(WideResNetConfig((1, 8, 8), depth=10, factor=1)).base(Split((), (), ()), 0)


def wrong(exercise: Any, name: str) -> Any:
    return next(trap.wrong for trap in exercise.traps if trap.wrong.__name__ == name)


def stub(*_: Any) -> None:
    """Not written yet."""
    ...


def broken(*_: Any) -> None:
    raise ValueError("no idea")


def test_right_patches_are_what_the_schooled_body_learned_from() -> None:
    found = yours.patches(patches, painted_base(), split())
    theirs, mine = found.rows
    assert theirs[1:] == mine[1:] and float(mine[1]) < 0.15
    assert "what the library's does" in found.said


@pytest.mark.parametrize("name", ["_only_reshaped", "_column_by_column", "_both_swapped"])
def test_patches_in_a_wrong_order_are_paintings_that_fail(name: str) -> None:
    found = yours.patches(wrong(PATCHES, name), painted_base(), split())
    theirs, mine = found.rows
    assert float(mine[1]) > 3 * float(theirs[1])
    assert found.said.startswith("patches: ")


def test_a_right_shift_trains_what_the_librarys_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yours_looking, "EPOCHS", 4)
    found = yours.shift(shift, NETWORK, split())
    still, theirs, mine = found.rows
    assert theirs[1:] == mine[1:] != still[1:]
    round_again = yours.shift(wrong(SHIFT, "_wrapped"), NETWORK, split())
    assert "What leaves on one side comes back on the other" in round_again.said
    assert round_again.rows[2][1:] != theirs[1:]


def test_each_batch_is_moved_by_a_pixel_at_most_and_by_draws_of_the_run() -> None:
    moves: list[tuple[int, int]] = []

    def seen(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
        moves.append((down, right))
        return images

    generator = torch.Generator().manual_seed(0)
    for _ in range(60):
        yours_looking.Shifting(seen)((torch.zeros(2, 1, 8, 8),), generator)
    assert {down for down, _ in moves} == {right for _, right in moves} == {-1, 0, 1}


def test_a_stub_is_not_run_and_what_breaks_stops_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yours_looking, "EPOCHS", 1)
    assert yours.patches(stub, painted_base(), split()).said.startswith("Your turn: write patches")
    assert yours.shift(stub, NETWORK, split()).said.startswith("Your turn: write shift")
    assert "no idea" in yours.patches(broken, painted_base(), split()).said
    assert "Your run stopped: ValueError: no idea" in yours.shift(broken, NETWORK, split()).said
