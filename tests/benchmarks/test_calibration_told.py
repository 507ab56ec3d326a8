"""What the README says of the calibration experiment stands in its record."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean

import pytest

ROOT = Path(__file__).parents[2]
SAID = " ".join((ROOT / "README.md").read_text("utf-8").split())
KEPT = json.loads((ROOT / "figures" / "calibration.json").read_text("utf-8"))
SETS = ("fixture", "sms", "digits")


def short(value: float) -> str:
    """Three digits without the zero before the point, as the README writes them."""
    return f"{value:.3f}".replace("0.", ".", 1).replace("-.000", ".000")


def error(name: str, method: str) -> str:
    return short(mean(row["ECE"] for row in KEPT[f"{name}, over-trained"]["seeds"][method]))


def apart(name: str, base: str, method: str, rival: str, column: str, sign: int = 1) -> str:
    middle, (low, high) = KEPT[f"{name}, {base}"][f"minus {rival}"][method][column]
    low, high = sorted((sign * low, sign * high))
    return f"{short(sign * middle)} [{short(low)}, {short(high)}]"


@pytest.mark.parametrize("name", SETS)
def test_the_errors_over_trained_and_after_tst_are_the_records(name: str) -> None:
    assert f"from {error(name, 'base')} to {error(name, 'tst')}" in SAID
    assert all(len(rows) == 10 for rows in KEPT[f"{name}, over-trained"]["seeds"].values())


@pytest.mark.parametrize("name", SETS)
def test_tst_against_a_converged_temperature_is_the_records(name: str) -> None:
    assert apart(name, "over-trained", "tst", "temperature", "ECE") in SAID


def test_what_v_tst_gains_and_loses_on_digits_is_the_records() -> None:
    assert f"{apart('digits', 'over-trained', 'v-tst, M = 10', 'temperature', 'ECE', -1)} below" in SAID
    assert f"{apart('digits', 'over-trained', 'v-tst, M = 10', 'temperature', 'NLL')} nats higher" in SAID
    assert f"by {apart('digits', 'usual', 'v-tst, M = 10', 'base', 'NLL')} nats" in SAID
    lost = KEPT["digits, usual"]["minus base"]["v-tst, M = 1"]["accuracy"][0]
    assert f"costs {-100 * lost:.1f} points of accuracy" in SAID
