"""Type a text and see what the model reads of it: bytes, ids, pads, mask, and where it is cut.

Shape letters: B batch, T bytes.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..data.splits import fixture_split
from ..data.tokenizer import CLS, PAD, ByteTokenizer
from ..errors import DataError
from ..web.glyphs import MOST_CUT, glyphs
from .widget import Block, Explorer, slider, switch, table, tape, text, words

LENGTHS = (32, 64, 160)
EXAMPLES = 5  # messages shown with their lost ends
Cell = dict[str, str]


def tokens(texts: Sequence[str] | None = None) -> Explorer:
    """One message in a batch of two as the model reads it, and how many of `texts` lose their end.

    `texts` are the 960 practice messages by default; only the last two blocks look at them.
    """
    known = tuple(practice_texts() if texts is None else texts)
    controls = [
        text("text", "Your message", "Café at 8? 👍"),
        text("neighbour", "Its neighbour in the batch", "See you at lunch then"),
        slider("max_len", "Maximum length", 32, 8, 160, unit="bytes"),
        switch("cls", "Put the cls id, 257, in front", False),
    ]
    return Explorer("Tokens", controls, partial(_show, known))


def practice_texts() -> list[str]:
    """The 960 practice messages: those to learn from, to choose by and to judge on."""
    split = fixture_split()
    return [message.text for part in (split.train, split.validation, split.test) for message in part]


def _show(texts: Sequence[str], value: Mapping[str, Any]) -> list[Block]:
    max_len, tokenizer = int(value["max_len"]), ByteTokenizer()
    try:
        whole = tokenizer.encode(value["text"], cls=value["cls"])
        ids, mask = tokenizer.batch([value["text"], value["neighbour"]], max_len, cls=value["cls"])
    except DataError as error:
        return [words("What the model reads", f"This is no text: {error}."), *_losses(texts, max_len)]
    return [
        words("What the model reads", _sentence(value["text"], whole, max_len)),
        tape("Ids", _cells(value["text"], whole, max_len, ids.shape[1])),
        tape("Mask", [_answer(t, real) for t, real in enumerate(mask[0].tolist(), 1)]),
        *_losses(texts, max_len),
    ]


def _sentence(text: str, whole: Sequence[int], max_len: int) -> str:
    """How many characters, bytes and ids there are, and what is left after the cut."""
    size = f"{_count(len(text), 'character')}, {_count(len(text.encode()), 'byte')}, {_count(len(whole), 'id')}"
    lost = len(whole) - max_len
    if lost <= 0:
        return f"{size}. All of it fits: nothing is lost."
    read = ByteTokenizer().decode(whole[:max_len])
    return f"{size}. It reads {max_len} and loses {lost}. What it reads: “{read}”"


def _cells(text: str, whole: Sequence[int], max_len: int, longest: int) -> list[Cell]:
    """One cell per id up to T, then what was cut."""
    tops = ["cls"] * (len(whole) > len(text.encode())) + glyphs(text)
    cells = [_cell(top, i, n < max_len) for n, (top, i) in enumerate(zip(tops, whole, strict=True))]
    more = len(cells) - max_len - MOST_CUT
    if more > 0:
        cells[max_len + MOST_CUT :] = [{"top": "…", "bottom": f"{more} more", "kind": "cut"}]
    return cells + [{"top": "pad", "bottom": str(PAD), "kind": "pad"}] * (longest - len(whole))


def _cell(top: str, i: int, kept: bool) -> Cell:
    kind = "cut" if not kept else "special" if i == CLS else "byte"
    return {"top": top, "bottom": str(i), "kind": kind}


def _answer(position: int, real: bool) -> Cell:
    return {"top": str(real), "bottom": str(position), "kind": "byte" if real else "pad"}


def _losses(texts: Sequence[str], max_len: int) -> list[Block]:
    """Which of the texts lose their end, and how many do at a few lengths."""
    raw = [text.encode() for text in texts]
    lengths = sorted({*LENGTHS, max_len})
    cut = {n: sum(len(one) > n for one in raw) for n in lengths}
    rows = [(_named(n, max_len), cut[n], f"{cut[n] / max(1, len(raw)):.1%}") for n in lengths]
    examples = [[_text(one[:max_len]), _text(one[max_len:])] for one in raw if len(one) > max_len][:EXAMPLES]
    title = f"How many of {len(raw):,} messages lose their end"
    return [
        table(title, ["maximum length", "messages cut", "share"], rows),
        table("Messages that lose their end", ["read", "lost"], examples or [["nothing is cut", ""]]),
    ]


def _named(length: int, chosen: int) -> str:
    return f"{length} bytes, the slider" if length == chosen else f"{length} bytes"


def _text(raw: bytes) -> str:
    return ByteTokenizer().decode(raw)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
