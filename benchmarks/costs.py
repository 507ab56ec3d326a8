"""`python -m benchmarks.costs`: what a regime costs on an idle machine: time, memory, and bytes on disk for each task.

Time is the median epoch of a regime's last stage over that of `full` in the same round, round by round, so that a
machine which is slow for a while is slow for both. Memory is the most that a process of its own takes while it trains,
over what it held before. The delta is the file that a task adds to the body.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from headswap.data.sources import FixtureData, split_of
from headswap.files import write_atomically
from headswap.model.body_contract import Base
from headswap.model.precision import one_thread
from headswap.regimes.named import in_groups
from headswap.training.pretrain import Schooling
from headswap.training.recipe import Recipe
from headswap.training.run import History, run_regime
from headswap.weights.deltas import save_delta

COSTS = Path(__file__).parents[1] / "figures" / "costs.json"
EPOCHS = 4  # of the last stage, some more for the stages before it
YARDSTICK = "full"


@dataclass(frozen=True, slots=True)
class Bill:
    """What one regime costs: weights that learn, bytes of AdamW's state, of memory and of the delta, and time.

    `ratio` is the median over the rounds of an epoch's seconds by those of `full`, `spread` the least and the most.
    """

    regime: str
    weights: int
    optimizer: int
    memory: int
    delta: int
    ratio: float
    spread: tuple[float, float]


def schooled() -> Base:
    """The body of seed 0."""
    return Schooling().base(split_of(FixtureData(), 0), 0)


def trained(base: Base, regime: str) -> History:
    """A short run of the regime."""
    with one_thread():
        return run_regime(base, split_of(FixtureData(), 0), regime, Recipe(epochs=EPOCHS))


def epoch_seconds(history: History) -> float:
    """The median epoch of the last stage, without what is computed once before it."""
    last = history.epochs[-1].stage
    return median(epoch.seconds for epoch in history.epochs if epoch.stage == last)


def peak(regime: str) -> int:
    """Bytes that training takes beyond what the process held before; asked of a process of its own, on Linux."""
    base = schooled()
    trained(base, "head-only")  # whatever the first run of any regime loads
    before = resident()
    Path("/proc/self/clear_refs").write_text("5")  # from here on the peak is counted anew
    trained(base, regime)
    return _bytes("VmHWM") - before


def resident() -> int:
    """Bytes of memory that this process holds now, on Linux."""
    return _bytes("VmRSS")


def _bytes(name: str) -> int:
    """A line of what Linux says of this process."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith(name)))


def delta_bytes(base: Base, history: History) -> int:
    """The size of the file that a task adds."""
    with tempfile.TemporaryDirectory() as folder:
        return save_delta(Path(folder) / "task.safetensors", history, base).stat().st_size


def bills(rounds: int) -> list[Bill]:
    """Every regime's bill; in each round all regimes take their turn."""
    base, names = schooled(), [regime.name for regime in in_groups()]
    seconds: dict[str, list[float]] = {name: [] for name in names}
    last: dict[str, History] = {}
    for number in range(rounds):
        for name in names:
            last[name] = trained(base, name)
            seconds[name].append(epoch_seconds(last[name]))
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    found = []
    for name in names:
        ratios = [mine / yard for mine, yard in zip(seconds[name], seconds[YARDSTICK], strict=True)]
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as one:
            memory = one.submit(peak, name).result()
        found.append(
            Bill(
                name, last[name].learning, 8 * last[name].learning, memory, delta_bytes(base, last[name]),
                round(median(ratios), 3), (round(min(ratios), 3), round(max(ratios), 3)),
            )
        )  # fmt: skip
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and keep the bills as figures/costs.json."""
    parser = argparse.ArgumentParser(prog="benchmarks.costs", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="default: 7")
    found = bills(parser.parse_args(arguments).rounds)
    rows = ",\n".join(json.dumps(asdict(bill)) for bill in found)
    write_atomically(COSTS, f"[\n{rows}\n]\n".encode())
    for bill in found:
        print(bill)
    return 0


if __name__ == "__main__":
    sys.exit(main())
