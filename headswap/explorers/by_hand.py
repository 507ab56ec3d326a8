"""One attention head at work on three positions, step by step, in the body's own numbers.

Shape letters: T positions, D width, H heads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch

from ..errors import DataError
from ..model.body import Attention, LanguageModel, LMBody
from ..web.glyphs import glyph
from .body import ahead, with_bos
from .controls import choice, slider, text
from .widget import Block, Explorer, words
from .widget import worked as worked_block

POSITIONS = 3
TITLE = "One head, by hand"


def by_hand(base: LanguageModel) -> Explorer:
    """Query, key and value of bos and two bytes in one head, and all that attention does with them, in numbers."""
    config = base.body.config
    controls = [
        text("text", "Two bytes", "Fr"),
        slider("looker", "Which position looks", POSITIONS, 1, POSITIONS),
        choice("head", "In", *_heads(config.depth, config.heads)),
        slider("number", "Which number of each vector", 1, 1, config.width // config.heads),
    ]
    return Explorer(TITLE, controls, partial(_show, base))


def _heads(depth: int, heads: int) -> tuple[str, list[str]]:
    """The first head, and all of them, by their names."""
    names = [f"block {block}, head {head}" for block in range(depth) for head in range(heads)]
    return names[0], names


@torch.no_grad()
def queries_keys_values(body: LMBody, ids: list[int], block: int, head: int) -> torch.Tensor:
    """The queries, keys and values of T ids in one head, (3, T, D/H), as its block makes them."""
    x, mask = torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.bool)
    x, _ = body.run_blocks(body.embed(x, mask), stop=block)  # (1, T, D)
    layer = body.get_submodule(f"blocks.{block}.attention")
    assert isinstance(layer, Attention)
    qkv = layer.qkv(body.get_submodule(f"blocks.{block}.norm1")(x))[0]  # (T, 3 D)
    return qkv.unflatten(-1, (3, layer.heads, -1))[:, :, head].transpose(0, 1)


def steps(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, looker: int, causal: bool = True) -> dict[str, Any]:
    """What one position does: its query times each key, over the root of D, the mask, the softmax, the mean of values.

    All three are (T, D). What it may not see has no score, and a share of 0.
    """
    dots = k @ q[looker]  # (T,)
    hidden = ahead(len(k))[looker] & causal
    scores = (dots / k.shape[1] ** 0.5).masked_fill(hidden, float("-inf"))
    shares = scores.softmax(0)
    told = {"dots": dots, "exps": scores.exp(), "shares": shares, "mix": shares @ v, "query": q[looker]}
    seen = [None if hide else score for score, hide in zip(scores.tolist(), hidden.tolist(), strict=True)]
    return {name: one.tolist() for name, one in told.items()} | {"scores": seen, "keys": k.tolist(),
            "values": v.tolist(), "looker": looker}  # fmt: skip


def _show(base: LanguageModel, value: Mapping[str, Any]) -> list[Block]:
    try:
        ids = with_bos(base, value["text"])[:POSITIONS]
    except DataError as error:
        return [words(TITLE, f"This can't be read: {error}.")]
    block, head = (int(word) for word in re.findall(r"\d+", value["head"]))
    q, k, v = queries_keys_values(base.body, ids, block, head)
    told = steps(q, k, v, min(int(value["looker"]), len(ids)) - 1, base.body.config.causal)
    return [worked_block("From query to mix", told | {"labels": [glyph(i) for i in ids]}, int(value["number"]) - 1)]
