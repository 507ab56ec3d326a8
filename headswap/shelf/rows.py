"""The rows that a shelf is asked about, from a table with the columns task and text, or from plain lines."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..data.decoding import read_text
from ..data.readers import DELIMITERS
from ..errors import DataError, SettingError

Asked = tuple[str, str]  # the task, the text


def read_lines(path: Path, encoding: str | None = None) -> list[str]:
    """The lines of a file that hold anything; DataError where it is no text."""
    return [line for line in re.split(r"\r\n|\r|\n", read_text(path, encoding)) if line.strip()]


def read_rows(path: Path, task: str | None, encoding: str | None = None) -> list[Asked]:
    """Each row's task and text: of a table with a header, or, for one `task`, of a file whose lines are the texts.

    Raises DataError, by the number of the row, for a table in which a text would be cut or swallow others.
    """
    content = read_text(path, encoding)
    first = next(line for line in re.split(r"[\r\n]", content) if line.strip())
    mark = max(DELIMITERS, key=first.count) if any(map(first.count, DELIMITERS)) else ","
    header = [name.strip().strip('"').lower() for name in first.split(mark)]
    if "task" in header and task is not None:
        raise SettingError(f"--task is {task}, and {path} has a column task of its own; leave one of them out")
    if not {"task", "text"} & set(header) and task is not None:
        return [(task, line) for line in read_lines(path, encoding)]
    _check_header(path, header, mark, task)
    return list(_asked(path, header, mark, task, content))


def _check_header(path: Path, header: Sequence[str], mark: str, task: str | None) -> None:
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path} has {header.count(twice)} columns {twice}, expected one; rename or remove the others")
    missing = [name for name in ("task", "text") if name not in header and not (name == "task" and task is not None)]
    if missing:
        found = ", ".join(header) if len("".join(header)) < 80 else f"{len(header)} others"
        raise DataError(
            f"{path} has no column {' and no column '.join(missing)} (its first line, divided by {DELIMITERS[mark]}, "
            f"names {found}); begin it with task{mark}text, or give --task NAME for a file of texts"
        )


def _asked(path: Path, header: Sequence[str], mark: str, task: str | None, content: str) -> Iterator[Asked]:
    number = 0
    for number, fields in _table(path, mark, content):
        _check_width(path, number, header, mark, fields)
        row = dict(zip(header, fields, strict=False))
        name, text = (row.get("task") or "").strip() if task is None else task, row.get("text") or ""
        if not name or not text.strip():
            what = "text" if name else "task"
            raise DataError(f"{path}, row {number}: the {what} is missing; fill it in, or drop the row")
        yield name, text
    if number == 0:
        raise DataError(f"{path} holds only its header, expected rows below it; add at least one")


def _check_width(path: Path, number: int, header: Sequence[str], mark: str, fields: Sequence[str]) -> None:
    """DataError for more fields than columns: the text has been cut."""
    beyond = [i for i, field in enumerate(fields) if field.strip() and (i >= len(header) or not header[i])]
    if beyond:
        fix = "take the tabs out of its text" if mark == "\t" else 'put quotes around its text: "…"'
        named = ", ".join(filter(None, header))
        raise DataError(
            f"{path}, row {number} has {beyond[-1] + 1} fields, expected {len(list(filter(None, header)))} ({named}) "
            f"divided by {DELIMITERS[mark]}; {fix}"
        )


def _table(path: Path, mark: str, content: str) -> Iterator[tuple[int, list[str]]]:
    """Every row below the header that holds anything, with its number; the header is row 1. A TSV knows no quotes."""
    quoting = csv.QUOTE_NONE if mark == "\t" else csv.QUOTE_MINIMAL
    rows = csv.reader(io.StringIO(content.lstrip("\r\n"), newline=""), delimiter=mark, quoting=quoting, strict=True)
    number = 0
    try:
        with _fields_of_any_length(len(content)):
            for number, fields in enumerate(rows, 1):
                if number > 1 and "".join(fields).strip():
                    yield number, fields
    except csv.Error as error:
        raise DataError(
            f"{path}, row {number + 1} cannot be read ({error}); close each quote, and double one inside a text"
        ) from None


@contextmanager
def _fields_of_any_length(most: int) -> Iterator[None]:
    """Python reads no field of more than 131,072 characters unless it is told to, and that for the whole process."""
    before = csv.field_size_limit(max(most, csv.field_size_limit()))
    try:
        yield
    finally:
        csv.field_size_limit(before)
