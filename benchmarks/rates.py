"""`python -m benchmarks.rates`: how much hangs on the learning rate, and for prompts and prefixes on the start.

Every regime at six rates, three seeds, judged on validation messages alone: the mean loss at each seed's best epoch,
and after the last one, which is what somebody gets who presses Train. Finished runs are kept; the tables go to
figures/rates.txt, set below set. The twelve newer defaults of `regimes/named.py` are the chosen ones on the fixture.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from time import perf_counter

from headswap.data import order
from headswap.data.sources import FileData, FixtureData, OrderData, Source
from headswap.errors import HeadswapError
from headswap.files import cache_folder, write_atomically
from headswap.model.body import BodyConfig
from headswap.model.inserts.virtual import Prefix, Prompt
from headswap.regimes.named import REGIMES, inserting
from headswap.regimes.stages import Regime
from headswap.results.compare import Failure, Work, compare
from headswap.results.executors import processes
from headswap.results.store import find
from headswap.results.tune import at_rate, validation_loss
from headswap.training.pretrain import Schooling
from headswap.training.recipe import Recipe
from headswap.training.spec import Result, RunSpec

FIGURE = Path(__file__).parents[1] / "figures" / "rates.txt"
SMS = Path(__file__).parents[2] / "shared" / "data" / "sms-spam" / "SMSSpamCollection"
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
PROBES = ("frozen-random", "head-only")  # they converge, whatever the rate
LENGTHS = {"fixture": 32, "order": order.LONGEST, "sms": 160}
OTHER_STARTS = (
    replace(REGIMES["prompt"], name="prompt, random start", stages=(inserting(Prompt(start="random")),)),
    replace(REGIMES["prefix"], name="prefix, random start", stages=(inserting(Prefix(start="random")),)),
)
NEAR = 0.02  # nats within which two rates count as equally good at their best epoch
HEAD = (
    "Validation loss in nats by learning rate, of 20 epochs: the mean over 3 seeds, and the least and the greatest of",
    f"them. An asterisk marks the chosen rate: of those within {NEAR} of the lowest loss at the best epoch, the one",
    "that ends lowest. Every body has read its own set's texts. The probe before lp-ft and lp-lora keeps its own rate.",
)
Losses = dict[str, list[float]]  # by rate, a number for each seed


def regimes() -> list[Regime]:
    """Every regime that hangs on its rate, and the other starts."""
    return [*(regime for name, regime in REGIMES.items() if name not in PROBES), *OTHER_STARTS]


def specs(data: Source, max_len: int, regime: Regime, seeds: int) -> dict[float, list[RunSpec]]:
    """The runs of a regime by rate; none of them sees a test message."""
    body = Schooling(BodyConfig(max_len=max_len))
    runs = [RunSpec(data, regime, Recipe(), body, seed, tested=False) for seed in range(seeds)]
    return {rate: [at_rate(run, rate) for run in runs] for rate in RATES}


def carry_out(todo: Sequence[Work], folder: Path, workers: int, minutes: float) -> None:
    """Do what is left; each result is stored as soon as it is there. A run that diverged is no result."""
    began = perf_counter()
    with processes(workers) as executor:
        for number, outcome in enumerate(compare(todo, executor, folder=folder, resume=True), 1):
            if isinstance(outcome, Failure) and not outcome.diverged:
                raise HeadswapError(outcome.sentence)
            print(f"{number} of {len(todo)}, {perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
            if perf_counter() - began > 60 * minutes:
                return


def results(runs: Iterable[RunSpec], folder: Path) -> list[Result]:
    """Every seed's result; none where one is missing."""
    found = [find(run, folder) for run in runs]
    there = [result for result in found if isinstance(result, Result)]
    return there if len(there) == len(found) else []


def best_loss(result: Result) -> float:
    """The lowest validation loss of any epoch."""
    return min(epoch.validation_loss for epoch in result.epochs if epoch.validation_loss is not None)


WAYS = {"best epoch": best_loss, "last epoch": validation_loss}


def measured(data: Source, max_len: int, folder: Path, seeds: int) -> dict[str, dict[str, Losses]]:
    """What there is of a set: by regime the losses at the best epoch and at the end."""
    found: dict[str, dict[str, Losses]] = {}
    for regime in regimes():
        runs = {f"{rate:g}": results(of, folder) for rate, of in specs(data, max_len, regime, seeds).items()}
        there = {rate: made for rate, made in runs.items() if made}
        if there:
            found[regime.name] = {
                way: {rate: [round(loss(one), 4) for one in made] for rate, made in there.items()}
                for way, loss in WAYS.items()
            }
    return found


def chosen(row: dict[str, Losses]) -> str:
    """The rate that ends lowest, of those that are nearly as good as any at their best epoch."""
    best, last = row["best epoch"], row["last epoch"]
    least = min(mean(losses) for losses in best.values())
    return min((rate for rate in best if mean(best[rate]) <= least + NEAR), key=lambda rate: mean(last[rate]))


def table(name: str, found: dict[str, dict[str, Losses]]) -> list[str]:
    """A set's two tables, below each other."""
    lines: list[str] = []
    for way in WAYS:
        lines += ["", f"{name}, {LENGTHS[name]} bytes, loss at the {way}"]
        lines.append("learning rate".ljust(22) + "".join(f"{rate:>23g}" for rate in RATES))
        for regime, row in found.items():
            cells = [_cell(row[way].get(f"{rate:g}"), f"{rate:g}" == chosen(row)) for rate in RATES]
            lines.append(regime.ljust(22) + "".join(cell.rjust(23) for cell in cells))
    return lines


def _cell(row: Sequence[float] | None, best: bool) -> str:
    if not row:
        return "-"
    return f"{mean(row):.3f} ({min(row):.3f}-{max(row):.3f}){'*' if best else ' '}"


def sets(corpus: Path) -> dict[str, Source]:
    """The sets that there are: the corpus is not everywhere."""
    known: dict[str, Source] = {"fixture": FixtureData(), "order": OrderData()}
    return known | ({"sms": FileData.of(corpus)} if corpus.exists() else {})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing of the chosen sets, and keep the tables of all there is."""
    parser = argparse.ArgumentParser(prog="benchmarks.rates", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sets", default="fixture", metavar="A,B", help="of fixture, order, sms (default: fixture)")
    parser.add_argument("--seeds", type=int, default=3, help="default: 3")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="leave a set after so many (default: all)")
    parser.add_argument("--sms", type=Path, default=SMS, help="the SMS spam collection, where it is there")
    options = parser.parse_args(arguments)
    folder, there = cache_folder() / "rates", sets(options.sms)
    for name in options.sets.split(","):
        grids = [specs(there[name], LENGTHS[name], regime, options.seeds) for regime in regimes()]
        wanted = [run for grid in grids for runs in grid.values() for run in runs]
        todo = sorted((run for run in wanted if not find(run, folder / "results")), key=lambda run: run.seed)
        carry_out(todo, folder, options.workers, options.minutes)
    measurements = {
        name: measured(data, LENGTHS[name], folder / "results", options.seeds) for name, data in there.items()
    }
    numbers = {name: found for name, found in measurements.items() if found}
    lines = [*HEAD, *(line for name, found in numbers.items() for line in table(name, found))]
    print("\n".join(lines))
    write_atomically(FIGURE, ("\n".join(lines) + "\n").encode())
    write_atomically(FIGURE.with_suffix(".json"), f"{json.dumps(numbers, indent=1)}\n".encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
