"""What a head swap kept, dropped and created, by name and by number of weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

from torch import nn

from ..model.classifier import Swap, place_of
from .controls import choice
from .widget import Block, Explorer, bars, table, words

FATES = ("kept", "dropped", "created")
Row = tuple[str, str, str, tuple[int, ...] | None]  # fate, place, name, shape where it is still known


def swap_report(swap: Swap) -> Explorer:
    """A swap place by place: what stayed, what went, what is new, down to the tensors of the place you choose."""
    rows = tensors(swap)
    places = list(dict.fromkeys(place for _, place, _, _ in rows))
    controls = [choice("place", "Show the tensors of", "head", places)]
    return Explorer("Swap", controls, partial(_show, rows))


def tensors(swap: Swap) -> list[Row]:
    """Every tensor of the swap; a dropped pool's shape is gone with it."""
    shapes = _shapes(swap.classifier, "")
    old = _shapes(swap.old_head, "head.")
    return [
        (fate, str(place_of(swap.classifier, name)), name, (old if fate == "dropped" else shapes).get(name))
        for fate, names in zip(FATES, (swap.kept, swap.dropped, swap.created), strict=True)
        for name in names
    ]


def _shapes(module: nn.Module, prefix: str) -> dict[str, tuple[int, ...]]:
    return {prefix + name: tuple(parameter.shape) for name, parameter in module.named_parameters()}


def _show(rows: Sequence[Row], value: Mapping[str, Any]) -> list[Block]:
    before = sum(_size(row) for row in rows if row[0] != "created")
    after = sum(_size(row) for row in rows if row[0] != "dropped")
    bar = {fate: sum(_size(row) for row in rows if row[0] == fate) for fate in FATES}
    of = {"kept": before, "dropped": before, "created": after}
    chosen = [[fate, name, _shape(shape), _size(row)] for row in rows for fate, place, name, shape in [row]
              if place == value["place"]]  # fmt: skip
    return [
        words("The swap", f"{before:,} weights before, {after:,} after; {_count(rows)} tensors of the body are kept."),
        bars("Weights", [(fate, bar[fate], of[fate]) for fate in FATES]),
        table("Place by place", ["place", *FATES], _places(rows)),
        table("Tensors of the place", ["fate", "name", "shape", "weights"], chosen),
    ]


def _size(row: Row) -> int:
    return 0 if row[3] is None else prod(row[3])


def _shape(shape: tuple[int, ...] | None) -> str:
    return "gone" if shape is None else " by ".join(map(str, shape))


def _count(rows: Sequence[Row]) -> int:
    return sum(fate == "kept" for fate, *_ in rows)


def _places(rows: Sequence[Row]) -> list[list[str | float]]:
    """Weights per place and fate; 0 where nothing was."""
    places = dict.fromkeys(place for _, place, _, _ in rows)
    return [
        [place, *(sum(_size(row) for row in rows if row[:2] == (fate, place)) for fate in FATES)] for place in places
    ]
