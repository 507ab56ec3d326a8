"""One widget for every explorer: Python computes numbers from a few controls, the browser draws them.

An explorer is a title, controls (`controls.py`), and a pure function from their values to blocks: plain dictionaries,
each made by one of the functions below, each drawn by the chart of its kind in web/charts/.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

from ..calibration.binning import Stated
from ..calibration.binning import reliability as claims
from ..calibration.floor import Floor
from ..data.tokenizer import VOCAB_SIZE
from ..errors import SettingError
from ..web.cells import replaces_this_cells
from ..web.modules import joined
from .controls import Control, Value, check

Block = dict[str, Any]
Show = Callable[[Mapping[str, Any]], list[Block]]
Point = tuple[float, float]
Guess = tuple[str, float]  # a byte and its probability
HERE = Path(__file__).parent
LOSS_OF_GUESSING = math.log(VOCAB_SIZE)


class Explorer(anywidget.AnyWidget):
    """Controls and what they show; set `value` from Python, or move the controls in the browser.

    `show` maps the controls' values to blocks and is called whenever one changes. A whole number may come back from
    the browser as an int where a float was: 1 for 1.0.
    """

    _esm = joined(HERE / "explorer.js")
    _css = joined(HERE / "explorer.css")

    title = t.Unicode().tag(sync=True)
    controls = t.List().tag(sync=True)
    value = t.Dict().tag(sync=True)
    shown = t.List().tag(sync=True)

    def __init__(self, title: str, controls: Sequence[Control], show: Show) -> None:
        self._show = show
        value = {control["name"]: control["value"] for control in controls}
        super().__init__(title=title, controls=[*controls], value=value, shown=show(value))
        self.observe(self._redraw, "value")
        self.on_msg(lambda widget, content, buffers: self.send({"kind": "hello"}))  # the browser asks who is there
        replaces_this_cells(self, Explorer.close)

    def set(self, **values: Value) -> None:
        """Move some controls, as a learner would."""
        self.value = self.value | values

    def find(self, title: str) -> Block:
        """The block of that title, as numbers."""
        found = [block for block in self.shown if block["title"] == title]
        if not found:
            titles = ", ".join(repr(block["title"]) for block in self.shown)
            raise SettingError(f"nothing here is called {title!r}; there is {titles}")
        return found[0]

    def __repr__(self) -> str:
        return f"{self.title}({', '.join(f'{name}={value!r}' for name, value in self.value.items())})"

    @t.validate("value")
    def _fits(self, proposal: dict[str, Any]) -> dict[str, Any]:
        known = {control["name"]: control for control in self.controls}
        value = proposal["value"]
        for name in value:
            if name not in known:
                raise SettingError(f"{name!r} is not a control of {self.title}; it has {', '.join(known) or 'none'}")
        for name, control in known.items():
            if name not in value:
                raise SettingError(f"{name} has no value; change one control with set({name}=…)")
            check(control, value[name])
        return value

    def _redraw(self, change: dict[str, Any]) -> None:
        self.shown = self._show(self.value)


# ---- blocks: what an explorer shows


def _plain(cell: str | float | None) -> str | float | None:
    """What the browser can read: texts and numbers, no tensor, and none where a number is not finite."""
    if cell is None or isinstance(cell, str | int):
        return cell
    return float(cell) if math.isfinite(cell) else None


def _grid(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[_plain(cell) for cell in row] for row in rows]


def words(title: str, text: str) -> Block:
    """A sentence or two."""
    return {"kind": "words", "title": title, "text": text}


def tape(title: str, cells: Sequence[Mapping[str, str]]) -> Block:
    """Token after token; a cell has `top`, `bottom` and `kind`: byte, special, pad or cut."""
    return {"kind": "tape", "title": title, "cells": [dict(cell) for cell in cells]}


def batch(title: str, messages: Sequence[Mapping[str, Any]]) -> Block:
    """Messages position under position; each has a `name`, its `cells`, and how many `more` bytes are not drawn.

    A cell has `sign`, which `part` `of` how many bytes it is, `id`, and `kind`: byte, special, pad or cut.
    """
    return {"kind": "batch", "title": title, "messages": [dict(message) for message in messages]}


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str | float]]) -> Block:
    """Rows under headings."""
    return {"kind": "table", "title": title, "columns": [*columns], "rows": _grid(rows)}


def card(name: str, big: str, says: str, loud: bool = False) -> dict[str, Any]:
    """One result of `headlines`: what it belongs to, the result in large letters, and a few words; a loud one warns."""
    return {"name": name, "big": big, "says": says, "loud": loud}


def headlines(title: str, cards: Sequence[Mapping[str, Any]]) -> Block:
    """The one or two results that matter, large."""
    return {"kind": "headlines", "title": title, "cards": [dict(one) for one in cards]}


def matrix(title: str, counts: Sequence[Sequence[int]], names: Sequence[str], key: str = "") -> Block:
    """The confusion matrix, rows the truth; a click on a cell sets the value `key` to its name.

    For two classes, ((TN, FP), (FN, TP)), the names are tn, fp, fn and tp; for more they are "i,j", as in "2,0".
    """
    return {"kind": "matrix", "title": title, "counts": _grid(counts), "names": [*names], "key": key}


def line(name: str, points: Sequence[Point], dash: bool = False) -> dict[str, Any]:
    """One line of `curves`; a dashed one differs without colour."""
    return {"name": name, "points": _grid(points), "dash": dash}


def curves(
    title: str, x: str, y: str, lines: Sequence[Mapping[str, Any]], marks: Sequence[tuple[float, float, str]] = (),
    x_range: Point | None = None, y_range: Point | None = None,
) -> Block:  # fmt: skip
    """Lines over axes that are named with their units, and points that are marked with a word."""
    return {"kind": "curves", "title": title, "x": x, "y": y, "lines": [dict(one) for one in lines],
            "marks": _grid(marks), "x_range": x_range and [*x_range], "y_range": y_range and [*y_range]}  # fmt: skip


def lead(
    title: str, big: str, verdict: str, says: str, scores: Sequence[tuple[str, float, float, float]], about: str = ""
) -> Block:
    """How far one is ahead, large, with what that means, and the scores behind it: a name, a mean, an interval."""
    return {"kind": "lead", "title": title, "big": big, "verdict": verdict, "says": says,
            "scores": _grid(scores), "about": about}  # fmt: skip


def contenders(
    title: str, rows: Sequence[tuple[str, Sequence[float], Sequence[float], Sequence[float] | None]], score: str,
    against: str,
) -> Block:  # fmt: skip
    """What is compared, a row each: a name, a score for each seed, their mean with its interval, and its lead.

    The lead over the rival has an interval, too; the rival's own is None.
    """
    made = [
        {"name": name, "who": who, "points": [{"seed": seed, "value": value} for seed, value in enumerate(seeds)],
         "mean": [*mean], "ahead": ahead and [*ahead], "rival": ahead is None, "note": ""}
        for who, (name, seeds, mean, ahead) in enumerate(rows)
    ]  # fmt: skip
    scores = [value for _, seeds, mean, _ in rows for value in (*seeds, *mean)]
    gaps = [0.0, *(value for *_, ahead in rows for value in ahead or ())]
    return {"kind": "contenders", "title": title, "rows": made, "range": _roomy(scores), "gap": _roomy(gaps),
            "score": score, "against": against}  # fmt: skip


def _roomy(values: Sequence[float]) -> list[float]:
    """The ends of the values, and a twentieth of room beyond each."""
    low, high = min(values), max(values)
    return [low - 0.05 * (high - low), high + 0.05 * (high - low)]


def bars(title: str, rows: Sequence[tuple[str, float, float | None]], unit: str = "") -> Block:
    """Horizontal bars: a name, how much of it counts, and how much there is."""
    return {"kind": "bars", "title": title, "rows": _grid(rows), "unit": unit}


def heat(
    title: str, rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float | None]],
    most: float = 1.0, unit: str = "",
) -> Block:  # fmt: skip
    """A grid of numbers from 0 to `most`, where the shade is full; None is a cell that may not be seen.

    By default the numbers are shares; `unit` says what others are. A number beyond `most` has the full shade, too.
    """
    scale = {"most": most, "unit": unit} if unit else {}
    return {"kind": "heat", "title": title, "rows": [*rows], "columns": [*columns], "values": _grid(values), **scale}


def guesses(title: str, labels: Sequence[str], chances: Sequence[float], next: Sequence[Sequence[Guess]]) -> Block:
    """How likely each byte was before it came, and the likeliest bytes there: for every place, and for the next one."""
    return {"kind": "guesses", "title": title, "labels": [*labels], "chances": [*chances],
            "next": [_grid(few) for few in next], "highest": LOSS_OF_GUESSING}  # fmt: skip


def looking(
    title: str, labels: Sequence[str], values: Sequence[Sequence[float | None]], next: Sequence[Sequence[Guess]]
) -> Block:
    """Where each position looks, as in `heat`, and which bytes the model expects after each."""
    return {**heat(title, labels, labels, values), "kind": "looking", "next": [_grid(few) for few in next]}


def worked(title: str, steps: Mapping[str, Any], number: int) -> Block:
    """An attention head at work, step by step; `number` is the place in each vector that is told in numbers."""
    return {**steps, "kind": "worked", "title": title, "number": number}


def cloud(title: str, groups: Sequence[tuple[str, str, Sequence[Point]]]) -> Block:
    """Points in two dimensions; a group has a name, a mark (circle or triangle) and its points."""
    named = [{"name": name, "mark": mark, "points": _grid(points)} for name, mark, points in groups]
    return {"kind": "cloud", "title": title, "groups": named}


def field(
    title: str, x: str, y: str, ranges: tuple[Point, Point], logits: Sequence[Sequence[float]], names: tuple[str, str],
    groups: Sequence[tuple[str, str, Sequence[Point], Sequence[bool]]],
) -> Block:  # fmt: skip
    """What a head says all over a plane, as shades, with the line where its verdict turns; and points on top.

    `logits`, row by row from the bottom, favour the second of the `names` where they are above 0. A group has a name, a
    mark (circle or triangle), its points, and which of them lie on the wrong side.
    """
    named = [{"name": name, "mark": mark, "points": _grid(points), "wrong": [*wrong]}
             for name, mark, points, wrong in groups]  # fmt: skip
    return {"kind": "field", "title": title, "x": x, "y": y, "x_range": [*ranges[0]], "y_range": [*ranges[1]],
            "logits": _grid(logits), "names": [*names], "groups": named}  # fmt: skip


def trade(
    title: str, x: str, y: str, ranges: tuple[Point, Point], groups: Sequence[tuple[str, str]],
    runs: Sequence[tuple[str, int, int, float, float, str]], chosen: tuple[str, int], rule: tuple[float, str],
) -> Block:  # fmt: skip
    """Runs as points, x on a logarithmic axis; a click on one sets the values `regime` and `seed`.

    A group has a name and a mark (circle, triangle or diamond); a run its regime, its seed, its group, its place and
    what is read out of it. `rule` is a place on x and its name.
    """
    keys = ("name", "seed", "group", "x", "y", "says")
    return {"kind": "trade", "title": title, "x": x, "y": y, "x_range": [*ranges[0]], "y_range": [*ranges[1]],
            "groups": [{"name": name, "mark": mark} for name, mark in groups],
            "runs": [dict(zip(keys, run, strict=True)) for run in runs],
            "chosen": {"name": chosen[0], "seed": chosen[1]}, "rule": rule[0], "rule_name": rule[1]}  # fmt: skip


def reliability(
    title: str, stated: Stated, error: float, floor: Floor | None, before: Stated | None = None, *, claim: str = "sure",
    came: str = "right", start: float | None = None,
) -> Block:  # fmt: skip
    """Claims in bins against how many came true, with the calibration error and its floor; crosses for `before`.

    `claim` and `came` are the words for both, and `start` is the least claim on the axis.
    """
    some = {} if start is None else {"from": start}
    return {"kind": "reliability", "title": title, "bins": _bins(stated), "ece": error,
            "floor": floor and {"mean": floor.mean, "high": floor.interval[1]}, "before": before and _bins(before),
            "claim": claim, "came": came, **some}  # fmt: skip


def _bins(stated: Stated) -> list[dict[str, Any]]:
    return [
        {"low": one.low, "high": one.high, "count": one.count, "claimed": one.chance, "came_true": one.share,
         "interval": [*one.interval]}
        for one in claims(stated)
    ]  # fmt: skip


def gauge(
    title: str, value: float, text: str, low: float = 0.0, high: float = 1.0, limit: float | None = None
) -> Block:
    """One number between two ends, with its words, and a limit where there is one."""
    return {"kind": "gauge", "title": title, "value": _plain(value), "text": text, "low": low, "high": high,
            "limit": _plain(limit)}  # fmt: skip


def outbox(title: str, spec: Mapping[str, Any], key: str) -> Block:
    """A message, what a filter reads of it and says; its buttons write the value `key`. See `explorers/outwit.py`."""
    return {**spec, "kind": "outbox", "title": title, "key": key}


def heads(title: str, spec: Mapping[str, Any]) -> Block:
    """One body and the heads on it, each with its answer and a switch; see `explorers/many_heads.py`."""
    return {**spec, "kind": "heads", "title": title}


def shown_as(
    name: str, picture: Mapping[str, Any], says: str, hidden: Sequence[int] = (), side: int = 1
) -> dict[str, Any]:
    """One of the `pictures`: its name, the picture, and words for who cannot see it.

    `hidden` are its patches, of `side` pixels a side, that are covered.
    """
    return {"name": name, "picture": dict(picture), "says": says, "hidden": [*hidden], "side": side}


def pictures(title: str, items: Sequence[Mapping[str, Any]], most: int = 0, right: int = 0, down: int = 0) -> Block:
    """Small pictures side by side, each made by `shown_as`.

    With `most`, the arrow keys on the first one change the values `right` and `down`, from -most to most.
    """
    keys = {"right": "right", "down": "down", "most": most} if most else None
    return {"kind": "pictures", "title": title, "items": [dict(item) for item in items], "keys": keys,
            "at": {"right": right, "down": down}}  # fmt: skip


def divide(title: str, lanes: Sequence[tuple[str, str, Sequence[float]]], label: str, key: str) -> Block:
    """Marks at their places from 0 to 1, a lane for each class, under a threshold to slide: the value `key`.

    A lane has a name, a mark (circle or triangle) and its places.
    """
    named = [{"name": name, "mark": mark, "places": [*places]} for name, mark, places in lanes]
    return {"kind": "divide", "title": title, "lanes": named, "label": label, "key": key,
            "sides": ["let through", "called spam"]}  # fmt: skip


def crowd(title: str, counts: Mapping[str, int], text: str) -> Block:
    """Messages one by one: `counts` says how many are tp, fp, fn and tn, `text` what there is to see."""
    return {"kind": "crowd", "title": title, "counts": dict(counts), "text": text}


def figure(value: str, says: str, name: str = "") -> dict[str, Any]:
    """One of the `numbers`: the number as text, what it is, and perhaps a name above it."""
    return {"name": name, "value": value, "says": says}


def numbers(title: str, items: Sequence[Mapping[str, Any]], text: str = "") -> Block:
    """The one to three numbers that matter, large, each made by `figure`; and a sentence about them.

    Beside a number may be what the learner's own function makes of it, `yours`, and whether that `agrees`.
    """
    return {"kind": "numbers", "title": title, "items": [dict(item) for item in items], "text": text}


def outcome(title: str, text: str, won: bool | None = None, truth: str = "") -> Block:
    """A bet beside what came out; `won` is None and `truth` empty while it is open."""
    return {"kind": "outcome", "title": title, "text": text, "won": won, "truth": truth}


def folded(block: Block) -> dict[str, Any]:
    """The block behind its title, to be opened by a click or a key."""
    return block | {"folded": True}


def machine(spec: Mapping[str, Any], keys: Mapping[str, str]) -> Block:
    """The model itself, as `web/machine.py` counts it; `keys` says which value a click of which kind sets."""
    return {**spec, "kind": "machine", "keys": dict(keys)}
