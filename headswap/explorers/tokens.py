"""Type a text and see what the model reads of it: bytes, ids, pads, mask, where it is cut, and what that does.

Shape letters: B batch, T bytes.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch

from ..data.splits import fixture_split
from ..data.tokenizer import CLS, PAD, ByteTokenizer
from ..errors import DataError
from ..lab.shipped import recorded_classifier
from ..model.classifier import Classifier
from ..web.glyphs import BLANKS, MOST_CUT
from .controls import choice, slider, switch, text
from .widget import Block, Explorer, batch, figure, folded, numbers, table, words

LENGTHS = (32, 64, 160)
EXAMPLES = 5  # messages shown with their lost ends
FRONTS = {
    "nothing": "",
    "a greeting": "Hello, it was lovely to see you. ",
    "two emoji": "😀😀 ",
    "eight emoji": "😀😀😀😀😀😀😀😀 ",
}
Cell = dict[str, Any]


def tokens(texts: Sequence[str] | None = None) -> Explorer:
    """Two messages as one batch: characters, ids and mask, position under position, and what a cut loses.

    `texts`, the 960 practice messages by default, are counted: how many of them lose their end.
    """
    known = tuple(practice_texts() if texts is None else texts)
    controls = [
        text("text", "Your message", "Café at 8? 👍"),
        text("neighbour", "Its neighbour in the batch", "See you at lunch then"),
        slider("max_len", "Maximum length", 32, 8, 160, unit="bytes"),
        switch("cls", "Put the cls id, 257, in front", False),
    ]
    return Explorer("Tokens", controls, partial(_show, known))


def reads(model: Classifier | None = None) -> Explorer:
    """What a trained classifier reads of your message, byte by byte, and its verdict on that much.

    The one that comes with the course, by default: it answers at once and reads 32 bytes.
    """
    controls = [
        choice("front", "In front of it", "nothing", [*FRONTS]),
        text("text", "Your message", "Claim your free prize now"),
    ]
    return Explorer("Spam or ham?", controls, partial(_judge, model or recorded_classifier()))


def practice_texts() -> list[str]:
    """The 960 practice messages: those to learn from, to choose by and to judge on."""
    split = fixture_split()
    return [message.text for part in (split.train, split.validation, split.test) for message in part]


# ---- what is shown


def _show(texts: Sequence[str], value: Mapping[str, Any]) -> list[Block]:
    max_len, cls = int(value["max_len"]), bool(value["cls"])
    pair = {"Your message": value["text"], "Its neighbour": value["neighbour"]}
    try:
        whole = {name: ByteTokenizer().encode(one, cls=cls) for name, one in pair.items()}
    except DataError as error:
        return [words("What the model reads", f"This can't be read: {error}."), *_losses(texts, max_len)]
    longest = max(1, *(min(len(ids), max_len) for ids in whole.values()))
    rows = [_message(name, pair[name], whole[name], max_len, longest, cls) for name in pair]
    return [_reading(whole["Your message"], max_len, more=_counted(texts, max_len)), batch("The batch", rows),
            *_losses(texts, max_len)]  # fmt: skip


def _judge(model: Classifier, value: Mapping[str, Any]) -> list[Block]:
    whole, max_len = FRONTS[value["front"]] + value["text"], model.body.settings().get("max_len", 32)
    try:
        ids = ByteTokenizer().encode(whole)
    except DataError as error:
        return [words("What the model reads", f"This can't be read: {error}.")]
    verdict = [_verdict(model, ids[:max_len])] if ids else []
    row = _message("Your message", whole, ids, max_len, min(len(ids), max_len), cls=False)
    return [_reading(ids, max_len, verdict), batch("Byte by byte", [row])]


@torch.no_grad()
def _verdict(model: Classifier, ids: Sequence[int]) -> tuple[str, str]:
    batch, mask = ByteTokenizer().pad([ids])
    spam = float(model.eval()(batch, mask).softmax(1)[0, 1])
    return "spam" if spam >= 0.5 else "ham", f"P(spam) {spam:.2f}"


def _reading(
    ids: Sequence[int], max_len: int, first: Sequence[tuple[str, str]] = (), more: Sequence[tuple[str, str]] = ()
) -> Block:
    """How many bytes there are, how many are lost, and what is left after the cut."""
    size, lost = len(ids), max(0, len(ids) - max_len)
    items = [(str(size), "bytes or ids" if CLS in ids else "bytes"), (str(lost), f"lost: it reads {max_len}")]
    said = [figure(*item) for item in (*first, *items, *more)]
    return numbers("What the model reads", said, f"“{ByteTokenizer().decode(ids[:max_len])}”")


def _message(name: str, text: str, ids: Sequence[int], max_len: int, longest: int, cls: bool) -> dict[str, Any]:
    """One message's cells up to T, then what was cut of it."""
    signs = [("cls", 1, 1)] * cls + _signs(text)
    drawn = ids[: max_len + MOST_CUT]
    cells = [_cell(*sign, i, n < max_len) for n, (sign, i) in enumerate(zip(signs, drawn, strict=False))]
    pads = [{"sign": "pad", "part": 1, "of": 1, "id": PAD, "kind": "pad"}] * (longest - len(ids))
    return {"name": name, "cells": cells + pads, "more": len(ids) - len(drawn)}


def _signs(text: str) -> list[tuple[str, int, int]]:
    """One entry per byte: the character that can be seen, and which of its bytes this is."""
    signs: list[tuple[str, int, int]] = []
    for character in text:
        size = len(character.encode())
        shown = BLANKS.get(character) or (character if character.isprintable() else "·")
        signs += [(shown, n, size) for n in range(1, size + 1)]
    return signs


def _cell(sign: str, part: int, of: int, i: int, kept: bool) -> Cell:
    kind = "cut" if not kept else "special" if i == CLS else "byte"
    return {"sign": sign, "part": part, "of": of, "id": i, "kind": kind}


# ---- many messages


def _counted(texts: Sequence[str], max_len: int) -> list[tuple[str, str]]:
    cut = sum(len(one.encode()) > max_len for one in texts)
    return [(f"{cut:,}", f"of {len(texts):,} practice messages lose their end")]


def _losses(texts: Sequence[str], max_len: int) -> list[Block]:
    """Which of the texts lose their end, and how many do at a few lengths."""
    raw = [text.encode() for text in texts]
    lengths = sorted({*LENGTHS, max_len})
    cut = {n: sum(len(one) > n for one in raw) for n in lengths}
    rows = [(_named(n, max_len), cut[n], f"{cut[n] / max(1, len(raw)):.1%}") for n in lengths]
    examples = [[_text(one[:max_len]), _text(one[max_len:])] for one in raw if len(one) > max_len][:EXAMPLES]
    title = f"How many of {len(raw):,} messages lose their end"
    return [
        folded(table(title, ["maximum length", "messages cut", "share"], rows)),
        folded(table("Messages that lose their end", ["read", "lost"], examples or [["nothing is cut", ""]])),
    ]


def _named(length: int, chosen: int) -> str:
    return f"{length} bytes, the slider" if length == chosen else f"{length} bytes"


def _text(raw: bytes) -> str:
    return ByteTokenizer().decode(raw)
