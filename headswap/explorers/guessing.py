"""How surprised a language model is at each byte of a message, and what it expected instead.

Shape letters: T ids, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from ..errors import DataError
from ..model.body import LanguageModel
from ..web.glyphs import glyph
from .body import chances, likeliest, with_bos
from .controls import choice, text
from .widget import Block, Explorer, figure, numbers, words
from .widget import guesses as guesses_block

MESSAGES = {
    "a practice message": "Hi Finn, sorry I missed you on",
    "the same in capitals": "HI FINN, SORRY I MISSED YOU ON",
    "the same, backwards": "no uoy dessim I yrros ,nniF iH",
    "the same in German": "Hallo Finn, schade um das Essen",
    "no language at all": "qzx jvkq wpfz",
}
TITLE = "How surprising each byte is"


def guesses(base: LanguageModel) -> Explorer:
    """How likely a language model found each byte of a message before it came, and what it expected instead."""
    controls = [choice("message", "Message", next(iter(MESSAGES)), [*MESSAGES]), text("text", "… or your own", "")]
    return Explorer("Guess the next byte", controls, partial(_show, base))


def _show(base: LanguageModel, value: Mapping[str, Any]) -> list[Block]:
    try:
        ids = with_bos(base, value["text"] or MESSAGES[value["message"]])
    except DataError as error:
        return [words(TITLE, f"This can't be read: {error}.")]
    shares = chances(base, ids)  # (T, V)
    came = [float(row[i]) for row, i in zip(shares, ids[1:], strict=False)]  # after bos, of each byte
    mean = sum(map(math.log, came)) / len(came)
    items = [figure(_few(math.exp(-mean)), "bytes, on average"), figure("260", "bytes, if it only guessed")]
    labels, next_bytes = [glyph(i) for i in ids[1:]], likeliest(shares)
    return [numbers("It hesitates between", items), guesses_block(TITLE, labels, came, next_bytes)]


def _few(number: float) -> str:
    return f"{number:.1f}" if number < 100 else f"{number:,.0f}"
