"""The machine: a picture of the model itself, layer by layer, as plain data that the browser draws.

Everything in it is counted on the model's own modules and decided by the regime's own rules, so that it holds for any
body and any depth. The caller's model is copied first and stays as it is.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from ..errors import SettingError
from ..model.classifier import Classifier
from ..model.inserts.attach import attach, inserts_on
from ..regimes.places import freeze, parameter_groups
from ..regimes.stages import Frozen, Regime, Stage
from ..training.prefix import Prefix, frozen_prefix
from .code import code_of
from .kinds import kind_of
from .layers import Layer, detail_of, layers_of, name_of, sizes_of
from .numbers import short
from .quiet import quiet_copy

Spec = dict[str, Any]
RATES = (0, 0.1, 0.38, 1, 3)  # multiples of the learning rate that a learner can give a layer; 0 is frozen


def machine_of(
    model: Classifier, regime: Regime, *, origin: str = "", moved: Mapping[str, float | None] | None = None,
    old_head: nn.Module | None = None, swapped: bool = True, labels: Sequence[str] = ("ham", "spam"),
    flow: Spec | None = None, title: str = "The machine", subtitle: str = "", tag: str = "", note: str = "",
) -> Spec:  # fmt: skip
    """What the machine looks like under the first stage of a regime: its layers from below, and what learns of them.

    `origin` is where the body's weights come from, pretrained or random; the regime says so by default. `moved` says
    how far each layer has moved, `flow` what `flow_of` made of a message. Where `swapped` is False, `old_head` sits
    on the body.
    """
    _check(model, labels, swapped, old_head)
    drawn = quiet_copy(model)
    rates = begin(drawn, regime.stages[0])
    prefix = frozen_prefix(drawn)
    kept, came = kept_layers(drawn, prefix), origin or regime.body
    kind = kind_of(drawn.body)
    layers = [_layer(drawn, layer, rates, kept, came, moved or {}) for layer in layers_of(drawn)]
    words = {"subtitle": subtitle, "tag": tag, "note": note}
    return {
        "kind": "machine",
        "title": title,
        **{name: said for name, said in words.items() if said},
        "layers": layers,
        "old": _old(old_head),
        "swapped": swapped,
        "labels": [*labels],
        "code": code_of(regime),
        "reads": kind.units,
        "summary": _summary(layers, prefix, regime, kind.item) if swapped else _unswapped(layers, old_head),
        "choices": {"rates": [*RATES]},
        "flow": flow,
    }


def begin(model: Classifier, stage: Stage) -> dict[str, float]:
    """Begin a stage on this very model: what it inserts is hung on, what it freezes is frozen.

    Gives the multiple of the learning rate of each parameter that learns, by name. A stage that freezes everything
    cannot be trained, but it can be drawn.
    """
    for insert in stage.inserts:
        if not any(insert.name in inserts_on(model.body, host) for host in insert.hosts(model.body)):
            attach(model.body, insert, torch.Generator().manual_seed(0))
    if all(isinstance(rate, Frozen) for _, rate in stage.rules):
        freeze(model.parameters())
        return {}
    groups = parameter_groups(model, stage)
    rates = {id(parameter): group.multiple for group in groups for parameter in group.parameters}
    return {name: rates[id(parameter)] for name, parameter in model.named_parameters() if id(parameter) in rates}


def kept_layers(model: Classifier, prefix: Prefix) -> set[str]:
    """The layers that are computed once per message and kept, because nothing in them or below them learns."""
    if prefix.blocks < 0:
        return set()
    kept = {"embedding", *(f"block[{i}]" for i in range(prefix.blocks))}
    return kept | {"norm", "pool"} if prefix.pooled else kept


def _check(model: Classifier, labels: Sequence[str], swapped: bool, old_head: nn.Module | None) -> None:
    if not swapped and old_head is None:
        raise SettingError("there is no old head to put on the body; give old_head, or leave swapped at True")
    classes = sizes_of(model.head, 0)[1]
    if swapped and classes and len(labels) != classes:
        raise SettingError(f"labels has {len(labels)} names and the head {classes} classes; give one for each")


def _layer(
    model: Classifier, layer: Layer, rates: Mapping[str, float], kept: Collection[str], origin: str,
    moved: Mapping[str, float | None],
) -> Spec:  # fmt: skip
    """One layer as the browser draws it."""
    learning = [rates[name] for name in layer.parameters if name in rates]
    parts = _parts(layer, rates)
    far = moved.get(layer.key)
    rows = {"rows": sizes_of(model.head, 0)[1]} if layer.key == "head" else {}
    return {
        "key": layer.key,
        "name": name_of(model, layer.key),
        "detail": detail_of(model, layer.key),
        "weights": layer.weights,
        "learns": sum(part["learns"] for part in parts),
        "rate": short(max(learning)) if learning else None,
        "origin": "new" if layer.key in ("pool", "head") else origin,
        "once": layer.key in kept,
        "moved": None if far is None else short(far),
        "parts": parts,
        **rows,
    }


def _parts(layer: Layer, rates: Mapping[str, float]) -> list[Spec]:
    """The layer's modules in order, with their weights and how many of these learn."""
    parts = {part: {"name": part, "weights": 0, "learns": 0} for part in layer.parts.values()}
    for name, parameter in layer.parameters.items():
        part = parts[layer.parts[name]]
        part["weights"] += parameter.numel()
        part["learns"] += parameter.numel() * (name in rates)
    return [*parts.values()]


def _old(head: nn.Module | None) -> Spec | None:
    """The language model's own head: what it scores, and with how many weights."""
    if head is None:
        return None
    weights = sum(parameter.numel() for parameter in head.parameters())
    return {"name": "Language-model head", "rows": sizes_of(head, 0)[1], "weights": weights}


def _summary(layers: Sequence[Spec], prefix: Prefix, regime: Regime, item: str) -> str:
    learns, total = (sum(layer[field] for layer in layers) for field in ("learns", "weights"))
    share = f"{learns:,} of {total:,} weights learn, {100 * learns / total:.1f} %"
    more = len(regime.stages)
    stages = f" This is the first of {more} stages." if more > 1 else ""
    return f"{share}; {_once(layers, prefix, item)}.{stages}"


def _once(layers: Sequence[Spec], prefix: Prefix, item: str) -> str:
    """How much of the machine runs once per message, or image."""
    if prefix.pooled:
        return f"the body runs once per {item}"
    if prefix.blocks < 0:
        return "nothing can be computed once and kept"
    first = next(layer for layer in layers if not layer["once"] and layer["weights"])
    return f"what lies below {first['name']} runs once per {item}"


def _unswapped(layers: Sequence[Spec], old_head: nn.Module | None) -> str:
    old = _old(old_head) or {"weights": 0, "rows": 0}
    total = old["weights"] + sum(layer["weights"] for layer in layers if layer["origin"] != "new")
    special = old["rows"] - 256
    what = f"256 bytes and {special} special signs" if special > 0 else f"{old['rows']} ids"
    return f"The language model, {total:,} weights: its head scores all that may come next, {what}."
