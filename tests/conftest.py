"""Shared by every test: the real corpus, reproducible hypothesis runs, one Jupyter server, no silent skips in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from browser import Site
    from playwright.sync_api import Browser
    from window import Window

ROOT = Path(__file__).resolve().parents[1]

# Training a tiny model takes longer than hypothesis's deadline; the same examples every run.
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def corpus_path() -> Path:
    """The SMS spam corpus, which lies beside the checkout and is not part of it."""
    path = ROOT.parent / "shared" / "data" / "sms-spam" / "SMSSpamCollection"
    if not path.is_file():
        pytest.skip("no SMS spam corpus at ../shared/data/sms-spam/SMSSpamCollection")
    return path


@pytest.fixture
def one_thread() -> Iterator[None]:
    """One torch thread: sums in one order, and processor seconds that count work."""
    import torch  # here, because tests that run this file in a process of its own need none

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# The browser's helpers are imported where they are used: most runs of a few tests need no Playwright.


@pytest.fixture(scope="session")
def kernels(pytestconfig: pytest.Config) -> str:
    """A folder, for JUPYTER_PATH, of a Python kernel that need not import PyTorch, because its parent has."""
    from tests.forked import kernels_of

    return kernels_of(pytestconfig)


@pytest.fixture(scope="session")
def jupyter_lab(tmp_path_factory: pytest.TempPathFactory, kernels: str) -> Iterator[tuple[Path, str]]:
    """One JupyterLab for the browser tests of this process: its folder and its address."""
    from browser import jupyter

    folder, shared = tmp_path_factory.mktemp("jupyter"), os.environ.get("HEADSWAP_CACHE")
    with jupyter(folder, Path(shared) if shared else None, kernels=kernels) as address:
        yield folder, address


# Chromium and its page stay open as long as one browser test follows another, and no longer: an open Playwright leaves
# its event loop running in this thread, and a notebook that is tested next would stumble over it.
OPEN = pytest.StashKey[ExitStack]()
BROWSER = pytest.StashKey["Browser"]()
WINDOW = pytest.StashKey["Window"]()


@pytest.fixture
def browser(pytestconfig: pytest.Config) -> Browser:
    """One Chromium, opened when a test first wants it."""
    from browser import chromium

    stash = pytestconfig.stash
    if BROWSER not in stash:
        stash[OPEN] = ExitStack()
        stash[BROWSER] = stash[OPEN].enter_context(chromium())
    return stash[BROWSER]


@pytest.fixture
def window(pytestconfig: pytest.Config, jupyter_lab: tuple[Path, str], browser: Browser) -> Window:
    """One page with JupyterLab in that Chromium."""
    from window import Window

    return pytestconfig.stash.setdefault(WINDOW, Window(jupyter_lab[1], browser))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Close Chromium before a test that needs none."""
    stash = item.config.stash
    last = BROWSER in stash and "browser" not in getattr(nextitem, "fixturenames", ())
    if last and WINDOW in stash:
        stash[WINDOW].kernel = None  # nobody will want it, so `tidy` ends it
    try:
        return (yield)
    finally:
        if last:
            stash[OPEN].close()
            for key in (OPEN, BROWSER, WINDOW):
                if key in stash:
                    del stash[key]


@pytest.fixture
def site(jupyter_lab: tuple[Path, str], browser: Browser, window: Window) -> Iterator[Site]:
    """The server and the browser, in which no earlier test has left anything."""
    from browser import Site

    here = Site(*jupyter_lab, browser, window)
    yield here
    here.tidy()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item):
    """Under CI a browser test that skips has failed: a machine without a browser must not look green."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and os.environ.get("CI") and item.get_closest_marker("browser"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"a browser test may not skip under CI: {reason}"
    return report
