"""A shelf's folder: never destroyed by another shelf, changed by one process at a time, with nothing left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers import tiny_base, tiny_split

from headswap.errors import CheckpointError, DataError, HeadswapError, SettingError
from headswap.model.classifier import Classifier
from headswap.shelf import changes, kept, writing
from headswap.shelf.shelf import Shelf
from headswap.training.recipe import Recipe
from headswap.training.run import History, run_regime
from headswap.weights.deltas import save_base, save_delta


@pytest.fixture(scope="module")
def history() -> History:
    return run_regime(tiny_base(), tiny_split(), "head-only", Recipe(epochs=1, batch_size=48))


@pytest.fixture(scope="module")
def trained(history: History, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `demo --save` leaves it."""
    folder = tmp_path_factory.mktemp("trained")
    save_base(tiny_base(), folder)
    save_delta(folder / "head-only.safetensors", history, tiny_base())
    return folder / "head-only.safetensors"


def shelf_of(history: History, *names: str, seed: int = 0) -> Shelf:
    shelf = Shelf(tiny_base(seed))
    for name in names:
        history.base = tiny_base(seed)
        shelf.put(name, history)
    return shelf


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_shelf_is_never_saved_over_another_one(history: History, tmp_path: Path) -> None:
    shelf_of(history, "spam").save(tmp_path)
    before = names_in(tmp_path)
    for other, said in ((shelf_of(history, "spam", seed=1), r"holds another shelf \(spam on base-"),
                        (shelf_of(history, "ham"), r"holds another shelf \(spam on base-")):  # fmt: skip
        with pytest.raises(CheckpointError, match=said):
            other.save(tmp_path)
        assert names_in(tmp_path) == before
    shelf_of(history, "spam", "ham").save(tmp_path)  # nothing is lost: the same base, and all that was there
    assert list(Shelf.load(tmp_path)) == ["spam", "ham"]


def test_a_shelf_with_some_of_the_tasks_is_never_saved_over_all(history: History, tmp_path: Path) -> None:
    shelf_of(history, "spam", "ham").save(tmp_path)
    some = Shelf.load(tmp_path, only=["ham"])
    assert list(some) == ["ham"]
    with pytest.raises(CheckpointError, match="holds another shelf"):
        some.save(tmp_path)


def test_what_was_added_meanwhile_is_not_lost(history: History, trained: Path, tmp_path: Path) -> None:
    shelf_of(history, "spam").save(tmp_path)
    mine = Shelf.load(tmp_path)
    changes.add(tmp_path, "theirs", trained)
    mine.remove("spam")
    with pytest.raises(CheckpointError, match="has changed since this shelf was read"):
        mine.save(tmp_path)
    assert list(Shelf.load(tmp_path)) == ["spam", "theirs"]


def test_two_who_add_at_once_are_both_on_the_shelf(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is slowed down between reading the index and writing it."""
    real = changes.put_in_place
    monkeypatch.setattr(changes, "put_in_place", lambda *rest: (time.sleep(0.1), real(*rest)))
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda name: changes.add(tmp_path / "new", name, trained), ("one", "two")))
    assert sorted(Shelf.load(tmp_path / "new")) == ["one", "two"]
    assert len(names_in(tmp_path / "new")) == 4


def test_who_waits_too_long_for_another_is_told(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PATIENCE", 0.0)
    with writing.alone_in(tmp_path), pytest.raises(CheckpointError, match="another process is changing"):
        changes.add(tmp_path, "one", trained)


def test_a_save_that_fails_leaves_the_folder_as_it_was(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf_of(history, "spam").save(tmp_path / "old")
    before = names_in(tmp_path / "old")

    def full(path: Path, content: bytes) -> None:
        raise DataError(f"{path} cannot be written (No space left on device); choose another place")

    monkeypatch.setattr(writing, "write_atomically", full)  # the disk is full when the index comes
    for folder in ("old", "new"):
        with pytest.raises(DataError, match="No space left"):
            shelf_of(history, "spam", "ham").save(tmp_path / folder)
    assert names_in(tmp_path) == ["old"] and names_in(tmp_path / "old") == before


def test_what_a_killed_save_left_is_removed_by_the_next_one_and_nothing_else_is(
    history: History, tmp_path: Path
) -> None:
    shelf_of(history, "spam").save(tmp_path)
    (tmp_path / "base-0123456789ab.safetensors").write_text("somebody else's")
    before, child = names_in(tmp_path), os.fork()
    if child == 0:
        kept.save_base = lambda *rest: os.kill(os.getpid(), signal.SIGKILL)  # after the tasks were written
        shelf_of(history, "spam", "ham").save(tmp_path)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert len(names_in(tmp_path)) == len(before) + 2  # a task that no index names, and the journal
    changes.rename(tmp_path, "spam", "eggs")
    assert names_in(tmp_path) == before


def test_a_damaged_task_is_in_nobodys_way(history: History, tmp_path: Path) -> None:
    shelf_of(history, "spam", "ham", "eggs").save(tmp_path)
    next(tmp_path.glob("spam-*")).write_bytes(b"x")
    next(tmp_path.glob("eggs-*")).unlink()
    with pytest.raises(CheckpointError, match=r"take the task off: python -m headswap shelf remove .* 'spam'"):
        Shelf.load(tmp_path)
    assert Shelf.load(tmp_path, only=["ham"]).ask("ham", ["hi"])
    for name in ("spam", "eggs"):
        changes.remove(tmp_path, name)
    assert list(Shelf.load(tmp_path)) == ["ham"] and len(names_in(tmp_path)) == 3


def test_a_shelf_of_another_base_says_how_to_train_on_its_own(trained: Path, tmp_path: Path) -> None:
    folder = Shelf(tiny_base(seed=1)).save(tmp_path / "shelf")
    with pytest.raises(CheckpointError, match=f"train it on this one: .* demo --data FILE --base {folder} --save"):
        changes.add(folder, "spam", trained)


WRONG: dict[str, tuple[Callable[[Shelf, History], object], str]] = {
    "no base": (lambda shelf, history: Shelf(None), "base is None, expected a body with its head"),  # type: ignore[arg-type]
    "a folder as base": (lambda shelf, history: Shelf("folder"), "a folder is opened by Shelf.load"),  # type: ignore[arg-type]
    "a classifier": (lambda shelf, history: shelf.put("a", history.classifier), "expected what run_regime returns"),  # type: ignore[arg-type]
    "a file": (lambda shelf, history: shelf.put("a", "file"), "goes on the shelf with put_file"),  # type: ignore[arg-type]
    "names in one text": (lambda shelf, history: shelf.put("a", history, "hs"), "label_names is 'hs', expected a name"),
    "a name twice": (lambda shelf, history: shelf.put("a", history, ("ham", "ham")), "a name of its own"),
    "a number as name": (lambda shelf, history: shelf.put(3, history), "3 is no name for a task"),  # type: ignore[arg-type]
    "no text": (lambda shelf, history: shelf.ask("spam", [None]), "row 0 is None, expected a text"),
    "an empty text": (lambda shelf, history: shelf.ask("spam", ["hi", ""]), "row 1 is '', expected a text"),
    "one text": (lambda shelf, history: shelf.ask("spam", "hi"), "items is 'hi', expected a list"),
    "texts first": (lambda shelf, history: shelf.ask(["hi"], "spam"), "the task comes first"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_argument_is_one_sentence(wrong: str, history: History) -> None:
    call, said = WRONG[wrong]
    assert isinstance(history.classifier, Classifier)
    with pytest.raises(HeadswapError, match=said):
        call(shelf_of(history, "spam"), history)


def test_a_task_that_is_asked_for_and_not_there_is_told_with_those_that_are(history: History, tmp_path: Path) -> None:
    shelf_of(history, "spam", "ham").save(tmp_path)
    with pytest.raises(SettingError, match="no task 'eggs' is on this shelf; there is spam, ham"):
        Shelf.load(tmp_path, only=["ham", "eggs"])
