"""What the classifier got right and wrong: confusion, precision, recall, F1.

Class 1 (spam) is the positive class. With more than two classes precision, recall and F1 are the plain means
over the classes (macro). Shape letters: N messages, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .counts import confusion_matrix, quotients
from .intervals import Interval, confusion_interval

NAMES = ("precision", "recall", "f1", "accuracy")


@dataclass(frozen=True, slots=True)
class Metrics:
    """Precision, recall, F1 and the confusion matrix they come from, rows the truth, columns the verdict.

    For two classes the matrix reads ((TN, FP), (FN, TP)). A quotient with an empty denominator is 0.0 and its name
    stands in `undefined`.
    """

    precision: float
    recall: float
    f1: float
    confusion: tuple[tuple[int, ...], ...]
    undefined: tuple[str, ...] = ()

    @property
    def support(self) -> tuple[int, ...]:
        """How many messages each class really has, (C,)."""
        return tuple(sum(row) for row in self.confusion)

    @property
    def accuracy(self) -> float:
        """The share of messages whose class was found."""
        return sum(row[i] for i, row in enumerate(self.confusion)) / max(1, sum(self.support))

    def intervals(self, level: float = 0.95) -> dict[str, Interval]:
        """Intervals of precision, recall, F1 and accuracy: how far the luck of the test messages reaches.

        One classifier is judged here, so the luck of its training is not in them. The confusion matrix is enough: the
        delta method gives the spread of each quotient, and the logit scale keeps it between 0 and 1.
        """
        return {name: confusion_interval(np.array(self.confusion), name, level) for name in NAMES}


def measure(labels: Sequence[int], predictions: Sequence[int], classes: int = 2) -> Metrics:
    """The Metrics of predicted classes against true ones, both (N,)."""
    return from_confusion(confusion_matrix(labels, predictions, classes))


def from_confusion(confusion: np.ndarray) -> Metrics:
    """The Metrics of a confusion matrix (C, C)."""
    values = quotients(confusion[None])
    hit, taken, real = np.diag(confusion), confusion.sum(0), confusion.sum(1)
    if len(confusion) == 2:
        hit, taken, real = hit[1:], taken[1:], real[1:]
    empty = {"precision": taken == 0, "recall": real == 0, "f1": taken + real == 0}
    return Metrics(
        *(float(values[name][0]) for name in ("precision", "recall", "f1")),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
        undefined=tuple(name for name, where in empty.items() if where.any()),
    )
