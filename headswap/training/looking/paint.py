"""Paint hidden patches: the schooling of a vision transformer.

Shape letters: B batch, T patches, P numbers in a patch, D width, M hidden patches.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ...data.messages import Split
from ...errors import SettingError
from ...model.body_contract import Base, device_of
from ...model.layers import embedding, linear
from ...model.precision import modes_kept, one_thread
from ...model.vision.vit import ViT, ViTConfig
from ..pretrain import Watch
from ..recipe import Compute
from .school import check_settings, schooled

EVALUATION_BATCH = 256


class PixelHead(nn.Module):
    """The head that a vision transformer is born with: one vector to the pixels of its patch, (M, D) to (M, P).

    `veil` (1, D) is what the body sees in place of a hidden patch.
    """

    def __init__(self, config: ViTConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.linear = linear(config.width, config.numbers, generator)
        self.veil = embedding(1, config.width, generator)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Pixels from -1 to 1."""
        return self.linear(hidden)


def painted(base: Base, images: torch.Tensor, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What the base paints where `hidden` (B, T) is True, and what is really there, each (M, P)."""
    body, head = base.body, base.head
    assert isinstance(body, ViT) and isinstance(head, PixelHead)
    patches = body.cut(images)  # (B, T, P)
    shown = torch.where(hidden[..., None], head.veil.weight, body.project(patches))  # (B, T, D)
    found, _ = body.finish(body.run_blocks(body.placed(shown)))
    return head(found[hidden]), patches[hidden]


def hide(count: int, patches: int, share: float, generator: torch.Generator) -> torch.Tensor:
    """Which patches are hidden, (count, patches): the same number of each image, and at least one."""
    many = max(1, round(share * patches))
    return torch.rand(count, patches, generator=generator).argsort(1) < many


@dataclass(frozen=True, slots=True)
class MaskedPatches:
    """A vision transformer that has learned to paint the patches it was not shown, a `share` of each image's.

    The loss is the mean squared error of the hidden pixels, from -1 to 1, as in Xie et al. (2022) but squared.
    """

    config: ViTConfig = field(default_factory=ViTConfig)
    epochs: int = 40
    share: float = 0.5
    learning_rate: float = 2e-3
    batch_size: int = 32
    compute: Compute = field(default_factory=Compute)

    def __post_init__(self) -> None:
        check_settings(self)
        if not 0.0 < self.share < 1.0:
            raise SettingError(f"share is {self.share}; give the share of the patches to hide, between 0 and 1")

    def base(self, split: Split, seed: int, watch: Watch | None = None) -> Base:
        """The base that has painted the split's images, labels unseen, on the CPU."""
        return schooled(self.new(seed), self.task, split, self, seed, watch)

    def untrained(self) -> Base:
        """A base of the same sizes that has seen nothing."""
        return self.new(0)

    def new(self, seed: int) -> Base:
        """Random weights, the same for the same seed."""
        generator = torch.Generator().manual_seed(seed)
        return Base(ViT(self.config, generator), PixelHead(self.config, generator)).eval()

    def task(self, base: Base, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """The mean squared error of what is painted where nothing was shown."""
        hidden = hide(len(images), self.config.patches, self.share, generator).to(images.device)
        said, true = painted(base, images, hidden)
        return F.mse_loss(said.float(), true)


@torch.no_grad()
def painting_error(base: Base, items: Sequence[Any], share: float = 0.5, seed: int = 0) -> tuple[float, float]:
    """The mean squared error of what the base paints on hidden patches, and of painting each pixel's mean there.

    The counterpart of a perplexity and of pure guessing; pixels go from -1 to 1.
    """
    body, generator = base.body, torch.Generator().manual_seed(seed)
    assert isinstance(body, ViT)
    images = body.encode(items).tensors[0].to(device_of(base))
    hidden = hide(len(images), body.config.patches, share, generator).to(images.device)
    with one_thread(), modes_kept(base):
        base.eval()
        parts = [painted(base, *part) for part in zip(images.split(EVALUATION_BATCH), hidden.split(EVALUATION_BATCH))]  # noqa: B905
    said, true = (torch.cat(side) for side in zip(*parts, strict=True))
    patches = body.cut(images)
    guess = patches.mean(0).expand_as(patches)[hidden]
    return F.mse_loss(said, true).item(), F.mse_loss(guess, true).item()
