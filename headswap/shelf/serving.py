"""A mixed batch in as few passes over the body as there are outfits; what tasks share is computed once.

Shape letters: B batch, T positions, D width, C classes.
"""

from collections.abc import Iterator, Sequence

import torch

from ..data.batches import Rows
from ..model.body_contract import Body, device_of
from .task import Part, Task, filled, worn

BATCH = 256  # rows of one pass


def logits_of(body: Body, tasks: Sequence[Task], items: Sequence[object]) -> list[torch.Tensor]:
    """The logits (C,) of every row, by its own task; rows whose body wears the same go through it together.

    An item that several of them ask about goes through the body once.
    """
    found: dict[int, torch.Tensor] = {}
    for together in groups_of(tasks):
        asking = _asking(together, items)
        rows = body.encode([items[mine[0]] for mine in asking], cls=tasks[together[0]].prepends_cls)
        rows = rows.to(device_of(body))
        with worn(body, tasks[together[0]].outfit):
            for places in _batches(rows, len(asking)):
                pairs = [(i, row) for i, place in enumerate(places) for row in asking[place]]
                at, mine = [i for i, _ in pairs], [row for _, row in pairs]
                answers = _answered(body, rows, places, at, [tasks[row] for row in mine])
                found.update(zip(mine, answers, strict=True))
    return [found[row] for row in range(len(items))]


def groups_of(tasks: Sequence[Task]) -> list[list[int]]:
    """The rows that can go through the body together: what it wears is the same, and what comes in front."""
    groups: dict[tuple[int, bool], list[int]] = {}
    for row, task in enumerate(tasks):
        outfit = id(task) if task.outfit else 0
        groups.setdefault((outfit, task.prepends_cls), []).append(row)
    return [*groups.values()]


def _asking(together: Sequence[int], items: Sequence[object]) -> list[list[int]]:
    """The rows that ask about each item: the same text is one item, and so is the same object."""
    found: dict[object, list[int]] = {}
    for row in together:
        item = items[row]
        found.setdefault(item if isinstance(item, str) else id(item), []).append(row)
    return [*found.values()]


def _batches(rows: Rows, many: int) -> Iterator[list[int]]:
    """Places among the rows, the shortest items first, so that little is padded."""
    order = list(range(many)) if rows.lengths is None else rows.lengths.argsort(stable=True).tolist()
    yield from (order[start : start + BATCH] for start in range(0, many, BATCH))


def _answered(
    body: Body, rows: Rows, places: Sequence[int], at: Sequence[int], tasks: Sequence[Task]
) -> list[torch.Tensor]:
    """The logits of a batch, task by task: one pass through the body, one for each kind of pool, one for each head.

    `at` says which of the places each task asks about.
    """
    state = body.run_blocks(body.embed(*rows.batch(torch.tensor(places))))
    hidden, mask = body.finish(state)  # (B, T, D), (B, T)
    found: list[torch.Tensor] = [hidden.new_empty(0)] * len(tasks)
    for pool, mine in _by([task.pool for task in tasks]):
        here = [at[i] for i in mine]
        one = here == [*range(len(places))]
        with filled(pool) as module:
            pooled = module(hidden, mask) if one else module(hidden[here], mask[here])
        for head, answered in _by([tasks[i].head for i in mine]):
            with filled(head) as module:
                for i, logits in zip(answered, module(pooled[answered]).unbind(), strict=True):
                    found[mine[i]] = logits
    return found


def _by(parts: Sequence[Part]) -> Iterator[tuple[Part, list[int]]]:
    """Each part with its rows; parts without weights are one where they share a module."""
    found: dict[int, tuple[Part, list[int]]] = {}
    for row, part in enumerate(parts):
        found.setdefault(id(part if part.weights else part.module), (part, []))[1].append(row)
    yield from found.values()
