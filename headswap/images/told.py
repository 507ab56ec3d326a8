"""A comparison on images as text: accuracy and macro F1 of many classes, with intervals and paired differences."""

from collections.abc import Sequence

import numpy as np

from ..metrics.intervals import paired_difference
from ..regimes.named import REGIMES
from ..results.report import cell
from ..results.scores import Score

TITLE = "test images, every class as frequent as the others"


def about(found: Sequence[Score]) -> str:
    """One regime: what it does, how many weights learn, what was computed once.

    `found` are its scores, one for each seed.
    """
    first = found[0]
    summary = REGIMES[first.regime].summary.replace("per message", "per image")
    return "\n".join([
        f"{first.regime}\n  {summary}",
        f"  {first.learning:,} of {first.total:,} weights learn, computed once: {first.cached}",
    ])  # fmt: skip


def table(found: Sequence[Score], rival: str) -> str:
    """All regimes side by side; accuracy also as its paired difference from the regime `rival`, where that was run."""
    names = list(dict.fromkeys(score.regime for score in found))
    seeds = len({score.seed for score in found})
    against = f"accuracy minus {rival}, paired" if rival in names and len(names) > 1 else ""
    head = (
        f"{'regime':<20}{'learn':>12}{'accuracy':>10}  {'95 % interval':<15}{'macro F1':>9}  {'95 % interval':<15}"
        f"{'s, body':>9}{'s, task':>9}  {against}"
    )
    rows = [_row(found, name, rival) for name in names]
    return "\n".join([f"{TITLE} ({seeds} seed{'s' if seeds > 1 else ''})", head.rstrip(), *rows])


def _row(found: Sequence[Score], name: str, rival: str) -> str:
    mine = [score for score in found if score.regime == name]
    body, task = (float(np.mean([getattr(s, field) for s in mine])) for field in ("pretrain_seconds", "seconds"))
    (accuracy, *luck), (f1, *f1_luck) = cell(mine, "accuracy"), cell(mine, "f1")
    return (
        f"{name:<20}{mine[0].learning:>12,}{accuracy:>10.3f}  {_between(luck):<15}{f1:>9.3f}  "
        f"{_between(f1_luck):<15}{body:>9.1f}{task:>9.1f}  {_against(found, mine, rival)}"
    ).rstrip()


def _against(found: Sequence[Score], mine: Sequence[Score], rival: str) -> str:
    """How much better than the rival on the same images, and whether that could be luck."""
    theirs = {score.seed: score for score in found if score.regime == rival}
    pairs = [(s.verdicts, theirs[s.seed].verdicts) for s in mine if s.seed in theirs and s.regime != rival]
    if not pairs:
        return ""
    mean, (low, high) = paired_difference(pairs, "accuracy", len(mine[0].metrics.confusion))
    return f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]{'' if low > 0 or high < 0 else '  could be luck'}"


def _between(interval: Sequence[float]) -> str:
    return f"[{interval[0]:.3f}, {interval[1]:.3f}]"
