"""The smallest insert there is: a learned vector added to what a block puts out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from headswap.model.body_contract import Body


class Shift(nn.Module):
    """Adds one vector; zero at the start, so that nothing changes before it learns."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.by = nn.Parameter(torch.zeros(width))

    def forward(self, input: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        return output + self.by


@dataclass(frozen=True)
class Shifts:
    """A Shift behind each of the chosen blocks."""

    blocks: tuple[int, ...] = (1,)
    name: str = "shift"

    def hosts(self, body: Body) -> list[str]:
        return [f"blocks.{i}" for i in self.blocks if i < body.depth]

    def new(self, host: nn.Module, body: Body, generator: torch.Generator) -> nn.Module:
        return Shift(body.width)


class Unused(Shift):
    """An insert whose weight nothing depends on."""

    def forward(self, input: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        return output


@dataclass(frozen=True)
class Idle(Shifts):
    """Unused inserts."""

    def new(self, host: nn.Module, body: Body, generator: torch.Generator) -> nn.Module:
        return Unused(body.width)
