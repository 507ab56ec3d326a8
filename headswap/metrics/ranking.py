"""How well scores rank messages, whatever the threshold: average precision, and how sure it is.

Shape letters: N messages, C classes.
"""

from collections.abc import Sequence

import numpy as np

from .intervals import HALF, Influence


def average_precision(labels: Sequence[int], probabilities: np.ndarray) -> float:
    """The mean, over the positive messages, of the precision at each one's score; 1 where they are all on top.

    It needs no threshold. Messages of one score count together, as in scikit-learn; without any positive it is 0.
    labels (N,), probabilities (N, C). With more than two classes it is the mean over the classes.
    """
    found = [_weighted(positive, column, np.ones(len(column)))[0] for positive, column in _sides(labels, probabilities)]
    return float(np.mean(found))


def ranked(keys: Sequence[str | int], labels: Sequence[int], probabilities: np.ndarray) -> Influence:
    """What an interval needs of the average precision: its value with two half messages added, each amid the others.

    Without them a perfect ranking would be a certain one. probabilities (N, C), as in `average_precision`.
    """
    found = [_smoothed(positive, column) for positive, column in _sides(labels, probabilities)]
    values, moves, unseen = (np.array(part) for part in zip(*found, strict=True))
    return Influence(keys, float(values.mean()), moves.mean(0), float(unseen.mean() / len(found)))


def _sides(labels: Sequence[int], probabilities: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """What is looked for, as whether (N,) and how likely (N,): class 1 of two, each of more."""
    truth, columns = np.asarray(labels), np.asarray(probabilities).T
    looked_for = [1] if len(columns) == 2 else range(len(columns))
    return [(truth == c, columns[c]) for c in looked_for]


def _smoothed(positive: np.ndarray, scores: np.ndarray) -> tuple[float, np.ndarray, float]:
    """The value, each message's move (N,), and the variance that the two half messages bring."""
    if positive.all() or not positive.any():
        return _weighted(positive, scores, np.ones(len(scores)))[0], np.zeros(len(scores)), 0.0
    strays = [np.median(scores[positive]), np.median(scores[~positive])]  # a ham among the spam, a spam among the ham
    labels = np.concatenate([positive, [False, True]])
    weights = np.append(np.ones(len(scores)), [HALF, HALF])
    value, moves = _weighted(labels, np.append(scores, strays), weights)
    return value, moves[:-2], float((HALF * moves[-2:] ** 2).sum())


def _weighted(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """Average precision of weighted messages, and its derivative by each weight (N,)."""
    order = np.argsort(-scores, kind="stable")
    positive, weight, score = labels[order].astype(float), weights[order], scores[order]
    last = np.flatnonzero(np.append(score[1:] != score[:-1], True))  # where each distinct score ends
    group = np.searchsorted(last, np.arange(len(score)))
    above = np.cumsum(weight)[last][group]  # weight with at least this score
    precision = np.cumsum(weight * positive)[last][group] / above
    total = (weight * positive).sum()
    if total == 0:
        return 0.0, np.zeros(len(labels))
    value = float((weight * positive * precision).sum() / total)
    # One more message at score s changes the precision at every positive that scores no higher.
    first = np.append(0, last[:-1] + 1)[group]
    ones = _from_here(weight * positive / above, first)
    found = _from_here(weight * positive * precision / above, first)
    moves = (positive * (precision - value) + positive * ones - found) / total
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return value, moves[back]


def _from_here(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The sum of `values` from each one's group to the end."""
    ends = np.cumsum(values[::-1])[::-1]
    return ends[first]
