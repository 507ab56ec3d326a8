"""Images in the lab: the digits train under any regime, are shown, named by a number, and moved by words."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import torch
from helpers import until

from headswap.data.images.digits import DigitsData
from headswap.data.sources import split_of
from headswap.errors import HeadswapError, SettingError
from headswap.gallery.digits import FOLDER, painted_base
from headswap.gallery.spelling import as_image, blurred, moved, shifted, turned
from headswap.lab import Lab
from headswap.weights.deltas import base_hash, base_name

FEW: dict[str, Any] = {"data": "digits", "messages": 20, "epochs": 1}


@pytest.fixture(scope="module")
def lab() -> Lab:
    pytest.importorskip("sklearn")
    lab = Lab(**FEW, regime="mlp-head")
    lab.train(block=True)
    return lab


@pytest.mark.parametrize("regime", ["last-block", "lora", "scratch", "tst"])
def test_digits_train_under_regimes_of_every_kind(regime: str) -> None:
    pytest.importorskip("sklearn")
    lab = Lab(**FEW, regime=regime)
    lab.train(block=True)
    (run,) = lab.runs
    assert (run.outcome, len(run.label_names)) == ("done", 10)
    assert lab.machine["reads"] == "the patches of an image" and lab.machine["old"] is None


def test_a_page_is_told_how_each_digit_looks(lab: Lab) -> None:
    (key,) = {run.told.head["data_key"] for run in lab.runs}
    messages = lab.story(whole=True)["messages"][key]
    validation = DigitsData(20).split(0).validation
    assert [text for text, *_ in messages] == [f"{i}: a {one.label}" for i, one in enumerate(validation, 1)]
    assert messages[3][2]["ink"] == pytest.approx(np.asarray(validation[3].item).flatten().tolist(), abs=0.006)
    assert len(set(lab.runs[0].verdicts.keys)) == 160, "intervals must tell digits apart"


def test_a_digit_is_asked_by_its_number_and_each_move_has_an_effect(lab: Lab) -> None:
    lab.attempt("3 right blur")
    until(lambda: lab.tried)
    (answer,) = lab.tried
    assert len(answer["p"]) == 10 and sum(answer["p"]) == pytest.approx(1, abs=0.001)
    number, right, blur = answer["words"]
    assert number[2] is None and len(right[2]) == len(blur[2]) == 10
    model, example = lab.runs[0].model, DigitsData(20).split(0).validation[2]
    assert model is not None
    image = moved(np.asarray(example.item), 1, 0, 0, 0.5)
    with torch.no_grad():
        wanted = model(torch.from_numpy(image)[None]).softmax(1)[0].tolist()
    assert answer["p"] == pytest.approx(wanted, abs=1e-4)
    assert answer["picture"]["ink"] == pytest.approx(image.flatten().tolist(), abs=0.006)


def test_a_line_that_names_no_digit_has_no_answer_and_breaks_nothing(lab: Lab) -> None:
    for line in ("right", "161", "0"):
        lab.attempt(line)
        until(lambda line=line: lab.tried and lab.tried[0]["text"] == line)
        assert lab.tried[0]["p"] == []


def test_what_cannot_be_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for vary in ("shift", "max_len"):
        with pytest.raises(SettingError, match="digits have neither a wording nor a length in bytes; vary another"):
            Lab(**FEW).compare(["head-only"], seeds=1, vary=vary)
    many = Lab(**FEW | {"messages": 2_000})
    with pytest.raises(HeadswapError, match="174 images, expected 256 for test 400, validation 160, labelled 2,000"):
        many.train(block=True)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    from headswap.data.images import digits

    digits.digits.cache_clear()
    split_of.cache_clear()  # another test may have asked for as many
    bare = Lab(**FEW | {"messages": 30})
    with pytest.raises(HeadswapError, match="pip install scikit-learn"):
        bare.train(block=True)


def test_the_body_that_comes_along_is_whole_and_its_name_is_its_hash() -> None:
    (file,) = FOLDER.iterdir()
    assert file.name == base_name(base_hash(painted_base()))


# ---- how a digit is spelled


def test_an_image_moves_as_it_is_told_and_nothing_wraps_round() -> None:
    image = np.zeros((1, 4, 4), np.float32)
    image[0, 0, 3] = 1.0  # a dot at the top right
    (dot,) = np.argwhere(shifted(image[None], 1, -2)[0, 0])
    assert dot.tolist() == [1, 1]
    assert not shifted(image[None], -1, 0).any() and not shifted(image[None], 0, 1).any()
    quarter = turned(torch.from_numpy(image)[None], 90)[0, 0]
    assert quarter.argmax().item() == 15, "clockwise: from the top right to the bottom right"
    soft = blurred(torch.ones(1, 1, 9, 9), 0.5)[0, 0]
    assert soft[4, 4].item() == pytest.approx(1) and soft[0, 0] < 1


def test_a_spelling_counts_words_whatever_stands_between_them() -> None:
    pytest.importorskip("sklearn")
    images = DigitsData(20).split(0).validation
    read = as_image(images)
    found = read("Number 5: RIGHT, right  then left up")
    assert found is not None
    wanted = shifted(np.asarray(images[4].item)[None], -1, 0)[0]  # "RIGHT," is no word of its own
    assert np.array_equal(np.asarray(found.item), wanted)
    for line in ("right", "999", "0", "-3", "12.5", "seven"):
        assert read(line) is None, line
