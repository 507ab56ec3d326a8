"""What the classifier got right and wrong: confusion, precision, recall, F1.

Class 1 (spam) is the positive class. With more than two classes precision, recall and F1 are the plain means
over the classes (macro). Shape letters: N messages, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .counts import confusion_matrix, quotients
from .intervals import Interval, percentile, resample_cells

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

    def intervals(self, level: float = 0.95, seed: int = 0) -> dict[str, Interval]:
        """Bootstrap intervals of precision, recall, F1 and accuracy: how far chance in the test messages reaches.

        Drawing N messages with replacement is drawing from the cells of the confusion matrix, so no prediction
        is needed (percentile bootstrap, Efron 1979; 2,000 draws from a generator of its own).
        """
        draws = resample_cells(np.array(self.confusion), np.random.default_rng(seed))
        return {name: percentile(values, level) for name, values in quotients(draws).items()}


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
