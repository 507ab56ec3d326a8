"""Training in a thread, told as plain dictionaries; nothing here knows a widget.

A `Runner` has one thread at most. Whoever gives it orders only sets events, so any thread may do so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..errors import HeadswapError, SettingError
from ..model.classifier import Classifier
from ..results.progress import Progress, counting
from ..training.events import EpochDone, Event, StageBegan, StageEnded, StepDone
from ..training.run import epochs_of, start_regime
from .asked import Asked, Question, Say, let_go
from .runs import Prepared, Run, Settings, diagnose, head_of
from .told import Told, epoch_told
from .watch import Watch
from .words import glimpsed, spoken

Publish = Callable[[dict[str, Any]], None]


class Runner:
    """Trains one run at a time in a daemon thread and publishes each epoch.

    `prepare` turns settings into a base and messages and may take its time; `start` is `start_regime`; `lent` finds a
    run that somebody else has trained, which can be asked too.
    """

    def __init__(
        self,
        publish: Publish,
        prepare: Callable[[Settings, Callable[[float], None]], Prepared],
        start: Callable[..., tuple[Classifier, Iterator[Event]]] = start_regime,
        lent: Callable[[int], Run | None] = lambda id: None,
    ) -> None:
        self.publish, self.prepare, self.start, self.lent = publish, prepare, start, lent
        self.runs: list[Run] = []
        self.promised: list[Settings] = []  # to be trained, and pinned, before the next run
        self._away: list[tuple[str, list[Run]]] = []  # what was put away, and how: the last one comes back first
        self._deleted = 0  # the highest number of a deleted run: no other run gets it
        self.phase = "idle"
        self.asked = Asked(publish)
        self._stop, self._go, self._single = threading.Event(), threading.Event(), threading.Event()
        self._reading = threading.Lock()  # one at a time prepares what the next run needs
        self._lock = threading.RLock()  # whoever is told of a phase may give the next order
        self._thread: threading.Thread | None = None
        self._training: Run | None = None  # the run that nobody but its own thread may ask
        self._model: Classifier | None = None  # its classifier, as soon as there is one
        self._heard: Question | None = None  # what the run under way was asked last
        self._progressed = 0.0

    @property
    def busy(self) -> bool:
        """Whether a run is under way, paused ones included."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def _under_way(self) -> bool:
        """As busy, without the moment between the last word of a thread and its end."""
        return self.busy and self.phase not in ("idle", "failed")

    @property
    def undo(self) -> dict[str, Any]:
        """How many runs `restore` would bring back, and whether reset or delete has put them away."""
        how, runs = self._away[-1] if self._away else ("", [])
        return {"away": len(runs), "undo": how}

    def train(self, settings: Settings, forecast: str = "", *, single: bool = False) -> None:
        """Begin a run, or let a paused one go on; with `single` pause after the next epoch. A second one is ignored.

        Runs that were promised are trained before it, whole.
        """
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
            self._away = []
            self._say("preparing", f"preparing the {settings.items} and the body")
            self._training = run = Run(self.next_id(), settings, forecast=forecast)
            name = f"headswap-run-{run.id}"
            self._thread = threading.Thread(target=self._work_all, args=(run,), daemon=True, name=name)
            self._thread.start()

    def look_ahead(self, settings: Settings, wanted: Callable[[], bool]) -> None:
        """Do what a run of these settings does before its first step, so that it finds it done.

        Nothing learns. It gives way where a run is under way, or where it is no longer `wanted`.
        """
        with self._reading:
            if self.busy or not wanted():
                return
            prepared = self.prepare(settings, lambda done: None)
            model, events = self._started(settings, prepared)
            watch = self._watch(settings, model, prepared)
            watch.before()
            next(events)
            watch.handle.remove()

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

    def attempt(self, text: str, ids: Iterable[int] = ()) -> None:
        """Ask the runs of these ids, or the latest, about `text`; and the run under way after every further epoch.

        DataError for half a surrogate pair, which no tokenizer could read.
        """
        question = self.asked.ask(text, ids)
        threading.Thread(target=self._answer_at_rest, args=(question,), daemon=True).start()

    def clear(self) -> None:
        """Put all runs away, to be forgotten when the next one begins; the one under way is stopped first."""
        self.stop()
        self.wait()
        with self._lock:
            if self.runs:
                self._away.append(("reset", self.runs))
            self.runs, self._deleted = [], 0
            self.asked.forget()
            self._say("idle", "ready")

    def delete(self, id: int) -> None:
        """Put one run away, to be forgotten when the next one begins; SettingError where that cannot be."""
        with self._lock:
            run = next((run for run in self.runs if run.id == id), None)
            if run is None:
                raise SettingError(f"there is no run {id} to delete; you can delete only this lab's own runs")
            if run is self._training:
                raise SettingError(f"run {id} is under way; stop it, then delete it")
            self.runs = [other for other in self.runs if other is not run]
            self._deleted = max(self._deleted, id)
            self._away.append(("delete", [run]))

    def restore(self) -> None:
        """Bring back the runs that were put away last."""
        with self._lock:
            if self._away:
                self.runs = sorted([*self.runs, *self._away.pop()[1]], key=lambda run: run.id)

    def adopt(self, run: Run) -> None:
        """Take a run among its own that was carried out elsewhere."""
        with self._lock:
            self.runs.append(run)

    def next_id(self) -> int:
        """What the next run is called."""
        away = [run for _, runs in self._away for run in runs]
        return 1 + max([self._deleted, *(run.id for run in [*self.runs, *away])])

    def _work_all(self, run: Run) -> None:
        """Train the promised runs, then the one that was asked for; Stop ends them all, and the promise is kept."""
        for number in range(1, 1 + (many := len(self.promised))):
            first = Run(self.next_id(), self.promised[0], pinned=True, ahead=f"{number} of {many}")
            self._training, self.promised = first, self.promised[1:]
            self._work(first)
            if first.outcome == "stopped":
                return
        run.id = self.next_id()
        self._training = run
        self._work(run)

    def _last_word(self, run: Run) -> None:
        """Say how a run has ended; after one that was promised the next one begins, unless it was stopped."""
        failed, stopped = run.outcome.startswith("failed"), run.outcome == "stopped"
        if run.ahead and stopped:
            self._promise_again(run)
        if run.ahead and not stopped:
            self._say("preparing", f"{_named(run)}: {run.outcome}")
        else:
            self._say("failed" if failed else "idle", run.outcome if failed else f"run {run.id}: {run.outcome}")
        if run.ahead and failed:
            self.publish({"kind": "said", "sentence": f"a pinned run ({run.label}) {run.outcome}", "wrong": True})

    def _promise_again(self, run: Run) -> None:
        """A run that was stopped is not the one that was promised: the next Train begins it anew."""
        self.promised, run.pinned = [run.settings, *self.promised], False
        if run.told.head:
            run.told.head["pinned"] = False
            self.publish({"kind": "pin", "id": run.id, "pinned": False})

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
            end = {"outcome": run.outcome, "diagnosis": diagnose(run), "best": run.best}
            run.told.head |= end
            self.publish({"kind": "end", "id": run.id, **end})
        with self._lock:
            self._keep(run)
            self._last_word(run)
        if run.model and (run.outcome != "done" or self._unheard):  # asked after the last epoch, or there was none
            self._answer(run.model, run, spoken)

    def _train(self, run: Run) -> None:
        with self._reading:
            prepared = self.prepare(run.settings, self._progress)
        self._check_stop()
        model, events = self._started(run.settings, prepared)
        watch = self._watch(run.settings, model, prepared)
        self._model = model
        # Between two steps would do, but for the frozen prefix: of 80,000 messages it takes seconds before the first.
        brakes = [block.register_forward_pre_hook(lambda *_: self._check_stop()) for block in model.body.blocks]
        progress = self._progress_of(run, prepared)
        reading = next(iter(model.body.blocks)).register_forward_pre_hook(counting(progress))
        try:
            for event in events:
                self._check_stop()
                if isinstance(event, StepDone):
                    progress.step(event)
                if isinstance(event, StageBegan):
                    reading.remove()
                    self._began(run, prepared, event, watch)
                    progress.begin(event.epochs)
                if isinstance(event, EpochDone) and self._epoch(run, event, watch, model):
                    progress.resume()
                if isinstance(event, StageEnded):
                    run.objective = event.objective
        finally:
            for handle in (watch.handle, reading, *brakes):
                handle.remove()
            getattr(events, "close", lambda: None)()
        run.outcome = "done"

    def _started(self, settings: Settings, prepared: Prepared) -> tuple[Classifier, Iterator[Event]]:
        regime, recipe = settings.chosen_regime(), settings.recipe()
        return self.start(prepared.base, prepared.split, regime, recipe, prepared.known)

    def _watch(self, settings: Settings, model: Classifier, prepared: Prepared) -> Watch:
        return Watch(model, prepared, speaks=settings.chosen_regime().body == "pretrained")

    def _progress_of(self, run: Run, prepared: Prepared) -> Progress:
        examples = len(prepared.split.train) + len(prepared.split.validation)
        epochs = sum(epochs_of(run.settings.chosen_regime(), run.settings.epochs))
        return Progress(_named(run), examples, epochs, self._advance)

    def _began(self, run: Run, prepared: Prepared, event: StageBegan, watch: Watch) -> None:
        run.learning, run.total, run.cached = max(run.learning, event.learning), event.total, event.cached
        run.floor, run.objective = event.floor, None
        if run not in self.runs:
            run.perplexities.append(watch.before())
            run.held_out, run.label_names = prepared.held_out, prepared.split.label_names
            run.pictures, run.reads = prepared.pictures, prepared.reads
            run.old_head = getattr(prepared.base, "head", None) if watch.speaks else None
            run.told = Told(head_of(run, prepared.key, prepared.note) | {"ahead": bool(run.ahead)})
            self.runs.append(run)  # not before all of it can be told: Stop may end the lines above
            self.publish({"kind": "run", "run": run.told.whole()})
        else:
            more = {"learning": run.learning, "cached": run.cached}
            run.told.head |= more
            self.publish({"kind": "stage", "id": run.id} | more)
        self._say("training", f"{_named(run)}: training")

    def _epoch(self, run: Run, event: EpochDone, watch: Watch, model: Classifier) -> bool:
        """Keep an epoch and tell it; whether the run paused after it."""
        perplexity = watch.perplexity()  # Stop may end it: an epoch is then known to nobody, not to Python alone
        run.epochs.append(event)
        run.perplexities.append(perplexity)
        epoch = epoch_told(len(run.epochs), event, watch.points(), perplexity, watch.moved(), diagnose(run))
        run.told.add(epoch)
        self.publish({"kind": "epoch", "id": run.id, "epoch": epoch})
        last = len(run.epochs) >= run.told.head["planned"]
        single = self._single.is_set() and not run.ahead
        # Its words would take as long as some steps: while epochs fly by, nobody could read them anyway.
        self._answer(model, run, spoken if last or single else glimpsed)
        if not single or last:
            return False
        self._pause(run, model)
        return True

    def _pause(self, run: Run, model: Classifier) -> None:
        with self._lock:
            if self._stop.is_set() or not self._single.is_set():
                return
            self._go.clear()
            self._say("paused", f"run {run.id}: paused after epoch {len(run.epochs)}")
        while not self._go.wait(0.2):
            self._answer(model, run, spoken) if self._unheard else None
        self._check_stop()
        self._say("training", f"run {run.id}: training")

    @property
    def _unheard(self) -> bool:
        """Whether something was asked that the run under way has not answered yet."""
        return self.asked.question is not self._heard

    def _answer(self, model: Classifier, run: Run, say: Say) -> None:
        """Answer for the run of this thread, which alone knows that no step is being taken."""
        self._heard = question = self.asked.question
        self.asked.answer(question, model, run, say)

    def _answer_at_rest(self, question: Question) -> None:
        """Answer for every run that is asked but the one under way, whose own thread does so."""
        lent = {id: self.lent(id) for id in question.ids}  # may read a file: nobody else should wait for it
        with self._lock:
            training, known = self._training, {run.id: run for run in self.runs}
            latest = training.id if training else max(known, default=None)
            ids = question.ids or (() if latest is None else (latest,))
            at_rest = [id for id in ids if training is None or id != training.id]
            runs = {id: _kept(known.get(id) or lent.get(id)) for id in at_rest}
        self.asked.at_rest(question, runs)

    def _keep(self, run: Run) -> None:
        """From now on nobody trains this run: keep its classifier, and drop that of an old one."""
        model, self._model, self._training = self._model, None, None
        if model is not None and run in self.runs:
            model.zero_grad()  # gradients would double what it takes
            run.model = model
        let_go(self.runs)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _progress(self, done: float) -> None:
        self._check_stop()
        if int(done * 33) != int(self._progressed * 33):  # a step takes milliseconds; the bar need not follow each
            self._tell_state("preparing", "pretraining the body", done)
        self._progressed = done

    def _advance(self, sentence: str, done: float, left: float | None) -> None:
        if self.phase in ("preparing", "training"):
            self._tell_state(self.phase, sentence, done, left)

    def _say(self, phase: str, sentence: str) -> None:
        self.phase = phase
        self._tell_state(phase, sentence)

    def _tell_state(self, phase: str, sentence: str, done: float = 0.0, left: float | None = None) -> None:
        seconds = None if left is None else round(left, 1)
        self.publish({"kind": "state", "phase": phase, "sentence": sentence, "done": round(done, 4), "left": seconds})


def _named(run: Run) -> str:
    """What the status line calls a run that trains."""
    return f"first the pinned runs, {run.ahead}" if run.ahead else f"run {run.id}"


def _kept(run: Run | None) -> tuple[Run, Classifier] | None:
    """A run and its classifier, where that is still there."""
    return (run, run.model) if run and run.model else None


class _Stopped(Exception):
    """The learner pressed Stop."""
