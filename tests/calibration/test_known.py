"""What the browser computes of probabilities, from the numbers that this package gives of the same ones."""

import json
from pathlib import Path

import numpy as np
import pytest

from headswap.calibration.binning import ece, reliability, top_label
from headswap.calibration.floor import ece_floor
from headswap.calibration.scores import brier, nll
from headswap.calibration.temperature import fit_temperature, tempered

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
    best = fit_temperature(np.log(rows), labels)
    after = tempered(np.log(rows), best)
    assert [best, ece(top_label(after, labels)), nll(after, labels), brier(after, labels)] == pytest.approx(
        [known["best"], *known["after"].values()]
    )
    floor = ece_floor(stated.chance)
    assert [floor.mean, *floor.interval] == pytest.approx(known["floor"], abs=0.01)
