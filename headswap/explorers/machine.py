"""The machine to take apart: freeze its layers, swap its head, and follow one message through it.

Shape letters: T bytes, D width.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import torch
import traitlets as t

from ..errors import DataError, SettingError
from ..model.body import LMBody, LMHead
from ..model.body_contract import Base
from ..model.classifier import Classifier, swap_head
from ..model.copies import lazy_copy
from ..model.heads import new_head
from ..model.inserts.attach import Insert, attach
from ..model.pooling import new_pool, pooled_width
from ..regimes.named import ALL_FROZEN, find_regime, in_groups
from ..regimes.stages import Regime, Stage
from ..training.run import first_head
from ..web.building import NAME, UNTUNED, rates_of, regime_of
from ..web.flow import flow_of, heads_of
from ..web.layers import layers_of
from ..web.machine import machine_of
from ..web.quiet import quiet_copy
from .base import lesson_base
from .controls import Control, choice, hidden, text
from .widget import Block, Explorer
from .widget import machine as machine_block

BY_HAND = "built by hand"
KEYS = {"rules": "rules", "swap": "swapped", "look": "position", "zoom": "zoom", "head": "head"}
MESSAGE = "Congratulations! Claim your prize now"
NOTHING = "Nothing learns: give at least one layer a rate above 0."
EXAMPLE = '{"head": 1, "embedding": 0}'
Value = Mapping[str, Any]


def inserted(regime: Regime) -> tuple[Insert, ...]:
    """What the regime's first stage inserts."""
    return regime.stages[0].inserts


class Machine(Explorer):
    """A model whose layers can be frozen one by one; `value["rules"]` holds the rates set by hand, as JSON."""

    def __init__(
        self, base: Base | Classifier, regime: Regime | str, pool: str, labels: Sequence[str], item: object
    ) -> None:
        self._item = item
        self._base, self._pool, self._labels = quiet_copy(base), pool, tuple(labels)
        own = {regime.name: regime} if isinstance(regime, Regime) else {}
        self._regimes = {one.name: one for one in in_groups()} | own
        self._trained = isinstance(base, Classifier)
        self._models = cache(self._made)
        name = regime.name if isinstance(regime, Regime) else regime
        super().__init__("Machine", self._handles(name), self._show_machine)

    def regime(self) -> Regime:
        """The regime as it stands, named or built by hand: hand it to a run, or read it with `code_of`."""
        return self._regime(self.value)

    # ---- the model

    def _model(self, regime: Regime) -> Classifier:
        """What a run of the regime would start from, or the trained classifier itself."""
        return self._models(*("", "", ()) if self._trained else (regime.body, first_head(regime), inserted(regime)))

    def _made(self, body: str, head: str, inserts: tuple[Insert, ...]) -> Classifier:
        if isinstance(self._base, Classifier):
            return self._base
        generator = torch.Generator().manual_seed(0)  # draws body, pool, head and inserts in the order of a run
        own = self._base.body.fresh(generator) if body == "random" else lazy_copy(self._base.body)
        pool = new_pool(self._pool, own.width, generator)
        made = new_head(head, pooled_width(self._pool, own.width), len(self._labels), generator)
        for insert in inserts:
            attach(own, insert, generator)
        return swap_head(Base(own, self._base.head), pool, made).classifier

    def _old_head(self) -> torch.nn.Module | None:
        """The language model's own head, where there is one."""
        head = self._base.head
        return head if isinstance(head, LMHead) and not self._trained else None

    # ---- the controls

    def _handles(self, regime: str) -> list[Control]:
        start = "head-only" if regime == BY_HAND else self._named_regime(regime).name
        model = self._model(self._regimes[start])
        blocks = [f"block[{i}]" for i in range(model.body.depth)]
        return [
            choice("regime", "Regime", regime, [*self._regimes, BY_HAND]),
            text("text", "Message", self._item) if isinstance(self._item, str) else hidden("text"),
            hidden("start", start, [*self._regimes]),  # the named regime that what is built by hand began as
            hidden("rules"),
            hidden("swapped", True, [True, False] if self._old_head() else [True]),
            hidden("position", -1),
            hidden("zoom", "", ["", *blocks]),
            hidden("head", 0, [*range(max(1, heads_of(model)))]),
        ]

    @t.validate("value")
    def _fits(self, proposal: dict[str, Any]) -> dict[str, Any]:
        value = super()._fits(proposal)
        self._regime({**value, "regime": BY_HAND})  # rules that are none are an error before anything changes
        return value

    def _redraw(self, change: dict[str, Any]) -> None:
        settled = self._settled(change["old"], change["new"])
        if settled != change["new"]:
            self.value = settled  # comes back here, settled
        else:
            super()._redraw(change)

    def _settled(self, old: Value, new: Value) -> Value:
        """Regime and rules in step: new rules name their regime, and another regime drops the rules.

        New rules go first: with a second quick click the browser sends a regime that the first has replaced.
        """
        if new["rules"] and new["rules"] != old["rules"]:
            return self._named(new)
        if new["regime"] in self._regimes:
            return {**new, "start": new["regime"], "rules": ""}
        emptied = old["rules"] and not new["rules"] and old["regime"] == BY_HAND
        return {**new, "regime": new["start"]} if emptied else new

    def _named(self, value: Value) -> Value:
        """The value whose rules have become a named regime where they mean one, and are built by hand otherwise."""
        begun = value["regime"] if value["regime"] in self._regimes else value["start"]
        by_hand = {**value, "start": begun, "regime": BY_HAND}
        built = self._regime(by_hand)
        known = self._regimes.get(built.name) == built  # its name alone may be one's own regime's
        return {**value, "start": built.name, "regime": built.name, "rules": ""} if known else by_hand

    # ---- the regime

    def _regime(self, value: Value) -> Regime:
        """The named regime, or the one that the rules make; one in which nothing learns can at least be drawn."""
        if value["regime"] != BY_HAND:
            return self._named_regime(value["regime"])
        start = self._regimes[value["start"]]
        rates = self._rates(start) | self._built(value["rules"], start)
        if not any(rates.values()):
            stage = Stage((ALL_FROZEN,), first_head(start))
            return Regime(NAME, NOTHING, (stage,), start.learning_rate, UNTUNED, start.body)
        return regime_of(rates, start)

    def _named_regime(self, name: str) -> Regime:
        return self._regimes[name] if name in self._regimes else find_regime(name)

    def _rates(self, regime: Regime) -> dict[str, float]:
        """Each layer's rate under a named regime; layers without weights have none.

        A layer of which only a part learns, its biases or what is inserted, counts as frozen: no rate can say that.
        """
        rates = rates_of(lazy_copy(self._model(regime)), regime.stages[0])
        return {key: 0.0 if math.isnan(rate) else rate for key, rate in rates.items()}

    def _built(self, rules: str, start: Regime) -> dict[str, float]:
        """The rates that were set by hand, of layers with weights; SettingError for a text that holds no such thing."""
        layers = {layer.key: layer.weights for layer in layers_of(self._model(start))}
        try:
            built = json.loads(rules or "{}")
        except ValueError:
            built = None
        if not isinstance(built, dict) or not built.keys() <= layers.keys():
            raise SettingError(
                f"rules is {rules!r}; give a rate for some of {', '.join(layers)} as JSON, such as {EXAMPLE}"
            )
        return {key: 0.0 if rate is None else rate for key, rate in built.items() if layers[key]}

    # ---- what it shows

    def _show_machine(self, value: Value) -> list[Block]:
        regime = self._regime(value)
        model, old_head = self._model(regime), self._old_head()
        flow, note = self._flow(model, value)
        spec = machine_of(
            model, regime, old_head=old_head, swapped=value["swapped"], labels=self._labels, flow=flow,
            subtitle=self._subtitle(regime, value["swapped"]), tag=value["regime"] if value["swapped"] else "",
            note=regime.summary if regime.summary == NOTHING else note,
        )  # fmt: skip
        return [machine_block(spec, KEYS)]

    def _flow(self, model: Classifier, value: Value) -> tuple[dict[str, Any] | None, str]:
        """What the message does in the model, and a word where there is nothing to follow."""
        if isinstance(self._item, str) and not isinstance(model.body, LMBody):
            return None, ""
        above = None if value["swapped"] else self._old_head()
        item = value["text"] if isinstance(self._item, str) else self._item
        try:
            flow = flow_of(model, item, value["position"], value["head"], value["zoom"], above)
        except DataError as error:
            return None, f"That isn't a text: {error}."
        return flow, "" if flow else "Type at least one character to see what the model makes of it."

    def _subtitle(self, regime: Regime, swapped: bool) -> str:
        if self._trained:
            return "trained: its own body and head"
        return f"{regime.body} body, {'new head' if swapped else 'the head that it was pretrained with'}"


def machine(
    base: Base | Classifier | None = None, regime: Regime | str = "head-only", *, pool: str = "mean",
    labels: Sequence[str] = ("ham", "spam"), text: object = MESSAGE,
) -> Machine:  # fmt: skip
    """The model as a machine: its layers, which of them learn, its two heads, and one message on its way through.

    Where the body reads images, `text` is one of those.

    A base gets a new pool and head, those of a run with seed 0; a trained classifier keeps its own. A regime of your
    own joins the menu under its name. Nothing that is handed in changes.
    """
    return Machine(lesson_base() if base is None else base, regime, pool, labels, text)
