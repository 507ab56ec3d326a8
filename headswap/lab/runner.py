"""Training in a thread, told as plain dictionaries; nothing here knows a widget.

A `Runner` has one thread at most. Whoever gives it orders only sets events, so any thread may do so.
Shape letters: N validation messages, D width.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import torch

from ..body import LanguageModel
from ..classifier import Classifier, put_back
from ..data import ClassificationDataset, Message, Split, ordered_batches
from ..errors import HeadswapError
from ..events import EpochDone, Event, Recipe, StageBegan
from ..metrics import Metrics
from ..pretrain import perplexity
from ..regimes import Regime, find_regime
from ..run import encode, start_regime
from ..train import EVALUATION_BATCH, predict_logits

GAUGE_TEXTS = 40  # enough for a gauge, and cheap beside an epoch
Publish = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run of the lab is told; the defaults are the lesson's. Empty head or schedule is the regime's own."""

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

    base: LanguageModel
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
    pinned: bool = False
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def metrics(self) -> Metrics | None:
        """Validation metrics after the last epoch."""
        return self.epochs[-1].validation if self.epochs else None

    @property
    def best(self) -> int | None:
        """The epoch of the lowest validation loss, from 1."""
        losses = [e.validation_loss for e in self.epochs if e.validation_loss is not None]
        return 1 + int(np.argmin(losses)) if losses else None

    @property
    def seconds(self) -> float:
        """Seconds of training, validation included."""
        return sum(e.seconds for e in self.epochs)


class Runner:
    """Trains one run at a time in a daemon thread and publishes each epoch.

    `prepare` turns settings into a base and messages and may take its time; `start` is `start_regime`.
    """

    def __init__(
        self,
        publish: Publish,
        prepare: Callable[[Settings, Callable[[float], None]], Prepared],
        start: Callable[..., tuple[Classifier, Iterator[Event]]] = start_regime,
    ) -> None:
        self.publish, self.prepare, self.start = publish, prepare, start
        self.runs: list[Run] = []
        self.phase = "idle"
        self.texts: SimpleQueue[str] = SimpleQueue()
        self.tried = ""
        self._stop, self._go, self._single = threading.Event(), threading.Event(), threading.Event()
        self._lock = threading.RLock()  # whoever is told of a phase may give the next order
        self._thread: threading.Thread | None = None
        self._last: tuple[Classifier, Run] | None = None
        self._progressed = 0.0

    @property
    def busy(self) -> bool:
        """Whether a run is under way, paused ones included."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def _under_way(self) -> bool:
        """As busy, without the moment between the last word of a thread and its end."""
        return self.busy and self.phase not in ("idle", "failed")

    def train(self, settings: Settings, forecast: str = "", *, single: bool = False) -> None:
        """Begin a run, or let a paused one go on; with `single` pause after the next epoch. A second one is ignored."""
        with self._lock:
            if not single:
                self._single.clear()  # also while one epoch trains: who asks for the whole run gets it
            if self._under_way and self.phase != "paused":
                return
            if single:
                self._single.set()
            if self._under_way:
                self._go.set()
                return
            self._stop.clear()
            self._say("preparing", "preparing the messages and the body")
            run = Run(self._next_id(), settings, forecast=forecast)
            self._thread = threading.Thread(target=self._work, args=(run,), daemon=True, name=f"headswap-run-{run.id}")
            self._thread.start()

    def stop(self) -> None:
        """Stop between two steps; the run so far is kept."""
        with self._lock:
            if self._under_way:
                self._stop.set()
                self._go.set()
                self._say("stopping", "stopping…")

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the run has ended."""
        if self._thread is not None:
            self._thread.join(timeout)

    def attempt(self, text: str) -> None:
        """Answer how spam-like `text` is, now and after every further epoch."""
        self.texts.put(text)
        if not self._under_way and self._last is not None:
            threading.Thread(target=self._answer, args=self._last, daemon=True).start()

    def clear(self) -> None:
        """Forget all runs; the one under way is stopped first."""
        self.stop()
        self.wait()
        self.runs.clear()
        self._last = None
        self._say("idle", "ready")

    def _next_id(self) -> int:
        return 1 + max((run.id for run in self.runs), default=0)

    def _work(self, run: Run) -> None:
        try:
            self._train(run)
        except _Stopped:
            run.outcome = "stopped"
        except HeadswapError as error:
            run.outcome = f"failed: {error}"
        except Exception as error:  # whatever it is, the learner must see it, not only the kernel's log
            run.outcome = f"failed: {type(error).__name__}: {error}"
        if run in self.runs:
            self.publish({"kind": "end", "id": run.id, "outcome": run.outcome, "diagnosis": diagnose(run)})
        failed = run.outcome.startswith("failed")
        with self._lock:
            self._say("failed" if failed else "idle", run.outcome if failed else f"run {run.id}: {run.outcome}")
        if self._last and not self.texts.empty():  # asked for after the last epoch
            self._answer(*self._last)

    def _train(self, run: Run) -> None:
        prepared = self.prepare(run.settings, self._progress)
        self._check_stop()
        model, events = self.start(prepared.base, prepared.split, run.settings.chosen_regime(), run.settings.recipe())
        watch = _Watch(model, prepared, speaks=run.settings.chosen_regime().body == "pretrained")
        self._last = model, run
        # Between two steps would do, but for the frozen prefix: of 80,000 messages it takes seconds before the first.
        brakes = [block.register_forward_pre_hook(lambda *_: self._check_stop()) for block in model.body.blocks]
        try:
            for event in events:
                self._check_stop()
                if isinstance(event, StageBegan):
                    self._began(run, prepared, event, watch)
                if isinstance(event, EpochDone):
                    self._epoch(run, event, watch, model)
        finally:
            for handle in (watch.handle, *brakes):
                handle.remove()
            getattr(events, "close", lambda: None)()
        run.outcome = "done"

    def _began(self, run: Run, prepared: Prepared, event: StageBegan, watch: _Watch) -> None:
        run.learning, run.total, run.cached = max(run.learning, event.learning), event.total, event.cached
        if run not in self.runs:
            run.perplexities.append(watch.before())
            run.told = told(run, prepared)
            self.runs.append(run)  # not before all of it can be told: Stop may end the lines above
            self.publish({"kind": "run", "run": run.told})
        self._say("training", f"run {run.id}: training")

    def _epoch(self, run: Run, event: EpochDone, watch: _Watch, model: Classifier) -> None:
        perplexity = watch.perplexity()  # Stop may end it: an epoch is then known to nobody, not to Python alone
        run.epochs.append(event)
        run.perplexities.append(perplexity)
        epoch = {
            "epoch": len(run.epochs),
            "train": finite(event.train_loss),
            "validation": finite(event.validation_loss),
            "p": [thousandths(row[-1]) for row in event.probabilities],
            "xy": watch.points(),
            "perplexity": finite(perplexity),
            "seconds": round(event.seconds, 4),
            "diagnosis": diagnose(run),
        }
        run.told["epochs"].append(epoch)
        self.publish({"kind": "epoch", "id": run.id, "epoch": epoch})
        self._answer(model, run)
        if self._single.is_set() and len(run.epochs) < run.told["planned"]:
            self._pause(run)

    def _pause(self, run: Run) -> None:
        with self._lock:
            if self._stop.is_set() or not self._single.is_set():
                return
            self._go.clear()
            self._say("paused", f"run {run.id}: paused after epoch {len(run.epochs)}")
        while not self._go.wait(0.2):
            self._answer(*self._last) if self._last and not self.texts.empty() else None
        self._check_stop()
        self._say("training", f"run {run.id}: training")

    def _answer(self, model: Classifier, run: Run) -> None:
        """Send P(spam) of the text that was last asked for."""
        try:
            while True:
                self.tried = self.texts.get_nowait()
        except Empty:
            pass  # the last text asked for; an empty one asks no more
        data = encode([Message(self.tried, 0)], model) if self.tried else None
        if data is not None:
            share = float(predict_logits(model, data).softmax(1)[0, -1])
            answer = {"text": self.tried, "p": finite(share), "id": run.id, "epoch": len(run.epochs)}
            self.publish({"kind": "answer", **answer})

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _progress(self, done: float) -> None:
        self._check_stop()
        if int(done * 33) != int(self._progressed * 33):  # a step takes milliseconds; the bar need not follow each
            self.publish({"kind": "state", "phase": "preparing", "sentence": "pretraining the body", "done": done})
        self._progressed = done

    def _say(self, phase: str, sentence: str) -> None:
        self.phase = phase
        self.publish({"kind": "state", "phase": phase, "sentence": sentence, "done": 0.0})


class _Stopped(Exception):
    """The learner pressed Stop."""


class _Watch:
    """Looks at a run from outside: pooled vectors as points, and how much of the language is left.

    The pooled vectors (N, D) are those that the loop's own validation pass hands to the head, so looking is free.
    """

    def __init__(self, model: Classifier, prepared: Prepared, *, speaks: bool = True) -> None:
        self.model, self.base, self.split = model, prepared.base, prepared.split
        data = encode(self.split.validation, model, len(self.split.label_names))
        assert data is not None
        self.order = torch.cat(ordered_batches(data.lengths, EVALUATION_BATCH)).argsort()
        self.seen: list[torch.Tensor] = []
        # A random body never knew the language.
        self.frozen: float | None = prepared.kept.get("perplexity") if speaks else float("nan")
        self.speaks, self.kept = speaks, prepared.kept
        same = speaks and not list(model.pool.parameters())  # else the seed is in it
        frame = self.kept.get(type(model.pool).__name__) if same else None
        self.frame = frame or _pca_frame(_pooled(model, data))
        if same:
            self.kept[type(model.pool).__name__] = self.frame
        self.handle = model.head.register_forward_pre_hook(self._see)

    def _see(self, module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if not module.training:
            self.seen.append(inputs[0].detach())

    def points(self) -> list[int]:
        """x and y of each validation message in turn, thousandths of the frame fixed at the start."""
        batches, self.seen = self.seen, []
        if sum(map(len, batches)) != len(self.order):
            return []
        pooled = torch.cat(batches)[self.order].numpy()
        centre, axes, scale = self.frame
        return np.clip((pooled - centre) @ axes * (1000 / scale), -1000, 1000).round().astype(int).ravel().tolist()

    def before(self) -> float:
        """The language model's perplexity on the untouched base, measured once."""
        if self.frozen is None:
            self.frozen = self.kept["perplexity"] = self._measured()
        return self.frozen

    def perplexity(self) -> float:
        """The language model's perplexity with the body as it is now."""
        if self.speaks and any(p.requires_grad for p in self.model.body.parameters()):
            self.frozen = self._measured()
        return self.before()

    def _measured(self) -> float:
        modes = [(m, m.training) for m in self.model.modules()]
        texts = [message.text for message in self.split.validation[:GAUGE_TEXTS]]
        found = perplexity(put_back(self.model, self.base.head), texts)
        for module, training in modes:
            module.training = training
        return found


@torch.no_grad()
def _pooled(model: Classifier, data: ClassificationDataset) -> np.ndarray:
    model.eval()
    return model.pool(model.body(data.ids, data.mask), data.mask).numpy()


def _pca_frame(pooled: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Centre (D,), the two main directions (D, 2), and a scale that leaves room to move."""
    centre = pooled.mean(0)
    _, _, directions = np.linalg.svd(pooled - centre, full_matrices=False)
    axes = directions[:2].T
    spread = np.abs((pooled - centre) @ axes)
    return centre, axes, float(1.5 * np.quantile(spread, 0.98)) or 1.0


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
        "planned": sum(max(1, round(settings.epochs * s.share)) for s in settings.chosen_regime().stages),
        "learning": run.learning,
        "total": run.total,
        "cached": run.cached,
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
    best = int(np.argmin(losses))
    since = len(losses) - 1 - best
    if min(losses) > _guessing(run) - 0.01 and run.epochs[-1].train_loss > _guessing(run) - 0.01:
        return "It learns nothing: the loss is that of guessing."
    if since >= 3 and losses[-1] > losses[best] * 1.03:
        return f"It overfits since epoch {best + 1}: the validation loss rises while the training loss falls."
    if since == 0 and losses[-1] < losses[-3] * 0.99:
        return "It still improves: more epochs would help."
    return "It has settled."


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
