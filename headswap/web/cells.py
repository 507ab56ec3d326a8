"""Widgets of a notebook cell: when the cell is executed again, those that it made before are let go."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from ipywidgets import Widget

W = TypeVar("W", bound=Widget)
# By cell: the execution that made them, and how each is let go.
_OF_CELL: dict[str, tuple[str, weakref.WeakKeyDictionary[Widget, Callable[[Any], None]]]] = {}


def replaces_this_cells(widget: W, release: Callable[[W], None]) -> None:
    """Release the widgets that the same cell made when it was executed before, and remember this one.

    ipywidgets keeps every widget alive until it is closed: a cell that is executed again and again would fill the
    kernel with widgets that nobody can see.
    """
    cell, execution = _cell_and_execution()
    if cell is None:
        return
    last, made = _OF_CELL.get(cell, ("", weakref.WeakKeyDictionary()))
    if last != execution:
        for old, let_go in list(made.items()):
            let_go(old)
        made = weakref.WeakKeyDictionary()
    made[widget] = release
    _OF_CELL[cell] = execution, made


def _cell_and_execution() -> tuple[str | None, str]:
    try:
        from IPython import get_ipython  # pyright: ignore[reportPrivateImportUsage]

        shell = get_ipython()
        parent = shell.get_parent() if shell is not None else {}
        return parent["metadata"].get("cellId"), parent["header"]["msg_id"]
    except (ImportError, AttributeError, KeyError, TypeError):
        return None, ""
