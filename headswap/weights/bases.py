"""What a base's file says of how to build it, and the base built from it: a body by its kind, and its first head."""

from dataclasses import asdict, fields
from typing import Any

import torch
from torch import nn

from ..errors import CheckpointError
from ..model.body import BodyConfig, LMBody, new_language_model
from ..model.body_contract import Base, Body
from ..model.heads import LinearHead
from ..model.vision.vit import ViT, ViTConfig
from ..model.vision.wide_resnet import WideResNet, WideResNetConfig
from ..training.looking.paint import PixelHead

Config = BodyConfig | ViTConfig | WideResNetConfig
CONFIGS: dict[str, type[Config]] = {"LMBody": BodyConfig, "ViT": ViTConfig, "WideResNet": WideResNetConfig}
HEADS = ("LMHead", "PixelHead", "LinearHead", "Identity")


def built_as(base: Base) -> dict[str, Any]:
    """How the base is built, as plain values; CheckpointError for a body or a head of somebody else's.

    A language model says no more than its config, as it did before there were others.
    """
    body, head = type(base.body).__name__, type(base.head).__name__
    if not can_be_saved(base):
        kind = body if body not in CONFIGS else f"{body} with a {head}"
        raise CheckpointError(f"a base on a {kind} cannot be written; keep it your own way and give it to load_delta")
    config = {"config": asdict(base.body.config)}  # type: ignore[call-overload]
    if isinstance(base.body, LMBody):
        return config
    rows = {"rows": base.head.linear.out_features} if isinstance(base.head, LinearHead) else {}
    return config | {"body": body, "head": head} | rows


def can_be_saved(base: Base) -> bool:
    """Whether a file could say how to build the base again: its body and its head are ours."""
    return type(base.body).__name__ in CONFIGS and type(base.head).__name__ in HEADS


def rebuilt(about: dict[str, Any], name: object) -> Base:
    """A base of the same kind and sizes, its weights not yet filled in; CheckpointError, by name, for unknown ones."""
    kind, head = about.get("body", "LMBody"), about.get("head", "LMHead")
    if kind not in CONFIGS or head not in HEADS:
        raise CheckpointError(f"{name} has a {kind} under a {head}, which this version does not know; update headswap")
    foreign = sorted(set(about["config"]) - {field.name for field in fields(CONFIGS[kind])})
    if foreign:
        raise CheckpointError(f"{name} has the setting {foreign[0]}, which this version does not know; update headswap")
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in about["config"].items()
    }
    config, generator = CONFIGS[kind](**given), torch.Generator().manual_seed(0)
    if isinstance(config, BodyConfig):
        return new_language_model(config, seed=0)
    body = ViT(config, generator) if isinstance(config, ViTConfig) else WideResNet(config, generator)
    return Base(body, _head(head, body, about.get("rows", 0), generator))


def _head(kind: str, body: Body, rows: int, generator: torch.Generator) -> nn.Module:
    if kind == "PixelHead" and isinstance(body, ViT):
        return PixelHead(body.config, generator)
    return LinearHead(body.width, rows, generator) if kind == "LinearHead" else nn.Identity()
