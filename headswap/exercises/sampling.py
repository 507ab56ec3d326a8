"""Lesson 12: a head that draws samples. How far its latent numbers are from N(0, 1), and a draw that can learn.

Shape letters: B batch, Z latent numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .answers import Function, Probe, same
from .exercise import Exercise, Trap


def kl(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """The divergence of N(mean, variance) from N(0, 1), in nats, averaged over each message's Z numbers; (B,)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean(-1)


def sample(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """A draw from N(mean, variance) made of standard normal noise, so that gradients reach mean and variance."""
    return mean + (0.5 * log_variance).exp() * noise


# ---- wrong on purpose: the divergence


def _variance(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return 0.5 * (mean.square() + log_variance - 1 - log_variance.log()).mean(-1)


def _twice_the_logarithm(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return kl(mean, 2 * log_variance)


def _deviation(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return 0.5 * (mean.square() + (0.5 * log_variance).exp() - 1 - log_variance).mean(-1)


def _negative(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return -kl(mean, log_variance)


def _one_sign(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return 0.5 * (mean.square() + log_variance.exp() - 1 + log_variance).mean(-1)


def _no_half(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return 2 * kl(mean, log_variance)


def _no_one(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return kl(mean, log_variance) + 0.5


def _not_squared(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return 0.5 * (mean + log_variance.exp() - 1 - log_variance).mean(-1)


def _summed_over_z(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return kl(mean, log_variance) * mean.shape[-1]


def _summed_over_all(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return _summed_over_z(mean, log_variance).sum()


def _summed_over_the_batch(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return kl(mean, log_variance).sum()


def _averaged_over_the_batch(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return kl(mean, log_variance).mean()


def _down_the_columns(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return kl(mean.T, log_variance.T)


def _each_number(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return kl(mean[..., None], log_variance[..., None])


def _half_of_the_mean_alone(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return (0.5 * mean.square() + log_variance.exp() - 1 - log_variance).mean(-1)


def _exp_of_twice(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return 0.5 * (mean.square() + (2 * log_variance).exp() - 1 - log_variance).mean(-1)


def _logarithm_squared(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return 0.5 * (mean.square() + log_variance.square() - 1 - log_variance).mean(-1)


def _logarithm_as_variance(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return 0.5 * (mean.square() + log_variance - 1 - log_variance).mean(-1)


def _kept_dimension(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return kl(mean, log_variance)[:, None]


def _in_numpy(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor | None = None) -> object:
    return np.exp(log_variance)  # pyright: ignore[reportArgumentType, reportCallIssue]


def _in_place(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor | None = None) -> torch.Tensor:
    return mean.mul_(log_variance)


def _detached_divergence(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    return kl(mean, log_variance).detach()


# ---- wrong on purpose: the draw


def _spread_is_variance(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return mean + log_variance.exp() * noise


def _spread_is_the_logarithm(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return mean + log_variance * noise


def _spread_is_its_root(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return mean + log_variance.sqrt() * noise


def _own_noise(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    generator = torch.Generator()
    generator.seed()
    return sample(mean, log_variance, torch.randn(mean.shape, generator=generator))


def _detached(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return sample(mean, log_variance, noise).detach()


def _detached_spread(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return sample(mean, log_variance.detach(), noise)


def _detached_mean(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return sample(mean.detach(), log_variance, noise)


def _no_noise(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return mean + (0.5 * log_variance).exp()


def _mean_alone(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return mean + 0 * log_variance


def _mean_itself(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return mean


def _noise_unscaled(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return mean + noise


def _noise_added(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return mean + (0.5 * log_variance).exp() + noise


def _half_the_variance(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return mean + 0.5 * log_variance.exp() * noise


def _spread_is_variance_squared(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return mean + (2 * log_variance).exp() * noise


def _into_the_noise(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return noise.mul_(0)


def _no_mean(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return (0.5 * log_variance).exp() * noise


def _minus(mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    return mean - (0.5 * log_variance).exp() * noise


# ---- the questions

NO_NUMPY = "NumPy can't follow gradients. Use torch's own functions, such as log_variance.exp()."
NOT_IN_PLACE = "You change mean or log_variance in place, and then gradients can't reach them. Make a new tensor."

MEAN, LOG_VARIANCE = ((1.0, -0.5, 2.0), (0.0, 0.25, -1.5)), ((-0.5, -2.0, -0.1), (0.3, -1.0, -3.0))
POSITIVE = ((0.5, 1.0), (0.4, 2.0))  # log-variances that have a logarithm themselves
NOISE = ((0.7, -1.2, 0.1), (2.0, -0.3, 0.9))


def _divergence(mean: tuple[tuple[float, ...], ...], log_variance: tuple[tuple[float, ...], ...]) -> Probe:
    def ask(function: Callable[..., Any]) -> dict[str, object]:
        given = [torch.tensor(one, requires_grad=True) for one in (mean, log_variance)]
        answer = function(*given)
        return {"KL": _detached_of(answer), **_gradients(answer, given)}

    return Probe(f"kl(mean, log_variance) with mean {list(mean)} and log_variance {list(log_variance)}", ask)


def _gradients(answer: object, given: list[torch.Tensor]) -> dict[str, object]:
    """What of the answer's sum reaches mean and log-variance: none where the path is cut."""
    names = ("gradient of mean", "gradient of log_variance")
    if not isinstance(answer, torch.Tensor) or not answer.requires_grad:
        return dict.fromkeys(names, "none")
    found = torch.autograd.grad(answer.sum(), given, allow_unused=True)
    return {name: "none" if one is None else one for name, one in zip(names, found, strict=True)}


def _detached_of(answer: object) -> object:
    return answer.detach() if isinstance(answer, torch.Tensor) else answer


def _draw(function: Function) -> dict[str, object]:
    """A draw and its gradients; whoever draws noise of their own answers differently when asked again."""
    given = [torch.tensor(one, requires_grad=True) for one in (MEAN, LOG_VARIANCE)]
    noises = [torch.tensor(NOISE) for _ in range(2)]
    answer, again = (function(*given, noise) for noise in noises)
    if not torch.equal(noises[0], torch.tensor(NOISE)):
        return {"noise, after the call": "changed"}
    draws, twice = map(_detached_of, (answer, again))
    if isinstance(draws, torch.Tensor) and isinstance(twice, torch.Tensor) and not same(draws, twice):
        return {"asked twice with the same noise": "two different draws"}
    return {"draw": draws, **_gradients(answer, given)}


KL = Exercise(
    kl,
    (_divergence(MEAN, LOG_VARIANCE), _divergence(((0.5, -1.0), (0.0, 2.0)), POSITIVE)),
    (
        Trap(_variance, "You treat log_variance as the variance and take its logarithm. It's the logarithm already: "
             "the variance is log_variance.exp()."),
        Trap(_twice_the_logarithm, "You treat log_variance as the logarithm of the deviation. The variance is "
             "log_variance.exp(), without a 2."),
        Trap(_deviation, "exp(log_variance / 2) is the deviation. The formula has the variance: log_variance.exp()."),
        Trap(_negative, "The sign is wrong. A divergence is never below 0, and training makes it small: yours would "
             "push the latent numbers away from N(0, 1)."),
        Trap(_one_sign, "You add the log-variance. Subtract it: a small variance must cost something."),
        Trap(_no_half, "The half is missing."),
        Trap(_no_one, "The 1 is missing: with mean 0 and variance 1 the divergence must be 0."),
        Trap(_not_squared, "Square the mean: it costs the same on either side of 0."),
        Trap(_summed_over_z, "You add up the Z latent numbers. Take their mean, or a head with more of them is pulled "
             "harder."),
        Trap(_summed_over_all, "You add up everything. Return a number for each message: the mean over its Z latent "
             "numbers."),
        Trap(_summed_over_the_batch, "You add up the batch. Return a number for each message, (B,); the loss takes the "
             "mean itself."),
        Trap(_averaged_over_the_batch, "You average over the batch as well. Return a number for each message, (B,)."),
        Trap(_down_the_columns, "You average over the messages. Average over each message's latent numbers, dim -1."),
        Trap(_each_number, "That's one for each latent number. Take the mean over each message's Z numbers, dim -1."),
        Trap(_half_of_the_mean_alone, "Only mean² is halved. The half belongs to the whole sum: 0.5 * (mean**2 + "
             "variance - 1 - log_variance)."),
        Trap(_exp_of_twice, "(2 * log_variance).exp() is the variance squared. The variance is log_variance.exp()."),
        Trap(_logarithm_squared, "log_variance squared isn't the variance. The variance is log_variance.exp()."),
        Trap(_logarithm_as_variance, "You take log_variance for the variance, and then it cancels. The variance is "
             "log_variance.exp()."),
        Trap(_kept_dimension, "Your numbers are right, but their shape is (B, 1). Return (B,): leave out "
             "keepdim=True."),
        Trap(_in_numpy, NO_NUMPY),
        Trap(_in_place, NOT_IN_PLACE),
        Trap(_detached_divergence, "Your numbers are right, but they have no gradient: no detach, no item, no "
             "no_grad."),
    ),
    (
        "The variance is log_variance.exp(). With mean 0 and log-variance 0 the result is 0.",
        "For one latent number: half of mean² + variance - 1 - log-variance.",
        "Return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).mean(-1).",
    ),
    "It's 0 at mean 0 and variance 1, it grows with every step away from there, and it doesn't depend on Z.",
)  # fmt: skip

SAMPLE = Exercise(
    sample,
    (Probe(f"sample(mean, log_variance, noise) with mean {list(MEAN)}, log_variance {list(LOG_VARIANCE)}, "
           f"noise {list(NOISE)}", _draw),),
    (
        Trap(_spread_is_variance, "exp(log_variance) is the variance. Noise is multiplied by the deviation, its root: "
             "(0.5 * log_variance).exp()."),
        Trap(_spread_is_the_logarithm, "You multiply by the log-variance itself. Noise is multiplied by the deviation: "
             "(0.5 * log_variance).exp()."),
        Trap(_spread_is_its_root, "log_variance.sqrt() has no value below 0. The deviation is "
             "(0.5 * log_variance).exp()."),
        Trap(_own_noise, "You draw noise of your own, so the same run would come out differently each time. Use the "
             "noise that you're given."),
        Trap(_detached, "Your draw has no gradient, so neither mean nor variance can learn: no detach, no no_grad, no "
             "torch.normal."),
        Trap(_detached_spread, "No gradient reaches the log-variance, so the spread can't learn. Don't detach it."),
        Trap(_detached_mean, "No gradient reaches the mean, so it can't learn. Don't detach it."),
        Trap(_into_the_noise, "Your function changes the noise it was given: *= and += write into it. Make a new "
             "tensor: mean + deviation * noise."),
        Trap(_in_numpy, NO_NUMPY),
        Trap(_in_place, NOT_IN_PLACE),
        Trap(_mean_itself, "That's the mean itself, and the other two have no say. Add the deviation times the noise."),
        Trap(_noise_unscaled, "The deviation is missing: every draw gets a deviation of 1. Multiply the noise by "
             "(0.5 * log_variance).exp()."),
        Trap(_noise_added, "You add the noise to the deviation. Multiply them: a wide distribution stretches the "
             "noise."),
        Trap(_half_the_variance, "That's half the variance. The deviation is its root, so the half goes inside: "
             "(0.5 * log_variance).exp()."),
        Trap(_spread_is_variance_squared, "(2 * log_variance).exp() is the variance squared. The deviation is the "
             "variance's root: (0.5 * log_variance).exp()."),
        Trap(_no_noise, "You add the deviation and forget the noise: multiply them."),
        Trap(_mean_alone, "That's the mean itself. Add the deviation times the noise."),
        Trap(_no_mean, "The mean is missing: noise times deviation lies around 0."),
        Trap(_minus, "You subtract. As a draw that's fine, but here the noise is given: add deviation times noise."),
    ),
    (
        "Scale the noise to the right width, then shift it to the right place.",
        "The width is the standard deviation, the root of the variance: (0.5 * log_variance).exp().",
        "Return mean + (0.5 * log_variance).exp() * noise.",
    ),
    "A draw with its noise given: random, repeatable, and gradients reach both mean and variance.",
)  # fmt: skip
