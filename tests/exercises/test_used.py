"""What a learner wrote runs in the lesson: right, it gives the library's number; wrong, it shows its damage."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import pytest
import torch
from helpers import TINY, tiny_base

from headswap import ByteTokenizer, exercises, new_language_model, perplexity, pretrain
from headswap.exercises import used

causal = exercises.causal_mask.reference
TEXTS = ["see you at lunch", "call now to claim", "are you there"]


def stub(T: int) -> None: ...


def unwritten(T: int) -> None:
    raise NotImplementedError


def endless(*_: Any) -> None:
    while True:
        pass


@pytest.mark.parametrize("function", [stub, unwritten])
def test_an_unfinished_function_is_the_learners_turn(function: Callable[..., Any]) -> None:
    said = exercises.with_yours(lambda f: f(3), function)
    assert said == f"your turn: write {function.__name__} above, and run this cell again"


def test_a_broken_function_becomes_a_sentence_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert exercises.with_yours(lambda f: f(3), lambda T: T / 0) == "it raised ZeroDivisionError: division by zero"
    assert exercises.with_yours(lambda f: f(3), None).startswith("it raised TypeError")  # pyright: ignore[reportArgumentType]
    monkeypatch.setattr(used, "SECONDS", 0.2)
    assert exercises.with_yours(lambda f: f(3), endless) == "stopped after 0.2 seconds: look for a loop without an end"


def test_what_comes_out_is_text_a_number_to_three_digits() -> None:
    assert exercises.with_yours(lambda f: f(3), lambda T: T / 7) == "0.429"
    assert exercises.with_yours(lambda f: f(3), lambda T: f"{T} bytes") == "3 bytes"
    assert exercises.with_yours(lambda f: f(3), lambda T: torch.ones(2)) == "[1.0, 1.0]"


@torch.no_grad()
def test_the_right_attention_changes_nothing_and_every_wrong_one_shows() -> None:
    base = tiny_base()
    for name, weight in base.named_parameters():
        weight *= 20 if "qkv.weight" in name else 1  # heads that choose: near the plain mean all mistakes look alike
    before = {name: weight.clone() for name, weight in base.named_parameters()}
    ids, mask = ByteTokenizer().batch(["see you at lunch"], 24)
    usual = base(ids, mask)
    torch.testing.assert_close(exercises.attending(base, exercises.attend.reference)(ids, mask), usual)
    for trap in exercises.attend.traps:
        with suppress(RuntimeError):  # a sentence in the lesson
            wrong = exercises.attending(base, trap.wrong)(ids, mask)
            assert not (wrong - usual).abs().max() < 1e-3, trap.sentence
    assert all(torch.equal(before[name], weight) for name, weight in base.named_parameters())


def read_under(mask: Callable[[int], Any]) -> float:
    """Perplexity on letters that nobody can foresee, after learning under this mask."""
    rng = Random(0)
    texts = ["".join(rng.choices("abcdefgh", k=12)) for _ in range(320)]
    model = exercises.seeing(new_language_model(TINY, 0), mask)
    assert list(pretrain(model, texts[16:], epochs=8, learning_rate=1e-2))
    return perplexity(model, texts[:16])


def test_a_right_mask_learns_as_the_library_does() -> None:
    usual, mine = new_language_model(TINY, 0), exercises.seeing(new_language_model(TINY, 0), causal)
    for model in (usual, mine):
        assert list(pretrain(model, TEXTS * 20, epochs=2))
    assert perplexity(mine, TEXTS) == pytest.approx(perplexity(usual, TEXTS), rel=1e-3)


def test_a_mask_that_peeks_falls_suspiciously_low() -> None:
    honest = read_under(causal)
    assert honest > 6  # eight letters, all equally likely
    assert read_under(lambda T: torch.ones(T, T).tril(1) > 0) < 0.5 * honest
