"""The messages of `benchmarks.story`: as many labels as a person has, a body that never changes with them, and tests
that several classifiers share, one of them on messages of another kind.

The validation messages are a quarter of the labels, and at least 10: nobody who has labelled 10 messages has 160 more.
"""

import hashlib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Final

from headswap.data import fixture, order
from headswap.data.messages import HAM, SPAM, Example, Message, Split
from headswap.data.readers import unique_messages
from headswap.data.sources import FileData
from headswap.data.splits import balanced, order_split, practice_split
from headswap.errors import DataError

OWN, FRESH, READ = "own", 1_000, 640  # the set's own test; messages in a test that can be drawn; labelled ones read
TEXTS: Final = 1_920  # what a body reads in the lab: 640 training messages and 1,280 texts without labels
# Words that no message of `order` has, none longer than the one that it takes the place of.
NEW_WORDS: Final = (
    ("the money", "the notes"), ("the cash", "the coin"), ("the rent", "the bill"), ("the deposit", "the advance"),
    ("the fee", "the tax"), ("your share", "your check"), ("20 euros", "30 pesos"), ("40 pounds", "70 francs"),
    ("the bike", "the ring"), ("the parcel", "the carpet"), ("the sofa", "the vase"), ("the phone", "the watch"),
    ("the keys", "the maps"), ("the tickets", "the glasses"), ("the camera", "the mirror"),
    ("the guitar", "the violin"), ("the lamp", "the doll"), ("the boots", "the skis"), ("the books", "the plums"),
    ("the desk", "the tent"),
)  # fmt: skip


def _own_hash() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class StoryData:
    """Messages of a set ("fixture", "order" or "sms"): how many are labelled, and how many texts the body reads.

    `corpus` is the SMS spam collection, where there is one. `code` keeps results of another version of this file apart.
    """

    name: str
    labels: int
    texts: int = TEXTS
    corpus: FileData | None = None
    code: str = field(default_factory=_own_hash)

    def split(self, seed: int) -> Split:
        """The messages of this seed; its `test` is every part of `tests`, one after the other."""
        split = drawn(self, seed)
        held_out = balanced(split.validation, validation_size(self.labels))
        together = tuple(message for part in self.tests(seed).values() for message in part)
        train = balanced(split.train, self.labels)
        return replace(split, train=train, validation=held_out, test=together, natural=(), unlabelled=())

    def tests(self, seed: int) -> dict[str, tuple[Example, ...]]:
        """The test sets by name: the set's own, the balanced one where its own is not, and messages of another kind."""
        split = drawn(self, seed)
        if self.name == "sms":
            return {OWN: split.natural, "balanced": split.test, "fixture": drawn(StoryData("fixture", READ), 0).test}
        if self.name == "order":
            return {OWN: split.test, "new words": tuple(map(reworded, split.test))}
        far = {} if self.corpus is None else {"sms": _both_alike(self.corpus)}
        return {OWN: split.test, "second domain": tuple(fixture.messages(FRESH, seed=1, shift=1.0)), **far}

    def __str__(self) -> str:
        return self.name


def validation_size(labels: int) -> int:
    """How many messages there are to choose settings by: a quarter of the labels, and at least 10."""
    return max(10, labels // 4)


def reworded(message: Example) -> Message:
    """The same deal about other things and other sums: no training message and no text of the body has these words."""
    text = message.text
    for old, new in NEW_WORDS:
        text = text.replace(old, new)
    return Message(text, message.label)


def drawn(data: StoryData, seed: int) -> Split:
    """All that a seed has before it is cut to the labels: the body's texts in `corpus`, the tests as they come."""
    return _drawn(replace(data, labels=READ), seed)


@cache
def _drawn(data: StoryData, seed: int) -> Split:
    if data.name == "fixture":
        split = practice_split(seed, labelled=READ, fresh=FRESH)
        used = READ + 320 + 1_280 + FRESH  # of the one list from which everything comes
        more = fixture.messages(used + max(0, data.texts - TEXTS))[used:]
        return replace(split, corpus=(*split.corpus, *(message.text for message in more))[: data.texts])
    if data.name == "order":
        split = order_split(seed, READ, FRESH)
        found = order.one_of_each(order.deals(max(TEXTS, data.texts), seed))
        return replace(split, corpus=tuple(message.text for message in found)[: data.texts])
    if data.corpus is None:
        raise DataError("the SMS spam collection is not there, and the set sms is asked for; give --sms its path")
    split = data.corpus.split(seed)
    texts = (*(message.text for message in split.train), *split.unlabelled)
    return replace(split, corpus=texts[: data.texts])


@cache
def _both_alike(corpus: FileData) -> tuple[Message, ...]:
    """The first 500 different messages of each class."""
    found: dict[int, list[Message]] = {HAM: [], SPAM: []}
    for message in unique_messages(corpus.corpus().messages):
        found[message.label].append(message)
    return (*found[SPAM][: FRESH // 2], *found[HAM][: FRESH // 2])
