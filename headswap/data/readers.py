"""Readers that turn a file of labelled messages into a `Corpus`; lines count from 1, byte offsets from 0."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from reprlib import repr as short

from ..errors import DataError, SettingError
from .messages import Message

HAM_SPAM = ("ham", "spam")
# What ham and spam are called elsewhere, spam last; all of these become the classes ham and spam.
PAIRS = (HAM_SPAM, ("0", "1"), ("no", "yes"), ("false", "true"), ("legit", "spam"), ("not spam", "spam"))
# Column names that are taken without being asked for, the likeliest first.
GUESSES = {
    "text": ("text", "message", "sms", "body", "content", "v2"),
    "label": ("label", "class", "category", "target", "spam", "v1"),
}
DELIMITERS = {"\t": "a tab", ",": "a comma", ";": "a semicolon"}
SUFFIXES = {".tsv": "\t", ".csv": ","}


@dataclass(frozen=True)
class Corpus:
    """Labelled messages in the order of their file, the names of their classes and where they came from."""

    messages: tuple[Message, ...]
    label_names: tuple[str, ...]
    source: str


def read_sms(path: str | Path, names: Sequence[str] = HAM_SPAM, encoding: str | None = None) -> Corpus:
    """Read the UCI SMS Spam Collection: one message per line, its label, a tab, its text, and no header.

    Quotes stand for themselves, texts are kept as they are, the classes are ham and spam unless named. Raises
    `DataError` for a file that cannot be used. Source of the form: https://doi.org/10.24432/C5CC84.
    """
    rows = _rows(Path(path), _read_text(Path(path), encoding), "\t")
    records = _records(Path(path), rows, "\t", ("label", "text"), text=1, label=0)
    return _corpus(Path(path), list(records), names)


def read_table(
    path: str | Path, text: str | None = None, label: str | None = None, label_names: Sequence[str] | None = None,
    encoding: str | None = None,
) -> Corpus:  # fmt: skip
    """Read a table with a header and one message per row: TSV, or CSV, where a text in quotes may span lines.

    `text` and `label` name the columns (guessed when not given). `label_names` puts the classes in order, the
    positive one last; not given, ham/spam and its like (0/1, no/yes, ...) become ham and spam and other names
    are sorted. Labels match in any case, texts are kept as they are; a TSV knows no quoting, a CSV is quoted
    as in RFC 4180. Raises `DataError` for a file that cannot be used and `SettingError` for the arguments.
    """
    path, content = Path(path), _read_text(Path(path), encoding)
    first, usual = _first_line(content), SUFFIXES.get(path.suffix.lower())
    # Excel writes semicolons into a .csv in half of Europe, so the suffix counts only if the header agrees.
    delimiter = max(DELIMITERS, key=lambda mark: (mark == usual and mark in first, first.count(mark)))
    rows = _rows(path, content, delimiter)
    header = [name.strip() for name in next(rows, (1, [""]))[1]]
    places = _column(path, header, "text", text), _column(path, header, "label", label)
    if places[0] == places[1]:
        raise SettingError(f"The column {short(text)} is named for both text and label: name two columns.")
    return _corpus(path, list(_records(path, rows, delimiter, header, *places)), label_names)


def read_messages(
    path: str | Path, text: str | None = None, label: str | None = None, label_names: Sequence[str] | None = None,
    encoding: str | None = None,
) -> Corpus:  # fmt: skip
    """Read labelled messages from a file in the UCI form or from a TSV or CSV table, whichever it is.

    A named column means a table. Arguments and errors are those of `read_table`.
    """
    start, *rest = map(text_key, _first_line(_read_text(Path(path), encoding)).split("\t"))
    # A table may call its label column "spam": then a later name in its header tells it from a message.
    headerless = start in HAM_SPAM and rest and not set(rest) & set(GUESSES["text"])
    if headerless and text is None and label is None:
        return read_sms(path, label_names or HAM_SPAM, encoding)
    return read_table(path, text, label, label_names, encoding)


def group_duplicates(corpus: Corpus) -> Corpus:
    """Keep one message per text, the first, so that no text can be learned from and judged on.

    Texts that differ only in case or white space are one. Raises `DataError` when they differ in label.
    """
    return replace(corpus, messages=unique_messages(corpus.messages, corpus.label_names))


def text_key(text: str) -> str:
    """Give what two texts that count as the same share: letters without case, white space as one space."""
    return " ".join(text.casefold().split())


def unique_messages(messages: Iterable[Message], label_names: Sequence[str]) -> tuple[Message, ...]:
    """Keep the first message of each `text_key`; raise `DataError` when two of one key differ in label."""
    first: dict[str, tuple[int, Message]] = {}
    for number, message in enumerate(messages, start=1):
        before, kept = first.setdefault(text_key(message.text), (number, message))
        if kept.label != message.label:
            raise DataError(
                f"Messages {before} and {number} hold one text, {short(message.text)}, as "
                f"{label_names[kept.label]} and as {label_names[message.label]}, expected one label: "
                "correct or remove one of them."
            )
    return tuple(message for _, message in first.values())


def _read_text(path: Path, encoding: str | None) -> str:
    if path.is_dir():
        raise DataError(f"{path} is a folder, expected a file of messages: give the path of the file in it.")
    try:
        text = _decode(path, path.read_bytes(), encoding).removeprefix("\ufeff")
    except FileNotFoundError:
        raise DataError(f"There is no file {path}, expected a file of messages: check the path.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check that you may open it.") from error
    if not text.strip():
        raise DataError(f"{path} is empty, expected one message per line: give a file that holds messages.")
    if "\0" in text:
        line = _lines(text[: text.index("\0")])
        raise DataError(f"{path}, line {line} holds a NUL byte, expected a text file: save it as UTF-8 text.")
    return text


def _decode(path: Path, raw: bytes, encoding: str | None) -> str:
    encoding = encoding or ("utf-16" if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8")
    try:
        return raw.decode(encoding)
    except LookupError:
        raise SettingError(f'Python knows no encoding {short(encoding)}: give one such as "utf-8".') from None
    except UnicodeDecodeError as error:
        raise DataError(_why_not_text(path, raw, encoding, error.start)) from error


def _why_not_text(path: Path, raw: bytes, encoding: str, start: int) -> str:
    place = f"{path}, line {_lines(raw[:start].decode(encoding, 'replace'))}, byte offset {start}"
    advice = "unpack it if it is an archive, or state its encoding with encoding= (--encoding)"
    if b"\0" not in raw and "\ufffd" not in raw.decode("cp1252", "replace"):
        advice = 'save it as UTF-8, or if it comes from Windows give encoding="cp1252" (--encoding cp1252)'
    return f"{place} is not valid {encoding}, expected a text file: {advice}."


def _lines(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text)) + 1  # str.splitlines would break at more than an editor does


def _first_line(content: str) -> str:
    return re.split(r"[\r\n]", content.lstrip(), maxsplit=1)[0]


def _rows(path: Path, content: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, quoting=quoting, strict=True)
    line = 1  # where the row begins; the reader itself counts where it ends
    try:
        for fields in reader:
            if len(fields) > 1 or "".join(fields).strip():
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        place = f"{path}, line {line} begins a row that cannot be read ({error})"
        raise DataError(f"{place}, expected each quote closed, or doubled inside: mend that row.") from error


def _column(path: Path, header: list[str], role: str, wanted: str | None) -> int:
    for name in [wanted] if wanted is not None else GUESSES[role]:
        names, name = (header, name) if name in header else ([n.casefold() for n in header], name.casefold())
        if names.count(name) == 1:
            return names.index(name)
    raise DataError(
        f"{path} has columns {', '.join(map(short, header))}, expected {wanted or ' or '.join(GUESSES[role])}"
        f" once: give a file with a header, and name its {role} column with {role}= (--{role}-column)."
    )


def _records(
    path: Path, rows: Iterable[tuple[int, list[str]]], tab: str, header: Sequence[str], text: int, label: int
) -> Iterator[tuple[int, str, str]]:
    for line, fields in rows:
        if len(fields) != len(header):
            raise DataError(
                f"{path}, line {line} has {len(fields)} field(s), expected {len(header)} divided by "
                f"{DELIMITERS[tab]} ({', '.join(map(short, header))}): mend that line."
            )
        for name, value in (("text", fields[text]), ("label", fields[label])):
            if not value.strip():
                raise DataError(f"{path}, line {line} has an empty {name}: fill it in or remove the line.")
        yield line, fields[label].strip(), fields[text]


def _corpus(path: Path, records: list[tuple[int, str, str]], label_names: Sequence[str] | None) -> Corpus:
    if not records:
        raise DataError(f"{path} holds only a header, expected messages below it: give a file with rows.")
    names, classes = _classes({text_key(label): label for _, label, _ in reversed(records)}, label_names)
    for line, label, _ in records:
        if text_key(label) not in classes:
            raise DataError(
                f"{path}, line {line} has the label {short(label)}, expected one of {', '.join(names)}: "
                "correct it, or name all classes with label_names."
            )
    messages = tuple(Message(text, classes[text_key(label)]) for _, label, text in records)
    if len({message.label for message in messages}) < 2:
        only = names[messages[0].label]
        raise DataError(f"{path} holds only the class {only}, expected two or more: add another class.")
    return Corpus(messages, names, str(path))


def _classes(spelled: dict[str, str], names: Sequence[str] | None) -> tuple[tuple[str, ...], dict[str, int]]:
    if names is None:
        for pair in PAIRS:
            # A third name beside ham and spam is more likely a slip than a class: let it be reported.
            if spelled.keys() <= set(pair) or (pair == HAM_SPAM and spelled.keys() >= set(pair)):
                return HAM_SPAM, {name: index for index, name in enumerate(pair)}
        names = sorted(spelled.values(), key=lambda n: (int(n) if n.isdecimal() else -1, n))
    elif len({text_key(name) for name in names}) < max(len(names), 2):
        raise SettingError(f"label_names is {names!r}, expected two or more different names: give each once.")
    return tuple(names), {text_key(name): index for index, name in enumerate(names)}
