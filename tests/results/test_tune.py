"""Tuning tries as much for every regime, by validation alone, and what it chose is in the result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from helpers import tiny_split

from headswap.data.messages import Message, Split
from headswap.data.sources import FixtureData
from headswap.errors import DataError
from headswap.model.body import BodyConfig
from headswap.regimes.named import REGIMES
from headswap.results import compare as comparing
from headswap.results.baselines import NgramsSpec
from headswap.results.compare import Desk, Failure, attempt, compare
from headswap.results.scores import scores
from headswap.results.tune import Grid, Tuning, choose, tunings, validation_loss
from headswap.training import spec as specs
from headswap.training.pretrain import Schooling
from headswap.training.recipe import Recipe
from headswap.training.spec import Cost, Result, RunSpec, run_spec, train_spec

SMALL = Schooling(BodyConfig(width=16, heads=2, max_len=16), epochs=1)


@dataclass(frozen=True)
class Few:
    """A few messages, their test labels turned round or not."""

    turned: bool = False
    validated: bool = True

    def split(self, seed: int) -> Split:
        split = tiny_split()
        test = tuple(Message(m.text, 1 - m.label) for m in split.test) if self.turned else split.test
        return replace(split, test=test, validation=split.validation if self.validated else ())


def spec(name: str = "full", **changes) -> RunSpec:
    return RunSpec(Few(**changes), REGIMES[name], Recipe(epochs=2, batch_size=16), SMALL)


def test_every_regime_and_the_ngrams_get_as_many_tries() -> None:
    grid = Grid()
    counts = {len(grid.candidates(spec(name))) for name in REGIMES} | {len(grid.candidates(NgramsSpec(Few())))}
    assert counts == {6}


def test_the_default_is_among_the_candidates_and_each_keeps_its_best_epoch() -> None:
    found = Grid().candidates(spec())
    assert all(c.recipe.keep == "best" and not c.tested for c in found if isinstance(c, RunSpec))
    assert (REGIMES["full"].learning_rate, 0.0) in {(c.recipe.learning_rate, c.recipe.dropout) for c in found}  # type: ignore[union-attr]


def test_a_candidate_is_not_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "tests_of", lambda split: pytest.fail("the test set was looked at"))
    result = run_spec(Grid().candidates(spec())[0])  # type: ignore[arg-type]
    assert result.judged == () and result.validation is not None


def test_the_choice_follows_validation_and_never_the_test() -> None:
    picks = []
    for turned in (False, True):
        found = [r for r in compare(Grid().candidates(spec(turned=turned))) if isinstance(r, Result)]
        losses = [validation_loss(r) for r in found]
        best = choose(found)
        assert best.tested and best.tried == 6
        assert replace(best, tested=False, tried=0) == found[losses.index(min(losses))].spec
        picks.append(best.recipe)  # type: ignore[union-attr]
    assert picks[0] == picks[1], "other test labels, the same choice"


def test_each_seed_and_regime_has_a_choice_of_its_own_stored_with_its_result() -> None:
    pytest.importorskip("sklearn")
    wanted = [spec("head-only"), replace(spec("head-only"), seed=1), NgramsSpec(Few(), 0), NgramsSpec(Few(), 0, 8)]
    best = [r for r in compare([Tuning(run) for run in wanted]) if isinstance(r, Result)]
    assert {(r.name, r.seed) for r in best} == {(run.name, run.seed) for run in wanted}
    rows = scores(best)
    assert {row.tried for row in rows} == {6}
    assert {row.as_json()["tried"] for row in rows} == {6}


@pytest.mark.parametrize("run", [spec(), NgramsSpec(Few())], ids=lambda run: run.name)
def test_the_tested_one_is_the_chosen_candidate_as_a_run_of_its_own_would_make_it(run: RunSpec | NgramsSpec) -> None:
    pytest.importorskip("sklearn")
    tried = [r for r in compare(Grid().candidates(run)) if isinstance(r, Result)]
    assert list(compare([Tuning(run)])) == list(compare([choose(tried)]))


def test_a_tuning_trains_each_candidate_once_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []
    monkeypatch.setattr(comparing, "train_spec", lambda s, *rest: trained.append(s) or train_spec(s, *rest))
    (result,) = compare([Tuning(spec())])
    assert isinstance(result, Result) and result.judged
    assert trained == Grid().candidates(spec())


def test_a_tuning_that_was_stopped_goes_on_where_it_stood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[RunSpec] = []

    def three(spec: RunSpec, *rest: Any) -> Any:
        if len(trained) == 3:
            raise KeyboardInterrupt
        trained.append(spec)
        return train_spec(spec, *rest)

    kept = replace(spec(), data=FixtureData(train=32))  # data that a stored result can name
    whole = list(compare([Tuning(kept)]))
    monkeypatch.setattr(comparing, "train_spec", three)
    with pytest.raises(KeyboardInterrupt):
        list(compare([Tuning(kept)], folder=tmp_path, resume=True))
    again: list[RunSpec] = []
    monkeypatch.setattr(comparing, "train_spec", lambda s, *rest: again.append(s) or train_spec(s, *rest))
    assert list(compare([Tuning(kept)], folder=tmp_path, resume=True)) == whole
    assert not set(again) & set(trained), "what was there is not tried again"
    again.clear()
    assert list(compare([Tuning(kept)], folder=tmp_path, resume=True)) == whole
    assert again == [], "a finished tuning trains nothing"


def test_a_candidate_that_diverges_is_out_and_a_tuning_in_which_all_do_has_diverged(tmp_path: Path) -> None:
    wild = replace(Grid(), rates=(1.0, 1e30), dropouts=(0.0,))
    (result,) = compare([Tuning(spec(), wild)])
    assert isinstance(result, Result) and result.spec.tried == 1  # type: ignore[attr-defined]
    none = attempt(Tuning(spec(), replace(wild, rates=(1e30,))), Desk(tmp_path))
    assert isinstance(none, Failure) and none.diverged


def test_the_longest_is_tuned_first_so_that_no_worker_ends_alone_with_it() -> None:
    runs = [spec("head-only"), spec("full")]
    took = [replace(r, cost=Cost(s)) for r, s in zip(compare(runs), (1.0, 9.0), strict=True) if isinstance(r, Result)]
    assert [t.name for t in tunings(runs, took)] == ["full", "head-only"]


def test_without_validation_messages_there_is_nothing_to_tune_on() -> None:
    with pytest.raises(DataError, match="has no validation messages"):
        choose([run_spec(spec(validated=False))])


def test_dropout_is_the_recipe_s_while_fine_tuning_and_the_pretrained_body_keeps_its_own() -> None:
    plain, dropped = (run_spec(replace(spec(), recipe=replace(spec().recipe, dropout=d))) for d in (None, 0.3))
    assert plain.epochs[0].train_loss != dropped.epochs[0].train_loss
    frozen = [run_spec(replace(spec("head-only"), recipe=replace(spec().recipe, dropout=d))) for d in (None, 0.3)]
    assert frozen[0].judged == frozen[1].judged, "a frozen body drops nothing"
