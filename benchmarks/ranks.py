"""`python -m benchmarks.ranks`: how much of LoRA hangs on its rank, and how much on alpha.

Every pair on the practice messages, three seeds, judged on validation messages alone: the mean loss at each seed's best
epoch. What is added is scaled by alpha / rank, so along a diagonal of the table the scale is the same. Finished runs
are kept; the table goes to figures/ranks.txt.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean

from headswap.data.sources import FixtureData
from headswap.files import cache_folder, write_atomically
from headswap.model.inserts.lora import LoRA
from headswap.regimes.named import REGIMES, inserting
from headswap.results.store import find
from headswap.training.pretrain import Schooling
from headswap.training.recipe import Recipe
from headswap.training.spec import RunSpec

from .rates import best_loss, carry_out, results

FIGURE = Path(__file__).parents[1] / "figures" / "ranks.txt"
RANKS, ALPHAS = (1, 2, 4, 8, 16), (1.0, 4.0, 8.0, 16.0, 64.0)
HEAD = (
    "LoRA beside every query and value, practice messages, learning rate {rate:g}, 20 epochs: validation loss in nats",
    "at the best epoch, the mean over {seeds} seeds, and the least and the greatest of them.",
)


def specs(rank: int, alpha: float, seeds: int) -> list[RunSpec]:
    """The runs of one pair, a seed each; none of them sees a test message."""
    regime = replace(REGIMES["lora"], name=f"lora {rank} {alpha:g}", stages=(inserting(LoRA(rank, alpha)),))
    return [RunSpec(FixtureData(), regime, Recipe(), Schooling(), seed, tested=False) for seed in range(seeds)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, and keep the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.ranks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3, help="default: 3")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    options = parser.parse_args(arguments)
    folder = cache_folder() / "ranks"
    grid = {(rank, alpha): specs(rank, alpha, options.seeds) for rank in RANKS for alpha in ALPHAS}
    todo = [run for runs in grid.values() for run in runs if not find(run, folder / "results")]
    carry_out(sorted(todo, key=lambda run: run.seed), folder, options.workers, float("inf"))
    rows = [
        {
            "rank": rank,
            "alpha": alpha,
            "losses": [round(best_loss(one), 4) for one in results(runs, folder / "results")],
        }
        for (rank, alpha), runs in grid.items()
    ]
    text = "\n".join(table(rows, options.seeds)) + "\n"
    print(text, end="")
    write_atomically(FIGURE, text.encode())
    write_atomically(FIGURE.with_suffix(".json"), ("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n").encode())
    return 0


def table(rows: Sequence[dict], seeds: int) -> list[str]:
    """A line for each rank, a column for each alpha."""
    found = {(row["rank"], row["alpha"]): row["losses"] for row in rows}
    head = [line.format(rate=REGIMES["lora"].learning_rate, seeds=seeds) for line in HEAD]
    lines = [*head, "", "rank" + "".join(f"alpha {alpha:g}".rjust(22) for alpha in ALPHAS)]
    for rank in RANKS:
        lines.append(f"{rank:4}" + "".join(_cell(found[rank, alpha]).rjust(22) for alpha in ALPHAS))
    return lines


def _cell(losses: Sequence[float]) -> str:
    return f"{mean(losses):.3f} ({min(losses):.3f}-{max(losses):.3f})"


if __name__ == "__main__":
    sys.exit(main())
