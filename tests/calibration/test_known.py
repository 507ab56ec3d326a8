"""What the browser computes of probabilities, from the numbers that this package gives of the same ones."""

import json
from pathlib import Path

import numpy as np
import pytest

from headswap.calibration.binning import ece, reliability, top_label
from headswap.calibration.floor import ece_floor
from headswap.calibration.scores import brier, nll
from headswap.calibration.temperature import fit_temperature, tempered
from headswap.errors import SettingError
from headswap.live.claims import calibration_of, rows_told
from headswap.live.told import Told, shares_told, tails_told

# tests/web/reliability.test.mjs holds the browser's arithmetic against the same file.
KNOWN = json.loads((Path(__file__).parent / "known.json").read_text("utf-8"))


@pytest.mark.parametrize("known", KNOWN, ids=lambda one: f"{len(one['rows'][0])} classes")
def test_the_numbers_that_the_browser_is_held_to_are_these(known: dict) -> None:
    rows, labels = np.array(known["rows"]), np.array(known["labels"])
    stated = top_label(rows, labels)
    bins = [[k, b.count, b.chance, b.share, *b.interval] for k, b in enumerate(reliability(stated)) if b.count]
    assert np.allclose(bins, known["bins"], atol=1e-12)
    assert [ece(stated), nll(rows, labels), brier(rows, labels)] == pytest.approx(
        [known["ece"], known["nll"], known["brier"]]
    )
    logits = np.log(np.maximum(rows, 1e-12))
    best = fit_temperature(logits, labels)
    after = tempered(logits, best)
    assert [best, ece(top_label(after, labels)), nll(after, labels), brier(after, labels)] == pytest.approx(
        [known["best"], *known["after"].values()]
    )
    floor = ece_floor(stated.chance)
    assert [floor.mean, *floor.interval] == pytest.approx(known["floor"], abs=0.01)


@pytest.mark.parametrize("known", KNOWN, ids=lambda one: f"{len(one['rows'][0])} classes")
def test_what_the_browser_is_told_is_as_good_as_the_probabilities(known: dict) -> None:
    rows = np.array(known["rows"])
    shares, said = shares_told(known["rows"])
    assert {"p": shares, "said": said, "tails": tails_told(known["rows"])} == known["told"]
    heard = rows_told(known["told"], rows.shape[1])
    assert np.allclose(heard, known["heard"], atol=1e-11)
    small = rows < 0.0095
    assert small.any()
    assert np.allclose(np.log(np.maximum(rows, 1e-12))[small], np.log(heard)[small], atol=0.01)
    labels = np.array(known["labels"])
    assert nll(heard, labels) == pytest.approx(known["nll"], abs=0.005)
    assert fit_temperature(np.log(heard), labels) == pytest.approx(known["best"], rel=0.01)


def test_a_run_recorded_without_tails_is_read_too_and_certainty_has_a_logarithm() -> None:
    assert rows_told({"p": [0, 1000, 4, 500], "said": ""}, 2)[:, 1] == pytest.approx([0.0005, 0.9995, 0.004, 0.5])
    sure = {"p": shares_told([(1.0, 0.0), (0.0, 1.0)])[0], "said": "", "tails": tails_told([(1.0, 0.0), (0.0, 1.0)])}
    assert rows_told(sure, 2).min(1) == pytest.approx([1e-12, 1e-12], rel=0.01)
    assert tails_told([]) == "" and rows_told({"p": [], "said": ""}, 3).shape == (0, 3)


def test_three_messages_of_one_class_have_no_best_temperature_and_finite_numbers() -> None:
    epoch = {"p": [0, 0, 1000], "said": "", "xy": []}
    told = Told.of({"id": 7, "label_names": ["ham", "spam"], "truths": "000", "epochs": [epoch]})
    found = calibration_of(told, temperature=4.0)
    assert found.best is None and np.isfinite([found.ece, found.nll, found.brier, found.floor.mean]).all()
    assert (found.run, found.epoch, sum(one.count for one in found.bins)) == (7, 1, 3)
    with pytest.raises(SettingError, match="epoch is 2; run 7 has epochs from 1 to 1"):
        calibration_of(told, 2)
    with pytest.raises(SettingError, match="run 7 has no epoch yet; train it first"):
        calibration_of(Told(told.head))
