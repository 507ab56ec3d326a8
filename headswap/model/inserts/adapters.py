"""Bottleneck adapters: a narrow network of their own behind a sublayer (Houlsby et al. 2019, Pfeiffer et al. 2021).

In a pre-norm block they sit on the sublayer's output, before it is added to the residual stream: the stream itself
stays as it was, and an adapter that adds nothing changes nothing. Shape letters: B batch, T positions, D width.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from ...errors import SettingError
from ..body_contract import Body
from ..layers import linear
from .narrow import narrowed, widened

SHAPES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {"gelu": F.gelu, "relu": F.relu}


class Bottleneck(nn.Module):
    """h + up(f(down(h))): D numbers to a few and back, added to what came in; nearly the identity at the start."""

    def __init__(self, width: int, narrow: int, shape: str, std: float, generator: torch.Generator) -> None:
        super().__init__()
        self.shape = shape
        self.down = linear(width, narrow, generator, std=std)
        self.up = linear(narrow, width, generator, std=std)

    def forward(self, input: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """The sublayer's output (B, T, D), with what the adapter makes of it."""
        few = SHAPES[self.shape](narrowed(output, self.down.weight, self.down.bias))
        return output + widened(few, self.up.weight, self.up.bias)


@dataclass(frozen=True, slots=True)
class Adapters:
    """A bottleneck of `narrow` numbers behind every sublayer named in `behind`; Houlsby's behind both."""

    narrow: int = 8
    behind: tuple[str, ...] = ("attention", "feedforward")
    shape: str = "gelu"
    std: float = 1e-3
    name: str = "adapter"

    def __post_init__(self) -> None:
        if self.narrow < 1:
            raise SettingError(f"narrow is {self.narrow}; give a whole number of at least 1")
        if self.shape not in SHAPES:
            raise SettingError(f"shape {self.shape!r} is unknown; choose one of {', '.join(SHAPES)}")

    def hosts(self, body: Body) -> list[str]:
        """The sublayers of every block."""
        return [site.host for place in self.behind for site in body.sites(place)]

    def new(self, host: str, body: Body, generator: torch.Generator) -> nn.Module:
        """An adapter for one sublayer."""
        return Bottleneck(body.width, self.narrow, self.shape, self.std, generator)


HOULSBY = Adapters()
PFEIFFER = Adapters(narrow=16, behind=("feedforward",), shape="relu", std=0.02)
