"""A lab's settings: which there are, and which values each may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import traitlets as t

from ..data.sources import LENGTHS
from ..errors import SettingError
from ..live.runs import FIELDS, LIMITS, Settings
from ..model.heads import HEADS
from ..regimes.named import find_regime
from ..regimes.schedules import SCHEDULES
from ..web.building import regime_of

SETTINGS = ("regime", "pool", "epochs", "learning_rate", "messages", "max_len", "seed", "data", "head", "batch_size",
            "schedule", "causal", "encoding", "text_column", "label_column", "positive", "rates")  # fmt: skip
POOL_SUMMARIES = {
    "mean": "the mean of the real positions",
    "cls": "a token in front: blind if a causal mask hides the rest",
    "last": "the last real position",
    "max": "the largest value of each feature",
    "attention": "a weighted mean with one learned query",
    "mean+max": "both, side by side: a head twice as wide",
}


class RefusedError(SettingError, t.TraitError):
    """A setting that is refused; as it is traitlets' own error too, several that were set at once all go back."""


@contextmanager
def refusing() -> Iterator[None]:
    """A SettingError within is a refused setting."""
    try:
        yield
    except SettingError as error:
        raise RefusedError(str(error)) from None


class Chosen(t.HasTraits):
    """The settings of the next run; a value that makes none is refused when it is set."""

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

    def settings(self) -> Settings:
        """The settings as a value; rates in the order of the machine's layers, where that is known."""
        values: dict[str, Any] = {name: getattr(self, name) for name in FIELDS}
        order = {layer["key"]: place for place, layer in enumerate(getattr(self, "machine", {}).get("layers", []))}
        values["rates"] = tuple(sorted(self.rates.items(), key=lambda rate: order.get(rate[0], 0)))
        return Settings(**values)

    @t.validate("epochs", "messages", "max_len", "seed", "batch_size")
    def _within(self, proposal: dict[str, Any]) -> int:
        low, high = LIMITS[proposal["trait"].name]
        value = proposal["value"]
        if not low <= value <= high:
            raise RefusedError(f"{proposal['trait'].name} is {value}; give a whole number from {low} to {high}")
        return value - value % 2 if proposal["trait"].name == "messages" else value

    @t.validate("regime")
    def _known_regime(self, proposal: dict[str, Any]) -> str:
        with refusing():
            return find_regime(proposal["value"]).name

    @t.validate("rates")
    def _buildable(self, proposal: dict[str, Any]) -> dict[str, float]:
        if proposal["value"]:
            with refusing():
                regime_of(proposal["value"], find_regime(self.regime))
        return dict(proposal["value"])

    @t.validate("pool", "head", "schedule")
    def _known(self, proposal: dict[str, Any]) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        offered = {"pool": tuple(POOL_SUMMARIES), "head": ("", *HEADS), "schedule": ("", *SCHEDULES)}[name]
        if value not in offered:
            raise RefusedError(f"{name} {value!r} is unknown; choose one of {', '.join(filter(None, offered))}")
        return value

    @t.validate("learning_rate")
    def _a_rate(self, proposal: dict[str, Any]) -> float | None:
        value = proposal["value"]
        if value is not None and not 0 < value <= 10:
            raise RefusedError(f"learning_rate is {value}; give a number above 0 and at most 10, or None for tuned")
        return value

    @t.validate("threshold")
    def _a_share(self, proposal: dict[str, Any]) -> float:
        if not 0 <= proposal["value"] <= 1:
            raise RefusedError(f"threshold is {proposal['value']}; give a share from 0 to 1")
        return proposal["value"]


def settings_of(values: Mapping[str, Any]) -> Settings:
    """Settings from those that differ from the defaults; SettingError where one is unknown or makes no sense."""
    check_names(values)
    try:
        return Chosen(**completed(values)).settings()
    except t.TraitError as error:
        raise SettingError(str(error)) from None


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, with a maximum length that lets a body read the messages to their end where none is given."""
    length = LENGTHS.get(str(values.get("data")))
    return dict(values) if length is None else {"max_len": length} | dict(values)


def check_names(values: Mapping[str, Any]) -> None:
    """Refuse what is no setting."""
    unknown = [name for name in values if name not in SETTINGS]
    if unknown:
        raise SettingError(f"setting {unknown[0]!r} is unknown; choose one of {', '.join(SETTINGS)}")
