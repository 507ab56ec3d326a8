"""Scores for strange messages, against scikit-learn, and the strange messages themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.calibration.ood import auroc, energy, false_alarm_rate, fit_clouds, unsure
from headswap.calibration.strangers import blurred, latin, shuffled, turned
from headswap.data import fixture
from headswap.data.images.picture import Picture
from headswap.errors import SettingError


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2), st.integers(0, 999))
def test_the_auroc_is_scikit_learn_s_ties_included(known: int, strange: int, digits: int, seed: int) -> None:
    judge = pytest.importorskip("sklearn.metrics").roc_auc_score
    rng = np.random.default_rng(seed)
    one, other = np.round(rng.random(known), digits), np.round(rng.random(strange) + 0.3, digits)
    theirs = judge([0] * known + [1] * strange, np.concatenate([one, other]))
    assert auroc(one, other) == pytest.approx(theirs, abs=1e-12)
    assert auroc(other, one) == pytest.approx(1 - theirs, abs=1e-12)


def test_the_false_alarm_rate_is_counted_where_19_of_20_known_ones_pass() -> None:
    known = np.arange(20.0)  # 19 of 20 are at most 18
    assert false_alarm_rate(known, np.array([17.0, 18.0, 18.5, 30.0])) == 0.5
    assert false_alarm_rate(known, np.array([30.0]), kept=1.0) == 0.0
    with pytest.raises(SettingError, match="0 known and 1 strange"):
        false_alarm_rate(np.array([]), np.array([1.0]))


@pytest.mark.parametrize("shrinkage", [0.1, 0.5])
def test_the_distance_is_scikit_learn_s_with_the_same_shrinkage(shrinkage: float) -> None:
    judge = pytest.importorskip("sklearn.covariance")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    x = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5)) + 3 * labels[:, None]
    clouds, new = fit_clouds(x, labels, shrinkage), rng.normal(size=(50, 5)) * 5
    means = np.stack([x[labels == c].mean(0) for c in range(3)])
    apart = judge.ShrunkCovariance(assume_centered=True, shrinkage=shrinkage).fit(x - means[labels])
    theirs = np.stack([apart.mahalanobis(new - mean) for mean in means]).min(0)
    assert clouds.distance(new) == pytest.approx(theirs, rel=1e-6)


def test_shrunk_to_the_end_it_is_the_distance_to_the_nearest_mean() -> None:
    rng = np.random.default_rng(1)
    x, labels = rng.normal(size=(40, 3)), np.arange(40) % 2
    clouds = fit_clouds(x, labels, 1.0)
    plain = np.stack([((x - mean) ** 2).sum(1) for mean in clouds.means]).min(0)
    assert clouds.distance(x) / plain == pytest.approx(np.full(40, clouds.distance(x)[0] / plain[0]))


def test_fewer_messages_than_features_still_have_a_distance() -> None:
    rng = np.random.default_rng(2)
    clouds = fit_clouds(rng.normal(size=(6, 32)), [0, 1] * 3)
    assert np.isfinite(clouds.distance(rng.normal(size=(4, 32)))).all()
    with pytest.raises(SettingError, match="6 features with 6 labels of 1 classes"):
        fit_clouds(np.zeros((6, 2)), [0] * 6)


def test_energy_and_the_largest_probability_are_what_they_say() -> None:
    logits = np.array([[1.0, 3.0], [900.0, 0.0]])
    assert energy(logits) == pytest.approx([-np.log(np.exp(1) + np.exp(3)), -900.0])
    assert unsure(np.array([[0.2, 0.8]])) == pytest.approx([0.2])


def test_shuffled_messages_keep_their_letters_and_latin_never_repeats_itself() -> None:
    messages = fixture.messages(40, 0)
    found = shuffled(messages, 1)
    assert [sorted(one.text) for one in found] == [sorted(one.text) for one in messages]
    assert sum(one.text != other.text for one, other in zip(found, messages, strict=True)) >= 39
    assert found == shuffled(messages, 1) != shuffled(messages, 2)
    texts = [one.text for one in latin(160, 1)]
    assert len({*texts}) == 160 and all(4 <= len(text.split()) <= 16 for text in texts)
    assert latin(160, 1) == latin(160, 1)
    with pytest.raises(SettingError, match="9999 messages of Latin"):
        latin(9999)


def test_a_blurred_image_is_scipy_s_and_a_turned_one_turns_back() -> None:
    judge = pytest.importorskip("scipy.ndimage").uniform_filter
    image = np.random.default_rng(0).random((3, 8, 6), dtype=np.float32)
    picture = Picture(image, 7, "a 7")
    (soft,) = blurred([picture])
    theirs = judge(judge(image, size=(1, 3, 3), mode="nearest"), size=(1, 3, 3), mode="nearest")
    assert np.allclose(soft.item, theirs, atol=1e-6) and soft.label == 7
    (on_its_side,) = turned([picture])
    assert on_its_side.item.shape == (3, 6, 8)
    assert np.array_equal(turned(turned(turned([on_its_side])))[0].item, image)
