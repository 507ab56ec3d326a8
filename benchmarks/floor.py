"""`python -m benchmarks.floor`: how far head-only ends from the best head there is.

The objective after training at the defaults, over all training messages, against its exact optimum, for several numbers
of messages and of bytes and three data sets; the worst of three seeds.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from headswap.data.messages import Split
from headswap.data.sources import FileData, FixtureData, Source
from headswap.files import write_atomically
from headswap.live.runs import tolerated
from headswap.model.body import BodyConfig
from headswap.model.body_contract import Base
from headswap.training.events import StageBegan, StageEnded
from headswap.training.pretrain import pretrain_quick, pretraining_texts
from headswap.training.recipe import Recipe
from headswap.training.run import run_regime

BYTES = (8, 32, 160, 256)
SEEDS = 3


@dataclass(frozen=True, slots=True)
class Distance:
    """One cell: the worst of the seeds, by how far the objective ended above its floor; nats."""

    data: str
    messages: int
    bytes: int
    steps: int
    floor: float
    objective: float
    converged: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every cell, print the table and keep it."""
    parser = argparse.ArgumentParser(prog="benchmarks.floor", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sms", type=Path, metavar="FILE", help="the SMS Spam Collection, for the third data set")
    parser.add_argument("--bytes", default=",".join(map(str, BYTES)), metavar="A,B", help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    found = []
    for data, sources in data_sets(options.sms).items():
        for size in map(int, options.bytes.split(",")):
            for cell in distances(data, sources, size):
                found.append(cell)
                print(line(cell), flush=True)
    if options.json is not None:
        write_atomically(options.json, json.dumps([asdict(cell) for cell in found], indent=1).encode())
    return 0


def data_sets(sms: Path | None) -> dict[str, list[Source]]:
    """The data sets, each with sources of more and more training messages; the first one pretrains the body."""
    found: dict[str, list[Source]] = {
        "fixture": [FixtureData(train=n) for n in (640, 20, 100, 10_240, 80_000)],
        "shifted": [FixtureData(train=n, shift=1.0) for n in (640, 20, 100)],
    }
    if sms is not None:
        found["sms"] = [FileData.of(sms, (n, 160, 160)) for n in (640, 20, 100, 960)]
    return found


def distances(data: str, sources: Sequence[Source], size: int) -> Iterator[Distance]:
    """The cells of one data set at one number of bytes; all start from one pretrained body."""
    texts = pretraining_texts(sources[0].split(0))
    base = pretrain_quick(texts, BodyConfig(max_len=size), seed=0)
    for source in sources:
        cells = [_measured(data, base, source.split(seed), size, seed) for seed in range(SEEDS)]
        yield max(cells, key=lambda cell: cell.objective - cell.floor)


def _measured(data: str, base: Base, split: Split, size: int, seed: int) -> Distance:
    events = run_regime(base, split, "head-only", Recipe(seed=seed)).events
    (began,) = (event for event in events if isinstance(event, StageBegan))
    (ended,) = (event for event in events if isinstance(event, StageEnded))
    assert began.floor is not None and ended.objective is not None
    converged = ended.objective <= tolerated(began.floor)
    return Distance(data, len(split.train), size, began.steps, began.floor, ended.objective, converged)


def line(cell: Distance) -> str:
    """A cell as a line."""
    above = cell.objective - cell.floor
    return (
        f"{cell.data:<8}{cell.messages:>7,} messages {cell.bytes:>4} bytes {cell.steps:>7,} steps   "
        f"floor {cell.floor:.4f}   above it {above:+.4f} nats, {above / cell.floor:+.2%}   "
        f"{'converged' if cell.converged else 'NOT CONVERGED'}"
    )


if __name__ == "__main__":
    sys.exit(main())
