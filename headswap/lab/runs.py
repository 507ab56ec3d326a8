"""What a run of the lab is: its settings, what it has shown so far, and what its curves say. Values, no thread."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..data.labels import text_key
from ..data.messages import Split
from ..data.readers import Reading
from ..metrics.intervals import Verdicts
from ..metrics.measure import Metrics
from ..model.body_contract import Base
from ..model.losses import CROSS_ENTROPY
from ..training.events import EpochDone
from ..training.probe import Probe
from ..training.recipe import Recipe
from ..training.regimes import Regime, find_regime
from ..training.run import epochs_of


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run of the lab is told; the defaults are the lesson's. Empty head or schedule is the regime's own.

    `encoding` and `positive` are for a file of one's own: how it was saved (empty for UTF-8), and which of its two
    classes is looked for (empty to let the reader guess).
    """

    regime: str = "head-only"
    pool: str = "mean"
    epochs: int = 20
    learning_rate: float | None = None
    messages: int = 640
    max_len: int = 32
    seed: int = 0
    data: str = "fixture"
    head: str = ""
    batch_size: int = 32
    schedule: str = ""
    causal: bool = True
    encoding: str = ""
    positive: str = ""

    def reading(self) -> Reading:
        """How to read a file of one's own."""
        return Reading(encoding=self.encoding or None, positive=self.positive or None)

    def recipe(self) -> Recipe:
        """The recipe for the loop."""
        return Recipe(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            schedule=self.schedule or None,
            pool=self.pool,
            seed=self.seed,
        )

    def chosen_regime(self) -> Regime:
        """The regime, with another head on its first stage where one is asked for."""
        regime = find_regime(self.regime)
        if not self.head:
            return regime
        first, *rest = regime.stages
        # A probe's objective is for a linear head; another head learns by the plain loss.
        probes = isinstance(first.loss, Probe) and self.head != "linear"
        first = replace(first, loss=CROSS_ENTROPY, weight_decay=None, least_steps=0) if probes else first
        return replace(regime, stages=(replace(first, head=self.head), *rest))

    def line(self) -> str:
        """The settings as one line of Python that makes the same lab."""
        changed = [f"{n}={getattr(self, n)!r}" for n in FIELDS if getattr(self, n) != getattr(DEFAULTS, n)]
        return f"Lab({', '.join(changed)})"


DEFAULTS = Settings()
FIELDS = tuple(Settings.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A pretrained base and the messages to teach it, with a key that is the same for the same messages.

    `kept` holds what runs have found out about the untouched base, so that the next one begins sooner.
    """

    base: Base
    split: Split
    key: str
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """One run of the lab: its settings, what learned, its epochs, and how it ended."""

    id: int
    settings: Settings
    learning: int = 0
    total: int = 0
    cached: str = ""
    epochs: list[EpochDone] = field(default_factory=list)
    outcome: str = "running"
    forecast: str = ""
    perplexities: list[float] = field(default_factory=list)
    floor: float | None = None
    objective: float | None = None
    pinned: bool = False
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def metrics(self) -> Metrics | None:
        """Validation metrics after the last epoch."""
        return self.epochs[-1].validation if self.epochs else None

    @property
    def verdicts(self) -> Verdicts:
        """What it says of each validation message after the last epoch, for `paired_difference` with another run."""
        labels = [label for _, label in self.told["messages"]]
        said = [int(np.argmax(row)) for row in self.epochs[-1].probabilities]
        return Verdicts([text_key(text) for text, _ in self.told["messages"]], labels, said)

    @property
    def best(self) -> int | None:
        """The epoch of the lowest validation loss, from 1."""
        losses = [e.validation_loss for e in self.epochs if e.validation_loss is not None]
        return 1 + int(np.argmin(losses)) if losses else None

    @property
    def seconds(self) -> float:
        """Seconds of training, validation included."""
        return sum(e.seconds for e in self.epochs)


def told(run: Run, prepared: Prepared) -> dict[str, Any]:
    """The run as the browser knows it."""
    settings, names = run.settings, prepared.split.label_names
    return {
        "id": run.id,
        "label": f"{settings.regime} · {settings.pool} · seed {settings.seed}",
        "line": settings.line(),
        "regime": settings.regime,
        "pool": settings.pool,
        "seed": settings.seed,
        "planned": sum(epochs_of(settings.chosen_regime(), settings.epochs)),
        "learning": run.learning,
        "total": run.total,
        "cached": run.cached,
        "floor": finite(run.floor),
        "recorded": False,
        "pinned": False,
        "outcome": "running",
        "forecast": run.forecast,
        "perplexity0": finite(run.perplexities[0]),
        "stages": len(settings.chosen_regime().stages),
        "messages": [[m.text, m.label] for m in prepared.split.validation],
        "data_key": prepared.key,
        "label_names": list(names),
        "epochs": [],
        "diagnosis": "",
        "best": None,
    }


def diagnose(run: Run) -> str:
    """What the curves say, in one sentence."""
    if run.outcome.startswith("failed"):
        return f"It {run.outcome}."
    losses = [e.validation_loss for e in run.epochs if e.validation_loss is not None]
    if len(losses) < 3:
        return ""
    if run.floor is not None:
        return _against_the_floor(run, run.floor)
    best = int(np.argmin(losses))
    since = len(losses) - 1 - best
    if min(losses) > _guessing(run) - 0.01 and run.epochs[-1].train_loss > _guessing(run) - 0.01:
        return "It learns nothing: the loss is that of guessing."
    if since >= 3 and losses[-1] > losses[best] * 1.03:
        return f"It overfits since epoch {best + 1}: the validation loss rises while the training loss falls."
    if since == 0 and losses[-1] < losses[-3] * 0.99:
        return "It still improves: more epochs would help."
    return "It has settled."


def _against_the_floor(run: Run, floor: float) -> str:
    """How near a probe is to the best head there is; it has one, so it cannot overfit any further than that."""
    if run.objective is None:
        return f"It nears the best head there is: {run.epochs[-1].train_loss - floor:.3f} nats above the floor."
    if run.objective <= tolerated(floor):
        return "It has arrived: the best head on this frozen body would hardly have a lower training loss."
    return (
        f"The head is not done: its loss is {run.objective:.3f} nats and the least there is {floor:.3f}. "
        "Give it more epochs, or its tuned learning rate."
    )


def tolerated(floor: float) -> float:
    """How far above its floor a probe counts as converged: 2 %, or 0.005 nats where that is more."""
    return max(1.02 * floor, floor + 0.005)


def _guessing(run: Run) -> float:
    """The loss of guessing every class by its share, in nats."""
    support = np.array(run.epochs[-1].validation.support if run.epochs[-1].validation else (1, 1), dtype=float)
    shares = support[support > 0] / support.sum()
    return float(-(shares * np.log(shares)).sum())


def thousandths(share: float) -> int:
    """A share as a whole number of thousandths, on the same side of one half as it was."""
    return min(499, round(1000 * share)) if share < 0.5 else max(500, round(1000 * share))


def finite(value: float | None) -> float | None:
    """The number, rounded for the wire, or None where it is none."""
    return round(value, 5) if value is not None and np.isfinite(value) else None
