"""The machine of the lab: the model that the next run starts from, drawn, and a text's way through a trained one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch

from ..gallery.digits import DIGITS, PAINTER
from ..live.runs import Run, Settings
from ..model.body import BodyConfig, LanguageModel, new_language_model
from ..model.body_contract import Base
from ..model.classifier import Classifier, swap_head
from ..model.heads import new_head
from ..model.pooling import new_pool, pooled_width
from ..training.run import first_head
from ..web.flow import flow_of
from ..web.machine import machine_of


def drawn(settings: Settings, labels: Sequence[str]) -> dict[str, Any]:
    """What the browser draws before a run of these settings: every layer and whether it will learn."""
    regime = settings.chosen_regime()
    base = _base_of(settings)
    model = _model(base, settings.pool, first_head(regime), len(labels))
    old = base.head if isinstance(base, LanguageModel) else None
    spec = machine_of(model, regime, old_head=old, labels=labels, title="The machine")
    return spec | {"key": settings.machine(), "tuned": regime.learning_rate}


def flowed(run: Run, content: Mapping[str, Any]) -> dict[str, Any]:
    """A text's values in a run's model, at the position, head and block that the browser asks for.

    No flow where the model is gone, or where a random body never had a language-model head to put back.
    """
    old = None if content.get("swapped", True) else run.old_head
    flow = None
    if run.model is not None and (old is not None or content.get("swapped", True)):
        place = int(content.get("position", 0)), int(content.get("head", 0)), str(content.get("zoom", ""))
        example = run.reads(str(content.get("text", ""))[:2000])
        flow = None if example is None else flow_of(run.model, example.item, *place, old)
    return {"kind": "flow", "asked": content.get("asked", ""), "flow": flow, "labels": [*run.label_names]}


def _base_of(settings: Settings) -> Base:
    return _images() if settings.data == DIGITS else _base(settings.max_len, settings.causal)


@lru_cache(maxsize=1)
def _images() -> Base:
    return PAINTER.new(0)


@lru_cache(maxsize=4)
def _base(max_len: int, causal: bool) -> LanguageModel:
    return new_language_model(BodyConfig(max_len=max_len, causal=causal), 0)


@lru_cache(maxsize=16)
def _model(base: Base, pool: str, head: str, classes: int) -> Classifier:
    """A classifier on this base's body; its weights are nobody's."""
    generator = torch.Generator().manual_seed(0)
    width = pooled_width(pool, base.body.width)
    made = new_pool(pool, base.body.width, generator), new_head(head, width, classes, generator)
    return swap_head(base, *made).classifier
