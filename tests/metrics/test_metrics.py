"""Our metrics against scikit-learn, and the intervals against what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.errors import SettingError
from headswap.metrics.counts import joint_table
from headswap.metrics.intervals import mean_interval, paired_difference
from headswap.metrics.measure import measure

cases = st.integers(2, 4).flatmap(
    lambda c: st.tuples(
        st.just(c), st.lists(st.tuples(st.integers(0, c - 1), st.integers(0, c - 1)), min_size=1, max_size=40)
    )
)


@given(cases)
def test_metrics_equal_scikit_learn_with_empty_denominators_as_zero(case: tuple[int, list[tuple[int, int]]]) -> None:
    classes, pairs = case
    labels, predictions = [a for a, _ in pairs], [b for _, b in pairs]
    ours = measure(labels, predictions, classes)
    judged = [1] if classes == 2 else range(classes)
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    p, r, f, _ = sklearn_metrics.precision_recall_fscore_support(
        labels, predictions, labels=judged, zero_division=0, average="macro"
    )
    assert (ours.precision, ours.recall, ours.f1) == pytest.approx((p, r, f), abs=1e-12)
    assert ours.accuracy == pytest.approx(sklearn_metrics.accuracy_score(labels, predictions))
    matrix = sklearn_metrics.confusion_matrix(labels, predictions, labels=range(classes))
    assert ours.confusion == tuple(map(tuple, matrix.tolist()))
    assert sum(ours.support) == len(pairs)


def test_an_empty_denominator_is_zero_and_says_so() -> None:
    nothing_taken = measure([0, 1], [0, 0])
    assert (nothing_taken.precision, nothing_taken.recall, nothing_taken.f1) == (0.0, 0.0, 0.0)
    assert nothing_taken.undefined == ("precision",)
    assert measure([0, 0], [0, 0]).undefined == ("precision", "recall", "f1")
    assert measure([0, 1], [0, 1]).undefined == ()


def test_spam_is_the_positive_class_and_rows_are_the_truth() -> None:
    metrics = measure([0, 0, 0, 1, 1], [0, 0, 1, 0, 1])
    assert metrics.confusion == ((2, 1), (1, 1))
    assert (metrics.precision, metrics.recall) == (0.5, 0.5)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        labels = rng.integers(2, size=160)
        predictions = np.where(rng.random(160) < 0.9, labels, 1 - labels)
        low, high = measure(labels, predictions).intervals()["accuracy"]
        covered += low <= 0.9 <= high
    assert 180 <= covered <= 199


def test_the_multinomial_bootstrap_is_the_bootstrap_over_messages() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(2, size=160)
    predictions = np.where(rng.random(160) < 0.85, labels, 1 - labels)
    drawn = []
    for _ in range(2000):
        index = rng.integers(160, size=160)
        drawn.append(measure(labels[index], predictions[index]).f1)
    low, high = measure(labels, predictions).intervals()["f1"]
    assert (low, high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.012)


def test_a_paired_interval_is_narrower_than_the_two_alone() -> None:
    rng = np.random.default_rng(2)
    tables = []
    for _ in range(5):
        labels = rng.integers(2, size=160)
        worse = np.where(rng.random(160) < 0.85, labels, 1 - labels)
        better = np.where(rng.random(160) < 0.3, labels, worse)
        tables.append(joint_table(labels, better, worse))
    difference, (low, high) = paired_difference(tables)
    wide = mean_interval([table.sum(2) for table in tables], "f1")
    assert low < difference < high
    assert low > 0
    assert high - low < wide[1] - wide[0]


def test_intervals_are_the_same_every_time() -> None:
    metrics = measure([0, 1] * 20, [0, 1, 1, 1] * 10)
    assert metrics.intervals() == metrics.intervals()


@pytest.mark.parametrize("labels, predictions", [([0, 1], [0]), ([0, 2], [0, 1])])
def test_labels_and_predictions_that_do_not_fit_are_refused(labels: list[int], predictions: list[int]) -> None:
    with pytest.raises(SettingError):
        measure(labels, predictions)
