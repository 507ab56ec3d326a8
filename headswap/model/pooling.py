"""Many vectors to one: six ways to summarise a message, and several of them side by side.

A pool maps hidden states (B, T, D) and a mask (B, T), True on real ids, to one vector per message (B, D), or to one of
k D where it is made of k pools.
Shape letters: B batch, T bytes, D width.
"""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from ..errors import SettingError
from .layers import INIT_STD


class MeanPool(nn.Module):
    """The mean of the real positions; pads are left out of the sum and of the count."""

    prepends_cls = False

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        weight = mask.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
        return (hidden * weight).sum(1) / weight.sum(1)


class ClsPool(nn.Module):
    """The vector of a special token put in front, as BERT does.

    Legal and blind under a causal mask: the first position sees only itself, so every message looks the same
    (lesson 04). It needs a bidirectional body to see anything.
    """

    prepends_cls = True

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        first = mask.int().argmax(1)  # (B,): the first real id, whichever side the pads are on
        return hidden[torch.arange(len(hidden), device=hidden.device), first]


class LastTokenPool(nn.Module):
    """The vector of the last real id, as GPT classifiers do; under a causal mask it alone has seen everything."""

    prepends_cls = False

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        steps = torch.arange(mask.shape[1], device=mask.device)
        last = (steps * mask).argmax(1)  # (B,): right for pads on either side
        return hidden[torch.arange(len(hidden), device=hidden.device), last]


class MaxPool(nn.Module):
    """The largest value of each feature over the real positions."""

    prepends_cls = False

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return hidden.masked_fill(~mask.unsqueeze(-1), float("-inf")).amax(1)


class StdPool(nn.Module):
    """The standard deviation of each feature over the real positions: how much it varies along the message."""

    prepends_cls = False

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        weight = mask.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
        count = weight.sum(1)
        mean = (hidden * weight).sum(1) / count
        variance = ((hidden - mean.unsqueeze(1)).square() * weight).sum(1) / count
        return (variance + 1e-6).sqrt()  # without the grain, the gradient of sqrt at 0 is infinite


class AttentionPool(nn.Module):
    """A weighted mean whose weights come from one learned query; at first it is close to the plain mean."""

    prepends_cls = False

    def __init__(self, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.empty(width).normal_(0.0, INIT_STD, generator=generator))

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        scores = hidden @ self.query / hidden.shape[-1] ** 0.5  # (B, T)
        weight = scores.masked_fill(~mask, float("-inf")).softmax(1)
        return torch.einsum("bt,btd->bd", weight, hidden)


class ConcatPool(nn.Module):
    """Several pools side by side: (B, k D), so the head has k times as many weights."""

    prepends_cls = False

    def __init__(self, pools: Sequence[nn.Module]) -> None:
        super().__init__()
        self.pools = nn.ModuleList(pools)

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return torch.cat([pool(hidden, mask) for pool in self.pools], dim=1)


Pool = MeanPool | ClsPool | LastTokenPool | MaxPool | StdPool | AttentionPool | ConcatPool

POOLS: dict[str, Callable[[int, torch.Generator], Pool]] = {
    "mean": lambda width, generator: MeanPool(),
    "cls": lambda width, generator: ClsPool(),
    "last": lambda width, generator: LastTokenPool(),
    "max": lambda width, generator: MaxPool(),
    "std": lambda width, generator: StdPool(),
    "attention": AttentionPool,
}


def new_pool(name: str, width: int, generator: torch.Generator) -> Pool:
    """The pool of that name for hidden states of `width` floats; "mean+max" puts two side by side.

    SettingError names the ones there are.
    """
    parts = pool_names(name)
    pools = [POOLS[part](width, generator) for part in parts]
    return pools[0] if len(pools) == 1 else ConcatPool(pools)


def pool_names(name: str) -> tuple[str, ...]:
    """The pools that a name such as "mean+max" is made of; SettingError where it cannot be made."""
    parts = tuple(name.split("+"))
    unknown = [part for part in parts if part not in POOLS]
    if unknown:
        known = ", ".join(POOLS)
        raise SettingError(f"pool {unknown[0]!r} is unknown; choose one of {known}, or several, such as mean+max")
    if len(set(parts)) < len(parts):
        raise SettingError(f"pool {name!r} names one pool twice; name each once")
    if "cls" in parts and len(parts) > 1:
        raise SettingError(f"pool {name!r} puts cls beside others, which then would read the cls id; use it alone")
    return parts


def pooled_width(name: str, width: int) -> int:
    """Floats in what a pool of that name makes of hidden states of `width` floats."""
    return len(pool_names(name)) * width
