"""Practice messages that are hard on purpose: half are spam, and some openings truly do not say which.

Every family of messages is a set of templates in `fixture.toml` and has a weight here, so that the share of
messages whose first bytes mislead can be tuned without touching a text.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, TypeVar

from ..errors import SettingError
from .messages import HAM, SPAM, Message

T = TypeVar("T")
Templates = tuple[str, ...]
Frame = tuple[Templates, Templates]  # openings, endings

MOST = 400_000
# What a message reads like, and how many of a hundred of its class do.
HAM_WEIGHTS = (("friendly ham", 94), ("pushy ham", 2), ("plain ham", 1), ("spam-like ham", 1), ("ambiguous ham", 2))
SPAM_WEIGHTS = (("plain spam", 86), ("stealthy spam", 8), ("pushy spam", 1), ("ambiguous spam", 5))
WEIGHTS = (HAM_WEIGHTS, SPAM_WEIGHTS)
DOMAINS = ("first", "second")
# Families whose openings both classes share word for word: the group of templates, and the class that ends it.
SHARED = {
    "friendly ham": ("friends", "ham"), "stealthy spam": ("friends", "spam"),
    "spam-like ham": ("pushed", "ham"), "pushy spam": ("pushed", "spam"),
    "ambiguous ham": ("shared", "ham"), "ambiguous spam": ("shared", "spam"),
}  # fmt: skip


def messages(n: int = 800, seed: int = 0, shift: float = 0.0) -> list[Message]:
    """Return `n` short messages, half spam and half ham, for practice without a download.

    The first 32 bytes of a message leave about one in twenty undecided for any reader, the whole message hardly any.
    The same arguments give the same bytes on every platform, and an even `n` gives the first `n` messages of any
    longer list. No text comes twice.

    `seed` is any whole number; `shift`, from 0 to 1, is the chance that a message comes from the second domain
    (marketplace and workplace) instead of the first (friends and family). Raises SettingError for n outside 2 to
    400,000, or a seed or shift that is none.
    """
    _check(n, seed, shift)
    rng = Random(2 * seed if seed >= 0 else -2 * seed - 1)  # Random itself gives -1 and 1 the same stream
    seen: set[str] = set()
    found: list[Message] = []
    while len(found) < n:
        found += _pair(rng, shift, seen)
    return found if n % 2 == 0 else [*found[: n - 1], *(m for m in found[n - 1 :] if m.label == HAM)]


def draw(rng: Random, family: str, domain: int = 0) -> str:
    """Return one text of a family, such as "plain spam", from the first (0) or the second (1) domain."""
    openings, endings = _pick(rng, _frames(DOMAINS[domain], family))
    return _fill(rng, _pick(rng, openings)) + _fill(rng, _pick(rng, endings))


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(files(__name__.rpartition(".")[0]).joinpath("fixture.toml").read_text("utf-8"))


@cache
def _frames(domain: str, family: str) -> tuple[Frame, ...]:
    """The ways to open and end a message of this family; a whole template ends with nothing."""
    if family not in SHARED:
        return ((tuple(_texts()[domain][family]), ("",)),)
    group, side = SHARED[family]
    return tuple((tuple(frame["openings"]), tuple(frame[side])) for frame in _texts()[domain][group])


def _pair(rng: Random, shift: float, seen: set[str]) -> list[Message]:
    """One message of each class that was not seen before, in random order."""
    labels = (SPAM, HAM) if rng.random() < 0.5 else (HAM, SPAM)
    return [Message(_new_text(rng, label, shift, seen), label) for label in labels]


def _new_text(rng: Random, label: int, shift: float, seen: set[str]) -> str:
    while True:
        domain = int(rng.random() < shift)
        text = draw(rng, _family(rng, WEIGHTS[label]), domain)
        if text not in seen:
            seen.add(text)
            return text


def _family(rng: Random, weights: tuple[tuple[str, int], ...]) -> str:
    """A family's name, drawn by whole-number weights so that no rounding can differ between platforms."""
    left = int(rng.random() * sum(weight for _, weight in weights))
    for name, weight in weights:
        left -= weight
        if left < 0:
            return name
    raise AssertionError("the weights cover every draw")


def _pick(rng: Random, items: tuple[T, ...]) -> T:
    """One item; `random()` is the one method whose stream Python promises to keep."""
    return items[int(rng.random() * len(items))]


def _fill(rng: Random, template: str) -> str:
    return "".join([_pick(rng, part) for part in _parts(template)])


@cache
def _parts(template: str) -> tuple[Templates, ...]:
    """The template as a row of choices: a literal is a choice of one, a slot a choice of its fillers."""
    pieces = re.split(r"[{}]", template)
    parts = [_slot(piece) if i % 2 else (piece,) for i, piece in enumerate(pieces) if piece]
    return tuple(parts)


def _slot(name: str) -> Templates:
    fillers = tuple(_texts()["slots"][name.lower()].split("; "))
    return fillers if name.islower() else tuple(filler[0].upper() + filler[1:] for filler in fillers)


def _check(n: int, seed: int, shift: float) -> None:
    if not _whole_number(n) or not 2 <= n <= MOST:
        raise SettingError(f"n is {n!r}, expected a whole number from 2 to {MOST:,}: ask for fewer or more messages.")
    if not _whole_number(seed):
        raise SettingError(f"seed is {seed!r}, expected a whole number: pass one such as 0.")
    if isinstance(shift, bool) or not isinstance(shift, int | float) or not 0 <= shift <= 1:
        raise SettingError(f"shift is {shift!r}, expected a number from 0 to 1: pass 0 for the first domain only.")


def _whole_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
