"""What a learner has passed is kept on their machine: whole, in one small file, and never at the cost of a check."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import platformdirs
import pytest

from headswap import exercises
from headswap.exercises import kept
from headswap.exercises.course import COURSE, progress
from headswap.exercises.exercise import Exercise
from lessons import build

SHARED = Path(os.environ[kept.PLACE])  # before any test has named another
EXERCISES = {name: value for name, value in vars(exercises).items() if isinstance(value, Exercise)}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "own" / "progress.json"
    monkeypatch.setenv(kept.PLACE, str(path))
    return path


def passed() -> list[str]:
    return [name for _, name, done in progress().rows if done]


def test_tests_never_touch_the_real_home() -> None:
    """The place that `conftest.py` gives to every test and to what it starts lies in this run's own folder."""
    assert SHARED.parent == Path(os.environ["HEADSWAP_TESTS"])


def test_the_file_is_in_the_users_own_data_folder_unless_the_environment_names_another(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kept.progress_file() == place
    monkeypatch.delenv(kept.PLACE)
    assert kept.progress_file() == platformdirs.user_data_path("headswap") / "progress.json"


def test_the_course_lists_every_exercise_under_the_lesson_that_asks_for_it() -> None:
    listed = {one.name: lesson for lesson, ones in COURSE.items() for one in ones}
    assert listed.keys() == EXERCISES.keys()
    for path in build.lessons():
        asked = [*dict.fromkeys(re.findall(r"^exercises\.(\w+)\.check\(", path.read_text("utf-8"), re.MULTILINE))]
        assert [one.name for one in COURSE.get(path.stem.split("_")[0], ())] == asked


def test_a_passed_check_is_recorded_and_stays_so(place: Path) -> None:
    assert passed() == []
    assert not place.exists(), "nothing is written for a look"
    assert exercises.decode.check(exercises.decode.reference).note == ""
    exercises.decide.check(exercises.decide.reference)
    assert passed() == ["decide", "decode"]
    exercises.decode.check(lambda ids: "wrong now")
    assert passed() == ["decide", "decode"]
    assert json.loads(place.read_text("utf-8")) == {"passed": ["decide", "decode"]}


def test_only_a_pass_is_recorded(place: Path) -> None:
    exercises.decode.check(lambda ids: ...)
    exercises.decode.check(lambda ids: bytes(ids).decode())
    assert not place.exists()


def test_progress_is_a_table_in_words() -> None:
    exercises.decode.check(exercises.decode.reference)
    shown = exercises.progress()
    lines = repr(shown).splitlines()
    assert lines[0] == f"1 of {len(EXERCISES)} exercises passed."
    assert lines[1] == "00   ○ decide"
    assert "01   ○ pad_and_mask, ✓ decode" in lines
    page = shown._repr_html_()
    assert f">1 of {len(EXERCISES)} exercises passed.</caption>" in page
    assert "✓ decode" in page and page.count("○") == len(EXERCISES) - 1, "a sign"
    assert 'aria-label="decode, passed"' in page, "and words"
    assert page.count('scope="row"') == len({lesson for lesson, *_ in shown.rows})


DAMAGES = [b"", b"{", b"[1]", b'{"passed": "all"}', b'{"passed": [1]}', b"\xff\xfe", b"null", b"[" * 100_000]


@pytest.mark.parametrize("damage", DAMAGES, ids=range(len(DAMAGES)))
def test_a_damaged_file_is_replaced_and_said_so(place: Path, damage: bytes) -> None:
    place.parent.mkdir()
    place.write_bytes(damage)
    assert kept.WAITING in repr(progress())
    assert kept.WAITING in progress()._repr_html_()
    verdict = exercises.decode.check(exercises.decode.reference)
    assert verdict
    assert repr(verdict).endswith(kept.DAMAGED)
    assert kept.DAMAGED in verdict._repr_html_()
    assert passed() == ["decode"]
    assert progress().note == ""


def test_what_another_version_knows_is_kept_and_not_shown(place: Path) -> None:
    place.parent.mkdir()
    place.write_text('{"passed": ["to_come"]}', "utf-8")
    exercises.decode.check(exercises.decode.reference)
    assert json.loads(place.read_text("utf-8")) == {"passed": ["decode", "to_come"]}
    assert passed() == ["decode"]


@pytest.mark.parametrize("stop", ["mkdir", "write_bytes", "replace"])
def test_a_home_that_cannot_be_written_costs_no_pass_and_leaves_nothing(
    place: Path, stop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Path, *given: object, **named: object) -> None:
        if stop == "write_bytes":
            self.touch()
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, stop, refused)
    verdict = exercises.decode.check(exercises.decode.reference)
    assert verdict
    assert verdict.note.startswith("Your progress cannot be kept here (Read-only file system); HEADSWAP_PROGRESS")
    assert str(place.parent) not in repr(verdict)
    monkeypatch.undo()
    assert not place.parent.exists() or list(place.parent.iterdir()) == []


def test_a_place_that_is_no_file_costs_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    for odd in (tmp_path, tmp_path / "file" / "below"):
        monkeypatch.setenv(kept.PLACE, str(odd))
        verdict = exercises.decode.check(exercises.decode.reference)
        assert verdict
        assert "cannot be kept here" in verdict.note
        assert passed() == []


def test_a_write_that_is_cut_off_leaves_the_old_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exercises.decide.check(exercises.decide.reference)
    before = place.read_bytes()

    def cut_off(self: Path, content: bytes) -> None:
        with self.open("wb") as file:
            file.write(content[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", cut_off)
    assert "No space left" in exercises.decode.check(exercises.decode.reference).note
    assert place.read_bytes() == before
    assert [path.name for path in place.parent.iterdir()] == [place.name]
