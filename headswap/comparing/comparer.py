"""A comparison carried out in a thread, on all cores, and told as it comes in; nothing here knows a widget."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from ..errors import HeadswapError
from ..files import cache_folder
from ..results.compare import compare, in_words
from ..results.executors import cores, processes
from ..results.progress import OFTEN, seconds_left
from .comparison import Comparison
from .plan import Plan

FIRST = "the first runs are under way; each seed's body is pretrained once"
BEGINS = "starting"  # the first word of a comparison: whoever hears it must be told the plan
News = Callable[["Comparer", tuple[int, int] | None], None]


class Comparer:
    """Carries out one plan at a time in a daemon thread; `hear` is told of every outcome, and of progress.

    Results are kept in `folder`, by default the cache, so that what was run once is found again. One worker runs in
    this process; more are processes of their own, ended as soon as the comparison is.
    """

    def __init__(self, hear: News, folder: Path | None = None, workers: int | None = None) -> None:
        self.hear, self.folder = hear, folder
        self.workers = workers or cores()
        self.comparison: Comparison | None = None
        self.phase = "idle"  # running, stopping, idle (done, or never begun), stopped, failed
        self.sentence = ""
        self.left: float | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._began = self._told = 0.0
        self._found = 0

    @property
    def busy(self) -> bool:
        """Whether a comparison is under way."""
        return self._thread is not None and self._thread.is_alive() and self.phase in ("running", "stopping")

    def begin(self, plan: Plan) -> None:
        """Carry out a plan; a second one is ignored while one is under way."""
        with self._lock:
            if self.busy:
                return
            self._stop.clear()
            self.show(Comparison(plan))
            self._say("running", BEGINS)
            self._thread = threading.Thread(target=self._work, daemon=True, name="headswap-comparison")
            self._thread.start()

    def show(self, comparison: Comparison) -> None:
        """Have a comparison on the table that was carried out before."""
        self.comparison, self.phase, self.sentence, self.left = comparison, "idle", "", None

    def stop(self) -> None:
        """Begin nothing more and end the workers; what is finished stays."""
        with self._lock:
            if self.busy:
                self._stop.set()
                self._say("stopping", "stopping…")

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the comparison has ended."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _work(self) -> None:
        self._began, self._found = perf_counter(), 0
        try:
            self._carry_out()
            self._say("idle", self._outcome())
        except _Stopped:
            self._say("stopped", f"stopped: {self._outcome()}")
        except HeadswapError as error:
            self._say("failed", f"failed: {error}")
        except Exception as error:  # whatever it is, the learner must see it, not only the kernel's log
            self._say("failed", f"failed: {in_words(error)}")

    def _carry_out(self) -> None:
        assert self.comparison is not None
        found, folder = self.comparison, self.folder or cache_folder()
        with processes(self.workers) as executor:
            self._say("running", FIRST)
            for outcome in compare([*found.numbers], executor, folder=folder, resume=True,
                                   progress=self._hear_progress, beat=self._beat):  # fmt: skip
                place = found.take(outcome)
                self._measure_left()
                self.hear(self, place)
                self._beat()

    def _beat(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _hear_progress(self, what: str, steps: int) -> None:
        if what.endswith(", found"):
            self._found += 1
        if self.comparison is not None and perf_counter() - self._told >= OFTEN:
            self._told = perf_counter()
            self._say("running", what.removesuffix(", found"))

    def _measure_left(self) -> None:
        """By the pace of the runs so far; those that were found took no time."""
        assert self.comparison is not None
        ended = self.comparison.done - self._found
        if ended > 0:
            pace = (perf_counter() - self._began) / ended
            self.left = pace * (self.comparison.planned - self.comparison.done)

    def _outcome(self) -> str:
        assert self.comparison is not None
        found = self.comparison
        took = seconds_left(perf_counter() - self._began)
        wrong = f", {len(found.failures)} of them failed" if found.failures else ""
        known = f", {self._found} of them from earlier" if self._found else ""
        return f"{found.done} of {found.planned} runs{wrong}{known}, in {took}"

    def _say(self, phase: str, sentence: str) -> None:
        if self.phase != "stopping" or phase != "running":
            self.phase, self.sentence = phase, sentence
        self.hear(self, None)


class _Stopped(BaseException):
    """The learner pressed Stop. No Exception: a run's own errors are caught and told, and this must pass them."""
