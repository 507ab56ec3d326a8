"""A shelf: one body in memory, and many tasks on it by name."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as short

import torch

from ..errors import SettingError
from ..model.body import LMBody
from ..model.body_contract import INSERTED, Base
from ..model.copies import lazy_copy
from ..training.run import History
from ..weights.deltas import Learned, base_hash, base_hashes, learned_by, read_delta
from .kept import Index, other_base, read_shelf, write_shelf
from .serving import groups_of, logits_of
from .task import Blanks, Task, check_name, missing_task, new_task


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
        if not isinstance(base, Base):
            raise SettingError(
                f"base is {short(base)}, expected a body with its head, such as load_base gives; "
                "a folder is opened by Shelf.load"
            )
        if INSERTED in base.body._modules:
            raise SettingError("something is inserted in this base already; give the base as it was schooled")
        self._base = lazy_copy(base).eval().requires_grad_(False)
        self._known = base_hashes(base)
        self._tasks: dict[str, Task] = {}
        self._blanks = Blanks()
        self._homes: dict[Path, Index] = {}  # folders that hold this shelf, as it was when it was read or saved
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
            raise missing_task(name, self._tasks)
        return self._tasks[name]

    def put(self, name: str, history: History, label_names: Sequence[str] = ("ham", "spam")) -> Task:
        """Keep what a run on this base learned, as the task of that name; `label_names` are those of its split."""
        if not isinstance(history, History):
            raise SettingError(
                f"history is {short(history)}, expected what run_regime returns; a file goes on the shelf with put_file"
            )
        self._check_base(name, history.base)
        return self.keep(name, learned_by(history, self._base, _names_of_classes(label_names)))

    def put_file(self, name: str, path: Path | str) -> Task:
        """Keep what a file from `save_delta` holds, as the task of that name."""
        return self.keep(name, read_delta(path))

    def keep(self, name: str, learned: Learned) -> Task:
        """Keep what was learned on this base, as the task of that name; CheckpointError where it fits another base."""
        check_name(name, self._tasks)
        if not self.knows(learned):
            raise other_base(name, learned.about.base, self._base, next(iter(self._homes), None))
        self._tasks[name] = task = new_task(learned, self._base.body, self._blanks, name)
        return task

    def knows(self, learned: Learned) -> bool:
        """Whether this was learned on the shelf's own base."""
        return learned.about.base in self._known

    def remove(self, name: str) -> None:
        """Take a task off; the others and the body stay as they are."""
        self.task(name)
        del self._tasks[name]

    def rename(self, name: str, new: str) -> None:
        """Call a task something else; its place stays."""
        self.task(name)
        check_name(new, self._tasks)
        self._tasks = {new if key == name else key: task for key, task in self._tasks.items()}

    def logits(self, tasks: str | Sequence[str], items: Sequence[object]) -> list[torch.Tensor]:
        """The logits (C,) of every row, by its own task; `tasks` is one name for all rows, or one for each.

        Raises SettingError for a task that is not on the shelf: no other ever answers in its place.
        """
        names = self._names(tasks, items)
        asked = {name: self.task(name) for name in dict.fromkeys(names)}
        with self._one_at_a_time, torch.inference_mode():
            return logits_of(self._base.body, [asked[name] for name in names], items)

    def passes(self, tasks: Sequence[str]) -> int:
        """How often the body runs when all these tasks ask about one text: once for all that leave it as it is."""
        return len(groups_of([self.task(name) for name in tasks]))

    def ask(self, tasks: str | Sequence[str], items: Sequence[object]) -> list[Answer]:
        """What each row's own task says of it; `tasks` is one name for all rows, or one for each."""
        names = self._names(tasks, items)
        rows = self.logits(names, items)
        return [_answer(name, self._tasks[name].label_names, row) for name, row in zip(names, rows, strict=True)]

    def save(self, folder: Path | str) -> Path:
        """Write the base and every task to the folder. Until all is written, the folder holds the shelf it held.

        CheckpointError where the folder holds a shelf of another base, or tasks that this one has never seen.
        """
        folder, tasks = Path(folder), {name: task.learned for name, task in self._tasks.items()}
        home = folder.resolve()
        self._homes[home] = write_shelf(folder, self._base, tasks, self._homes.get(home))
        return folder

    @classmethod
    def load(cls, folder: Path | str, only: Collection[str] | None = None) -> "Shelf":
        """The shelf in the folder, or `only` these of its tasks.

        Raises CheckpointError where something that is read is missing or damaged, SettingError for a task that is not
        there. A shelf with some of the tasks is never saved over the one with all.
        """
        index, base, learned = read_shelf(Path(folder), only)
        shelf = cls(base)
        if len(learned) == len(index.tasks):
            shelf._homes[Path(folder).resolve()] = index
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

    def _names(self, tasks: str | Sequence[str], items: Sequence[object]) -> list[str]:
        """Each row's task; SettingError for rows that cannot be asked about."""
        if isinstance(items, str) or not hasattr(items, "__len__"):
            raise SettingError(
                f"items is {short(items)}, expected a list; the task comes first: ask('spam', ['a text'])"
            )
        names = [tasks] * len(items) if isinstance(tasks, str) else list(tasks)
        if len(names) != len(items):
            raise SettingError(f"{len(names)} task names came with {len(items)} rows; give one name for each row")
        for row, item in enumerate(items if isinstance(self._base.body, LMBody) else ()):
            if not isinstance(item, str) or not item:
                raise SettingError(f"row {row} is {short(item)}, expected a text; give every row one")
        return names


def _names_of_classes(label_names: Sequence[str]) -> tuple[str, ...]:
    """What the classes are called; SettingError for one text, or for two classes of one name."""
    names = () if isinstance(label_names, str) else tuple(label_names)
    if len(set(names)) < 2 or len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
        raise SettingError(
            f"label_names is {short(label_names)}, expected a name of its own for each class, such as ('ham', 'spam')"
        )
    return names


def _answer(task: str, label_names: Sequence[str], logits: torch.Tensor) -> Answer:
    chances = dict(zip(label_names, logits.softmax(0).tolist(), strict=True))
    return Answer(task, max(chances, key=chances.__getitem__), chances)
