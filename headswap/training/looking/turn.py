"""Say which way up an image is: a schooling for any body that reads square images.

Shape letters: B batch, C channels, H height, W width, T positions, D width of the body.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from ...data.messages import Split
from ...errors import SettingError
from ...model.body_contract import Base
from ...model.heads import LinearHead
from ...model.vision.vit import ViTConfig
from ...model.vision.wide_resnet import WideResNetConfig
from ..pretrain import Watch
from ..recipe import Compute
from .school import check_settings, new_image_body, schooled

TURNS = 4  # upright, and turned by 90, 180 and 270 degrees


def turned(images: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    """Each image (B, C, H, W) turned by so many right angles, `turns` (B,) from 0 to 3."""
    found = images.clone()
    for turn in range(1, TURNS):
        found[turns == turn] = images[turns == turn].rot90(turn, (2, 3))
    return found


@dataclass(frozen=True, slots=True)
class Rotations:
    """A body that has learned to say by which right angle an image was turned (Gidaris et al. 2018).

    That is a classification with labels of its own making. It suits a wide residual network, whose convolutions cannot
    leave a hidden patch out. Images must be square.
    """

    config: ViTConfig | WideResNetConfig = field(default_factory=WideResNetConfig)
    epochs: int = 40
    learning_rate: float = 2e-3
    batch_size: int = 32
    compute: Compute = field(default_factory=Compute)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.config.image[1] != self.config.image[2]:
            raise SettingError(f"image is {self.config.image}; a turned image must fit, so give square ones")

    def base(self, split: Split, seed: int, watch: Watch | None = None) -> Base:
        """The base that has turned the split's images, labels unseen, on the CPU."""
        return schooled(self.new(seed), self.task, split, self, seed, watch)

    def untrained(self) -> Base:
        """A base of the same sizes that has seen nothing."""
        return self.new(0)

    def new(self, seed: int) -> Base:
        """Random weights, the same for the same seed."""
        generator = torch.Generator().manual_seed(seed)
        body = new_image_body(self.config, generator)
        return Base(body, LinearHead(body.width, TURNS, generator)).eval()

    def task(self, base: Base, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """The cross-entropy of the turn, in nats; every image of a batch is turned at random."""
        turns = torch.randint(TURNS, (len(images),), generator=generator).to(images.device)
        body = base.body
        hidden, _ = body.finish(body.run_blocks(body.embed(turned(images, turns))))  # (B, T, D)
        return F.cross_entropy(base.head(hidden.mean(1)).float(), turns)
