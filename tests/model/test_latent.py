"""Heads of a second stage: the divergence, the samples, and answers that stay the same."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from helpers import tiny_classifier, tiny_split

from headswap.data.batches import Batch, ClassificationDataset
from headswap.errors import SettingError
from headswap.model.copies import lazy_copy
from headswap.model.heads import SECOND, new_head
from headswap.model.latent import LATENT, SAMPLES, VariationalHead, divergence, sample
from headswap.model.layers import Noise, use_generator
from headswap.model.variational import Variational


def drawn(seed: int = 0, rows: int = 6, columns: int = 16) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


def variational(classes: int = 3) -> VariationalHead:
    """A head whose answers hang on the noise: a class for each direction of the latent numbers."""
    head = new_head("variational", 16, classes, torch.Generator().manual_seed(0))
    assert isinstance(head, VariationalHead)
    with torch.no_grad():
        head.linear.weight.copy_(drawn(1, classes, LATENT) / 4)
    return head.eval()


def test_the_divergence_is_pytorchs_own() -> None:
    mean, log_variance = drawn(0), drawn(1)
    judge = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, (0.5 * log_variance).exp()), torch.distributions.Normal(0.0, 1.0)
    )
    torch.testing.assert_close(divergence(mean, log_variance), judge.sum(1), rtol=1e-5, atol=2e-6)
    assert torch.equal(divergence(torch.zeros(2, 5), torch.zeros(2, 5)), torch.zeros(2))


def test_a_sample_has_the_mean_and_the_variance_that_were_asked_for() -> None:
    mean, log_variance = drawn(0, 1, 4), drawn(1, 1, 4)
    found = sample(mean, log_variance, drawn(2, 20_000, 4))
    torch.testing.assert_close(found.mean(0), mean[0], rtol=0, atol=0.05)
    torch.testing.assert_close(found.var(0), log_variance.exp()[0], rtol=0.05, atol=0)


@torch.no_grad()
def test_an_answer_is_the_mean_softmax_of_the_samples() -> None:
    head, pooled = variational(), drawn()
    mean, log_variance = head.latent(pooled)
    each = [head.linear(sample(mean, log_variance, noise)).softmax(1) for noise in head.noise]
    torch.testing.assert_close(head(pooled).softmax(1), torch.stack(each).mean(0))
    torch.testing.assert_close(head(pooled).exp().sum(1), torch.ones(6))
    assert len(head.noise) == SAMPLES and (log_variance < 0).all()


@torch.no_grad()
def test_the_luck_of_an_average_shrinks_like_1_over_the_samples() -> None:
    head, pooled, generator = variational(), drawn(), torch.Generator().manual_seed(3)

    def spread(many: int) -> float:
        noise = torch.randn(400, many, 6, LATENT, generator=generator)
        return torch.stack([head.averaged(pooled, one).exp() for one in noise]).var(0).mean().item()

    one, ten, forty = spread(1), spread(10), spread(40)
    assert one > 1e-3
    assert one / ten == pytest.approx(10, rel=0.2) and one / forty == pytest.approx(40, rel=0.2)


@torch.no_grad()
@pytest.mark.parametrize("name", SECOND)
def test_an_answer_hangs_on_its_message_alone(name: str) -> None:
    head, pooled = new_head(name, 16, 3, torch.Generator().manual_seed(0)).eval(), drawn()
    before = torch.get_rng_state()
    together = head(pooled)
    torch.testing.assert_close(torch.cat([head(row[None]) for row in pooled]), together)
    assert torch.equal(head(pooled), together) and torch.equal(torch.get_rng_state(), before)
    assert torch.equal(copy.deepcopy(head)(pooled), together)


def test_a_head_in_training_draws_from_the_runs_generator_and_from_no_other() -> None:
    head, pooled, before = variational().train(), drawn(), torch.get_rng_state()
    found = []
    for seed in (0, 0, 1):
        use_generator(head, torch.Generator().manual_seed(seed))
        found.append(head(pooled))
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])
    assert torch.equal(torch.get_rng_state(), before)
    with pytest.raises(RuntimeError, match="Noise needs the run's generator"):
        Noise()(pooled)


def test_the_loss_is_the_cross_entropy_of_the_sample_and_the_divergence_over_z() -> None:
    model, data = tiny_classifier(head="variational"), ClassificationDataset(tiny_split().train[:8], 24)
    use_generator(model, torch.Generator().manual_seed(0))
    model.objective = Variational().begin(model, lambda: pytest.fail("it needs no features"))  # type: ignore[arg-type]
    logits = model.train()(data.ids, data.mask)
    head, pooled = model.head, model.features(data.ids, data.mask)
    assert isinstance(head, VariationalHead)
    apart = divergence(*head.latent(pooled)).mean() / LATENT
    truth = -logits.log_softmax(1)[torch.arange(8), data.labels].mean()
    loss = model.loss(logits, Batch((), data.labels))
    assert loss.item() == pytest.approx((truth + apart).item(), rel=1e-5) and apart.item() > 0.01
    loss.backward()
    assert all(parameter.grad is not None for parameter in head.parameters())
    lazy_copy(model)  # nothing is kept that cannot be copied
    model.objective.end(model)
    model(data.ids, data.mask)
    assert head.divergences is None


def test_without_its_loss_a_variational_head_still_learns_to_classify() -> None:
    head = variational().train()
    use_generator(head, torch.Generator().manual_seed(0))
    assert head(drawn()).shape == (6, 3) and head.divergences is None
    assert math.isfinite(head(drawn()).sum().item())


def test_the_loss_refuses_another_head() -> None:
    with pytest.raises(SettingError, match="for a variational head, this is a LinearHead; give the stage the other"):
        Variational().begin(tiny_classifier(), lambda: pytest.fail("not asked"))  # type: ignore[arg-type]
