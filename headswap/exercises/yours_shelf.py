"""A learner's routing of a mixed batch, beside the shelf's own (lesson 10)."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import torch

from ..data.messages import Split
from ..errors import SettingError
from ..model.body import LanguageModel
from ..shelf.shelf import Shelf
from ..shelf.task import Task, filled
from .answers import Function, Raised
from .beside import Beside, heard, judged, stopped, your_turn
from .exercise import is_stub
from .routing import ROUTE

ROWS = 240  # of the mixed batch
HIDDEN = "This batch doesn't show the mistake; the check does."
SHOWN = "Nothing crashed: every row got an answer. Only the columns show how many are not their own head's logits."
CLOSE = 1e-4  # two logits are the same up to rounding


def route(route: Function, shelf: Shelf, splits: Mapping[str, Split]) -> Beside:
    """Ask one mixed batch of test messages: the shelf routes it, and the learner's function does.

    `splits` has the messages of each task; the tasks must leave the body as it is. The body runs once for all rows.
    """
    if is_stub(route):
        return your_turn([ROUTE.name], "for a real mixed batch")
    tasks, texts, labels = _batch(splits)
    right = shelf.logits(tasks, texts)
    columns = (f"{len(tasks)} rows, {len(splits)} tasks in turn", "rows with the answer of their own head",
               "rows answered correctly")  # fmt: skip
    rows = [("the shelf", *_told(right, right, labels))]
    heads = {name: _head(shelf.task(name)) for name in splits}
    mine = heard(lambda: _told(list(route(tasks, _features(shelf, texts), heads)), right, labels))
    if isinstance(mine, Raised):
        return stopped([(ROUTE, route)], mine, columns, [*rows, ("yours", "none", "none")])
    rows.append(("yours", *mine))
    if ROUTE.check(route):
        return Beside(judged([(ROUTE, route)], ""), columns, tuple(rows))
    return Beside(judged([(ROUTE, route)], HIDDEN if rows[0][1:] == mine else SHOWN), columns, tuple(rows))


def _batch(splits: Mapping[str, Split]) -> tuple[list[str], list[str], list[int]]:
    """Test messages of the tasks in turn: the task, the text and the label of every row."""
    names = list(splits)
    tasks = [names[row % len(names)] for row in range(ROWS)]
    messages = [splits[task].test[row % len(splits[task].test)] for row, task in enumerate(tasks)]
    return tasks, [str(message.text) for message in messages], [message.label for message in messages]


@torch.no_grad()
def _features(shelf: Shelf, texts: Sequence[str]) -> torch.Tensor:
    """What the body makes of each text, (B, D): the mean over its positions, in one pass."""
    body = cast(LanguageModel, shelf.base).body
    state = body.run_blocks(body.embed(*body.encode(texts).batch(torch.arange(len(texts)))))
    hidden, mask = body.finish(state)
    return (hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)


def _head(task: Task) -> Callable[[torch.Tensor], torch.Tensor]:
    """A task's head as a function, (..., D) to (..., C)."""
    about = task.learned.about
    if task.outfit or about.pool != "mean":
        raise SettingError(f"a task trained as {about.regime} does not share its features; give tasks under mean pools")

    @torch.no_grad()
    def answer(features: torch.Tensor) -> torch.Tensor:
        with filled(task.head) as head:
            return head(features)

    return answer


def _told(found: Sequence[object], right: Sequence[torch.Tensor], labels: Sequence[int]) -> tuple[str, str]:
    """How many rows have their own head's logits, and how many the right class."""
    rows = [torch.as_tensor(one, dtype=torch.float32) for one in found]
    pairs = list(zip(rows, right, strict=True))
    own = sum(a.shape == b.shape and bool(torch.allclose(a, b, atol=CLOSE)) for a, b in pairs)
    hits = sum(int(row.argmax()) == label for row, label in zip(rows, labels, strict=True))
    return f"{own} of {len(right)}", f"{hits} of {len(right)}, {hits / len(right):.0%}"
