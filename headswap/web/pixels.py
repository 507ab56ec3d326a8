"""An image as a small picture that the browser draws: how much ink each pixel has.

Shape letters: C channels, H height, W width.
"""

from typing import Any

import numpy as np

Spec = dict[str, Any]


def drawn(item: object) -> Spec | None:
    """The picture of an item (C, H, W) or (H, W); None for a text, which shows itself.

    Ink goes from 0, paper, to 1; an image of several colours is drawn by how dark it is, light ones as paper.
    """
    if isinstance(item, str):
        return None
    array = np.asarray(item)
    shares = array / 255 if array.dtype == np.uint8 else array
    if shares.ndim == 2:
        shares = shares[None]
    ink = shares[0] if len(shares) == 1 else 1 - shares.mean(0)  # (H, W)
    return {"rows": len(ink), "columns": ink.shape[1], "ink": [round(float(part), 2) for part in ink.flatten()]}


def cells(picture: Spec, side: int) -> list[Spec]:
    """The picture cut into squares of so many pixels a side, row by row."""
    rows, columns = picture["rows"], picture["columns"]
    ink = np.reshape(picture["ink"], (rows, columns))
    places = [(i, j) for i in range(0, rows, side) for j in range(0, columns, side)]
    squares = [ink[i : i + side, j : j + side] for i, j in places]
    return [{"rows": side, "columns": side, "ink": square.flatten().tolist()} for square in squares]
