"""Average precision, temperature and the prior's threshold, against scikit-learn and against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.metrics.intervals import share_interval
from headswap.metrics.measure import measure
from headswap.metrics.ranking import _weighted, average_precision, ranked
from headswap.metrics.thresholds import at_prior, shares, temperature


def pair(scores: np.ndarray) -> np.ndarray:
    return np.stack([1 - scores, scores], axis=1)


@given(st.integers(2, 60), st.integers(1, 3), st.integers(0, 999))
def test_average_precision_is_scikit_learn_s_ties_included(count: int, digits: int, seed: int) -> None:
    judge = pytest.importorskip("sklearn.metrics").average_precision_score
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    labels[0] = 1
    found = np.round(rng.random(count), digits)
    assert average_precision(labels.tolist(), pair(found)) == pytest.approx(judge(labels, found), abs=1e-12)


def test_average_precision_over_more_classes_is_the_mean_over_them() -> None:
    judge = pytest.importorskip("sklearn.metrics").average_precision_score
    rng = np.random.default_rng(0)
    labels, found = rng.integers(0, 3, 90), rng.dirichlet([1, 1, 1], 90)
    assert average_precision(labels.tolist(), found) == pytest.approx(judge(np.eye(3)[labels], found), abs=1e-12)


@given(st.integers(0, 99))
def test_a_message_s_move_is_the_derivative_by_its_weight(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, scores, weights = rng.integers(0, 2, 30) == 1, np.round(rng.random(30), 1), np.ones(30)
    labels[0] = True
    _, moves = _weighted(labels, scores, weights)
    for k in range(0, 30, 7):
        more, less = (weights + sign * 1e-5 * (np.arange(30) == k) for sign in (1, -1))
        change = (_weighted(labels, scores, more)[0] - _weighted(labels, scores, less)[0]) / 2e-5
        assert change == pytest.approx(moves[k], abs=1e-6)


def test_a_perfect_ranking_is_not_certain_and_a_good_one_is_within_its_interval() -> None:
    labels = [0] * 80 + [1] * 80
    low, high = share_interval([ranked(range(160), labels, pair(np.linspace(0, 1, 160)))], 1.0)
    assert 0.9 < low < 0.99 and high == 1.0


def test_the_interval_of_average_precision_holds_the_truth() -> None:
    rng = np.random.default_rng(0)

    def drawn(count: int) -> tuple[list[int], np.ndarray]:
        labels = np.arange(count) % 2
        return labels.tolist(), pair(1 / (1 + np.exp(-rng.normal(2.0 * labels - 1.0, 1.0))))

    truth = average_precision(*drawn(200_000))
    covered = 0
    for _ in range(200):
        labels, found = drawn(160)
        low, high = share_interval([ranked(range(160), labels, found)], average_precision(labels, found))
        covered += low <= truth <= high
    assert 182 <= covered <= 199


def overconfident(count: int, factor: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn with probability sigmoid(x), and probabilities that are `factor` times too sure of it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 2, count)
    labels = (rng.random(count) < 1 / (1 + np.exp(-x))).astype(int)
    return labels, pair(1 / (1 + np.exp(-factor * x)))


@pytest.mark.parametrize("factor", [0.4, 1.0, 2.5])
def test_temperature_finds_how_much_too_sure_a_model_is(factor: float) -> None:
    labels, found = overconfident(20_000, factor)
    assert temperature(found, labels.tolist()) == pytest.approx(factor, rel=0.05)


def test_temperature_is_scikit_learn_s() -> None:
    calibration = pytest.importorskip("sklearn.calibration")
    frozen = pytest.importorskip("sklearn.frozen")
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    y = (x + rng.normal(size=(400, 3))).argmax(1)  # of two classes, scikit-learn takes the logits as -z and z
    model = linear_model.LogisticRegression(C=100.0).fit(x[:40], y[:40])
    judge = calibration.CalibratedClassifierCV(frozen.FrozenEstimator(model), method="temperature").fit(x[40:], y[40:])
    (fitted,) = judge.calibrated_classifiers_
    ours = temperature(model.predict_proba(x[40:]), y[40:].tolist())
    assert ours == pytest.approx(1 / fitted.calibrators[0].beta_, rel=1e-3)


def test_a_model_that_is_never_wrong_gets_a_temperature_with_an_end() -> None:
    assert temperature(pair(np.array([0.1, 0.9])), [0, 1]) == pytest.approx(0.05)


def test_moving_the_prior_is_bayes_rule() -> None:
    half = (0.5, 0.5)
    rare = at_prior(pair(np.array([0.8])), 1.0, half, (0.9, 0.1))[0]
    assert rare[1] == pytest.approx(0.8 * 0.1 / (0.8 * 0.1 + 0.2 * 0.9))
    same = pair(np.array([0.3, 0.6]))
    assert at_prior(same, 1.0, half, half) == pytest.approx(same)


def test_calibration_comes_before_the_shift() -> None:
    """An under-confident model that is shifted without it loses most of the spam it had found."""
    labels, found = overconfident(40_000, 0.3)
    rare = np.flatnonzero((labels == 0) | (np.arange(len(labels)) % 9 == 0))
    truth, chances = labels[rare], found[rare]
    now = shares(truth.tolist(), 2)
    f1 = {
        heat: measure(truth.tolist(), at_prior(chances, heat, (0.5, 0.5), now).argmax(1).tolist()).f1
        for heat in (1.0, temperature(found, labels.tolist()))
    }
    plain, calibrated = f1.values()
    assert calibrated > plain + 0.1


def test_shares_of_the_classes() -> None:
    assert shares([0, 0, 1, 2], 4) == (0.5, 0.25, 0.25, 0.0)
