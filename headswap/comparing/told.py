"""What the browser hears of a comparison: the plan once, each run as it comes in, and the cells that it changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..data.messages import Split
from ..data.sources import split_of
from ..gallery.digits import SKETCHER
from ..live.told import finite
from ..regimes.named import REGIMES
from ..results.compare import Failure
from ..training.spec import Result, tests_of
from .comparison import Comparison
from .plan import VARIED, Candidate, Plan
from .summary import SCORES, Cell, Seen, cell_of, cost_of


def plan_told(found: Comparison) -> dict[str, Any]:
    """The plan as the browser draws it."""
    plan, varied = found.plan, VARIED.get(found.plan.vary)
    return {
        "candidates": [{"label": c.label, "regime": c.regime, "value": c.value} for c in plan.candidates],
        "regimes": [*plan.regimes], "values": [*plan.values], "seeds": plan.seeds, "vary": plan.vary,
        "whos": whos(plan.regimes), "sweep": plan.sweep,
        "items": plan.base.items,
        "varied": varied.name.replace("messages", plan.base.items) if varied else "",
        "log": bool(varied and varied.log),
        "planned": found.planned, "same": same_words(plan), **_judged_on(found),
    }  # fmt: skip


def _judged_on(found: Comparison) -> dict[str, Any]:
    """Test sets and classes; a recorded comparison brings them along, for its file may be gone."""
    if found.told is not None:
        return {name: found.told["plan"][name] for name in ("tests", "judged", "names")}
    split = _split(found)
    tests = tests_of(split)
    return {"tests": [name for name, _ in tests], "judged": {name: len(part) for name, part in tests},
            "names": [*split.label_names]}  # fmt: skip


IDENTITIES = 8  # colours, dashes and marks that web/identity.js has


def whos(regimes: Sequence[str]) -> list[int]:
    """The identity of each regime: a named one has the same in every comparison, where there are enough of them."""
    known = [*REGIMES][:IDENTITIES]
    if all(name in known for name in regimes):
        return [known.index(name) for name in regimes]
    return [*range(len(regimes))]


def run_told(place: tuple[int, int], outcome: Result | Failure) -> dict[str, Any]:
    """One run: its scores by test set, its losses by epoch, and what it cost; or the sentence that it failed with."""
    own: dict[str, Any] = {"candidate": place[0], "seed": place[1]}
    if isinstance(outcome, Failure):
        return own | {"failed": outcome.sentence, "diverged": outcome.diverged}
    seen = {judged.test: Seen(judged) for judged in outcome.judged}
    scores = {test: {name: finite(one.score(name)) for name in SCORES} for test, one in seen.items()}
    return own | cost_of(outcome) | {
        "scores": scores, "floor": finite(outcome.floor),
        "train": [finite(epoch.train_loss) for epoch in outcome.epochs],
        "validation": [finite(epoch.validation_loss) for epoch in outcome.epochs],
    }  # fmt: skip


def opened_words(found: Comparison, place: tuple[int, int], test: str) -> str:
    """What is said beside a run that was opened: which one it is, and why its score here is another one."""
    result, named = found.results[place], f"{found.plan.candidates[place[0]].label}, seed {place[1]}"
    judged = {one.test: one for one in result.judged}.get(test)
    if judged is None:
        return f"From the comparison: {named}."
    items = found.plan.base.items
    return (f"From the comparison: {named}, F1 {judged.metrics.f1:.3f} on {len(judged.labels):,} test {items}. "
            f"Below, you see it on its validation {items}.")  # fmt: skip


def cell_told(found: Comparison, candidate: int, rival: int, test: str) -> dict[str, Any] | None:
    """A candidate's cell against a rival, rounded for the wire."""
    cell = cell_of(found, candidate, rival_of(found.plan, candidate, rival), test)
    return None if cell is None else {"candidate": candidate, **_rounded(cell)}


def touched(found: Comparison, rival: int, arrived: int) -> list[int]:
    """The candidates whose cells a new result changes: its own, and all that are compared with it."""
    plan = found.plan
    others = [c for c in range(len(plan.candidates)) if rival_of(plan, c, rival) == arrived and found.of(c)]
    return [arrived, *(c for c in others if c != arrived)]


def rival_of(plan: Plan, candidate: int, rival: int) -> int | None:
    """Whom a candidate is compared with: of a sweep the rival's regime at its own value, else the rival itself."""
    every = plan.candidates
    if rival not in range(len(every)):
        return None
    if not plan.sweep:
        return rival
    wanted = Candidate(every[rival].regime, every[candidate].value)
    return every.index(wanted)


def cells_told(found: Comparison, rival: int, test: str, which: Iterable[int] | None = None) -> list[dict[str, Any]]:
    """Several candidates' cells, all by default."""
    numbers = range(len(found.plan.candidates)) if which is None else which
    cells = [cell_told(found, number, rival, test) for number in numbers]
    return [cell for cell in cells if cell is not None]


def whole_told(found: Comparison, rival: int, test: str) -> dict[str, Any]:
    """All there is to know of a comparison."""
    places = sorted(found.results | found.failures)
    runs = [run_told(place, found.results.get(place) or found.failures[place]) for place in places]
    return {"plan": plan_told(found), "runs": runs, "rival": rival, "test": test,
            "cells": cells_told(found, rival, test) if test else []}  # fmt: skip


def same_words(plan: Plan) -> str:
    """What all candidates share, in words."""
    base, vary = plan.base, plan.vary
    texts = not plan.images
    data = plan.file.path.rpartition("/")[2] if plan.file else base.data
    rate = f"rate {base.learning_rate:g}" if base.learning_rate else "each at its own tuned learning rate"
    facts = {
        "pool": f"{base.pool} pooling", "epochs": f"{base.epochs} epochs",
        "messages": f"{base.messages:,} {base.items}" if plan.file is None else "",
        "max_len": f"{base.max_len} bytes" if texts else "", "data": data if texts or vary == "messages" else "",
        "learning_rate": rate,
        "head": f"{base.head} head" if base.head else "", "schedule": base.schedule,
        "batch_size": f"batches of {base.batch_size}" if base.batch_size != 32 else "",
        "causal": "" if base.causal or not texts else "no causal mask",
        "body": "" if texts else f"each seed's body painted hidden patches for {SKETCHER.epochs} epochs",
    }  # fmt: skip
    return ", ".join(words for name, words in facts.items() if words and name != vary)


def _split(found: Comparison) -> Split:
    spec = next(iter(found.numbers))
    return split_of(spec.data, spec.seed)


def _rounded(cell: Cell) -> dict[str, Any]:
    def plain(estimates: dict[str, tuple[float, float, float]]) -> dict[str, list[float | None]]:
        return {name: [finite(value) for value in estimate] for name, estimate in estimates.items()}

    return {"seeds": cell.seeds, "means": plain(cell.means), "ahead": plain(cell.ahead),
            "confusion": [[round(n, 2) for n in row] for row in cell.confusion]}  # fmt: skip
