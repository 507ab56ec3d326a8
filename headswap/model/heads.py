"""The only new thing: what turns one vector per message into one logit per class.

Shape letters: B batch, D width, C classes.
"""

from collections.abc import Callable

import torch
from torch import nn

from ..errors import SettingError
from .layers import linear


class LinearHead(nn.Module):
    """One linear layer, the linear probe: (B, D) to logits (B, C), with C * D weights and C biases.

    While a probe trains, the head may see each feature with mean 0 and deviation 1 (`standardise`); afterwards that is
    folded into its weights, and the answers stay the same.
    """

    mean: torch.Tensor | None
    scale: torch.Tensor | None

    def __init__(self, width: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.linear = linear(width, classes, generator)
        self.register_buffer("mean", None, persistent=False)
        self.register_buffer("scale", None, persistent=False)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        if self.mean is not None and self.scale is not None:
            pooled = (pooled - self.mean) / self.scale
        return self.linear(pooled)

    @torch.no_grad()
    def standardise(self, mean: torch.Tensor, scale: torch.Tensor) -> None:
        """From now on see (pooled - mean) / scale, both (D,), with weights that give the same answers as before."""
        self.linear.bias.add_(self.linear.weight @ mean)
        self.linear.weight.mul_(scale)
        self.mean, self.scale = mean, scale

    @torch.no_grad()
    def fold(self) -> None:
        """See the features as they are again: W / scale, and b - W mean / scale."""
        if self.mean is None or self.scale is None:
            return
        self.linear.weight.div_(self.scale)
        self.linear.bias.sub_(self.linear.weight @ self.mean)
        self.mean = self.scale = None


class MLPHead(nn.Module):
    """A small network of its own on the frozen features: D to D, relu, D to C; it can bend where a probe cannot."""

    def __init__(self, width: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.hidden = linear(width, width, generator, std=(2.0 / width) ** 0.5)  # He et al. 2015, for relu
        self.linear = linear(width, classes, generator)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.relu(self.hidden(pooled)))


Head = LinearHead | MLPHead

HEADS: dict[str, Callable[[int, int, torch.Generator], Head]] = {"linear": LinearHead, "mlp": MLPHead}


def new_head(name: str, width: int, classes: int, generator: torch.Generator) -> Head:
    """The head of that name for `classes` classes; SettingError names the ones there are."""
    if name not in HEADS:
        raise SettingError(f"head {name!r} is unknown; choose one of {', '.join(HEADS)}")
    if classes < 2:
        raise SettingError(f"a head for {classes} class has nothing to decide; give at least 2 classes")
    return HEADS[name](width, classes, generator)
