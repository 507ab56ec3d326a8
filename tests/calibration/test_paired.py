"""Differences between two models on the same messages: what an interval covers, and when a test stays silent."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.calibration.binning import Labels, ece, top_label
from headswap.calibration.paired import (
    Claims,
    Pair,
    bootstrap_difference,
    mean_difference,
    sign_test,
    swap_test,
)  # fmt: skip
from headswap.calibration.scores import brier, brier_each, nll, nll_each, right_each
from headswap.errors import SettingError


def top_ece(probabilities: np.ndarray, labels: Labels) -> float:
    return ece(top_label(probabilities, labels))


def pairs(rng: np.random.Generator, first: float, second: float, seeds: int = 4, count: int = 150) -> list[Pair]:
    """Two models with calibrated logits times `first` and `second`, and a little noise of their own at every seed."""
    truth = rng.normal(size=count) * 2
    labels, keys = (rng.random(count) < 1 / (1 + np.exp(-truth))).astype(int), tuple(map(str, range(count)))

    def claims(times: float) -> Claims:
        spam = 1 / (1 + np.exp(-times * (truth + rng.normal(size=count) * 0.3)))
        return Claims(keys, labels, np.stack([1 - spam, spam], 1))

    return [(claims(first), claims(second)) for _ in range(seeds)]


def test_the_difference_is_that_of_the_means() -> None:
    found = pairs(np.random.default_rng(0), 3.0, 1.0)
    for each, whole in ((nll_each, nll), (brier_each, brier)):
        apart = [whole(a.probabilities, a.labels) - whole(b.probabilities, b.labels) for a, b in found]
        mean, (low, high) = mean_difference(found, each)
        assert mean == pytest.approx(np.mean(apart)) and 0 < low < mean < high
        assert bootstrap_difference(found, whole, draws=10)[0] == pytest.approx(mean)


def test_the_bootstrap_is_about_as_wide_as_the_interval_in_closed_form() -> None:
    found = pairs(np.random.default_rng(1), 2.0, 1.0, seeds=8)
    closed, drawn = mean_difference(found, brier_each), bootstrap_difference(found, brier, draws=300)
    assert np.ptp(drawn[1]) == pytest.approx(np.ptp(closed[1]), rel=0.3)


@pytest.mark.parametrize("way", ["closed", "bootstrap"])
def test_an_interval_of_two_equal_models_holds_0_nearly_always(way: str) -> None:
    rng, held = np.random.default_rng(2), 0
    for _ in range(40):
        found = pairs(rng, 1.5, 1.5, seeds=3, count=80)
        closed = way == "closed"
        _, (low, high) = mean_difference(found, nll_each) if closed else bootstrap_difference(found, top_ece, 40)
        held += low <= 0 <= high
    assert held >= 35  # of 40 at 95 %


def test_a_difference_that_is_there_is_found_and_one_that_is_not_is_not() -> None:
    rng = np.random.default_rng(3)
    clear, none = pairs(rng, 5.0, 1.0), pairs(rng, 1.5, 1.5)
    assert bootstrap_difference(clear, top_ece, 100)[1][0] > 0
    assert swap_test(clear, top_ece, 99) == pytest.approx(0.01)
    assert swap_test(none, nll, 99) > 0.05


def test_a_swap_of_two_equal_models_changes_nothing_so_p_is_1() -> None:
    found = [(one, one) for one, _ in pairs(np.random.default_rng(4), 1.0, 1.0)]
    assert swap_test(found, top_ece, 20) == 1.0


def test_the_sign_test_is_counted_by_hand() -> None:
    assert sign_test([1.0, 2.0, 3.0]) == 2 / 8  # all signs as they are, or all turned
    assert sign_test([1.0, -1.0]) == 1.0
    assert sign_test([0.1] * 10) == 2 / 1024
    with pytest.raises(SettingError, match="0 seeds; give 1 to 20"):
        sign_test([])


def test_the_same_call_gives_the_same_interval_and_models_on_other_messages_are_refused() -> None:
    found = pairs(np.random.default_rng(5), 2.0, 1.0)
    assert bootstrap_difference(found, top_ece, 20) == bootstrap_difference(found, top_ece, 20)
    other = [(one, Claims(one.keys[::-1], two.labels, two.probabilities)) for one, two in found]
    for compare in (lambda p: mean_difference(p, right_each), lambda p: swap_test(p, brier, 3)):
        with pytest.raises(SettingError, match="judged on different messages"):
            compare(other)
        with pytest.raises(SettingError, match="no pairs"):
            compare([])
