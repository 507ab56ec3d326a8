"""Intervals hold the truth about as often as they say, whatever the seeds share."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.coverage import LITTLE, MUCH, cover
from headswap.errors import SettingError
from headswap.metrics.counts import gradient, quotients
from headswap.metrics.intervals import (
    T,
    Verdicts,
    _by_message,
    _influence,
    mean_interval,
    paired_difference,
    shared_variance,
)
from headswap.metrics.measure import NAMES, from_confusion, measure

SHARED = Path(__file__).with_name("intervals.json")  # tests/web/scores.test.mjs holds the browser against it
COUNTS = [row["counts"] for row in json.loads(SHARED.read_text("utf-8"))]


def blind(keys: range, classes: int = 2) -> Verdicts:
    """A classifier that takes every message for class 0, half of them rightly."""
    return Verdicts(keys, [i % classes for i in range(len(keys))], [0] * len(keys))


@pytest.mark.parametrize(("shared", "spread"), [(False, LITTLE), (False, MUCH), (True, LITTLE), (True, MUCH)])
def test_five_seeds_hold_the_truth_as_often_as_they_say(shared: bool, spread: float) -> None:
    """Of 300 simulated experiments; chance moves the share by about 2.5 points either way."""
    found = cover(shared, spread, 5, 300)
    assert 0.92 - 0.025 <= found.single <= 0.99
    assert 0.92 - 0.025 <= found.paired <= 0.99


def test_seeds_that_share_their_messages_share_their_luck() -> None:
    """Five seeds that agree on every message know no more than one: .50 of 160 is [.42, .58]."""
    alone = measure(*((v := blind(range(160))).labels, v.predictions)).intervals()["accuracy"]
    together = mean_interval([blind(range(160))] * 5, "accuracy")
    own = mean_interval([blind(range(160 * s, 160 * s + 160)) for s in range(5)], "accuracy")
    assert alone == pytest.approx((0.42, 0.58), abs=0.005)
    assert together[1] - together[0] > 0.8 * (alone[1] - alone[0])
    assert own[1] - own[0] < 0.5 * (alone[1] - alone[0])


def test_messages_that_seeds_share_in_part_are_counted_in_part() -> None:
    """What seeds share is in the mean covariance of two of them: none, a fifth of the pairs' messages, all."""
    rng = np.random.default_rng(0)
    together = []
    for step in (160, 80, 0):
        covariances = []
        for _ in range(100):
            right = rng.random(160 * 6) < 0.9
            found = []
            for s in range(5):
                keys = range(step * s, step * s + 160)
                said = [k % 2 if right[k] else 1 - k % 2 for k in keys]
                found.append(_influence(Verdicts(keys, [k % 2 for k in keys], said), "accuracy", 2, 0.1))
            covariances.append(shared_variance(_by_message(found)))
        together.append(float(np.mean(covariances)))
    assert together[0] == pytest.approx(0, abs=1e-12)
    assert together[1] == pytest.approx(0.2 * together[2], rel=0.1), "8 of 20 pairs share half of their messages"
    assert together[2] == pytest.approx(0.9 * 0.1 / 160, rel=0.1)


def test_a_perfect_score_is_not_certain() -> None:
    labels = [0, 1] * 80
    perfect = Verdicts(range(160), labels, labels)
    for name in NAMES:
        for low, high in (mean_interval([perfect] * 5, name), from_confusion(np.diag([80, 80])).intervals()[name]):
            assert 0.9 < low < 0.995 and high == 1.0


def test_two_classifiers_that_agree_everywhere_may_still_differ() -> None:
    labels = [0, 1] * 80
    gain, (low, high) = paired_difference([(Verdicts(range(160), labels, labels),) * 2])
    assert gain == 0 and -0.05 < low < 0 < high < 0.05


def test_a_paired_interval_is_narrower_than_the_two_alone() -> None:
    rng = np.random.default_rng(2)
    pairs = []
    for s in range(5):
        labels, keys = rng.integers(2, size=160), range(160 * s, 160 * s + 160)
        worse = np.where(rng.random(160) < 0.85, labels, 1 - labels)
        better = np.where(rng.random(160) < 0.3, labels, worse)
        pairs.append(
            (Verdicts(keys, labels.tolist(), better.tolist()), Verdicts(keys, labels.tolist(), worse.tolist()))
        )
    difference, (low, high) = paired_difference(pairs)
    wide = mean_interval([worse for _, worse in pairs], "f1")
    assert 0 < low < difference < high
    assert high - low < wide[1] - wide[0]


def test_verdicts_on_different_messages_make_no_pair() -> None:
    with pytest.raises(SettingError, match="different messages"):
        paired_difference([(blind(range(4)), blind(range(1, 5)))])


@pytest.mark.parametrize("counts", COUNTS, ids=str)
def test_the_browser_and_python_give_the_same_intervals(counts: list[list[int]]) -> None:
    (stored,) = (row["intervals"] for row in json.loads(SHARED.read_text("utf-8")) if row["counts"] == counts)
    found = from_confusion(np.array(counts)).intervals()
    for name, ends in stored.items():
        assert found[name] == pytest.approx(ends, abs=1e-9)


@given(st.integers(2, 4), st.sampled_from(NAMES), st.integers(0, 99))
def test_the_gradient_is_what_one_more_message_changes(classes: int, name: str, seed: int) -> None:
    confusion = np.random.default_rng(seed).integers(1, 30, (classes, classes)).astype(float)
    moves = gradient(confusion, name)
    assert abs((confusion * moves).sum()) < 1e-9, "measured from the mean"
    step = 1e-5 * np.eye(classes * classes).reshape(-1, classes, classes)
    change = (quotients(confusion + step)[name] - quotients(confusion - step)[name]) / 2e-5
    assert change.reshape(classes, classes) == pytest.approx(moves, abs=1e-6)


def test_student_s_table_is_the_one_in_the_books() -> None:
    stats = pytest.importorskip("scipy.stats")
    assert pytest.approx(stats.t.ppf(0.975, np.arange(1, 31)), abs=6e-4) == T


def test_a_level_is_a_share() -> None:
    metrics = measure([0, 1] * 20, [0, 1, 1, 1] * 10)
    low, high = metrics.intervals(0.5)["f1"]
    wide = metrics.intervals()["f1"]
    assert wide[0] < low < high < wide[1] and math.isfinite(low)
    with pytest.raises(SettingError, match=r"level is 1\.0"):
        metrics.intervals(1.0)
