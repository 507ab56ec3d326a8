"""AdapterFusion: adapters of several tasks, mixed by attention for a new one (Pfeiffer et al. 2021; lesson 10).

The adapters are frozen, so they are buffers. In a pre-norm block they sit on the feed-forward network's output y,
before it is added to the residual stream, and y is what asks for them. Shape letters: B batch, T positions, D width,
N adapters, k narrow.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from ...data.batches import Batch
from ...errors import SettingError
from ..body_contract import INSERTED, Body, shelf_name
from ..layers import Dropout, linear
from ..losses import Loss
from .adapters import PFEIFFER, SHAPES, Adapters

OFF = 1e-6  # what stands beside the diagonal of V at the start
PARTS = {"down": "down.weight", "down_bias": "down.bias", "up": "up.weight", "up_bias": "up.bias"}


class Mix(nn.Module):
    """y + the sum of V z_n, weighed by softmax(Q y . K z_n), where z_n is what adapter n would add to y.

    No division by the square root of D. Q and K start normal(0, 0.02), V as the identity: at the start every adapter
    has nearly the same say.
    """

    def __init__(
        self, width: int, count: int, narrow: int, shape: str, dropout: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.shape = shape
        for name, size in (("down", (narrow, width)), ("down_bias", (narrow,)), ("up", (width, narrow)),
                           ("up_bias", (width,))):  # fmt: skip
            self.register_buffer(name, torch.zeros(count, *size))
        self.query, self.key = linear(width, width, generator), linear(width, width, generator)
        self.value = nn.Parameter(torch.full((width, width), OFF).fill_diagonal_(1.0))
        self.dropout = Dropout(dropout)

    def forward(self, input: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """The sublayer's output (B, T, D), with the mixture added once."""
        added = self.additions(output)  # (B, T, N, D)
        mixed = torch.einsum("btn,btnd->btd", self.shares(output, added), added @ self.value.t())
        return output + mixed

    def additions(self, output: torch.Tensor) -> torch.Tensor:
        """What each adapter would add, (B, T, N, D)."""
        few = torch.einsum("btd,nkd->btnk", output, self.get_buffer("down")) + self.get_buffer("down_bias")
        few = SHAPES[self.shape](few)
        return torch.einsum("btnk,ndk->btnd", few, self.get_buffer("up")) + self.get_buffer("up_bias")

    def shares(self, output: torch.Tensor, added: torch.Tensor) -> torch.Tensor:
        """Each adapter's share (B, T, N) at each position; they add up to 1."""
        scores = torch.einsum("btd,btnd->btn", self.query(output), self.key(added))
        return self.dropout(scores).softmax(-1)


@dataclass(frozen=True, slots=True)
class Fusion:
    """The adapters of `members`, tasks by name, behind every sublayer in `behind`, and the attention that mixes them.

    `fill` gives it the adapters. It has 3 D² + 2 D weights a block that learn: against it belongs an adapter as large.
    """

    members: tuple[str, ...]
    adapter: Adapters = PFEIFFER
    dropout: float = 0.0
    name: str = "fusion"

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise SettingError(f"a fusion of {len(self.members)} adapter mixes nothing; name at least 2 tasks")
        if len(set(self.members)) < len(self.members):
            raise SettingError(f"{', '.join(self.members)} names a task twice; name each once")

    def hosts(self, body: Body) -> list[str]:
        """The sublayers behind which the adapters sit."""
        return self.adapter.hosts(body)

    def new(self, host: str, body: Body, generator: torch.Generator) -> nn.Module:
        """The mixture of one sublayer; its adapters are zeros until they are filled."""
        narrow, shape = self.adapter.narrow, self.adapter.shape
        return Mix(body.width, len(self.members), narrow, shape, self.dropout, generator)

    @torch.no_grad()
    def fill(self, body: Body, learned: Mapping[str, Mapping[str, torch.Tensor]]) -> None:
        """Give the fusion on this body the adapters of its members: what each learned, by task and tensor name.

        Raises SettingError where a member brings no adapter of this shape.
        """
        for host in self.hosts(body):
            mix = body.get_submodule(f"{INSERTED}.{shelf_name(host)}.{self.name}")
            for place, member in enumerate(self.members):
                for part, name in PARTS.items():
                    key = f"body.{INSERTED}.{shelf_name(host)}.{self.adapter.name}.{name}"
                    tensor, own = learned[member].get(key), mix.get_buffer(part)[place]
                    if tensor is None or tensor.shape != own.shape:
                        raise SettingError(f"{member} has no adapter of {self.adapter.narrow} numbers behind {host}; "
                                           "train it as adapters-pfeiffer")  # fmt: skip
                    own.copy_(tensor)


@dataclass(frozen=True, slots=True)
class NearIdentity(Loss):
    """Cross-entropy plus `strength` times the squared distance of every V from the identity, as the paper has it."""

    strength: float = 0.01

    def __call__(self, model: nn.Module, output: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The loss of one batch, in nats."""
        loss = F.cross_entropy(output, batch.labels)
        for module in model.modules():
            if isinstance(module, Mix):
                there = torch.eye(len(module.value), device=module.value.device)
                loss = loss + self.strength * (module.value - there).square().sum()
        return loss
