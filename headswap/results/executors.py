"""Processes that carry out runs: spawned, on one torch thread each, gone when the one that started them is gone."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from ..errors import SettingError


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def processes(workers: int) -> Iterator[Executor | None]:
    """An executor of so many spawned processes, ended at once when it is left; None for one: that runs in here.

    More workers than cores only wait for each other, so there are never more; on one core there is none.
    """
    if workers < 1:
        raise SettingError(f"workers is {workers}; give a whole number of at least 1")
    workers = min(workers, cores())
    if workers == 1:
        yield None
        return
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=begin_worker)
    try:
        yield pool
    finally:
        running = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:  # a run in flight would otherwise be waited for
            process.terminate()
        for process in running:
            process.join()


def begin_worker() -> None:
    """What a worker does first: one torch thread, no Ctrl-C of its own, and no life after its parent's."""
    import torch

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
