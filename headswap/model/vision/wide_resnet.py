"""A wide residual network: convolutions that add to what was there before, few of them and wide ones.

As in Zagoruyko and Komodakis (2016): batch norm and relu come before each convolution, three groups of blocks of
16 k, 32 k and 64 k channels, of which the second and the third halve the sides of the image.
Shape letters: B batch, C channels, H height, W width, T positions, D width.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ...data.batches import Rows
from ...errors import SettingError
from ..body_contract import Body, State
from ..layers import Dropout, convolution
from .pixels import Size, centred, check_size, encode_images

GROUPS = ((16, 1), (32, 2), (64, 2))  # channels of a network of width factor 1, and the stride of the first block


@dataclass(frozen=True, slots=True)
class WideResNetConfig:
    """WRN-depth-factor on an image (channels, height, width): depth counts convolutions and is 6 n + 4 for n blocks a
    group; dropout, between a block's two convolutions, is a share in [0, 1)."""

    image: Size = (3, 32, 32)
    depth: int = 16
    factor: int = 4
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_size(self.image, 8)
        if self.depth < 10 or self.depth % 6 != 4:
            raise SettingError(f"depth is {self.depth}; give 6 n + 4: 10, 16, 22, 28 or more")
        if self.factor < 1:
            raise SettingError(f"factor is {self.factor}; give a whole number of at least 1")
        if not 0.0 <= self.dropout < 1.0:
            raise SettingError(f"dropout is {self.dropout}; it is a share, so give 0 <= dropout < 1")


class WideBlock(nn.Module):
    """One residual block: norm, relu, convolve, twice; added to what came in, which a 1 by 1 convolution makes fit."""

    def __init__(self, fan_in: int, fan_out: int, stride: int, dropout: float, generator: torch.Generator) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(fan_in)
        self.conv1 = convolution(fan_in, fan_out, 3, stride, generator)
        self.norm2 = nn.BatchNorm2d(fan_out)
        self.dropout = Dropout(dropout)
        self.conv2 = convolution(fan_out, fan_out, 3, 1, generator)
        fits = fan_in == fan_out and stride == 1
        self.shortcut = None if fits else convolution(fan_in, fan_out, 1, stride, generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, fan_in, H, W) to (B, fan_out, H / stride, W / stride)."""
        active = F.relu(self.norm1(x))
        beside = x if self.shortcut is None else self.shortcut(active)
        return beside + self.conv2(self.dropout(F.relu(self.norm2(self.conv1(active)))))


class WideResNet(Body):
    """Images in, one vector per cell of the last group's grid out: a first convolution, the blocks, and a last norm.

    Its positions are the cells of that grid, a fourth of the image's sides: 8 by 8 cells of 64 k numbers for an image
    of 32 by 32 pixels, 2 by 2 for one of 8 by 8. The mean pool over them is the paper's average pool.
    """

    def __init__(self, config: WideResNetConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.stem = convolution(config.image[0], GROUPS[0][0], 3, 1, generator)
        self.blocks = nn.ModuleList(WideBlock(*sizes, config.dropout, generator) for sizes in _sizes(config))
        self.norm = nn.BatchNorm2d(self.width)

    @property
    def width(self) -> int:
        """D, the length of one hidden vector."""
        return GROUPS[-1][0] * self.config.factor

    def encode(self, items: Sequence[Any], *, cls: bool = False) -> Rows:
        """Images (N, C, H, W); SettingError for `cls`, because every cell shows a part of the image."""
        if cls:
            raise SettingError("a WideResNet has no cls position; choose another pool, such as mean")
        return Rows((encode_images(items, self.config.image),))

    def embed(self, images: torch.Tensor) -> State:  # pyright: ignore[reportIncompatibleMethodOverride]
        """What the first convolution makes of the images, (B, 16, H, W)."""
        return (self.stem(centred(images)),)

    def run_blocks(self, state: State, start: int = 0, stop: int | None = None) -> State:
        """Channels (B, C, H, W) after blocks start..stop; C grows and the sides shrink from group to group."""
        (x,) = state
        for block in self.blocks[start:stop]:
            x = block(x)
        return (x,)

    def finish(self, state: State) -> tuple[torch.Tensor, torch.Tensor]:
        """The cells under the last norm and relu, row by row, (B, T, D), and a mask (B, T) that is True everywhere."""
        x = F.relu(self.norm(state[0])).flatten(2).transpose(1, 2)
        return x, torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)

    def fresh(self, generator: torch.Generator) -> "WideResNet":
        """A body of the same sizes with random weights."""
        return WideResNet(self.config, generator)

    def settings(self) -> dict[str, Any]:
        """The sizes that are not at their defaults."""
        named = {field: getattr(self.config, field.name) for field in fields(self.config)}
        return {field.name: value for field, value in named.items() if value != field.default}


def _sizes(config: WideResNetConfig) -> list[tuple[int, int, int]]:
    """Channels in, channels out and stride of every block, the lowest first."""
    found, before = [], GROUPS[0][0]
    for channels, stride in GROUPS:
        for i in range((config.depth - 4) // 6):
            found.append((before, channels * config.factor, stride if i == 0 else 1))
            before = channels * config.factor
    return found
