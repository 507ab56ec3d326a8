"""`python -m benchmarks.where`: where an epoch of a regime spends its time, kind by kind, beside full fine-tuning.

By PyTorch's profiler, on one thread and the practice messages: self time of each operator, summed by kind, median of a
few rounds in which all regimes take their turn. The profiler itself slows small operators most, so read shares, not
seconds; `benchmarks.costs` has the clock. The table goes to figures/where.txt.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from torch.profiler import ProfilerActivity, profile

from headswap.files import write_atomically
from headswap.model.body_contract import Base

from .costs import EPOCHS, YARDSTICK, schooled, trained
from .machine import this_machine

FIGURE = Path(__file__).parents[1] / "figures" / "where.txt"
REGIMES = (YARDSTICK, "lora", "adapters-houlsby", "adapters-pfeiffer", "prompt", "prefix", "ia3")
# The first kind of which a word is in the operator's name.
KINDS = {
    "products": ("linear_pointwise", "aten::mm", "aten::addmm", "aten::bmm", "OneDnnLinear"),
    "attention": ("scaled_dot_product",),
    "gelu and relu": ("gelu", "relu", "threshold"),
    "norms": ("layer_norm",),
    "optimizer": ("Optimizer", "adamw", "foreach"),
    "adding, copying": ("aten::add", "aten::copy_", "aten::cat", "aten::clone", "aten::mul", "aten::sum", "aten::fill_",
                        "aten::index", "constant_pad"),
}  # fmt: skip
REST = "everything else"


def kind_of(operator: str) -> str:
    """The kind that an operator counts as."""
    return next((kind for kind, words in KINDS.items() if any(word in operator for word in words)), REST)


def milliseconds(base: Base, regime: str) -> dict[str, float]:
    """Self time by kind, per epoch, of a short run under the profiler."""
    with profile(activities=[ProfilerActivity.CPU]) as measured:
        trained(base, regime)
    found = dict.fromkeys([*KINDS, REST], 0.0)
    for one in measured.key_averages():
        found[kind_of(one.key)] += one.self_cpu_time_total / 1000 / EPOCHS
    return found


def shares(rounds: int) -> dict[str, dict[str, float]]:
    """By regime and kind, the time over all of full's in the same round: the median of the rounds."""
    base = schooled()
    trained(base, YARDSTICK)  # whatever the first run loads
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in REGIMES}
    for number in range(rounds):
        found = {name: milliseconds(base, name) for name in REGIMES}
        whole = sum(found[YARDSTICK].values())
        for name, kinds in found.items():
            seen[name].append({kind: spent / whole for kind, spent in kinds.items()})
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return {name: {kind: median(one[kind] for one in ones) for kind in ones[0]} for name, ones in seen.items()}


def text(found: dict[str, dict[str, float]]) -> str:
    """A row for each regime, a column for each kind, and their sum; all in hundredths of full's epoch."""
    kinds, here = [*KINDS, REST], this_machine()
    lines = [f"Hundredths of an epoch of full, by kind of operator; {here.cpu}, one thread, {here.date}", ""]
    lines.append("regime".ljust(20) + "".join(kind.rjust(18) for kind in kinds) + "together".rjust(12))
    for name, row in found.items():
        cells = "".join(f"{100 * row[kind]:18.0f}" for kind in kinds)
        lines.append(f"{name:20}{cells}{100 * sum(row.values()):12.0f}")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and keep the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.where", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    told = text(shares(parser.parse_args(arguments).rounds))
    print(told, end="")
    write_atomically(FIGURE, told.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
