"""The command line's share of a shelf: list it, add to it, take off, rename, and ask it."""

import argparse
import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ..errors import SettingError
from ..weights.deltas import base_name, load_base, read_delta
from .kept import INDEX
from .shelf import Answer, Shelf


def add_shelf(parser: argparse.ArgumentParser) -> None:
    """`headswap shelf`: one body and many tasks in a folder."""
    actions = parser.add_subparsers(required=True, metavar="action")
    for name, about, run, more in (
        ("list", "the tasks, and what each of them takes", _list, ()),
        ("add", "put a file written by `demo --save` on the shelf; a new folder becomes one", _add, ("name", "delta")),
        ("remove", "take a task off", _remove, ("name",)),
        ("rename", "call a task something else", _rename, ("name", "new")),
    ):
        action = actions.add_parser(name, help=about)
        action.add_argument("folder", type=Path, metavar="FOLDER")
        for one in more:
            action.add_argument(one, metavar=one.upper(), type=Path if one == "delta" else str)
        action.set_defaults(run=run)


def answer(folder: Path, task: str | None, texts: Sequence[str], file: Path | None) -> None:
    """Print each row's answer: the task, the class, its probability, the text."""
    shelf = Shelf.load(folder)
    names, texts = ([task] * len(texts), texts) if file is None else _rows(file, task)
    if not texts:
        raise SettingError("there is no message to judge; give texts, or --file")
    if None in names:
        there = ", ".join(shelf) or "none at all"
        raise SettingError(f"no task is named; give --task NAME, or --file with a column task. There is {there}")
    for text, said in zip(texts, shelf.ask([str(name) for name in names], texts), strict=True):
        print(_told(said, text))


def _told(said: Answer, text: str) -> str:
    return f"{said.task}\t{said.label}\t{said.probability:.3f}\t{text}"


def _rows(file: Path, task: str | None) -> tuple[list[str | None], list[str]]:
    """The task and the text of every row of a CSV or TSV with a header; without a column `task` the option decides."""
    try:
        raw = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingError(f"{file} is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except OSError as error:
        raise SettingError(f"{file} cannot be read ({error.strerror}); check the path") from None
    head = raw.partition("\n")[0]
    rows = list(csv.DictReader(io.StringIO(raw), delimiter="\t" if "\t" in head else ","))
    columns = {(name or "").strip().lower(): name for name in (rows[0] if rows else {})}
    if "text" not in columns:
        raise SettingError(f"{file} has no column text; give a CSV or TSV whose first line is task,text")
    found = [(row.get(columns["task"]) if "task" in columns else task, row[columns["text"]]) for row in rows]
    for line, (name, text) in enumerate(found, 2):
        if not text or not name:
            raise SettingError(
                f"{file}, row {line}: the {'text' if name else 'task'} is missing; fill it in, or drop the row"
            )
    return [name for name, _ in found], [text for _, text in found]


def _list(options: argparse.Namespace) -> None:
    shelf = Shelf.load(options.folder)
    print(f"{'task':20} {'classes':24} {'regime':18} {'numbers':>9} {'bytes':>9}")
    for name, task in shelf.tasks.items():
        about = task.learned.about
        print(f"{name:20} {', '.join(about.label_names):24} {about.regime:18} {task.weights:>9,} {task.bytes:>9,}")


def _add(options: argparse.Namespace) -> None:
    folder, delta = options.folder, options.delta
    if (folder / INDEX).is_file():
        shelf = Shelf.load(folder)
    else:
        shelf = Shelf(load_base(delta.parent / base_name(read_delta(delta).about.base)))
    shelf.put_file(options.name, delta)
    shelf.save(folder)
    ask = f"python -m headswap predict --shelf {folder} --task {options.name} 'a message'"
    print(f"{folder} has {', '.join(shelf)}. Ask one: {ask}")


def _remove(options: argparse.Namespace) -> None:
    shelf = Shelf.load(options.folder)
    shelf.remove(options.name)
    shelf.save(options.folder)


def _rename(options: argparse.Namespace) -> None:
    shelf = Shelf.load(options.folder)
    shelf.rename(options.name, options.new)
    shelf.save(options.folder)
