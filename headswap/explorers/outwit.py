"""A trained spam filter to write against: what it reads of a message, what it never sees, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..errors import DataError
from ..lab.shipped import recorded_classifier
from ..model.body import LMBody
from ..model.classifier import Classifier
from ..web.flow import Reading, read_message
from .controls import text
from .widget import Block, Explorer, outbox, words

FRIENDLY = "Hi, running late, see you at 6! "  # 32 bytes: all that the filter reads
SPAM = (
    "Card locked! Send us your PIN.",
    "Free cash! Text WIN to 80085 now",
    "You won a free holiday, call now",
    "Cheap loans today, reply YES",
)
TITLE = "Write spam that gets through"
KEPT = 40  # characters of what was never read that a sentence quotes


def outwit(message: str = SPAM[0]) -> Explorer:
    """A trained spam filter that reads as you type: write spam that it delivers.

    It is the classifier that comes with the course: a small language model whose head was swapped. It reads the first
    32 bytes of a message and no more. `find("The filter")` has what it read, what it did not, and P(spam).
    """
    model = recorded_classifier()
    return Explorer(TITLE, [text("text", "Your message", message)], partial(_show, model))


def _show(model: Classifier, value: Mapping[str, Any]) -> list[Block]:
    written = value["text"]
    try:
        reading = read_message(model, written)
    except DataError as error:
        return [words("The filter", f"This can't be read: {error}.")]
    if reading is None:
        return [words("The filter", "Nothing to read: write a message, for example “" + SPAM[0] + "”")]
    read, unread = split_at(written, len(reading.texts))
    p = float(reading.logits.softmax(-1)[1])
    return [outbox("The filter", _spec(model, reading, read, unread, p) | {"offers": _offers(written)}, "text")]


def limit_of(model: Classifier) -> int:
    """How many bytes the model reads of a message."""
    assert isinstance(model.body, LMBody)
    return model.body.config.max_len


def split_at(written: str, many: int) -> tuple[str, str]:
    """A text cut after so many bytes; a character that the cut goes through belongs to neither part."""
    data = written.encode()
    return data[:many].decode(errors="ignore"), data[many:].decode(errors="ignore")


def _spec(model: Classifier, reading: Reading, read: str, unread: str, p: float) -> dict[str, Any]:
    count = sum(parameter.numel() for parameter in model.parameters())
    head = sum(parameter.numel() for parameter in model.head.parameters())
    return {
        "read": read,
        "unread": unread,
        "cells": reading.texts,
        "limit": limit_of(model),
        "bytes": len(reading.texts) + len(reading.cut),
        "p": round(p, 4),
        "verdict": "spam" if p > 0.5 else "ham",
        "sentence": sentence(p > 0.5, unread),
        "vector": [round(float(number), 3) for number in reading.pooled],
        "body": f"{count - head:,} weights",
        "head": f"{head:,} weights",
    }


def sentence(stopped: bool, unread: str) -> str:
    """What happened to the message, and what the filter never saw of it."""
    hidden = unread.strip().rstrip(".!?")
    quoted = hidden if len(hidden) <= KEPT else f"{hidden[:KEPT].rstrip()}…"
    if stopped and hidden:
        return f"It never saw “{quoted}”, and stopped it all the same."
    if stopped:
        return "It read every byte, and stopped it."
    if hidden:
        return f"It got through, and the filter never saw “{quoted}”."
    return "It got through, though the filter read every byte. Is it still spam?"


def _offers(written: str) -> list[list[str]]:
    """Buttons: a name, and the message that it writes."""
    friendly = written.startswith(FRIENDLY)
    own = written.removeprefix(FRIENDLY)
    other = SPAM[(SPAM.index(own) + 1) % len(SPAM)] if own in SPAM else SPAM[0]
    away, ahead = ["Take the friendly words away", own or SPAM[0]], ["Say something friendly first", FRIENDLY + own]
    return [away if friendly else ahead, ["Another spam", other]]
