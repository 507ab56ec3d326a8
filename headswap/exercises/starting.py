"""Lesson 00: from two logits to a word, to see how an exercise answers.

Shape letters: B batch, C classes.
"""

import torch

from .answers import Probe
from .exercise import Exercise, Trap

NAMES = ["ham", "spam"]


def decide(logits: torch.Tensor) -> list[str]:
    """One word per message, "ham" or "spam": the class of its larger logit; logits (B, 2), ham first."""
    return [["ham", "spam"][i] for i in logits.argmax(1).tolist()]


# ---- wrong on purpose: one misconception each


def _smaller(logits: torch.Tensor) -> list[str]:
    return decide(-logits)


def _above_zero(logits: torch.Tensor) -> list[str]:
    return [NAMES[int(spam > 0)] for _, spam in logits.tolist()]


def _ham_above_zero(logits: torch.Tensor) -> list[str]:
    return [NAMES[int(ham <= 0)] for ham, _ in logits.tolist()]


def _larger_size(logits: torch.Tensor) -> list[str]:
    return decide(logits.abs())


def _numbers(logits: torch.Tensor) -> list[int]:
    return logits.argmax(1).tolist()


def _down_the_columns(logits: torch.Tensor) -> list[str]:
    return [NAMES[min(i, 1)] for i in logits.argmax(0).tolist()]


def _shares_of_a_column(logits: torch.Tensor) -> list[str]:
    return decide(logits.softmax(0))


def _one_word(logits: torch.Tensor) -> str:
    return decide(logits)[0]


def _of_all(logits: torch.Tensor) -> str:
    return NAMES[int(logits.argmax()) % 2]


def _asked(*rows: tuple[float, float]) -> Probe:
    return Probe(f"decide({[list(row) for row in rows]})", lambda answer: answer(torch.tensor(rows)))


DECIDE = Exercise(
    decide,
    (
        _asked((2.0, -1.0), (0.5, 3.5), (-3.0, -1.0), (3.0, 1.0), (1.0, -2.0)),
        _asked((-0.5, -2.0)),
        _asked((0.25, 0.5), (1.0, 0.75), (0.0, 4.0)),
    ),
    (
        Trap(
            _smaller,
            "Every word is swapped. The larger logit wins, and the first of the two is ham's, the second spam's.",
        ),
        Trap(
            _above_zero,
            "You ask whether spam's logit is above zero. Zero means nothing here: compare the two logits, for both may "
            "be negative and both positive.",
        ),
        Trap(
            _ham_above_zero,
            "You ask whether ham's logit is above zero. Zero means nothing here: compare the two logits of a message.",
        ),
        Trap(
            _larger_size, "You compare sizes without the sign, but -3 is less than -1: compare the logits themselves."
        ),
        Trap(_numbers, "These are the numbers of the classes, 0 and 1; give their names, ham and spam."),
        Trap(
            _down_the_columns, "You compare messages with each other, down a column. Compare along each row: argmax(1)."
        ),
        Trap(
            _shares_of_a_column,
            "Your softmax runs down the columns, over dim 0, and compares messages with each other. Each row is a "
            "message: softmax(1), or none at all, for it leaves the larger logit the larger.",
        ),
        Trap(_one_word, "That is only the first message. Give a list with one word for each row."),
        Trap(_of_all, "That is one word for the whole batch. Give a list with one word for each row."),
    ),
    (
        "Each row holds two numbers. Which of them is larger, the first or the second?",
        "logits.argmax(1) is the place of the larger one in each row: 0 for ham, 1 for spam.",
        '[["ham", "spam"][i] for i in logits.argmax(1).tolist()] turns places into words.',
    ),
    "Two logits in, one word out: that's a classifier's answer.",
)
