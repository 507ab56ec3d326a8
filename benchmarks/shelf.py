"""`python -m benchmarks.shelf`: what one body for many tasks saves, in time, memory and bytes on disk.

A batch of 256 practice messages, each for one of the tasks, against one pass of a plain classifier over the same
messages, in turns. Memory is what a process of its own grows by as it loads them; beside it, a copy of the whole model
for each task, as full fine-tuning leaves it. The tasks are one trained run each of head-only, LoRA and full, with
weights that differ a little from task to task: what is measured does not depend on what they know.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from torch import nn

from headswap.data import fixture
from headswap.files import write_atomically
from headswap.model.body import BodyConfig, LMBody
from headswap.model.body_contract import Base
from headswap.model.classifier import Classifier
from headswap.model.pooling import MeanPool
from headswap.model.precision import one_thread
from headswap.results.figures import save_figure
from headswap.shelf.shelf import Shelf
from headswap.weights.deltas import Learned, learned_by, load_base, load_delta, save_base, write_delta

from .costs import resident, schooled, trained
from .machine import this_machine
from .shelf_picture import Size, picture

FIGURE = Path(__file__).parents[1] / "figures" / "shelf.txt"
ROWS = 256
TEXTS = [message.text for message in fixture.messages(ROWS)]
COUNTS = (1, 10, 100)
GROWTH = (100, 1_000)  # tasks between which the memory of one more is measured
# The regime, how many tasks, and how many times one plain pass a mixed batch may take.
CONTESTS = (("head-only", 8, 1.5), ("head-only", 100, 1.5), ("lora", 8, 3.0))


@dataclass(frozen=True, slots=True)
class Turn:
    """A mixed batch against one plain pass: the ratio of their seconds, round by round, and how far answers differ."""

    regime: str
    tasks: int
    limit: float
    plain_ms: float
    ratio: float
    least: float
    most: float
    furthest: float


def several(base: Base, regime: str, count: int) -> list[Learned]:
    """What `count` tasks learned: one run, its weights a little different for each task."""
    found = learned_by(trained(base, regime), base)
    return [Learned({name: t * (1 + i / 1000) for name, t in found.tensors.items()}, found.about) for i in range(count)]


def filled(base: Base, tasks: Sequence[Learned]) -> Shelf:
    """A shelf of these tasks."""
    shelf = Shelf(base)
    for number, learned in enumerate(tasks):
        shelf.keep(f"task {number}", learned)
    return shelf


def turns(base: Base, rounds: int) -> list[Turn]:
    """Every contest, and the answers of a mixed batch beside those of each task alone."""
    classifier = trained(base, "head-only").classifier
    found = []
    for regime, count, limit in CONTESTS:
        shelf = filled(base, several(base, regime, count))
        asked = [f"task {row % count}" for row in range(ROWS)]
        mixed, alone = partial(shelf.logits, asked, TEXTS), partial(plain_pass, classifier)
        pairs = [(_seconds(mixed), _seconds(alone)) for _ in range(rounds)]
        ratios = sorted(ours / plain for ours, plain in pairs)
        plain = 1000 * median(plain for _, plain in pairs)
        found.append(Turn(regime, count, limit, plain, median(ratios), ratios[0], ratios[-1], furthest(shelf, asked)))
    return found


@torch.inference_mode()
def plain_pass(classifier: Classifier) -> torch.Tensor:
    """What a program without a shelf does: read the same texts, and put them through one classifier at once."""
    rows = classifier.body.encode(TEXTS)
    return classifier.eval()(*rows.batch(torch.arange(ROWS)))


def furthest(shelf: Shelf, asked: Sequence[str]) -> float:
    """The largest difference of a logit between the mixed batch and the same rows asked task by task."""
    mixed, most = shelf.logits(asked, TEXTS), 0.0
    for name in dict.fromkeys(asked):
        mine = [row for row, task in enumerate(asked) if task == name]
        alone = shelf.logits(name, [TEXTS[row] for row in mine])
        most = max(most, *((mixed[row] - one).abs().max().item() for row, one in zip(mine, alone, strict=True)))
    return most


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def size_of(regime: str, count: int) -> Size:
    """The bytes of so many tasks: one process writes them, another one loads them and is asked what it holds."""
    with tempfile.TemporaryDirectory() as place:
        apart(written, regime, count, place)
        disk = sum(path.stat().st_size for path in Path(place).iterdir())
        return Size(regime, count, disk, apart(held, regime, place))  # type: ignore[arg-type]


def written(regime: str, count: int, place: str) -> None:
    """Write so many tasks: on a shelf, or where everything learned as a copy of the whole model each."""
    with one_thread():
        base, folder = schooled(), Path(place)
        tasks = several(base, regime, count)
        if regime != "full":
            filled(base, tasks).save(folder)
            return
        save_base(base, folder)
        for number, learned in enumerate(tasks):
            write_delta(folder / f"{number}.safetensors", learned)


def held(regime: str, place: str) -> int:
    """Bytes of memory that this process takes more once it has loaded them and each has answered."""
    with one_thread():
        warm_up()
        folder, before = Path(place), resident()
        if regime != "full":
            shelf = Shelf.load(folder)
            for name in shelf:
                shelf.ask(name, TEXTS[:1])
            return resident() - before
        base = load_base(next(folder.glob("base-*")))
        deltas = [path for path in folder.iterdir() if not path.name.startswith("base-")]
        copies = [load_delta(path, base)[0] for path in deltas]
        for copy in copies:
            copy(*copy.body.encode(TEXTS[:1]).batch(torch.tensor([0])))
        return resident() - before


def warm_up() -> None:
    """Ask a tiny model once: what PyTorch loads at its first pass, some 40 MB, is no task's."""
    tiny = Classifier(LMBody(BodyConfig(width=8, heads=2, depth=1), torch.Generator()), MeanPool(), nn.Identity())  # pyright: ignore[reportArgumentType]
    plain_pass(tiny)


def further(regime: str) -> float:
    """Bytes of memory that one task more takes, from the hundredth to the thousandth.

    With fewer, what the allocator takes in advance would be larger than what is measured.
    """
    with tempfile.TemporaryDirectory() as place:
        apart(written, regime, GROWTH[1], place)
        return apart(grown, place)  # type: ignore[return-value]


def grown(place: str) -> float:
    """Bytes that a task takes on a shelf which grows in this process."""
    with one_thread():
        folder = Path(place)
        shelf = Shelf(load_base(next(folder.glob("base-*"))))
        files = sorted(path for path in folder.glob("*.safetensors") if not path.name.startswith("base-"))
        marks = []
        for start, end in ((0, GROWTH[0]), GROWTH):
            for number in range(start, end):
                shelf.put_file(f"task {number}", files[number])
                shelf.ask(f"task {number}", TEXTS[:1])
            marks.append(resident())
        return (marks[1] - marks[0]) / (GROWTH[1] - GROWTH[0])


def apart(work: Callable[..., object], *arguments: object) -> object:
    """What a process of its own finds."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as one:
        return one.submit(work, *arguments).result()


def lines(turned: Sequence[Turn], sizes: Sequence[Size], more: Mapping[str, float]) -> list[str]:
    """The tables."""
    machine = this_machine()
    found = [f"{machine.cpu}, one thread, torch {machine.torch}, {machine.date}", ""]
    found.append(
        f"A mixed batch of {ROWS} messages, by one plain pass over them (median, least to most of the rounds):"
    )
    for one in turned:
        found.append(
            f"{one.tasks:>4} tasks of {one.regime:10} {one.ratio:.2f} ({one.least:.2f} to {one.most:.2f}), at most "
            f"{one.limit}; a plain pass takes {one.plain_ms:.1f} ms; logits differ by at most {one.furthest:.1e}"
        )
    found += ["", "Memory for one task more: " + ", ".join(f"{name} {b / 1e3:.1f} kB" for name, b in more.items())]
    found += ["", "tasks  as                         on disk     in memory"]
    for size in sizes:
        what = "whole copies" if size.regime == "full" else f"a shelf, {size.regime}"
        found.append(f"{size.tasks:>5}  {what:20} {size.disk / 1e6:>10.2f} MB {size.memory / 1e6:>10.2f} MB")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and keep the tables as figures/shelf.txt, the numbers as shelf.json, the picture as shelf.svg."""
    parser = argparse.ArgumentParser(prog="benchmarks.shelf", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=25, help="default: 25")
    parser.add_argument("--redraw", action="store_true", help="draw the picture anew from shelf.json, measure nothing")
    options = parser.parse_args(arguments)
    if options.redraw:
        kept = json.loads(FIGURE.with_suffix(".json").read_text("utf-8"))
        save_figure(picture([Size(**size) for size in kept["sizes"]]), FIGURE.with_suffix(".svg"))
        return 0
    with one_thread():
        turned = turns(schooled(), options.rounds)
    sizes = [size_of(regime, count) for count in COUNTS for regime in ("full", "head-only", "lora")]
    more = {regime: further(regime) for regime in ("head-only", "lora")}
    text = "\n".join(lines(turned, sizes, more))
    print(text)
    write_atomically(FIGURE, f"{text}\n".encode())
    kept = {"turns": [asdict(t) for t in turned], "sizes": [asdict(s) for s in sizes], "further": more}
    write_atomically(FIGURE.with_suffix(".json"), json.dumps(kept, indent=1).encode())
    save_figure(picture(sizes), FIGURE.with_suffix(".svg"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
