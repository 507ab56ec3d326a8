"""How far a regime's probabilities can be trusted: the table's numbers against the measures that they come from."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.calibration.binning import ece, top_label
from headswap.calibration.paired import Claims
from headswap.calibration.scores import brier, nll, nll_each
from headswap.calibration.temperature import tempered
from headswap.metrics.intervals import Influence, Verdicts
from headswap.metrics.measure import measure
from headswap.results.calibrated import mean_loss, trust
from headswap.results.report import trust_table
from headswap.results.scores import Score

MANY = 400


def claims(seed: int, heat: float) -> Claims:
    """Calibrated probabilities, and the same ones too sure where heat is below 1."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(MANY, 2)) * 1.5
    labels = (rng.random(MANY) < tempered(logits, 1.0)[:, 1]).astype(int)
    return Claims(tuple(f"{seed}.{i}" for i in range(MANY)), labels.tolist(), tempered(logits, heat))


def score(name: str, seed: int, heat: float, temperature: float) -> Score:
    said = claims(seed, heat)
    labels, guesses = [int(one) for one in said.labels], said.probabilities.argmax(1).tolist()
    metrics = measure(labels, guesses, 2)
    return Score(name, seed, "balanced", metrics, Verdicts(said.keys, labels, guesses), metrics, 0.5,
                 Influence(said.keys, 0.5, np.zeros(MANY)), said, temperature, 0.0, 0.0, 1, 1, "")  # fmt: skip


def test_trust_is_the_measures_own_and_a_temperature_mends_what_is_too_sure() -> None:
    good, sure = claims(0, 1.0), claims(0, 0.3)
    p, y = sure.probabilities, sure.labels
    assert [trust(sure).nll, trust(sure).brier, trust(sure).ece] == [nll(p, y), brier(p, y), ece(top_label(p, y))]
    assert trust(sure).beyond_luck and not trust(good).beyond_luck
    mended = trust(sure, 1 / 0.3)
    assert [mended.nll, mended.ece] == pytest.approx([trust(good).nll, trust(good).ece])
    assert trust(sure, 1.0) is trust(sure), "asked for again, it is not drawn again"


def test_a_loss_over_seeds_has_an_interval_that_holds_the_truth_and_never_leaves_below_zero() -> None:
    mean, (low, high) = mean_loss([claims(seed, 1.0) for seed in range(4)], nll_each)
    many = np.mean([nll(one.probabilities, one.labels) for one in (claims(seed, 1.0) for seed in range(100, 200))])
    assert low < many < high and low < mean < high and high - low < 0.2
    right = Claims(("a", "b"), [0, 1], np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert mean_loss([right, right], nll_each) == (0.0, (0.0, 0.0))


def test_the_table_shows_luck_beside_the_error_and_pairs_the_losses() -> None:
    settings = (("sure", 0.3, 1 / 0.3), ("good", 1.0, 1.0))
    found = [score(name, seed, heat, t) for seed in range(4) for name, heat, t in settings]
    lines = trust_table(found, "good").splitlines()
    assert lines[0] == "balanced test: as much ham as spam (4 seeds)" and lines[1].endswith("NLL minus good, paired")
    sure, good = lines[2].split(), lines[3].split()
    assert [sure[0], sure[7], sure[8], sure[12]] == ["sure", "4/4", "3.33", "0/4"]
    assert [good[0], good[7], good[8], len(good)] == ["good", "0/4", "1.00", 13], "nothing to pair it with"
    assert sure[9] == good[1] == good[9], "at its temperature the one is the other"
    gap = np.mean([trust(claims(seed, 0.3)).nll - trust(claims(seed, 1.0)).nll for seed in range(4)])
    assert sure[13] == f"{gap:+.3f}" and sure[14].startswith("[+")
