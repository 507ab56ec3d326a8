"""Readers that turn a file of labelled messages into a `Corpus`, as people have them; lines count from 1."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from reprlib import repr as short

from ..errors import DataError, SettingError
from .decoding import read_text
from .labels import HAM_SPAM, most_common, order_classes, text_key
from .messages import Message

# Column names that are taken without being asked for, the likeliest first.
GUESSES = {
    "text": ("text", "message", "sms", "body", "content", "comment", "email", "review", "tweet", "v2"),
    "label": ("label", "class", "category", "target", "spam", "is_spam", "type", "sentiment", "v1"),
}
DELIMITERS = {"\t": "a tab", ",": "a comma", ";": "a semicolon", "|": "a bar"}
SUFFIXES = {".tsv": "\t", ".csv": ","}
FEWEST = 3  # messages that make a class
Row = tuple[int, list[str]]  # the line it begins on, and its fields


@dataclass(frozen=True)
class Corpus:
    """Labelled messages in the order of their file, the names of their classes and where they came from.

    Of two classes the second is the positive one. `notes` says what the reader decided or mended, a sentence each.
    """

    messages: tuple[Message, ...]
    label_names: tuple[str, ...]
    source: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a file: its columns and its encoding (guessed when not given), and what its classes are called.

    `label_names` puts all classes in order, the positive one of two last; `positive` names that one alone.
    """

    text: str | None = None
    label: str | None = None
    encoding: str | None = None
    label_names: tuple[str, ...] | None = None
    positive: str | None = None


def read_sms(path: str | Path, names: Sequence[str] = HAM_SPAM, encoding: str | None = None) -> Corpus:
    """Read the UCI SMS Spam Collection: one message per line, its label, a tab, its text, and no header.

    Quotes stand for themselves, texts are kept as they are, the classes are ham and spam unless named. Raises
    `DataError` for a file that cannot be used. Source of the form: https://doi.org/10.24432/C5CC84.
    """
    rows = _rows(Path(path), read_text(Path(path), encoding), "\t")
    sheet = _Sheet(Path(path), "\t", ["label", "text"], text=1, label=0)
    return _corpus(sheet, list(rows), Reading(label_names=tuple(names)))


def read_table(
    path: str | Path, text: str | None = None, label: str | None = None, label_names: Sequence[str] | None = None,
    encoding: str | None = None, positive: str | None = None,
) -> Corpus:  # fmt: skip
    """Read a table with a header and one message per row: TSV, or CSV, where a text in quotes may span lines.

    `text` and `label` name the columns (guessed when not given). Classes keep the names that they have in the file;
    `positive` says which of two is class 1, `label_names` gives the whole order. Labels match in any case, texts are
    kept as they are. Columns without a name behind the text continue it; rows without anything are skipped. A TSV
    knows no quoting, a CSV is quoted as in RFC 4180. Raises `DataError` for a file that cannot be used and
    `SettingError` for the arguments.
    """
    names = None if label_names is None else tuple(label_names)
    return _table(Path(path), Reading(text, label, encoding, names, positive))


def read_messages(
    path: str | Path, text: str | None = None, label: str | None = None, label_names: Sequence[str] | None = None,
    encoding: str | None = None, positive: str | None = None,
) -> Corpus:  # fmt: skip
    """Read labelled messages from a file in the UCI form or from a TSV or CSV table, whichever it is.

    A named column means a table. Arguments and errors are those of `read_table`.
    """
    names = None if label_names is None else tuple(label_names)
    return read_as(path, Reading(text, label, encoding, names, positive))


def read_as(path: str | Path, reading: Reading) -> Corpus:
    """`read_messages`, with its arguments as one value."""
    path = Path(path)
    start, *rest = map(text_key, _first_line(read_text(path, reading.encoding)).split("\t"))
    # A table may call its label column "spam": then a later name in its header tells it from a message.
    headerless = start in HAM_SPAM and rest and not set(rest) & set(GUESSES["text"])
    if headerless and reading.text is None and reading.label is None:
        rows = _rows(path, read_text(path, reading.encoding), "\t")
        names = reading.label_names or HAM_SPAM
        return _corpus(_Sheet(path, "\t", ["label", "text"], 1, 0), list(rows), replace(reading, label_names=names))
    return _table(path, reading)


def group_duplicates(corpus: Corpus) -> Corpus:
    """Keep one message per text, the first, so that no text can be learned from and judged on.

    Texts that differ only in case or white space are one. One that carries two labels is left out, and counted in
    `notes`.
    """
    return replace(corpus, messages=unique_messages(corpus.messages))


def unique_messages(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The first message of each `text_key`; where two of one key differ in label, none of them."""
    first: dict[str, Message] = {}
    doubtful = set()
    for message in messages:
        key = text_key(message.text)
        if first.setdefault(key, message).label != message.label:
            doubtful.add(key)
    return tuple(message for key, message in first.items() if key not in doubtful)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A table's path, delimiter and header, and the columns of its text and its label."""

    path: Path
    delimiter: str
    header: list[str]
    text: int
    label: int

    @property
    def columns(self) -> list[str]:
        """Names of the columns, without the nameless ones at the end."""
        return self.header[: 1 + max(i for i, name in enumerate(self.header) if name)]


def _table(path: Path, reading: Reading) -> Corpus:
    content = read_text(path, reading.encoding)
    if re.match(r'\s*(\{\s*"|\[\s*[{\[])', content):
        raise DataError(f"{path} holds JSON, expected a table of texts and labels: save it as CSV.")
    stated = re.match(r"\s*\"?sep=(.)\"?[^\S\r\n]*(\r\n|\r|\n)", content)  # Excel's own first line
    delimiter = stated[1] if stated and stated[1] in DELIMITERS else _delimiter(path, content)
    rows = list(_rows(path, content, delimiter))[1 if stated else 0 :]
    header = [name.strip() for name in rows[0][1]] if rows else [""]
    found = _headerless(rows) if reading.text is None and reading.label is None else None
    if found is not None:
        note = f"The file has no header; column {found[0] + 1} is read as the text, column {found[1] + 1} as the label."
        corpus = _corpus(
            _Sheet(path, delimiter, [f"column {i + 1}" for i in range(len(header))], *found), rows, reading
        )
        return replace(corpus, notes=(note, *corpus.notes))
    _check_columns(path, header)
    places = _column(path, header, "text", reading.text), _column(path, header, "label", reading.label)
    if places[0] == places[1]:
        raise SettingError(f"The column {short(reading.text)} is named for both text and label: name two columns.")
    return _corpus(_Sheet(path, delimiter, header, *places), rows[1:], reading)


def _delimiter(path: Path, content: str) -> str:
    first, usual = _first_line(content), SUFFIXES.get(path.suffix.lower())
    # Excel writes semicolons into a .csv in half of Europe, so the suffix counts only if the header agrees.
    return max(DELIMITERS, key=lambda mark: (mark == usual and mark in first, first.count(mark)))


def _first_line(content: str) -> str:
    return re.split(r"[\r\n]", content.lstrip(), maxsplit=1)[0]


def _rows(path: Path, content: str, delimiter: str) -> Iterator[Row]:
    """Rows that hold anything, each with the line it begins on."""
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, quoting=quoting, strict=True)
    line = 1  # where the row begins; the reader itself counts where it ends
    try:
        for fields in reader:
            if "".join(fields).strip():
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        place = f"{path}, line {line} begins a row that cannot be read ({error})"
        raise DataError(f"{place}, expected each quote closed, or doubled inside: mend that row.") from error


def _headerless(rows: Sequence[Row]) -> tuple[int, int] | None:
    """The text and label columns of a table whose first row is a message: its label stands again further down."""
    named = {name for guesses in GUESSES.values() for name in guesses}
    # One name alone proves nothing: "spam" heads a column of labels, and is a label.
    if len(rows) < 2 or len(rows[0][1]) != 2 or set(map(text_key, rows[0][1])) <= named:
        return None
    whole = [fields for _, fields in rows if len(fields) == 2]
    kinds = [len({text_key(fields[i]) for fields in whole}) for i in (0, 1)]
    label = int(kinds[1] < kinds[0])
    again = [text_key(fields[label]) for fields in whole[1:]]
    few = 2 <= kinds[label] <= max(2, len(whole) // 3) and kinds[label] < kinds[1 - label]
    return (1 - label, label) if few and text_key(rows[0][1][label]) in again else None


def _check_columns(path: Path, header: Sequence[str]) -> None:
    named = [name for name in header if name]
    if len(named) == 1:
        marks = " or ".join(DELIMITERS.values())
        raise DataError(
            f"{path} has one column, {short(named[0])}, expected two, a text and its label, divided by {marks}: "
            "add the column that is missing."
        )


def _column(path: Path, header: list[str], role: str, wanted: str | None) -> int:
    for name in [wanted] if wanted is not None else GUESSES[role]:
        names, name = (header, name) if name in header else ([n.casefold() for n in header], name.casefold())
        if names.count(name) == 1:
            return names.index(name)
    raise DataError(
        f"{path} has columns {', '.join(map(short, header))}, expected {wanted or ' or '.join(GUESSES[role])}"
        f" once: name its {role} column with {role}= (--{role}-column), or add a header that does."
    )


def _record(sheet: _Sheet, line: int, fields: list[str]) -> tuple[str, str, bool]:
    """A row's label and text, and whether the text went on in columns without a name."""
    columns, last = sheet.columns, sheet.text == len(sheet.columns) - 1
    beyond = [field.strip() for field in fields[len(columns) :]]
    if len(fields) < len(columns) or (any(beyond) and not (last and sheet.delimiter != "\t")):
        count = len(fields) if len(fields) < len(columns) else len(columns) + sum(map(bool, beyond))
        raise DataError(
            f"{sheet.path}, line {line} has {count} field(s), expected {len(columns)} divided by "
            f"{DELIMITERS[sheet.delimiter]} ({', '.join(map(short, columns))}): mend that line."
        )
    end = next((i for i in range(sheet.text + 1, len(columns)) if columns[i]), len(fields))
    pieces = fields[sheet.text : end]
    while len(pieces) > 1 and not pieces[-1].strip():
        pieces.pop()
    label, text = fields[sheet.label].strip(), sheet.delimiter.join(pieces)
    for name, value in (("text", text), ("label", label)):
        if not value.strip():
            raise DataError(f"{sheet.path}, line {line} has an empty {name}: fill it in or remove the line.")
    return label, text, len(pieces) > 1


def _corpus(sheet: _Sheet, rows: Sequence[Row], reading: Reading) -> Corpus:
    if not rows:
        raise DataError(f"{sheet.path} holds only a header, expected messages below it: give a file with rows.")
    records = [(line, *_record(sheet, line, fields)) for line, fields in rows]
    counts = most_common([label for _, label, _, _ in records])
    given = reading.label_names
    others = [count for label, count in counts.items() if text_key(label) not in HAM_SPAM]
    if given is None and len(others) == len(counts) - 2 and others and min(others) < FEWEST:
        given = HAM_SPAM  # a rare name beside ham and spam is a slip rather than a class: let it be reported
    names, note = _named(sheet.path, counts, given, reading.positive)
    classes = {text_key(name): index for index, name in enumerate(names)}
    for line, label, _, _ in records:
        if text_key(label) not in classes:
            raise DataError(
                f"{sheet.path}, line {line} has the label {short(label)}, expected one of {', '.join(names)}: "
                "correct it or remove the line."
            )
    messages = tuple(Message(text, classes[text_key(label)]) for _, label, text, _ in records)
    return Corpus(messages, names, str(sheet.path), _notes(messages, note, sum(joined for *_, joined in records)))


def _named(
    path: Path, counts: dict[str, int], given: Sequence[str] | None, positive: str | None
) -> tuple[tuple[str, ...], str]:
    if len(counts) < 2:
        raise DataError(f"{path} holds only the class {next(iter(counts))}, expected two or more: add another class.")
    return order_classes(counts, given, positive)


def _notes(messages: Sequence[Message], note: str, joined: int) -> tuple[str, ...]:
    """What the reader decided or mended, in whole sentences."""
    labels: dict[str, set[int]] = {}
    for message in messages:
        labels.setdefault(text_key(message.text), set()).add(message.label)
    doubtful = sum(len(found) > 1 for found in labels.values())
    said = [f"{note}."] if note else []
    if joined:
        said.append(f"In {_count(joined, 'row')} the text went on in columns without a name; the pieces were joined.")
    if doubtful:
        said.append(f"Left out, because the file gives them two labels: {_count(doubtful, 'text')}.")
    return tuple(said)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'s' if number != 1 else ''}"
