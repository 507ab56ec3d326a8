"""What the rest of the house asks of a body, whatever it reads: bytes, images, somebody else's token ids.

Shape letters: N examples, B batch, T positions, D width.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ..data.batches import Rows
from ..errors import SettingError

# What flows from block to block, each tensor (B, ...); only its own body understands it.
State = tuple[torch.Tensor, ...]

INSERTED = "inserted"  # the child of a body that holds what was inserted, by host


@dataclass(frozen=True, slots=True)
class Place:
    """Where a parameter belongs: a part of the classifier, which block of it, and the insert that brought it.

    `part` is embedding, block, norm, pool or head, from below; `block` counts from 0 at the bottom and is None
    elsewhere; `insert` is the name of the insert, or empty for the model's own weights.
    """

    part: str
    block: int | None = None
    insert: str = ""

    @property
    def new(self) -> bool:
        """Whether the weight came with the task: the head, the pool, anything inserted."""
        return bool(self.insert) or self.part in ("pool", "head")

    def below_top(self, depth: int) -> int:
        """How many blocks lie between the weight and the head, in a body of `depth` blocks; the embedding: all."""
        if self.block is not None:
            return depth - 1 - self.block
        return depth if self.part == "embedding" else 0

    def __str__(self) -> str:
        host = self.part if self.block is None else f"block[{self.block}]"
        return f"{INSERTED}[{self.insert}] in {host}" if self.insert else host


@dataclass(frozen=True, slots=True)
class Site:
    """Where an insert may hang: a module of the body by its dotted name, and what is called `name` there.

    `columns` are those of the module's output that the name means, first and one past the last; None means all.
    """

    name: str
    host: str
    columns: tuple[int, int] | None = None

    @property
    def size(self) -> int | None:
        """How many columns; None for all."""
        return None if self.columns is None else self.columns[1] - self.columns[0]


class Body(nn.Module, ABC):
    """Anything that turns its own kind of items into hidden vectors (B, T, D), block by block.

    `blocks` run one after another, the lowest first. Freezing, the frozen prefix, pools, heads, regimes and the
    loop know no more of a body than what stands here.
    """

    blocks: nn.ModuleList

    @property
    def depth(self) -> int:
        """How many blocks stand on each other."""
        return len(self.blocks)

    @property
    @abstractmethod
    def width(self) -> int:
        """D, the length of one hidden vector."""

    @abstractmethod
    def encode(self, items: Sequence[Any], *, cls: bool = False) -> Rows:
        """Items as the tensors that `embed` reads; with `cls`, a special position in front where there is one."""

    @abstractmethod
    def embed(self, *inputs: torch.Tensor) -> State:
        """The state below the first block."""

    @abstractmethod
    def run_blocks(self, state: State, start: int = 0, stop: int | None = None) -> State:
        """The state after blocks start..stop."""

    @abstractmethod
    def finish(self, state: State) -> tuple[torch.Tensor, torch.Tensor]:
        """Hidden vectors (B, T, D) above the last block, and the mask (B, T) that is True on real positions."""

    def place_of(self, name: str) -> Place:
        """Where the body's own parameter (or module) of this dotted name belongs: embedding, block or norm.

        What is not in `blocks`, `norm` or `exit` is the embedding; a body with other names says so itself.
        """
        field, _, rest = name.partition(".")
        if field == "blocks":
            return Place("block", int(rest.partition(".")[0]))
        return Place("norm" if field in ("norm", "exit") else "embedding")

    def sites(self, name: str) -> tuple[Site, ...]:
        """Where inserts may hang that look for `name`, block by block; none where the body has nothing of that name.

        Products: q, k, v, qkv, out, up, down. Sublayers: attention, feedforward. Where queries meet keys: attend. Where
        states enter the first block, and leave the last: entrance, exit.
        """
        return ()

    def vocabulary(self) -> torch.Tensor:
        """Vectors (V, D) of what the body can read, from which a prompt may start; SettingError where it has none."""
        raise SettingError(f"a {type(self).__name__} has no vocabulary to start a prompt from; start it at random")

    @abstractmethod
    def fresh(self, generator: torch.Generator) -> "Body":
        """A body of the same sizes with random weights."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What besides its weights decides what it computes, as plain values; a setting at its default is left out."""


class Base(nn.Module):
    """A body under the head it was born with: what a head swap starts from."""

    def __init__(self, body: Body, head: nn.Module) -> None:
        super().__init__()
        self.body, self.head = body, head


def shelf_name(host: str) -> str:
    """A host's dotted name as the name of one module: blocks/0/attention/qkv."""
    return host.replace(".", "/")


def host_name(shelf: str) -> str:
    """The dotted name again."""
    return shelf.replace("/", ".")


def device_of(module: nn.Module) -> torch.device:
    """The device that a module's weights are on; the CPU for one without weights."""
    return next((tensor.device for tensor in module.parameters()), torch.device("cpu"))
