"""One body with every head of a shelf above it: a message goes through the body once, and each head answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from torch import nn

from ..errors import DataError, SettingError
from ..model.body import LanguageModel, LMBody
from ..model.classifier import Classifier
from ..model.heads import Head
from ..model.pooling import MeanPool
from ..shelf.shelf import Answer, Shelf
from ..web.flow import Reading, read_message
from .controls import switch, text
from .widget import Block, Explorer, words
from .widget import heads as heads_block

TITLE = "Many heads"
PICTURE = "One body, many heads"
MESSAGE = "ok, see you at lunch"
ON = "task: "  # what a task's switch is called, before the task's name
MOST = 6  # heads that a screen has room for


def many_heads(shelf: Shelf, text: str = MESSAGE) -> Explorer:
    """The shelf's body with its heads on it: type a message, take a head off, put it back.

    What the body makes of the message is computed once for all tasks that leave the body as it is; a task with inserts
    needs a pass of its own. Raises SettingError for an empty shelf, or for one with more than six tasks.
    """
    if not 1 <= len(shelf) <= MOST:
        raise SettingError(f"this shelf has {len(shelf)} tasks; give one with 1 to {MOST}")
    base = cast(LanguageModel, shelf.base)
    reader = Classifier(base.body, MeanPool(), cast(Head, nn.Identity()))
    controls = [_message(text), *(switch(ON + name, name, True, within=True) for name in shelf)]
    return Explorer(TITLE, controls, partial(_show, shelf, reader))


def _message(value: str) -> dict[str, Any]:
    return text("text", "Message", value)


def _show(shelf: Shelf, reader: Classifier, value: Mapping[str, Any]) -> list[Block]:
    written, names = value["text"], [name for name in shelf if ON + name in value]
    try:
        reading = read_message(reader, written)
    except DataError as error:
        return [words(PICTURE, f"This can't be read: {error}.")]
    if reading is None:
        return [words(PICTURE, f"Type a message, for example “{MESSAGE}”.")]
    asked = [name for name in names if value[ON + name]]
    answers = {answer.task: answer for answer in shelf.ask(asked, [written] * len(asked))}
    heads = [_head(shelf, name, answers.get(name)) for name in names]
    return [heads_block(PICTURE, _spec(shelf, reader, reading, asked) | {"heads": heads})]


def _spec(shelf: Shelf, reader: Classifier, reading: Reading, asked: list[str]) -> dict[str, Any]:
    """All but the heads: what the body read, what it made of it, and what that cost."""
    body = cast(LMBody, reader.body)
    size, passes = sum(parameter.numel() for parameter in body.parameters()), shelf.passes(asked)
    there = size + sum(shelf.task(name).weights for name in asked)
    copies = len(asked) * size + there - size
    return {
        "cells": reading.texts,
        "cut": len(reading.cut),
        "limit": body.config.max_len,
        "vector": [round(float(number), 3) for number in reading.pooled],
        "body": f"{size:,} weights, frozen",
        "passes": passes,
        "says": _says(passes, len(asked)),
        "memory": f"{there:,} weights in memory; as models of their own: {copies:,}" if asked else "",
    }


def _says(passes: int, heads: int) -> str:
    """How often the body reads the message, and how often models of their own would."""
    if not heads:
        return "No head is on, so nobody asks the body anything."
    once = {1: "once", 2: "twice"}.get(passes, f"{passes} times")
    for_all = {1: "its head", 2: "both heads"}.get(heads, f"all {heads} heads")
    apart = "" if heads == 1 else f" {heads} separate models would each read it."
    return f"The body reads the message {once} for {for_all}.{apart}"


def _head(shelf: Shelf, name: str, answer: Answer | None) -> dict[str, Any]:
    """A task as a row: its name, its classes, and what it answers; None while it is off the body.

    Of two classes the bar is the second one's probability, of more the answer's.
    """
    task = shelf.task(name)
    two = len(task.label_names) == 2
    row = {
        "task": name,
        "control": ON + name,
        "size": f"{task.weights:,} weights" + (", its own pass" if task.outfit else ""),
        "low": task.label_names[0] if two else "",
        "high": task.label_names[1] if two else "",
        "answer": None,
        "p": None,
        "chance": None,
    }
    if answer is None:
        return row
    high = row["high"] or answer.label
    shares = {"p": round(answer.probabilities[high], 4), "chance": round(answer.probability, 4)}
    return row | shares | {"high": high, "answer": answer.label}
