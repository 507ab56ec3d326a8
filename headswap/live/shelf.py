"""Files that a learner dropped into a lab, and errors told in the words of the lab's own fields."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..data.readers import Corpus, Reading, read_as
from ..errors import DataError, HeadswapError

LARGEST_FILE = 5_000_000
MOST_FILES = 5
MOST_CLASSES = 10
# What an argument or an option is called on the lab's page.
FIELDS = {"encoding": "Encoding", "text": "Text column", "label": "Label column", "positive": "Positive class"}


@dataclass(slots=True)
class Dropped:
    """The files of one lab, by name, the latest few that could be read; each is read anew with the fields as they are.

    One that could not be read waits beside them until a field helps or another comes; it takes no good one's place.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    waiting: tuple[str, bytes] | None = None

    def take(self, name: str, content: bytes) -> str:
        """Let a file wait under its own name, without a path."""
        self.waiting = Path(name).name or "file", content
        return self.waiting[0]

    def read(self, name: str, reading: Reading) -> Corpus:
        """The messages of a file that waits or is kept; one that can be read is kept from then on."""
        if self.waiting is None or self.waiting[0] != name:
            return dropped(name, self.files[name], reading)
        corpus = dropped(name, self.waiting[1], reading)
        self.files.pop(name, None)
        self.files[name] = self.waiting[1]
        self.waiting = None
        while len(self.files) > MOST_FILES:
            del self.files[next(iter(self.files))]
        return corpus


def dropped(name: str, content: bytes, reading: Reading) -> Corpus:
    """A file that the learner chose or dropped into the lab."""
    if len(content) > LARGEST_FILE:
        raise DataError(
            f"{name} is {len(content) / 1e6:.1f} MB; the lab reads up to 5 MB, so cut it or use the command line"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        try:
            return few_classes(replace(read_as(path, reading), source=name))
        except HeadswapError as error:
            raise DataError(str(error).replace(str(path), name)) from None


def few_classes(corpus: Corpus) -> Corpus:
    """The corpus itself, or a DataError where it has more classes than the lab can show."""
    if len(corpus.label_names) > MOST_CLASSES:
        raise DataError(
            f"{corpus.source} has {len(corpus.label_names)} classes; the lab shows at most {MOST_CLASSES}: "
            "keep fewer, or use run_regime"
        )
    return corpus


def for_the_lab(sentence: str) -> str:
    """A reader's sentence with the lab's fields in place of Python's arguments and the command line's options."""
    sentence = re.sub(r"(?:with |give )?(\w+)=(?:\"([\w-]+)\")? \(--[^)]*\)", _as_field, sentence)
    return sentence.replace("name all classes with label_names", "give each message one of these names")


def _as_field(found: re.Match[str]) -> str:
    name, value = FIELDS.get(found[1], found[1]), found[2]
    return f'choose {value} in the field "{name}"' if value else f'in the field "{name}"'
