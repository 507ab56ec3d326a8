"""`python -m benchmarks.images`: is a frozen body worth anything on 8 by 8 digits, and does schooling pay?

Frozen bodies under the same converged logistic regression, beside the same regression on the bare pixels, and bodies
that learn. Five seeds, each with its own split, body and run, 20 to 1,000 labels; every finished row is kept, so that a
run that was stopped goes on. The tables go to figures/images.txt, their numbers to images.json. About 15 minutes of
one core.
Shape letters: N images, T positions, D width, F features, C classes.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import torch

from headswap import values
from headswap.data.images.augment import Augment
from headswap.data.images.digits import DigitsData
from headswap.data.messages import Split, key_of
from headswap.data.sources import split_of
from headswap.explorers.digits import Chances, chances, items_of, labels_of, on_body, on_pixels
from headswap.explorers.sight import ASKED, FILE
from headswap.explorers.worth import verdict
from headswap.files import cache_folder, write_atomically
from headswap.gallery.digits import PAINTER
from headswap.gallery.spelling import shifted
from headswap.metrics.intervals import Verdicts, mean_interval, paired_difference
from headswap.model.body_contract import Base
from headswap.model.vision.vit import ViTConfig
from headswap.model.vision.wide_resnet import WideResNetConfig
from headswap.regimes.named import REGIMES
from headswap.results.pretrained import kept_images
from headswap.training.looking.paint import MaskedPatches, painting_error
from headswap.training.looking.school import Unschooled
from headswap.training.looking.turn import Rotations
from headswap.training.pretrain import Origin
from headswap.training.recipe import Recipe
from headswap.training.run import run_regime
from headswap.training.spec import source_hash

FIGURE = Path(__file__).parents[1] / "figures" / "images.txt"
LABELS, SEEDS = (20, 50, 100, 300, 1000), 5
STEPS = 400  # of a body that learns: with few labels it goes over them again
VIT, WRN = ViTConfig(), WideResNetConfig((1, 8, 8), depth=10, factor=1)
BODIES: dict[str, Origin] = {
    "random": Unschooled(VIT),
    "painted 40": MaskedPatches(VIT, 40, learning_rate=3e-3, batch_size=64),
    "painted 200": PAINTER,
    "turned 40": Rotations(VIT, 40, learning_rate=3e-3, batch_size=64),
    "random network": Unschooled(WRN),
    "turned network": Rotations(WRN, 40, batch_size=64),
}
MOVES = ((0, 1), (0, -1), (1, 0), (-1, 0))  # pixels down and to the right
HEAD = (
    "Accuracy on 400 test digits of 8 by 8 pixels, every class as frequent as the others; 5 seeds, each with its own",
    "split, body and run. Brackets: 95 % intervals over seeds and images. Every frozen row is a converged logistic",
    "regression: its penalty, and whether each feature or all together are scaled, are those with the least loss on",
    "160 validation digits. mean: of the positions' vectors; side by side: all of them, one after another. random:",
    "nothing has learned. painted: the body has painted hidden patches of 1,237 digits, labels unseen, for so many",
    "epochs; turned: it has told by which right angle they were turned. The body is a vision transformer, 2 blocks of",
    "width 64, 16 patches of 2 by 2 pixels; network: a wide residual network, WRN-10-1. scratch and full learn",
    f"everything, at their rates tuned on texts, 20 epochs and at least {STEPS} steps, mean pooling; full begins with",
    "the body that has painted for 200 epochs. moved: every image is shifted by up to a pixel at each step.",
)
Row = dict[str, dict[str, Any]]  # by number of labels: what was said of each test image, and how it was when moved


@dataclass(frozen=True, slots=True)
class Reader:
    """A row of the table: a frozen body under a pool, the bare pixels, or a regime that learns."""

    name: str
    body: str = ""
    pool: str = ""
    regime: str = ""
    moved: bool = False


READERS = (
    Reader("pixels"),
    Reader("random, mean", "random", "mean"),
    Reader("painted 200, mean", "painted 200", "mean"),
    *(Reader(f"{body}, side by side", body, "side by side") for body in BODIES),
    Reader("scratch", "random", regime="scratch"),
    Reader("full", "painted 200", regime="full"),
    Reader("network, scratch", "random network", regime="scratch"),
    Reader("network, full", "turned network", regime="full"),
    Reader("network, scratch, moved", "random network", regime="scratch", moved=True),
)
PAIRS = (
    *ASKED.values(), ("random, mean", "pixels"), ("random, side by side", "pixels"),
    ("painted 40, side by side", "random, side by side"),
    ("turned network, side by side", "random network, side by side"), ("full", "pixels"),
    ("network, full", "network, scratch"), ("network, scratch, moved", "network, scratch"),
    ("network, scratch", "full"),
)  # fmt: skip


# ---- one row of one seed


def row_of(reader: Reader, seed: int, folder: Path) -> Row:
    """The row, found or made."""
    body = BODIES.get(reader.body)
    told = values.to_json((reader.name, values.as_plain(body), LABELS, seed, torch.__version__, source_hash()))  # type: ignore[arg-type]
    file = folder / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.json"
    if file.is_file():
        return json.loads(file.read_text("utf-8"))
    base = None if body is None else base_of(body, seed, folder)
    made: Row = {}
    for count in LABELS:
        split = split_of(DigitsData(count), seed)
        says = learned(reader, base, split, seed) if reader.regime else frozen(reader, base, split)
        test = items_of(split.test)
        moved = [says(shifted(test, *move)).argmax(1) == labels_of(split.test) for move in MOVES]
        made[str(count)] = {"said": "".join(map(str, says(test).argmax(1))), "moved": float(np.mean(moved))}
    write_atomically(file, json.dumps(made).encode())
    return made


def base_of(body: Origin, seed: int, folder: Path) -> Base:
    """The body of a seed, schooled once for all rows; how many labels there are changes nothing of it."""
    return kept_images(split_of(DigitsData(LABELS[0]), seed), body, seed, folder / "bases").base


def frozen(reader: Reader, base: Base | None, split: Split) -> Chances:
    """The regression on what the reader sees, as a function from images (N, 1, H, W) to probabilities (N, C)."""
    return on_pixels(split) if base is None else on_body(base, split, reader.pool != "mean")


def learned(reader: Reader, base: Base | None, split: Split, seed: int) -> Chances:
    """A body that has learned with its head, as the same function."""
    assert base is not None
    recipe = Recipe(seed=seed, augment=Augment(1, flip=False) if reader.moved else None)
    steps = recipe.epochs * ceil(len(split.train) / recipe.batch_size)
    model = run_regime(base, split, REGIMES[reader.regime], replace(recipe, passes=ceil(STEPS / steps))).classifier

    return partial(chances, model)


# ---- the tables


def verdicts_of(row: Row, count: int, seed: int) -> Verdicts:
    """What was said of each test image of a seed."""
    test = split_of(DigitsData(count), seed).test
    return Verdicts([key_of(one) for one in test], labels_of(test).tolist(), [*map(int, row[str(count)]["said"])])


def summary(rows: Mapping[str, Sequence[Row]], errors: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """All that the tables say, as numbers: by row and labels a mean, its interval, each seed's, and that when moved."""
    found: dict[str, Any] = {"labels": LABELS, "accuracy": {}, "ahead": {}, "painting error": dict(errors)}
    judged = {
        name: {count: [verdicts_of(row, count, seed) for seed, row in enumerate(made)] for count in LABELS}
        for name, made in rows.items()
    }
    for name, made in rows.items():
        found["accuracy"][name] = {
            str(count): _cell(judged[name][count]) | _moved([row[str(count)]["moved"] for row in made])
            for count in LABELS
        }
    for one, other in PAIRS:
        if one in judged and other in judged:
            found["ahead"][f"{one} minus {other}"] = {
                str(count): _ahead(judged[one][count], judged[other][count]) for count in LABELS
            }
    return _rounded(found)


def _cell(seeds: Sequence[Verdicts]) -> dict[str, Any]:
    shares = [float(np.mean(np.equal(one.labels, one.predictions))) for one in seeds]
    return {"mean": mean(shares), "interval": [*mean_interval(seeds, "accuracy", 10)], "seeds": shares}


def _moved(seeds: Sequence[float]) -> dict[str, Any]:
    return {"moved": mean(seeds), "moved seeds": [*seeds]}


def _ahead(mine: Sequence[Verdicts], theirs: Sequence[Verdicts]) -> list[float]:
    gap, (low, high) = paired_difference([*zip(mine, theirs, strict=True)], "accuracy", 10)
    return [gap, low, high]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value


def text(found: Mapping[str, Any]) -> str:
    """The tables, below each other."""
    lines = [*HEAD, "", "labels".ljust(30) + "".join(f"{count:>22,}" for count in LABELS)]
    for name, row in found["accuracy"].items():
        lines.append(name.ljust(30) + "".join(_mean_text(row[str(count)]).rjust(22) for count in LABELS))
    lines += ["", "The same test digits moved by one pixel, each way in turn (means of the 5 seeds)"]
    for name, row in found["accuracy"].items():
        lines.append(name.ljust(30) + "".join(f"{row[str(count)]['moved']:.3f}".rjust(22) for count in LABELS))
    lines += ["", "Differences, paired over seeds and images; one whose interval holds 0 could be luck"]
    for name, row in found["ahead"].items():
        lines += [name, " " * 30 + "".join(_ahead_text(row[str(count)]).rjust(26) for count in LABELS)]
    lines += ["", "The mean squared error of what was painted where nothing was shown, on validation digits; pixels",
              "go from -1 to 1, and the mean of each pixel has " + _errors_text(found["painting error"])]  # fmt: skip
    return "\n".join(lines)


def _mean_text(cell: Mapping[str, Any]) -> str:
    low, high = cell["interval"]
    return f"{cell['mean']:.3f} [{low:.3f}, {high:.3f}]"


def _ahead_text(row: Sequence[float]) -> str:
    gap, low, high = row
    return f"{gap:+.3f} [{low:+.3f}, {high:+.3f}]{' *' if verdict(low, high) == 'could be luck' else ''}"


def _errors_text(errors: Mapping[str, Sequence[float]]) -> str:
    guess = mean(row[1] for row in errors.values())
    told = ", ".join(f"{name}: {row[0]:.3f}" for name, row in errors.items())
    return f"{guess:.3f}: {told}"


def painting_errors(seeds: int, folder: Path) -> dict[str, list[float]]:
    """How well the painters paint, and the mean image, in the mean over seeds."""
    found: dict[str, list[float]] = {}
    for name, body in BODIES.items():
        if isinstance(body, MaskedPatches):
            parts = [
                painting_error(
                    base_of(body, seed, folder), items_of(split_of(DigitsData(LABELS[0]), seed).validation)  # type: ignore[arg-type]
                )
                for seed in range(seeds)
            ]  # fmt: skip
            found[name] = [mean(column) for column in zip(*parts, strict=True)]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the rows that are missing, and keep the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks.images", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"default: {SEEDS}")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    folder = cache_folder() / "images"
    rows: dict[str, list[Row]] = {reader.name: [] for reader in READERS}
    for seed in range(options.seeds):
        for reader in READERS:
            rows[reader.name].append(row_of(reader, seed, folder))
            print(f"seed {seed}: {reader.name}", file=sys.stderr, flush=True)
    found = summary(rows, painting_errors(options.seeds, folder))
    print(told := text(found))
    write_atomically(FIGURE, f"{told}\n".encode())
    for file in (FIGURE.with_suffix(".json"), FILE):  # the second one is what the course shows
        write_atomically(file, f"{json.dumps(found, indent=1)}\n".encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
