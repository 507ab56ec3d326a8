"""Lesson 10: a mixed batch under one body, each row to the head of its own task.

Shape letters: B rows, D width, C classes of one head.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F

from .answers import Probe
from .exercise import Exercise, Trap

Heading = Callable[[torch.Tensor], torch.Tensor]
Heads = Mapping[str, Heading]
Logits = list[torch.Tensor]


def route(
    tasks: Sequence[str], features: torch.Tensor, heads: Mapping[str, Callable[[torch.Tensor], torch.Tensor]]
) -> list[torch.Tensor]:
    """The logits (C,) of each row of the features (B, D), by the head of its own task, in the order asked."""
    answers: list[torch.Tensor] = [features] * len(tasks)
    for task in set(tasks):
        mine = [row for row, name in enumerate(tasks) if name == task]
        for row, logits in zip(mine, heads[task](features[mine]), strict=True):
            answers[row] = logits
    return answers


# ---- wrong on purpose


def _groups(tasks: Sequence[str]) -> dict[str, list[int]]:
    """The rows of each task, the tasks in the order in which they first appear."""
    return {task: [row for row, name in enumerate(tasks) if name == task] for task in dict.fromkeys(tasks)}


def _the_first_rows_head(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> Logits:
    return [*heads[tasks[0]](features)]


def _the_last_rows_head(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> Logits:
    return [*heads[tasks[-1]](features)]


def _heads_in_turn(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> Logits:
    order = list(heads.values())
    return [order[row % len(order)](one) for row, one in enumerate(features)]


def _grouped(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> Logits:
    return [logits for task, mine in _groups(tasks).items() for logits in heads[task](features[mine])]


def _grouped_by_heads(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> Logits:
    mine = {task: [row for row, name in enumerate(tasks) if name == task] for task in heads}
    if set(tasks) - set(heads):
        raise KeyError
    return [logits for task, rows in mine.items() if rows for logits in heads[task](features[rows])]


def _rows_of_the_group(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> Logits:
    answers: Logits = [features] * len(tasks)
    for task, mine in _groups(tasks).items():
        for row, logits in zip(mine, heads[task](features[: len(mine)]), strict=True):
            answers[row] = logits
    return answers


def _another_for_the_unknown(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> Logits:
    first = next(iter(heads.values()))
    return [heads.get(task, first)(one) for task, one in zip(tasks, features, strict=True)]


def _nothing_for_the_unknown(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> list[Any]:
    return [heads[task](one) if task in heads else None for task, one in zip(tasks, features, strict=True)]


def _without_the_unknown(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> Logits:
    return [heads[task](one) for task, one in zip(tasks, features, strict=True) if task in heads]


def _the_features_for_the_unknown(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> Logits:
    return [heads[task](one) if task in heads else one for task, one in zip(tasks, features, strict=True)]


def _filled_up(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> Logits:
    rows = route(tasks, features, heads)
    most = max(len(row) for row in rows)
    return [F.pad(row, (0, most - len(row))) for row in rows]


def _probabilities(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> Logits:
    return [row.softmax(-1) for row in route(tasks, features, heads)]


def _classes(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> list[int]:
    return [int(row.argmax()) for row in route(tasks, features, heads)]


def _a_dictionary(tasks: Sequence[str], features: torch.Tensor, heads: Heads) -> dict[str, torch.Tensor]:
    return {task: heads[task](features[mine]) for task, mine in _groups(tasks).items()}


# ---- the questions


def _numbers(*shape: int, seed: int) -> torch.Tensor:
    """Small whole numbers, so that a learner can follow on paper."""
    return torch.randint(-3, 4, shape, generator=torch.Generator().manual_seed(seed)).float()


def _head(width: int, classes: int, seed: int) -> Heading:
    """A linear head (..., D) to (..., C)."""
    weight, bias = _numbers(classes, width, seed=seed), _numbers(classes, seed=seed + 50)
    return lambda x: x @ weight.T + bias


SIZES = {"spam": 2, "language": 3, "topic": 4}  # classes of each head


def _asking(tasks: Sequence[str], seed: int, known: Sequence[str] = tuple(SIZES)) -> Probe:
    """A batch for these tasks."""
    says = f"route({list(tasks)}, features, heads), with heads for {' and '.join(f'{n} ({SIZES[n]})' for n in known)}"

    def ask(function: Callable[..., Any]) -> object:
        heads = {name: _head(4, SIZES[name], seed=i) for i, name in enumerate(known)}
        found = function([*tasks], _numbers(len(tasks), 4, seed=seed), heads)
        return dict(found) if isinstance(found, Mapping) else list(found)

    return Probe(says, ask)


def _unknown(tasks: Sequence[str], seed: int) -> Probe:
    """A batch with a name that no head has: any error is right."""
    whole = _asking(tasks, seed, ("spam", "language"))

    def ask(function: Callable[..., Any]) -> object:
        try:
            return whole.ask(function)
        except NotImplementedError:  # not attempted yet
            raise
        except Exception:
            return "an error"

    return Probe(whole.says, ask)


ROUTE = Exercise(
    route,
    (
        _asking(["language", "spam", "topic", "spam", "language"], 7),
        _asking(["spam", "topic", "spam"], 8),
        _asking(["topic"], 9),
        _unknown(["spam", "topic", "language"], 10),
    ),
    (
        Trap(_the_first_rows_head, "One head answers every row, the head of the first. It gives logits even for a "
             "question that it never learned: look the head up row by row."),
        Trap(_the_last_rows_head, "One head answers every row, the head of the last. Look the head up row by row."),
        Trap(_heads_in_turn, "You take the heads in turn, whatever a row asks for: take heads[task]."),
        Trap(_grouped, "Your answers come grouped by task, not in the order asked: put each one back at its row."),
        Trap(_grouped_by_heads, "Your answers come in the order of the heads, not in the order asked: put each one "
             "back at its row."),
        Trap(_rows_of_the_group, "Each head gets the first rows of the batch instead of its own: give it "
             "features[mine], where mine are the rows of its task."),
        Trap(_another_for_the_unknown, "A name that isn't there is answered by another head, and nobody notices. Let "
             "it be an error: heads[task] raises a KeyError."),
        Trap(_nothing_for_the_unknown, "A name that isn't there gets None, and the program fails much later. Let it "
             "be an error here: heads[task] raises a KeyError."),
        Trap(_without_the_unknown, "A row whose name isn't there is left out, so every answer after it is at the "
             "wrong row. Let it be an error: heads[task] raises a KeyError."),
        Trap(_the_features_for_the_unknown, "A name that isn't there gets the features back as its answer. Let it be "
             "an error: heads[task] raises a KeyError."),
        Trap(_filled_up, "You fill the rows up to the largest head, so a task seems to have classes that it doesn't "
             "have. Leave each row as long as its head has classes."),
        Trap(_probabilities, "These are probabilities; return the logits as the heads give them."),
        Trap(_classes, "These are the numbers of the classes; return the logits as the heads give them."),
        Trap(_a_dictionary, "You return a dictionary of tasks; return a list with one answer for each row, in the "
             "order asked."),
    ),
    (
        "Which head is a row's own? heads[task], and a wrong name must be an error.",
        "Row by row works: pair the tasks with the rows of features, and ask heads[task] for each. It's faster to ask "
        "each head once, for all of its rows, and then to put the answers back.",
        "return [heads[task](row) for task, row in zip(tasks, features)].",
    ),
    "Every row went to its own head, and a name that isn't there is an error.",
)  # fmt: skip
