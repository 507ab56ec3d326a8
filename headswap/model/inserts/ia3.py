"""(IA)³: learned numbers that stretch or shrink what is there already (Liu et al. 2022; lesson 10).

Three vectors a block: on the keys, on the values, and on what enters the second layer of the feed-forward network.
All start at 1, so at the start nothing changes. Shape letters: B batch, T positions.
"""

from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from ..body_contract import Body, Site
from .attach import Before


class Stretch(nn.Module):
    """Multiplies some columns of its host's output, each by a learned number."""

    def __init__(self, sites: tuple[Site, ...], width: int) -> None:
        super().__init__()
        self.sites, self.width = sites, width
        for site in sites:
            self.register_parameter(site.name, nn.Parameter(torch.ones(site.size or width)))

    def forward(self, input: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """The host's output (B, T, width), stretched."""
        return output * self.factors()

    def factors(self) -> torch.Tensor:
        """One factor for each column (width,); 1 for those that nothing stretches."""
        parts, done = [], 0
        for site in self.sites:
            start, stop = site.columns or (0, self.width)
            parts += [self.get_parameter(site.name).new_ones(start - done), self.get_parameter(site.name)]
            done = stop
        return torch.cat([*parts, parts[-1].new_ones(self.width - done)])


class StretchInput(Before):
    """Multiplies what its host reads, each column by a learned number."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.by = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor]:
        """The host's input (B, T, width), stretched."""
        return (x * self.by,)


@dataclass(frozen=True, slots=True)
class IA3:
    """Learned factors on the products named in `behind`, and on the input of those in `before`."""

    behind: tuple[str, ...] = ("k", "v")
    before: tuple[str, ...] = ("down",)
    name: str = "ia3"

    def hosts(self, body: Body) -> list[str]:
        """The linear layers in which a place lies."""
        return list(dict.fromkeys(site.host for place in self.behind + self.before for site in body.sites(place)))

    def new(self, host: str, body: Body, generator: torch.Generator) -> nn.Module:
        """The factors of one host."""
        layer = cast(nn.Linear, body.get_submodule(host))
        sites = [site for place in self.behind for site in body.sites(place) if site.host == host]
        if not sites:
            return StretchInput(layer.in_features)
        return Stretch(tuple(sorted(sites, key=lambda site: site.columns or (0, 0))), layer.out_features)
