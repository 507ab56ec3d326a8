"""The command line's share of a shelf: list it, add to it, take off, rename, and ask it."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..errors import CheckpointError, SettingError
from ..weights.deltas import load_base
from . import changes
from .kept import Index, is_shelf, read_index, read_task
from .rows import read_rows
from .shelf import Answer, Shelf

FOLDER = "the shelf's folder: its base, a file for each task, and shelf.json"
NAME, NEW = "what the task is called on the shelf, such as spam", "what it is called from now on"
DELTA = "a file written by `demo --save`; on a new shelf, its base must lie beside it"


def add_shelf(parser: argparse.ArgumentParser) -> None:
    """`headswap shelf`: one body and many tasks in a folder."""
    actions = parser.add_subparsers(required=True, metavar="action")
    for name, about, run, more in (
        ("list", "the tasks, and what each of them takes", _list, {}),
        (
            "add",
            "put a file written by `demo --save` on the shelf; a new folder becomes one",
            _add,
            {"name": NAME, "delta": DELTA},
        ),
        ("remove", "take a task off", _remove, {"name": NAME}),
        ("rename", "call a task something else", _rename, {"name": NAME, "new": NEW}),
    ):
        action = actions.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
        action.add_argument("folder", type=Path, metavar="FOLDER", help=FOLDER)
        for one, means in more.items():
            action.add_argument(one, metavar=one.upper(), type=Path if one == "delta" else str, help=means)
        action.set_defaults(run=run)


def answer(folder: Path, task: str | None, texts: Sequence[str], file: Path | None, encoding: str | None) -> None:
    """Print each row's answer in four columns: the task, the class, its probability, the text."""
    weights = next((text for text in texts if text.endswith(".safetensors")), None)
    if weights is not None:
        raise SettingError(f"{weights} is a file of weights, and --shelf asks its own tasks; leave one of them out")
    if file is not None and texts:
        raise SettingError(f"--file is {file}, and there are texts beside it, such as {texts[0]!r}; give one of them")
    if file is None and not texts:
        raise SettingError("there is no message to judge; give texts, or --file")
    if file is None and task is None:
        there = ", ".join(read_index(folder).tasks) or "none at all"
        raise SettingError(f"no task is named; give --task NAME, or --file with a column task. There is {there}")
    rows = [(str(task), text) for text in texts] if file is None else read_rows(file, task, encoding)
    names, texts = [name for name, _ in rows], [text for _, text in rows]
    for text, said in zip(texts, Shelf.load(folder, only={*names}).ask(names, texts), strict=True):
        print(_told(said, text))


def base_in(place: Path) -> Path:
    """The file of a base: the path itself, a shelf's, or the only one in the folder; SettingError for several."""
    if is_shelf(place):
        return place / read_index(place).base
    found = sorted(place.glob("base-*.safetensors")) if place.is_dir() else [place]
    if len(found) != 1:
        some = f"{len(found)} bases ({', '.join(path.name for path in found)})" if found else "no base-….safetensors"
        raise SettingError(f"{place} holds {some}, expected one; give the file of the base")
    return found[0]


def _told(said: Answer, text: str) -> str:
    return f"{said.task}\t{said.label}\t{said.probability:.3f}\t{text}"


def _list(options: argparse.Namespace) -> None:
    index = read_index(options.folder)
    print(f"{'task':20} {'classes':24} {'regime':18} {'numbers':>9} {'bytes':>9}")
    for name in index.tasks:
        print(_row(options.folder, index, name))
    load_base(options.folder / index.base)  # without it, no task can answer: say so


def _row(folder: Path, index: Index, name: str) -> str:
    """A task's line: its classes and what it takes, or why it cannot be read."""
    try:
        learned = read_task(folder, index, name)
    except CheckpointError as error:
        return f"{name:20} cannot be read: {error}"
    about, tensors = learned.about, learned.tensors.values()
    numbers, size = sum(t.numel() for t in tensors), sum(t.numel() * t.element_size() for t in tensors)
    return f"{name:20} {', '.join(about.label_names):24} {about.regime:18} {numbers:>9,} {size:>9,}"


def _add(options: argparse.Namespace) -> None:
    there = changes.add(options.folder, options.name, options.delta).tasks
    ask = f"python -m headswap predict --shelf {options.folder} --task {options.name} 'a message'"
    print(f"{options.folder} has {', '.join(there)}. Ask one: {ask}")


def _remove(options: argparse.Namespace) -> None:
    there = changes.remove(options.folder, options.name).tasks
    print(f"{options.name} is off the shelf; {options.folder} has {', '.join(there) or 'no task left'}.")


def _rename(options: argparse.Namespace) -> None:
    there = changes.rename(options.folder, options.name, options.new).tasks
    print(f"{options.name} is called {options.new} now; {options.folder} has {', '.join(there)}.")
