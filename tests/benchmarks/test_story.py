"""The story goes on where it was stopped, everybody reads the same bytes, and no test message chooses anything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import ROOT

from benchmarks import story, story_table
from benchmarks.story import Cell, bodies_first, carry_out, finished, plan, work
from benchmarks.story_data import NEW_WORDS, OWN, TEXTS, StoryData, validation_size
from benchmarks.story_table import Place, collect, parted
from headswap.data.messages import Message
from headswap.data.sources import split_of
from headswap.model.body import BodyConfig
from headswap.results.baselines import NgramsSpec
from headswap.results.compare import Work
from headswap.results.tune import Tuning
from headswap.training.spec import Result, RunSpec

TOY = BodyConfig(width=8, heads=1, depth=1)
CELLS = [Cell("fixture", 8, 10, TEXTS, name, 0) for name in ("n-grams", "frozen-random", "scratch")]


def tasks() -> list[Work]:
    return [work(cell, None, TOY) for cell in CELLS]


def run_of(task: Work) -> RunSpec | NgramsSpec:
    return task.run if isinstance(task, Tuning) else task


def all_done(folder: Path) -> list[Result | None]:
    return [finished(task, folder / "results") for task in tasks()]


def candidates(folder: Path) -> list[Path]:
    """The stored results that only served to choose settings."""
    found = (folder / "results").iterdir()
    return [path for path in found if not json.loads(path.read_text("utf-8"))["spec"]["tested"]]


def test_a_grid_that_was_stopped_goes_on_where_it_was_and_comes_to_the_same(tmp_path: Path) -> None:
    carry_out(tasks(), tmp_path / "twice", 1, "first", minutes=0)  # leaves after the first outcome
    before = {path: path.stat().st_mtime_ns for path in candidates(tmp_path / "twice")}
    assert [one is not None for one in all_done(tmp_path / "twice")] == [True, False, False]
    carry_out(tasks(), tmp_path / "twice", 1, "again")
    assert len(before) == 6
    assert all(path.stat().st_mtime_ns == before[path] for path in before), "what was there was not run again"
    carry_out(tasks(), tmp_path / "once", 1, "at once")
    assert all_done(tmp_path / "twice") == all_done(tmp_path / "once")
    assert None not in all_done(tmp_path / "twice")
    assert not [*tmp_path.rglob("*.part")]


def test_a_tuning_of_which_a_candidate_is_missing_is_not_finished(tmp_path: Path) -> None:
    carry_out(tasks()[:1], tmp_path, 1, "n-grams")
    tested = finished(tasks()[0], tmp_path / "results")
    assert tested is not None
    for path in (tmp_path / "results").iterdir():
        if json.loads(path.read_text("utf-8"))["spec"]["tested"]:
            path.unlink()
    assert finished(tasks()[0], tmp_path / "results") is None


def test_n_grams_read_the_bytes_that_the_body_reads_and_no_more() -> None:
    for cell in {cell for part in plan(1, sms=False).values() for cell in part}:
        run = run_of(work(cell, None))
        assert (run.max_len if isinstance(run, NgramsSpec) else run.body.config.max_len) == cell.max_len  # type: ignore[union-attr]


def test_no_test_message_chooses_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carry_out(tasks(), tmp_path / "true", 1, "true")
    honest, true_tests = all_done(tmp_path / "true"), StoryData.tests

    def lying(self: StoryData, seed: int) -> dict[str, tuple[Message, ...]]:
        return {
            name: tuple(Message(m.text, 1 - m.label) for m in part) for name, part in true_tests(self, seed).items()
        }

    monkeypatch.setattr(StoryData, "tests", lying)
    split_of.cache_clear()
    carry_out(tasks(), tmp_path / "false", 1, "false")
    for one, other in zip(honest, all_done(tmp_path / "false"), strict=True):
        assert one is not None and other is not None
        assert (one.spec, one.validation, one.judged[0].predictions) == (
            other.spec, other.validation, other.judged[0].predictions)  # fmt: skip
        assert one.judged[0].labels != other.judged[0].labels
    split_of.cache_clear()


@pytest.mark.parametrize("labels", [10, 40, 640])
@pytest.mark.parametrize("name", ["fixture", "order"])
def test_settings_are_chosen_on_as_few_messages_as_a_person_has_and_no_judged_text_was_read(
    name: str, labels: int
) -> None:
    split = StoryData(name, labels).split(1)
    assert (len(split.train), len(split.validation)) == (labels, validation_size(labels))
    assert len(split.validation) <= max(10, labels / 4)
    assert sum(m.label for m in split.train) * 2 == labels
    judged = {m.text for m in (*split.validation, *split.test)}
    assert not judged & {*split.corpus, *(m.text for m in split.train)}
    assert StoryData(name, 10).split(1).corpus == split.corpus, "labels change no body"
    assert len(set(split.corpus)) == TEXTS


def test_more_reading_goes_on_where_less_ended() -> None:
    for name in ("fixture", "order"):
        less, more = (StoryData(name, 10, texts).split(0).corpus for texts in (TEXTS, TEXTS + 500))
        assert more[:TEXTS] == less and len(set(more)) == TEXTS + 500


def test_new_words_are_new_to_everybody_and_change_nothing_else() -> None:
    data = StoryData("order", 640)
    own, new = data.tests(0).values()
    read = " ".join([*data.split(0).corpus, *(m.text for m in data.split(0).train)])
    changed = [(before.text, after.text) for before, after in zip(own, new, strict=True)]
    assert all(before != after and len(after) <= len(before) for before, after in changed)
    assert [m.label for m in own] == [m.label for m in new]
    assert not [words for _, words in NEW_WORDS if words in read.lower()]
    assert not [old for old, _ in NEW_WORDS for _, after in changed if old in after.lower()]


def test_a_body_is_schooled_once_however_many_runs_start_from_it() -> None:
    todo = [work(cell, None) for cell in plan(2, sms=False)["order"]]
    first, rest = bodies_first(todo)
    assert [run_of(task).seed for task in first] == [0, 1]
    assert len(first) + len(rest) == len(todo)


def test_what_was_said_of_all_tests_together_is_told_apart_again() -> None:
    carried = StoryData("fixture", 10)
    tests = carried.tests(0)
    together = [m for part in tests.values() for m in part]
    judged = story_table.judged_as("balanced", together, [m.label for m in together], [(0.5, 0.5)] * len(together))
    apart = parted(judged, tests)
    assert {name: len(one.keys) for name, one in apart.items()} == {name: len(part) for name, part in tests.items()}
    assert all(one.metrics.f1 == 1 for one in apart.values())
    assert apart[OWN].keys == judged.keys[: len(tests[OWN])]


def test_an_unfinished_grid_has_a_table_of_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = {"few": [*CELLS[:2], replace(CELLS[0], name="head-only")]}
    monkeypatch.setattr(story_table, "work", lambda cell, corpus: work(cell, corpus, TOY))
    carry_out(tasks()[:2], tmp_path, 1, "some")
    assert collect(some, None, tmp_path / "results") == {}  # nothing to compare with yet
    carry_out([work(some["few"][-1], None, TOY)], tmp_path, 1, "probe")
    found = collect(some, None, tmp_path / "results")
    assert [*found[Place("fixture", 8, TEXTS, 10)].said] == ["n-grams", "frozen-random", "head-only"]
    text = story_table.text(found, None)
    assert "F1 minus n-grams, paired" in text and str(tmp_path) not in text
    assert len(story_table.worth(found)) == 0, "8 bytes are not what the explorer shows"


def test_few_labels_are_gone_over_again_until_there_are_steps_enough() -> None:
    for labels in (10, 40, 160, 640):
        assert story.EPOCHS * story.passes(labels) * -(-labels // 32) >= story.STEPS


def test_the_figure_and_the_explorer_hold_the_same_numbers_and_no_path() -> None:
    rows = json.loads((ROOT / "figures" / "story.json").read_text("utf-8"))
    shown = json.loads(story_table.WORTH.read_text("utf-8"))
    assert shown and story_table.WORTH.stat().st_size < 20_000
    for one in shown:
        mine = [row for row in rows if all(row[k] == one[k] for k in ("set", "bytes", "labels")) and row["test"] == OWN]
        gaps = [row["ahead"]["head-only - frozen-random"] for row in mine]
        assert one["ahead"] in gaps
    assert "/" not in story_table.WORTH.read_text("utf-8")
