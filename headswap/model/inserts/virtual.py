"""Virtual positions: vectors that nobody wrote stand in front of the message, and are learned (lesson 10).

A prompt puts them in front of the first block (Lester et al. 2021), a prefix in front of every block's keys and values
(Li and Liang 2021). They come after the position vectors, so every byte keeps its own place and the body needs no room
for more; no pool sees them. Shape letters: B batch, H heads, T positions, p virtual ones, D width.
"""

from dataclasses import dataclass

import torch
from torch import nn

from ...errors import SettingError
from ..body_contract import Body
from ..layers import width_std
from .attach import Before

STARTS = ("sampled", "random", "zeros")


class InFront(nn.Module):
    """p learned vectors in front of those of the message, and a mask that counts them as real."""

    def __init__(self, vectors: torch.Tensor) -> None:
        super().__init__()
        self.vectors = nn.Parameter(vectors)

    def forward(self, input: torch.Tensor, state: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        """The vectors (B, T, D), and the mask (B, T) where there is one, with p positions more."""
        x, *masks = state
        front = self.vectors.to(x.dtype).expand(len(x), -1, -1)  # (B, p, D)
        return torch.cat([front, x], 1), *(torch.cat([mask.new_ones(front.shape[:2]), mask], 1) for mask in masks)


class OutAgain(nn.Module):
    """Drops the virtual positions above the last block, before a pool could take them for the message."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def forward(self, input: torch.Tensor, state: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        """The state and the mask without their first p positions."""
        return tuple(part[:, self.length :] for part in state)


class PastKeys(Before):
    """p learned keys and values that every position may look at, in front of its own."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor, causal: bool) -> None:
        super().__init__()
        self.keys, self.values, self.causal = nn.Parameter(keys), nn.Parameter(values), causal

    def forward(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, visible: torch.Tensor | None
    ) -> tuple[torch.Tensor | None, ...]:
        """Keys and values (B, H, p + T, D/H), and what each position may see (B or 1, 1, T, p + T)."""
        B, _, T, _ = q.shape
        keys, values = (part.to(k.dtype).expand(B, -1, -1, -1) for part in (self.keys, self.values))
        if visible is None and self.causal:
            visible = torch.ones(1, 1, T, T, dtype=torch.bool, device=q.device).tril()
        if visible is not None:
            visible = torch.cat([visible.new_ones(*visible.shape[:-1], keys.shape[2]), visible], -1)
        return q, torch.cat([keys, k], 2), torch.cat([values, v], 2), visible


@dataclass(frozen=True, slots=True)
class Prompt:
    """`length` learned vectors in front of the message.

    They start as the vectors of randomly chosen bytes ("sampled") or as "random" ones of the same size. On large models
    the start decides; on our body it could not be told from luck (figures/rates.txt).
    """

    length: int = 8
    start: str = "sampled"
    name: str = "prompt"

    def __post_init__(self) -> None:
        _check(self.length, self.start, STARTS[:2])

    def hosts(self, body: Body) -> list[str]:
        """Where states enter the blocks and where they leave them."""
        return [site.host for place in ("entrance", "exit") for site in body.sites(place)]

    def new(self, host: str, body: Body, generator: torch.Generator) -> nn.Module:
        """The vectors at the entrance; what drops them again at the exit."""
        if host not in [site.host for site in body.sites("entrance")]:
            return OutAgain(self.length)
        if self.start == "random":
            return InFront(_drawn((self.length, body.width), width_std(body.width), generator))
        table = body.vocabulary()
        return InFront(table[torch.randint(len(table), (self.length,), generator=generator)].clone())


@dataclass(frozen=True, slots=True)
class Prefix:
    """`length` learned keys and values in every block; they start as zeros, or small and "random".

    Zeros are no identity: a key of 0 still takes its share of the attention.
    """

    length: int = 8
    start: str = "zeros"
    name: str = "prefix"

    def __post_init__(self) -> None:
        _check(self.length, self.start, STARTS[1:])

    def hosts(self, body: Body) -> list[str]:
        """The places where queries meet keys."""
        return [site.host for site in body.sites("attend")]

    def new(self, host: str, body: Body, generator: torch.Generator) -> nn.Module:
        """The keys and values of one block."""
        attend = body.get_submodule(host)
        heads, causal = int(attend.heads), bool(attend.causal)  # type: ignore[arg-type]
        shape = (heads, self.length, body.width // heads)
        std = 0.0 if self.start == "zeros" else width_std(body.width)
        return PastKeys(_drawn(shape, std, generator), _drawn(shape, std, generator), causal)


def _drawn(shape: tuple[int, ...], std: float, generator: torch.Generator) -> torch.Tensor:
    return torch.zeros(shape) if std == 0.0 else torch.empty(shape).normal_(0.0, std, generator=generator)


def _check(length: int, start: str, starts: tuple[str, ...]) -> None:
    if length < 1:
        raise SettingError(f"length is {length}; give a whole number of at least 1")
    if start not in starts:
        raise SettingError(f"start is {start!r}; choose one of {', '.join(starts)}")
