"""What comes with the course: the recorded runs, and a trained classifier that answers before you train one."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from ..live.prepare import lend
from ..live.runs import Run, Settings
from ..model.body import LanguageModel
from ..model.classifier import Classifier
from ..weights.deltas import load_base, load_delta
from .rows import as_told, recorded_runs

FOLDER = Path(__file__).parent / "recorded"


def recorded_classifier() -> Classifier:
    """A trained classifier that comes with the course: it tells spam from ham, and you need not train anything first.

    It is the one that the recorded head-only run ended with: the body that the lab pretrains on the practice messages,
    and a new head of 130 weights. `predict_logits(model, encode([Message(text, 0)], model))` gives logits (1, 2), ham
    first. Each call reads it anew, so what you do to yours changes no other. CheckpointError where its files are
    damaged or missing.
    """
    stored = next((run for run in recorded_runs() if "weights" in run), None)
    if stored is None:
        raise CheckpointError("the recorded runs come without a classifier; install headswap again")
    return _read(stored)[0]


def lend_recorded_body() -> None:
    """Put the body that comes with the course where the lessons keep theirs, if it is the one that they would make.

    Then nobody waits for its schooling. With another PyTorch or other source it is not, and they make their own.
    """
    about = next((run["weights"] for run in recorded_runs() if "weights" in run), None)
    if about is not None:
        with suppress(OSError):  # a cache that cannot be written
            _lend(Settings(), about)


def _lend(settings: Settings, about: Mapping[str, Any]) -> None:
    lend(settings, FOLDER / about["base"], about.get("seconds", 0.0), about.get("key", ""))


class Shipped:
    """The recorded runs of one lab; a classifier that one of them keeps is read when somebody first asks for it."""

    def __init__(self, runs: Sequence[Mapping[str, Any]], refuse: Callable[[Exception], None]) -> None:
        self.told = [as_told(dict(run)) for run in runs]
        self._stored = {run["id"]: run for run in runs if "weights" in run}
        self._refuse = refuse
        self._found: dict[int, Run | None] = {}
        self._reading = threading.Lock()
        self._lent: set[tuple[str, int, bool]] = set()

    def find(self, id: int) -> Run | None:
        """The recorded run of this id with its classifier; None where it keeps none, or where that cannot be read."""
        with self._reading:
            if id in self._stored and id not in self._found:
                self._found[id] = self._opened(id)
            return self._found.get(id)

    def fitting(self, settings: Settings) -> tuple[int, ...]:
        """The ids of those that were made with these settings and can be asked."""
        changed = settings.changed()
        return tuple(t.head["id"] for t in self.told if t.head["keeps"] and t.head["settings"] == changed)

    def lend(self, settings: Settings) -> None:
        """Have the lab find the body that one of them keeps, where it would pretrain the very same."""
        body = settings.data, settings.max_len, settings.causal  # all that its schooling hangs on
        if body in self._lent:
            return
        self._lent.add(body)
        for about in (run["weights"] for run in self._stored.values()):
            try:
                _lend(settings, about)
            except OSError:  # a cache that cannot be written: the body is pretrained, as it would be
                return

    def _opened(self, id: int) -> Run | None:
        told = next(told for told in self.told if told.head["id"] == id)
        try:
            model, base = _read(self._stored[id])
        except CheckpointError as error:
            self._refuse(CheckpointError(f"{error}, or press Train for one of your own"))
            return None
        names = tuple(told.head["label_names"])
        return Run(id, Settings(**told.head["settings"]), outcome=told.head["outcome"], told=told, label_names=names,
                   model=model, old_head=base.head)  # fmt: skip


def _read(stored: Mapping[str, Any]) -> tuple[Classifier, LanguageModel]:
    """The classifier of a recorded run and the language model that it came from, if the files are that run's own."""
    about = stored["weights"]
    try:
        path = FOLDER / about["delta"]
        base = load_base(FOLDER / about["base"])
        assert isinstance(base, LanguageModel)
        model = load_delta(path, base)[0]
        if hashlib.sha256(path.read_bytes()).hexdigest() != about["sha256"]:
            raise CheckpointError(f"{path} belongs to another run")
    except CheckpointError as error:
        said = "the trained classifier that comes with headswap is damaged or missing; install headswap again"
        raise CheckpointError(said) from error
    return model, base
