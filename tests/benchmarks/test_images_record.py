"""The experiment on digits: its rows and differences are there, and its table says what its numbers say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.images import BODIES, FIGURE, LABELS, PAIRS, READERS, SEEDS, Row, frozen, learned, row_of, summary, text
from headswap.data.images.digits import DigitsData
from headswap.explorers.digits import items_of
from headswap.gallery.digits import FOLDER, PAINTER
from headswap.training.looking.school import Unschooled


def test_the_table_says_what_the_numbers_say() -> None:
    record = json.loads(FIGURE.with_suffix(".json").read_text("utf-8"))
    assert FIGURE.read_text("utf-8") == text(record | {"labels": LABELS}) + "\n"
    assert {*record["accuracy"]} == {reader.name for reader in READERS}
    assert {*record["ahead"]} == {f"{one} minus {other}" for one, other in PAIRS}


def test_every_frozen_row_has_a_body_and_every_seed_its_own_split() -> None:
    assert all(reader.body in BODIES or reader.name == "pixels" for reader in READERS)
    assert BODIES["painted 200"] == PAINTER and len([*FOLDER.iterdir()]) == 1
    pytest.importorskip("sklearn")
    tests = {bytes(items_of(DigitsData(20).split(seed).test)) for seed in range(SEEDS)}
    assert len(tests) == SEEDS


def test_a_finished_row_is_found_again_and_counts_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr("benchmarks.images.LABELS", (20,))
    pixels = READERS[0]
    row = row_of(pixels, 0, tmp_path)
    monkeypatch.setattr("benchmarks.images.frozen", lambda *_: pytest.fail("made again"))
    assert row_of(pixels, 0, tmp_path) == row
    test = DigitsData(20).split(0).test
    right = np.mean([int(said) == one.label for said, one in zip(row["20"]["said"], test, strict=True)])
    rows: dict[str, list[Row]] = {"pixels": [row]}
    assert summary(rows, {})["accuracy"]["pixels"]["20"]["mean"] == round(float(right), 4)


def test_a_body_that_learns_is_another_row_than_the_frozen_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr("benchmarks.images.STEPS", 5)
    split = DigitsData(20).split(0)
    base = BODIES["random network"].base(split, 0)
    assert isinstance(BODIES["random network"], Unschooled)
    still = next(reader for reader in READERS if reader.name == "random network, side by side")
    images = items_of(split.test[:20])
    assert frozen(still, base, split)(images).shape == (20, 10)
    moving = next(reader for reader in READERS if reader.name == "network, scratch, moved")
    assert learned(moving, base, split, 0)(images).sum(1) == pytest.approx(np.ones(20), abs=1e-5)
