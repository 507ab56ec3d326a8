"""Layers whose first weights, dropout and noise come from the run's own generator.

PyTorch's constructors draw from the global generator, so a run would depend on whatever was drawn before it.
Here a layer is made empty and then filled from the generator that is passed in.
"""

from typing import cast

import torch
from torch import nn
from torch.nn.utils import skip_init

from .onednn import Linear

INIT_STD = 0.02  # GPT-2's, for its width of 768


def width_std(width: int) -> float:
    """GPT-2's starting scale carried over to another width: 0.02 * sqrt(768 / width), 0.07 at width 64.

    With 0.02 at width 64 attention and feed-forward start as almost nothing, and the body as a bag of bytes.
    """
    return INIT_STD * (768 / width) ** 0.5


def linear(fan_in: int, fan_out: int, generator: torch.Generator, *, std: float = INIT_STD) -> nn.Linear:
    """A linear layer with normal(0, std) weights and zero biases; maps (..., fan_in) to (..., fan_out)."""
    layer = cast(nn.Linear, skip_init(Linear, fan_in, fan_out))
    with torch.no_grad():
        layer.weight.normal_(0.0, std, generator=generator)
        layer.bias.zero_()
    return layer


def embedding(rows: int, width: int, generator: torch.Generator) -> nn.Embedding:
    """A table of `rows` learned vectors, normal(0, width_std); maps (...) indices to (..., width)."""
    layer = cast(nn.Embedding, skip_init(nn.Embedding, rows, width))
    with torch.no_grad():
        layer.weight.normal_(0.0, width_std(width), generator=generator)
    return layer


def convolution(fan_in: int, fan_out: int, size: int, stride: int, generator: torch.Generator) -> nn.Conv2d:
    """A convolution of `size` by `size` pixels without biases, started as He et al. (2015) do for relu.

    Maps (B, fan_in, H, W) to (B, fan_out, H / stride, W / stride), sides rounded up.
    """
    # Under torch.device("meta") a large network is counted for nothing; the generator is the CPU's.
    device = "meta" if torch.get_default_device().type == "meta" else "cpu"
    made = skip_init(nn.Conv2d, fan_in, fan_out, size, stride=stride, padding=size // 2, bias=False, device=device)
    layer = cast(nn.Conv2d, made)
    with torch.no_grad():
        layer.weight.normal_(0.0, (2.0 / (fan_in * size * size)) ** 0.5, generator=generator)
    return layer


class Dropout(nn.Module):
    """Zeroes a share `p` of its input while training, drawn from the generator that the run hands in."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.p == 0.0 or not self.training:
            return x
        if self.generator is None:
            raise RuntimeError("Dropout needs the run's generator; call use_generator(model, generator) first.")
        kept = torch.rand(x.shape, generator=self.generator, device=x.device) >= self.p
        return x * kept / (1.0 - self.p)


class Noise(nn.Module):
    """Standard normal numbers of its input's shape, drawn from the generator that the run hands in."""

    def __init__(self) -> None:
        super().__init__()
        self.generator: torch.Generator | None = None

    def forward(self, like: torch.Tensor) -> torch.Tensor:
        if self.generator is None:
            raise RuntimeError("Noise needs the run's generator; call use_generator(model, generator) first.")
        return torch.randn(like.shape, generator=self.generator, device=like.device, dtype=like.dtype)


def use_generator(model: nn.Module, generator: torch.Generator) -> None:
    """Let every Dropout and Noise in `model` draw from `generator`."""
    for module in model.modules():
        if isinstance(module, Dropout | Noise):
            module.generator = generator


def set_dropout(model: nn.Module, p: float) -> None:
    """Let every Dropout in `model` zero a share `p`."""
    for module in model.modules():
        if isinstance(module, Dropout):
            module.p = p
