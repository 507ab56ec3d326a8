"""Reliability in bins, against torchmetrics, tables worked by hand, and what it promises."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headswap.calibration.binning import (
    Stated,
    classwise_ece,
    ece,
    equal_mass,
    equal_width,
    mce,
    of_class,
    reliability,
    top_label,
    wilson,
)  # fmt: skip
from headswap.calibration.floor import ece_floor
from headswap.calibration.scores import brier, nll
from headswap.errors import SettingError

Drawn = tuple[np.ndarray, np.ndarray]


def drawn(seed: int, count: int = 200, classes: int = 3) -> Drawn:
    """Probabilities (N, C) and labels (N,) of a model that is more often right than not."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(count, classes)) * 2
    noisy = logits + rng.gumbel(size=(count, classes)) * 1.5
    return np.exp(logits) / np.exp(logits).sum(1, keepdims=True), noisy.argmax(1)


cases = st.builds(drawn, st.integers(0, 999), st.integers(1, 60), st.integers(2, 4))
edges = st.sampled_from([equal_width, equal_mass])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bins", [1, 10, 15])
def test_away_from_the_edge_the_ece_is_torchmetrics_and_so_is_the_mce(seed: int, bins: int) -> None:
    judge = pytest.importorskip("torchmetrics.functional.classification").multiclass_calibration_error
    probabilities, labels = drawn(seed)
    given = torch.tensor(probabilities), torch.tensor(labels), 3
    stated = top_label(probabilities, labels)
    assert ece(stated, bins) == pytest.approx(float(judge(*given, n_bins=bins, norm="l1")), abs=1e-6)
    assert mce(stated, bins) == pytest.approx(float(judge(*given, n_bins=bins, norm="max")), abs=1e-6)


def test_at_the_edge_the_ece_is_the_table_worked_by_hand() -> None:
    """A claim of exactly 1 belongs to the last bin, and one of exactly .8 to the bin that begins there.

    Five bins. In .6 to .8: .6 (true), .7 (false): mean .65 against .5. In .8 to 1: .8 (true), .9 (false), 1 (true),
    1 (false): mean .925 against .5. ECE = (2 * .15 + 4 * .425) / 6.
    """
    stated = Stated(np.array([0.6, 0.7, 0.8, 0.9, 1.0, 1.0]), np.array([True, False, True, False, True, False]))
    table = reliability(stated, 5)
    assert [(one.count, one.chance, one.share) for one in table] == [
        (0, 0, 0), (0, 0, 0), (0, 0, 0), (2, pytest.approx(0.65), 0.5), (4, pytest.approx(0.925), 0.5)
    ]  # fmt: skip
    assert ece(stated, 5) == pytest.approx(2.0 / 6)
    assert mce(stated, 5) == pytest.approx(0.425)


def test_equal_mass_bins_hold_equally_many_and_equal_values_stay_together() -> None:
    probabilities, labels = drawn(0, 300)
    assert [one.count for one in reliability(top_label(probabilities, labels), 15, equal_mass)] == [20] * 15
    tied = Stated(np.array([0.5] * 7 + [1.0] * 3), np.ones(10, dtype=bool))
    assert sorted(one.count for one in reliability(tied, 5, equal_mass))[-2:] == [3, 7]


def test_classwise_is_the_mean_over_the_classes() -> None:
    probabilities, labels = drawn(1)
    each = [ece(of_class(probabilities, labels, c), 10) for c in range(3)]
    assert classwise_ece(probabilities, labels, 10) == pytest.approx(np.mean(each))
    assert top_label(probabilities, labels).chance == pytest.approx(probabilities.max(1))


@settings(max_examples=25)
@given(cases, st.integers(1, 20), edges)
def test_every_error_lies_between_0_and_1_and_the_mean_is_at_most_the_largest(case: Drawn, bins: int, cut) -> None:
    stated = top_label(*case)
    assert 0 <= ece(stated, bins, cut) <= mce(stated, bins, cut) + 1e-12 <= 1 + 1e-12
    assert 0 <= classwise_ece(*case, bins, cut) <= 1
    assert sum(one.count for one in reliability(stated, bins, cut)) == len(stated.chance)


@settings(max_examples=25)
@given(cases, st.integers(0, 99), edges)
def test_the_order_of_the_messages_changes_nothing(case: Drawn, seed: int, cut) -> None:
    probabilities, labels = case
    order = np.random.default_rng(seed).permutation(len(labels))
    turned = probabilities[order], labels[order]
    for measure in (nll, brier, lambda p, y: ece(top_label(p, y), 7, cut), lambda p, y: classwise_ece(p, y, 7, cut)):
        assert measure(*turned) == pytest.approx(measure(probabilities, labels), abs=1e-12)


def test_a_bin_says_how_sure_its_share_is_by_wilson() -> None:
    judge = pytest.importorskip("scipy.stats").binomtest
    for true, count in ((0, 1), (3, 4), (9, 10), (50, 50), (120, 500)):
        theirs = judge(true, count).proportion_ci(0.95, "wilson")
        assert wilson(true, count) == pytest.approx((theirs.low, theirs.high), abs=1e-6)
    assert wilson(0, 0) == (0.0, 1.0)


def test_brier_and_the_logarithmic_loss_are_scikit_learn_s() -> None:
    judge = pytest.importorskip("sklearn.metrics")
    probabilities, labels = drawn(2)
    assert brier(probabilities, labels) == pytest.approx(judge.brier_score_loss(labels, probabilities), abs=1e-12)
    assert nll(probabilities, labels) == pytest.approx(judge.log_loss(labels, probabilities), abs=1e-12)
    two, truth = drawn(3, classes=2)
    half = judge.brier_score_loss(truth, two[:, 1])
    assert brier(two, truth) == pytest.approx(2 * half, abs=1e-12)


# ---- the floor


def beta(count: int) -> np.ndarray:
    """The confidence of a two-class model whose probability of spam follows a Beta(1/4, 1/4)."""
    spam = np.random.default_rng(0).beta(0.25, 0.25, count)
    return np.maximum(spam, 1 - spam)


@pytest.mark.parametrize("count, known", [(500, 0.029), (1_000, 0.021), (5_000, 0.009)])
def test_a_perfect_model_of_two_classes_shows_the_error_that_is_known_for_15_bins(count: int, known: float) -> None:
    """One digit is known; which confidences it was measured on is not. These, .88 in the mean, come nearest."""
    many = 30_000 // count
    found = [ece_floor(part, draws=4_000 // many, seed=i).mean for i, part in enumerate(np.split(beta(30_000), many))]
    assert np.mean(found) == pytest.approx(known, abs=0.0008)


def test_the_floor_holds_the_error_of_a_calibrated_model_and_not_that_of_an_overconfident_one() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for i in range(100):
        chance = beta(3_000)[i * 27 : i * 27 + 300]
        floor = ece_floor(chance, draws=300, seed=i)
        error = ece(Stated(chance, rng.random(300) < chance))
        inside += floor.interval[0] <= error <= floor.interval[1]
        assert not floor.explains(ece(Stated(chance, rng.random(300) < chance - 0.2)))
    assert inside >= 88  # of 100 at 95 %: fewer happen once in 500 times


@pytest.mark.parametrize("cut", [equal_width, equal_mass])
def test_the_floor_is_what_drawing_the_outcomes_one_by_one_gives(cut) -> None:
    chance, rng = beta(200), np.random.default_rng(2)
    slow = [ece(Stated(chance, rng.random(200) < chance), 10, cut) for _ in range(2_000)]
    floor = ece_floor(chance, 10, cut)
    assert floor.mean == pytest.approx(np.mean(slow), abs=4 * np.std(slow) / 2_000**0.5)
    assert floor.interval == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.004)
    assert ece_floor(chance, 10, cut) == floor != ece_floor(chance, 10, cut, seed=1)


@pytest.mark.parametrize("given, said", [
    (([[0.5, 0.5]], [2]), "class 2 does not exist; give classes from 0 to 1"),
    (([[0.5, 0.5]], [0, 1]), r"the shape \(1, 2\) and labels \(2,\)"),
    (([[2.0, -1.0]], [0]), "outside 0 to 1; give the softmax of the logits"),
])  # fmt: skip
def test_what_is_no_probability_or_no_class_is_one_sentence(given, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        top_label(*map(np.array, given))
    with pytest.raises(SettingError, match="bins is 0; give a whole number"):
        ece(Stated(np.array([0.5]), np.array([True])), 0)
