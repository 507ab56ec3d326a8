"""The live lab: pick a regime, press Train, and watch; the same from Python, without a browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import TraitError

from ..comparing.comparison import Comparison
from ..data.sources import cut
from ..errors import DataError, HeadswapError, SettingError
from ..gallery.digits import OURS
from ..live.claims import Calibration, calibration_of
from ..live.prepare import at_hand, prepared
from ..live.runner import Runner
from ..live.runs import Prepared, Run, Settings
from ..live.shelf import for_the_lab
from ..regimes.named import REGIMES, find_regime
from ..results.compare import DEFAULT_REGIMES
from ..web.building import regime_of
from ..web.cells import replaces_this_cells
from .chosen import SETTINGS, check_names, completed
from .contest import Contest
from .engine import drawn
from .files import Files
from .rows import frame_of, recorded_runs
from .shipped import Shipped
from .story import history, messages_told, plain
from .table import Table
from .view import READY, View

if TYPE_CHECKING:
    import pandas

    from ..results.figures import Still

AHEAD = ("regime", "pool", "messages", "max_len", "data", "head", "causal")  # what the body's reading hangs on
READING = ("encoding", "text_column", "label_column", "positive")  # how a file is read


class Lab(View):
    """A live lab on one notebook page: settings are traits, `train`, `stop` and the rest are methods.

    `controls` names the controls that are shown (all by default), `locked` those that cannot be changed. With
    `question` and `answers` the learner bets before Train, and no recorded run gives the outcome away. `folds` names
    the panels that stand open beside the main ones; with `present` the lab is large and simple, for a screen in a
    classroom (key P). Nothing is trained before `train()` or the button; `pinned` are settings of runs that are then
    trained first, and stay in view for comparison. `line()` gives all of it as one line to share.
    """

    def __init__(
        self, *, controls: Sequence[str] | None = None, locked: Sequence[str] = (), question: str = "",
        answers: Sequence[str] = (), folds: Sequence[str] = (), present: bool = False, face: str = "run",
        threshold: float = 0.5, pinned: Sequence[Mapping[str, Any]] = (), **settings: str | float | bool | None,
    ) -> None:  # fmt: skip
        check_names(settings)
        shown = {} if controls is None else {"controls": [*controls]}
        super().__init__(locked=[*locked], question=question, answers=[*answers], face=face, threshold=threshold,
                         folds=[*folds], present=present, **shown, **completed(settings))  # fmt: skip
        self.state: dict[str, Any] = dict(READY)
        self.said: dict[str, Any] | None = None  # the answer to what the learner did last; a run's news do not end it
        self._files = Files(self._settings)
        self._heard: set[str] = set()  # data sets whose messages the browser has
        self._ready: tuple[tuple[object, ...], Prepared] | None = None
        self._forecast, self._shown, self._count = "", False, 0
        self._telling = threading.Lock()
        self._shipped = Shipped([] if question else recorded_runs(), self._refuse)  # they might hold the answer
        self._runner = Runner(self._tell, self._prepare, lent=self._shipped.find)
        self._contest = Contest(self._tell, self._settings, self._files.source, self._runner)
        self._table = Table(self, self._runner, self._shipped, self._tell)
        self.state["sentence"] = self._table.promise(pinned)
        self.on_msg(self._asked)
        self.observe(self._read_again, READING)
        self.observe(self._built, "rates")
        self.observe(self._other_regime, "regime")
        self.observe(self._redraw, (*AHEAD, "rates"))
        self.observe(self._tell_cut, ("data", "max_len"))
        self.observe(lambda change: self._look_ahead(), AHEAD)
        self._redraw()
        self._tell_cut()
        replaces_this_cells(self, Lab._release)

    # ---- what a learner does, from Python

    def train(self, block: bool = False) -> None:
        """Begin a run with the settings as they are, or let a paused one go on; with `block` wait for its end."""
        self._check_free()
        self._runner.train(self._settings(), self._forecast)
        if block:
            self._runner.wait()
            if self._runner.phase == "failed":
                raise HeadswapError(self.state["sentence"].removeprefix("failed: "))

    def step(self, block: bool = False) -> None:
        """Train one epoch, then pause; with `block` wait until it is done."""
        self._check_free()
        before = self._epochs()
        self._runner.train(self._settings(), self._forecast, single=True)
        while block and self._runner.busy and not (self._runner.phase == "paused" and self._epochs() > before):
            self._runner.wait(0.01)

    def stop(self, block: bool = True) -> None:
        """Stop the run between two steps, or the comparison; what it has shown is kept."""
        self._runner.stop()
        self._contest.stop(block)
        if block:
            self._runner.wait()

    def reset(self) -> None:
        """Stop, and put all runs but the recorded ones away; until the next one begins, `restore` brings them back."""
        self._runner.clear()
        self._tell({"kind": "cleared", **self._runner.undo})

    def delete(self, id: int) -> None:
        """Put one run away that is not under way; until the next one begins, `restore` brings it back."""
        self._table.delete(id)

    def restore(self) -> None:
        """Bring back what `reset` or `delete` put away last."""
        self._runner.restore()
        self._table.keep_latest()
        self._resend()

    def compare(
        self, regimes: Sequence[str] = DEFAULT_REGIMES, seeds: int = 5, vary: str = "", values: Sequence[Any] = (),
        block: bool = False,
    ) -> None:  # fmt: skip
        """Train several regimes at several seeds, with everything else as it is set; with `block` wait for the end.

        `vary` names a setting (pool, messages, max_len, learning_rate, epochs, shift) and `values` what it takes: of a
        number each regime becomes a curve. Runs are shared out to all cores, and what was run before is found again.
        """
        self._contest.begin(regimes, seeds, vary, values)  # what is refused changes nothing
        self.contest = {"regimes": [*regimes], "seeds": seeds, "vary": vary, "values": [*values]}
        self.face = "compare"
        if block:
            self._contest.wait()

    def show(self, comparison: Comparison | str | Path) -> None:
        """Open a comparison that was carried out before, from a file or as a value; nothing is trained."""
        self._contest.show(comparison)
        self.face = "compare"

    def record(self, path: str | Path) -> Path:
        """Keep the comparison in a file that `show` opens."""
        return self._contest.record(path)

    def pin(self, id: int, pinned: bool = True) -> None:
        """Keep a run in view for comparison, or let it go; recorded runs have ids below 0."""
        self._table.pin(id, pinned)

    def use(self, id: int) -> None:
        """Set every setting to that of a run, but for those that are locked."""
        self._say(self._table.use(id), wrong=False)

    def line(self, shown: int = 0) -> str:
        """This view as one line of Python: settings, threshold, pinned runs, the run `shown`, and open panels."""
        return self._table.line(self._files.names, shown)

    def forecast(self, answer: str) -> None:
        """Bet on the next run's outcome; the answer is kept beside it."""
        self._forecast = answer

    def attempt(self, text: str, ids: Sequence[int] = ()) -> None:
        """Ask the runs of these ids, or the latest, which class they take a text for and which words decide it.

        Before the first run a recorded one of the same settings answers, where it keeps its classifier. The run under
        way answers after each further epoch. Answers are shown in the lab, and are in `tried`.
        """
        self._table.attempt(text, ids)

    # ---- what it knows

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run of this lab, oldest first; recorded ones are not among them."""
        return tuple(self._runner.runs)

    @property
    def tried(self) -> list[dict[str, Any]]:
        """What the runs have answered to the text of the last `attempt`, as plain values, in the order of their ids.

        `p` holds a probability for each class, `read` the characters that were read, and `words` of each word where it
        starts, where it ends, and how many logits it adds (`spoken` in words.py says what that is). An answer comes
        from another thread: the list may be empty for a moment.
        """
        return self._runner.asked.answers

    def frame(self) -> pandas.DataFrame:
        """The runs as a pandas table, one row each, with F1's 95 % interval."""
        return frame_of(self.runs)

    @property
    def compared(self) -> Comparison | None:
        """The comparison so far, as a value that can be saved; None where there was none."""
        return self._contest.found

    def comparison(self) -> pandas.DataFrame:
        """The comparison as a pandas table: a row for each run and test set, with its settings, scores and costs."""
        return self._contest.frame()

    def comparison_figure(self, score: str = "f1") -> Still:
        """The comparison as a still picture with its words: each candidate, and how far it is ahead of the rival."""
        return self._contest.figure(score)

    def calibration(self, id: int | None = None, epoch: int | None = None, temperature: float = 1.0) -> Calibration:
        """What Reliability shows of a run, as data: of the latest one, after its last epoch, unless you name others."""
        return calibration_of(self._table.find(id), epoch, temperature)

    def figure(self) -> Still:
        """The latest run as a still picture with its words: loss curves and confusion matrix."""
        from .pictures import picture  # here: matplotlib takes half a second to import

        return picture(self.runs)

    def __repr__(self) -> str:
        return self._settings().line()

    def _release(self) -> None:
        """Stop, and let ipywidgets forget this lab: its cell has made another."""
        self.stop(block=False)
        self.close()

    # ---- between the browser and the runner

    _settings = View.settings

    def _redraw(self, change: dict[str, Any] | None = None) -> None:
        """The machine as the next run would train it."""
        self.machine = drawn(self._settings(), self._files.labels_of(self.data))

    def _tell_cut(self, change: dict[str, Any] | None = None) -> None:
        """Say it where the body would not read the messages to their end, and that decides."""
        if sentence := cut(self.data, self.max_len):
            self._say(sentence, wrong=False)

    def _built(self, change: dict[str, Any]) -> None:
        """What was built and means a named regime is that one; drawn first, since a page's next click counts on it."""
        if self.rates:
            regime = regime_of(self.rates, find_regime(self.regime))
            if regime.name in REGIMES:
                self._redraw()
                self.regime, self.rates = regime.name, {}

    def _other_regime(self, change: dict[str, Any]) -> None:
        self.rates = {}

    def _epochs(self) -> int:
        return sum(len(run.epochs) for run in self.runs)

    def _prepare(self, settings: Settings, progress: Callable[[float], None]) -> Prepared:
        """What a run needs; an error speaks of the lab's fields, not of Python's arguments."""
        try:
            return self._prepared(settings, progress)
        except DataError as error:
            raise DataError(for_the_lab(str(error))) from None

    def _prepared(self, settings: Settings, progress: Callable[[float], None]) -> Prepared:
        file = self._files.read(settings)
        self._shipped.lend(settings)
        wanted = (settings.data, settings.messages, settings.max_len, settings.causal, file)
        if self._ready is None or self._ready[0] != wanted or settings.data not in OURS:  # a file may have changed
            note = f"{settings.data} was dropped into the lab: give its path" if file else ""
            self._ready = wanted, replace(prepared(settings, progress, file), note=note)
        return self._ready[1]

    def _asked(self, widget: View, content: dict[str, Any], buffers: list[memoryview]) -> None:
        """A message from the browser: start a thread or set an event, and return at once."""
        if not isinstance(content, dict):
            return
        orders = {
            "hello": self._hello,
            "want": lambda: self._table.tell_wanted(content.get("runs") or [], content.get("data") or []),
            "train": lambda: self._with(content, self.train),
            "stop": partial(self.stop, block=False),
            "step": lambda: self._with(content, self.step),
            "reset": lambda: threading.Thread(target=self.reset, daemon=True).start(),
            "restore": self.restore,
            "pin": lambda: self.pin(content.get("id", -1)),
            "unpin": lambda: self.pin(content.get("id", -1), False),
            "delete": lambda: self._with(content, lambda: self.delete(content.get("id", -1))),
            "use": lambda: self._with(content, lambda: self.use(content.get("id", -1))),
            "line": lambda: self._with(content, lambda: self._table.tell_line(self._files.names, content.get("id", 0))),
            "try": lambda: self._with(content, lambda: self._table.take_text(content)),
            "forecast": lambda: self.forecast(str(content.get("answer", ""))),
            "flow": lambda: threading.Thread(target=self._table.tell_flow, args=(content,), daemon=True).start(),
            "file": lambda: self._take_file(str(content.get("name", "file")), buffers),
        }
        orders |= {name: partial(self._with, content, do) for name, do in self._contest.orders(content).items()}
        orders.get(content.get("do", ""), lambda: None)()

    def _with(self, content: dict[str, Any], order: Callable[[], None]) -> None:
        """Carry out an order with the settings the learner saw: their own messages may still be on the way."""
        try:
            for name, value in dict(content.get("settings") or {}).items():
                if name in SETTINGS or name == "threshold":
                    setattr(self, name, value)
            order()
        except (HeadswapError, TraitError) as error:
            self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        """Say what is wrong with an order; a run that is under way goes on, and can be stopped."""
        self._say(for_the_lab(str(error)), wrong=True)

    def _say(self, sentence: str, wrong: bool) -> None:
        self._tell({"kind": "said", "sentence": sentence, "wrong": wrong})

    def _take_file(self, name: str, buffers: list[memoryview]) -> None:
        name = self._files.dropped.take(name, bytes(buffers[0]) if buffers else b"")
        if self.data in self._files.names and self.data != name:
            self._forget_reading()
        self._choose_file(name)

    def _forget_reading(self) -> None:
        """How another file was read says nothing of the next one."""
        self.unobserve(self._read_again, READING)
        for field in READING:
            setattr(self, field, "")
        self.observe(self._read_again, READING)

    def _choose_file(self, name: str) -> None:
        """Read a dropped file with the fields as they are; where it cannot be read, another field may help."""
        sentence, refused = self._files.choose(name, self.data)
        if not refused:
            self.data = name
            self.files = self._files.names
            self._redraw()
        self._say(sentence, wrong=refused)

    def _read_again(self, change: dict[str, Any]) -> None:
        """Another encoding, column or positive class: try the file that waits for it."""
        waiting = self._files.dropped.waiting
        if waiting is not None:
            self._choose_file(waiting[0])
        elif self.data in self._files.names:
            self._choose_file(self.data)

    def _tell(self, message: dict[str, Any]) -> None:
        """Send a message under its number; several threads may tell at once, and what is told keeps its order."""
        with self._telling:
            if message["kind"] == "said":
                self.said = {"sentence": message["sentence"], "wrong": message["wrong"]}
            if message["kind"] == "state":
                self.said = self.said if message["phase"] == self.state["phase"] else None
                self.state = {name: message[name] for name in self.state}
            if message["kind"] == "run":
                message = message | {"messages": self._news(message["run"])}
            self._count += 1
            self.send(message | {"n": self._count})
        if message["kind"] == "end":
            self.kept = next((plain(run.told.brief()) for run in self.runs if run.id == message["id"]), {})

    def _news(self, run: dict[str, Any]) -> dict[str, Any]:
        """The messages of a run's data set, where the browser has not heard them yet."""
        key = run["data_key"]
        if key in self._heard:
            return {}
        self._heard.add(key)
        return messages_told(self.runs, self._shipped.told, [key])

    def story(self, *, whole: bool = False) -> dict[str, Any]:
        """What a new page must know: every run in brief, the one on show and the pinned ones whole; or all of them."""
        beside = {"n": self._count, "state": self.state, "said": self.said, **self._runner.undo,
                  "forecast": self._forecast, "contest": self._contest.story()}  # fmt: skip
        return history(self.runs, self._shipped.told, whole) | beside

    def _hello(self) -> None:
        self._resend()
        self._shown = True
        self._look_ahead()

    def _look_ahead(self) -> None:
        """While a page shows the lab and nothing runs, the body reads the messages that Train would have it read."""
        if not self._shown or self._runner.busy:
            return
        settings = self._settings()

        def wanted() -> bool:
            self._shipped.lend(settings)
            return settings == self._settings() and at_hand(settings)

        threading.Thread(target=self._runner.look_ahead, args=(settings, wanted), daemon=True).start()

    def _resend(self) -> None:
        with self._telling:
            story = self.story()
            self._heard |= set(story["messages"])
            self.send(story)

    def _check_free(self) -> None:
        if self._contest.comparer.busy:
            raise SettingError("a comparison is under way: stop it first, or wait until it has ended")
