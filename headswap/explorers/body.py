"""Inside the body: where each byte looks, and a language model's perplexity while it learns.

Shape letters: T ids, D width, H heads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch

from ..data.tokenizer import BOS, ByteTokenizer
from ..errors import DataError
from ..model.body import Attention, LanguageModel, LMBody
from ..training.pretrain import PretrainStep
from ..web.flow import scores
from ..web.glyphs import glyph
from .widget import Block, Explorer, bars, choice, curves, heat, line, slider, table, text, words

EVERY = 20  # pretraining steps per point, so that messages to the browser stay few
GUESSING = 260
SCALES = {"perplexity": ("perplexity (bytes)", math.exp), "loss": ("loss (nats per byte)", float)}


def attention(base: LanguageModel, message: str = "Free prize, call now") -> Explorer:
    """Where each byte of a message looks, head by head, and which byte the model expects next.

    Weights are drawn as a grid: rows look, columns are looked at, and what lies ahead may not be seen.
    """
    config = base.body.config
    controls = [
        text("text", "Your message", message),
        slider("block", "Block", 0, 0, config.depth - 1),
        slider("head", "Head", 0, 0, config.heads - 1),
    ]
    return Explorer("Attention", controls, partial(_show, base))


@torch.no_grad()
def attention_weights(body: LMBody, ids: Sequence[int], block: int) -> torch.Tensor:
    """How much each of T positions takes from each it may see, (H, T, T), in the block of that number."""
    x, mask = torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.bool)
    x, _ = body.run_blocks(body.embed(x, mask), stop=block)  # (1, T, D)
    layer = body.get_submodule(f"blocks.{block}.attention")
    assert isinstance(layer, Attention)
    normed = body.get_submodule(f"blocks.{block}.norm1")(x)
    seen = ~ahead(len(ids)) if layer.causal else torch.ones(len(ids), len(ids), dtype=torch.bool)
    return scores(layer, layer.qkv(normed), seen).softmax(-1)


def ahead(T: int) -> torch.Tensor:
    """What a causal body may not see, (T, T): True where the column comes after the row."""
    return torch.ones(T, T, dtype=torch.bool).triu(1)


def _show(base: LanguageModel, value: Mapping[str, Any]) -> list[Block]:
    try:
        ids = [BOS, *ByteTokenizer().encode(value["text"])][: base.body.config.max_len]
    except DataError as error:
        return [words("Where it looks", f"This is no text: {error}.")]
    block, head = int(value["block"]), int(value["head"])
    weights = [attention_weights(base.body, ids, i) for i in range(base.body.depth)]
    chosen = weights[block][head]  # (T, T)
    labels = [glyph(i) for i in ids]
    return [
        words("Where it looks", _sentence(labels, chosen)),
        heat("Attention", labels, labels, _cells(chosen, base.body.config.causal)),
        table("Every head", ["block", "head", "itself", "one back", "bos"], _habits(weights)),
        bars("What comes next", _next(base, ids), unit="%"),
    ]


def _cells(weights: torch.Tensor, causal: bool) -> list[list[float | None]]:
    """Weights to three digits; None where a position may not look."""
    hidden = (ahead(len(weights)) & causal).tolist()
    rows = zip(weights.tolist(), hidden, strict=True)
    return [[None if h else round(w, 3) for w, h in zip(*row, strict=True)] for row in rows]


def _sentence(labels: Sequence[str], weights: torch.Tensor) -> str:
    """Where the last position looks most."""
    share, place = weights[-1].max(0)
    at = int(place)
    back = len(labels) - 1 - at
    where = "itself" if not back else "the byte before" if back == 1 else f"{labels[at]}, {back} back"
    return f"The last position, {labels[-1]}, looks most at {where}: {float(share):.0%} of its weight."


def _habits(weights: Sequence[torch.Tensor]) -> list[list[str]]:
    """Per head the mean share that a position after the first gives to itself, to the byte before and to bos."""
    rows = []
    for block, heads in enumerate(weights):
        for head, one in enumerate(heads):
            shares = (one.diagonal()[1:], one.diagonal(-1), one[1:, 0])
            rows.append([str(block), str(head), *(f"{float(s.mean()):.0%}" if len(s) else "" for s in shares)])
    return rows


@torch.no_grad()
def _next(base: LanguageModel, ids: Sequence[int], most: int = 5) -> list[tuple[str, float, float]]:
    """The likeliest next ids and their probabilities in percent."""
    x = torch.tensor([ids])
    shares = base(x, torch.ones_like(x, dtype=torch.bool))[0, -1].softmax(0)  # (V,)
    top = shares.topk(most)
    return [
        (glyph(i), round(100 * p, 1), 100.0) for p, i in zip(top.values.tolist(), top.indices.tolist(), strict=True)
    ]


class Pretraining(Explorer):
    """A curve that grows while a language model learns: hand each PretrainStep to `add`."""

    def __init__(self) -> None:
        self._points: list[tuple[int, float]] = []
        self._recent: list[float] = []
        super().__init__("Pretraining", [choice("scale", "Show", "perplexity", list(SCALES))], self._draw)

    def add(self, step: PretrainStep) -> None:
        """Take one step in; the first step and the mean of every further 20 become points."""
        self._recent.append(step.loss)
        if step.step == 1 or step.step % EVERY == 0 or step.step == step.steps:
            self._points.append((step.step, sum(self._recent) / len(self._recent)))
            self._recent = []
            self.shown = self._draw(self.value)

    def _draw(self, value: Mapping[str, Any]) -> list[Block]:
        name, of_loss = SCALES[value["scale"]]
        points = [(float(step), round(of_loss(loss), 3)) for step, loss in self._points]
        last = points[-1][0] if points else 1.0
        guess = round(of_loss(math.log(GUESSING)), 3)
        lines = [line("while it learns", points), line("pure guessing", [(0.0, guess), (last, guess)], dash=True)]
        return [words("So far", self._said()), curves("Learning curve", "steps", name, lines)]

    def _said(self) -> str:
        if not self._points:
            return "Nothing is learned yet."
        (_, first), (step, loss) = self._points[0], self._points[-1]
        return f"Perplexity {math.exp(first):.0f} at the first step, {math.exp(loss):.1f} at step {step}."


def pretraining() -> Pretraining:
    """An empty learning curve for the cell that pretrains; show it, then feed it."""
    return Pretraining()
