"""What the frozen prefix saves; alone, because what else a core does takes from its cache."""

from __future__ import annotations

import time

import pytest

from benchmarks.speed import Task, compete, ours, seconds_of, uncached
from headswap import fixture_split


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.usefixtures("one_thread")
def test_a_cached_prefix_saves_work(monkeypatch) -> None:
    """In seconds of the processor: those of the clock grow with what else a machine does."""
    monkeypatch.setattr("benchmarks.speed.perf_counter", time.process_time)
    task = Task("last-block", fixture_split().train[:320]).with_epochs(5)
    contest = compete({"ours": ours, "no cache": uncached}, task, runs=3)
    assert seconds_of(contest, "ours") < seconds_of(contest, "no cache")
