"""A second body for the contracts: eight rows of a digit's pixels instead of bytes, and no language model anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import nn

from headswap.data.batches import Rows
from headswap.data.messages import Split
from headswap.model.body import Attend, Through
from headswap.model.body_contract import Base, Body, Place, Site, State
from headswap.model.layers import linear


class ImageBlock(nn.Module):
    """A block with other parts than ours: q, k and v are three products, nothing is masked, and no norm comes first."""

    def __init__(self, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.attend, self.look = Attend(2, causal=False), nn.Identity()
        self.q, self.k, self.v, self.up, self.down = (linear(width, width, generator, std=0.3) for _ in range(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (part(x).unflatten(-1, (2, -1)).transpose(1, 2) for part in (self.q, self.k, self.v))
        seen = self.look(self.attend(q, k, v, None).transpose(1, 2).flatten(2))
        return self.down(torch.tanh(self.up(seen + x)))


class ImageBody(Body):
    """Rows of pixels in, one vector per row out; its state is one tensor, and it knows no mask before the end."""

    def __init__(self, width: int, depth: int, generator: torch.Generator) -> None:
        super().__init__()
        self.rows = linear(8, width, generator, std=0.3)
        self.entrance, self.exit = Through(), Through()
        self.blocks = nn.ModuleList(ImageBlock(width, generator) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    @property
    def width(self) -> int:
        return self.rows.out_features

    def encode(self, items: Sequence[Any], *, cls: bool = False) -> Rows:
        return Rows((torch.tensor(items),))  # (N, 8, 8)

    def embed(self, *inputs: torch.Tensor) -> State:
        return self.entrance(self.rows(inputs[0]))  # (B, 8, D)

    def run_blocks(self, state: State, start: int = 0, stop: int | None = None) -> State:
        (x,) = state
        for block in self.blocks[start:stop]:
            x = x + block(x)
        return (x,)

    def finish(self, state: State) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.norm(self.exit(*state)[0])
        return x, torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)

    def place_of(self, name: str) -> Place:
        part, _, rest = name.partition(".")
        return (
            Place("block", int(rest.split(".")[0]))
            if part == "blocks"
            else Place("norm" if part in ("norm", "exit") else "embedding")
        )

    def sites(self, name: str) -> tuple[Site, ...]:
        if name in ("entrance", "exit"):
            return (Site(name, name),)
        inside = {"attention": "look", "feedforward": "down"}.get(name, name)
        known = inside in ("q", "k", "v", "up", "down", "attend", "look")
        return tuple(Site(name, f"blocks.{i}.{inside}") for i in range(self.depth)) if known else ()

    def vocabulary(self) -> torch.Tensor:
        return self.rows.weight.detach().T  # a lit pixel's vector, of each column

    def fresh(self, generator: torch.Generator) -> ImageBody:
        return ImageBody(self.width, self.depth, generator)

    def settings(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class Picture:
    """A digit of 8 by 8 pixels in [0, 1]; people read its name."""

    item: tuple[tuple[float, ...], ...]
    label: int

    @property
    def text(self) -> str:
        return f"a drawing of {'38'[self.label]}"


@dataclass(frozen=True)
class Digits:
    """Threes and eights, as a source of splits."""

    train: int = 96

    def split(self, seed: int) -> Split:
        found = pictures()
        order = torch.randperm(len(found), generator=torch.Generator().manual_seed(seed)).tolist()
        drawn = tuple(found[i] for i in order)
        test = drawn[self.train + 32 : self.train + 96]
        return Split(drawn[: self.train], drawn[self.train : self.train + 32], test, label_names=("three", "eight"))


@dataclass(frozen=True)
class Drawn:
    """Where the digits' body comes from: random weights, of a width and a depth."""

    width: int = 16
    depth: int = 2

    def base(self, split: Split, seed: int, watch: Callable[[Any], None] | None = None) -> Base:
        return Base(ImageBody(self.width, self.depth, torch.Generator().manual_seed(seed)), nn.Identity()).eval()

    def untrained(self) -> Base:
        return self.base(Split((), (), ()), 0)


@cache
def pictures() -> tuple[Picture, ...]:
    from sklearn.datasets import load_digits

    found = load_digits()
    rows = zip(found.images.astype("float32") / 16, found.target, strict=True)
    return tuple(
        Picture(tuple(map(tuple, image.tolist())), int(digit == 8)) for image, digit in rows if digit in (3, 8)
    )
