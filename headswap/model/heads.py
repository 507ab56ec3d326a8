"""The only new thing: what turns one vector per message into one logit per class.

Shape letters: B batch, D width, C classes.
"""

from collections.abc import Callable

import torch
from torch import nn

from ..errors import SettingError
from .latent import LatentHead, VariationalHead
from .layers import linear


class LinearHead(nn.Module):
    """One linear layer, the linear probe: (B, D) to logits (B, C), with C * D weights and C biases.

    While a probe trains, the head may see each feature with mean 0 and deviation 1, and mixtures of them instead of
    the features themselves (`standardise`); afterwards that is folded into its weights, and the answers stay the same.
    """

    mean: torch.Tensor | None
    scale: torch.Tensor | None
    mix: torch.Tensor | None

    def __init__(self, width: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.linear = linear(width, classes, generator)
        for name in ("mean", "scale", "mix"):
            self.register_buffer(name, None, persistent=False)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        if self.mean is not None and self.scale is not None and self.mix is not None:
            pooled = (pooled - self.mean) / self.scale @ self.mix
        return self.linear(pooled)

    @torch.no_grad()
    def standardise(self, mean: torch.Tensor, scale: torch.Tensor, mix: torch.Tensor) -> None:
        """From now on see (pooled - mean) / scale, times mix (D, D), with weights that give the same answers as before.

        `mean` and `scale` are (D,); `mix` must have an inverse.
        """
        self.linear.bias.add_(self.linear.weight @ mean)
        self.linear.weight.copy_(torch.linalg.solve(mix.T, self.linear.weight * scale, left=False))
        self.mean, self.scale, self.mix = mean, scale, mix

    def standardised(self) -> torch.Tensor:
        """The weights (C, D) as they weigh the standardised features, whatever mixtures the head sees."""
        return self.linear.weight if self.mix is None else self.linear.weight @ self.mix.T

    def folded(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Weights and biases that give the same answers on the features as they are: W / scale, b - W mean / scale."""
        if self.mean is None or self.scale is None:
            return self.linear.weight, self.linear.bias
        weight = self.standardised() / self.scale
        return weight, self.linear.bias - weight @ self.mean

    @torch.no_grad()
    def fold(self) -> None:
        """See the features as they are again."""
        weight, bias = self.folded()
        self.linear.weight.copy_(weight)
        self.linear.bias.copy_(bias)
        self.mean = self.scale = self.mix = None


class MLPHead(nn.Module):
    """A small network of its own on the frozen features: D to D, relu, D to C; it can bend where a probe cannot."""

    def __init__(self, width: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.hidden = linear(width, width, generator, std=(2.0 / width) ** 0.5)  # He et al. 2015, for relu
        self.linear = linear(width, classes, generator)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.relu(self.hidden(pooled)))


class StackedHead(nn.Module):
    """Three linear layers that narrow, D to 20 to 10 to C, with a relu between them: lesson 05's feature head."""

    def __init__(self, width: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.first = linear(width, 20, generator, std=(2.0 / width) ** 0.5)
        self.second = linear(20, 10, generator, std=(2.0 / 20) ** 0.5)
        self.linear = linear(10, classes, generator)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.relu(self.second(torch.relu(self.first(pooled)))))


Head = LinearHead | MLPHead | StackedHead | LatentHead | VariationalHead

HEADS: dict[str, Callable[[int, int, torch.Generator], Head]] = {
    "linear": LinearHead,
    "mlp": MLPHead,
    "stacked": StackedHead,
}

# Heads that a second stage starts on features which have learned already; no menu offers them, as one has its own loss.
SECOND: dict[str, Callable[[int, int, torch.Generator], Head]] = {"latent": LatentHead, "variational": VariationalHead}


def new_head(name: str, width: int, classes: int, generator: torch.Generator) -> Head:
    """The head of that name for `classes` classes; SettingError names the ones there are."""
    known = HEADS | SECOND
    if name not in known:
        raise SettingError(f"head {name!r} is unknown; choose one of {', '.join(known)}")
    if classes < 2:
        raise SettingError(f"a head for {classes} class has nothing to decide; give at least 2 classes")
    return known[name](width, classes, generator)
