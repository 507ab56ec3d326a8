"""The schooling of bodies that look: paint hidden patches, or say which way up an image is. No label is needed.

Both are for images what predicting the next byte is for texts: the answer is in the image itself.
Shape letters: B batch, C channels, H height, W width, T patches, P numbers in a patch, D width, M hidden patches.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import random_batches
from ..data.messages import Split
from ..errors import DataError, DivergedError, SettingError
from ..model.body_contract import Base, Body, device_of
from ..model.heads import LinearHead
from ..model.layers import embedding, linear, use_generator
from ..model.precision import modes_kept, one_thread, products_in
from ..model.vision.vit import ViT, ViTConfig
from ..model.vision.wide_resnet import WideResNet, WideResNetConfig
from .pretrain import PretrainStep, Watch, one_cycle
from .recipe import Compute

EVALUATION_BATCH = 256
TURNS = 4  # upright, and turned by 90, 180 and 270 degrees
Task = Callable[[Base, torch.Tensor, torch.Generator], torch.Tensor]  # the loss of images (B, C, H, W)


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
    order = torch.rand(count, patches, generator=generator).argsort(1)
    return order.argsort(1) < many


def turned(images: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    """Each image (B, C, H, W) turned by so many right angles, `turns` (B,) from 0 to 3."""
    found = images.clone()
    for turn in range(1, TURNS):
        found[turns == turn] = images[turns == turn].rot90(turn, (2, 3))
    return found


def school_images(
    base: Base, items: Sequence[Any], task: Task, *, epochs: int, batch_size: int = 32, learning_rate: float = 2e-3,
    seed: int = 0, compute: Compute | None = None,
) -> Iterator[PretrainStep]:  # fmt: skip
    """Teach body and head the task on these images, yielding a PretrainStep after each step.

    AdamW under a cosine schedule; every draw comes from a generator of the schooling's own.
    """
    if not items:
        raise DataError("there are no images to learn from; give at least one")
    compute, generator = compute or Compute(), torch.Generator().manual_seed(seed)
    device = torch.device(compute.device or device_of(base))
    images = base.to(device).body.encode(items).tensors[0].to(device)
    use_generator(base, generator if device.type == "cpu" else torch.Generator(device).manual_seed(seed))
    optimizer = torch.optim.AdamW(base.parameters(), lr=learning_rate, fused=True)
    steps, step = epochs * math.ceil(len(images) / batch_size), 0
    with modes_kept(base):
        for epoch in range(1, epochs + 1):
            for index in random_batches(len(images), batch_size, generator):
                began = perf_counter()
                _set_rate(optimizer, learning_rate * one_cycle(step / steps))
                step += 1
                with one_thread(), products_in(compute.dtype, device):
                    loss = task(base.train(), images[index.to(device)], generator)
                yield PretrainStep(epoch, step, steps, _learn(optimizer, loss), perf_counter() - began)


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def _learn(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> float:
    optimizer.zero_grad()
    with one_thread():
        loss.backward()
        value = loss.item()
        if not math.isfinite(value):
            raise DivergedError(f"the schooling's loss became {value}; try a tenth of its learning rate")
        optimizer.step()
    return value


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
        _check(self.epochs, self.batch_size, self.learning_rate)
        if not 0.0 < self.share < 1.0:
            raise SettingError(f"share is {self.share}; give the share of the patches to hide, between 0 and 1")

    def base(self, split: Split, seed: int, watch: Watch | None = None) -> Base:
        """The base that has painted the split's images, labels unseen, on the CPU."""
        return _schooled(self, self.new(seed), self.task, split, seed, watch)

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
        _check(self.epochs, self.batch_size, self.learning_rate)
        if self.config.image[1] != self.config.image[2]:
            raise SettingError(f"image is {self.config.image}; a turned image must fit, so give square ones")

    def base(self, split: Split, seed: int, watch: Watch | None = None) -> Base:
        """The base that has turned the split's images, labels unseen, on the CPU."""
        return _schooled(self, self.new(seed), self.task, split, seed, watch)

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


@dataclass(frozen=True, slots=True)
class Unschooled:
    """A body with random weights: what a regime freezes of it has learned nothing."""

    config: ViTConfig | WideResNetConfig = field(default_factory=WideResNetConfig)

    def base(self, split: Split, seed: int, watch: Watch | None = None) -> Base:
        """Random weights, the same for the same seed."""
        return Base(new_image_body(self.config, torch.Generator().manual_seed(seed)), nn.Identity()).eval()

    def untrained(self) -> Base:
        """A base of the same sizes; it has seen as little."""
        return self.base(Split((), (), ()), 0)


def new_image_body(config: ViTConfig | WideResNetConfig, generator: torch.Generator) -> Body:
    """The body of these sizes, with random weights."""
    return ViT(config, generator) if isinstance(config, ViTConfig) else WideResNet(config, generator)


def images_to_read(split: Split) -> list[Any]:
    """What a body may look at before: training and unlabelled images, never one that is judged on."""
    return list(split.corpus) or [example.item for example in split.train] + list(split.unlabelled)


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


def _schooled(
    origin: MaskedPatches | Rotations, base: Base, task: Task, split: Split, seed: int, watch: Watch | None
) -> Base:
    for step in school_images(
        base, images_to_read(split), task, epochs=origin.epochs, batch_size=origin.batch_size,
        learning_rate=origin.learning_rate, seed=seed, compute=origin.compute,
    ):  # fmt: skip
        if watch is not None:
            watch(step)
    return base.cpu().eval()


def _check(epochs: int, batch_size: int, learning_rate: float) -> None:
    if epochs < 1 or batch_size < 1:
        raise SettingError(f"epochs is {epochs} and batch_size {batch_size}; give whole numbers of at least 1")
    if not 0.0 < learning_rate < math.inf:
        raise SettingError(f"learning_rate is {learning_rate}; give a number above 0, such as 0.002")
