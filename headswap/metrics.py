"""What the classifier got right and wrong, and how sure we may be: confusion, precision, recall, F1, intervals.

Class 1 (spam) is the positive class. With more than two classes precision, recall and F1 are the plain means
over the classes (macro). Shape letters: N messages, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import SettingError

Interval = tuple[float, float]
RESAMPLES = 2000
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


def confusion_matrix(labels: Sequence[int], predictions: Sequence[int], classes: int = 2) -> np.ndarray:
    """Counts (C, C): row i, column j holds the messages of class i that were taken for class j."""
    truth, verdict = np.asarray(labels, dtype=np.int64), np.asarray(predictions, dtype=np.int64)
    if truth.shape != verdict.shape:
        raise SettingError(f"{truth.size} labels and {verdict.size} predictions; give one prediction per label")
    outside = [int(c) for c in (*truth, *verdict) if not 0 <= c < classes]
    if outside:
        raise SettingError(f"class {outside[0]} does not exist; classes run from 0 to {classes - 1}")
    return np.bincount(truth * classes + verdict, minlength=classes * classes).reshape(classes, classes)


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


def quotients(confusions: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall, F1 and accuracy (R,) of R confusion matrices (R, C, C); an empty denominator gives 0.0."""
    hit = np.diagonal(confusions, axis1=1, axis2=2)  # (R, C)
    taken, real = confusions.sum(1), confusions.sum(2)  # (R, C)
    keep = slice(1, None) if confusions.shape[1] == 2 else slice(None)
    per_class = {"precision": _divide(hit, taken), "recall": _divide(hit, real), "f1": _divide(2 * hit, taken + real)}
    means = {name: values[:, keep].mean(1) for name, values in per_class.items()}
    return means | {"accuracy": _divide(hit.sum(1), real.sum(1))}


def resample_cells(counts: np.ndarray, rng: np.random.Generator, resamples: int = RESAMPLES) -> np.ndarray:
    """`resamples` tables of the same shape and total as `counts`, messages drawn with replacement."""
    total = int(counts.sum())
    shares = counts.ravel() / max(1, total)
    return rng.multinomial(total, shares, size=resamples).reshape(resamples, *counts.shape)


def percentile(values: np.ndarray, level: float = 0.95) -> Interval:
    """The middle `level` share of `values`."""
    if not 0.0 < level < 1.0:
        raise SettingError(f"level is {level}; an interval covers a share between 0 and 1, such as 0.95")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def mean_interval(confusions: Sequence[Sequence[Sequence[int]]], name: str, seed: int = 0) -> Interval:
    """The 95 % interval of a metric's mean over seeds, from one confusion matrix (C, C) per seed.

    A two-level bootstrap: seeds are drawn with replacement, then messages within each, so that both the luck
    of the seed and the luck of the test set are in it.
    """
    rng = np.random.default_rng(seed)
    drawn = [quotients(resample_cells(np.array(c), rng))[name] for c in confusions]
    return percentile(_means_over_seeds(np.stack(drawn), rng))


def paired_difference(joint: Sequence[np.ndarray], name: str = "f1", seed: int = 0) -> tuple[float, Interval]:
    """How much better the first of two classifiers is, in the mean over seeds, with its 95 % interval.

    `joint` holds one table (C, C, C) per seed: truth, verdict of the first, verdict of the second, counted on the
    same messages. Pairing removes what both owe to the luck of the test set.
    """
    rng = np.random.default_rng(seed)
    observed = [_difference(table[None], name)[0] for table in joint]
    drawn = [_difference(resample_cells(table, rng), name) for table in joint]
    return float(np.mean(observed)), percentile(_means_over_seeds(np.stack(drawn), rng))


def joint_table(labels: Sequence[int], first: Sequence[int], second: Sequence[int], classes: int = 2) -> np.ndarray:
    """Counts (C, C, C) of truth, verdict of the first and verdict of the second on the same messages."""
    table = np.zeros((classes, classes, classes), dtype=np.int64)
    np.add.at(table, (np.asarray(labels), np.asarray(first), np.asarray(second)), 1)
    return table


def _difference(tables: np.ndarray, name: str) -> np.ndarray:
    return quotients(tables.sum(3))[name] - quotients(tables.sum(2))[name]


def _means_over_seeds(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Means (R,) of drawn (S, R) over S seeds drawn with replacement, each with a message draw of its own."""
    seeds, resamples = drawn.shape
    return drawn[rng.integers(seeds, size=drawn.shape), rng.integers(resamples, size=drawn.shape)].mean(0)


def _divide(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros(np.shape(top)), where=bottom != 0)
