"""Shared by every test: the real corpus, reproducible hypothesis runs, and no silent browser skips in CI."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings

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
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
