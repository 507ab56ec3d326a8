"""The widget: declared traits, one ES module, one style sheet; it knows nothing of training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

from ..comparing.plan import VARIED
from ..errors import SettingError
from ..live.runs import LIMITS
from ..model.heads import HEADS
from ..results.compare import DEFAULT_REGIMES
from ..training.regimes import REGIMES, find_regime
from ..training.schedules import SCHEDULES
from ..web.building import regime_of
from ..web.modules import joined

HERE = Path(__file__).parent
SETTINGS = ("regime", "pool", "epochs", "learning_rate", "messages", "max_len", "seed", "data", "head", "batch_size",
            "schedule", "causal", "encoding", "text_column", "label_column", "positive", "rates")  # fmt: skip
COMMANDS = ("train", "stop", "step", "reset", "pin", "predict", "file", "forecast", "machine", "compare")
CONTROLS = SETTINGS + COMMANDS
FOLDS = ("metrics", "scatter", "messages", "facts", "runs", "more", "costs", "mean", "losses", "compared")
READY = {"phase": "idle", "sentence": "ready", "done": 0.0, "left": None}


def choices() -> dict[str, Any]:
    """What the selects of the lab offer, each with its one line of explanation."""
    regimes = [
        {"name": r.name, "summary": r.summary, "rate": r.learning_rate, "schedule": r.schedule}
        for r in REGIMES.values()
    ]
    pools = [{"name": name, "summary": summary} for name, summary in POOL_SUMMARIES.items()]
    varied = [{"name": name, "label": v.name, "usual": [*v.usual], "number": v.number} for name, v in VARIED.items()]
    return {"regimes": regimes, "pools": pools, "heads": list(HEADS), "schedules": list(SCHEDULES), "varied": varied,
            "usual": [*DEFAULT_REGIMES]}  # fmt: skip


POOL_SUMMARIES = {
    "mean": "the mean of the real positions",
    "cls": "a token in front: blind under a causal mask",
    "last": "the last real position",
    "max": "the largest value of each feature",
    "attention": "a weighted mean with one learned query",
    "mean+max": "both, side by side: a head twice as wide",
}


class View(anywidget.AnyWidget):
    """The lab's window: settings that both sides write, and what Python alone tells."""

    _esm = joined(HERE / "view.js")
    _css = joined(HERE / "view.css")

    regime = t.Unicode("head-only").tag(sync=True)
    pool = t.Unicode("mean").tag(sync=True)
    epochs = t.Int(20).tag(sync=True)
    learning_rate = t.Float(None, allow_none=True).tag(sync=True)
    messages = t.Int(640).tag(sync=True)
    max_len = t.Int(32).tag(sync=True)
    seed = t.Int(0).tag(sync=True)
    data = t.Unicode("fixture").tag(sync=True)
    head = t.Unicode("").tag(sync=True)
    batch_size = t.Int(32).tag(sync=True)
    schedule = t.Unicode("").tag(sync=True)
    causal = t.Bool(True).tag(sync=True)
    encoding = t.Unicode("").tag(sync=True)
    text_column = t.Unicode("").tag(sync=True)
    label_column = t.Unicode("").tag(sync=True)
    positive = t.Unicode("").tag(sync=True)
    rates = t.Dict().tag(sync=True)  # a regime built by hand: each layer's multiple of the rate; empty: the named one
    threshold = t.Float(0.5).tag(sync=True)

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

    @t.default("choices")
    def _default_choices(self) -> dict[str, Any]:
        return choices()

    @t.validate("epochs", "messages", "max_len", "seed", "batch_size")
    def _within(self, proposal: dict[str, Any]) -> int:
        low, high = LIMITS[proposal["trait"].name]
        value = proposal["value"]
        if not low <= value <= high:
            raise SettingError(f"{proposal['trait'].name} is {value}; give a whole number from {low} to {high}")
        return value - value % 2 if proposal["trait"].name == "messages" else value

    @t.validate("regime")
    def _known_regime(self, proposal: dict[str, Any]) -> str:
        return find_regime(proposal["value"]).name

    @t.validate("rates")
    def _buildable(self, proposal: dict[str, Any]) -> dict[str, float]:
        if proposal["value"]:
            regime_of(proposal["value"], find_regime(self.regime))
        return dict(proposal["value"])

    @t.validate("pool", "head", "schedule")
    def _known(self, proposal: dict[str, Any]) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        offered = {"pool": tuple(POOL_SUMMARIES), "head": ("", *HEADS), "schedule": ("", *SCHEDULES)}[name]
        if value not in offered:
            raise SettingError(f"{name} {value!r} is unknown; choose one of {', '.join(filter(None, offered))}")
        return value

    @t.validate("learning_rate")
    def _a_rate(self, proposal: dict[str, Any]) -> float | None:
        value = proposal["value"]
        if value is not None and not 0 < value <= 10:
            raise SettingError(f"learning_rate is {value}; give a number above 0 and at most 10, or None for tuned")
        return value

    @t.validate("threshold")
    def _a_share(self, proposal: dict[str, Any]) -> float:
        if not 0 <= proposal["value"] <= 1:
            raise SettingError(f"threshold is {proposal['value']}; it is a share from 0 to 1")
        return proposal["value"]

    @t.validate("folds")
    def _known_folds(self, proposal: dict[str, Any]) -> list[str]:
        unknown = [name for name in proposal["value"] if name not in FOLDS]
        if unknown:
            raise SettingError(f"fold {unknown[0]!r} is unknown; choose of {', '.join(FOLDS)}")
        return proposal["value"]

    @t.validate("controls", "locked")
    def _known_controls(self, proposal: dict[str, Any]) -> list[str]:
        unknown = [name for name in proposal["value"] if name not in CONTROLS]
        if unknown:
            raise SettingError(f"control {unknown[0]!r} is unknown; choose of {', '.join(CONTROLS)}")
        return proposal["value"]
