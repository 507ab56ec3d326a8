"""Two stages: everything learns, then a new head on features that no longer change, until it is best."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers import tiny_base, tiny_split
from test_contracts import state, with_batch_norm

from headswap.data.messages import Split
from headswap.model.body_contract import Base
from headswap.model.classifier import Classifier
from headswap.model.copies import lazy_copy
from headswap.model.heads import HEADS, SECOND
from headswap.model.latent import VariationalHead
from headswap.regimes.named import AFTER, REGIMES
from headswap.training.events import Event, StageBegan, StageEnded, StepDone
from headswap.training.loop import predict_logits
from headswap.training.recipe import Recipe
from headswap.training.run import encode, run_regime, start_regime
from headswap.weights.deltas import load_delta, save_delta

TWO_STAGED = [name for name, regime in REGIMES.items() if regime.group == AFTER]
QUICK = Recipe(epochs=4, batch_size=16, learning_rate=0.02)


def between(base: Base, split: Split, name: str, recipe: Recipe) -> tuple[Classifier, dict, list[Event]]:
    """The trained model, its body and pool as the first stage left them, and all events."""
    model, events = start_regime(base, split, name, recipe)
    found, after_first = [], {}
    for event in events:
        found.append(event)
        if isinstance(event, StageEnded) and event.stage == 0:
            after_first = {"body": state(model.body), "pool": state(model.pool)}
    return model, after_first, found


@pytest.mark.parametrize("name", TWO_STAGED)
@pytest.mark.parametrize("pool", ["mean", "attention"])
def test_the_second_stage_leaves_every_feature_as_it_was(name: str, pool: str) -> None:
    model, before, events = between(tiny_base(), tiny_split(), name, replace(QUICK, pool=pool))
    for part, tensors in before.items():
        now = model.get_submodule(part).state_dict()
        assert all(torch.equal(now[key], tensor) for key, tensor in tensors.items())
    second = [event for event in events if isinstance(event, StageBegan)][1]
    assert second.cached == "pooled vectors"
    assert second.learning == sum(p.numel() for p in model.head.parameters())


def test_the_second_stage_leaves_running_means_where_they_were() -> None:
    base, split = with_batch_norm()
    start = state(base.body)
    model, before, _ = between(base, split, "v-tst", replace(QUICK, epochs=2))
    means = [name for name in before["body"] if "running" in name]
    assert means and not any(torch.equal(before["body"][name], start[name]) for name in means)
    assert all(torch.equal(model.body.state_dict()[name], before["body"][name]) for name in before["body"])


@pytest.mark.parametrize("name", TWO_STAGED)
def test_the_second_stage_ends_with_its_best_validation_loss_whatever_the_recipe_keeps(name: str) -> None:
    (one, two), recipe = REGIMES[name].stages, Recipe(epochs=16, batch_size=16, keep="last")
    wild = replace(two, learning_rate=0.3, schedule="constant")  # so that it does not end where it is best
    regime = replace(REGIMES[name], stages=(replace(one, learning_rate=0.02), wild))
    history = run_regime(tiny_base(), tiny_split(), regime, recipe)
    first, second = ([e for e in history.epochs if e.stage == stage] for stage in (0, 1))
    ended = [event for event in history.events if isinstance(event, StageEnded)]
    losses = [e.validation_loss for e in second if e.validation_loss is not None]
    assert ended[0].kept == len(first)  # the first stage keeps what the recipe says: its last
    assert len(losses) == 4 and ended[1].kept == losses.index(min(losses)) + 1
    assert ended[1].kept < 4, "a test in which the last epoch is the best shows nothing"
    data = encode(tiny_split().validation, history.classifier)
    assert data is not None
    again = torch.nn.functional.cross_entropy(predict_logits(history.classifier, data), data.labels)
    assert again.item() == pytest.approx(min(losses), rel=1e-5)


def test_a_variational_run_is_the_same_every_time_and_can_be_copied_at_any_step() -> None:
    def one(watched: bool, seed: int = 0) -> list[float]:
        model, events = start_regime(tiny_base(), tiny_split(), "v-tst", replace(QUICK, epochs=2, seed=seed))
        losses = []
        for event in events:
            if isinstance(event, StepDone):
                losses.append(event.loss)
                if watched and event.step % 50 == 1:
                    torch.randn(3)
                    lazy_copy(model).eval()
        return losses

    assert one(False) == one(True) != one(False, seed=1)


@pytest.mark.parametrize("name", ["tst", "v-tst"])
def test_a_second_head_comes_back_from_its_delta_with_the_same_answers(name: str, tmp_path: Path) -> None:
    base, split = tiny_base(), tiny_split()
    history = run_regime(base, split, name, replace(QUICK, epochs=2))
    classifier, about = load_delta(save_delta(tmp_path / "second.safetensors", history, base), base)
    data = encode(split.test, classifier)
    assert data is not None
    assert torch.equal(predict_logits(classifier, data), predict_logits(history.classifier, data))
    assert (about.regime, about.head) == (name, REGIMES[name].stages[1].head)
    if isinstance(classifier.head, VariationalHead):
        assert "head.noise" in classifier.state_dict()


def test_every_head_is_offered_or_started_by_a_stage_of_its_own() -> None:
    started = {stage.head for regime in REGIMES.values() for stage in regime.stages} - {None}
    assert started == {*HEADS, *SECOND} and not {*HEADS} & {*SECOND}
