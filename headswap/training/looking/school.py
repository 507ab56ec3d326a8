"""The one loop that schools a body on images, whatever its task; and the body that had no schooling.

Shape letters: B batch, C channels, H height, W width.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol

import torch
from torch import nn

from ...data.batches import random_batches
from ...data.messages import Split
from ...errors import DataError, DivergedError, SettingError
from ...model.body_contract import Base, Body, device_of
from ...model.layers import use_generator
from ...model.precision import modes_kept, one_thread, products_in
from ...model.vision.vit import ViT, ViTConfig
from ...model.vision.wide_resnet import WideResNet, WideResNetConfig
from ..pretrain import PretrainStep, Watch, one_cycle
from ..recipe import Compute

Task = Callable[[Base, torch.Tensor, torch.Generator], torch.Tensor]  # the loss of images (B, C, H, W)


class Settings(Protocol):
    """How a schooling goes: its epochs, its batches in images, its learning rate, where and how precisely."""

    @property
    def epochs(self) -> int:
        """How many times it sees each image."""
        ...

    @property
    def batch_size(self) -> int:
        """Images in a batch."""
        ...

    @property
    def learning_rate(self) -> float:
        """AdamW's, at its highest."""
        ...

    @property
    def compute(self) -> Compute:
        """Where it runs, and the dtype of its products."""
        ...


def school_images(
    base: Base, items: Sequence[Any], task: Task, settings: Settings, seed: int = 0
) -> Iterator[PretrainStep]:
    """Teach body and head the task on these images, yielding a PretrainStep after each step.

    AdamW under a cosine schedule; every draw comes from a generator of the schooling's own.
    """
    if not items:
        raise DataError("there are no images to learn from; give at least one")
    compute, generator = settings.compute, torch.Generator().manual_seed(seed)
    device = torch.device(compute.device or device_of(base))
    images = base.to(device).body.encode(items).tensors[0].to(device)
    use_generator(base, generator if device.type == "cpu" else torch.Generator(device).manual_seed(seed))
    optimizer = torch.optim.AdamW(base.parameters(), lr=settings.learning_rate, fused=True)
    steps, step = settings.epochs * math.ceil(len(images) / settings.batch_size), 0
    with modes_kept(base):
        for epoch in range(1, settings.epochs + 1):
            for index in random_batches(len(images), settings.batch_size, generator):
                began = perf_counter()
                _set_rate(optimizer, settings.learning_rate * one_cycle(step / steps))
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


def schooled(base: Base, task: Task, split: Split, settings: Settings, seed: int, watch: Watch | None) -> Base:
    """The base after its schooling on the split's images, labels unseen, on the CPU and in eval mode."""
    for step in school_images(base, images_to_read(split), task, settings, seed):
        if watch is not None:
            watch(step)
    return base.cpu().eval()


def check_settings(settings: Settings) -> None:
    """SettingError for epochs, a batch or a learning rate that cannot be."""
    epochs, batch_size, rate = settings.epochs, settings.batch_size, settings.learning_rate
    if epochs < 1 or batch_size < 1:
        raise SettingError(f"epochs is {epochs} and batch_size {batch_size}; give whole numbers of at least 1")
    if not 0.0 < rate < math.inf:
        raise SettingError(f"learning_rate is {rate}; give a number above 0, such as 0.002")
