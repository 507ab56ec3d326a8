"""A shelf on disk: its base, a file for each task, and an index that is written last.

Files are named after what is in them, so writing a new one touches none that the old index names. A shelf that is
killed while it saves is, when it is opened again, the shelf that it was before or the new one, never a mixture.
"""

import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from ..files import write_atomically
from ..model.body_contract import Base
from ..weights.deltas import Learned, base_hashes, base_name, delta_hash, load_base, read_delta, save_base, write_delta

INDEX = "shelf.json"
FORMAT = 1


def write_shelf(folder: Path, base: Base, tasks: Mapping[str, Learned]) -> Path:
    """Write all of a shelf, then its index, then remove the files that only the last index named."""
    before = _read_index(folder) if (folder / INDEX).is_file() else _index("", {})
    files = {name: f"{_plain(name)}-{delta_hash(learned)[:12]}.safetensors" for name, learned in tasks.items()}
    for name, learned in tasks.items():
        write_delta(folder / files[name], learned)
    about = _index(save_base(base, folder).name, files)
    write_atomically(folder / INDEX, json.dumps(about, indent=1, ensure_ascii=False).encode())
    for old in {before["base"], *before["tasks"].values()} - {"", about["base"], *files.values()}:
        with contextlib.suppress(OSError):
            (folder / old).unlink()
    return folder


def read_shelf(folder: Path) -> tuple[Base, dict[str, Learned]]:
    """The base and what each task learned; CheckpointError names the file that is missing or damaged."""
    if not (folder / INDEX).is_file():
        raise CheckpointError(f"{folder} is no shelf: there is no {INDEX} in it; check the path")
    about = _read_index(folder)
    return load_base(folder / about["base"]), {name: read_delta(folder / file) for name, file in about["tasks"].items()}


def other_base(name: str, need: str, base: Base) -> CheckpointError:
    """What is said of a task that was trained on another base: both by name."""
    found = base_name(base_hashes(base)[0])
    return CheckpointError(f"{name} needs the base {base_name(need)}, but this shelf has {found}; train it on this one")


def _index(base: str, tasks: dict[str, str]) -> dict[str, Any]:
    return {"format": FORMAT, "base": base, "tasks": tasks}


def _read_index(folder: Path) -> dict[str, Any]:
    """The index, whole: a file name in it is a name in this folder and no path."""
    path = folder / INDEX
    try:
        about = json.loads(path.read_text("utf-8"))
        files = [about["base"], *about["tasks"].values()]
        sound = about["format"] == FORMAT and all(Path(file).name == file for file in files)
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise CheckpointError(f"{path} is damaged ({type(error).__name__}); save the shelf again") from None
    if not sound:
        raise CheckpointError(f"{path} was written by another version of headswap; save the shelf again")
    return about


def _plain(name: str) -> str:
    """A task's name as the beginning of a file's."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "task"
