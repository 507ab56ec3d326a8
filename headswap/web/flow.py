"""One message on its way through a classifier: the model's own tensors, read off during one forward pass.

What every body has in common (`model/body_contract.py`) is read through its contract; what happens inside a block is
read by forward hooks, where the block is one of ours. The caller's model is copied first and stays as it is.
Shape letters: T positions, D width, H heads, C classes, V vocabulary.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import nn

from ..errors import SettingError
from ..model.body import Attention, Block
from ..model.body_contract import Body, State, device_of
from ..model.classifier import Classifier
from .glyphs import MOST_CUT, glyph
from .kinds import Token, kind_of
from .numbers import short, shorts
from .pixels import drawn
from .quiet import quiet_copy
from .steps import steps_of

MOST_LIKELY = 5  # next bytes that a language model's head may name
Inside = dict[str, tuple[torch.Tensor, torch.Tensor]]  # of one block: what came into and out of its modules, by name


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one forward pass left of one message: `states` (T, D) above the embeddings and above each block.

    `hidden` (T, D) is above the last norm, `pooled` is what the head sees, `logits` (C,) is what it says; `inside` has
    what passed through each block of ours, `met` its queries and keys (1, H, positions, D/H), and `seen` (T, T) is True
    where a row may look at a column. `tokens` are the T positions, `cut` what was not read. Virtual positions, which an
    insert puts in front, stand in `inside` and `met` alone.
    """

    tokens: list[Token]
    cut: list[Token]
    states: list[torch.Tensor]
    hidden: torch.Tensor
    pooled: torch.Tensor
    logits: torch.Tensor
    seen: torch.Tensor
    inside: Mapping[str, Inside] = field(default_factory=dict)
    met: Mapping[str, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        """The labels of the T positions."""
        return [token["text"] for token in self.tokens]


@torch.no_grad()
def read_message(model: Classifier, item: Any) -> Reading | None:  # noqa: ANN401
    """Send one item, a text where the body reads texts, through a copy of the model; None where nothing is to be read.

    Raises DataError for a text that is none.
    """
    copied = quiet_copy(model).eval()
    body, (inside, met), cls = copied.body, _watch(copied), copied.pool.prepends_cls
    inputs = body.encode([item], cls=cls).to(device_of(model)).tensors
    passed = [body.embed(*inputs)]
    for i in range(body.depth):
        passed.append(body.run_blocks(passed[-1], i, i + 1))
    hidden, mask = body.finish(passed[-1])  # (1, T, D), (1, T)
    if not mask.any():
        return None
    pooled = copied.pool(hidden, mask)
    kind = kind_of(body)
    read, cut = kind.positions(body, item, hidden.shape[1], cls)
    seen = kind.seen(body, mask)
    return Reading(read, cut, _vectors(passed, hidden), hidden[0], pooled[0], copied.head(pooled)[0], seen, inside, met)


def flow_of(
    model: Classifier, text: Any, position: int = -1, head: int = 0, zoom: str = "", old_head: nn.Module | None = None,  # noqa: ANN401
) -> dict[str, Any] | None:  # fmt: skip
    """What the machine shows of one message at one position: hidden vectors, where a head looks, what comes out.

    A position beyond the last one read is the last one, and -1 is too. `zoom` names a block, such as "block[0]", whose
    arithmetic is then told step by step. With the language model's `old_head`, the logits are those of the five
    likeliest next bytes, named in `labels`. None where the message holds nothing to read.
    """
    _check(model, head, zoom)
    reading = read_message(model, text)
    if reading is None:
        return None
    t = len(reading.texts) - 1 if position < 0 else min(position, len(reading.texts) - 1)
    return {
        "text": text if isinstance(text, str) else "",
        "picture": drawn(text),
        "tokens": _tokens(reading),
        "cut": len(reading.cut),
        "position": t,
        "head": head,
        "heads": heads_of(model),
        "strips": _strips(reading, t),
        "attention": {key: _shares(reading, key, head, t) for key in reading.inside},
        "virtual": {key: _in_front(reading, key, head, t) for key in reading.inside if _virtual(reading, key)},
        **_answer(reading, t, old_head),
        "zoom": zoom,
        "steps": _steps(reading, zoom, t, head) if zoom in reading.inside else [],
    }


def heads_of(model: Classifier) -> int:
    """How many attention heads a block has; 0 for a body of another kind, whose attention nobody here can read."""
    return next((block.attention.heads for block in model.body.blocks if isinstance(block, Block)), 0)


def scores(layer: Attention, qkv: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Query times key over the root of their length, (H, T, T), minus infinity where `seen` (T, T) is False.

    `qkv` (1, T, 3 D) is what the layer's own `qkv` put out; a softmax over the last axis makes shares of it.
    """
    q, k, _ = qkv.unflatten(-1, (3, layer.heads, -1)).transpose(1, 3).unbind(2)  # (1, H, T, D/H)
    return (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5)[0].masked_fill(~seen, float("-inf"))


# ---- what the pass leaves


def _blocks(body: Body) -> dict[str, Block]:
    """The blocks of our own kind, by layer."""
    return {f"block[{i}]": block for i, block in enumerate(body.blocks) if isinstance(block, Block)}


def _watch(model: Classifier) -> tuple[dict[str, Inside], dict[str, tuple[torch.Tensor, torch.Tensor]]]:
    """From now on keep what goes into and comes out of every module of every block, what is inserted included.

    And beside it, by block, which queries met which keys.
    """
    inside: dict[str, Inside] = {}
    met: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
    for key, block in _blocks(model.body).items():
        inside[key] = {}
        for name, module in block.named_modules():
            module.register_forward_hook(partial(_keep, inside[key], name))
        block.attention.attend.register_forward_hook(partial(_meet, met, key))
    return inside, met


def _keep(inside: Inside, name: str, module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
    inside[name] = inputs[0], output


def _meet(
    met: dict[str, tuple[torch.Tensor, torch.Tensor]], key: str, module: nn.Module, inputs: tuple[torch.Tensor, ...],
    output: torch.Tensor,
) -> None:  # fmt: skip
    met[key] = inputs[0], inputs[1]


def _vectors(passed: list[State], hidden: torch.Tensor) -> list[torch.Tensor]:
    """The hidden vectors (T, D) of each state; none for a body whose states hold something else."""
    T = hidden.shape[1]
    own = [state[0][:, -T:] for state in passed]  # virtual positions stand in front
    return [] if any(part.shape != hidden.shape for part in own) else [part[0] for part in own]


# ---- what is shown of it


def _check(model: Classifier, head: int, zoom: str) -> None:
    blocks = [f"block[{i}]" for i in range(model.body.depth)]
    if zoom and zoom not in blocks:
        raise SettingError(f"zoom is {zoom!r}; give one of {', '.join(blocks)}, or an empty text")
    if not 0 <= head < max(1, heads_of(model)):
        raise SettingError(f"head is {head}; give a whole number from 0 to {max(1, heads_of(model)) - 1}")


def _tokens(reading: Reading) -> list[Token]:
    cut = [token["text"] for token in reading.cut[:MOST_CUT]] + ["…"] * (len(reading.cut) > MOST_CUT)
    return reading.tokens + [{"text": text, "kind": "cut"} for text in cut]


def _strips(reading: Reading, t: int) -> dict[str, list[float | None]]:
    """The vector of position t above each layer, and the pooled one."""
    keys = ["embedding", *(f"block[{i}]" for i in range(len(reading.states) - 1))]
    strips = {key: shorts(state[t]) for key, state in zip(keys, reading.states, strict=False)}
    return {**strips, "norm": shorts(reading.hidden[t]), "pool": shorts(reading.pooled)}


def _scores(reading: Reading, key: str, head: int, t: int) -> torch.Tensor:
    """What position t scores each position with, virtual ones first, (p + T,), in one head of one block."""
    queries, keys = (part[0, head] for part in reading.met[key])
    query = queries[len(queries) - len(reading.texts) + t]
    seen = torch.cat([reading.seen.new_ones(_virtual(reading, key)), reading.seen[t]])
    return (keys @ query / len(query) ** 0.5).masked_fill(~seen, float("-inf"))


def _virtual(reading: Reading, key: str) -> int:
    """How many virtual positions stand in front of the message's own in this block."""
    return reading.met[key][1].shape[2] - len(reading.texts)


def _shares(reading: Reading, key: str, head: int, t: int) -> list[float | None]:
    """How much position t takes from each position of the message; None where it may not look."""
    shares = shorts(_scores(reading, key, head, t).softmax(0)[_virtual(reading, key) :])
    return [share if may else None for share, may in zip(shares, reading.seen[t].tolist(), strict=True)]


def _in_front(reading: Reading, key: str, head: int, t: int) -> float | None:
    """How much position t takes from all virtual positions together."""
    return short(float(_scores(reading, key, head, t).softmax(0)[: _virtual(reading, key)].sum()))


def _answer(reading: Reading, t: int, old_head: nn.Module | None) -> dict[str, Any]:
    """Logits and probabilities of the classes, or of the likeliest next bytes and which these are."""
    if old_head is None:
        return {"logits": shorts(reading.logits), "probabilities": shorts(reading.logits.softmax(0))}
    with torch.no_grad():
        logits = old_head(reading.hidden[t])  # (V,)
    best = logits.topk(min(MOST_LIKELY, len(logits))).indices
    return {
        "logits": shorts(logits[best]),
        "probabilities": shorts(logits.softmax(0)[best]),
        "labels": [glyph(i) for i in best.tolist()],
    }


def _steps(reading: Reading, zoom: str, t: int, head: int) -> list[dict[str, Any]]:
    """The chosen block's arithmetic at position t, for the bytes that it may look at."""
    from_end = t - len(reading.texts)  # virtual positions stand in front
    inside = {name: tensors for name, tensors in reading.inside[zoom].items() if name != "attention.attend"}
    came_in = {name: tensors[0][0, from_end] for name, tensors in inside.items()}
    came_out = {name: tensors[1][0, from_end] for name, tensors in inside.items()}
    looks = reading.seen[t]
    labels = [f"v{i + 1}" for i in range(_virtual(reading, zoom))]
    labels += [text for text, may in zip(reading.texts, looks.tolist(), strict=True) if may]
    scored = _scores(reading, zoom, head, t)
    return steps_of(came_in, came_out, scored[scored.isfinite()], labels, head, reading.met[zoom][0].shape[1])
