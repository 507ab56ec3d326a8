"""`python -m benchmarks.moved`: how far each layer moves under each regime and rate, and how much language is left.

The body that the lessons share and its 640 practice messages, three seeds of the run: the seeds differ in the new head
and in the order of the messages. Nothing is tuned here, so F1 is that of the 160 test messages. Finished runs are kept,
and the next call does the rest; the rows go to headswap/explorers/moved.json, the table to figures/moved.txt.
"""

import argparse
import json
import pickle
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from itertools import product
from pathlib import Path

from headswap.data.splits import fixture_split
from headswap.explorers.base import lesson_base
from headswap.explorers.movement import FILE, RATES, SHOWN, Moved, Row, at_rate, moved, name_of, row_of
from headswap.files import cache_folder, write_atomically
from headswap.results.executors import processes
from headswap.training.recipe import Recipe
from headswap.training.spec import source_hash

from .report import aligned

FIGURE = Path(__file__).parents[1] / "figures" / "moved.txt"
HEAD = (
    "How far each layer is from its start after 20 epochs, in % of the length that it began with: means over 3 seeds.",
    "F1 of 160 test messages with its 95 % interval; perplexity with the language model's own head put back, on 160",
    "messages that the body hasn't read: the middle one of 3 seeds, the least and the most. Before a run it is {:.2f}.",
    "One pretrained body, the one of the lessons. The probe before lp-ft keeps its own rate of 0.05.",
)
Task = tuple[str, float, int]  # regime, rate, seed


def place(task: Task) -> Path:
    """Where a finished run is kept: apart for every version of the code that makes the numbers."""
    name, rate, seed = task
    return cache_folder() / "moved" / source_hash()[:12] / f"{name}-{rate:g}-{seed}.pickle"


def work(task: Task) -> None:
    """Train one run and keep what it came to."""
    name, rate, seed = task
    found = moved(lesson_base(), fixture_split(), at_rate(name, rate), Recipe(seed=seed))
    place(task).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(place(task), pickle.dumps(found))


def carry_out(todo: Sequence[Task], executor: Executor | None) -> Iterator[None]:
    """Do what is left, in the executor's processes or in this one."""
    yield from map(work, todo) if executor is None else executor.map(work, todo)


def rows(seeds: int) -> list[Row]:
    """Every regime at every rate of which all seeds are there."""
    found = []
    for name, rate in product(SHOWN, RATES):
        places = [place((name, rate, seed)) for seed in range(seeds)]
        if all(path.exists() for path in places):
            runs: list[Moved] = [pickle.loads(path.read_bytes()) for path in places]
            found.append(row_of(runs))
    return found


def table(found: Sequence[Row]) -> str:
    """The rows as text, a regime and rate in each line, its layers from the head down."""
    keys = list(reversed(found[0]["moved"]))
    lines = [("regime", "rate", "F1", "perplexity", *(name_of(key) for key in keys))]
    for row in found:
        (f1, low, high), (left, least, most) = row["f1"], row["left"]
        ends = f"{left:g} [{least:g}, {most:g}]"
        far = (f"{row['moved'][key][-1]:g}" for key in keys)
        lines.append((row["regime"], f"{row['rate']:g}", f"{f1:.3f} [{low:.3f}, {high:.3f}]", ends, *far))
    before = found[0]["perplexity"][0]
    return "\n".join([*HEAD, "", *aligned(lines)]).format(before)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then keep record and table."""
    parser = argparse.ArgumentParser(prog="benchmarks.moved", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3, help="default: 3")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    options = parser.parse_args(arguments)
    lesson_base()  # pretrained once, before two processes want it
    tasks = [(name, rate, seed) for seed in range(options.seeds) for name, rate in product(SHOWN, RATES)]
    todo = [task for task in tasks if not place(task).exists()]
    with processes(options.workers) as executor:
        for number, _ in enumerate(carry_out(todo, executor), 1):
            print(f"{number} of {len(todo)}", file=sys.stderr, flush=True)
    found = rows(options.seeds)
    write_atomically(FILE, ("[\n" + ",\n".join(json.dumps(row) for row in found) + "\n]\n").encode())
    write_atomically(FIGURE, f"{table(found)}\n".encode())
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
