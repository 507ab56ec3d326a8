"""A vision transformer: an image is cut into patches, and the patches are read like the bytes of a message.

Its blocks are the very ones of our language model (`model/body.py`), without the causal mask: every patch sees every
other (Dosovitskiy et al. 2021). It computes what `transformers.ViTModel` computes with the same weights and our
settings of it (tanh gelu, eps 1e-5, no dropout).
Shape letters: B batch, C channels, H height, W width, T patches, P numbers in a patch, D width.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import nn

from ...data.batches import Rows
from ...errors import SettingError
from ..body import Block, BodyConfig, Through, sites_of
from ..body_contract import Body, Site, State
from ..layers import Dropout, embedding, linear, width_std
from .pixels import Size, centred, check_size, encode_images


@dataclass(frozen=True, slots=True)
class ViTConfig:
    """The sizes of a vision transformer: the image as (channels, height, width), a patch's side in pixels, width in
    floats, depth in blocks; dropout is a share in [0, 1)."""

    image: Size = (1, 8, 8)
    patch: int = 2
    width: int = 64
    heads: int = 4
    depth: int = 2
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_size(self.image, 1)
        _, height, width = self.image
        if self.patch < 1 or height % self.patch or width % self.patch:
            raise SettingError(
                f"patch is {self.patch} and an image {height} by {width}; choose a divisor of both sides"
            )
        self.inner()

    @property
    def patches(self) -> int:
        """T, how many patches an image is cut into."""
        _, height, width = self.image
        return (height // self.patch) * (width // self.patch)

    @property
    def numbers(self) -> int:
        """P, how many numbers a patch holds."""
        return self.image[0] * self.patch**2

    def inner(self) -> BodyConfig:
        """What a Block of these sizes is made from."""
        return BodyConfig(self.width, self.heads, self.depth, self.patches + 1, causal=False, dropout=self.dropout)


class ViT(Body):
    """Images in, one vector per patch out: patches and their places, blocks, and a last norm.

    The first row of `embed_positions` belongs to the cls position. It shows no pixels, so that row is all it is: the
    sum of what transformers keeps as a cls token and its position.
    """

    def __init__(self, config: ViTConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.config, inner = config, config.inner()
        std = width_std(config.width) / config.numbers**0.5  # a patch of bright pixels as long as its place
        self.embed_patches = linear(config.numbers, config.width, generator, std=std)
        self.embed_positions = embedding(config.patches + 1, config.width, generator)
        self.dropout = Dropout(config.dropout)
        self.entrance, self.exit = Through(), Through()
        self.blocks = nn.ModuleList(Block(inner, generator) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)

    @property
    def width(self) -> int:
        """D, the length of one hidden vector."""
        return self.config.width

    def encode(self, items: Sequence[Any], *, cls: bool = False) -> Rows:
        """Images (N, C, H, W); with `cls`, also a mark (N, 1) that asks for a position in front of the patches."""
        images = encode_images(items, self.config.image)
        return Rows((images, torch.ones(len(images), 1, dtype=torch.bool)) if cls else (images,))

    def embed(self, images: torch.Tensor, cls: torch.Tensor | None = None) -> State:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Patch plus place vectors (B, T, D), or (B, 1 + T, D) where a cls position is asked for."""
        return self.placed(self.project(self.cut(images)), front=cls is not None)

    def cut(self, images: torch.Tensor) -> torch.Tensor:
        """The images (B, C, H, W) as patches (B, T, P), row by row, their pixels from -1 to 1."""
        C, side = self.config.image[0], self.config.patch
        grid = centred(images).unflatten(3, (-1, side)).unflatten(2, (-1, side))  # (B, C, rows, side, columns, side)
        return grid.permute(0, 2, 4, 1, 3, 5).reshape(len(images), -1, C * side * side)

    def project(self, patches: torch.Tensor) -> torch.Tensor:
        """A vector (B, T, D) for each patch (B, T, P): what it shows, not yet where."""
        return self.embed_patches(patches)

    def placed(self, shown: torch.Tensor, front: bool = False) -> State:
        """What each patch shows plus where it lies, (B, T, D); with `front`, the cls position comes first."""
        x = shown + self.embed_positions.weight[1:]
        if front:
            x = torch.cat([self.embed_positions.weight[:1].expand(len(x), 1, -1).to(x.dtype), x], 1)
        return self.entrance(self.dropout(x))

    def run_blocks(self, state: State, start: int = 0, stop: int | None = None) -> State:
        """Hidden states (B, T, D) after blocks start..stop; every position sees every other."""
        (x,) = state
        for block in self.blocks[start:stop]:
            x = block(x, None)
        return (x,)

    def finish(self, state: State) -> tuple[torch.Tensor, torch.Tensor]:
        """The hidden states under the last norm, (B, T, D), and a mask (B, T) that is True everywhere."""
        x = self.norm(self.exit(*state)[0])
        return x, torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)

    def sites(self, name: str) -> tuple[Site, ...]:
        """The places of that name; q, k and v are columns of one product."""
        return sites_of(name, self.width, self.depth)

    def vocabulary(self) -> torch.Tensor:
        """What each pixel of a patch adds when it is lit, (P, D)."""
        return self.embed_patches.weight.detach().T

    def fresh(self, generator: torch.Generator) -> "ViT":
        """A body of the same sizes with random weights."""
        return ViT(self.config, generator)

    def settings(self) -> dict[str, Any]:
        """The sizes that are not at their defaults."""
        named = {field: getattr(self.config, field.name) for field in fields(self.config)}
        return {field.name: value for field, value in named.items() if value != field.default}
