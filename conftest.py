"""For tests and notebooks alike: one worker for each core, one torch thread each, timed tests alone."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

# Before torch is imported, and for every kernel and process that a test starts: two workers with a thread for each
# core each wait for one another at every step, and then training takes ten times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.forked import kernels_of
from tests.turnstile import Turnstile

# The files that take longest come first, longest first: begun late, one of them would keep one worker busy while the
# rest wait. The browser's files come one after another: they share a Chromium and its page. Those with a test that is
# timed come last: they wait for what is running, and nothing else waits for them.
LONG = (
    "tests/lab/test_random_user.py",
    "tests/lab/test_lab_browser.py",
    "tests/lab/test_machine_browser.py",
    "tests/lab/test_hostile_browser.py",
    "tests/lab/test_linked_browser.py",
    "tests/lab/test_compare_browser.py",
    "tests/lessons/test_lessons_browser.py",
    "tests/explorers/test_explorers_browser.py",
    "tests/explorers/test_bend_browser.py",
    "tests/explorers/test_explorers_09_browser.py",
    "tests/lab/test_still_browser.py",
    "tests/lab/test_shipped_browser.py",
    "tests/lab/test_groups_browser.py",
    "tests/lab/test_shared_browser.py",
    "tests/results/test_compare.py",
    "tests/benchmarks/test_benchmarks.py",
    "tests/lessons/test_prove_cells.py",
    "notebooks/08_feature_head.ipynb",
    "notebooks/05_freeze.ipynb",
    "notebooks/03_head_swap.ipynb",
    "tests/exercises/test_missions.py",
    "tests/lessons/test_stills.py",
    "tests/exercises/test_yours.py",
    "tests/test_setup.py",
    "tests/shelf/test_shelf.py",
    "tests/test_delivery.py",
    "tests/test_cli.py",
    "tests/test_readme.py",
    "tests/lab/test_wire.py",
    "tests/lab/test_words.py",
    "tests/test_house.py",
    "tests/training/test_invariants.py",
    "tests/training/test_contracts.py",
)
NOTEBOOKS = "notebooks/"  # each of them takes ten seconds or more, those that are new, too
TIMED = ("tests/lab/test_lab.py", "tests/benchmarks/test_timed.py")
STAY, GOES_ON = pytest.StashKey[ExitStack](), pytest.StashKey[bool]()
WORKERS = 4  # at most: each may hold a browser, a Jupyter server and kernels with torch, about 2 GB


def pytest_addoption(parser, pluginmanager):
    """`-p no:xdist` is for one process: the options that pyproject.toml gives pytest-xdist then mean nothing."""
    if not pluginmanager.hasplugin("xdist"):
        parser.addoption("--numprocesses", help="means nothing without pytest-xdist")
        parser.addoption("--dist", help="means nothing without pytest-xdist")
        parser.addoption("--no-loadscope-reorder", action="store_true", help="means nothing without pytest-xdist")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """What `auto` means here: one worker for each core. A third on two cores took as long: each slows the others."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, WORKERS)


def pytest_configure(config):
    """One folder for all workers of this run: for the turnstile, and for the bodies that tests pretrain."""
    if not hasattr(config, "workerinput"):
        shared = tempfile.TemporaryDirectory(prefix="headswap-tests-")
        config.add_cleanup(shared.cleanup)
        os.environ["HEADSWAP_TESTS"] = shared.name
        os.environ["HEADSWAP_CACHE"] = os.path.join(shared.name, "bodies")
        os.environ["HEADSWAP_PROGRESS"] = os.path.join(shared.name, "progress.json")  # and not the learner's own


def pytest_collection_modifyitems(config, items):
    """Where workers share the tests, long files come first; in one process everything keeps its place."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place(item.nodeid.split("::")[0]))


def place(file):
    """A file's place in the order of a shared run: long files, other notebooks, everything else, timed files."""
    if file in LONG:
        return LONG.index(file)
    return len(LONG) + (2 if file in TIMED else 0 if file.startswith(NOTEBOOKS) else 1)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    """A notebook's kernel is forked from a process that has imported PyTorch, and not started anew."""
    if item.nodeid.startswith("notebooks/") and hasattr(item.config, "workerinput"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JUPYTER_PATH", kernels_of(item.config))
            return (yield)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """A test marked `alone` runs while no other worker runs any; its fixtures are made alone, too.

    Several in a row are one stay: between them the other workers would begin something long.
    """
    stay = item.config.stash.setdefault(STAY, ExitStack())
    if not item.config.stash.get(GOES_ON, False):
        turnstile = Turnstile(Path(os.environ["HEADSWAP_TESTS"]))
        stay.enter_context(turnstile.alone() if timed(item) else turnstile.together())
    try:
        return (yield)
    finally:
        item.config.stash[GOES_ON] = goes_on = timed(item) and nextitem is not None and timed(nextitem)
        if not goes_on:
            stay.close()


def timed(item):
    """Whether other work beside it could make the test fail."""
    return item.get_closest_marker("alone") is not None
