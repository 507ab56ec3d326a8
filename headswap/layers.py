"""Layers whose first weights, and whose dropout, come from the run's own generator.

PyTorch's constructors draw from the global generator, so a run would depend on whatever was drawn before it.
Here a layer is made empty and then filled from the generator that is passed in.
"""

from typing import cast

import torch
from torch import nn
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.nn.utils import skip_init

INIT_STD = 0.02  # GPT-2's, for its width of 768


def width_std(width: int) -> float:
    """GPT-2's starting scale carried over to another width: 0.02 * sqrt(768 / width), 0.07 at width 64.

    With 0.02 at width 64 attention and feed-forward start as almost nothing, and the body as a bag of bytes.
    """
    return INIT_STD * (768 / width) ** 0.5


def linear(fan_in: int, fan_out: int, generator: torch.Generator, *, std: float = INIT_STD) -> nn.Linear:
    """A linear layer with normal(0, std) weights and zero biases; maps (..., fan_in) to (..., fan_out)."""
    layer = cast(nn.Linear, skip_init(nn.Linear, fan_in, fan_out))
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


class _Gelu(torch.autograd.Function):
    """GPT-2's gelu as x * sigmoid(u), u = k (x + c x^3), with its derivative by hand.

    It is the tanh form to the last digit. On a CPU PyTorch's own takes 14 % of full fine-tuning, this one 5 %.
    """

    k, c = 2 * (2 / torch.pi) ** 0.5, 0.044715

    @staticmethod
    def forward(ctx: FunctionCtx, x: torch.Tensor) -> torch.Tensor:
        square = x * x
        gate = torch.addcmul(x, square, x, value=_Gelu.c).mul_(_Gelu.k).sigmoid_()
        y = x * gate
        if ctx.needs_input_grad[0]:  # type: ignore[attr-defined]
            # dy/dx = gate + x gate (1 - gate) u'; kept instead of its parts, which would not fit the CPU's cache
            slope = torch.addcmul(y, y, gate, value=-1)
            slope = slope.addcmul_(slope, square, value=3 * _Gelu.c)
            ctx.save_for_backward(gate.add_(slope, alpha=_Gelu.k))
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, *grads: torch.Tensor) -> torch.Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        (slope,) = ctx.saved_tensors  # type: ignore[attr-defined]
        return grads[0] * slope


def gelu(x: torch.Tensor) -> torch.Tensor:
    """A soft relu: x times the chance that a standard normal is below it, in GPT-2's approximation."""
    return _Gelu.apply(x)  # type: ignore[return-value]


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


def use_generator(model: nn.Module, generator: torch.Generator) -> None:
    """Let every Dropout in `model` draw from `generator`."""
    for module in model.modules():
        if isinstance(module, Dropout):
            module.generator = generator
