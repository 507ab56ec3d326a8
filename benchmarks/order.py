"""`python -m benchmarks.order`: who learns that the order decides, from how many labels.

The same two steps are in the messages of both classes, so that an n-gram has nothing to hold. Finished runs are kept,
and the next call does the rest; the table holds what there is, and is written to figures/order.txt.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from headswap.data import order
from headswap.data.sources import OrderData
from headswap.errors import HeadswapError
from headswap.files import cache_folder, write_atomically
from headswap.metrics.intervals import paired_difference
from headswap.model.body import BodyConfig
from headswap.regimes.named import REGIMES
from headswap.results.baselines import NgramsSpec, Spec
from headswap.results.compare import Failure, compare
from headswap.results.report import cell
from headswap.results.scores import Score, scores
from headswap.results.store import find
from headswap.training.pretrain import Schooling
from headswap.training.recipe import Recipe
from headswap.training.spec import Result, RunSpec

FIGURE = Path(__file__).parents[1] / "figures" / "order.txt"
LABELS = (10, 40, 80, 160, 640)
NAMES = ("frozen-random", "head-only", "last-block", "scratch", "full")
NGRAMS = f"n-grams {order.LONGEST} B"
FRESH, FEWEST = 1_000, 160  # test messages; messages that an epoch goes over: 20 epochs of 10 labels are no training
KINDS = {
    "plain": "told as it happens",
    "third": "and a third step that decides nothing",
    "only_sounds": "an ending that only sounds like taking it back",
    "agrees": "somebody else's plan, and the writer agrees",
    "backwards": "the later step told first",
    "taken_back": "taken back at the end",
    "disagrees": "somebody else's plan, and the writer disagrees",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, for so many minutes at most, and print and keep the table of all there is."""
    parser = argparse.ArgumentParser(prog="benchmarks.order", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--labels", default=",".join(map(str, LABELS)), metavar="A,B", help="default: %(default)s")
    parser.add_argument("--seeds", type=int, default=5, help="default: 5")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no run after so many (default: all)")
    options = parser.parse_args(arguments)
    labels, folder = [int(many) for many in options.labels.split(",")], cache_folder() / "compare"
    wanted = [spec for many in labels for seed in range(options.seeds) for spec in specs(many, seed)]
    left = [spec for spec in wanted if find(spec, folder / "results") is None]
    carry_out(left, folder, options.minutes)
    grid = [spec for many in LABELS for seed in range(options.seeds) for spec in specs(many, seed)]
    text = table([result for spec in grid if (result := find(spec, folder / "results"))])
    print(text)
    write_atomically(FIGURE, f"{text}\n".encode())
    return 0


def specs(labels: int, seed: int) -> list[Spec]:
    """Every regime and the n-grams of the same bytes, with so many labels at one seed; the dear ones last."""
    data, body = OrderData(labels, FRESH), Schooling(BodyConfig(max_len=order.LONGEST))
    recipe = Recipe(passes=max(1, FEWEST // labels))
    return [NgramsSpec(data, seed, order.LONGEST)] + [RunSpec(data, REGIMES[n], recipe, body, seed) for n in NAMES]


def carry_out(left: Sequence[Spec], folder: Path, minutes: float) -> None:
    """Do the runs one after the other; the store has each as soon as it is done."""
    began = perf_counter()
    for number, outcome in enumerate(compare(left, folder=folder, resume=True), 1):
        if isinstance(outcome, Failure):
            raise HeadswapError(outcome.sentence)
        print(f"{number} of {len(left)}, {perf_counter() - began:.0f} s: {outcome.name}", file=sys.stderr, flush=True)
        if perf_counter() - began > 60 * minutes:
            return


def table(results: Iterable[Result]) -> str:
    """F1 by regime and number of labels, what it is ahead of the n-grams, and accuracy by kind of message."""
    found: dict[tuple[str, int], list[Result]] = {}
    for result in results:
        assert isinstance(result.spec, RunSpec | NgramsSpec) and isinstance(result.spec.data, OrderData)
        found.setdefault((result.name, result.spec.data.labelled), []).append(result)
    held = {key: scores(mine) for key, mine in found.items()}
    counts = sorted({many for _, many in found})
    lines = [f"F1 on {FRESH:,} fresh messages of {order.LONGEST} bytes, as much ham as spam; mean and 95 % interval"]
    lines += ["labels".ljust(15) + "".join(f"{many:>24}" for many in counts)]
    lines += ["seeds".ljust(15) + "".join(f"{_seeds(held, many):>24}" for many in counts)]
    for name in (NGRAMS, *NAMES):
        lines.append(name.ljust(15) + "".join(f"{_f1(held.get((name, many), [])):>24}" for many in counts))
    for rival in (NGRAMS, "head-only", "scratch"):
        lines += ["", f"F1 minus {rival}, paired"]
        for name in NAMES:
            if name != rival:
                ahead = [_ahead(held.get((name, m), []), held.get((rival, m), [])) for m in counts]
                lines.append(name.ljust(15) + "".join(f"{cell:>24}" for cell in ahead))
    return "\n".join([*lines, "", *_by_kind(found, counts[-1])])


def _seeds(held: dict[tuple[str, int], list[Score]], many: int) -> str:
    least = sorted({len({s.seed for s in held.get((name, many), [])}) for name in (NGRAMS, *NAMES)})
    return " to ".join(map(str, [least[0], least[-1]][: len(least)]))


def _f1(mine: list[Score]) -> str:
    if not mine:
        return "not run"
    mean, low, high = cell(mine, "f1")
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def _ahead(mine: list[Score], rival: list[Score]) -> str:
    other = {score.seed: score for score in rival}
    pairs = [(score.verdicts, other[score.seed].verdicts) for score in mine if score.seed in other]
    if not pairs:
        return "not run"
    mean, (low, high) = paired_difference(pairs)
    return f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"


def _by_kind(found: dict[tuple[str, int], list[Result]], many: int) -> list[str]:
    """The share of each kind of test message that is told right, over all seeds."""
    kinds = np.array([deal.family for deal in order.deals(FRESH // 2, -1, "test") for _ in range(2)])
    names = [name for name in (NGRAMS, *NAMES) if (name, many) in found]
    lines = [f"Accuracy by kind of message, {many} labels", " " * 58 + "".join(f"{name:>15}" for name in names)]
    for kind, words in KINDS.items():
        shares = [_accuracy(found[name, many], kinds == kind) for name in names]
        row = f"{words} ({int((kinds == kind).sum())})".ljust(58)
        lines.append(row + "".join(f"{share:>15.2f}" for share in shares))
    return lines


def _accuracy(results: Sequence[Result], which: np.ndarray) -> float:
    judged = [result.judged[0] for result in results]
    return float(np.mean([(np.array(j.labels) == np.array(j.predictions))[which].mean() for j in judged]))


if __name__ == "__main__":
    sys.exit(main())
