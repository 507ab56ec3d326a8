"""`python -m benchmarks.coverage`: how often a 95 % interval holds the truth, in worlds where the truth is known.

A message has a difficulty, a seed has a skill and a leaning towards one class, and a verdict has luck of its own:
right is whoever has skill - difficulty + luck > 0, all normal. Integrating over messages gives each seed's true F1 in
closed form, and the mean over 20,000 seeds the truth. Four worlds: seeds with test messages of their own or with the
same ones, seeds that hardly differ or differ much. Test sets are balanced, as the splits make them.
Shape letters: S seeds, N messages.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np

from headswap.files import write_atomically
from headswap.metrics.intervals import Verdicts, mean_interval, paired_difference

MESSAGES, TRUTH = 160, 20_000
SKILLS = 2.0, 1.6  # of the classifier, and of the weaker one that it is compared with
NONE, LITTLE, MUCH = 0.0, 0.1, 0.6  # standard deviation of a seed's skill and leaning
CDF = np.vectorize(NormalDist().cdf)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often intervals held the truth: single scores and paired differences, over so many simulated experiments."""

    shared: bool
    spread: float
    seeds: int
    simulations: int
    true_f1: float
    single: float
    paired: float
    width: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate every world with 1, 3, 5 and 10 seeds, and print and keep the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.coverage", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--simulations", type=int, default=2000, help="experiments per row (default: 2000)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON")
    options = parser.parse_args(arguments)
    worlds = [(seeds, shared, spread) for seeds in (5, 3, 10) for shared in (False, True) for spread in (LITTLE, MUCH)]
    # One seed's interval is about that one classifier, so its world has no other.
    found = [cover(shared, spread, seeds, options.simulations) for seeds, shared, spread in (*worlds, (1, False, NONE))]
    print(text(found))
    if options.json is not None:
        write_atomically(options.json, json.dumps([asdict(row) for row in found], indent=1).encode())
    return 0


def cover(shared: bool, spread: float, seeds: int, simulations: int) -> Coverage:
    """How often the intervals hold the truth in one world."""
    rng = np.random.default_rng(0)
    truths = [_true_f1(_skills(rng, skill, spread, TRUTH)).mean() for skill in SKILLS]
    single = paired = 0
    width = 0.0
    for _ in range(simulations):
        one, other = zip(*_experiment(rng, shared, spread, seeds), strict=True)
        low, high = mean_interval(one, "f1")
        _, (below, above) = paired_difference(list(zip(one, other, strict=True)))
        single += low <= truths[0] <= high
        paired += below <= truths[0] - truths[1] <= above
        width += high - low
    counts = single / simulations, paired / simulations, width / simulations
    return Coverage(shared, spread, seeds, simulations, float(truths[0]), *counts)


def _experiment(rng: np.random.Generator, shared: bool, spread: float, seeds: int) -> list[tuple[Verdicts, Verdicts]]:
    """One comparison: what both classifiers say at each seed."""
    labels = np.arange(MESSAGES) % 2
    skills = [_skills(rng, skill, spread, seeds) for skill in SKILLS]  # each (S, 2), by class
    common = rng.standard_normal(MESSAGES)
    found = []
    for seed in range(seeds):
        difficulty = common if shared else rng.standard_normal(MESSAGES)
        keys = [int(k) for k in np.arange(MESSAGES) + (0 if shared else seed * MESSAGES)]
        right = [skill[seed][labels] - difficulty + rng.standard_normal(MESSAGES) > 0 for skill in skills]
        found.append(tuple(Verdicts(keys, labels.tolist(), np.where(r, labels, 1 - labels).tolist()) for r in right))
    return found


def _skills(rng: np.random.Generator, skill: float, spread: float, seeds: int) -> np.ndarray:
    """Each seed's skill for each class, (S, 2): quality helps both, a leaning helps one and harms the other."""
    quality, leaning = rng.normal(0, spread, (2, seeds))
    return skill + np.stack([quality - leaning, quality + leaning], axis=1)


def _true_f1(skills: np.ndarray) -> np.ndarray:
    """F1 (S,) on endlessly many messages, half of them spam."""
    right = CDF(skills / np.sqrt(2))  # difficulty and luck have variance 1 each
    missed, false = 1 - right[:, 1], 1 - right[:, 0]
    return 2 * (1 - missed) / (2 * (1 - missed) + missed + false)


def text(rows: Sequence[Coverage]) -> str:
    """The table, as a terminal shows it."""
    lines = [
        f"How often a 95 % interval of F1 holds the truth: {rows[0].simulations:,} simulated comparisons a row, "
        f"{MESSAGES} messages a seed",
        f"{'seeds':>5}  {'test messages':<14}{'seeds differ':<14}{'true F1':>8}{'single':>9}{'paired':>9}{'width':>8}",
    ]
    for row in rows:
        whose = "shared" if row.shared else "their own"
        how = {NONE: "not at all", LITTLE: "little", MUCH: "much"}[row.spread]
        lines.append(
            f"{row.seeds:>5}  {whose:<14}{how:<14}{row.true_f1:>8.3f}"
            f"{row.single:>8.1%}{row.paired:>9.1%}{row.width:>8.3f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
