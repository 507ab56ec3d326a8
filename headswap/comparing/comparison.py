"""What came out of a plan so far: a value that grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import DataError
from ..results.compare import Failure
from ..training.spec import Judged, Result, RunSpec
from .plan import Plan


class Comparison:
    """A plan and the results that have come in, by candidate and seed; runs that failed stand beside them.

    One that was read from a file brings `told`, what a page shows of it, and reads the rest when somebody asks.
    """

    def __init__(
        self, plan: Plan, told: dict[str, Any] | None = None, read: Callable[[], Iterable[Result]] = tuple
    ) -> None:
        self.plan, self.told, self._read = plan, told, read
        self.failures: dict[tuple[int, int], Failure] = {}
        self._results: dict[tuple[int, int], Result] = {}
        self.seen: dict[tuple[int, int, str], Any] = {}  # what the summary has worked out, by candidate, seed and test

    @cached_property
    def numbers(self) -> dict[RunSpec, int]:
        """Every run of the plan and its candidate's number."""
        return self.plan.runs()

    @property
    def results(self) -> dict[tuple[int, int], Result]:
        """The results by candidate and seed."""
        read, self._read = self._read, tuple
        for result in read():
            self.take(result)
        return self._results

    def take(self, outcome: Result | Failure) -> tuple[int, int]:
        """Put one outcome where it belongs; the candidate's number and the seed."""
        spec = outcome.spec
        assert isinstance(spec, RunSpec)
        place = self.numbers[spec], spec.seed
        if isinstance(outcome, Result):
            self._results[place] = outcome
        else:
            self.failures[place] = outcome
        return place

    def of(self, candidate: int) -> list[Result]:
        """A candidate's results by seed."""
        return [self.results[place] for place in sorted(self.results) if place[0] == candidate]

    def pairs(self, candidate: int, rival: int) -> list[tuple[Result, Result]]:
        """Two candidates' results at the seeds that both have."""
        seeds = [seed for number, seed in sorted(self.results) if number == candidate]
        there = [(self.results[candidate, seed], self.results.get((rival, seed))) for seed in seeds]
        return [(mine, other) for mine, other in there if other is not None]

    @property
    def tests(self) -> tuple[str, ...]:
        """The test sets that the runs were judged on."""
        if self.told is not None:
            return tuple(self.told["plan"]["tests"])
        return next((tuple(j.test for j in result.judged) for result in self.results.values()), ())

    @property
    def done(self) -> int:
        """How many runs have ended, well or not."""
        return len(self.told["runs"]) if self.told is not None else len(self.results) + len(self.failures)

    @property
    def planned(self) -> int:
        """How many runs there are to be."""
        return len(self.numbers)


def judged_on(result: Result, test: str) -> Judged:
    """What a result says of one test set; DataError names those there are."""
    for judged in result.judged:
        if judged.test == test:
            return judged
    known = ", ".join(judged.test for judged in result.judged) or "none"
    raise DataError(f"{result.name} was not judged on {test!r}; the test sets are {known}")


def losses_on(judged: Judged) -> np.ndarray:
    """The cross-entropy of each message of a test set, in nats (N,)."""
    rows, labels = np.array(judged.probabilities), np.array(judged.labels)
    return -np.log(np.maximum(rows[np.arange(len(labels)), labels], 1e-12))
