"""Patches and a shift, as learners write them: three right ones and three wrong ones for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

Function = Callable[..., Any]
RIGHT: dict[str, tuple[Function, Function, Function]] = {}
WRONG: dict[str, tuple[tuple[str, Function], ...]] = {}


def unfolded(images, side):
    return F.unfold(images, side, stride=side).transpose(1, 2)


def in_loops(images, side):
    H, W = images.shape[2:]
    squares = [
        images[:, :, i : i + side, j : j + side].flatten(1) for i in range(0, H, side) for j in range(0, W, side)
    ]
    return torch.stack(squares, 1)


def by_tensor_unfold(images, side):
    squares = images.unfold(2, side, side).unfold(3, side, side)  # (N, C, rows, columns, side, side)
    return squares.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


def viewed(images, side):
    return images.view(len(images), -1, side * side)


def by_columns(images, side):
    H, W = images.shape[2:]
    squares = [
        images[:, 0, i : i + side, j : j + side].flatten(1) for j in range(0, W, side) for i in range(0, H, side)
    ]
    return torch.stack(squares, 1)


def not_transposed(images, side):
    return F.unfold(images, side, stride=side)


RIGHT["patches"] = unfolded, in_loops, by_tensor_unfold
WRONG["patches"] = (
    ("You reshape without moving axes", viewed),
    ("Your patches go column by column", by_columns),
    ("You return (N, P, T)", not_transposed),
)


def cut_and_pasted(images, down, right):
    H, W = images.shape[2:]
    found = torch.zeros_like(images)
    rows, columns = slice(max(down, 0), H + min(down, 0)), slice(max(right, 0), W + min(right, 0))
    own_rows, own_columns = slice(max(-down, 0), H + min(-down, 0)), slice(max(-right, 0), W + min(-right, 0))
    found[:, :, rows, columns] = images[:, :, own_rows, own_columns]
    return found


def padded(images, down, right):
    return F.pad(images, (right, -right, down, -down))


def rolled_and_wiped(images, down, right):
    found = images.roll((down, right), (2, 3)).clone()
    if down:
        found[:, :, slice(0, down) if down > 0 else slice(down, None)] = 0
    if right:
        found[..., slice(0, right) if right > 0 else slice(right, None)] = 0
    return found


def rolled(images, down, right):
    return torch.roll(images, shifts=(down, right), dims=(-2, -1))


def sliced(images, down, right):
    new = images * 0
    new[:, :, down:, right:] = images[:, :, : images.shape[2] - down, : images.shape[3] - right]
    return new


def sliced_to_minus(images, down, right):
    new = torch.zeros_like(images)
    new[..., down:, right:] = images[..., :-down, :-right]
    return new


def turned_round(images, down, right):
    return F.pad(images, (-right, right, -down, down))


def smeared(images, down, right):
    H, W = images.shape[2:]
    rows = (torch.arange(H) - down).clamp(0, H - 1)
    columns = (torch.arange(W) - right).clamp(0, W - 1)
    return images[:, :, rows][:, :, :, columns]


RIGHT["shift"] = cut_and_pasted, padded, rolled_and_wiped
WRONG["shift"] = (
    ("What leaves on one side comes back on the other", rolled),
    ("You move it the other way", turned_round),
    ("You repeat the edge", smeared),
    ("Your slices are right for numbers of 0 and more", sliced),
    ("Your slices are right for numbers above 0", sliced_to_minus),
)
