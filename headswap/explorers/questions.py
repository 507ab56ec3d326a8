"""Three questions about the same messages: is it spam, is there a comma, and is exactly one of the two true?

Every part holds the four kinds of messages, ham and spam with a comma and without, equally often. So neither spam nor
a comma alone says anything about "exactly one": that takes both.
"""

from collections.abc import Sequence

import numpy as np

from ..data import fixture
from ..data.messages import SPAM, Message, Split
from ..errors import SettingError

READ = 32  # bytes of a message that the lessons' body reads
BEFORE = 2240  # practice messages that a lesson's body may have read: those of fixture_split, and its unlabelled texts
POOL = 960  # messages from which a seed draws its own
VALIDATION = 160
QUESTIONS: dict[str, tuple[str, str]] = {
    "spam": ("ham", "spam"),
    "comma": ("no comma", "a comma"),
    "exactly one": ("both or neither", "exactly one"),
}


def question_split(question: str = "exactly one", labelled: int = 640, seed: int = 0, fresh: int = 400) -> Split:
    """Draw practice messages labelled by a question: spam, comma, or exactly one of the two.

    A seed draws `labelled` messages and 160 to validate on from the same 960; the `fresh` test messages are the same
    for every seed. One seed draws the same messages for every question. No body of the lessons has read any of them.
    Raises SettingError for another question, and for numbers that do not divide by the four kinds.
    """
    _check(question, labelled, seed, fresh)
    found = answered(quartered(fresh + POOL), question)
    rng = np.random.Generator(np.random.PCG64(seed))
    kinds = [[kind[i] for i in rng.permutation(len(kind))] for kind in (found[fresh + k :: 4] for k in range(4))]
    train = [kind[i] for i in range(labelled // 4) for kind in kinds]
    validation = [kind[-1 - i] for i in range(VALIDATION // 4) for kind in kinds]
    return Split(tuple(train), tuple(validation), tuple(found[:fresh]), label_names=QUESTIONS[question])


def quartered(count: int) -> list[Message]:
    """The first `count` practice messages that no lesson's body has read, the four kinds in turn."""
    wanted, drawn = count // 4, BEFORE + 3 * count  # of the rarest kind, ham without a comma, there is one in eight
    while True:
        found = fixture.messages(drawn)[BEFORE:]
        kinds = [[message for message in found if kind_of(message) == kind] for kind in range(4)]
        if min(map(len, kinds)) >= wanted:
            return [kind[i] for i in range(wanted) for kind in kinds]
        drawn += 2 * count


def kind_of(message: Message) -> int:
    """Which of the four kinds a message is: 2 for spam, and 1 for a comma among the bytes that are read."""
    return 2 * (message.label == SPAM) + (b"," in message.text.encode()[:READ])


def answered(messages: Sequence[Message], question: str) -> list[Message]:
    """The messages with 1 as their label where the answer to the question is yes, and 0 where it is no."""
    yes = {"spam": (2, 3), "comma": (1, 3), "exactly one": (1, 2)}[question]
    return [Message(message.text, int(kind_of(message) in yes)) for message in messages]


def _check(question: str, labelled: int, seed: int, fresh: int) -> None:
    if question not in QUESTIONS:
        raise SettingError(f"question {question!r} is unknown; choose one of {', '.join(QUESTIONS)}")
    for name, value, most in (("labelled", labelled, POOL - VALIDATION), ("fresh", fresh, 4_000)):
        if not isinstance(value, int) or value % 4 or not 4 <= value <= most:
            raise SettingError(f"{name} is {value!r}; give a whole number from 4 to {most:,} that divides by 4")
    if not isinstance(seed, int) or seed < 0:
        raise SettingError(f"seed is {seed!r}; give a whole number from 0 up")
