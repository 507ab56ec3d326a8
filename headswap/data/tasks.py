"""Further questions about the same messages: is something asked, is money named, a time, a phone number, a friend?

The answer follows from the text by a rule that stands here, so it costs nobody a label and is never wrong. What is
learned from are the answers, not the rule. All tasks share one body: it reads texts that no task trains on or is
judged on.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ..errors import DataError, SettingError
from . import fixture
from .labels import HAM_SPAM, text_key
from .messages import Message, Split
from .sources import FileData
from .splits import natural_split, sizes_for

READ, ASKED = 2_240, 6_000  # practice texts that the body reads, and messages behind them that the tasks draw from
FEWEST = 40  # of the rarer answer: with less there is nothing to train and judge on


@dataclass(frozen=True, slots=True)
class Question:
    """What a task asks: the names of no and yes, and the pattern that a text holds where the answer is yes."""

    names: tuple[str, str]
    pattern: str


DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|tonight|tomorrow|today|noon|midnight|weekend"
FRIENDS = (
    "Mia|Tom|Nina|Lucas|Sofia|Ravi|Emma|Adam|Clara|Josh|Fatima|Peter|Hana|Marco|Ruth|Theo|Ines|Colin|Julia|Kofi|Beth|"
    "Hugo|Nora|Eli|Vera|Carol"
)
QUESTIONS: dict[str, Question] = {
    "question": Question(("no question", "a question"), r"\?"),
    "money": Question(("no money", "money"), r"(?i)[£$€]\s?\d|\b\d+\s?(pounds?|euros?|dollars?|quid|p)\b"),
    "time": Question(("no time", "a time"), rf"(?i)\b\d{{1,2}}([:.]\d\d|\s?[ap]m)\b|half past|quarter to|\b({DAYS})\b"),
    "phone": Question(("no number", "a phone number"), r"\b\d(?:[ -]?\d){4,}\b"),
    "friend": Question(("no friend", "a friend"), rf"\b({FRIENDS})\b"),
}
TASKS = ("spam", *QUESTIONS)


@dataclass(frozen=True, slots=True)
class TaskData:
    """The practice messages, or a file's, labelled by what a task asks; "spam" keeps the labels that they have.

    `labelled` is how many to train on, half of them yes. `natural` is a second test at the share of yes that the
    messages have.
    """

    task: str = "spam"
    labelled: int = 640
    file: FileData | None = None

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise SettingError(f"task {self.task!r} is unknown; choose one of {', '.join(TASKS)}")

    def split(self, seed: int) -> Split:
        """This seed's messages; the texts for the body are the same for every task and seed."""
        read, asked, names = _fixture() if self.file is None else _halves(self.file)
        names = QUESTIONS[self.task].names if self.task in QUESTIONS else names
        found = answered(asked, self.task)
        yes = sum(message.label for message in found)
        if min(yes, len(found) - yes) < FEWEST:
            raise DataError(
                f"{yes} of {len(found):,} messages have {names[1]}, expected at least {FEWEST}: {_ask(self)}"
            )
        sizes = sizes_for(found, 2, (self.labelled, 160, 160), names)
        return replace(natural_split(found, *sizes, seed=seed, label_names=names), unlabelled=(), corpus=read)

    def __str__(self) -> str:
        return f"{self.task} in {self.file or 'the fixture'}"


def answered(messages: Sequence[Message], task: str) -> list[Message]:
    """The messages with 1 as their label where the answer to the task's question is yes, and 0 where it is no."""
    if task not in QUESTIONS:
        return list(messages)
    pattern = re.compile(QUESTIONS[task].pattern)
    return [Message(message.text, int(pattern.search(message.text) is not None)) for message in messages]


def _ask(data: TaskData) -> str:
    return "take another task" if data.file is None else "take another task, or a file with more of them"


@lru_cache(maxsize=1)
def _fixture() -> tuple[tuple[str, ...], tuple[Message, ...], tuple[str, str]]:
    found = fixture.messages(READ + ASKED)
    return tuple(message.text for message in found[:READ]), tuple(found[READ:]), HAM_SPAM


@lru_cache(maxsize=2)
def _halves(file: FileData) -> tuple[tuple[str, ...], tuple[Message, ...], tuple[str, ...]]:
    """Half of a file's texts for the body to read, the other half for the tasks; a text itself decides which."""
    corpus = file.corpus()
    mine = [int(hashlib.sha256(text_key(message.text).encode()).hexdigest()[0], 16) % 2 for message in corpus.messages]
    read = tuple(message.text for message, half in zip(corpus.messages, mine, strict=True) if half)
    asked = tuple(message for message, half in zip(corpus.messages, mine, strict=True) if not half)
    return read, asked, corpus.label_names
