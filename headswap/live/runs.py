"""What a run of the lab is: its settings, what it has shown so far, and what its curves say. Values, no thread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from ..data.labels import HAM_SPAM, text_key
from ..data.messages import Example, Split
from ..data.readers import Reading
from ..data.sources import LENGTHS
from ..gallery.digits import DIGITS
from ..gallery.spelling import Spelling, as_image, as_text
from ..metrics.intervals import Verdicts
from ..metrics.measure import Metrics
from ..model.body_contract import Base
from ..model.classifier import Classifier
from ..model.losses import CROSS_ENTROPY
from ..model.probe import Probe
from ..regimes.named import find_regime
from ..regimes.stages import Regime
from ..training.prefix import Known
from ..training.recipe import Recipe
from ..training.run import epochs_of
from ..web.building import regime_of
from ..web.pixels import drawn
from .told import Epochs, Told, finite

# The whole numbers that a setting may be.
LIMITS: dict[str, tuple[int, int]] = {
    "epochs": (1, 200),
    "messages": (20, 80_000),
    "max_len": (8, 256),
    "seed": (0, 2**31 - 1),
    "batch_size": (1, 1024),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run of the lab is told; the defaults are the lesson's. Empty head or schedule is the regime's own.

    Four are for a file of one's own, empty to let the reader guess: how it was saved, which columns hold the text and
    the label, and which of its two classes is looked for. `rates`, where given, is a regime built by hand on the body
    of the named one: a multiple of the learning rate for each layer, 0 for frozen.
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
    text_column: str = ""
    label_column: str = ""
    positive: str = ""
    rates: tuple[tuple[str, float], ...] = ()

    @property
    def items(self) -> str:
        """What the data consists of."""
        return DIGITS if self.data == DIGITS else "messages"

    def reading(self) -> Reading:
        """How to read a file of one's own."""
        columns = self.text_column or None, self.label_column or None
        return Reading(*columns, encoding=self.encoding or None, positive=self.positive or None)

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
        """The regime, named or built by hand, with another head on its first stage where one is asked for."""
        regime = find_regime(self.regime)
        if self.rates:
            regime = regime_of(dict(self.rates), regime)
        if not self.head:
            return regime
        first, *rest = regime.stages
        # A probe's objective is for a linear head; another head learns by the plain loss.
        probes = isinstance(first.loss, Probe) and self.head != "linear"
        first = replace(first, loss=CROSS_ENTROPY, weight_decay=None, least_steps=0) if probes else first
        return replace(regime, stages=(replace(first, head=self.head), *rest))

    def changed(self) -> dict[str, Any]:
        """What a lab must be told: what differs from the defaults: rates are a dict."""
        told = {"max_len"} if self.data in LENGTHS else set()  # a lab would propose another
        values = {n: getattr(self, n) for n in FIELDS if n in told or getattr(self, n) != getattr(DEFAULTS, n)}
        return {n: dict(value) if n == "rates" else value for n, value in values.items()}

    def line(self) -> str:
        """The settings as one line of Python that makes the same lab."""
        return f"Lab({', '.join(f'{name}={value!r}' for name, value in self.changed().items())})"

    def machine(self) -> str:
        """A text that is the same where the machine looks the same: the same layers, learning at the same rates."""
        images = self.data if self.data == DIGITS else ""
        return images + repr((self.regime, self.rates, self.pool, self.head, self.max_len, self.causal))

    @property
    def regime_name(self) -> str:
        """What a table calls the regime."""
        if not self.rates:
            return self.regime
        learning = [
            _part_name(key) if rate == 1 else f"{_part_name(key)} \u00d7{rate:g}"
            for key, rate in reversed(self.rates)
            if rate
        ]
        return f"by hand: {', '.join(learning)}"


def _part_name(key: str) -> str:
    """A part as the machine calls it: block[1] of the code is block 2 there."""
    return re.sub(r"^block\[(\d+)\]", lambda found: f"block {int(found[1]) + 1}", key)


DEFAULTS = Settings()
FIELDS = tuple(Settings.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A pretrained base and the messages to teach it, with a key that is the same for the same messages.

    `held_out` are the validation messages, text and label, one tuple for all runs that are judged on them, `pictures`
    how they look where they are images, and `reads` says what a learner's line means. `kept` and `known` hold what runs
    have found out about the untouched base, so that the next one begins sooner, and `note` what a copied line of Python
    cannot say.
    """

    base: Base
    split: Split
    key: str
    kept: dict[str, Any] = field(default_factory=dict)
    known: Known = field(default_factory=dict)
    held_out: tuple[tuple[str, int], ...] = ()
    note: str = ""
    pictures: tuple[dict[str, Any], ...] = ()
    reads: Spelling = as_text

    def __post_init__(self) -> None:
        if not self.held_out:
            self._hold(self.split.validation)

    def _hold(self, judged: tuple[Example, ...]) -> None:
        """Keep what is told of the validation messages; an image is known by its number."""
        for name, value in zip(("held_out", "pictures", "reads"), shown_as(judged), strict=True):
            object.__setattr__(self, name, value)


def shown_as(judged: Sequence[Example]) -> tuple[tuple[tuple[str, int], ...], tuple[dict[str, Any], ...], Spelling]:
    """What a page shows of messages: text and label, how they look where they are images, and how they are spelled."""
    pictures = tuple(picture for one in judged if (picture := drawn(one.item)))
    told = ((f"{i}: {m.text}" if pictures else m.text, m.label) for i, m in enumerate(judged, 1))
    return tuple(told), pictures, as_image(judged) if pictures else as_text


@dataclass(slots=True)
class Run:
    """One run of the lab: its settings, what learned, its epochs, how it ended, and its classifier while that is kept.

    `model` is None until the run has ended, and again when newer runs have taken its place. `ahead` is "1 of 2" where
    the lab was made with two runs pinned, and trains this one before the run that was asked for.
    """

    id: int
    settings: Settings
    learning: int = 0
    total: int = 0
    cached: str = ""
    epochs: Epochs = field(default_factory=Epochs)
    outcome: str = "running"
    forecast: str = ""
    perplexities: list[float] = field(default_factory=list)
    floor: float | None = None
    objective: float | None = None
    pinned: bool = False
    ahead: str = ""
    held_out: tuple[tuple[str, int], ...] = ()
    label_names: tuple[str, ...] = HAM_SPAM
    pictures: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    reads: Spelling = field(default=as_text, repr=False, compare=False)
    told: Told = field(default_factory=lambda: Told({}))
    model: Classifier | None = field(default=None, repr=False, compare=False)
    old_head: nn.Module | None = field(default=None, repr=False, compare=False)

    @property
    def label(self) -> str:
        """What a legend calls it: regime, pool and seed, then whatever differs from the defaults."""
        told = self.settings
        return " · ".join([told.regime_name, told.pool, f"seed {told.seed}", *_unusual(told)])

    @property
    def metrics(self) -> Metrics | None:
        """Validation metrics after the last epoch."""
        return self.epochs[-1].validation if self.epochs else None

    @property
    def verdicts(self) -> Verdicts:
        """What it says of each validation message after the last epoch, for `paired_difference` with another run."""
        said = [int(np.argmax(row)) for row in self.epochs[-1].probabilities]
        return Verdicts([text_key(text) for text, _ in self.held_out], [label for _, label in self.held_out], said)

    @property
    def best(self) -> int | None:
        """The epoch of the lowest validation loss, from 1."""
        losses = [e.validation_loss for e in self.epochs if e.validation_loss is not None]
        return 1 + int(np.argmin(losses)) if losses else None

    @property
    def seconds(self) -> float:
        """Seconds of training, validation included."""
        return sum(e.seconds for e in self.epochs)


def _unusual(settings: Settings) -> list[str]:
    """The settings that are not the defaults and that no other column tells, in few words."""
    words = {
        "data": Path(settings.data).name,
        "messages": f"{settings.messages:,} {settings.items}",
        "learning_rate": f"rate {settings.learning_rate:g}" if settings.learning_rate else "",
        "max_len": f"{settings.max_len} bytes",
        "head": f"{settings.head} head",
        "batch_size": f"batches of {settings.batch_size}",
        "schedule": settings.schedule,
        "causal": "no causal mask",
    }
    return [word for name, word in words.items() if getattr(settings, name) != getattr(DEFAULTS, name)]


def head_of(run: Run, key: str, note: str = "") -> dict[str, Any]:
    """What the browser knows of a run beside its epochs: what it was told, what learns, and how it ended."""
    settings = run.settings
    return {
        "id": run.id,
        "label": run.label,
        "line": settings.line() + (f"  # {note}" if note else ""),
        "settings": settings.changed(),
        "regime": settings.regime_name,
        "machine": settings.machine(),
        "pool": settings.pool,
        "seed": settings.seed,
        "planned": sum(epochs_of(settings.chosen_regime(), settings.epochs)),
        "learning": run.learning,
        "total": run.total,
        "cached": run.cached,
        "floor": finite(run.floor),
        "recorded": False,
        "pinned": run.pinned,
        "outcome": run.outcome,
        "forecast": run.forecast,
        "perplexity0": finite(run.perplexities[0]),
        "stages": len(settings.chosen_regime().stages),
        "truths": "".join(str(label) for _, label in run.held_out),
        "data_key": key,
        "label_names": list(run.label_names),
        "diagnosis": diagnose(run),
        "best": run.best,
    }


def diagnose(run: Run) -> str:
    """What the curves say, in one sentence."""
    if run.outcome.startswith("failed"):
        return f"It {run.outcome}."
    losses = [e.validation_loss for e in run.epochs if e.validation_loss is not None]
    if run.floor is not None and (len(losses) >= 3 or run.objective is not None):
        return _against_the_floor(run, run.floor)
    if len(losses) < 3:
        return ""
    best = int(np.argmin(losses))
    since = len(losses) - 1 - best
    lowest, guessing = min(*losses, run.epochs[-1].train_loss), _guessing(run)
    if lowest > 1.2 * guessing:
        return "It does worse than guessing: try a lower learning rate."
    if lowest > guessing - 0.01:
        return "It isn't learning: the loss is that of guessing."
    if since >= 3 and losses[-1] > losses[best] * 1.1 + 0.005:
        return f"It has overfitted since epoch {best + 1}: the validation loss rises while the training loss falls."
    if since == 0 and losses[-1] < losses[-3] * 0.99:
        return "It's still improving." if run.outcome == "running" else "It's still improving: more epochs would help."
    if run.epochs[-1].train_loss < 0.95 * run.epochs[-3].train_loss - 0.005:
        if losses[-1] > 1.01 * min(losses[-3:]) + 0.002:
            return "The training loss is still falling while the validation loss rises."
        return "The training loss is still falling, the validation loss hardly at all."
    return "It has settled."


def _against_the_floor(run: Run, floor: float) -> str:
    """How near a probe is to the best head there is; it has one, so it cannot overfit any further than that."""
    if run.objective is None and run.epochs[-1].train_loss > tolerated(floor):
        return f"It's nearing the best that a head can do: {run.epochs[-1].train_loss - floor:.3f} nats to go."
    if run.objective is None or run.objective <= tolerated(floor):
        return f"It has settled: with the body frozen, no head could fit the training {run.settings.items} much better."
    return (
        f"The head isn't done: its loss is {run.objective:.3f} nats, and {floor:.3f} is the least possible. "
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
