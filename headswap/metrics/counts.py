"""What was counted, and the quotients of counts; an empty denominator gives 0.0.

Shape letters: N messages, C classes, R resamples.
"""

from collections.abc import Sequence

import numpy as np

from ..errors import SettingError


def confusion_matrix(labels: Sequence[int], predictions: Sequence[int], classes: int = 2) -> np.ndarray:
    """Counts (C, C): row i, column j holds the messages of class i that were taken for class j."""
    truth, verdict = np.asarray(labels, dtype=np.int64), np.asarray(predictions, dtype=np.int64)
    if truth.shape != verdict.shape:
        raise SettingError(f"{truth.size} labels and {verdict.size} predictions; give one prediction per label")
    both = np.concatenate([truth.ravel(), verdict.ravel()])
    outside = both[(both < 0) | (both >= classes)]
    if outside.size:
        raise SettingError(f"class {outside[0]} does not exist; give classes from 0 to {classes - 1}")
    return np.bincount(truth * classes + verdict, minlength=classes * classes).reshape(classes, classes)


def quotients(confusions: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall, F1 and accuracy (R,) of R confusion matrices (R, C, C); an empty denominator gives 0.0."""
    hit = np.diagonal(confusions, axis1=1, axis2=2)  # (R, C)
    taken, real = confusions.sum(1), confusions.sum(2)  # (R, C)
    keep = slice(1, None) if confusions.shape[1] == 2 else slice(None)
    per_class = {"precision": _divide(hit, taken), "recall": _divide(hit, real), "f1": _divide(2 * hit, taken + real)}
    means = {name: values[:, keep].mean(1) for name, values in per_class.items()}
    return means | {"accuracy": _divide(hit.sum(1), real.sum(1))}


def gradient(confusion: np.ndarray, name: str) -> np.ndarray:
    """By how much one more message in each cell of (C, C) moves the metric, measured from the mean over all messages.

    The sum over messages of its square is the metric's variance by the luck of the messages (delta method). Every
    row and column must hold something.
    """
    classes, total = len(confusion), confusion.sum()
    hit, taken, real = np.diagonal(confusion), confusion.sum(0), confusion.sum(1)
    if name == "accuracy":
        moves = np.eye(classes) / total
        return moves - (confusion * moves).sum() / total
    taken_counts, real_counts = name in ("precision", "f1"), name in ("recall", "f1")
    factor, bottom = taken_counts + real_counts, taken_counts * taken + real_counts * real  # F1 is 2 h / (t + r)
    weight = np.full(classes, 1 / classes) if classes > 2 else np.array([0.0, 1.0])
    fall = weight * factor * hit / bottom**2  # (C,): what one more message in the denominator costs
    moves = np.diag(weight * factor / bottom) - taken_counts * fall[None, :] - real_counts * fall[:, None]
    return moves - (confusion * moves).sum() / total


def _divide(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros(np.shape(top)), where=bottom != 0)
