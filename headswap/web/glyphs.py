"""Bytes as a person can see them: one label for each, whichever widget draws it."""

from ..data.tokenizer import BOS, CLS, EOS, PAD

SPECIAL = {PAD: "pad", CLS: "cls", BOS: "bos", EOS: "eos"}
MOST_CUT = 40  # bytes drawn behind the cut
BLANKS = {" ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥"}


def glyph(i: int) -> str:
    """A byte as a character that can be seen, or its number in hex; a special id by its name."""
    if i in SPECIAL:
        return SPECIAL[i]
    return "␣" if i == 32 else chr(i) if 32 < i < 127 else f"{i:02X}"


def glyphs(text: str) -> list[str]:
    """One label per byte: the character, and which of its bytes where it has several."""
    labels: list[str] = []
    for character in text:
        size = len(character.encode())
        shown = BLANKS.get(character) or (character if character.isprintable() else "·")
        labels += [shown] if size == 1 else [f"{shown} {n}/{size}" for n in range(1, size + 1)]
    return labels
