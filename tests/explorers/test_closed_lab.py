"""What a closed notebook shows of a lab: the latest run in words, no seconds, and no answer to a bet that is open."""

from __future__ import annotations

from typing import Any

from headswap.explorers.closed_lab import closed, in_words
from headswap.lab.lab import Lab
from headswap.lab.view import READY


def state_of(lab: Lab, runs: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """A lab's state as a still is made of it, with other runs where they are given."""
    story = lab.story(whole=True)
    story |= {name: changes.pop(name) for name in ("state",) if name in changes}
    return lab.get_state() | changes | {"story": story if runs is None else story | {"runs": runs}}


def own(run: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A recorded run as if it had been trained in this lab."""
    return run | {"id": 1, "recorded": False, "forecast": ""} | changes


def seconds(state: dict[str, Any]) -> list[float | None]:
    return [epoch["seconds"] for run in state["story"]["runs"] for epoch in run["epochs"]]


RECORDED = Lab().story(whole=True)["runs"]


def test_the_words_tell_the_settings_the_run_its_counts_and_its_diagnosis() -> None:
    said = in_words(state_of(Lab(controls=("regime", "epochs", "train"), regime="full", epochs=20)))
    run = RECORDED[-1]
    assert said.startswith("Lab. Settings: regime full, epochs 20. Run ")
    assert f"{run['label']}, recorded, {len(run['epochs'])} of {run['planned']} epochs" in said
    assert run["diagnosis"] in said
    counted = sum(int(word) for word in said.split("Confusion matrix:")[1].replace(",", "").split() if word.isdigit())
    assert counted == len(run["truths"])


def test_a_recorded_run_is_told_only_where_it_fits_the_settings() -> None:
    assert "Run head-only" in in_words(state_of(Lab()))
    assert in_words(state_of(Lab(messages=100))).endswith("No run yet.")
    assert in_words(state_of(Lab(epochs=7))).endswith("No run yet.")


def test_an_open_reliability_panel_is_told_in_words() -> None:
    lab = Lab(folds=("reliability",))
    found = lab.calibration()
    assert f"Calibration error {found.ece:.1%}; luck alone" in in_words(state_of(lab))
    assert in_words(state_of(lab)).endswith(f"T = {found.best:.2f} fits best.")
    assert "Calibration" not in in_words(state_of(Lab()))


def test_the_words_tell_the_latest_run_of_ones_own_and_its_threshold() -> None:
    mine = own(RECORDED[0], label="mine")
    assert "Run mine, 20 of 20" in in_words(state_of(Lab(), [mine, *RECORDED]))
    none = in_words(state_of(Lab(), [mine], threshold=1.0))
    assert ", 0 said spam; " in none


def test_a_lab_without_a_run_says_so() -> None:
    lab = Lab(question="Which is higher?", answers=["one", "the other"])
    assert in_words(state_of(lab)).endswith("Which is higher? One of: one; the other. No run yet.")


def test_the_seconds_of_ones_own_runs_are_left_out_and_those_of_recorded_ones_stay() -> None:
    assert set(seconds(closed(state_of(Lab(), [own(RECORDED[0])])))) == {None}
    assert seconds(closed(state_of(Lab()))) == seconds({"story": {"runs": RECORDED}})


def test_runs_that_answer_a_bet_stay_hidden_until_it_is_made() -> None:
    lab = Lab(question="Which is higher?", answers=["one", "the other"])
    done = {"phase": "idle", "sentence": "run 1: done", "done": 0.0}
    hidden = closed(state_of(lab, [own(RECORDED[0])], state=done))
    assert hidden["story"]["runs"] == []
    assert hidden["story"]["state"] == READY
    assert in_words(hidden).endswith("No run yet.")
    told = closed(state_of(lab, [own(RECORDED[0], forecast="one")], state=done))
    assert len(told["story"]["runs"]) == 1
    assert told["story"]["state"] == done
