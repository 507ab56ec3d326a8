"""Calibration errors, temperatures, divergences and draws as learners write them: three right, three wrong of each."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

Function = Callable[..., Any]
RIGHT: dict[str, tuple[Function, Function, Function]] = {}
WRONG: dict[str, tuple[tuple[str, Function], ...]] = {}
MORE: dict[str, tuple[tuple[str, Function], ...]] = {}  # wrong ones that learners have really written


# ---- ece


def between_edges(probabilities, labels, bins):
    """Bins that hold their upper edge, as in the code of Guo and colleagues."""
    confidence, verdict = probabilities.max(dim=1)
    right, error = verdict.eq(labels), torch.zeros(1)
    edges = torch.linspace(0, 1, bins + 1)
    for low, high in pairwise(edges.tolist()):
        inside = confidence.gt(low) & confidence.le(high)
        if inside.float().mean() > 0:
            gap = right[inside].float().mean() - confidence[inside].mean()
            error += gap.abs() * inside.float().mean()
    return error


def in_numpy(probabilities, labels, bins):
    p, y = probabilities.numpy(), labels.numpy()
    top, right = p.max(1), p.argmax(1) == y
    place = np.minimum((top * bins).astype(int), bins - 1)
    sums = [np.bincount(place, weights=w, minlength=bins) for w in (top, right)]
    return np.abs(sums[0] - sums[1]).sum() / len(y)


def message_by_message(probabilities, labels, bins):
    claimed, true = [0.0] * bins, [0] * bins
    for row, label in zip(probabilities.tolist(), labels.tolist(), strict=True):
        p = max(row)
        k = min(int(p * bins), bins - 1)
        claimed[k] += p
        true[k] += row.index(p) == label
    return sum(abs(a - b) for a, b in zip(claimed, true, strict=True)) / len(labels)


def below_one(probabilities, labels, bins):
    confidence, verdict = probabilities.max(1)
    error = 0.0
    for k in range(bins):
        inside = (confidence >= k / bins) & (confidence < (k + 1) / bins)
        if inside.any():
            gap = confidence[inside].mean() - (verdict == labels)[inside].float().mean()
            error += float(gap.abs() * inside.sum())
    return error / len(labels)


def all_bins_alike(probabilities, labels, bins):
    p, y = probabilities.numpy(), labels.numpy()
    place = np.minimum((p.max(1) * bins).astype(int), bins - 1)
    gaps = [abs(p.max(1)[place == k].mean() - (p.argmax(1) == y)[place == k].mean()) for k in set(place.tolist())]
    return float(np.mean(gaps))


def of_the_positive_class(probabilities, labels, bins):
    spam = torch.stack([1 - probabilities[:, 1], probabilities[:, 1]], 1)
    place = (spam[:, 1] * bins).long().clamp(max=bins - 1)
    there = [place == k for k in range(bins) if (place == k).any()]
    return sum(abs(spam[h, 1].mean() - (labels[h] == 1).float().mean()).item() * h.sum().item() for h in there) / len(
        labels
    )


RIGHT["ece"] = between_edges, in_numpy, message_by_message
WRONG["ece"] = (
    ("Your last bin leaves out a probability of exactly 1.0", below_one),
    ("All your bins count alike", all_bins_alike),
    ("You use class 1's probability", of_the_positive_class),
)


# ---- temperature


def tried_out(validation, test):
    logits, labels = validation
    best = min((k / 200 for k in range(20, 2000)), key=lambda T: F.cross_entropy(logits / T, labels).item())
    return best, torch.softmax(test[0] / best, dim=1)


def by_lbfgs(validation, test):
    logits, labels = validation
    T = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([T], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(logits / T, labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    return T, F.softmax(test[0] / T, 1)


def by_the_library(validation, test):
    from headswap.calibration.temperature import fit_temperature, tempered

    T = fit_temperature(validation[0].numpy(), validation[1].numpy())
    return [T, tempered(test[0].numpy(), T)]


def as_in_published_code(validation, test):
    """Fifty steps of LBFGS at a rate of 0.01, from 1: they end too soon."""
    logits, labels = validation
    T = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([T], lr=0.01, max_iter=50)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(logits / T, labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    return T.item(), (test[0] / T).softmax(1)


def most_verdicts_right(validation, test):
    logits, labels = validation
    T = max(torch.arange(0.5, 5, 0.01).tolist(), key=lambda T: (F.softmax(logits / T, 1).argmax(1) == labels).sum())
    return T, (test[0] / T).softmax(1)


def peeking(validation, test):
    return tried_out(test, test)


RIGHT["temperature"] = tried_out, by_lbfgs, by_the_library
WRONG["temperature"] = (
    ("You fit T on the test messages", peeking),
    ("Your T is the same for both models", most_verdicts_right),
    ("Your T has left 1, but it hasn't arrived", as_in_published_code),
)


# ---- kl


def by_torch(mean, log_variance):
    mine = Normal(mean, torch.exp(log_variance / 2))
    return kl_divergence(mine, Normal(torch.zeros_like(mean), torch.ones_like(mean))).mean(dim=1)


def from_kingma_and_welling(mean, log_variance):
    return -0.5 * torch.sum(1 + log_variance - mean**2 - log_variance.exp(), dim=1) / mean.shape[1]


def number_by_number(mean, log_variance):
    rows = []
    for m, lv in zip(mean, log_variance, strict=True):
        rows.append(sum((a * a + torch.exp(b) - 1 - b) / 2 for a, b in zip(m, lv, strict=True)) / len(m))
    return torch.stack(rows)


RIGHT["kl"] = by_torch, from_kingma_and_welling, number_by_number
WRONG["kl"] = (
    (
        "You treat log_variance as the variance",
        lambda mean, variance: 0.5 * (mean**2 + variance - 1 - torch.log(variance)).mean(1),
    ),
    ("The half is missing", lambda mean, lv: torch.mean(mean**2 + torch.exp(lv) - lv - 1, dim=-1)),
    ("You add up the batch", lambda mean, lv: from_kingma_and_welling(mean, lv).sum()),
)


# ---- sample


def by_rsample_of_nothing(mean, log_variance, noise):
    deviation = torch.sqrt(torch.exp(log_variance))
    return mean + deviation * noise


RIGHT["sample"] = (
    by_rsample_of_nothing,
    lambda mean, log_variance, noise: torch.addcmul(mean, torch.exp(log_variance / 2), noise),
    lambda mean, log_variance, noise: noise * torch.exp(log_variance) ** 0.5 + mean,
)
WRONG["sample"] = (
    ("exp(log_variance) is the variance", lambda mean, lv, noise: mean + torch.exp(lv) * noise),
    ("You draw noise of your own", lambda mean, lv, noise: Normal(mean, torch.exp(lv / 2)).rsample()),
    (
        "Your draw has no gradient",
        lambda mean, lv, noise: torch.tensor(mean.tolist()) + (lv.detach() / 2).exp() * noise,
    ),
)


def into_the_noise(mean, log_variance, noise):
    noise *= log_variance.exp().sqrt()
    noise += mean
    return noise


MORE["kl"] = (
    ("Only mean² is halved", lambda mean, lv: (0.5 * mean**2 + torch.exp(lv) - 1 - lv).mean(1)),
    (
        "(2 * log_variance).exp() is the variance squared",
        lambda mean, lv: (mean**2 + lv.exp() ** 2 - 1 - lv).mean(1) / 2,
    ),
    ("exp(log_variance / 2) is the deviation", lambda mean, lv: (mean**2 + lv.exp().sqrt() - 1 - lv).mean(1) / 2),
    ("log_variance squared isn't the variance", lambda mean, lv: 0.5 * (mean**2 + lv**2 - 1 - lv).mean(-1)),
    ("You take log_variance for the variance", lambda mean, lv: 0.5 * (mean**2 + lv - 1 - lv).mean(-1)),
    (
        "Your numbers are right, but their shape is (B, 1)",
        lambda mean, lv: 0.5 * (mean**2 + lv.exp() - 1 - lv).mean(1, keepdim=True),
    ),
    ("NumPy can't follow gradients", lambda mean, lv: 0.5 * (mean**2 + np.exp(lv) - 1 - lv).mean(1)),
    ("You change mean or log_variance in place", lambda mean, lv: 0.5 * (mean**2 + lv.exp_() - 1 - lv).mean(1)),
    ("kl(mean) doesn't fit: it's called as kl(mean, log_variance).", lambda mean: mean.square().mean(1)),
)
MORE["sample"] = (
    ("Your function changes the noise it was given", into_the_noise),
    ("That's the mean itself", lambda mean, lv, noise: mean),
    ("The deviation is missing", lambda mean, lv, noise: mean + noise),
    ("You add the noise to the deviation", lambda mean, lv, noise: mean + torch.exp(lv / 2) + noise),
    ("That's half the variance", lambda mean, lv, noise: mean + lv.exp() / 2 * noise),
    ("(2 * log_variance).exp() is the variance squared", lambda mean, lv, noise: mean + lv.exp() ** 2 * noise),
    ("NumPy can't follow gradients", lambda mean, lv, noise: mean + np.exp(lv / 2) * noise),
    ("You change mean or log_variance in place", lambda mean, lv, noise: mean.add_((lv / 2).exp() * noise)),
    ("sample(mean, lv) doesn't fit: it's called as sample(mean, log_variance, noise).", lambda mean, lv: mean + lv),
)
