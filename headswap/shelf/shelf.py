"""A shelf: one body in memory, and many tasks on it by name."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ..errors import SettingError
from ..model.body_contract import INSERTED, Base
from ..model.copies import lazy_copy
from ..training.run import History
from ..weights.deltas import Learned, base_hash, base_hashes, learned_by, read_delta
from .kept import other_base, read_shelf, write_shelf
from .serving import groups_of, logits_of
from .task import Blanks, Task, new_task


@dataclass(frozen=True, slots=True)
class Answer:
    """What a task says of one text: its most probable class, and the probability of each class by name."""

    task: str
    label: str
    probabilities: Mapping[str, float]

    @property
    def probability(self) -> float:
        """How probable the task finds its answer, from 0 to 1."""
        return self.probabilities[self.label]


class Shelf:
    """One body and many tasks by name, each with its own head, classes, pool and inserts.

    A task brings what it learned and nothing else, so the body is in memory once, and no task changes the answers of
    another. `ask` serves a mixed batch: each row goes to its own task (lessons 10 and 11).
    """

    def __init__(self, base: Base) -> None:
        if INSERTED in base.body._modules:
            raise SettingError("something is inserted in this base already; give the base as it was schooled")
        self._base = lazy_copy(base).eval().requires_grad_(False)
        self._known = base_hashes(base)
        self._tasks: dict[str, Task] = {}
        self._blanks = Blanks()
        self._one_at_a_time = threading.Lock()  # the body wears one task's inserts at a time

    @property
    def tasks(self) -> Mapping[str, Task]:
        """The tasks by name, the oldest first."""
        return dict(self._tasks)

    @property
    def base(self) -> Base:
        """A copy of the base: what happens to it changes no task."""
        return lazy_copy(self._base)

    def task(self, name: str) -> Task:
        """The task of that name; SettingError where there is none."""
        if name not in self._tasks:
            there = ", ".join(self._tasks) or "none at all"
            raise SettingError(f"no task {name!r} is on this shelf; there is {there}")
        return self._tasks[name]

    def put(self, name: str, history: History, label_names: Sequence[str] = ("ham", "spam")) -> Task:
        """Keep what a run on this base learned, as the task of that name."""
        self._check_base(name, history.base)
        return self.keep(name, learned_by(history, self._base, tuple(label_names)))

    def put_file(self, name: str, path: Path | str) -> Task:
        """Keep what a file from `save_delta` holds, as the task of that name."""
        return self.keep(name, read_delta(path))

    def keep(self, name: str, learned: Learned) -> Task:
        """Keep what was learned on this base, as the task of that name; CheckpointError where it fits another base."""
        self._check_name(name)
        if learned.about.base not in self._known:
            raise other_base(name, learned.about.base, self._base)
        self._tasks[name] = task = new_task(learned, self._base.body, self._blanks, name)
        return task

    def remove(self, name: str) -> None:
        """Take a task off; the others and the body stay as they are."""
        self.task(name)
        del self._tasks[name]

    def rename(self, name: str, new: str) -> None:
        """Call a task something else; its place stays."""
        self.task(name)
        self._check_name(new)
        self._tasks = {new if key == name else key: task for key, task in self._tasks.items()}

    def logits(self, tasks: str | Sequence[str], items: Sequence[object]) -> list[torch.Tensor]:
        """The logits (C,) of every row, by its own task; `tasks` is one name for all rows, or one for each.

        Raises SettingError for a task that is not on the shelf: no other ever answers in its place.
        """
        names = [tasks] * len(items) if isinstance(tasks, str) else list(tasks)
        if len(names) != len(items):
            raise SettingError(f"{len(names)} task names came with {len(items)} rows; give one name for each row")
        asked = {name: self.task(name) for name in dict.fromkeys(names)}
        with self._one_at_a_time, torch.inference_mode():
            return logits_of(self._base.body, [asked[name] for name in names], items)

    def passes(self, tasks: Sequence[str]) -> int:
        """How often the body runs when all these tasks ask about one text: once for all that leave it as it is."""
        return len(groups_of([self.task(name) for name in tasks]))

    def ask(self, tasks: str | Sequence[str], items: Sequence[object]) -> list[Answer]:
        """What each row's own task says of it; `tasks` is one name for all rows, or one for each."""
        names = [tasks] * len(items) if isinstance(tasks, str) else list(tasks)
        rows = self.logits(names, items)
        return [_answer(name, self._tasks[name].label_names, row) for name, row in zip(names, rows, strict=True)]

    def save(self, folder: Path | str) -> Path:
        """Write the base and every task to the folder. Until all is written, the folder holds the shelf it held."""
        return write_shelf(Path(folder), self._base, {name: task.learned for name, task in self._tasks.items()})

    @classmethod
    def load(cls, folder: Path | str) -> "Shelf":
        """The shelf in the folder; CheckpointError where something in it is missing or damaged."""
        base, learned = read_shelf(Path(folder))
        shelf = cls(base)
        for name, one in learned.items():
            shelf.keep(name, one)
        return shelf

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._tasks))

    def __repr__(self) -> str:
        return f"Shelf({', '.join(self._tasks) or 'empty'})"

    def _check_base(self, name: str, base: Base | None) -> None:
        if base is not None and base_hash(base) != self._known[0]:
            raise other_base(name, base_hash(base), self._base)

    def _check_name(self, name: str) -> None:
        if not name.strip() or not name.isprintable():
            raise SettingError(f"{name!r} is no name for a task; give printable characters, such as spam")
        if name in self._tasks:
            raise SettingError(
                f"there is a task {name!r} on this shelf already; remove it first, or choose another name"
            )


def _answer(task: str, label_names: Sequence[str], logits: torch.Tensor) -> Answer:
    chances = dict(zip(label_names, logits.softmax(0).tolist(), strict=True))
    return Answer(task, max(chances, key=chances.__getitem__), chances)
