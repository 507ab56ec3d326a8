"""A learner's run beside the library's: the table, the sentence under it, and what every such run needs.

Every run is trained anew, in this process. A function that breaks ends its own run and nothing else.
"""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import nn

from ..data.batches import ClassificationDataset
from ..data.messages import Example
from ..errors import HeadswapError, SettingError
from ..model.body import LanguageModel
from ..model.classifier import Classifier, swap_head
from ..model.copies import lazy_copy
from ..model.heads import new_head
from ..training.run import encode
from .answers import Function, Probe, Raised, TooLong, answer_of, shown, within
from .exercise import Exercise

SEED, SECONDS = 0, 60.0  # of the run, and of the processor; then a learner's run is stopped
Row = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Beside:
    """A run with the learner's functions beside the library's run, and one sentence or two about the difference."""

    said: str
    columns: Row = ()
    rows: tuple[Row, ...] = ()

    def __repr__(self) -> str:
        grid = [self.columns, *self.rows] if self.rows else []
        sizes = [max(map(len, column)) for column in zip(*grid, strict=True)]
        lines = ["  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True)).rstrip() for row in grid]
        return "\n".join([*lines, self.said])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="text-align: left">{html.escape(name)}</th>' for name in self.columns)
        rows = "".join(
            f'<tr><th scope="row" style="text-align: left">{html.escape(name)}</th>'
            + "".join(f'<td style="text-align: left">{html.escape(cell)}</td>' for cell in cells)
            + "</tr>"
            for name, *cells in self.rows
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
        return f'{table}<p role="status">{html.escape(self.said)}</p>'


def new_classifier(base: LanguageModel, pool: nn.Module, generator: torch.Generator) -> Classifier:
    """A copy of the base's body under this pool and a new linear head for two classes."""
    head = new_head("linear", base.body.width, 2, generator)
    return swap_head(lazy_copy(base), pool, head).classifier  # pyright: ignore[reportArgumentType]


def encoded(messages: Sequence[Example], model: Classifier) -> ClassificationDataset:
    """The messages as the model reads them."""
    data = encode(messages, model)
    if data is None:
        raise SettingError("the split has no messages there; give at least one of each class")
    return data


def weights_in(optimizer: torch.optim.Optimizer) -> int:
    """How many weights an optimizer holds."""
    return sum(p.numel() for group in optimizer.param_groups for p in group["params"])


def heard(work: Callable[[], T]) -> T | Raised:
    """What a run with a learner's functions returns; what it raised, or that it took too long, is an answer too."""
    try:
        return within(SECONDS, lambda: answer_of(Probe("your run", lambda run: run()), work))  # pyright: ignore
    except TooLong:
        return Raised("TooLong", f"after {SECONDS:g} seconds it was still running; look for a loop without an end")


class OwnError(HeadswapError):
    """What a learner's function raised in the middle of a run; it says whose mistake that is."""


def owned(exercise: Exercise, function: Function) -> Function:
    """The learner's function, on copies of what it is given; what it raises says its name."""

    def used(*given: torch.Tensor) -> object:
        try:
            return function(*(one.clone() for one in given))
        except Exception as error:
            raise OwnError(
                f"your {exercise.name} raised {shown(Raised(type(error).__name__, str(error)), 240)}"
            ) from error

    return used


def f1_text(value: float) -> str:
    """An F1 to two digits: more would be luck."""
    return f"{value:.2f}"


def damage_of(change: float, where: str = "", score: str = "F1") -> str:
    """The change in a score as a sentence; none where it rounds to nothing."""
    if abs(change) < 0.005:
        return ""
    could = "; that could be luck" * (change > 0)
    return f"Your {score} is {abs(change):.2f} {'lower' if change < 0 else 'higher'}{where}{could}."


def your_turn(names: Sequence[str], where: str) -> Beside:
    """What is still to be written, and what this cell will do with it."""
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return Beside(f"Your turn: write {listed}, and this cell uses {'them' if names[1:] else 'it'} {where}.")


def stopped(given: Sequence[tuple[Exercise, Function]], why: Raised, columns: Row, rows: Sequence[Row]) -> Beside:
    """A run that ended early, with why."""
    return Beside(judged(given, f"Your run stopped: {_reason(why)}."), columns, tuple(rows))


def _reason(why: Raised) -> str:
    """Whose mistake ended a run, without the full stop."""
    return (why.says if why.kind == OwnError.__name__ else shown(why, 240)).rstrip(".")


SILENT = "F1 doesn't show this mistake here; the check does."


def judged(given: Sequence[tuple[Exercise, Function]], damage: str, silent: str = SILENT) -> str:
    """What the checks say of functions that are not right yet, and what the mistake costs here, or `silent`."""
    verdicts = [(exercise.name, exercise.check(function)) for exercise, function in given]
    wrong = [f"{name}: {verdict.sentence}" for name, verdict in verdicts if not verdict]
    if not wrong:
        return damage or "Yours does what the library's does: the same numbers in every column."
    return " ".join(filter(None, [*wrong, damage or silent]))
