"""The live lab: pick a regime, press Train, and watch; the same from Python, without a browser."""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from traitlets import TraitError

from ..data.readers import Corpus
from ..errors import HeadswapError, SettingError
from .pictures import Still, picture
from .prepare import SHIFT, dropped, prepared
from .runner import Runner
from .runs import FIELDS, Prepared, Run, Settings, diagnose
from .view import SETTINGS, View

if TYPE_CHECKING:
    import pandas

# A cell that is executed again makes new labs; those of its last execution must not go on training.
_OF_CELL: dict[str, tuple[str, weakref.WeakSet[Lab]]] = {}


class Lab(View):
    """A live lab on one notebook page: settings are traits, `train`, `stop` and the rest are methods.

    `controls` names the controls that are shown (all by default), `locked` those that cannot be changed. With
    `question` and `answers` the learner bets before Train, and no recorded run gives the outcome away. Nothing is
    trained before `train()` or the button.
    """

    def __init__(
        self,
        *,
        controls: Sequence[str] | None = None,
        locked: Sequence[str] = (),
        question: str = "",
        answers: Sequence[str] = (),
        **settings: str | float | bool | None,
    ) -> None:
        unknown = [name for name in settings if name not in SETTINGS]
        if unknown:
            raise SettingError(f"setting {unknown[0]!r} is unknown; choose of {', '.join(SETTINGS)}")
        shown = {} if controls is None else {"controls": [*controls]}
        super().__init__(locked=[*locked], question=question, answers=[*answers], **shown, **settings)
        self._file: Corpus | None = None
        self._ready: tuple[tuple[object, ...], Prepared] | None = None
        self._forecast = ""
        self._count = 0
        self._telling = threading.Lock()
        self._runner = Runner(self._tell, self._prepare)
        self._recorded = [] if question else recorded_runs()  # they might hold the answer
        self._finish()
        self.on_msg(self._asked)
        _replace_labs_of_this_cell(self)

    # ---- what a learner does, from Python

    def train(self, block: bool = False) -> None:
        """Begin a run with the settings as they are, or let a paused one go on; with `block` wait for its end."""
        self._runner.train(self._settings(), self._forecast)
        if block:
            self._runner.wait()
            self._raise_failure()

    def step(self, block: bool = False) -> None:
        """Train one epoch, then pause; with `block` wait until it is done."""
        before = self._epochs()
        self._runner.train(self._settings(), self._forecast, single=True)
        while block and self._runner.busy and not (self._runner.phase == "paused" and self._epochs() > before):
            self._runner.wait(0.01)

    def stop(self, block: bool = True) -> None:
        """Stop the run between two steps; what it has shown is kept."""
        self._runner.stop()
        if block:
            self._runner.wait()

    def reset(self) -> None:
        """Stop, and forget all runs but the recorded ones."""
        self._runner.clear()
        self._finish()
        self._tell({"kind": "cleared"})

    def pin(self, id: int, pinned: bool = True) -> None:
        """Keep a run in view for comparison, or let it go; recorded runs have ids below 0."""
        for run in self.runs:
            if run.id == id:
                run.pinned = pinned
        for told in (*self._recorded, *(run.told for run in self.runs)):
            if told["id"] == id:
                told["pinned"] = pinned
        self._finish()
        self._tell({"kind": "pin", "id": id, "pinned": pinned})  # a run that is not finished is not in the trait

    def forecast(self, answer: str) -> None:
        """Bet on the next run's outcome; the answer is kept beside it."""
        self._forecast = answer

    def attempt(self, text: str) -> None:
        """Ask how spam-like a text is, now and after each further epoch."""
        self._runner.attempt(text)

    # ---- what it knows

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run of this lab, oldest first; recorded ones are not among them."""
        return tuple(self._runner.runs)

    def frame(self) -> pandas.DataFrame:
        """The runs as a pandas table, one row each, with F1's 95 % interval."""
        import pandas

        return pandas.DataFrame([_row(run) for run in self.runs])

    def figure(self) -> Still:
        """The latest run as a still picture with its words: loss curves and confusion matrix."""
        return picture(self.runs)

    def __repr__(self) -> str:
        return self._settings().line()

    # ---- between the browser and the runner

    def _settings(self) -> Settings:
        return Settings(*(getattr(self, name) for name in FIELDS))

    def _epochs(self) -> int:
        return sum(len(run.epochs) for run in self.runs)

    def _prepare(self, settings: Settings, progress: Callable[[float], None]) -> Prepared:
        file = self._file if self._file and self._file.source == settings.data else None
        wanted = (settings.data, settings.messages, settings.max_len, settings.causal, file)
        if self._ready is None or self._ready[0] != wanted or settings.data not in SHIFT:  # a file may have changed
            self._ready = wanted, prepared(settings, progress, file)
        return self._ready[1]

    def _asked(self, widget: View, content: dict[str, Any], buffers: list[memoryview]) -> None:
        """A message from the browser: start a thread or set an event, and return at once."""
        if not isinstance(content, dict):
            return
        orders = {
            "hello": self._resend,
            "train": lambda: self._with(content, self.train),
            "stop": partial(self.stop, block=False),
            "step": lambda: self._with(content, self.step),
            "reset": lambda: threading.Thread(target=self.reset, daemon=True).start(),
            "pin": lambda: self.pin(content.get("id", -1)),
            "unpin": lambda: self.pin(content.get("id", -1), False),
            "try": lambda: self.attempt(str(content.get("text", ""))[:2000]),
            "forecast": lambda: self.forecast(str(content.get("answer", ""))),
            "file": lambda: self._take_file(str(content.get("name", "file")), buffers),
        }
        orders.get(content.get("do", ""), lambda: None)()

    def _with(self, content: dict[str, Any], order: Callable[[], None]) -> None:
        """Carry out an order with the settings the learner saw: their own messages may still be on the way."""
        try:
            for name, value in dict(content.get("settings") or {}).items():
                if name in SETTINGS:
                    setattr(self, name, value)
            order()
        except (HeadswapError, TraitError) as error:
            self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        """Say what is wrong with an order; a run that is under way goes on, and can be stopped."""
        phase = self._runner.phase if self._runner.busy else "failed"
        self.state = {"phase": phase, "sentence": str(error), "done": 0.0}

    def _take_file(self, name: str, buffers: list[memoryview]) -> None:
        try:
            self._file = dropped(name, bytes(buffers[0]) if buffers else b"", self._settings().reading())
            self.data = self._file.source
            counts = f"{name}: {len(self._file.messages):,} messages, {' and '.join(self._file.label_names)}."
            self.state = {"phase": self._runner.phase, "sentence": " ".join([counts, *self._file.notes]), "done": 0.0}
        except HeadswapError as error:
            self._refuse(error)

    def _tell(self, message: dict[str, Any]) -> None:
        """Send what the runner says: the state as a trait, all else as a numbered message."""
        if message["kind"] == "state":
            self.state = {key: message[key] for key in ("phase", "sentence", "done")}
            return
        with self._telling:
            self._count += 1
            self.send(message | {"n": self._count})
        if message["kind"] == "end":
            run = next(run for run in self.runs if run.id == message["id"])
            run.told |= {"outcome": run.outcome, "diagnosis": message["diagnosis"], "best": run.best}
            self._finish()

    def _finish(self) -> None:
        """Keep whole runs in a trait, so that a page without a kernel still shows them."""
        runs = self._recorded + [run.told for run in self.runs if run.outcome != "running"]
        self.finished = [dict(run) for run in runs]  # copies: a trait sees a change only in a new value

    def _resend(self) -> None:
        with self._telling:
            runs = self._recorded + [run.told for run in self.runs]
            current = self.runs[-1].id if self.runs else None
            self.send({"kind": "history", "n": self._count, "runs": runs, "current": current})

    def _raise_failure(self) -> None:
        if self._runner.phase == "failed":
            raise HeadswapError(self.state["sentence"].removeprefix("failed: "))


def recorded_runs() -> list[dict[str, Any]]:
    """Real runs recorded by `make figures`, shown before the first Train; empty where none are stored."""
    folder = files(__name__.rpartition(".")[0]).joinpath("recorded")
    paths = (
        sorted((p for p in folder.iterdir() if p.name.endswith(".json")), key=lambda p: p.name)
        if folder.is_dir()
        else []
    )
    return [json.loads(path.read_text("utf-8")) for path in paths]


def _row(run: Run) -> dict[str, Any]:
    metrics = run.metrics
    low, high = metrics.intervals()["f1"] if metrics else (None, None)
    settings = {name: getattr(run.settings, name) for name in FIELDS}
    return settings | {
        "id": run.id, "learning": run.learning, "total": run.total, "outcome": run.outcome,
        "epochs_done": len(run.epochs), "best_epoch": run.best, "seconds": run.seconds,
        "f1": metrics.f1 if metrics else None, "f1_low": low, "f1_high": high,
        "precision": metrics.precision if metrics else None, "recall": metrics.recall if metrics else None,
        "accuracy": metrics.accuracy if metrics else None, "forecast": run.forecast, "diagnosis": diagnose(run),
    }  # fmt: skip


def _replace_labs_of_this_cell(lab: Lab) -> None:
    """Stop the runs of the labs that the same notebook cell made when it was executed before."""
    cell, execution = _cell_and_execution()
    if cell is None:
        return
    last, labs = _OF_CELL.get(cell, ("", weakref.WeakSet()))
    if last != execution:
        for old in labs:
            old.stop(block=False)
        labs = weakref.WeakSet()
    labs.add(lab)
    _OF_CELL[cell] = execution, labs


def _cell_and_execution() -> tuple[str | None, str]:
    try:
        from IPython import get_ipython  # pyright: ignore[reportPrivateImportUsage]

        shell = get_ipython()
        parent = shell.get_parent() if shell is not None else {}
        return parent["metadata"].get("cellId"), parent["header"]["msg_id"]
    except (ImportError, AttributeError, KeyError, TypeError):
        return None, ""
