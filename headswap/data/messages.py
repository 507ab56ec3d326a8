"""Messages with labels, and the split that keeps them honest."""

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .labels import text_key

HAM, SPAM = 0, 1


class Example(Protocol):
    """Something with a label: `item` is what a body encodes, `text` what a person reads."""

    @property
    def item(self) -> object:
        """What the body encodes: a text, an image, token ids."""
        ...

    @property
    def text(self) -> str:
        """What a person reads about it."""
        ...

    @property
    def label(self) -> int:
        """The class it belongs to, from 0."""
        ...


def key_of(example: Example) -> str:
    """The same twelve characters for the same item, wherever it is judged: intervals must know what seeds share."""
    item = example.item
    raw = text_key(item).encode() if isinstance(item, str) else np.asarray(item).tobytes()
    return hashlib.sha256(raw).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Message:
    """A text and the class it belongs to: 0 is ham, 1 is spam."""

    text: str
    label: int

    @property
    def item(self) -> str:
        """The text itself: that is what a body of bytes encodes."""
        return self.text


@dataclass(frozen=True, slots=True)
class Split:
    """Examples to learn from, to choose by and to judge on; no text stands in two of them.

    `natural` is a second test set at the corpus' own share of spam, `unlabelled` holds items (texts, images) that only
    the pretraining may read. Both may be empty. `corpus`, where given, is what the pretraining reads in place of the
    training and the unlabelled items: so that a body stays the same, however many labels there are.
    """

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    natural: tuple[Example, ...] = ()
    unlabelled: tuple[Any, ...] = ()
    label_names: tuple[str, ...] = ("ham", "spam")
    corpus: tuple[Any, ...] = ()
