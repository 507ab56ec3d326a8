"""Our metrics against scikit-learn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.errors import SettingError
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


@pytest.mark.parametrize("labels, predictions", [([0, 1], [0]), ([0, 2], [0, 1])])
def test_labels_and_predictions_that_do_not_fit_are_refused(labels: list[int], predictions: list[int]) -> None:
    with pytest.raises(SettingError):
        measure(labels, predictions)
