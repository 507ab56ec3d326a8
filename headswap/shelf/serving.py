"""A mixed batch in as few passes over the body as there are outfits; what tasks share is computed once.

Shape letters: B batch, T positions, D width, C classes.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import torch
from torch import nn

from ..data.batches import Rows
from ..model.body_contract import Body, device_of
from .task import Task, worn

M = TypeVar("M", bound=nn.Module)
BATCH = 256  # rows of one pass


def logits_of(body: Body, tasks: Sequence[Task], items: Sequence[object]) -> list[torch.Tensor]:
    """The logits (C,) of every row, by its own task; rows whose body wears the same go through it together."""
    found: list[torch.Tensor | None] = [None] * len(items)
    for together in _together(tasks):
        cls = tasks[together[0]].pool.prepends_cls
        rows = body.encode([items[row] for row in together], cls=cls).to(device_of(body))
        with worn(body, tasks[together[0]].outfit):
            for places in _batches(rows, len(together)):
                mine = [together[place] for place in places]
                for row, logits in zip(mine, _answered(body, rows, places, [tasks[row] for row in mine]), strict=True):
                    found[row] = logits
    return [logits for logits in found if logits is not None]


def _together(tasks: Sequence[Task]) -> Iterator[list[int]]:
    """The rows that can go through the body together: what it wears is the same, and what stands in front."""
    groups: dict[tuple[int, bool], list[int]] = {}
    for row, task in enumerate(tasks):
        outfit = id(task) if task.outfit else 0
        groups.setdefault((outfit, task.pool.prepends_cls), []).append(row)
    yield from groups.values()


def _batches(rows: Rows, many: int) -> Iterator[list[int]]:
    """Places among the rows, the shortest items first, so that little is padded."""
    order = list(range(many)) if rows.lengths is None else rows.lengths.argsort(stable=True).tolist()
    yield from (order[start : start + BATCH] for start in range(0, many, BATCH))


def _answered(body: Body, rows: Rows, places: Sequence[int], tasks: Sequence[Task]) -> list[torch.Tensor]:
    """The logits of a batch: one pass through the body, one for each kind of pool, one for each head."""
    state = body.run_blocks(body.embed(*rows.batch(torch.tensor(places))))
    hidden, mask = body.finish(state)  # (B, T, D), (B, T)
    found: list[torch.Tensor] = [hidden.new_empty(0)] * len(tasks)
    for pool, mine in _by([task.pool for task in tasks]).items():
        one = len(mine) == len(tasks)
        pooled = pool(hidden, mask) if one else pool(hidden[mine], mask[mine])
        for head, here in _by([tasks[row].head for row in mine]).items():
            for place, logits in zip(here, head(pooled[here]).unbind(), strict=True):
                found[mine[place]] = logits
    return found


def _by(modules: Sequence[M]) -> dict[M, list[int]]:
    """The rows of each module."""
    found: dict[M, list[int]] = {}
    for row, module in enumerate(modules):
        found.setdefault(module, []).append(row)
    return found
