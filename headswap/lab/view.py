"""The widget: declared traits, one ES module, one style sheet; it knows nothing of training."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

from ..comparing.plan import VARIED
from ..model.heads import HEADS
from ..regimes.named import in_groups
from ..regimes.schedules import SCHEDULES
from ..results.compare import DEFAULT_REGIMES
from ..web.modules import joined
from .chosen import POOL_SUMMARIES, SETTINGS, Chosen, RefusedError

HERE = Path(__file__).parent
COMMANDS = ("train", "stop", "step", "reset", "pin", "predict", "file", "forecast", "machine", "compare")
CONTROLS = SETTINGS + COMMANDS
FOLDS = ("metrics", "reliability", "scatter", "messages", "facts", "runs", "more", "mean", "losses", "compared")
READY = {"phase": "idle", "sentence": "ready", "done": 0.0, "left": None}


def choices() -> dict[str, Any]:
    """What the selects of the lab offer, each with its one line of explanation."""
    regimes = [
        {"name": r.name, "summary": r.summary, "rate": r.learning_rate, "schedule": r.schedule, "group": r.group}
        for r in in_groups()
    ]
    pools = [{"name": name, "summary": summary} for name, summary in POOL_SUMMARIES.items()]
    varied = [{"name": name, "label": v.name, "usual": [*v.usual], "number": v.number} for name, v in VARIED.items()]
    return {"regimes": regimes, "pools": pools, "heads": list(HEADS), "schedules": list(SCHEDULES), "varied": varied,
            "usual": [*DEFAULT_REGIMES]}  # fmt: skip


class View(anywidget.AnyWidget, Chosen):
    """The lab's window: settings that both sides write, and what Python alone tells."""

    _esm = joined(HERE / "view.js")
    _css = joined(HERE / "view.css")

    machine = t.Dict().tag(sync=True)  # the model as the next run would train it, for the browser to draw
    choices = t.Dict().tag(sync=True)
    controls = t.List(t.Unicode(), list(CONTROLS)).tag(sync=True)
    locked = t.List(t.Unicode()).tag(sync=True)
    question = t.Unicode("").tag(sync=True)
    answers = t.List(t.Unicode()).tag(sync=True)
    kept = t.Dict().tag(sync=True)  # the latest run in brief, without its texts: for a saved page without a kernel
    folds = t.List(t.Unicode()).tag(sync=True)  # names of the panels that were opened
    present = t.Bool(False).tag(sync=True)
    face = t.Enum(("run", "compare"), "run").tag(sync=True)  # which of its two faces the lab shows
    contest = t.Dict().tag(sync=True)  # what to compare: regimes, seeds, vary, values; empty: the usual
    files = t.List(t.Unicode()).tag(sync=True)  # names of files that were dropped, and can be chosen again

    turn = threading.RLock()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take in what the page has set; what is refused goes back, there too."""
        try:
            with self.turn:
                super().set_state(sync_data)
        except RefusedError:
            self.send_state([name for name in sync_data if name in self.keys])

    def __setattr__(self, name: str, value: object) -> None:
        # A page is heard in a thread of its own, beside the cells. While traitlets takes in what came from there it
        # checks nothing, whoever sets it: so a cell waits for that moment.
        if name not in SETTINGS:
            return super().__setattr__(name, value)
        with self.turn:
            super().__setattr__(name, value)

    @t.default("choices")
    def _default_choices(self) -> dict[str, Any]:
        return choices()

    @t.validate("folds")
    def _known_folds(self, proposal: dict[str, Any]) -> list[str]:
        unknown = [name for name in proposal["value"] if name not in FOLDS]
        if unknown:
            raise RefusedError(f"fold {unknown[0]!r} is unknown; choose one of {', '.join(FOLDS)}")
        return proposal["value"]

    @t.validate("controls", "locked")
    def _known_controls(self, proposal: dict[str, Any]) -> list[str]:
        unknown = [name for name in proposal["value"] if name not in CONTROLS]
        if unknown:
            raise RefusedError(f"control {unknown[0]!r} is unknown; choose one of {', '.join(CONTROLS)}")
        return proposal["value"]
