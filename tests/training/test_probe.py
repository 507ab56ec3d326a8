"""A linear probe converges, whatever the learner's epochs, and says how far from the best head it ended."""

from __future__ import annotations

import pytest
import torch
from helpers import tiny_base, tiny_split

from headswap.data.splits import fixture_split
from headswap.live.runs import Settings, tolerated
from headswap.model.body import BodyConfig, new_language_model
from headswap.model.heads import LinearHead
from headswap.model.optimum import _zero_sum, choose_l2, optimum
from headswap.model.probe import Probe
from headswap.regimes.named import PROBE_STEPS, REGIMES
from headswap.training.events import EpochDone, StageBegan, StageEnded
from headswap.training.recipe import Recipe
from headswap.training.run import run_regime


def ends(history) -> tuple[StageBegan, StageEnded]:
    (began,) = (e for e in history.events if isinstance(e, StageBegan))
    (ended,) = (e for e in history.events if isinstance(e, StageEnded))
    return began, ended


def problem(count: int, width: int, classes: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(count, width, generator=g, dtype=torch.float64)
    return x, (x[:, :classes] + torch.randn(count, classes, generator=g)).argmax(1)


@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_optimum_is_scikit_learn_s(classes: int, strength: float) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y = problem(300, 20, classes)
    ours = optimum(x, y, classes, 1 / (strength * len(y)))
    weights = ours.weight if classes > 2 else (ours.weight[1:] - ours.weight[:1])
    judge = linear_model.LogisticRegression(C=strength * (2 if classes == 2 else 1), tol=1e-10, max_iter=10_000)
    assert torch.as_tensor(judge.fit(x.numpy(), y.numpy()).coef_) == pytest.approx(weights, abs=1e-5)
    assert ours.weight.sum(0).abs().max() < 1e-9


def test_no_head_has_a_lower_objective_than_the_optimum() -> None:
    x, y = problem(60, 5, 3)
    best, g = optimum(x, y, 3, 0.01), torch.Generator().manual_seed(1)
    for _ in range(50):
        weight = best.weight + 0.05 * torch.randn(3, 5, generator=g).double()
        bias = best.bias + 0.05 * torch.randn(3, generator=g).double()
        loss = torch.nn.functional.cross_entropy(x @ weight.T + bias, y) + 0.005 * weight.square().sum()
        assert loss >= best.objective


def test_messages_that_can_be_told_apart_have_an_optimum_too() -> None:
    x, y = torch.tensor([[-1.0], [1.0]]).double(), torch.tensor([0, 1])
    best = optimum(x, y, 2, 1e-3)
    assert best.weight.isfinite().all() and 0 < best.objective < 0.1


def test_the_penalty_is_the_one_with_the_lowest_validation_loss() -> None:
    x, y = problem(40, 30, 2)
    held_out, truth = problem(400, 30, 2, seed=1)
    l2, floor = choose_l2(x, y, held_out, truth, 2)
    losses = {s: optimum(x, y, 2, 1 / (s * 40)).loss(held_out, truth) for s in (0.01, 0.1, 1.0, 10.0)}
    assert l2 == pytest.approx(1 / (40 * min(losses, key=lambda s: losses[s])))
    assert floor == pytest.approx(optimum(x, y, 2, l2).objective, abs=1e-8)


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_the_directions_of_a_head_add_up_to_zero(classes: int) -> None:
    basis = _zero_sum(classes)
    assert torch.allclose(basis.T @ basis, torch.eye(classes - 1).double())
    assert basis.sum(0).abs().max() < 1e-12


def test_standardising_and_folding_change_no_answer() -> None:
    g = torch.Generator().manual_seed(0)
    head, x = LinearHead(6, 3, g), 5 + 3 * torch.randn(40, 6, generator=g)
    before = head(x)
    head.standardise(x.mean(0), x.std(0), torch.randn(6, 6, generator=g))
    assert torch.allclose(head(x), before, atol=1e-5)
    head.fold()
    assert torch.allclose(head(x), before, atol=1e-5)
    assert set(head.state_dict()) == {"linear.weight", "linear.bias"}, "a head stays a head"


@pytest.mark.parametrize("epochs", [1, 3, 20])
@pytest.mark.parametrize("messages", [4, 20, 100])
def test_head_only_converges_however_few_the_messages_and_epochs(messages: int, epochs: int) -> None:
    base = new_language_model(BodyConfig(), seed=0)
    began, ended = ends(run_regime(base, fixture_split(train=messages), "head-only", Recipe(epochs=epochs)))
    assert began.floor is not None and ended.objective is not None
    assert began.steps >= PROBE_STEPS
    assert began.floor <= ended.objective + 1e-6 and ended.objective <= tolerated(began.floor)


def test_features_that_resemble_one_another_take_no_longer() -> None:
    """On eight bytes of a random body many features say the same; on standardised ones alone .6 % were left."""
    base = new_language_model(BodyConfig(max_len=8), seed=0)
    began, ended = ends(run_regime(base, fixture_split(seed=1), "head-only", Recipe(seed=1)))
    assert ended.objective <= 1.001 * began.floor


def test_the_last_epoch_s_loss_lies_above_the_floor() -> None:
    history = run_regime(tiny_base(), tiny_split(), "head-only", Recipe(epochs=4))
    began, _ = ends(history)
    losses = [e.train_loss for e in history.events if isinstance(e, EpochDone)]
    assert all(loss >= began.floor - 1e-6 for loss in losses)


def test_a_pool_with_weights_has_no_floor() -> None:
    began, ended = ends(run_regime(tiny_base(), tiny_split(), "head-only", Recipe(epochs=2, pool="attention")))
    assert began.floor is None and ended.objective is None


def test_the_head_is_a_plain_one_after_its_stage_even_when_stopped() -> None:
    from headswap.training.run import start_regime

    model, events = start_regime(tiny_base(), tiny_split(), REGIMES["head-only"], Recipe(epochs=2))
    for event in events:
        if isinstance(event, EpochDone):
            break
    assert model.head.mean is not None
    events.close()  # type: ignore[attr-defined]
    assert model.head.mean is None


def test_another_head_of_the_lab_learns_by_the_plain_loss() -> None:
    stage = Settings(regime="head-only", head="mlp").chosen_regime().stages[0]
    assert not isinstance(stage.loss, Probe) and stage.weight_decay is None


def test_keep_best_ends_with_the_weights_of_the_lowest_validation_loss() -> None:
    recipe = Recipe(epochs=8, learning_rate=0.02)
    last = run_regime(tiny_base(), tiny_split(), "full", recipe)
    from dataclasses import replace

    best = run_regime(tiny_base(), tiny_split(), "full", replace(recipe, keep="best"))
    losses = [e.validation_loss for e in last.epochs]
    assert [e.validation_loss for e in best.epochs] == losses, "the same run until its end"
    _, ended = ends(best)
    assert ended.kept == 1 + losses.index(min(losses)) < 8
    short = run_regime(tiny_base(), tiny_split(), "full", replace(recipe, keep="best"))
    data = [p.detach() for p in best.classifier.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(data, short.classifier.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(data, last.classifier.parameters(), strict=True))
