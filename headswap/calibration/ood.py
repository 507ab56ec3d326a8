"""Does a model notice what it was never trained on? A score for each message: the higher, the stranger it looks.

Three scores: how unsure the softmax is, how little all logits together say, and how far the features lie from every
class. Shape letters: N messages, D width of the features, C classes.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import SettingError
from .binning import Labels

SHRINKAGE = 0.1


def unsure(probabilities: np.ndarray) -> np.ndarray:
    """1 minus the largest probability, (N,): the usual baseline (Hendrycks and Gimpel 2017)."""
    return 1.0 - np.asarray(probabilities, dtype=float).max(1)


def energy(logits: np.ndarray) -> np.ndarray:
    """Minus the logarithm of the summed exp(logits), (N,): strange messages move no logit far up (Liu et al. 2020).

    It takes raw logits: those of `log softmax`, such as a head that averages puts out, all give 0.
    """
    values = np.asarray(logits, dtype=float)
    top = values.max(1)
    return -(top + np.log(np.exp(values - top[:, None]).sum(1)))


@dataclass(frozen=True, slots=True, eq=False)
class Clouds:
    """Where each class lies among the features: means (C, D), and one inverse covariance (D, D) for all."""

    means: np.ndarray
    precision: np.ndarray

    def distance(self, features: np.ndarray) -> np.ndarray:
        """The squared Mahalanobis distance of features (N, D) to the nearest class, (N,)."""
        apart = np.asarray(features, dtype=float)[:, None] - self.means  # (N, C, D)
        return np.einsum("ncd,de,nce->nc", apart, self.precision, apart).min(1)


def fit_clouds(features: np.ndarray, labels: Labels, shrinkage: float = SHRINKAGE) -> Clouds:
    """The classes' means and their shared covariance, on the training messages' features (Lee et al. 2018).

    A share `shrinkage` of the covariance, a tenth by default, is replaced by the mean variance in every direction, so
    that it has an inverse however few messages there are. With 1 the distance is that to the nearest class mean.
    """
    x, truth = np.asarray(features, dtype=float), np.asarray(labels, dtype=np.int64)
    classes = np.unique(truth)
    if len(x) != len(truth) or len(classes) < 2:
        raise SettingError(
            f"{len(x)} features with {len(truth)} labels of {len(classes)} classes; give a label for each, of 2 classes"
        )
    if not 0 < shrinkage <= 1:
        raise SettingError(f"shrinkage is {shrinkage}; give a share above 0 and up to 1")
    means = np.stack([x[truth == c].mean(0) for c in classes])  # (C, D)
    apart = x - means[np.searchsorted(classes, truth)]
    covariance = apart.T @ apart / len(x)
    even = max(float(np.trace(covariance)) / len(covariance), 1e-12)
    return Clouds(means, np.linalg.inv((1 - shrinkage) * covariance + shrinkage * even * np.eye(len(covariance))))


def auroc(known: np.ndarray, strange: np.ndarray) -> float:
    """The chance that a strange message scores higher than a known one; a tie counts half, guessing gives 1/2."""
    _check(known, strange)
    both = np.concatenate([known, strange])
    _, group, count = np.unique(both, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[group]  # ties share their mean rank, from 1
    above = rank[len(known) :].sum() - len(strange) * (len(strange) + 1) / 2
    return float(above / (len(known) * len(strange)))


def false_alarm_rate(known: np.ndarray, strange: np.ndarray, kept: float = 0.95) -> float:
    """FPR at 95 % TPR: where 95 % of the known messages pass, the share of the strange ones that pass, too."""
    _check(known, strange)
    if not 0 < kept <= 1:
        raise SettingError(f"kept is {kept}; give the share of known messages that must pass, such as 0.95")
    limit = np.sort(known)[int(np.ceil(kept * len(known))) - 1]
    return float((strange <= limit).mean())


def _check(known: np.ndarray, strange: np.ndarray) -> None:
    if not len(known) or not len(strange):
        raise SettingError(f"{len(known)} known and {len(strange)} strange messages; give at least one of each")
