"""A shelf on disk: its base, a file for each task, and an index that is written last.

Files are named after what is in them, so writing a new one touches none that the old index names. A shelf that is
killed while it saves is, when it is opened again, the shelf that it was before or the new one, never a mixture.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from ..errors import CheckpointError
from ..model.body_contract import Base
from ..weights.deltas import (
    Learned,
    base_hash,
    base_hashes,
    base_name,
    delta_hash,
    load_base,
    read_delta,
    save_base,
    write_delta,
)
from .task import missing_task
from .writing import alone_in, change

INDEX = "shelf.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Index:
    """What stands on a shelf: the file of its base, and that of each task by the task's name."""

    base: str
    tasks: Mapping[str, str]

    @property
    def files(self) -> set[str]:
        """All files that it names."""
        return {self.base, *self.tasks.values()}


def is_shelf(folder: Path) -> bool:
    """Whether there is a shelf in this folder."""
    return (folder / INDEX).is_file()


def read_index(folder: Path) -> Index:
    """The index of a shelf, whole; CheckpointError where there is none. A file in it is a name and no path."""
    path = folder / INDEX
    if not is_shelf(folder):
        raise CheckpointError(f"{folder} is no shelf: there is no {INDEX} in it; check the path")
    try:
        about = json.loads(path.read_text("utf-8"))
        found = Index(about["base"], dict(about["tasks"].items()))
        sound = about["format"] == FORMAT and all(Path(file).name == file for file in found.files)
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise CheckpointError(f"{path} is damaged ({type(error).__name__}); save the shelf to another folder") from None
    if not sound:
        raise CheckpointError(f"{path} was written by another version of headswap; save the shelf to another folder")
    return found


def read_shelf(folder: Path, only: Collection[str] | None = None) -> tuple[Index, Base, dict[str, Learned]]:
    """The index, the base and what each task learned, or `only` these tasks.

    CheckpointError names the file that is missing or damaged, SettingError a task that is not there.
    """
    index = read_index(folder)
    for name in only or ():
        if name not in index.tasks:
            raise missing_task(name, index.tasks)
    wanted = [name for name in index.tasks if only is None or name in only]
    try:
        return index, load_base(folder / index.base), {name: read_task(folder, index, name) for name in wanted}
    except CheckpointError:
        if read_index(folder) == index:
            raise
    return read_shelf(folder, only)  # somebody saved it meanwhile


def read_task(folder: Path, index: Index, name: str) -> Learned:
    """What a task on disk has learned; CheckpointError, with the way out, where its file is missing or damaged."""
    try:
        return read_delta(folder / index.tasks[name])
    except CheckpointError as error:
        off = f"python -m headswap shelf remove {folder} {name!r}"
        raise CheckpointError(f"{error}, or take the task off: {off}") from None


def write_shelf(folder: Path, base: Base, tasks: Mapping[str, Learned], known: Index | None) -> Index:
    """Write all of a shelf, then its index, then remove the files that only the last index named.

    `known` is the index that this shelf was read from, or last written with. CheckpointError, and nothing is written,
    where the folder holds something else.
    """
    after = Index(base_name(base_hash(base)), {name: file_of(name, learned) for name, learned in tasks.items()})
    with alone_in(folder):
        _check_ours(folder, known, after)

        def write() -> None:
            for name, learned in tasks.items():
                write_delta(folder / after.tasks[name], learned)
            save_base(base, folder)

        put_in_place(folder, after, write)
    return after


def put_in_place(folder: Path, after: Index, write: Callable[[], object]) -> None:
    """Have the files of a new index written, then the index; call it while alone in the folder."""
    before = read_index(folder).files if is_shelf(folder) else set[str]()
    new = {name for name in after.files if not (folder / name).exists()}
    content = json.dumps({"format": FORMAT, **asdict(after)}, indent=1, ensure_ascii=False).encode()
    change(folder, INDEX, content, before | new, write, partial(_named, folder))


def file_of(name: str, learned: Learned) -> str:
    """The name of a task's file: the task's own as far as it goes, and what is in it."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "task"
    return f"{plain}-{delta_hash(learned)[:12]}.safetensors"


def other_base(name: str, need: str, base: Base, folder: Path | None = None) -> CheckpointError:
    """What is said of a task that was trained on another base: both by name, and how to train it on this one."""
    found = base_name(base_hashes(base)[0])
    train = f"python -m headswap demo --data FILE --base {folder or found} --save FOLDER"
    return CheckpointError(
        f"{name} needs the base {base_name(need)}, but this shelf has {found}; train it on this one: {train}"
    )


def _named(folder: Path) -> set[str]:
    return read_index(folder).files if is_shelf(folder) else set()


def _check_ours(folder: Path, known: Index | None, after: Index) -> None:
    """CheckpointError where saving would destroy what this shelf does not know of."""
    there = read_index(folder) if is_shelf(folder) else None
    if there is None or there == known:
        return
    if known is not None:
        raise CheckpointError(
            f"{folder} has changed since this shelf was read from it; load it again and add what is yours, "
            "or choose another folder"
        )
    if there.base != after.base or not set(there.tasks) <= set(after.tasks):
        what = f"{', '.join(there.tasks) or 'no task'} on {there.base}"
        raise CheckpointError(
            f"{folder} holds another shelf ({what}), and saving would destroy it; "
            "add to that one (Shelf.load), or choose another folder"
        )
