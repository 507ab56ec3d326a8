"""Heads for a second stage: a few latent numbers for each message, and for the variational head a spread around them.

Both are those of two-stage training, TST and V-TST (Jordahn and Olmos 2024, arXiv 2405.01196).
Shape letters: B batch, D width, Z latent numbers, M samples, C classes.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from .layers import Noise, linear

LATENT = 32  # Z
SAMPLES = 10  # M


class LatentHead(nn.Module):
    """TST's head: D to 3 Z, relu, Z latent numbers, and one linear layer from there to the C classes."""

    def __init__(self, width: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.mean = _path(width, generator)
        self.linear = linear(LATENT, classes, generator)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        return self.linear(self.mean(pooled))  # (B, Z) to (B, C)


class VariationalHead(nn.Module):
    """V-TST's head: it gives each latent number a mean and a variance, and classifies samples of it.

    While it trains, it draws one sample for each message from the run's generator. Otherwise it averages the
    probabilities of M samples and puts out their logarithm, so that a softmax gives them back. Those samples use noise
    that was drawn when the head was made, the same for every message: an answer depends on nothing but its message. The
    noise is stored with the weights.
    """

    noise: torch.Tensor

    def __init__(self, width: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.mean = _path(width, generator)
        self.spread = _path(width, generator)
        self.linear = linear(LATENT, classes, generator)
        self.drawn = Noise()
        self.register_buffer("noise", torch.randn(SAMPLES, LATENT, generator=generator))
        self.divergences: list[torch.Tensor] | None = None  # of the last training batches, while a loss asks for them

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return self.averaged(pooled, self.noise[:, None])
        mean, log_variance = self.latent(pooled)
        if self.divergences is not None:
            self.divergences.append(divergence(mean, log_variance))
        return self.linear(sample(mean, log_variance, self.drawn(mean)))

    def latent(self, pooled: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Means and log-variances of the latent numbers, (B, Z) each; a variance stays below 1, the prior's."""
        return self.mean(pooled), F.logsigmoid(self.spread(pooled))

    def averaged(self, pooled: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Log-probabilities (B, C): the logarithm of the mean softmax over M samples, with noise (M, B or 1, Z)."""
        logits = self.linear(sample(*self.latent(pooled), noise))  # (M, B, C)
        return logits.log_softmax(-1).logsumexp(0) - math.log(len(noise))


def sample(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """A draw from N(mean, variance) that a gradient can pass: the mean plus standard normal noise times the deviation.

    Kingma and Welling 2014 call this the reparametrisation trick.
    """
    return mean + (0.5 * log_variance).exp() * noise


def divergence(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """The Kullback-Leibler divergence of N(mean, variance) from N(0, I), in nats, (B,): 0 only where they are equal."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(-1)


def _path(width: int, generator: torch.Generator) -> nn.Sequential:
    """D to 3 Z, relu, Z."""
    wide = 3 * LATENT
    return nn.Sequential(
        linear(width, wide, generator, std=(2 / width) ** 0.5), nn.ReLU(),
        linear(wide, LATENT, generator, std=(1 / wide) ** 0.5),
    )  # fmt: skip
