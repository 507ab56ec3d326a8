"""LoRA: a frozen product learns through two thin ones beside it (Hu et al. 2021; lesson 10).

Shape letters: B batch, T positions, r rank.
"""

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from ...errors import SettingError
from ..body_contract import Body, Site
from ..copies import lazy_copy
from .attach import detach, hosts_of, inserts_on
from .narrow import narrowed, widened


class LowRank(nn.Module):
    """What LoRA adds to one product: alpha / r times B A x, where A narrows to r numbers and B widens them again.

    A starts as PyTorch starts a linear layer and B as zeros, so at the start nothing is added.
    """

    def __init__(self, fan_in: int, fan_out: int, rank: int, scale: float, generator: torch.Generator) -> None:
        super().__init__()
        self.scale = scale
        self.A = nn.Parameter(torch.empty(rank, fan_in))
        self.B = nn.Parameter(torch.zeros(fan_out, rank))
        nn.init.kaiming_uniform_(self.A, a=5**0.5, generator=generator)


class LowRanks(nn.Module):
    """The additions on one host, by what they are called there: a fused layer makes q, k and v in one product.

    Their narrow halves are computed as one product and their wide ones as another: in parts they would cost a copy of
    the host's output for each.
    """

    def __init__(self, sites: tuple[Site, ...], added: dict[str, LowRank]) -> None:
        super().__init__()
        self.sites = sites
        for name, module in added.items():
            self.add_module(name, module)

    def forward(self, input: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """The host's output (B, T, out) with every addition in its own columns."""
        narrow, wide = self.halves(output.shape[-1])
        return output + widened(narrowed(input, narrow), wide)

    def halves(self, fan_out: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Every A below the other (R, in), and every B in its own rows and columns (out, R), scaled; R is all ranks."""
        parts = [cast(LowRank, self.get_submodule(site.name)) for site in self.sites]
        ends = [site.columns or (0, fan_out) for site in self.sites]
        across = [
            F.pad(part.B.t(), (start, fan_out - stop))  # (r, out): zeros where the host makes something else
            for part, (start, stop) in zip(parts, ends, strict=True)
        ]
        return torch.cat([part.A for part in parts]), (torch.cat(across) * parts[0].scale).t()

    def weight(self, fan_out: int) -> torch.Tensor:
        """All additions as one matrix of the host's shape (out, in)."""
        narrow, wide = self.halves(fan_out)
        return wide @ narrow


@dataclass(frozen=True, slots=True)
class LoRA:
    """Low-rank additions to the products named in `places`: each of `rank` r, scaled by alpha / r."""

    rank: int = 4
    alpha: float = 8.0
    places: tuple[str, ...] = ("q", "v")
    name: str = "lora"

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise SettingError(f"rank is {self.rank}; give a whole number of at least 1")
        if not self.places:
            raise SettingError("places is empty; name at least one product, such as q")

    def hosts(self, body: Body) -> list[str]:
        """The linear layers in which a place lies."""
        return list(dict.fromkeys(site.host for place in self.places for site in body.sites(place)))

    def new(self, host: str, body: Body, generator: torch.Generator) -> nn.Module:
        """An A and a B for every place on this host."""
        layer = cast(nn.Linear, body.get_submodule(host))
        sites = tuple(site for place in self.places for site in body.sites(place) if site.host == host)
        added = {
            site.name: LowRank(layer.in_features, site.size or layer.out_features, self.rank,
                               self.alpha / self.rank, generator)
            for site in sites
        }  # fmt: skip
        return LowRanks(sites, added)


@torch.no_grad()
def merge(body: Body, name: str = "lora") -> Body:
    """A copy of the body with LoRA's additions inside its own weights: nothing hangs on it, and it costs nothing more.

    The body that is given keeps its weights and its LoRA, so to unmerge is to go back to it. Subtracting again would
    not bring the old weights back: in float32 they come out about 3e-8 off. Raises SettingError where no LoRA hangs.
    """
    merged = lazy_copy(body)
    for host in hosts_of(merged):
        insert = inserts_on(merged, host).get(name)
        if isinstance(insert, LowRanks):
            layer = cast(nn.Linear, merged.get_submodule(host))
            layer.weight += insert.weight(layer.out_features)
        elif insert is not None:
            raise SettingError(f"{name!r} on {host} is no LoRA; only LoRA's additions fit into the weights")
    detach(merged, name)
    return merged
