"""Temperature, against scikit-learn, and what a single number can and cannot change."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headswap.calibration.binning import ece, of_class, top_label
from headswap.calibration.scores import nll
from headswap.calibration.temperature import fit_temperature, for_prior, tempered
from headswap.errors import SettingError
from headswap.metrics.thresholds import temperature


def noisy(seed: int, heat: float = 1.0, count: int = 400, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, C) whose best temperature is `heat`, but for luck, and labels (N,) drawn from them."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(count, classes)) * 1.5
    return heat * logits, (logits + rng.gumbel(size=(count, classes))).argmax(1)


@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
def test_the_temperature_is_scikit_learn_s_to_four_digits(strength: float) -> None:
    calibration = pytest.importorskip("sklearn.calibration")
    frozen, linear_model = pytest.importorskip("sklearn.frozen"), pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 4))
    y = (x[:, :3] + rng.normal(size=(500, 3))).argmax(1)
    model = linear_model.LogisticRegression(C=strength).fit(x[:60], y[:60])
    judge = calibration.CalibratedClassifierCV(frozen.FrozenEstimator(model), method="temperature").fit(x[60:], y[60:])
    (fitted,) = judge.calibrated_classifiers_
    ours = fit_temperature(model.decision_function(x[60:]), y[60:])
    assert ours == pytest.approx(1 / fitted.calibrators[0].beta_, rel=5e-5)
    assert tempered(model.decision_function(x), ours) == pytest.approx(judge.predict_proba(x), abs=1e-4)


@settings(max_examples=15)
@given(st.integers(0, 999), st.floats(0.1, 30))
def test_no_other_temperature_has_a_lower_loss(seed: int, heat: float) -> None:
    logits, labels = noisy(seed, heat)
    best = fit_temperature(logits, labels)
    least = nll(tempered(logits, best), labels)
    for factor in (0.5, 0.99, 1.01, 2.0):
        assert nll(tempered(logits, best * factor), labels) >= least
    assert best == pytest.approx(heat, rel=0.5)


@settings(max_examples=15)
@given(st.integers(0, 999), st.floats(1e-3, 1e3), st.floats(-50, 50))
def test_logits_that_are_twice_as_large_get_twice_the_temperature(seed: int, factor: float, shift: float) -> None:
    logits, labels = noisy(seed)
    assert fit_temperature(factor * logits, labels) == pytest.approx(factor * fit_temperature(logits, labels), rel=1e-9)
    assert fit_temperature(logits + shift, labels) == pytest.approx(fit_temperature(logits, labels), rel=1e-9)


@settings(max_examples=15)
@given(st.integers(0, 999), st.floats(0.05, 50))
def test_a_temperature_never_changes_the_verdict(seed: int, heat: float) -> None:
    logits, _ = noisy(seed)
    assert (tempered(logits, heat).argmax(1) == logits.argmax(1)).all()


def test_on_other_messages_an_overconfident_model_is_mended() -> None:
    logits, labels = noisy(0, heat=4.0, count=4_000)
    heat = fit_temperature(logits[:1_000], labels[:1_000])
    before, after = (ece(top_label(tempered(logits[1_000:], t), labels[1_000:])) for t in (1.0, heat))
    assert heat == pytest.approx(4.0, rel=0.15)
    assert before > 0.15 and after < 0.03


def test_the_exact_and_the_bounded_temperature_agree_inside_the_bounds() -> None:
    logits, labels = noisy(1, heat=2.0)
    assert temperature(tempered(logits, 1.0), labels.tolist()) == pytest.approx(fit_temperature(logits, labels))


@pytest.mark.parametrize("logits, labels, said", [
    ([[1.0, 0.0], [2.0, 0.0]], [0, 0], "all of one class; give messages of at least two classes"),
    ([[1.0], [2.0]], [0, 0], "all of one class"),
    ([[1.0, 0.0], [0.0, 2.0]], [0, 1], "all 2 messages are right, so a lower temperature is always better"),
    ([[1.0, 0.0], [0.0, 2.0]], [1, 0], "no better than none, so the best temperature is infinite"),
    ([[0.0, 0.0], [0.0, 0.0]], [1, 0], "all 2 messages are right"),
    ([[1.0, np.nan], [0.0, 2.0]], [1, 0], "give finite"),
    ([[1.0, 0.0], [0.0, 2.0]], [1, 5], "the labels go from 1 to 5; give 0 to 1"),
])  # fmt: skip
def test_where_no_temperature_is_best_the_error_says_why(logits: list, labels: list[int], said: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SettingError, match=said):
            fit_temperature(np.array(logits), labels)


def test_a_temperature_of_0_is_refused() -> None:
    with pytest.raises(SettingError, match="temperature is 0"):
        tempered(np.zeros((1, 2)), 0.0)


def test_where_spam_is_rarer_the_prior_calibrates_what_the_temperature_cannot() -> None:
    """Trained where half is spam, read where a tenth is: only the shift brings the claims back to what comes true."""
    rng = np.random.default_rng(3)
    x, spam = rng.normal(size=20_000), rng.random(20_000) < 0.1
    logits = np.stack([np.zeros_like(x), 2 * (x + spam - 0.5)], 1)  # twice what Bayes' rule says for one half
    heat, labels = 2.0, spam.astype(int)
    before, after = tempered(logits, heat), for_prior(logits, heat, [0, 1], (0.9, 0.1))
    plain, moved = (ece(of_class(probabilities, labels, 1)) for probabilities in (before, after))
    assert plain > 0.2 and moved < 0.01
