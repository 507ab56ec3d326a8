"""A comparison in a thread: the same numbers as headless, ended at once, and nothing finished lost."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, log_loss

from headswap.calibration.binning import ece, top_label
from headswap.calibration.scores import brier
from headswap.comparing.comparer import Comparer
from headswap.comparing.comparison import Comparison
from headswap.comparing.pace import expected, factor_of
from headswap.comparing.plan import Plan
from headswap.comparing.recorded import load_comparison, save_comparison
from headswap.comparing.stored import as_run
from headswap.comparing.summary import SCORES, Seen, cell_of, estimate
from headswap.comparing.tables import frame_of, picture_of
from headswap.comparing.told import rival_of, whole_told
from headswap.data.fixture import messages
from headswap.data.images.digits import DigitsData
from headswap.data.sources import FileData, split_of
from headswap.errors import DataError, DivergedError
from headswap.live.runs import Settings
from headswap.model.body import LanguageModel
from headswap.regimes.named import find_regime
from headswap.results import compare as comparing
from headswap.results.compare import compare
from headswap.results.pretrained import base_of
from headswap.results.scores import differences, scores
from headswap.training.looking.paint import MaskedPatches
from headswap.training.pretrain import perplexity
from headswap.training.recipe import Recipe
from headswap.training.spec import Result, RunSpec

SMALL = Settings(max_len=8, epochs=2, messages=40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compared")


@pytest.fixture(scope="module")
def plan(folder: Path) -> Plan:
    """Two regimes with two seeds, on a file: its few texts school a body in a moment, the practice messages do not."""
    path = folder / "mine.csv"
    rows = [f'{"spam" if message.label else "ham"},"{message.text}"' for message in messages(120)]
    path.write_text("label,text\n" + "\n".join(rows), "utf-8")
    return Plan(("head-only", "full"), 2, base=replace(SMALL, data=str(path)), file=FileData.of(path, (40, 20, 40)))


@pytest.fixture(scope="module")
def found(folder: Path, plan: Plan) -> Comparison:
    comparer = Comparer(lambda comparer, place: None, folder, workers=1)
    comparer.begin(plan)
    comparer.wait()
    assert comparer.phase == "idle" and comparer.comparison is not None
    return comparer.comparison


def heard_by(folder: Path, plan: Plan, workers: int = 1) -> tuple[Comparer, list[tuple[int, int]]]:
    places: list[tuple[int, int]] = []
    comparer = Comparer(lambda comparer, place: places.append(place) if place else None, folder, workers)
    comparer.begin(plan)
    return comparer, places


def test_the_lab_compares_as_compare_does_to_the_bit(found: Comparison, tmp_path: Path) -> None:
    headless = list(compare([*found.plan.runs()], folder=tmp_path))
    assert sorted(found.results.values(), key=lambda r: (r.seed, r.name)) == sorted(
        [r for r in headless if isinstance(r, Result)], key=lambda r: (r.seed, r.name)
    )


def test_two_workers_find_what_one_finds(found: Comparison, tmp_path: Path) -> None:
    comparer, places = heard_by(tmp_path, found.plan, workers=2)
    comparer.wait(120)
    assert comparer.comparison is not None and comparer.comparison.results == found.results
    assert sorted(places) == sorted(found.results)


def test_what_was_run_before_is_found_again(found: Comparison, folder: Path) -> None:
    begun = time.perf_counter()
    comparer, places = heard_by(folder, found.plan)
    comparer.wait()
    assert sorted(places) == sorted(found.results) and time.perf_counter() - begun < 2
    assert "4 of them from earlier" in comparer.sentence
    assert expected(found.plan, folder, 2).known == 4


def test_stop_ends_a_comparison_at_once_and_keeps_what_is_finished(plan: Plan, tmp_path: Path) -> None:
    """Nothing begins after it: no run is told of that was not finished before."""
    first = threading.Event()
    comparer = Comparer(lambda comparer, place: first.set() if place else None, tmp_path, workers=1)
    comparer.begin(replace(plan, seeds=20))
    assert first.wait(60)
    begun = time.perf_counter()
    comparer.stop()
    comparer.wait()
    assert time.perf_counter() - begun < 1
    kept = comparer.comparison
    assert kept is not None and 1 <= kept.done < 40 and comparer.phase == "stopped"
    assert set(kept.results.values()) <= set(by_json(tmp_path))


def by_json(folder: Path) -> list[Result]:
    from headswap import values
    from headswap.results.baselines import KINDS

    found = [values.from_json(path.read_text(), KINDS) for path in (folder / "results").glob("*.json")]
    return [result for result in found if isinstance(result, Result)]


def test_stop_ends_the_workers_without_waiting_for_their_runs(tmp_path: Path) -> None:
    comparer, _ = heard_by(tmp_path, Plan(("full",), 8, base=SMALL), workers=2)
    time.sleep(0.5)
    begun = time.perf_counter()
    comparer.stop()
    comparer.wait()
    assert time.perf_counter() - begun < 1.0 and comparer.phase == "stopped"


def test_a_run_that_fails_is_told_and_the_others_go_on(
    plan: Plan, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = comparing.train_spec

    def sometimes(spec: RunSpec, *more: Any) -> Any:
        if spec.recipe.learning_rate == 10.0:
            raise DivergedError("the loss is infinite")
        return whole(spec, *more)

    monkeypatch.setattr(comparing, "train_spec", sometimes)
    comparer, places = heard_by(folder, replace(plan, regimes=("full",), vary="learning_rate", values=(1e-3, 10.0)))
    comparer.wait()
    found = comparer.comparison
    assert found is not None and sorted(places) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert {failure.sentence for failure in found.failures.values()} == {"the loss is infinite"}
    assert sorted(found.results) == [(0, 0), (0, 1)] and "2 of them failed" in comparer.sentence


def test_the_scores_are_those_of_scikit_learn(found: Comparison) -> None:
    for result in found.results.values():
        (judged,) = result.judged
        p = np.array(judged.probabilities)
        p /= p.sum(1, keepdims=True)  # float32's rounding
        assert Seen(judged).score("f1") == pytest.approx(f1_score(judged.labels, judged.predictions, zero_division=0))
        assert Seen(judged).score("average_precision") == pytest.approx(average_precision_score(judged.labels, p[:, 1]))
        assert Seen(judged).score("loss") == pytest.approx(log_loss(judged.labels, p), abs=1e-4)


def test_what_is_shown_is_what_the_tables_print(found: Comparison) -> None:
    """One way to an interval: the lab's cells are `results/scores.py`'s differences."""
    cell = cell_of(found, 1, 0, "balanced")
    table = differences(scores([*found.results.values()]), "balanced", "head-only")["full"]
    assert cell is not None
    assert cell.ahead["f1"] == (table[0], *table[1])


def test_no_rival_no_difference(found: Comparison) -> None:
    cell = cell_of(found, 0, 0, "balanced")
    assert cell is not None and cell.ahead == {} and set(cell.means) == set(SCORES)


def test_every_mean_lies_in_its_interval(found: Comparison) -> None:
    for number in (0, 1):
        cell = cell_of(found, number, 1 - number, "balanced")
        assert cell is not None
        for mean, low, high in (*cell.means.values(), *cell.ahead.values()):
            assert low <= mean <= high


def test_one_seed_has_an_interval_by_the_luck_of_the_messages(found: Comparison) -> None:
    mean, low, high = estimate([Seen(found.results[0, 0].judged[0])], "loss")
    assert low < mean < high


@given(st.integers(1, 3), st.integers(1, 4), st.data())
@settings(deadline=None, max_examples=30)
def test_of_a_sweep_each_is_held_against_the_rivals_regime_at_its_own_value(
    regimes: int, values: int, data: st.DataObject
) -> None:
    names = ("head-only", "full", "scratch")[:regimes]
    plan = Plan(names, 1, "epochs", tuple(range(1, values + 1)))
    candidate, rival = (data.draw(st.integers(0, len(plan.candidates) - 1)) for _ in "ab")
    other = rival_of(plan, candidate, rival)
    assert other is not None
    assert plan.candidates[other].value == plan.candidates[candidate].value
    assert plan.candidates[other].regime == plan.candidates[rival].regime


def test_a_recorded_comparison_opens_as_it_was_and_trains_nothing(
    found: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_comparison(found, tmp_path / "kept.json")
    monkeypatch.setattr("headswap.training.run.train_classifier", lambda *a, **k: pytest.fail("something was trained"))
    again = load_comparison(path)
    told = whole_told(found, 0, "balanced")
    assert again.told == json.loads(json.dumps(told)) and again.done == 4
    assert again.plan == found.plan and again.results == found.results
    assert whole_told(again, 1, "balanced") == whole_told(found, 1, "balanced")


def test_a_recorded_comparison_opens_without_reading_its_results(found: Comparison, tmp_path: Path) -> None:
    path = save_comparison(found, tmp_path / "kept.json")
    path.write_text(path.read_text().partition("\n")[0] + "\nno result at all")
    again = load_comparison(path)
    assert again.told is not None and again.tests == ("balanced",)
    with pytest.raises(DataError, match="does not fit"):
        again.results  # noqa: B018


@pytest.mark.parametrize("content", ["", "{}", '{"form": "headswap comparison 1"}', "[1]", "\ufffd"])
def test_a_file_that_holds_no_comparison_is_told(content: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=r"other\.json"):
        load_comparison(path)


def test_a_point_opens_as_the_run_that_it_was(found: Comparison) -> None:
    run = as_run(found, 1, 1, id=7)
    result = found.results[1, 1]
    assert list(run.epochs) == list(result.epochs) and run.id == 7 and run.settings.seed == 1
    told = run.told.whole()
    assert told["truths"] == "".join(str(label) for label in result.validation.labels)  # type: ignore[union-attr]
    assert len(told["epochs"][-1]["p"]) == len(told["truths"]) and told["compared"] == [1, 1]


def test_digits_are_compared_and_a_point_opens_with_their_pictures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("headswap.comparing.plan.SKETCHER", MaskedPatches(epochs=1, batch_size=512))
    plan = Plan(("head-only", "frozen-random"), 1, "messages", (20, 40), replace(SMALL, data="digits"))
    expects = expected(plan, tmp_path, 1)
    comparer, _ = heard_by(tmp_path, plan)
    comparer.wait()
    found = comparer.comparison
    assert found is not None and len(found.results) == 4 and comparer.sentence.startswith("4 of 4 runs, in")
    assert len([*(tmp_path / "bases").iterdir()]) == 1, "one body, however many digits have labels"
    assert expects.known == 0 and expected(plan, tmp_path, 1).seconds == 0
    run = as_run(found, 1, 0, id=1)
    assert len(run.pictures) == len(run.held_out) == 160 and run.held_out[0][0].startswith("1: a ")


def test_a_body_is_schooled_once_however_many_labels_are_walked_along(tmp_path: Path) -> None:
    specs = [RunSpec(DigitsData(many), find_regime(name), Recipe(epochs=1), MaskedPatches(epochs=1, batch_size=512))
             for many in (20, 40) for name in ("head-only", "full")]  # fmt: skip
    asked: list[str] = []

    class Noting(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            asked.append(fn.__name__)
            return super().submit(fn, *args, **kwargs)

    with Noting(2) as executor:
        assert len([*compare(specs, executor, folder=tmp_path)]) == 4
    assert sorted(asked) == ["_school", *["attempt"] * 4]


def test_a_frozen_body_forgets_nothing_and_a_thawed_one_does(found: Comparison, folder: Path) -> None:
    head, full = (found.results[number, 0] for number in (0, 1))
    assert isinstance(head.spec, RunSpec)
    texts = [message.text for message in split_of(head.spec.data, 0).validation]
    base = base_of(head.spec, folder / "bases").base
    assert isinstance(base, LanguageModel) and head.perplexity == perplexity(base, texts) != full.perplexity


def test_the_table_has_a_row_for_each_run(found: Comparison) -> None:
    table = frame_of(found)
    assert len(table) == 4 and set(table["regime"]) == {"head-only", "full"}
    assert {"f1", "loss", "seconds", "bytes", "perplexity", "seed"} <= set(table.columns)
    first, judged = table.iloc[0], found.results[0, 0].judged[0]
    assert first["ece"] == ece(top_label(np.array(judged.probabilities), judged.labels))
    assert first["brier"] == brier(np.array(judged.probabilities), judged.labels) and 0 < first["ece_luck"] < 1


def test_the_still_says_in_words_what_it_shows(found: Comparison) -> None:
    picture = picture_of(found, "f1", rival=0)
    assert "full" in picture.alt and "Ahead of head-only" in picture.alt


def test_the_still_marks_each_seed_on_the_test_set_that_its_means_are_of(found: Comparison) -> None:
    twice = Comparison(found.plan)
    for result in found.results.values():
        other = replace(result.judged[0], test="natural", metrics=replace(result.judged[0].metrics, f1=0.25))
        twice.take(replace(result, judged=(result.judged[0], other)))
    lines = picture_of(twice, "f1", 0, "natural").axes[0].lines
    marks = [line for line in lines if line.get_marker() == "|"]
    assert len(marks) == 2 and {float(x) for line in marks for x in line.get_xdata()} == {0.25}  # type: ignore[union-attr]


def test_the_still_puts_names_side_by_side_and_joins_none(found: Comparison) -> None:
    """Each regime at each pool is a mark and a bar of its own, and no two of them lie over each other."""
    plan = replace(found.plan, vary="pool", values=("mean", "cls"))
    pools = Comparison(plan)
    for (candidate, seed), result in found.results.items():
        for value in range(2):
            # Its spec says another pool, and the picture asks by number.
            pools.results[2 * candidate + value, seed] = result
    left = picture_of(pools, "f1", rival=0).axes[0]
    assert [label.get_text() for label in left.get_xticklabels()] == ["mean", "cls"]
    along = [[float(x) for x in np.asarray(line.get_xdata())] for line in left.lines]
    marks = [xs[0] for xs in along if len(xs) == 1]
    assert len(set(marks)) == 4 and sorted(map(round, marks)) == [0, 0, 1, 1]
    assert all(len(set(xs)) == 1 for xs in along)


def test_the_estimate_follows_what_the_machine_took(found: Comparison) -> None:
    slow = factor_of(found.results.values())
    assert slow > 0 and factor_of([], 3.0) == 3.0


def test_where_nothing_can_be_kept_the_learner_is_told(plan: Plan, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    comparer, _ = heard_by(blocked, plan)
    comparer.wait()
    kept = comparer.comparison
    assert kept is not None and not kept.results
    told = comparer.sentence + "".join(failure.sentence for failure in kept.failures.values())
    assert "cannot be written" in told
