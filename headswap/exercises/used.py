"""What a learner wrote, at work in the lesson's own run: its number where there is one, and else one sentence.

Shape letters: B batch, T bytes, H heads, D width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ..model.body import Attention, LanguageModel
from .answers import Function, Probe, Raised, TooLong, answer_of, shown, within
from .exercise import Hint, is_stub

SECONDS = 60.0  # of the processor, for a whole run with a learner's function in it


def with_yours(work: Callable[..., Any], *answers: Function) -> Hint:
    """What `work` comes to with your functions in it, as text; where they are unfinished or fail, a sentence.

    It runs here and now, and never raises: a broken function stops no notebook.
    """
    if any(map(is_stub, answers)):
        return _turn(answers)
    try:
        came = within(SECONDS, lambda: answer_of(Probe("", lambda _: work(*answers)), work))
    except TooLong:
        return Hint(f"stopped after {SECONDS:g} seconds: look for a loop without an end")
    if isinstance(came, Raised):
        return _turn(answers) if came.kind == "NotImplementedError" else Hint(f"it raised {shown(came)}")
    return Hint(f"{came:.3f}" if isinstance(came, float) else came if isinstance(came, str) else shown(came))


def _turn(answers: tuple[Function, ...]) -> Hint:
    return Hint(
        f"your turn: write {' and '.join(answer.__name__ for answer in answers)} above, and run this cell again"
    )


def seeing(model: LanguageModel, causal_mask: Function) -> LanguageModel:
    """The same model, whose every position now sees what your causal_mask(T), (T, T) bool, lets it see."""
    model.body.visible = lambda mask: causal_mask(mask.shape[1])[None, None]  # (1, 1, T, T)
    return model


def attending(model: LanguageModel, attend: Function) -> LanguageModel:
    """A copy of the model whose every head works by your attend(queries, keys, values), message by message."""
    copied = LanguageModel(model.body.fresh(torch.Generator()), model.head)
    copied.body.load_state_dict(model.body.state_dict())
    for block in copied.body.blocks:
        layer = block.get_submodule("attention")
        assert isinstance(layer, Attention)
        layer.forward = _by_hand(layer, attend)
    return copied


def _by_hand(layer: Attention, attend: Function) -> Function:
    """Attention's forward with one call of `attend` for each message and head."""

    def forward(x: torch.Tensor, visible: torch.Tensor | None) -> torch.Tensor:
        B, T, D = x.shape
        q, k, v = layer.qkv(x).view(B, T, 3, layer.heads, D // layer.heads).transpose(1, 3).unbind(2)  # (B, H, T, D/H)
        found = [[attend(*one) for one in zip(*message, strict=True)] for message in zip(q, k, v, strict=True)]
        y = torch.stack([torch.stack(heads, 1).reshape(T, D) for heads in found])  # (B, T, D)
        return layer.out(y)

    return forward
