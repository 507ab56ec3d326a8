"""What a classifier makes of a text of one's own, and how much each of its words has to do with it.

Shape letters: V variants of the text, C classes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch

from ..data.messages import Example
from ..errors import DataError
from ..gallery.spelling import Spelling, as_text
from ..model.classifier import Classifier
from ..training.loop import predict_logits
from ..training.run import encode
from ..web.pixels import drawn
from .told import finite

MOST = 60  # words that are measured: each is one more text to read
Effect = float | list[float] | None


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, `text[start:end]`, and its effect: a number of logits, one for each of more than two classes.

    None where without the word there is no text.
    """

    start: int
    end: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a classifier says of a text: a probability per class (C,), how far it reads, and what each word does to it.

    `read` counts the characters that it reads whole, `bytes_read` the bytes, of `bytes_all`. `more` counts the words
    beyond the first 60, which are not measured. `picture` is what the line shows, where it names an image.
    """

    probabilities: tuple[float, ...]
    read: int
    bytes_read: int
    bytes_all: int
    words: tuple[Word, ...] = ()
    more: int = 0
    picture: dict[str, Any] | None = None

    def told(self) -> dict[str, Any]:
        """The same as plain JSON, rounded for the wire."""
        return {
            "p": [finite(p) for p in self.probabilities],
            "read": self.read,
            "bytes": [self.bytes_read, self.bytes_all],
            "words": [[word.start, word.end, _rounded(word.effect)] for word in self.words],
            "more": self.more,
            **({"picture": self.picture} if self.picture else {}),
        }


def spoken(model: Classifier, text: str, reads: Spelling = as_text) -> Spoken:
    """What the model says of a text, and for each word how far that moves when the word is taken out.

    A word is a run of characters without white space. Its effect is margin(text) - margin(text without it). For two
    classes the margin is logit[1] - logit[0]: the natural logarithm of the odds for the second. For more, each class
    has its own: its logit minus the logsumexp of the others. A positive effect speaks for the class.

    Without a word means without the white space after it too, or before it for the last word, so nothing stays
    doubled. The text is then shorter. Later bytes move up, each to another position, and some that the body never read
    may now fit into what it reads. All of that is measured: it is what the model would say of the shorter text. A word
    that lies beyond the cut, with the white space that goes with it, has no effect: nothing moves up into what is read.

    `reads` says what a line is: itself, or an image whose moves are the words. A line that names nothing has no answer,
    and a word without which it would name nothing has no effect.

    One forward pass reads all V variants. It draws nothing, and every module keeps the mode it was in. Raises
    DataError for an empty text.
    """
    example = reads(text)
    if example is None:
        return _nothing(text)
    spans = spans_of(text)
    rests = [without(text, spans, i) for i in range(min(len(spans), MOST))]
    shorter = [reads(rest) if rest.strip() else None for rest in rests]
    known = [rest for rest in shorter if rest is not None]
    whole, margins = _read(model, [example, *known])
    left = iter((margins[0] - margins[1:]).tolist())  # (V - 1, C), or (V - 1, 1) for two classes
    effects = [None if rest is None else _effect(next(left)) for rest in shorter]
    words = tuple(Word(*span, effect) for span, effect in zip(spans, effects, strict=False))
    return Spoken(whole, *_seen(model, text, example), words, len(spans) - len(words), drawn(example.item))


def glimpsed(model: Classifier, text: str, reads: Spelling = as_text) -> Spoken:
    """What the model says of a text, with no word measured: for moments that are too short for it."""
    example = reads(text)
    if example is None:
        return _nothing(text)
    return Spoken(_read(model, [example])[0], *_seen(model, text, example), picture=drawn(example.item))


def spans_of(text: str) -> list[tuple[int, int]]:
    """Start and end of each word: a run of characters without white space, as long as can be."""
    return [match.span() for match in re.finditer(r"\S+", text)]


def without(text: str, spans: Sequence[tuple[int, int]], i: int) -> str:
    """The text without its word `i` and the white space after it; for the last word, before it."""
    start, end = spans[i]
    if i + 1 < len(spans):
        return text[:start] + text[spans[i + 1][0] :]
    before = spans[i - 1][1] if i else 0
    return text[:before] + text[end:]


def margins_of(logits: torch.Tensor) -> torch.Tensor:
    """How far each class leads, in logits: of two classes the second (V, 1), of more each against the rest (V, C)."""
    classes = logits.shape[1]
    if classes == 2:
        return logits[:, 1:] - logits[:, :1]
    own = torch.eye(classes, dtype=torch.bool)
    others = logits[:, None, :].expand(-1, classes, -1).masked_fill(own, -torch.inf).logsumexp(2)  # (V, C)
    return logits - others


def _nothing(text: str) -> Spoken:
    """The answer to a line that names no image; DataError for an empty one."""
    if not text:
        raise DataError("the message is empty; write at least one word")
    return Spoken((), 0, 0, 0)


def _read(model: Classifier, examples: Sequence[Example]) -> tuple[tuple[float, ...], torch.Tensor]:
    """The first one's probabilities (C,), and the margins of all of them."""
    data = encode(examples, model, 2 + max(example.label for example in examples))  # labels nobody asks about
    assert data is not None
    logits = predict_logits(model, data).double().cpu()  # (V, C)
    return tuple(logits[0].softmax(0).tolist()), margins_of(logits)


def _seen(model: Classifier, text: str, example: Example) -> tuple[int, int, int]:
    """Whole characters read, bytes read and bytes in all; a body reads a byte at each position, or a whole image."""
    if not isinstance(example.item, str):
        return len(text), 0, 0
    data = encode([example], model)
    assert data is not None
    ends = [0]
    for sign in text:
        ends.append(ends[-1] + len(sign.encode()))
    read = int(data.lengths[0]) - int(model.pool.prepends_cls)
    return sum(end <= read for _, end in pairwise(ends)), read, ends[-1]


def _effect(margins: list[float]) -> float | list[float]:
    return margins[0] if len(margins) == 1 else margins


def _rounded(effect: Effect) -> float | list[float | None] | None:
    return [finite(one) for one in effect] if isinstance(effect, list) else finite(effect)
