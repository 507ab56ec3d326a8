"""Linear layers through oneDNN's kernels, by the operator that torch.compile uses.

PyTorch hands float32 products to MKL, which on AMD runs at half of oneDNN's speed (CONTRIBUTING.md). The operator is
private to PyTorch, so it is tried once against F.linear, and left alone where it is missing or answers otherwise.
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd.function import FunctionCtx, once_differentiable

TOLERANCE = 1e-4  # of the probe's values and gradients, which are of the order of one


class OneDnnLinear(torch.autograd.Function):
    """The product (..., in) by (out, in) plus a bias (out,), and only those gradients that somebody asks for."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """Values (..., out)."""
        ctx.save_for_backward(x, weight)
        return _product(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Gradients of x, weight and bias; None for what is frozen: a frozen weight's would be a third of the work."""
        x, weight = ctx.saved_tensors  # type: ignore[attr-defined]
        for_x, for_weight, for_bias = ctx.needs_input_grad  # type: ignore[attr-defined]
        rows = grads[0].flatten(0, -2)  # (N, out)
        return (
            _product(grads[0], weight.t()) if for_x else None,
            _of_weight(x.flatten(0, -2), rows, weight.shape) if for_weight else None,
            rows.sum(0) if for_bias else None,
        )


class Linear(nn.Linear):
    """nn.Linear, through oneDNN on a CPU that has it: the same to float32's last digits."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(..., in) to (..., out)."""
        # One vector per message, as a head sees them, is not worth the detour.
        fits = input.is_cpu and input.dim() > 2 and input.dtype == self.weight.dtype == torch.float32
        if fits and not torch.is_autocast_enabled("cpu") and works():
            return OneDnnLinear.apply(input, self.weight, self.bias)  # type: ignore[return-value]
        return super().forward(input)


@cache
def works() -> bool:
    """Whether the operator is there and gives F.linear's values and gradients; tried once, at the first use."""
    if not torch.backends.mkldnn.is_available():
        return False
    try:
        with torch.inference_mode(False), torch.enable_grad():
            return _agrees()
    except (AttributeError, NotImplementedError, RuntimeError, TypeError):  # another PyTorch, another signature
        return False


def _agrees() -> bool:
    x, weight, bias = (torch.linspace(-1, 1, n).sin() for n in (2 * 3 * 8, 5 * 8, 5))
    ours, theirs = [], []
    for found, product in ((ours, OneDnnLinear.apply), (theirs, F.linear)):
        inputs = [x.view(2, 3, 8).clone(), weight.view(5, 8).clone(), bias.clone()]
        leaves = [tensor.requires_grad_() for tensor in inputs]
        y = product(*leaves)
        found += [y, *torch.autograd.grad(y, leaves, torch.ones_like(y))]  # type: ignore[arg-type]
    pairs = zip(ours, theirs, strict=True)
    return all(torch.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE) for a, b in pairs)


def _of_weight(x: torch.Tensor, grad: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """The gradient (out, in) of x (N, in) and grad (N, out); the shorter side first is the faster way round."""
    return _product(x.t(), grad.t()).t() if shape[0] > shape[1] else _product(grad.t(), x.t())


def _product(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
