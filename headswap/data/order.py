"""Practice messages in which only the order decides: the same two steps of a deal are told in both classes.

"First, you send me the cash ... Next, I bring you the bike" is the scam, goods first is honest. Between the steps lies
more than an n-gram spans. Texts are in `order.toml`; how many messages are hard, and in which way, stands here.
"""

import tomllib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, Final

from ..errors import SettingError
from .fixture import T
from .messages import HAM, SPAM, Message

LONGEST = 96  # bytes: no message is longer
MOST = 100_000
# What is deciding beside the order, and how many of a hundred deals have it.
WEIGHTS: Final = (
    ("plain", 72), ("third", 8), ("backwards", 6), ("taken_back", 4), ("only_sounds", 4), ("disagrees", 3),
    ("agrees", 3),
)  # fmt: skip
TURNS: Final = ("backwards", "taken_back", "disagrees")  # the step that is told first is not the first to happen
QUOTED: Final = ("disagrees", "agrees")
PARTS: Final = {"learn": (2, 3, 4), "validate": (1,), "test": (0,)}  # a fifth of all pairs of steps each


@dataclass(frozen=True, slots=True)
class Deal:
    """Two steps and what is said around them; told in either order, it makes one message of each class."""

    family: str
    money: str
    goods: str
    opening: str
    aside: str
    turn: str
    ending: str

    def message(self, label: int) -> Message:
        """The deal as a scam (1) or honest (0): the steps change places, and nothing else does."""
        money_first = (label == SPAM) != (self.family in TURNS)
        one, other = (self.money, self.goods) if money_first else (self.goods, self.money)
        text = f"{self.opening}{one}{self.aside}{self.turn}{other}{self.ending}"
        return Message(text[0].upper() + text[1:], label)


def deals(n: int, seed: int = 0, part: str = "learn") -> list[Deal]:
    """Return `n` different deals to learn from, to `validate` or to `test`; no two parts share a pair of steps.

    The same arguments give the same deals on every platform, and fewer are the beginning of more. Raises SettingError
    for n outside 0 to 100,000, a seed that is no whole number, or an unknown part.
    """
    _check(n, seed, part)
    found: dict[Deal, None] = {}
    drawn = _drawn(Random(f"{part} {seed}"), part)
    while len(found) < n:
        found[next(drawn)] = None
    return list(found)


def messages(n: int = 800, seed: int = 0, part: str = "learn") -> list[Message]:
    """Return both messages of each of `n` // 2 deals: every short run of letters is as frequent in either class."""
    return [deal.message(label) for deal in deals(n // 2, seed, part) for label in (SPAM, HAM)]


def one_of_each(found: Sequence[Deal]) -> tuple[Message, ...]:
    """One message of each deal, told as a scam and honestly by turns."""
    return tuple(deal.message(SPAM if i % 2 == 0 else HAM) for i, deal in enumerate(found))


def _drawn(rng: Random, part: str) -> Iterator[Deal]:
    """Deals of a part without end; one that is too long is drawn again, in its own family."""
    while True:
        family = _weighted(rng)
        while len((deal := _deal(rng, family, *_steps(rng, part))).message(HAM).text) > LONGEST:
            pass
        yield deal


def _steps(rng: Random, part: str) -> tuple[str, str]:
    """A pair of steps that belongs to this part, and so to no other."""
    while True:
        money, goods = (_fill(rng, _pick(rng, texts_of()["steps"][step])) for step in ("money", "goods"))
        if zlib.crc32(f"{money}|{goods}".encode()) % 5 in PARTS[part]:
            return money, goods


def _deal(rng: Random, family: str, money: str, goods: str) -> Deal:
    """One deal of a family; nothing that is drawn hangs on a label."""
    texts, backwards = texts_of(), family == "backwards"
    telling = _pick(rng, texts["backwards" if backwards else "forwards"])
    hello = texts["hello"]["quoting" if family in QUOTED else "words"]
    kind = "plain" if backwards else family
    asides = _pick(rng, [group for group in texts["asides"] if kind in group])
    aside = _pick(rng, asides["plain"])
    turns = [turn for turn in telling["turns"] if turn[0] == "." or aside[0] == ","]
    opening, turn = _pick(rng, hello) + _fill(rng, _pick(rng, telling["openings"])), _fill(rng, _pick(rng, turns))
    ending = _pick(rng, [text for text in asides[kind] if text != aside]) + _pick(rng, (".", ".", ".", "!", ""))
    return Deal(family, money, goods, opening, aside, turn, ending)


@cache
def texts_of() -> dict[str, Any]:
    """The lists of `order.toml`."""
    return tomllib.loads(files(__name__.rpartition(".")[0]).joinpath("order.toml").read_text("utf-8"))


def _weighted(rng: Random) -> str:
    left = int(rng.random() * sum(weight for _, weight in WEIGHTS))
    return next(name for i, (name, _) in enumerate(WEIGHTS) if left < sum(weight for _, weight in WEIGHTS[: i + 1]))


def _pick(rng: Random, items: Sequence[T]) -> T:
    return items[int(rng.random() * len(items))]


def _fill(rng: Random, template: str) -> str:
    """The template with its one slot filled, where it has one."""
    before, slot, after = _pieces(template)
    return before + _pick(rng, slot) + after if slot else template


@cache
def _pieces(template: str) -> tuple[str, tuple[str, ...], str]:
    """What stands before the slot, what may stand in it, and what behind it."""
    before, _, rest = template.partition("{")
    name, _, after = rest.partition("}")
    return before, tuple(texts_of()["slots"][name].split("; ")) if name else (), after


def _check(n: int, seed: int, part: str) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= MOST:
        raise SettingError(f"n is {n!r}, expected a whole number from 0 to {MOST:,}: ask for fewer deals.")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise SettingError(f"seed is {seed!r}, expected a whole number: pass one such as 0.")
    if part not in PARTS:
        raise SettingError(f"part is {part!r}, expected one of {', '.join(PARTS)}: choose one.")
