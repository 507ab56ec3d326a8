"""What lesson 08 proves is at stake, too: its proofs fail when a promise is broken, and its switch says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from test_prove_cells import SWITCH, fails, only, only_proofs, rehearse

LESSON = "08_feature_head"


def test_08_notices_one_weight_of_the_body_that_moved() -> None:
    rehearsal = only(LESSON, 0)
    with torch.no_grad():
        rehearsal.space["heads"]["comma"].body.norm.bias[0] += 1e-6
    fails(rehearsal)


def test_08_notices_a_head_that_hangs_on_a_body_of_its_own() -> None:
    rehearsal = only(LESSON, 0)
    heads = rehearsal.space["heads"]
    with torch.no_grad():
        heads["spam"].body.blocks[0].get_submodule("attention").qkv.weight.mul_(1.001)
    fails(rehearsal)


@pytest.mark.parametrize(
    "broken", [lambda features: features + 0.01, lambda features: features.roll(1, 0)], ids=["other", "mixed up"]
)
def test_08_notices_heads_that_answer_from_other_vectors(broken: Callable[[torch.Tensor], torch.Tensor]) -> None:
    rehearsal = only(LESSON, 1)
    rehearsal.space["features"] = broken(rehearsal.space["features"])
    fails(rehearsal)


def test_08_notices_layers_that_do_not_fold_into_one() -> None:
    rehearsal = only(LESSON, 2)
    rehearsal.proofs[0].index("w2 @ b1 + b2")
    broken = rehearsal.proofs[0].replace("w2 @ b1 + b2", "b2")
    with pytest.raises(AssertionError):
        exec(broken, rehearsal.space)


def test_08_the_switch_puts_the_relu_in_and_says_in_words_how_far_the_answers_part(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (switched,) = [i for i, proof in enumerate(only_proofs(LESSON)) if SWITCH in proof]
    rehearsal = only(LESSON, switched)
    assert re.match(rf"{SWITCH}  # set this to True and run the cell again", rehearsal.proofs[0])
    exec(rehearsal.proofs[0].replace(SWITCH, "break_it = True"), rehearsal.space)
    assert re.search(
        r"Broken: logits differ by up to [1-9][\d.]*, and [1-9]\d* of 400 verdicts flip", capsys.readouterr().out
    )


def test_08_needs_no_more_than_its_own_cells() -> None:
    space: dict[str, Any] = rehearse(LESSON).space
    assert {"heads", "features", "before"} <= space.keys()
