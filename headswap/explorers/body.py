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
from ..model.precision import one_thread
from ..training.pretrain import PretrainStep
from ..web.flow import scores
from ..web.glyphs import glyph
from .controls import choice, slider, text
from .widget import Block, Explorer, curves, figure, folded, line, looking, numbers, table, words

EVERY = 20  # pretraining steps per point, so that messages to the browser stay few
GUESSING = 260
SCALES = {"perplexity": ("perplexity (bytes)", math.exp), "loss": ("loss (nats per byte)", float)}
HABITS = ("itself", "one back", "two back", "bos", "largest share")


def attention(base: LanguageModel, message: str = "Free prize, call now") -> Explorer:
    """Where each byte of a message looks, head by head, and which byte the model expects after it.

    Rows of the grid look, columns are looked at, and what lies ahead may not be seen.
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
    seen = ~ahead(len(ids)) if layer.attend.causal else torch.ones(len(ids), len(ids), dtype=torch.bool)
    return scores(layer, layer.qkv(normed), seen).softmax(-1)


def ahead(T: int) -> torch.Tensor:
    """What a causal body may not see, (T, T): True where the column comes after the row."""
    return torch.ones(T, T, dtype=torch.bool).triu(1)


def _show(base: LanguageModel, value: Mapping[str, Any]) -> list[Block]:
    try:
        ids = with_bos(base, value["text"])
    except DataError as error:
        return [words("Where it looks", f"This can't be read: {error}.")]
    block, head = int(value["block"]), int(value["head"])
    weights = [attention_weights(base.body, ids, i) for i in range(base.body.depth)]
    labels = [glyph(i) for i in ids]
    grid = _cells(weights[block][head], base.body.config.causal)
    return [
        looking("Where it looks", labels, grid, likeliest(chances(base, ids))),
        folded(table("Every head", ["block", "head", *HABITS], _habits(weights))),
    ]


def with_bos(base: LanguageModel, text: str) -> list[int]:
    """The ids that the language model reads of a text: bos, then its bytes, as many as fit."""
    return [BOS, *ByteTokenizer().encode(text)][: base.body.config.max_len]


@torch.no_grad()
def chances(base: LanguageModel, ids: Sequence[int]) -> torch.Tensor:
    """After each of T positions the probability of every id to come next, (T, V)."""
    x = torch.tensor([ids])
    return base(x, torch.ones_like(x, dtype=torch.bool))[0].softmax(-1)


def likeliest(shares: torch.Tensor, most: int = 5) -> list[list[tuple[str, float]]]:
    """For each row of probabilities (T, V), its likeliest bytes and what they are given."""
    top = shares.topk(most)
    rows = zip(top.indices.tolist(), top.values.tolist(), strict=True)
    return [[(glyph(i), round(p, 4)) for i, p in zip(*row, strict=True)] for row in rows]


def _cells(weights: torch.Tensor, causal: bool) -> list[list[float | None]]:
    """Weights to three digits; None where a position may not look."""
    hidden = (ahead(len(weights)) & causal).tolist()
    rows = zip(weights.tolist(), hidden, strict=True)
    return [[None if h else round(w, 3) for w, h in zip(*row, strict=True)] for row in rows]


def _habits(weights: Sequence[torch.Tensor]) -> list[list[str]]:
    """Per head what a position after the first does on average, in the order of HABITS."""
    rows = []
    for block, heads in enumerate(weights):
        for head, one in enumerate(heads):
            shares = (one.diagonal()[1:], one.diagonal(-1), one.diagonal(-2), one[1:, 0], one[1:].max(1).values)
            rows.append([str(block), str(head), *(f"{float(s.mean()):.0%}" if len(s) else "" for s in shares)])
    return rows


def habits(base: LanguageModel, texts: Sequence[str]) -> list[tuple[float, float]]:
    """Per block, over these texts: what a position gives to itself and the two before, and its largest share.

    Means over heads and over positions from the fourth on: before that there is hardly anything to choose from.
    """
    sums = torch.zeros(base.body.depth, 2)
    with one_thread():
        for ids in (with_bos(base, one) for one in texts):
            for block in range(base.body.depth):
                rows = attention_weights(base.body, ids, block)[:, 3:]  # (H, T - 3, T)
                near = torch.stack([rows.diagonal(3 - back, 1, 2) for back in range(3)]).sum(0)  # (H, T - 3)
                sums[block] += torch.stack([near.mean(), rows.max(-1).values.mean()])
    return [(near, most) for near, most in (sums / len(texts)).tolist()]


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
        return [self._said(), curves("Learning curve", "steps", name, lines)]

    def _said(self) -> Block:
        if not self._points:
            return numbers("Perplexity so far", [], "Nothing is learned yet.")
        (_, first), (step, loss) = self._points[0], self._points[-1]
        at = [figure(f"{math.exp(first):.0f}", "at the first step"), figure(f"{math.exp(loss):.1f}", f"at step {step}")]
        return numbers("Perplexity so far", at)


def pretraining() -> Pretraining:
    """An empty learning curve for the cell that pretrains; show it, then feed it."""
    return Pretraining()
