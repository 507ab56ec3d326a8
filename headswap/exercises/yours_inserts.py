"""A learner's LoRA and adapter on a real body, beside the library's own (lesson 10).

Shape letters: B batch, T bytes, D width, r rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import nn

from ..data.messages import Example, Split
from ..explorers.machine import Machine, machine
from ..model.body import LanguageModel
from ..model.body_contract import Body, Site
from ..model.classifier import Classifier
from ..model.copies import lazy_copy
from ..model.inserts.adapters import HOULSBY
from ..model.inserts.attach import Insert, attach, detach, hosts_of, inserts_on
from ..model.inserts.lora import LoRA
from ..model.inserts.lora import merge as merge_all
from ..model.layers import linear
from ..model.pooling import MeanPool
from ..regimes.named import REGIMES, inserting
from ..regimes.stages import Regime
from ..training.recipe import Recipe
from ..training.run import run_regime
from ..training.spec import judge
from .answers import Function, Raised
from .beside import SEED, Beside, Row, damage_of, encoded, f1_text, heard, judged, new_classifier, stopped, your_turn
from .exercise import is_stub
from .inserting import ADAPTER, LORA, MERGE, NEW_LORA

EPOCHS, NARROW = 10, 8
LUCK = "Yours works as the library's does. Each draws its own A, so the last digit of F1 is luck."
MORE_THAN_LUCK = 0.06  # of F1 on 160 messages
STARTED = (
    "Your three functions do what they should, but F1 isn't the library's. How large A is drawn matters, too: divide "
    "torch.randn by fan_in ** 0.5."
)
LIKE = LoRA()  # rank, alpha and places of a learner's LoRA are those of the library's


@dataclass(frozen=True, slots=True)
class YourLoRA:
    """LoRA beside every query and value, by two functions: how it begins, and what it adds."""

    new_lora: Function
    lora: Function
    name: str = "yours"

    def hosts(self, body: Body) -> list[str]:
        """Where the library's LoRA hangs."""
        return LIKE.hosts(body)

    def new(self, host: str, body: Body, generator: torch.Generator) -> nn.Module:
        """An A and a B for every query and value of this layer."""
        layer = cast(nn.Linear, body.get_submodule(host))
        sites = [site for place in LIKE.places for site in body.sites(place) if site.host == host]
        pairs = [self.new_lora(layer.in_features, site.size or layer.out_features, LIKE.rank, generator)
                 for site in sites]  # fmt: skip
        return _Additions(sites, pairs, self.lora)


class _Additions(nn.Module):
    def __init__(self, sites: Sequence[Site], pairs: Sequence[Sequence[torch.Tensor]], lora: Function) -> None:
        super().__init__()
        self.sites, self.lora = sites, lora
        self.A, self.B = (nn.ParameterList(pair[i].clone() for pair in pairs) for i in (0, 1))

    def forward(self, input: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """The layer's output (B, T, out), each site's columns replaced by what `lora` makes of them."""
        whole = output.clone()
        for site, A, B in zip(self.sites, self.A, self.B, strict=True):
            columns = slice(*site.columns) if site.columns else slice(None)
            whole[..., columns] = self.lora(input, output[..., columns].clone(), A, B, LIKE.alpha)
        return whole


@dataclass(frozen=True, slots=True)
class YourAdapters:
    """A bottleneck after attention and after feed-forward in every block, by one function."""

    adapter: Function
    name: str = "yours"

    def hosts(self, body: Body) -> list[str]:
        """Where the library's adapters hang."""
        return HOULSBY.hosts(body)

    def new(self, host: str, body: Body, generator: torch.Generator) -> nn.Module:
        """The two layers of one adapter."""
        return _Adapter(body.width, self.adapter, generator)


class _Adapter(nn.Module):
    def __init__(self, width: int, adapter: Function, generator: torch.Generator) -> None:
        super().__init__()
        self.down = linear(width, NARROW, generator, std=HOULSBY.std)
        self.up = linear(NARROW, width, generator, std=HOULSBY.std)
        self.adapter = adapter

    def forward(self, input: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """What `adapter` makes of the sublayer's output (B, T, D)."""
        return self.adapter(output.clone(), self.down, self.up)  # a learner may write to it


# ---- the runs


def lora(new_lora: Function, lora: Function, merge: Function, base: LanguageModel, split: Split) -> Beside:
    """Train the learner's LoRA beside the library's, then merge both: weights, what moved when, and F1."""
    given = [(NEW_LORA, new_lora), (LORA, lora), (MERGE, merge)]
    missing = [exercise.name for exercise, function in given if is_stub(function)]
    if missing:
        return your_turn(missing, "in a real run")
    columns = (f"rank {LIKE.rank}, {EPOCHS} epochs, seed 0", "new weights in the body", "logits move at the start by",
               "F1, 160 test messages", "logits move by merging")  # fmt: skip
    right = _trained(LIKE, base, split)
    rows = [("the library's LoRA", *right.row(), _moved(right.after, right.logits(merge_all(right.body))))]
    mine = heard(lambda: _merged(_trained(YourLoRA(new_lora, lora), base, split), merge))
    if isinstance(mine, Raised):
        return stopped(given, mine, columns, [*rows, ("yours", *["none"] * 4)])
    run, moved = mine
    rows.append(("yours", *run.row(), moved))
    passed, change = all(exercise.check(function) for exercise, function in given), run.f1 - right.f1
    said = judged(given, damage_of(change)) if not passed else LUCK if abs(change) < MORE_THAN_LUCK else STARTED
    return Beside(said, columns, tuple(rows))


def adapters(adapter: Function, base: LanguageModel, split: Split) -> Beside:
    """Train the learner's adapters beside the library's: weights, what moved before training, and F1."""
    if is_stub(adapter):
        return your_turn([ADAPTER.name], "in a real run")
    columns = (f"{NARROW} numbers wide, {EPOCHS} epochs, seed 0", "new weights in the body",
               "logits move at the start by", "F1, 160 test messages")  # fmt: skip
    right = _trained(replace(HOULSBY, narrow=NARROW), base, split, rate_of="adapters-houlsby")
    rows: list[Row] = [("the library's adapters", *right.row())]
    mine = heard(lambda: _trained(YourAdapters(adapter), base, split, rate_of="adapters-houlsby"))
    if isinstance(mine, Raised):
        return stopped([(ADAPTER, adapter)], mine, columns, [*rows, ("yours", *["none"] * 3)])
    rows.append(("yours", *mine.row()))
    return Beside(judged([(ADAPTER, adapter)], damage_of(mine.f1 - right.f1)), columns, tuple(rows))


def lora_machine(new_lora: Function, lora: Function, base: LanguageModel) -> Machine | Beside:
    """The machine with the learner's LoRA in it; where that breaks, one sentence."""
    given = [(NEW_LORA, new_lora), (LORA, lora)]
    missing = [exercise.name for exercise, function in given if is_stub(function)]
    if missing:
        return your_turn(missing, "in the machine")
    drawn = heard(lambda: machine(base, regime_of(YourLoRA(new_lora, lora), REGIMES["lora"].learning_rate)))
    return stopped(given, drawn, (), ()) if isinstance(drawn, Raised) else drawn


def regime_of(insert: Insert, rate: float) -> Regime:
    """The regime in which this insert learns on a frozen body, with the head."""
    return Regime("yours", "What you wrote learns on a frozen body, with the head.", (inserting(insert),), rate,
                  "nothing: the rate of the library's own")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Run:
    """A trained classifier, its F1, and its logits on some test messages, before it learned and after."""

    model: Classifier
    inserted: int
    without: torch.Tensor
    before: torch.Tensor
    after: torch.Tensor
    f1: float
    messages: tuple[Example, ...]

    @property
    def body(self) -> Body:
        return self.model.body

    def row(self) -> Row:
        return f"{self.inserted:,}", _moved(self.without, self.before), f1_text(self.f1)

    def logits(self, body: Body) -> torch.Tensor:
        """What the trained head says on another body."""
        return _logits(Classifier(body, self.model.pool, self.model.head), self.messages)


def _trained(insert: Insert, base: LanguageModel, split: Split, rate_of: str = "lora") -> _Run:
    """A run in which the insert learns, and what it changed before it learned."""
    generator, some = torch.Generator().manual_seed(SEED), tuple(split.test[:32])
    model = new_classifier(base, MeanPool(), generator)
    without = _logits(model, some)
    attach(model.body, insert, generator)
    before = _logits(model, some)
    regime = regime_of(insert, REGIMES[rate_of].learning_rate)
    trained = run_regime(base, split, regime, Recipe(epochs=EPOCHS, seed=SEED)).classifier
    inserted = sum(p.numel() for name, p in trained.body.named_parameters() if p.requires_grad)
    f1 = judge(trained, "test", split.test).metrics.f1
    return _Run(trained, inserted, without, before, _logits(trained, some), f1, some)


def _merged(run: _Run, merge: Function) -> tuple[_Run, str]:
    """The run, and how far its logits move when the learner's `merge` has put every A and B into the weights."""
    body = lazy_copy(run.body)
    with torch.no_grad():
        for host in hosts_of(body):
            weight, additions = body.get_submodule(host).get_parameter("weight"), inserts_on(body, host)["yours"]
            for site, A, B in zip(additions.sites, additions.A, additions.B, strict=True):  # type: ignore[arg-type]
                rows = slice(*site.columns) if site.columns else slice(None)
                weight[rows] = merge(weight[rows].clone(), A, B, LIKE.alpha)
    detach(body, "yours")
    return run, _moved(run.after, run.logits(body))


@torch.no_grad()
def _logits(model: Classifier, messages: Sequence[Example]) -> torch.Tensor:
    """Logits (B, 2) of some messages."""
    rows = encoded(messages, model).rows
    return model(*rows.batch(torch.arange(len(messages))))


def _moved(one: torch.Tensor, other: torch.Tensor) -> str:
    """The largest change of a logit, as text; rounding alone is told as such."""
    far = float((one - other).abs().max())
    return "0, exactly" if far == 0.0 else "under 0.00001" if far < 1e-5 else f"{far:.2g}"
