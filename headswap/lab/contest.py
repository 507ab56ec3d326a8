"""The lab's second face: comparisons, as the page asks for them and as it is told of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..comparing.comparer import BEGINS, Comparer
from ..comparing.comparison import Comparison
from ..comparing.pace import expected, factor_of
from ..comparing.plan import VARIED, Plan, ordered
from ..comparing.recorded import load_comparison, save_comparison
from ..comparing.stored import as_run
from ..comparing.told import cells_told, opened_words, plan_told, run_told, touched, whole_told
from ..data.sources import FileData
from ..errors import HeadswapError, SettingError
from ..files import cache_folder
from ..live.runner import Runner
from ..live.runs import Settings
from .story import with_pictures

if TYPE_CHECKING:
    import pandas

    from ..results.figures import Still

Tell = Callable[[dict[str, Any]], None]


class Contest:
    """Holds the comparison of one lab and tells the page of it under the lab's numbers.

    `settings` are what all candidates share; `file` gives a file of one's own as a source, where they name one.
    """

    def __init__(
        self, tell: Tell, settings: Callable[[], Settings], file: Callable[[Settings], FileData | None], runner: Runner
    ) -> None:
        self._tell, self._settings, self._file, self._runner = tell, settings, file, runner
        self.comparer = Comparer(self._heard)
        self.rival, self.test, self._factor = 0, "", 1.0
        self._opened: dict[tuple[int, int], int] = {}
        self._asked = 0

    # ---- what a learner does

    def begin(self, regimes: Sequence[str], seeds: int, vary: str, values: Sequence[Any]) -> None:
        """Compare; SettingError where the plan is none, or something else is under way."""
        if self._runner.busy:
            raise SettingError("a run is under way: stop it, or compare when it has ended")
        if self.comparer.busy:
            raise SettingError("a comparison is under way: stop it first, or wait until it has ended")
        plan = self._plan(regimes, seeds, vary, values)
        plan_told(Comparison(plan))  # what cannot be told is refused now: a page could not open it again
        before = self.found.plan.candidates[self.rival].regime if self.found else ""
        self.rival, self.test = _usual_rival(plan, before), ""
        self._opened.clear()
        self.comparer.begin(plan)

    def show(self, found: Comparison | str | Path) -> None:
        """Open a comparison that was carried out before; nothing is trained."""
        if self.comparer.busy:
            raise SettingError("a comparison is under way: stop it first, or wait until it has ended")
        found = found if isinstance(found, Comparison) else load_comparison(found)
        self.comparer.show(found)
        self.rival, self.test = _usual_rival(found.plan), next(iter(found.tests), "")
        if found.told is not None:
            self.rival, self.test = found.told["rival"], found.told["test"]
        self._opened.clear()
        self._tell(self._whole())

    def record(self, path: str | Path) -> Path:
        """Keep the comparison in a file; SettingError where there is none."""
        if self.found is None:
            raise SettingError("nothing has been compared yet; call compare() first")
        return save_comparison(self.found, path, self.rival)

    def stop(self, block: bool) -> None:
        """Begin nothing more; what is finished stays."""
        self.comparer.stop()
        if block:
            self.comparer.wait()

    def wait(self) -> None:
        """Wait for the end; what went wrong is raised."""
        self.comparer.wait()
        if self.comparer.phase == "failed":
            raise HeadswapError(self.comparer.sentence.removeprefix("failed: "))

    # ---- what it knows

    @property
    def found(self) -> Comparison | None:
        """The comparison on the table."""
        return self.comparer.comparison

    def frame(self) -> pandas.DataFrame:
        """One row for each run and test set; without a comparison an empty table."""
        import pandas

        from ..comparing.tables import frame_of  # here: matplotlib takes half a second to import

        return pandas.DataFrame() if self.found is None else frame_of(self.found)

    def figure(self, name: str) -> Still:
        """The comparison as a still picture."""
        if self.found is None:
            raise SettingError("nothing has been compared yet; call compare() first")
        from ..comparing.tables import picture_of

        return picture_of(self.found, name, self.rival, self.test or None)

    def story(self) -> dict[str, Any] | None:
        """What a new page must know of it."""
        found = self.found
        if found is None:
            return None
        told = found.told
        if told is None or (told["rival"], told["test"]) != (self.rival, self.test):
            told = whole_told(found, self.rival, self.test)
        return {**told, **self._state()}

    # ---- between the browser and the comparer

    def orders(self, content: dict[str, Any]) -> dict[str, Callable[[], None]]:
        """What the page may ask for."""
        return {
            "compare": lambda: self.begin(*_asked_plan(content)),
            "halt": lambda: self.stop(block=False),
            "expect": lambda: threading.Thread(target=self._expect, args=(content,), daemon=True).start(),
            "rival": lambda: self._look(content),
            "open": lambda: self._open(content),
        }

    def _plan(self, regimes: Sequence[str], seeds: int, vary: str, values: Sequence[Any]) -> Plan:
        base = self._settings()
        file = self._file(base)
        if file is not None and vary == "messages":
            values = _shared_alike(values, len(file.corpus().label_names))
        return Plan(tuple(regimes), seeds, vary, tuple(values), base, file)

    def _heard(self, comparer: Comparer, place: tuple[int, int] | None) -> None:
        found = comparer.comparison
        assert found is not None
        if place is None:
            if comparer.phase in ("idle", "stopped"):
                self._factor = factor_of(found.results.values(), self._factor)
            self._tell({"kind": "contesting", **self._state()} if comparer.sentence != BEGINS else self._whole())
            return
        if not self.test:
            self.test = next(iter(found.tests), "")
        outcome = found.results.get(place) or found.failures[place]
        cells = cells_told(found, self.rival, self.test, touched(found, self.rival, place[0])) if self.test else []
        self._tell({"kind": "contested", "run": run_told(place, outcome), "cells": cells, "test": self.test,
                    **self._state()})  # fmt: skip

    def _state(self) -> dict[str, Any]:
        comparer = self.comparer
        left = None if comparer.left is None else round(comparer.left, 1)
        done = 0 if self.found is None else self.found.done
        return {"phase": comparer.phase, "sentence": comparer.sentence, "done": done, "left": left}

    def _whole(self) -> dict[str, Any]:
        return {"kind": "contest", "contest": self.story()}

    def _expect(self, content: dict[str, Any]) -> None:
        """How long a plan would take; of several questions only the last one is answered."""
        self._asked = mine = self._asked + 1
        try:
            plan = self._plan(*_asked_plan(content))
            sentence, wrong = expected(plan, cache_folder(), self.comparer.workers, self._factor).sentence, False
        except HeadswapError as error:
            sentence, wrong = str(error), True
        if mine == self._asked:
            self._tell({"kind": "expected", "sentence": sentence, "wrong": wrong})

    def _look(self, content: dict[str, Any]) -> None:
        """Another rival, or another test set."""
        if self.found is None:
            return
        rival, test = content.get("rival"), content.get("test")
        if isinstance(rival, int) and rival in range(len(self.found.plan.candidates)):
            self.rival = rival
        if test in self.found.tests:
            self.test = str(test)
        self._tell(self._whole())

    def _open(self, content: dict[str, Any]) -> None:
        """Show the run behind a point in the lab's first face, without training it again."""
        place = int(content.get("candidate", -1)), int(content.get("seed", -1))
        if self.found is None or place not in self.found.results:
            return
        known = {run.id for run in self._runner.runs}
        if self._opened.get(place) not in known:
            run = as_run(self.found, *place, id=self._runner.next_id())
            self._runner.adopt(run)
            self._opened[place] = run.id
            messages = {run.told.head["data_key"]: with_pictures(run)}
            self._tell({"kind": "told", "runs": [run.told.whole()], "messages": messages})
        words = opened_words(self.found, place, self.test)
        self._tell({"kind": "opened", "id": self._opened[place], "sentence": words})


def _shared_alike(values: Sequence[Any], classes: int) -> list[int]:
    """Numbers of messages that so many classes can share alike: the next ones above."""
    return [int(size) + -int(size) % classes for size in ordered("messages", values or VARIED["messages"].usual)]


def _asked_plan(content: dict[str, Any]) -> tuple[Sequence[str], int, str, Sequence[Any]]:
    plan = dict(content.get("plan") or {})
    return (list(plan.get("regimes") or []), plan.get("seeds", 5), str(plan.get("vary") or ""),
            list(plan.get("values") or []))  # fmt: skip


def _usual_rival(plan: Plan, before: str = "") -> int:
    """The rival at first: the one before, else head-only, where they are among several regimes; else the first."""
    names = [candidate.regime for candidate in plan.candidates]
    wanted = [name for name in (before, "head-only") if name in names and len(plan.regimes) > 1]
    return names.index(wanted[0]) if wanted else 0
