"""How far weights moved, and a pull back, as learners write them: three right ones and three wrong ones for each."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

Function = Callable[..., Any]
RIGHT: dict[str, tuple[Function, Function, Function]] = {}
WRONG: dict[str, tuple[tuple[str, Function], ...]] = {}


def in_one_row(before, after):
    was = torch.cat([one.flatten() for one in before])
    now = torch.cat([one.flatten() for one in after])
    return torch.norm(now - was) / torch.norm(was)


def number_by_number(before, after):
    changed = length = 0.0
    for was, now in zip(before, after, strict=True):
        for a, b in zip(was.flatten().tolist(), now.flatten().tolist(), strict=True):
            changed += (b - a) ** 2
            length += a * a
    return math.sqrt(changed) / math.sqrt(length)


def by_hypot(before, after):
    change = math.hypot(*(float((b - a).norm()) for a, b in zip(before, after, strict=True)))
    return change / math.hypot(*(float(a.norm()) for a in before))


def averaged(before, after):
    return sum(torch.dist(b, a) / a.norm() for a, b in zip(before, after, strict=True)) / len(before)


RIGHT["drift"] = in_one_row, number_by_number, by_hypot
WRONG["drift"] = (
    ("You take the mean of the tensors' ratios", averaged),
    ("You divide by the length after the run", lambda before, after: in_one_row(after, before)),
    ("The root is missing", lambda before, after: float(in_one_row(before, after)) ** 2),
)


def in_a_loop(weights, start, strength):
    penalty = torch.zeros(())
    for w, w0 in zip(weights, start, strict=True):
        penalty = penalty + 0.5 * strength * torch.sum((w - w0) ** 2)
    return penalty


def by_mse(weights, start, strength):
    return strength * sum(F.mse_loss(w, w0, reduction="sum") for w, w0 in zip(weights, start, strict=True)) / 2


def flattened(weights, start, strength):
    far = torch.cat([(w - w0).reshape(-1) for w, w0 in zip(weights, start, strict=True)])
    return strength / 2 * far @ far


def decayed(weights, start, strength):
    return strength / 2 * sum((w**2).sum() for w in weights)


def as_a_number(weights, start, strength):
    return in_a_loop(weights, start, strength).item()


RIGHT["pull"] = in_a_loop, by_mse, flattened
WRONG["pull"] = (
    ("You pull to 0", decayed),
    ("Your penalty has no gradient", as_a_number),
    ("You take means", lambda w, w0, s: s / 2 * sum(F.mse_loss(a, b) for a, b in zip(w, w0, strict=True))),
)
