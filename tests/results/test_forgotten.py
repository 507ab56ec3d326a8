"""How far a body moved and what it forgot: measured by hand, exact where nothing moved, and harmless."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from headswap import (
    REGIMES,
    Classifier,
    History,
    Recipe,
    StageEnded,
    drift,
    forgotten,
    new_language_model,
    perplexity,
    put_back,
    run_regime,
)
from headswap.data.messages import Split
from headswap.data.splits import fixture_split
from headswap.errors import SettingError
from headswap.model.body import BodyConfig
from headswap.model.inserts.attach import hosts_of
from headswap.results.report import report
from headswap.results.scores import scores
from headswap.training.pretrain import Schooling
from headswap.training.spec import RunSpec, run_spec

WHOLE = fixture_split()
SPLIT = Split(WHOLE.train[:64], WHOLE.validation[:32], WHOLE.test[:32])
TEXTS = [message.text for message in SPLIT.test]
BASE = new_language_model(BodyConfig(width=8, heads=2), 0)


@dataclass(frozen=True)
class Few:
    """A few messages, whatever the seed."""

    def split(self, seed: int) -> Split:
        return SPLIT


def history(regime: str, seed: int = 0) -> History:
    return run_regime(BASE, SPLIT, regime, Recipe(epochs=2, seed=seed))


def ran(regime: str) -> Classifier:
    return history(regime).classifier


def test_a_place_has_moved_by_the_length_of_its_whole_change_over_the_length_it_began_with() -> None:
    model = ran("full")
    found = drift(model, BASE)
    assert [*found] == ["embedding", "block[0]", "block[1]", "norm", "body"]

    def flat(one, prefix: str) -> torch.Tensor:
        return torch.cat([p.detach().flatten() for name, p in one.body.named_parameters() if name.startswith(prefix)])

    for place, prefix in (("embedding", "embed_"), ("block[0]", "blocks.0."), ("norm", "norm."), ("body", "")):
        was, now = flat(BASE, prefix), flat(model, prefix)
        assert found[place] == pytest.approx(float((now - was).norm() / was.norm()), rel=1e-5)


def test_what_is_frozen_has_not_moved_at_all() -> None:
    assert set(drift(ran("head-only"), BASE).values()) == {0.0}
    assert set(drift(ran("lora"), BASE).values()) == {0.0}
    last = drift(ran("last-block"), BASE)
    assert last["embedding"] == last["block[0]"] == 0.0 < last["block[1]"]


def test_every_stage_ends_by_saying_how_far_the_body_has_come_since_the_run_began() -> None:
    probe, full = (event for event in history("lp-ft").events if isinstance(event, StageEnded))
    assert set(dict(probe.moved).values()) == {0.0}
    assert dict(full.moved) == drift(ran("lp-ft"), BASE)
    assert history("lp-ft").drift == dict(full.moved)["body"] > 0


def test_a_body_drawn_at_random_is_measured_from_its_own_start() -> None:
    assert 0 < (history("scratch", seed=1).drift or 0) < 0.5  # from BASE, another draw, it would be about 1.4
    assert history("frozen-random", seed=1).drift == 0.0


@pytest.mark.parametrize("regime", ["head-only", "mlp-head", "lora", "prompt", "prefix", "ia3", "adapters-pfeiffer"])
def test_a_frozen_body_has_forgotten_nothing_once_inserts_are_off_exactly(regime: str) -> None:
    found = forgotten(ran(regime), BASE, TEXTS)
    assert found.off == found.before == perplexity(BASE, TEXTS)
    assert (found.after == found.before) == (regime in ("head-only", "mlp-head"))
    assert found.factor == found.after / found.before


def test_norms_that_learned_stay_changed_when_the_adapters_are_off() -> None:
    found = forgotten(ran("adapters-houlsby"), BASE, TEXTS)
    assert found.before != found.off != found.after


def test_asking_takes_nothing_off_the_classifier_and_changes_no_weight() -> None:
    model = ran("lora")
    before = [p.clone() for p in (*model.parameters(), *BASE.parameters())]
    found = forgotten(model, BASE, TEXTS)
    assert hosts_of(model.body) and found.after == perplexity(put_back(model, BASE.head), TEXTS)
    assert all(torch.equal(a, b) for a, b in zip(before, (*model.parameters(), *BASE.parameters()), strict=True))


def test_another_bodys_base_is_refused() -> None:
    other = new_language_model(BodyConfig(width=8, heads=2, depth=3), 0)
    with pytest.raises(SettingError, match=r"the base has a weight blocks.2.norm1.weight that this body lacks"):
        drift(ran("head-only"), other)


def test_the_report_says_what_is_left_of_the_language_and_nothing_of_a_random_body() -> None:
    config, data = Schooling(BodyConfig(width=8, heads=2, max_len=16), epochs=1), Few()
    results = [run_spec(RunSpec(data, REGIMES[name], Recipe(epochs=1), config, seed))
               for name in ("full", "scratch") for seed in (0, 1)]  # fmt: skip
    found = scores(results)
    left = [result.perplexity or 0.0 for result in results[:2]]
    assert [score.perplexity for score in found] == [*left, None, None]
    said = report(found[:2], ("ham", "spam"))
    middle = (left[0] * left[1]) ** 0.5
    assert f"perplexity {middle:.2f} on validation texts (over 2 seeds {min(left):.2f} to {max(left):.2f})" in said
    assert "perplexity" not in report(found[2:], ("ham", "spam"))


def test_the_report_says_how_far_the_body_moved_and_that_a_frozen_one_did_not() -> None:
    config, data = Schooling(BodyConfig(width=8, heads=2, max_len=16), epochs=1), Few()
    results = [run_spec(RunSpec(data, REGIMES[name], Recipe(epochs=1), config, seed))
               for name in ("full", "head-only") for seed in (0, 1)]  # fmt: skip
    far = [100 * (result.drift or 0.0) for result in results[:2]]
    said = f"moved by {sum(far) / 2:.1f} % of its length (over 2 seeds {min(far):.1f} % to {max(far):.1f} %)"
    assert said in report(scores(results[:2]), ("ham", "spam"))
    assert "the body did not move" in report(scores(results[2:]), ("ham", "spam"))
