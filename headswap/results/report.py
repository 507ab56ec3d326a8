"""Results as text that a terminal, a lecture and a README can show."""

from collections.abc import Sequence

import numpy as np

from ..metrics.intervals import mean_interval
from ..metrics.measure import NAMES
from ..training.regimes import REGIMES
from .scores import Score, differences

TITLES = {"balanced": "balanced test: as much ham as spam", "natural": "natural test: spam as rare as in the corpus"}


def report(results: Sequence[Score], label_names: Sequence[str]) -> str:
    """One regime over its seeds: each test set's metrics with 95 % intervals and its confusion matrix."""
    first = results[0]
    seconds = np.mean([r.seconds for r in results])
    summary = REGIMES[first.regime].summary if first.regime in REGIMES else "Logistic regression on character n-grams."
    lines = [
        f"{first.regime}\n  {summary}",
        f"  {first.learning:,} of {first.total:,} weights learn, computed once: {first.cached}; "
        f"{seconds:.2f} s of training per seed",
    ]
    for test in dict.fromkeys(r.test for r in results):
        lines += ["", *_test_lines([r for r in results if r.test == test], label_names)]
    return "\n".join(lines)


def table(results: Sequence[Score], baseline: str) -> str:
    """All regimes side by side, one block per test set; F1 beside its paired difference from `baseline`."""
    return "\n\n".join(_block(results, test, baseline) for test in dict.fromkeys(r.test for r in results))


def cell(results: Sequence[Score], name: str) -> tuple[float, float, float]:
    """A metric's mean over seeds and the ends of its 95 % interval."""
    mean = float(np.mean([getattr(r.metrics, name) for r in results]))
    return mean, *mean_interval([r.metrics.confusion for r in results], name)


def _test_lines(results: Sequence[Score], label_names: Sequence[str]) -> list[str]:
    support = results[0].metrics.support
    counts = ", ".join(f"{n} {name}" for n, name in zip(support, label_names, strict=True))
    lines = [f"  {TITLES[results[0].test]} ({counts}; {_seeds(results)})"]
    for name in NAMES:
        mean, low, high = cell(results, name)
        lines.append(f"    {name:<10} {mean:.3f}  [{low:.3f}, {high:.3f}]{_undefined(results, name)}")
    return lines + _confusion_lines(results, label_names)


def _undefined(results: Sequence[Score], name: str) -> str:
    return "  (no such messages: 0 by convention)" if any(name in r.metrics.undefined for r in results) else ""


def _confusion_lines(results: Sequence[Score], label_names: Sequence[str]) -> list[str]:
    total = np.sum([r.metrics.confusion for r in results], axis=0)
    width = max(12, *(len(name) + 6 for name in label_names))
    head = "".join(f"{'said ' + name:>{width}}" for name in label_names)
    rows = [
        f"    {'is ' + name:<{width}}" + "".join(f"{n:>{width},}" for n in row)
        for name, row in zip(label_names, total, strict=True)
    ]
    note = "" if len(results) == 1 else f"   (sum over {len(results)} seeds)"
    return [f"    {'':<{width}}{head}{note}", *rows]


def _block(results: Sequence[Score], test: str, baseline: str) -> str:
    mine = [r for r in results if r.test == test]
    better = differences(results, test, baseline)
    widest = f"{'regime':<15}{'learn':>9}{'precision':>11}{'recall':>8}{'F1':>7}  {'95 % interval':<15}"
    title = f"F1 minus {baseline}, paired" if better else ""
    lines = [f"{TITLES[test]} ({_seeds(mine)})", f"{widest}{'seconds':>8}  {title}".rstrip()]
    for name in dict.fromkeys(r.regime for r in mine):
        lines.append(_row([r for r in mine if r.regime == name], better.get(name)))
    return "\n".join(lines)


def _row(results: Sequence[Score], better: tuple[float, tuple[float, float]] | None) -> str:
    (precision, *_), (recall, *_), (f1, low, high) = (cell(results, name) for name in NAMES[:3])
    seconds = np.mean([r.seconds for r in results])
    line = (
        f"{results[0].regime:<15}{results[0].learning:>9,}{precision:>11.3f}{recall:>8.3f}{f1:>7.3f}"
        f"  [{low:.3f}, {high:.3f}] {seconds:>8.2f}"
    )
    return line if better is None else line + f"  {better[0]:+.3f} [{better[1][0]:+.3f}, {better[1][1]:+.3f}]"


def _seeds(results: Sequence[Score]) -> str:
    count = len({r.seed for r in results})
    return f"{count} seed{'s' if count > 1 else ''}"
