"""How a regime's rate is chosen, and what stays as it is when rates are tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.rates import FIGURE, NEAR, RATES, chosen, regimes, specs
from headswap.data.sources import FixtureData
from headswap.regimes.named import REGIMES
from headswap.regimes.stages import Regime

# Tuned before there was such a table, and with other figures resting on them.
OLDER = ("scratch", "frozen-random", "head-only", "mlp-head", "last-block", "full", "discriminative")
NEWER = [regime for name, regime in REGIMES.items() if name not in OLDER]


def test_of_rates_that_are_nearly_as_good_at_their_best_the_one_that_ends_lowest_is_chosen() -> None:
    best = {"0.01": [0.30], "0.1": [0.30 + NEAR / 2], "1": [0.30 + 2 * NEAR]}
    last = {"0.01": [0.60], "0.1": [0.50], "1": [0.40]}
    assert chosen({"best epoch": best, "last epoch": last}) == "0.1"


@pytest.mark.parametrize("regime", NEWER, ids=lambda regime: regime.name)
def test_a_newer_regime_has_the_rate_that_the_record_chooses(regime: Regime) -> None:
    record = json.loads(Path(FIGURE).with_suffix(".json").read_text("utf-8"))["fixture"]
    assert regime.learning_rate == float(chosen(record[regime.name]))


def test_every_rate_is_tried_at_every_seed_and_a_probe_before_a_stage_keeps_its_own() -> None:
    for regime in regimes():
        grid = specs(FixtureData(), 32, regime, 3)
        assert [*grid] == [*RATES]
        for rate, runs in grid.items():
            assert [run.seed for run in runs] == [0, 1, 2] and not any(run.tested for run in runs)
            rates = {stage.learning_rate or run.recipe.learning_rate or run.regime.learning_rate
                     for run in runs for stage in run.regime.stages}  # fmt: skip
            assert rates == {rate} | {stage.learning_rate for stage in regime.stages if stage.learning_rate}
