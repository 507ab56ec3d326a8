"""A learner's error, temperature, divergence and draw in real runs: right ones do what the library's do."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from variants_12 import into_the_noise

from headswap import Recipe, run_regime
from headswap.data.messages import Split
from headswap.data.sources import PracticeData
from headswap.exercises import yours, yours_calibration
from headswap.exercises.calibrating import ECE, TEMPERATURE, ece, temperature
from headswap.exercises.sampling import KL, SAMPLE, kl, sample
from headswap.explorers import lesson_base

WHOLE = PracticeData(64, fresh=200).split(0)
SPLIT = Split(WHOLE.train, WHOLE.validation, WHOLE.test)
FIRST = run_regime(lesson_base(), SPLIT, "full", Recipe(epochs=15, learning_rate=3e-3)).classifier


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few steps tell a right divergence from a wrong one."""
    monkeypatch.setattr(yours_calibration, "EPOCHS", 2)
    monkeypatch.setattr(yours_calibration, "STEPS", 40)


def wrong(exercise: Any, name: str) -> Any:
    return next(trap.wrong for trap in exercise.traps if trap.wrong.__name__ == name)


def stub(*_: Any) -> None:
    """Not written yet."""
    ...


def broken(*_: Any) -> None:
    raise ValueError("no idea")


def test_a_right_error_and_temperature_say_what_the_library_says() -> None:
    found = yours.calibration(ece, temperature, FIRST, SPLIT)
    theirs, mine = found.rows
    assert theirs[1:] == mine[1:] and float(mine[3]) > 1
    assert "what the library's does" in found.said


def test_a_wrong_error_shows_in_the_numbers_and_is_named() -> None:
    found = yours.calibration(wrong(ECE, "_spam_against_right"), temperature, FIRST, SPLIT)
    theirs, mine = found.rows
    assert theirs[1] == mine[1] and theirs[2] != mine[2]
    assert "ece: You compare class 1's probability" in found.said and found.said.endswith(yours_calibration.SHOWN)


def test_a_temperature_that_is_multiplied_makes_the_model_surer() -> None:
    theirs, mine = yours.calibration(ece, wrong(TEMPERATURE, "_multiplied_later"), FIRST, SPLIT).rows
    assert theirs[3] == mine[3] and float(mine[4][:-2]) > float(mine[2][:-2]) > float(theirs[4][:-2])


def test_a_right_divergence_and_draw_train_the_very_head_that_the_library_trains() -> None:
    found = yours.variational(kl, sample, FIRST, SPLIT)
    theirs, mine = found.rows
    assert theirs[1:] == mine[1:]
    assert "what the library's does" in found.said
    heads = [yours_calibration.second_stage(FIRST, SPLIT, *functions).head for functions in ((), (kl, sample))]
    for one, other in zip(*(head.parameters() for head in heads), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_a_divergence_of_the_wrong_sign_drives_the_latent_numbers_away() -> None:
    found = yours.variational(wrong(KL, "_negative"), sample, FIRST, SPLIT)
    theirs, mine = found.rows
    assert float(mine[4]) > 2 * float(theirs[4])
    assert "kl: The sign is wrong." in found.said


def test_a_draw_without_a_mean_cannot_tell_messages_apart() -> None:
    theirs, mine = yours.variational(kl, wrong(SAMPLE, "_no_mean"), FIRST, SPLIT).rows
    assert float(mine[2]) == pytest.approx(0.693, abs=0.01) and float(theirs[2]) < 0.68


def test_a_stub_is_not_run_and_what_breaks_stops_no_notebook() -> None:
    assert yours.calibration(ece, stub, FIRST, SPLIT).said.startswith("Your turn: write temperature")
    assert yours.variational(stub, stub, FIRST, SPLIT).said.startswith("Your turn: write kl and sample")
    assert "Your run stopped: ValueError: no idea" in yours.calibration(broken, temperature, FIRST, SPLIT).said
    assert (
        "Your run stopped: your sample raised ValueError: no idea." in yours.variational(kl, broken, FIRST, SPLIT).said
    )


def long_winded(*_: Any) -> None:
    raise RuntimeError(" ".join(["unsupported operation:", *["please clone the tensor"] * 30]) + ".")


def test_a_long_error_is_the_functions_own_and_ends_with_a_whole_word() -> None:
    said = yours.variational(kl, long_winded, FIRST, SPLIT).said
    assert "Your run stopped: your sample raised RuntimeError: unsupported operation: please clone" in said
    assert said.split()[-2] in ("please", "clone", "the", "tensor") and said.endswith(" ….")


def test_a_loss_that_is_no_number_is_no_matter_of_the_rate() -> None:
    said = yours.variational(kl, wrong(SAMPLE, "_spread_is_its_root"), FIRST, SPLIT).said
    assert said.startswith("sample: log_variance.sqrt() has no value below 0.")
    assert said.endswith("the loss became nan at step 1 of 40.") and "tenth" not in said


def test_an_error_that_comes_of_what_a_function_returned_says_so() -> None:
    said = yours.variational(kl, lambda mean, *_: mean[:, :3], FIRST, SPLIT).said
    assert "Your run stopped: what your kl or your sample returned led to RuntimeError: " in said


def test_a_draw_that_writes_into_its_noise_is_named_and_spoils_no_run() -> None:
    found = yours.variational(kl, into_the_noise, FIRST, SPLIT)
    assert found.rows[0][1:] == found.rows[1][1:]
    assert found.said.startswith("sample: Your function changes the noise it was given")


def test_the_columns_that_give_a_mistake_away_are_named_with_their_numbers() -> None:
    found = yours.variational(wrong(KL, "_negative"), sample, FIRST, SPLIT)
    (_, *theirs), (_, *mine) = found.rows
    assert f"KL ({mine[3]} instead of {theirs[3]})" in found.said
    found = yours.variational(kl, wrong(SAMPLE, "_spread_is_variance"), FIRST, SPLIT)
    assert found.said.endswith(yours_calibration.SILENT)
