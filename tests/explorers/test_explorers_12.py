"""How sure and how often right: the record is that of the figure, and each control does what it says."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.calibration_table import FIGURE
from headswap.calibration.binning import ece
from headswap.calibration.ood import auroc
from headswap.calibration.temperature import tempered
from headswap.explorers import calibrated, elsewhere, strangers
from headswap.explorers.calibrated import FILE, HEADS, MODELS, best_temperature, judged, recorded_runs, run_of
from headswap.explorers.closed import in_words
from headswap.explorers.elsewhere import SHARES, claims_at
from headswap.explorers.strangers import SCORES, SETS, placed, score_of

RUNS = recorded_runs()
PICTURE, VALLEY = "How often it's right", "Which temperature fits?"
NAMES = {"base": "base", "reinit-linear": "reinit-linear", "tst": "tst", "v-tst": "v-tst, M = 10"}


def cards(shown: object) -> list[dict]:
    return shown.find("In short")["cards"]  # type: ignore[attr-defined]


def test_the_record_holds_every_head_of_both_models_at_three_seeds() -> None:
    assert [(run.base, run.seed) for run in RUNS] == [(base, seed) for base, _ in MODELS.values() for seed in range(3)]
    assert all(run.test.keys() == run.validation.keys() == {*HEADS.values()} for run in RUNS)
    assert all(len(part.labels) == len(part.odds) == 2_000 for run in RUNS for part in run.test.values())
    assert FILE.stat().st_size < 200_000


@pytest.mark.parametrize("head", NAMES)
def test_the_record_is_of_the_same_runs_as_the_figure(head: str) -> None:
    figure = json.loads((FIGURE.with_suffix(".json")).read_text("utf-8"))
    for run in RUNS:
        theirs = figure[f"fixture, {run.base}"]["seeds"][NAMES[head]][run.seed]
        ours = judged(run, head, 1.0)
        assert ours.stated.true.mean() == pytest.approx(theirs["accuracy"], abs=1.5e-3)  # odds are rounded
        assert (ours.error, ours.loss) == pytest.approx((theirs["ECE"], theirs["NLL"]), abs=2e-3)


def test_a_temperature_changes_how_sure_and_never_how_often_right() -> None:
    shown = calibrated()
    notes, errors = set(), []
    for heat in (0.5, 1.0, 4.0, 8.0):
        shown.set(temperature=heat)
        notes.add(shown.find("In short")["note"])
        errors.append(shown.find(PICTURE)["ece"])
    assert len(notes) == 1 and "83.9 % of them right at any temperature" in notes.pop()
    assert errors[0] > errors[1] > errors[2] < errors[3]


def test_the_marked_temperature_is_the_best_for_validation_and_mends_the_test() -> None:
    for model in MODELS:
        for seed in range(3):
            run = run_of(model, seed)
            best = best_temperature(run.validation["base"])
            assert judged(run, "base", best).error < judged(run, "base", 1.0).error
            assert judged(run, "base", best).loss < judged(run, "base", 1.0).loss
    shown = calibrated()
    (best, lowest, name), (now, loss, _) = shown.find(VALLEY)["marks"]
    assert name == f"best: {best:.1f}" and now == 1.0 and lowest < loss
    assert lowest <= min(y for _, y in shown.find(VALLEY)["lines"][0]["points"])


def test_what_it_was_before_stays_in_the_picture_as_crosses() -> None:
    shown = calibrated()
    assert shown.find(PICTURE)["before"] is None
    first = shown.find(PICTURE)["bins"]
    shown.set(head="new, TST")
    assert shown.find(PICTURE)["before"] == first != shown.find(PICTURE)["bins"]


def test_a_model_that_is_never_so_sure_says_so() -> None:
    shown = calibrated()
    assert cards(shown)[0]["big"].endswith("of 100") and cards(shown)[0]["loud"]
    shown.set(temperature=8.0)
    assert cards(shown)[0]["big"] == "no message" and not cards(shown)[0]["loud"]


@pytest.mark.parametrize("seed", range(3))
def test_the_shift_of_the_odds_brings_the_expected_spam_back_at_every_share(seed: int) -> None:
    run = run_of("as usual", seed)
    for share in SHARES:
        plain, shifted = claims_at(run, share / 100, False), claims_at(run, share / 100, True)
        assert plain.true.mean() == shifted.true.mean() == pytest.approx(share / 100, abs=1e-3)
        assert shifted.chance.mean() == pytest.approx(share / 100, rel=0.35)
        if share < 50:
            assert ece(shifted) < ece(plain) / 2 and plain.chance.mean() > 1.3 * plain.true.mean()
        else:
            assert np.allclose(shifted.chance, plain.chance)


def test_claims_of_spam_come_true_far_less_often_where_spam_is_rare() -> None:
    shown = elsewhere()
    even = cards(shown)[0]
    shown.set(share=9)
    rare = cards(shown)[0]
    assert not even["loud"] and rare["loud"]
    shown.set(shifted=True)
    assert cards(shown)[0]["big"] == "none" and not cards(shown)[1]["loud"]


def test_sureness_hardly_knows_latin_from_mail_and_distance_does() -> None:
    for run in RUNS:
        found = {score: auroc(score_of(run, "test", score), score_of(run, "latin", score)) for score in SCORES.values()}
        assert found["unsure"] < 0.75 and found["energy"] < 0.75 and found["distance"] > found["unsure"] + 0.1
        chances = tempered(np.stack([0 * run.strange["latin"]["odds"], run.strange["latin"]["odds"]], 1), 1.0)
        assert score_of(run, "latin", "unsure") == pytest.approx(1 - chances.max(1))


def test_every_choice_of_strangers_has_its_marks_and_its_words() -> None:
    shown = strangers()
    for name in SETS:
        for score in SCORES:
            shown.set(strange=name, score=score)
            lanes = shown.find("Every message at its score")["lanes"]
            assert [len(lane["places"]) for lane in lanes] == [160, 160]
            assert all(0 <= place <= 1 for lane in lanes for place in lane["places"])
            axis = shown.find("Every message at its score")["score"]
            assert axis["name"] == score and axis["says"] and axis["low"] < axis["high"]
    assert "160 known messages, 160 strangers" in in_words(shown.get_state())


def test_the_threshold_moves_the_number_of_messages_that_are_called_strange() -> None:
    shown = strangers()
    for place, score in ((0.0, "energy"), (0.3, "energy"), (0.7, "distance"), (0.9, "how unsure")):
        shown.set(threshold=place, score=score)
        known, strange = (
            sum(at >= place for at in lane["places"]) for lane in shown.find("Every message at its score")["lanes"]
        )
        called = cards(shown)[2]
        assert (called["big"], called["says"]) == (f"{strange} of 160", f"and {known} of 160 known messages")
    assert strange < 160


def test_a_place_is_told_in_the_numbers_of_its_score() -> None:
    run = run_of("as usual", 0)
    for score in SCORES.values():
        known, strange = (score_of(run, name, score) for name in ("test", "latin"))
        lanes, scale = placed(known, strange, score)
        low, high = scale["low"], scale["high"]
        back = [low * (high / low) ** at if scale["log"] else low + (high - low) * at for at in lanes[1]]
        true = {"unsure": 100 * strange, "distance": np.exp(strange / 2)}.get(score, strange)
        assert back == pytest.approx(true, rel=1e-3, abs=1e-2)


def test_the_share_of_spam_grows_to_the_right_and_begins_where_half_is_spam() -> None:
    shown = elsewhere()
    assert tuple(sorted(SHARES)) == SHARES and shown.value["share"] == SHARES[-1] == 50
    assert "in 15 bins from 0 to 100 %" in shown.find("In short")["note"]
