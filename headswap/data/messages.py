"""Messages with labels, and the split that keeps them honest."""

from dataclasses import dataclass

HAM, SPAM = 0, 1


@dataclass(frozen=True, slots=True)
class Message:
    """A text and the class it belongs to: 0 is ham, 1 is spam."""

    text: str
    label: int


@dataclass(frozen=True, slots=True)
class Split:
    """Messages to learn from, to choose by and to judge on; no text stands in two of them.

    `natural` is a second test set at the corpus' own share of spam, `unlabelled` holds texts that only the
    pretraining may read. Both may be empty.
    """

    train: tuple[Message, ...]
    validation: tuple[Message, ...]
    test: tuple[Message, ...]
    natural: tuple[Message, ...] = ()
    unlabelled: tuple[str, ...] = ()
    label_names: tuple[str, ...] = ("ham", "spam")
