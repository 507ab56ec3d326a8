"""`python -m benchmarks.every`: all regimes on one table, tuned with one budget, and what each of them costs.

Five seeds on the practice messages, on those in which the order decides, and on real ones of 160 bytes. Each regime and
seed takes the best of three learning rates and of 20 epochs on its own validation messages. Finished runs are kept, and
the next call does the rest; figures/every.txt and every.json hold what there is. A set that is not asked for keeps the
table that it has; with `--regimes full,tst` those alone have a table beside it. With `--device cuda` the runs train on
a GPU; bodies are schooled on the processor either way.
"""

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import mean

import numpy as np
import torch

from benchmarks.costs import COSTS, Bill
from benchmarks.machine import this_machine
from benchmarks.rates import LENGTHS, PROBES, SMS, carry_out
from benchmarks.report import aligned
from headswap.data.sources import FileData, FixtureData, OrderData, Source
from headswap.files import cache_folder, write_atomically
from headswap.metrics.intervals import Verdicts, mean_interval, share_interval
from headswap.metrics.thresholds import at_prior, shares
from headswap.model.body import BodyConfig
from headswap.regimes.named import REGIMES, find_regime, in_groups
from headswap.regimes.stages import Regime
from headswap.results.scores import Score, differences, scores
from headswap.results.store import find
from headswap.results.tune import Grid, Tuning, choose, validation_loss
from headswap.training.pretrain import Schooling
from headswap.training.recipe import Compute, Recipe
from headswap.training.spec import Result, RunSpec

FIGURE = Path(__file__).parents[1] / "figures" / "every.txt"
FRESH = 2_000  # test messages: 160 can hardly tell two regimes apart
GRID = Grid(dropouts=(0.0,))  # a third, once and three times the regime's rate
RIVAL = "full"
HEAD = (
    "Each regime and seed: the best of 3 learning rates, each at its best of 20 epochs, on its own validation set.",
    "F1 at one half, F1 with the threshold moved to the test's share of spam, and average precision: means over the",
    "seeds with 95 % intervals; F1 minus full is paired over seeds and messages, and could be luck where its interval",
    "holds 0. Seconds: the body's schooling once, and the chosen run's, on what the table names, other runs beside it.",
    "Perplexity: the language model's head on the body that the run left, inserts and all; head-only's is the base's.",
)


def sets(corpus: Path) -> dict[str, Source]:
    """The sets that there are: the corpus is not everywhere."""
    known: dict[str, Source] = {"fixture": FixtureData(fresh=FRESH), "order": OrderData(fresh=FRESH)}
    return known | ({"sms": FileData.of(corpus)} if corpus.exists() else {})


@dataclass(frozen=True, slots=True)
class Table:
    """A set's table as it was last made: on what, its lines, and a row of scores for each run."""

    set: str
    made_on: str
    lines: list[str]
    scores: list[dict[str, object]]


def tunings(name: str, data: Source, regimes: Sequence[Regime], seeds: int, device: str) -> list[Tuning]:
    """Every regime at every seed, seed by seed, so that a table that was stopped holds whole seeds."""
    body, recipe = Schooling(BodyConfig(max_len=LENGTHS[name])), Recipe(compute=Compute(device=device))
    return [Tuning(RunSpec(data, regime, recipe, body, seed), GRID) for seed in range(seeds) for regime in regimes]


def candidates(tuning: Tuning, folder: Path) -> list[Result | None]:
    """What is stored of the three rates, the slowest first."""
    return [find(candidate, folder) for candidate in tuning.grid.candidates(tuning.run)]


def finished(tuning: Tuning, folder: Path) -> Result | None:
    """The stored result of the best candidate; None where anything is left to do."""
    there = [result for result in candidates(tuning, folder) if result is not None]
    return find(choose(there), folder) if there else None


def blocks(name: str, found: Sequence[Result]) -> list[str]:
    """A set's tables, one for each of its tests."""
    told, whole = scores(found), {(result.name, result.seed): result for result in found}
    lines: list[str] = []
    for test in dict.fromkeys(score.test for score in told):
        mine = [score for score in told if score.test == test]
        seeds = sorted({score.seed for score in mine})
        lines += ["", f"{name}, {LENGTHS[name]} bytes, {test} test, {len(seeds)} seeds", TITLES]
        ahead = differences(mine, test, RIVAL)
        for regime in (one.name for one in in_groups()):
            rows = [score for score in mine if score.regime == regime]
            if rows:
                lines.append(_row(rows, [whole[regime, row.seed] for row in rows], ahead.get(regime)))
    return lines


def by_rate(name: str, tried: Mapping[str, Sequence[Sequence[Result | None]]]) -> list[str]:
    """How much hangs on the rate: by regime the mean validation loss at each of the three, and how often each won.

    `tried` holds each seed's candidates, the slowest first; None where one diverged.
    """
    head = ("regime", "usual rate", *(f"x {factor:.2g}" for factor in GRID.rates), "chosen in so many seeds")
    lines: list[tuple[str, ...]] = [head]
    for regime, seeds in tried.items():
        losses = [[math.inf if one is None else validation_loss(one) for one in seed] for seed in seeds]
        means = [mean(column) for column in zip(*losses, strict=True)]
        wins = [sum(row.index(min(row)) == place for row in losses) for place in range(len(GRID.rates))]
        cells = [f"{value:.3f}" if math.isfinite(value) else "diverged" for value in means]
        lines.append((regime, f"{REGIMES[regime].learning_rate:g}", *cells, " / ".join(map(str, wins))))
    title = f"{name}: mean validation loss of the best epoch, in nats, at a third, once and three times the usual rate"
    return ["", title, *aligned(lines)]


TITLES = (
    "regime".ljust(20) + "weights".rjust(9) + "F1 at one half".rjust(22) + "F1 at the prior".rjust(22)
    + "average precision".rjust(22) + "F1 minus full".rjust(25) + "once".rjust(9) + "a task".rjust(9)
    + "perplexity".rjust(12)
)  # fmt: skip


def _row(rows: Sequence[Score], results: Sequence[Result], ahead: tuple[float, tuple[float, float]] | None) -> str:
    classes = len(rows[0].metrics.confusion)
    moved = [_at_prior(result, row) for result, row in zip(results, rows, strict=True)]
    half = mean(row.metrics.f1 for row in rows), *mean_interval([row.verdicts for row in rows], "f1", classes)
    prior = mean(row.prior_metrics.f1 for row in rows), *mean_interval(moved, "f1", classes)
    ranked = mean(row.average_precision for row in rows)
    low, high = share_interval([row.ranking for row in rows], ranked)
    left = [result.perplexity for result in results if result.perplexity is not None]
    gap = "" if ahead is None else f"{ahead[0]:+.3f} [{ahead[1][0]:+.3f}, {ahead[1][1]:+.3f}]"
    return (
        rows[0].regime.ljust(20) + f"{rows[0].learning:,}".rjust(9)
        + _estimate(*half).rjust(22) + _estimate(*prior).rjust(22)
        + _estimate(ranked, low, high).rjust(22) + gap.rjust(25)
        + f"{mean(row.pretrain_seconds for row in rows):.1f} s".rjust(9)
        + f"{mean(row.seconds for row in rows):.2f} s".rjust(9) + (f"{mean(left):.2f}" if left else "-").rjust(12)
    )  # fmt: skip


def _at_prior(result: Result, row: Score) -> Verdicts:
    """What is said with the threshold at the test's own share of spam, by the temperature that the score has."""
    judged = next(judged for judged in result.judged if judged.test == row.test)
    probabilities = np.array(judged.probabilities)
    there = shares(judged.labels, probabilities.shape[1])
    moved = at_prior(probabilities, row.temperature, result.shares, there).argmax(1).tolist()
    return Verdicts(judged.keys, judged.labels, tuple(moved))


def _estimate(value: float, low: float, high: float) -> str:
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def bills() -> list[str]:
    """What each regime costs, as `python -m benchmarks.costs` measured it; nothing where it has not."""
    if not COSTS.exists():
        return []
    found = [Bill(**row) for row in json.loads(COSTS.read_text("utf-8"))]
    head = ("regime", "weights", "optimizer", "peak memory", "epoch / full", "least to most", "delta")
    lines = [
        "",
        "What it costs: 640 practice messages of 32 bytes. Memory is one run's, to some 8 MB; times are of 5 rounds.",
    ]
    lines.append(head[0].ljust(20) + "".join(word.rjust(15) for word in head[1:]))
    for bill in found:
        least, most = bill.spread
        cells = (f"{bill.weights:,}", f"{bill.optimizer / 1e3:.1f} kB", f"{bill.memory / 1e6:.1f} MB",
                 f"{bill.ratio:.2f}", f"{least:.2f} to {most:.2f}", f"{bill.delta / 1e3:.1f} kB")  # fmt: skip
        lines.append(bill.regime.ljust(20) + "".join(cell.rjust(15) for cell in cells))
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing of the chosen sets, and keep the tables of all there is."""
    parser = argparse.ArgumentParser(prog="benchmarks.every", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sets", default="fixture,order,sms", metavar="A,B", help="default: %(default)s")
    parser.add_argument("--regimes", metavar="A,B", help="these alone, in a table of their own (default: all)")
    parser.add_argument("--seeds", type=int, default=5, help="default: 5")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="leave a set after so many (default: all)")
    parser.add_argument("--sms", type=Path, default=SMS, help="the SMS spam collection, where it is there")
    parser.add_argument("--device", default="cpu", help="where the runs train: cpu (default) or cuda")
    parser.add_argument("--table", action="store_true", help="run nothing, keep the tables of what there is")
    options = parser.parse_args(arguments)
    there = {name: data for name, data in sets(options.sms).items() if name in options.sets.split(",")}
    regimes = in_groups() if options.regimes is None else [find_regime(one) for one in options.regimes.split(",")]
    kept_in = cache_folder() / "every"
    asked = partial(tunings, regimes=regimes, seeds=options.seeds, device=options.device)
    folder = kept_in / "results"  # where `compare` puts them
    if not options.table:
        todo = [tuning for name, data in there.items() for tuning in asked(name, data) if not finished(tuning, folder)]
        todo.sort(key=lambda tuning: tuning.seed)  # of all sets the first seeds first
        carry_out(todo, kept_in, options.workers, options.minutes)
    tables = stored()
    for name, data in there.items():
        done = [result for tuning in asked(name, data) if (result := finished(tuning, folder))]
        whole = [seed for seed in range(options.seeds) if sum(r.seed == seed for r in done) == len(regimes)]
        shown = [result for result in done if result.seed in whole]
        if shown:
            rows = [score.as_json() for score in scores(shown)]
            mine = [tuning for tuning in asked(name, data) if tuning.seed in whole]
            tried = {
                regime: [candidates(tuning, folder) for tuning in mine if tuning.name == regime]
                for regime in (one.name for one in regimes)
                if regime not in PROBES
            }
            lines = [*blocks(name, shown), *by_rate(name, tried)]
            title = name if options.regimes is None else f"{name}: {options.regimes}"
            tables[title] = Table(title, made_on(options.device, options.workers), lines, rows)
    write(tables)
    return 0


def made_on(device: str, workers: int) -> str:
    """The machine of a table."""
    machine = this_machine()
    what = torch.cuda.get_device_name() if device == "cuda" else f"{machine.cpu}, one thread a run"
    return f"{what}, {workers} runs at a time, torch {machine.torch}, {machine.date}"


def stored() -> dict[str, Table]:
    """The tables that there are."""
    found = FIGURE.with_suffix(".json")
    return {row["set"]: Table(**row) for row in json.loads(found.read_text("utf-8"))} if found.exists() else {}


def write(tables: dict[str, Table]) -> None:
    """Print and keep the tables, in the order of the sets."""
    lines = [*HEAD]
    ordered = [title for name in LENGTHS for title in tables if title.split(":")[0] == name]
    for title in ordered:
        lines += [*tables[title].lines, f"On: {tables[title].made_on}"]
    text = "\n".join([*lines, *bills()])
    print(text)
    write_atomically(FIGURE, f"{text}\n".encode())
    rows = ",\n".join(json.dumps(asdict(tables[title])) for title in ordered)
    write_atomically(FIGURE.with_suffix(".json"), f"[\n{rows}\n]\n".encode())


if __name__ == "__main__":
    sys.exit(main())
