"""A block's arithmetic at one position, told step by step: each the model's own tensor and a sentence about it.

Shape letters: T positions, D width, H heads.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from .numbers import shorts

Step = dict[str, Any]
Vectors = Mapping[str, torch.Tensor]


def steps_of(
    came_in: Vectors, came_out: Vectors, scores: torch.Tensor, labels: Sequence[str], head: int, heads: int
) -> list[Step]:  # fmt: skip
    """From the vector that comes in to the one that leaves, at one position and in one of its heads.

    `came_in` and `came_out` are what each module of the block got and gave there, by name; `scores` are those of the
    positions that it may look at, and `labels` say which these are.
    """
    return [
        _step("x", "The vector that comes in, {n}: what everything below has made of this position.", came_in[""]),
        _step("norm1", "The norm brings it to mean 0 and spread 1, then scales each number: {n}.", came_out["norm1"]),
        *_looking(came_in, came_out, scores, labels, head, heads),
        _step("norm2", "The second norm brings the sum to one scale again: {n}.", came_out["norm2"]),
        _step("up", "A linear layer widens the vector four times: {n}.", came_out["feedforward.up"]),
        _step("gelu", "Gelu keeps large numbers and pushes negative ones to 0: {n}.", came_in["feedforward.down"]),
        _step("down", "A second linear layer narrows it again: {n}.", came_out["feedforward"]),
        _step("leaves", "That too is added to the sum, and this vector leaves the block: {n}.", came_out[""]),
    ]


def _looking(
    came_in: Vectors, came_out: Vectors, scores: torch.Tensor, labels: Sequence[str], head: int, heads: int
) -> list[Step]:  # fmt: skip
    """What one head asks, whom it listens to and what it hears; then all heads together."""
    query = came_out["attention.qkv"].chunk(3)[0].chunk(heads)[head]  # (D/H,)
    mix = came_in["attention.out"].chunk(heads)[head]  # (D/H,)
    root = f"√{len(query)}"
    return [
        _step("query", "The query of this head, {n}: what this position is looking for.", query),
        _step("scores", f"The query times each visible position's key, over {root}: {{n}}.", scores, labels),
        _step("shares", "Softmax turns the scores into shares that add up to 1: {n}.", scores.softmax(0), labels),
        _step("mix", "Each visible position's value times its share, added up: {n}.", mix),
        _step("out", f"A linear layer mixes what all {heads} heads found: {{n}}.", came_out["attention"]),
        _step("x + out", "What attention found is added to the vector that came in: {n}.", came_in["norm2"]),
    ]


def _step(name: str, says: str, values: torch.Tensor, labels: Sequence[str] | None = None) -> Step:
    """One step; its shape is put into its sentence, and what has shares is drawn as shares."""
    step = {"name": name, "says": says.format(n=f"{len(values)} numbers"), "values": shorts(values)}
    named = {} if labels is None else {"labels": [*labels]}
    return {**step, **named, "kind": "share" if name == "shares" else "signed"}
