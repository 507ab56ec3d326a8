"""The results as a table: what was measured, what was promised, and whether it holds."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from .bench import Results
from .growth import Point
from .peak import CONVENTION, Peak
from .speed import seconds_of


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `value` is what the target speaks of, `met` None where nothing was promised.

    `spread` is the least and the largest value of the alternating runs.
    """

    what: str
    ours: str
    theirs: str
    value: str
    spread: str
    target: str
    met: bool | None


def rows(results: Results) -> list[Row]:
    """The promises, each with the numbers behind it."""
    linear, total = results.shares
    peak = f"{results.peak.best:.0f} GFLOP/s"
    mb, two, added = results.memory / 1e6, results.memory_of_two / 1e6, results.imports.beyond
    return [
        _ratio(results, "head-only", "Trainer", 20.0),
        _ratio(results, "head-only", "plain loop"),
        _ratio(results, "full", "Trainer", 1.8),
        _ratio(results, "full", "plain loop"),
        _ratio(results, "last-block", "no cache", 1.25),
        Row("full, share of the peak", _rate(results, total), peak, f"{total:.0%}", _shares(results), "", None),
        Row("  without attention", _rate(results, linear), peak, f"{linear:.0%}", "", "", None),
        Row("demo, peak memory", f"{mb:.0f} MB", "", f"{mb:.0f} MB", "", "< 600 MB", mb < 600),
        Row("  with 2 workers", f"{two:.0f} MB", "", f"{two:.0f} MB", "", "", None),
        Row("import, beyond torch", f"{added:.2f} s", "", f"{added:.2f} s", "", "< 0.15 s", added < 0.15),
    ]


def text(results: Results) -> str:
    """The whole report."""
    m, plan = results.machine, results.plan
    head = (
        f"{m.cpu}, {m.cores} cores, {m.threads} thread(s), torch {m.torch}, Python {m.python}, {m.system}, {m.date}\n"
        f"640 messages, 32 bytes, batch 32, width 64, 2 blocks, {plan.epochs} epochs; "
        f"medians of {plan.runs} alternating run(s)\n"
    )
    table = [("what", "ours", "theirs", "value", "from, to", "target", "met")]
    table += [(*astuple(row)[:-1], {True: "yes", False: "NO", None: ""}[row.met]) for row in rows(results)]
    parts = [head, *aligned(table), *_peak(results.peak), *_losses(results), "", *_growth(results.growth)]
    return "\n".join(parts)


def ratio(results: Results, contest: str, rival: str) -> float:
    """How many times longer the rival takes, by medians."""
    runs = results.contests[contest]
    return seconds_of(runs, rival) / seconds_of(runs, "ours")


def _ratio(results: Results, contest: str, rival: str, least: float | None = None) -> Row:
    value = ratio(results, contest, rival)
    mine, other = (seconds_of(results.contests[contest], name) for name in ("ours", rival))
    pairs = zip(results.contests[contest]["ours"], results.contests[contest][rival], strict=True)
    each = [theirs.seconds / ours.seconds for ours, theirs in pairs]
    spread = f"{min(each):.2f} to {max(each):.2f}"
    promised = ("", None) if least is None else (f">= {least:g}x", value >= least)
    return Row(f"{contest}, {rival}", f"{mine:.2f} s", f"{other:.2f} s", f"{value:.2f}x", spread, *promised)


def _rate(results: Results, share: float) -> str:
    return f"{share * results.peak.best:.0f} GFLOP/s"


def _shares(results: Results) -> str:
    """The share of the peak in the slowest and the fastest run."""
    each = [results.peak.shares(run.seconds)[1] for run in results.contests["full"]["ours"]]
    return f"{min(each):.0%} to {max(each):.0%}"


def _peak(peak: Peak) -> list[str]:
    """The limit, how it was found, and where the time goes."""
    reached = ", ".join(f"{name} {min(found):.0f} to {max(found):.0f}" for name, found in peak.gflops.items())
    went = ", ".join(f"{part} {share:.0%}" for part, share in peak.profile.items())
    return [
        f"\nPeak: the fastest kernel that training may use, on squares and on the body's shapes; GFLOP/s: {reached}.",
        f"Share of the peak: {CONVENTION}.",
        f"Where the processor's time of full goes: {went} (dispatch is in it).",
    ]


def _losses(results: Results) -> list[str]:
    """What the contestants learned: their loss before, and after the last run."""
    lines = ["Training loss before and after, nats:"]
    for contest, runs in results.contests.items():
        said = ", ".join(f"{name} {r[-1].loss_before:.3f} to {r[-1].loss_after:.3f}" for name, r in runs.items())
        lines.append(f"  {contest}, {next(iter(runs.values()))[0].steps} steps each: {said}")
    return lines


def _growth(points: Sequence[Point]) -> list[str]:
    table = [("growing", "regime", "size", "prefix, once", "each epoch")]
    table += [
        (p.grown, p.regime, f"{p.size:,}", f"{p.prefix_seconds:.3f} s", f"{p.epoch_seconds:.3f} s") for p in points
    ]
    return aligned(table)


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
