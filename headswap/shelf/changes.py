"""A shelf on disk is changed without reading its other tasks: so one that is damaged is in nobody's way."""

from pathlib import Path

from ..weights.deltas import base_hash, base_name, load_base, read_delta, save_base, write_delta
from .kept import Index, file_of, is_shelf, other_base, put_in_place, read_index
from .shelf import Shelf
from .task import check_name, missing_task
from .writing import alone_in


def add(folder: Path, name: str, delta: Path) -> Index:
    """Put what a delta learned on the shelf; a folder that is none becomes one, with the base beside the delta.

    Raises SettingError for a name that is taken, and CheckpointError for a delta of another base.
    """
    learned = read_delta(delta)
    with alone_in(folder):
        before = read_index(folder) if is_shelf(folder) else None
        tasks = dict(before.tasks) if before else {}
        check_name(name, tasks)
        base = load_base(folder / before.base if before else delta.parent / base_name(learned.about.base))
        shelf = Shelf(base)
        if not shelf.knows(learned):
            raise other_base(name, learned.about.base, base, folder)
        shelf.keep(name, learned)  # it fits this body
        after = Index(before.base if before else base_name(base_hash(base)), tasks | {name: file_of(name, learned)})

        def write() -> None:
            write_delta(folder / after.tasks[name], learned)
            if before is None:
                save_base(base, folder)

        put_in_place(folder, after, write)
    return after


def remove(folder: Path, name: str) -> Index:
    """Take a task off, also one whose file is damaged; SettingError where there is none of that name."""
    read_index(folder)  # a folder that is no shelf is told before anything is made
    with alone_in(folder):
        index = _with(folder, name)
        after = Index(index.base, {key: file for key, file in index.tasks.items() if key != name})
        put_in_place(folder, after, lambda: None)
    return after


def rename(folder: Path, name: str, new: str) -> Index:
    """Call a task something else; its place and its file stay."""
    read_index(folder)
    with alone_in(folder):
        index = _with(folder, name)
        check_name(new, index.tasks)
        after = Index(index.base, {new if key == name else key: file for key, file in index.tasks.items()})
        put_in_place(folder, after, lambda: None)
    return after


def _with(folder: Path, name: str) -> Index:
    index = read_index(folder)
    if name not in index.tasks:
        raise missing_task(name, index.tasks)
    return index
