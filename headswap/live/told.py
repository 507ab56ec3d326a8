"""What the browser is told of a run, and how little of it: numbers packed, messages once, old epochs when asked for.

Thousandths are enough for pictures, but not for a logarithm: to it, a share of .0004 and one of .00001 are far apart.
So what is nearer to 0 than TAIL thousandths is told again, as a logarithm in two letters.

A lab may see hundreds of runs. What it keeps of each is two bytes a number; a new page first hears each run in brief.
Shape letters: N validation messages, C classes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, overload

import numpy as np

from ..metrics.thresholds import LEAST
from ..training.events import EpochDone

PACKED = ("p", "xy")  # what takes the room: thousandths, a number or more per message
TAIL = 10  # thousandths
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LETTERS = np.frombuffer(LETTERS.encode("ascii"), dtype=np.uint8)
FIRST, STEP = 4.6, 0.00563  # minus the logarithm of a share: where two letters begin, and by how much they count


@dataclass(slots=True)
class Told:
    """A run as the browser knows it: a head of few words, and an epoch's numbers packed in 16 bits each."""

    head: dict[str, Any]
    epochs: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, run: dict[str, Any]) -> Told:
        """A run that was stored as plain JSON."""
        told = cls({name: value for name, value in run.items() if name != "epochs"})
        for epoch in run["epochs"]:
            told.add(epoch)
        return told

    def add(self, epoch: dict[str, Any]) -> None:
        """One epoch more; what is packed comes out of it as it went in."""
        self.epochs.append(epoch | {name: array("h", epoch[name]) for name in PACKED})

    def whole(self) -> dict[str, Any]:
        """Everything, as plain JSON."""
        return self.head | {"whole": True, "epochs": [_unpacked(epoch) for epoch in self.epochs]}

    def brief(self) -> dict[str, Any]:
        """Every epoch's losses, but the messages' places and probabilities of the last one alone."""
        early = [{**epoch, "p": [], "xy": [], "said": "", "tails": ""} for epoch in self.epochs[:-1]]
        return self.head | {"whole": False, "epochs": early + [_unpacked(epoch) for epoch in self.epochs[-1:]]}


def _unpacked(epoch: dict[str, Any]) -> dict[str, Any]:
    return epoch | {name: epoch[name].tolist() for name in PACKED}


class Epochs(Sequence[EpochDone]):
    """A run's epochs in order; the probabilities are packed, and come out as they went in."""

    def __init__(self, epochs: Iterable[EpochDone] = ()) -> None:
        self._kept: list[tuple[EpochDone, np.ndarray]] = []
        for epoch in epochs:
            self.append(epoch)

    def append(self, epoch: EpochDone) -> None:
        """One epoch more."""
        self._kept.append((replace(epoch, probabilities=()), np.array(epoch.probabilities)))  # (N, C)

    @overload
    def __getitem__(self, place: int) -> EpochDone: ...
    @overload
    def __getitem__(self, place: slice) -> list[EpochDone]: ...
    def __getitem__(self, place: int | slice) -> EpochDone | list[EpochDone]:
        if isinstance(place, slice):
            return [_whole(*kept) for kept in self._kept[place]]
        return _whole(*self._kept[place])

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[EpochDone]:
        return (_whole(*kept) for kept in tuple(self._kept))


def _whole(epoch: EpochDone, probabilities: np.ndarray) -> EpochDone:
    return replace(epoch, probabilities=tuple(map(tuple, probabilities.tolist())))


def epoch_told(
    number: int, event: EpochDone, xy: list[int], perplexity: float | None, moved: dict[str, float], diagnosis: str
) -> dict[str, Any]:
    """One epoch as the browser hears of it, from 1: `xy` are the places of the pooled vectors, where they are known."""
    shares, said = shares_told(event.probabilities)
    return {
        "epoch": number, "train": finite(event.train_loss), "validation": finite(event.validation_loss), "p": shares,
        "said": said, "tails": tails_told(event.probabilities), "xy": xy, "perplexity": finite(perplexity),
        "moved": moved, "seconds": round(event.seconds, 4), "diagnosis": diagnosis,
    }  # fmt: skip


def thousandths(share: float) -> int:
    """A share as a whole number of thousandths, on the same side of one half as it was."""
    if share < 0.5:
        return min(499, round(1000 * share))
    return max(500, min(round(1000 * share), 1000 if share >= 1 else 999))


def shares_told(probabilities: Sequence[Sequence[float]]) -> tuple[list[int], str]:
    """What the browser hears of (N, C): the positive class's thousandths, or of more classes all and who was said."""
    if not probabilities or len(probabilities[0]) == 2:
        return [thousandths(row[-1]) for row in probabilities], ""
    said = "".join(str(max(range(len(row)), key=row.__getitem__)) for row in probabilities)
    return [round(1000 * share) for row in probabilities for share in row], said


def tails_told(probabilities: Sequence[Sequence[float]]) -> str:
    """The shares of (N, C) that thousandths are too coarse for, in turn, two letters each: steps of half a percent.

    Of two classes that is the less likely one's share, of more each share that is told as less than TAIL.
    """
    if not probabilities:
        return ""
    flat = np.fromiter(chain.from_iterable(probabilities), dtype=float)  # the quickest of tuples
    shares = flat.reshape(len(probabilities), -1)  # (N, C)
    if shares.shape[1] == 2:
        far = shares.min(1)[is_tail(np.rint(1000 * shares[:, 1]), 2)]
    else:
        far = shares[is_tail(np.rint(1000 * shares), shares.shape[1])]
    levels = np.rint((-np.log(np.maximum(far, LEAST)) - FIRST) / STEP).astype(int).clip(0)
    return _LETTERS[np.stack([levels // 64, levels % 64], 1)].tobytes().decode("ascii")


def is_tail(told: np.ndarray, classes: int) -> np.ndarray:
    """Which of the shares that were told as so many thousandths have two letters in `tails`."""
    return (told < TAIL) | ((told > 1000 - TAIL) & (classes == 2))


def finite(value: float | None) -> float | None:
    """The number, rounded for the wire, or None where it is none."""
    return round(value, 5) if value is not None and np.isfinite(value) else None
