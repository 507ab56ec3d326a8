"""What came out of a plan so far: a value that grows, and that a file can hold."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from .. import values
from ..errors import DataError, HeadswapError
from ..files import write_atomically
from ..live.runs import Settings
from ..results.compare import Failure
from ..training.spec import KINDS, Judged, Result, RunSpec
from .plan import Candidate, Plan

FORM: Final = "headswap comparison 1"  # of the file; another form is another number


@dataclass(slots=True)
class Comparison:
    """A plan and the results that have come in, by candidate and seed; runs that failed stand beside them."""

    plan: Plan
    results: dict[tuple[int, int], Result] = field(default_factory=dict)
    failures: dict[tuple[int, int], Failure] = field(default_factory=dict)
    numbers: dict[RunSpec, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers = self.numbers or self.plan.runs()

    def take(self, outcome: Result | Failure) -> tuple[int, int]:
        """Put one outcome where it belongs; the candidate's number and the seed."""
        spec = outcome.spec
        assert isinstance(spec, RunSpec)
        place = self.numbers[spec], spec.seed
        if isinstance(outcome, Result):
            self.results[place] = outcome
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
        return next((tuple(j.test for j in result.judged) for result in self.results.values()), ())

    @property
    def done(self) -> int:
        """How many runs have ended, well or not."""
        return len(self.results) + len(self.failures)

    @property
    def planned(self) -> int:
        """How many runs there are to be."""
        return len(self.numbers)

    def save(self, path: str | Path) -> Path:
        """Write plan and results to a file, whole or not at all; `load_comparison` opens it again."""
        whole = {"form": FORM, "plan": values.as_plain(self.plan),
                 "results": [values.as_plain(result) for result in self.results.values()]}  # fmt: skip
        write_atomically(Path(path), json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode())
        return Path(path)


def load_comparison(path: str | Path) -> Comparison:
    """A comparison from the file that `save` wrote; nothing is trained. DataError where the file is none."""
    try:
        whole = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from None
    except ValueError:
        raise DataError(f"{path} is no recorded comparison; give a file that `Comparison.save` wrote") from None
    if not isinstance(whole, dict) or whole.get("form") != FORM:
        raise DataError(f"{path} is no recorded comparison of this version; record it anew with `Comparison.save`")
    kinds = KINDS | {kind.__name__: kind for kind in (Plan, Settings, Candidate)}
    try:
        plan = values.from_plain(whole["plan"], kinds)
        assert isinstance(plan, Plan)
        found = Comparison(plan)
        for plain in whole["results"]:
            result = values.from_plain(plain, kinds)
            assert isinstance(result, Result)
            found.take(result)
    except (KeyError, AssertionError, TypeError, HeadswapError) as error:
        raise DataError(f"{path} does not fit this version ({error}); record it anew with `Comparison.save`") from None
    return found


def judged_on(result: Result, test: str) -> Judged:
    """What a result says of one test set; DataError names those there are."""
    for judged in result.judged:
        if judged.test == test:
            return judged
    known = ", ".join(judged.test for judged in result.judged) or "none"
    raise DataError(f"{result.name} was not judged on {test!r}; the test sets are {known}")


def loss_on(judged: Judged) -> float:
    """The mean cross-entropy of a test set, in nats."""
    rows = zip(judged.probabilities, judged.labels, strict=True)
    return float(np.mean([-np.log(max(row[label], 1e-12)) for row, label in rows]))
