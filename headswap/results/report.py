"""Results as text that a terminal, a lecture and a README can show."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..calibration.scores import brier_each, nll_each
from ..metrics.intervals import mean_interval, share_interval
from ..metrics.measure import NAMES
from ..regimes.named import REGIMES
from .calibrated import Trust, mean_loss, nll_difference, trust
from .compare import Failure
from .scores import Difference, Score, differences, ranking_differences

TITLES = {"balanced": "balanced test: as much ham as spam", "natural": "natural test: spam as rare as in the corpus"}

TRUST = """NLL in nats, Brier, and ECE, the calibration error: lower is better. luck: the ECE that luck alone gives a
perfect model. beyond: at how many seeds the ECE is more than luck. T: the temperature fitted on the validation part;
what follows it is measured on the test part at that temperature."""


def report(results: Sequence[Score], label_names: Sequence[str]) -> str:
    """One regime over its seeds: each test set's metrics with 95 % intervals and its confusion matrix."""
    first = results[0]
    seconds = np.mean([r.seconds for r in results])
    summary = REGIMES[first.regime].summary if first.regime in REGIMES else _ngrams(first.regime)
    lines = [
        f"{first.regime}\n  {summary}",
        f"  {first.learning:,} of {first.total:,} weights learn, computed once: {first.cached}; "
        f"{seconds:.2f} s of training per seed",
    ]
    lines += _moved(results) + _language(results)
    for test in dict.fromkeys(r.test for r in results):
        lines += ["", *_test_lines([r for r in results if r.test == test], label_names)]
    return "\n".join(lines)


def _moved(results: Sequence[Score]) -> list[str]:
    """How far the body moved: the mean over seeds, the least and the most; nothing for a baseline without a body."""
    far = list({r.seed: r.drift for r in results if r.drift is not None}.values())
    if not far:
        return []
    if not any(far):
        return ["  the body did not move"]
    seeds = f" (over {len(far)} seeds {min(far):.1%} to {max(far):.1%})".replace("%", " %") if far[1:] else ""
    return [f"  the body moved by {100 * np.mean(far):.1f} % of its length{seeds}"]


def _language(results: Sequence[Score]) -> list[str]:
    """What is left of the language: the geometric mean over seeds, the least and the most; nothing for no language."""
    left = list({r.seed: r.perplexity for r in results if r.perplexity is not None}.values())
    if not left:
        return []
    seeds = f" (over {len(left)} seeds {min(left):.2f} to {max(left):.2f})" if left[1:] else ""
    return [f"  the old head put back: perplexity {np.exp(np.mean(np.log(left))):.2f} on validation texts{seeds}"]


def table(results: Sequence[Score], baseline: str) -> str:
    """All regimes side by side, one block per test set; F1 beside its paired difference from `baseline`."""
    return "\n\n".join(_block(results, test, baseline) for test in dict.fromkeys(r.test for r in results))


def versus(results: Sequence[Score], rival: str) -> str:
    """Every regime against one of them, on the same messages: how much more F1 and how much more average precision."""
    lines = [f"{'minus ' + rival + ', paired':<34}{'F1':<26}  average precision"]
    for test in dict.fromkeys(r.test for r in results):
        f1, ranking = differences(results, test, rival), ranking_differences(results, test, rival)
        lines += [f"{test:<17}{name:<17}{_signed(f1[name]):<26}  {_signed(ranking[name])}" for name in f1]
    return "\n".join(lines)


def _signed(difference: Difference) -> str:
    mean, (low, high) = difference
    return f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"


def diverged(failures: Sequence[Failure]) -> list[str]:
    """A row for each regime that does not train with these settings: at which seeds, and how it ended."""
    rows = []
    for name in dict.fromkeys(f.spec.name for f in failures if f.diverged):
        mine = [f for f in failures if f.diverged and f.spec.name == name]
        seeds = ", ".join(str(f.spec.seed) for f in mine)
        rows.append(f"{name:<15}  diverged at seed{'s' if len(mine) > 1 else ''} {seeds}: {mine[0].sentence}")
    return rows


def cell(results: Sequence[Score], name: str) -> tuple[float, float, float]:
    """A metric's mean over seeds and the ends of its 95 % interval."""
    mean = float(np.mean([getattr(r.metrics, name) for r in results]))
    return mean, *mean_interval([r.verdicts for r in results], name, len(results[0].metrics.confusion))


def _ngrams(name: str) -> str:
    read = f"the first {name.split()[1]} bytes" if " " in name else "the whole text, which is more than a body reads"
    return f"Logistic regression on character n-grams of {read}."


def _test_lines(results: Sequence[Score], label_names: Sequence[str]) -> list[str]:
    support = results[0].metrics.support
    counts = ", ".join(f"{n} {name}" for n, name in zip(support, label_names, strict=True))
    lines = [f"  {TITLES[results[0].test]} ({counts}; {_seeds(results)})"]
    for name in NAMES:
        mean, low, high = cell(results, name)
        lines.append(f"    {name:<17} {mean:.3f}  [{low:.3f}, {high:.3f}]{_undefined(results, name)}")
    low, high = share_interval([r.ranking for r in results], _mean_ranking(results))
    lines.append(f"    {'average precision':<17} {_mean_ranking(results):.3f}  [{low:.3f}, {high:.3f}]")
    return lines + _trust_lines(results) + _confusion_lines(results, label_names)


def _trust_lines(results: Sequence[Score]) -> list[str]:
    """How far the probabilities can be trusted: two losses, and the calibration error beside what luck makes."""
    claims, found = [r.claims for r in results], [trust(r.claims) for r in results]
    (nll, (low, high)), (brier, (least, most)) = (mean_loss(claims, each) for each in (nll_each, brier_each))
    luck, up_to = (
        float(np.mean([of(one.floor) for one in found])) for of in (lambda f: f.mean, lambda f: f.interval[1])
    )
    beyond = sum(one.beyond_luck for one in found)
    return [
        f"    {'NLL, in nats':<17} {nll:.3f}  [{low:.3f}, {high:.3f}]   Brier {brier:.3f}  [{least:.3f}, {most:.3f}]",
        f"    {'calibration error':<17} {np.mean([one.ece for one in found]):.3f}  "
        f"luck alone: {luck:.3f}, up to {up_to:.3f}; more than luck at {beyond} of {_seeds(results)}",
    ]


def trust_table(results: Sequence[Score], baseline: str, titles: Mapping[str, str] = TITLES) -> str:
    """How far every regime's probabilities can be trusted, one block per test set, with the words for its columns."""
    parts = {test: [r for r in results if r.test == test] for test in dict.fromkeys(r.test for r in results)}
    blocks = [_trust_block(mine, baseline, titles[test]) for test, mine in parts.items()]
    return "\n\n".join([*blocks, TRUST])


def _trust_block(results: Sequence[Score], baseline: str, title: str) -> str:
    rivals = {r.seed: r for r in results if r.regime == baseline}
    head = (f"{'regime':<20}{'NLL':>6}  {'95 % interval':<15}{'Brier':>7}{'ECE':>7}{'luck':>7}{'beyond':>8}"
            f"{'T':>7}{'NLL at T':>10}{'ECE at T':>10}{'luck':>7}{'beyond':>8}")  # fmt: skip
    against = f"NLL minus {baseline}, paired" if rivals else ""
    names = dict.fromkeys(r.regime for r in results)
    rows = [_trust_row([r for r in results if r.regime == name], rivals) for name in names]
    return "\n".join([f"{title} ({_seeds(results)})", f"{head}  {against}".rstrip(), *rows])


def _trust_row(results: Sequence[Score], rivals: Mapping[int, Score]) -> str:
    nll, (low, high) = mean_loss([r.claims for r in results], nll_each)
    plain, mended = ([trust(r.claims, heat(r)) for r in results] for heat in (lambda r: 1.0, lambda r: r.temperature))
    brier, heat, later = (float(np.mean(values)) for values in (
        [one.brier for one in plain], [r.temperature for r in results], [one.nll for one in mended]))  # fmt: skip
    line = (f"{results[0].regime:<20}{nll:>6.3f}  [{low:.3f}, {high:.3f}] {brier:>6.3f}{_beside_luck(plain)}"
            f"{heat:>7.2f}{later:>10.3f}{_beside_luck(mended, 10)}")  # fmt: skip
    both = [(r.claims, rivals[r.seed].claims) for r in results if r.seed in rivals and r is not rivals[r.seed]]
    if not both:
        return line
    return f"{line}  {_signed(nll_difference([one for one, _ in both], [other for _, other in both]))}"


def _beside_luck(found: Sequence[Trust], wide: int = 7) -> str:
    """The mean error, what luck makes of it, and at how many seeds it is more."""
    error, luck = (float(np.mean(values)) for values in ([one.ece for one in found], [one.floor.mean for one in found]))
    beyond = f"{sum(one.beyond_luck for one in found)}/{len(found)}"
    return f"{error:>{wide}.3f}{luck:>7.3f}{beyond:>8}"


def _mean_ranking(results: Sequence[Score]) -> float:
    return float(np.mean([r.average_precision for r in results]))


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
    widest = (
        f"{'regime':<15}{'learn':>9}{'precision':>11}{'recall':>8}{'F1':>7}  {'95 % interval':<15}"
        f"{'F1 prior':>10}{'AP':>7}{'s, body':>9}{'s, task':>9}"
    )
    title = f"F1 minus {baseline}, paired" if better else ""
    lines = [f"{TITLES[test]} ({_seeds(mine)})", f"{widest}  {title}".rstrip()]
    for name in dict.fromkeys(r.regime for r in mine):
        lines.append(_row([r for r in mine if r.regime == name], better.get(name)))
    return "\n".join(lines)


def _row(results: Sequence[Score], better: Difference | None) -> str:
    (precision, *_), (recall, *_), (f1, low, high) = (cell(results, name) for name in NAMES[:3])
    body, task, prior = (
        float(np.mean([value(r) for r in results]))
        for value in (lambda r: r.pretrain_seconds, lambda r: r.seconds, lambda r: r.prior_metrics.f1)
    )
    line = (
        f"{results[0].regime:<15}{results[0].learning:>9,}{precision:>11.3f}{recall:>8.3f}{f1:>7.3f}"
        f"  [{low:.3f}, {high:.3f}] {prior:>9.3f}{_mean_ranking(results):>7.3f}{body:>9.2f}{task:>9.2f}"
    )
    return line if better is None else f"{line}  {_signed(better)}"


def _seeds(results: Sequence[Score]) -> str:
    count = len({r.seed for r in results})
    return f"{count} seed{'s' if count > 1 else ''}"
