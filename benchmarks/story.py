"""`python -m benchmarks.story`: when a body wins, when full fine-tuning does, and when n-grams do.

Six classifiers on three sets, from 10 to 640 labels, with bodies that read little or much, five seeds each. Settings
are chosen on as few validation messages as a person with so many labels has. Finished runs are kept: a command that
was stopped goes on where it was. The tables hold what there is, and go to figures/story.json and figures/story.txt.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from benchmarks.story_data import TEXTS, StoryData
from headswap.data import order
from headswap.data.sources import FileData
from headswap.errors import HeadswapError
from headswap.files import cache_folder
from headswap.model.body import BodyConfig
from headswap.regimes.named import REGIMES
from headswap.results.baselines import NgramsSpec
from headswap.results.compare import Failure, Work, compare
from headswap.results.executors import processes
from headswap.results.store import find
from headswap.results.tune import Grid, Tuning, choose
from headswap.training.pretrain import Schooling
from headswap.training.recipe import Recipe
from headswap.training.spec import Result, RunSpec

NGRAMS = "n-grams"
PROBES = ("frozen-random", "head-only")  # converged, their penalty chosen on validation
LEARNING = ("last-block", "scratch", "full")  # their rate and their number of steps chosen on validation
NAMES = (NGRAMS, *PROBES, *LEARNING)
FROM_RANDOM = ("frozen-random", "scratch")
GRID = Grid(dropouts=(0.0,))  # a third, once and three times the regime's rate; the n-grams' six strengths
EPOCHS, STEPS = 20, 200  # the best epoch is kept; few labels are gone over again until there are so many steps
SMS = Path(__file__).parents[2] / "shared" / "data" / "sms-spam" / "SMSSpamCollection"
MUCH = 20_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of the grid at one seed."""

    data: str
    max_len: int
    labels: int
    texts: int
    name: str
    seed: int


def cells(
    data: str, max_len: int, labels: Iterable[int], names: Iterable[str] = NAMES, texts: int = TEXTS, seeds: int = 5
) -> list[Cell]:
    """A part of the grid, seed by seed; a random body has read nothing, so there it counts only once."""
    return [
        Cell(data, max_len, many, TEXTS if name in (NGRAMS, *FROM_RANDOM) else texts, name, seed)
        for seed in range(seeds) for many in labels for name in names
    ]  # fmt: skip


def plan(seeds: int, sms: bool = True) -> dict[str, list[Cell]]:
    """The parts of the grid by name, those that lessons quote first."""
    few, all_few = (10, 40, 160, 640), (10, 20, 40, 80, 160, 320, 640)
    both, read = ("fixture", "sms"), ("head-only", "last-block", "full")
    frozen, long = (NGRAMS, *PROBES), order.LONGEST
    found = {
        "worth": cells("fixture", 32, all_few, frozen, seeds=seeds) + cells("sms", 160, all_few, frozen, MUCH, seeds),
        "order": cells("order", long, few[1:], seeds=seeds),
        "keywords": [cell for data in both for cell in cells(data, 32, few, seeds=seeds)],
        "much read": [cell for data in both for cell in cells(data, 32, (40, 640), read, MUCH, seeds)],
        "much order": cells("order", long, (160, 640), read, MUCH, seeds),
        "long": [cell for data in both for cell in cells(data, 128, (40, 640), seeds=seeds)],
    }
    by_seed = {name: sorted(part, key=lambda cell: cell.seed) for name, part in found.items()}  # stopped, all have some
    return {name: [cell for cell in part if sms or cell.data != "sms"] for name, part in by_seed.items()}


def work(cell: Cell, corpus: FileData | None, config: BodyConfig | None = None) -> Work:
    """The run of a cell, or its tuning; only what was chosen is tested."""
    data = StoryData(cell.data, cell.labels, cell.texts, corpus)
    if cell.name == NGRAMS:
        return Tuning(NgramsSpec(data, cell.seed, cell.max_len), GRID)
    body = Schooling(replace(config or BodyConfig(), max_len=cell.max_len))
    spec = RunSpec(data, REGIMES[cell.name], Recipe(EPOCHS, passes=passes(cell.labels)), body, cell.seed)
    return spec if cell.name in PROBES else Tuning(spec, GRID)


def passes(labels: int) -> int:
    """How often an epoch goes over the messages, so that a run has at least STEPS steps however few there are."""
    batches = -(-labels // Recipe().batch_size)
    return -(-STEPS // (EPOCHS * batches))


def finished(task: Work, folder: Path) -> Result | None:
    """The stored result of a run, or of a tuning's best candidate; None where anything is left to do."""
    if not isinstance(task, Tuning):
        return find(task, folder)
    tried = [find(candidate, folder) for candidate in task.grid.candidates(task.run)]
    there = [result for result in tried if result is not None]
    return find(choose(there), folder) if there else None


def bodies_first(todo: Sequence[Work]) -> tuple[list[Work], list[Work]]:
    """One run for each body that is to be schooled, and the others: so no two processes school the same one."""
    first: dict[object, Work] = {}
    for task in todo:
        run = task.run if isinstance(task, Tuning) else task
        if isinstance(run, RunSpec) and run.regime.body != "random":
            assert isinstance(run.data, StoryData)
            first.setdefault((run.data.name, run.data.texts, run.body, run.seed), task)
    chosen = list(first.values())
    return chosen, [task for task in todo if task not in chosen]


def carry_out(todo: Sequence[Work], folder: Path, workers: int, what: str, minutes: float = float("inf")) -> None:
    """Do what is left, in so many processes; each result is stored as soon as it is there, whole or not at all."""
    began, number = perf_counter(), 0
    with processes(workers) as executor:
        for group in bodies_first(todo):
            for outcome in compare(group, executor, folder=folder, resume=True):
                number += 1
                _tell(f"{what}: {number} of {len(todo)}, {perf_counter() - began:.0f} s", outcome)
                if perf_counter() - began > 60 * minutes:
                    return


def _tell(where: str, outcome: Result | Failure) -> None:
    if isinstance(outcome, Failure) and not outcome.diverged:
        raise HeadswapError(outcome.sentence)
    run = outcome.spec.run if isinstance(outcome.spec, Tuning) else outcome.spec
    assert isinstance(run, RunSpec | NgramsSpec) and isinstance(run.data, StoryData)
    said = f"{run.data} {run.data.labels} {run.name}, seed {run.seed}"
    print(f"{where}: {said}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, part by part, and after each keep the tables of all there is."""
    from benchmarks.story_table import collect, write

    parser = argparse.ArgumentParser(prog="benchmarks.story", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--parts", default="", metavar="A,B", help="default: all, in their order")
    parser.add_argument("--seeds", type=int, default=5, help="default: 5")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="leave a part after so many (default: all)")
    parser.add_argument("--sms", type=Path, default=SMS, help="the SMS spam collection, where it is there")
    parser.add_argument("--table", action="store_true", help="run nothing, keep the tables of what there is")
    options = parser.parse_args(arguments)
    folder = cache_folder() / "story"
    corpus = FileData.of(options.sms) if options.sms.exists() else None
    parts = plan(options.seeds, corpus is not None)
    for name in options.parts.split(",") if options.parts else parts:
        if not options.table:
            todo = [task for cell in parts[name] if not finished(task := work(cell, corpus), folder / "results")]
            carry_out(todo, folder, options.workers, name, options.minutes)
        if not options.table or name == "long":
            write(collect(plan(options.seeds, corpus is not None), corpus, folder / "results"), corpus)
    return 0


if __name__ == "__main__":
    sys.exit(main())
