"""Digits to move and to paint, and a recorded question: the numbers are the models' and the record's own."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from headswap.data.images.digits import DigitsData
from headswap.data.messages import Split
from headswap.explorers import Explorer, digits, machine, painting, sight
from headswap.explorers.closed import in_words
from headswap.explorers.digits import LABELS, features, fitted, items_of, labels_of, on_pixels, right_share
from headswap.explorers.sight import ASKED, recorded_sight
from headswap.gallery.digits import painted_base
from headswap.training.looking.paint import painting_error


@cache
def split() -> Split:
    pytest.importorskip("sklearn")
    return DigitsData(50).split(0)


@cache
def toy() -> Explorer:
    pytest.importorskip("sklearn")
    return digits()


def said(explorer: Explorer) -> dict[str, str]:
    return {card["name"]: card["big"] for card in explorer.find("What they say")["cards"]}


def test_three_models_that_are_right_are_fooled_by_a_pixel() -> None:
    toy().set(right=0, down=0)
    truth = toy().find("The digit")["items"][0]["name"].removeprefix("a ")
    assert said(toy()) == dict.fromkeys(("bare pixels", "random body", "schooled body"), truth)
    toy().set(down=1)
    assert said(toy())["bare pixels"] != truth, "the first touch must surprise"
    cards = toy().find("What they say")["cards"]
    assert [card["loud"] for card in cards] == [card["big"] != truth for card in cards]
    toy().set(down=0)


def test_what_is_shown_are_the_probabilities_of_the_moved_digit() -> None:
    toy().set(number=5, right=-1)
    whole = DigitsData(LABELS).split(0)
    image = np.asarray(whole.test[4].item)
    left = np.pad(image, ((0, 0), (0, 0), (0, 1)))[:, :, 1:]
    (row, *_) = toy().find("How sure they are")["values"]
    assert row == pytest.approx(on_pixels(whole)(left[None])[0].tolist(), abs=1e-6)
    assert toy().find("The digit")["items"][0]["picture"]["ink"] == pytest.approx(left.flatten().tolist(), abs=0.006)
    toy().set(number=3, right=0)


def test_a_regression_on_few_features_is_the_one_that_validation_prefers() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = rng.normal(size=(60, 4)) + 3 * np.eye(3, 4)[y]
    says = fitted(x[:40], y[:40], x[40:], y[40:])
    assert says(x[40:]).shape == (20, 3) and (says(x[40:]).argmax(1) == y[40:]).mean() > 0.9


def test_a_frozen_body_s_features_are_what_it_puts_out_and_nothing_of_it_changes() -> None:
    base, images = painted_base(), items_of(split().test[:3])
    before = [tensor.clone() for tensor in base.body.state_dict().values()]
    found = features(base, images)
    with torch.no_grad():
        wanted, _ = base.body.finish(base.body.run_blocks(base.body.embed(torch.from_numpy(images))))
    assert torch.equal(found, wanted) and found.shape == (3, 16, 64)
    assert all(map(torch.equal, before, base.body.state_dict().values()))


def test_accuracy_is_counted_on_images_as_they_are_moved() -> None:
    test = split().test[:50]

    def brightest(images: np.ndarray) -> np.ndarray:
        return np.eye(10)[np.where(images[:, 0, :, 0].sum(1) > 0, 1, labels_of(test))]

    still = float((np.where(items_of(test)[:, 0, :, 0].sum(1) > 0, 1, labels_of(test)) == labels_of(test)).mean())
    assert right_share(brightest, test) == pytest.approx(still)
    assert right_share(brightest, test, right=1) == 1.0, "paper came in at the left"


def test_the_schooled_body_paints_far_better_than_the_mean_digit() -> None:
    error, guess = painting_error(painted_base(), [one.item for one in split().test])
    assert error < 0.5 * guess
    shown = painting()
    shown.set(hidden=4)
    seen, painted, true = shown.find("Seen, painted, true")["items"]
    assert len(seen["hidden"]) == 4 and seen["side"] == 2
    ink, wanted = (
        np.reshape(one["picture"]["ink"], (4, 2, 4, 2)).swapaxes(1, 2).reshape(16, 4) for one in (painted, true)
    )
    kept = [i for i in range(16) if i not in seen["hidden"]]
    assert np.array_equal(ink[kept], wanted[kept]) and not np.array_equal(ink, wanted)


def _patches(ink: list[float]) -> np.ndarray:
    return np.reshape(ink, (4, 2, 4, 2)).swapaxes(1, 2).reshape(16, 4)


@pytest.mark.parametrize("question", [*ASKED])
def test_every_question_is_answered_from_the_record(question: str) -> None:
    one, other = ASKED[question]
    shown = sight(question)
    for labels in recorded_sight()["labels"]:
        shown.set(labels=labels)
        lead = shown.find("How far ahead")
        mean, low, high = recorded_sight()["ahead"][f"{one} minus {other}"][str(labels)]
        assert lead["big"].replace("\N{MINUS SIGN}", "-") == f"{mean:+.3f}"
        assert lead["verdict"] == (
            "could be luck" if low <= 0 <= high else "more than luck" if low > 0 else "behind, by more than luck"
        )
        assert lead["scores"][0][1] == recorded_sight()["accuracy"][one][str(labels)]["mean"]


def test_the_machine_follows_a_patch_and_asks_for_no_text() -> None:
    shown = machine(painted_base(), "last-block", labels=split().label_names, text=split().test[0].item)
    (spec,) = shown.shown
    assert spec["reads"] == "the patches of an image" and spec["old"] is None
    assert not [control for control in shown.controls if control["kind"] == "text"]
    shown.set(position=3)
    assert shown.shown[0]["flow"]["position"] == 3 and "once per image" in spec["summary"]


def test_pictures_have_words_for_a_saved_page() -> None:
    state = {"title": "x", "shown": toy().shown, "controls": toy().controls, "value": toy().value}
    assert "a 2: a 2" in in_words(state)
