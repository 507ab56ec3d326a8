"""Where the messages of a run come from, as values: a seed turns one into a split."""

import hashlib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol, Self

from ..errors import DataError
from .messages import Split
from .order import LONGEST
from .readers import Corpus, Reading, read_as
from .splits import fixture_split, natural_split, order_split, practice_split, sizes_for

FEWEST_NATURAL = 160  # a natural test set smaller than the balanced one would say nothing


class Source(Protocol):
    """Anything that draws a split for a seed: the same seed, the same split, wherever it runs."""

    def split(self, seed: int) -> Split:
        """The messages of this seed."""
        ...


@lru_cache(maxsize=4)
def split_of(source: Source, seed: int) -> Split:
    """The split of a seed; several runs of one seed ask for the same."""
    return source.split(seed)


@dataclass(frozen=True, slots=True)
class FixtureData:
    """The practice messages: how many to train on, and how far the wording is moved to the second domain (0 to 1).

    `fresh` is how many new test messages to draw, the same for every seed and used by no choice, in place of each
    seed's own 160.
    """

    train: int = 640
    shift: float = 0.0
    fresh: int = 0

    def split(self, seed: int) -> Split:
        """The fixture's split of this seed."""
        return fixture_split(seed, self.shift, self.train, self.fresh)

    def __str__(self) -> str:
        return "the fixture"


@dataclass(frozen=True, slots=True)
class PracticeData:
    """The practice messages as the lab has them: neither their number nor their wording changes what the body read.

    `labelled` is how many to train on, `shift` how far their wording is moved to the second domain (0 to 1), `fresh`
    how many new test messages, the same for every seed, stand in place of each seed's own 160.
    """

    labelled: int = 640
    shift: float = 0.0
    fresh: int = 0

    def split(self, seed: int) -> Split:
        """The practice messages of this seed."""
        return practice_split(seed, self.shift, self.labelled, self.fresh)

    def __str__(self) -> str:
        return "the fixture"


@dataclass(frozen=True, slots=True)
class OrderData:
    """Messages in which only the order decides, so that no n-gram tells; how many are labelled changes no body.

    `labelled` is how many to train on, `fresh` how many new test messages, the same for every seed, stand in place of
    each seed's own 160.
    """

    labelled: int = 640
    fresh: int = 0

    def split(self, seed: int) -> Split:
        """The messages of this seed."""
        return order_split(seed, self.labelled, self.fresh)

    def __str__(self) -> str:
        return "order"


# The practice messages by the names under which they are chosen.
PRACTICE: Final[dict[str, PracticeData | OrderData]] = {
    "fixture": PracticeData(), "shifted": PracticeData(shift=1.0), "order": OrderData(),
}  # fmt: skip
LENGTHS: Final = {"order": LONGEST}  # bytes that a body must read of messages that make no sense when they are cut


def cut(data: str, max_len: int) -> str:
    """One sentence where a body reads less of these messages than it needs; else nothing."""
    if max_len >= LENGTHS.get(data, 0):
        return ""
    return (
        f"Messages of {data} have up to {LENGTHS[data]} bytes and only the first {max_len} are read: the rest is cut."
    )


@dataclass(frozen=True, slots=True)
class FileData:
    """A file of messages with the SHA-256 of its bytes, the sizes of its parts, and how to read it.

    `of` makes one; a file that has changed since is a DataError, so no stored result answers for other data.
    """

    path: str
    sha256: str
    train: int
    validation: int
    test: int
    reading: Reading = field(default_factory=Reading)

    @classmethod
    def of(cls, path: str | Path, sizes: tuple[int, int, int] | None = None, reading: Reading | None = None) -> Self:
        """The file as it is now, with sizes that follow it where none are given.

        It is read once, so that a file which cannot be used is found at once.
        """
        reading = reading or Reading()
        corpus = read_as(path, reading)
        sizes = sizes or sizes_for(corpus.messages, len(corpus.label_names), names=corpus.label_names)
        return cls(str(path), _sha256(Path(path)), *sizes, reading)

    def corpus(self) -> Corpus:
        """All messages of the file."""
        if _sha256(Path(self.path)) != self.sha256:
            raise DataError(f"{self.path} has changed since this run was described; describe it again")
        return _corpus(self.path, self.sha256, self.reading)

    def split(self, seed: int) -> Split:
        """This seed's split, with a second, natural test set where the file holds enough beyond the balanced parts."""
        corpus = self.corpus()
        sizes = (self.train, self.validation, self.test)
        split = natural_split(corpus.messages, *sizes, seed=seed, label_names=corpus.label_names)
        return split if len(split.natural) >= FEWEST_NATURAL else replace(split, natural=())

    def __str__(self) -> str:
        return self.path


@lru_cache(maxsize=2)
def _corpus(path: str, sha256: str, reading: Reading) -> Corpus:
    return read_as(path, reading)


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from None
