"""Timed tests measure no other test's work: whoever is alone in the room is alone, in every process."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from threading import Event, Thread

import pytest
from helpers import ROOT
from turnstile import Turnstile

NOT_YET = 0.2  # seconds without news that count as waiting
SOON = 20.0


class Visitor:
    """A thread that enters, says so, and stays until it is sent out."""

    def __init__(self, way: AbstractContextManager[None]) -> None:
        self.inside, self._out = Event(), Event()
        self._thread = Thread(target=self._visit, args=(way,), daemon=True)
        self._thread.start()

    def _visit(self, way: AbstractContextManager[None]) -> None:
        with way:
            self.inside.set()
            self._out.wait(SOON)

    def leave(self) -> None:
        self._out.set()
        self._thread.join(SOON)


@pytest.fixture
def turnstile(tmp_path: Path) -> Turnstile:
    return Turnstile(tmp_path)


@pytest.fixture
def end() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def enter(end: ExitStack, way: AbstractContextManager[None]) -> Visitor:
    visitor = Visitor(way)
    end.callback(visitor.leave)
    return visitor


def test_ordinary_tests_run_beside_each_other(turnstile: Turnstile, end: ExitStack) -> None:
    visitors = [enter(end, turnstile.together()) for _ in range(3)]
    assert all(visitor.inside.wait(SOON) for visitor in visitors)


@pytest.mark.parametrize("way", ["together", "alone"])
def test_nobody_enters_where_one_is_alone(turnstile: Turnstile, end: ExitStack, way: str) -> None:
    first = enter(end, turnstile.alone())
    assert first.inside.wait(SOON)
    second = enter(end, getattr(turnstile, way)())
    assert not second.inside.wait(NOT_YET)
    first.leave()
    assert second.inside.wait(SOON)


def test_one_who_wants_to_be_alone_waits_for_the_last_and_newcomers_wait_for_that_one(
    turnstile: Turnstile, end: ExitStack
) -> None:
    early = enter(end, turnstile.together())
    assert early.inside.wait(SOON)
    alone = enter(end, turnstile.alone())
    assert not alone.inside.wait(NOT_YET)
    late = enter(end, turnstile.together())
    assert not late.inside.wait(NOT_YET), "a newcomer goes before one who has waited longer"
    early.leave()
    assert alone.inside.wait(SOON)
    assert not late.inside.wait(NOT_YET)
    alone.leave()
    assert late.inside.wait(SOON)


def test_a_process_that_dies_inside_locks_nobody_out(turnstile: Turnstile, end: ExitStack, tmp_path: Path) -> None:
    dies = "import os; from pathlib import Path; from tests.turnstile import Turnstile; "
    dies += f"Turnstile(Path({str(tmp_path)!r})).alone().__enter__(); os._exit(7)"
    assert subprocess.run([sys.executable, "-c", dies], cwd=ROOT).returncode == 7
    assert enter(end, turnstile.alone()).inside.wait(SOON)


# Two files for two workers: first both meet, then one is timed while the other goes on.
MEET = """
import time
from pathlib import Path
import pytest

HERE = Path(__file__).parent

@pytest.fixture(autouse=True)
def interval(request):
    began = time.monotonic()
    yield
    with (HERE / "intervals").open("a") as file:
        file.write(f"{request.node.name} {began} {time.monotonic()}\\n")

def meet(mine, other):
    (HERE / mine).touch()
    end = time.monotonic() + 20
    while not (HERE / other).exists():
        assert time.monotonic() < end, "ordinary tests of two workers do not meet"
        time.sleep(0.01)

"""
TIMED = """
def test_meets(): meet("one", "two")

@pytest.mark.alone
def test_timed(): time.sleep(0.4)

@pytest.mark.alone
def test_timed_too(): time.sleep(0.1)
"""
OTHER = """
def test_meets(): meet("two", "one")

@pytest.mark.parametrize("n", range(8))
def test_goes_on(n): time.sleep(0.1)
"""


def test_tests_marked_alone_run_while_no_other_worker_runs_any(tmp_path: Path) -> None:
    for name, text in (("test_timed.py", MEET + TIMED), ("test_other.py", MEET + OTHER)):
        (tmp_path / name).write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = alone\n")
    shutil.copy(ROOT / "conftest.py", tmp_path)
    options = ["-q", "-n2", "--dist=loadscope", "-p", "no:cacheprovider", "-p", "no:nbval", "-p", "no:hypothesispytest"]
    command = [sys.executable, "-m", "pytest", *options, f"--rootdir={tmp_path}", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    found = [line.split() for line in (tmp_path / "intervals").read_text().splitlines()]
    assert len(found) == 12
    times = {name: (float(began), float(ended)) for name, began, ended in found if name != "test_meets"}
    (began, _), (_, ended) = times.pop("test_timed"), times.pop("test_timed_too")
    beside = [name for name, (a, b) in times.items() if a < ended and b > began]
    assert beside == []


def test_every_file_that_is_to_come_first_is_there() -> None:
    long = runpy.run_path(str(ROOT / "conftest.py"))["LONG"]
    assert [name for name in long if not (ROOT / name).is_file()] == []


def test_a_shared_run_begins_with_long_files_and_notebooks_and_ends_with_the_timed_ones() -> None:
    own = runpy.run_path(str(ROOT / "conftest.py"))
    (first, second, *_), (timed, *_) = own["LONG"], own["TIMED"]
    order = [first, second, "notebooks/99_new.ipynb", "tests/web/test_flow.py", timed]
    assert sorted(reversed(order), key=own["place"]) == order
