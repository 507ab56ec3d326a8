"""`python -m benchmarks.workers`: what a second worker saves, on 25 runs of the fixture, and that it changes no bit.

One worker and two take turns; both are spawned processes, and both pay for their start.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager
from statistics import median
from time import perf_counter

from headswap.data.sources import FixtureData
from headswap.results.compare import Settings, compare
from headswap.results.executors import begin_worker, processes
from headswap.training.spec import Result, RunSpec

from .machine import this_machine


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where the results differ."""
    parser = argparse.ArgumentParser(prog="benchmarks.workers", description=__doc__)
    parser.add_argument("--turns", type=int, default=3, help="how often each of the two is timed (default: 3)")
    options = parser.parse_args(arguments)
    pairs = [(timed(_one()), timed(processes(2))) for _ in range(options.turns)]
    ratios = sorted(two[0] / one[0] for one, two in pairs)
    seconds = [[side[0] for side in sides] for sides in zip(*pairs, strict=True)]
    same = all(one[1] == two[1] == pairs[0][0][1] for one, two in pairs)
    machine = this_machine()
    print(f"{machine.cpu}, {machine.cores} cores, torch {machine.torch}, {machine.date}")
    print(f"25 runs (5 regimes, 5 seeds), one worker: {_spread(seconds[0])} s; two: {_spread(seconds[1])} s")
    print(f"two workers take {median(ratios):.2f} of the time of one ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    print(f"the same results to the bit: {'yes' if same else 'no'}")
    return 0 if same else 1


def timed(executor: AbstractContextManager[Executor | None]) -> tuple[float, dict[object, Result]]:
    """Seconds that an executor takes for the comparison, its start included, and the results by spec."""
    began = perf_counter()
    specs = [spec for spec in Settings().specs(FixtureData()) if isinstance(spec, RunSpec)]
    with executor as workers:
        found = {one.spec: one for one in compare(specs, workers) if isinstance(one, Result)}
    assert len(found) == 25
    return perf_counter() - began, found


def _one() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=begin_worker)


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.1f} [{min(values):.1f}, {max(values):.1f}]"


if __name__ == "__main__":
    sys.exit(main())
