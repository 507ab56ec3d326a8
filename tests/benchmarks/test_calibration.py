"""The calibration experiment: what was done is not done again, and another modality is one more entry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from pictures import Digits, Drawn, Picture

from benchmarks import calibration_table
from benchmarks.calibration import BASES, SECOND, USUAL, Entry, carry_out, find, place, second_stage
from benchmarks.calibration_table import block, write
from headswap.data.messages import Example, Split
from headswap.regimes.named import REGIMES
from headswap.training.recipe import Recipe

METHODS = ["base", "temperature", "reinit-linear", "tst", "v-tst, M = 1", "v-tst, M = 10"]


def turned(split: Split, seed: int) -> dict[str, Sequence[Example]]:
    """The test's digits, lying on their side."""
    rows = [tuple(zip(*one.item, strict=True)) for one in split.test]  # type: ignore[call-overload]
    return {"turned": [Picture(row, one.label) for row, one in zip(rows, split.test, strict=True)]}  # type: ignore[arg-type]


DIGITS = Entry(Digits, Drawn(), turned, labels=96, few=48, many=6, second=2, recipe=Recipe(epochs=4, batch_size=16))


def test_another_modality_is_one_more_entry_and_finished_seeds_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(calibration_table, "DRAWS", 20)
    carry_out(DIGITS, 2, tmp_path, minutes=0, tell=heard.append)
    assert heard == []
    carry_out(DIGITS, 2, tmp_path, tell=heard.append)
    assert [line.split(":")[0] for line in heard] == [f"{base}, seed {seed}" for seed in (0, 1) for base in BASES]
    carry_out(DIGITS, 2, tmp_path, tell=lambda line: pytest.fail("it was done already"))
    seeds = [found for s in (0, 1) if (found := find(place(DIGITS.run(USUAL, s), tmp_path)))]
    assert [[*seed.said] for seed in seeds] == [METHODS] * 2
    assert seeds[0].keys != seeds[1].keys and len(seeds[0].said["tst"].probabilities) == 64

    monkeypatch.setattr(calibration_table, "FIGURE", tmp_path / "figure.txt")
    write({("digits", USUAL): seeds})
    lines, told = block("digits", USUAL, seeds)
    text = (tmp_path / "figure.txt").read_text("utf-8")
    assert "\n".join(lines) in text and (tmp_path / "figure.json").is_file()
    accuracy = [told["seeds"][name][0]["accuracy"] for name in ("base", "temperature")]  # type: ignore[index]
    assert accuracy[0] == accuracy[1] and "AUROC, turned" in text
    assert told["minus base"]["temperature"]["accuracy"][0] == 0.0  # type: ignore[index]


@pytest.mark.parametrize("name", SECOND)
def test_a_second_stage_is_the_regimes_own_and_runs_alone(name: str) -> None:
    (alone,), (_, second) = second_stage(name).stages, REGIMES[name].stages
    assert (alone.rules, alone.head, alone.loss, alone.keep) == (second.rules, second.head, second.loss, "best")
    assert second_stage(name).learning_rate == REGIMES[name].learning_rate
