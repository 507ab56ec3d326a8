"""What a body is told as: what it reads, what its layers do, and what each of its positions shows.

This is the one place that knows bodies apart; whoever draws asks `kind_of`.
Shape letters: B batch, T positions, D width, C channels, H height, W width.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ..model.body import LMBody
from ..model.body_contract import Body
from ..model.vision.vit import ViT
from ..model.vision.wide_resnet import WideBlock, WideResNet
from .glyphs import glyphs
from .pixels import cells, drawn

Token = dict[str, Any]  # its text, its kind, and for a patch its picture
Read = tuple[list[Token], list[Token]]  # what is read, and what is cut off


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of body in words: what one position is called, and all of them, what an item is, and what
    embedding and block do.

    `shape` gives the shape of the state after so many blocks, `positions` the tokens of an item, `seen` which
    position may look at which, (T, T), under a mask (B, T).
    """

    unit: str
    units: str
    item: str
    embedding: str
    block: str
    shape: Callable[[Body, int], str]
    positions: Callable[[Body, object, int, bool], Read]
    seen: Callable[[Body, torch.Tensor], torch.Tensor]


def kind_of(body: Body) -> Kind:
    """How this body is told."""
    if isinstance(body, LMBody):
        return CAUSAL if body.config.causal else BOTH_WAYS
    return PATCHES if isinstance(body, ViT) else CELLS if isinstance(body, WideResNet) else ANY


def _vectors(body: Body, blocks: int) -> str:
    return f"(B, T, {body.width})"


def _channels(body: Body, blocks: int) -> str:
    """The channels (B, C, H, W) after so many blocks of a wide residual network."""
    assert isinstance(body, WideResNet)
    (C, H, W), below = body.config.image, list(body.blocks)[:blocks]
    C = body.stem.out_channels
    for block in below:
        assert isinstance(block, WideBlock)
        C, stride = block.conv2.out_channels, block.conv1.stride[0]
        H, W = -(-H // stride), -(-W // stride)
    return f"(B, {C}, {H}, {W})"


def _everything(body: Body, mask: torch.Tensor) -> torch.Tensor:
    T = mask.shape[1]
    return torch.ones(T, T, dtype=torch.bool, device=mask.device)


def _visible(body: Body, mask: torch.Tensor) -> torch.Tensor:
    assert isinstance(body, LMBody)
    visible = body.visible(mask)
    if visible is not None:
        return visible[0, 0]
    whole = _everything(body, mask)
    return whole.tril() if body.config.causal else whole


def _bytes(body: Body, item: object, positions: int, cls: bool) -> Read:
    assert isinstance(body, LMBody) and isinstance(item, str)
    whole = [_mark()] * cls + [{"text": text, "kind": "byte"} for text in glyphs(item)]
    return whole[: body.config.max_len], whole[body.config.max_len :]


def _patches(body: Body, item: object, positions: int, cls: bool) -> Read:
    assert isinstance(body, ViT)
    picture, side = drawn(item), body.config.patch
    assert picture is not None
    across = picture["columns"] // side
    found = [
        {"text": _place(i, across), "kind": "patch", "picture": square} for i, square in enumerate(cells(picture, side))
    ]
    return [_mark()] * cls + found, []


def _numbered(body: Body, item: object, positions: int, cls: bool) -> Read:
    return [{"text": str(t + 1), "kind": "cell"} for t in range(positions)], []


def _grid(body: Body, item: object, positions: int, cls: bool) -> Read:
    """The cells of the last group's grid, row by row."""
    assert isinstance(body, WideResNet)
    columns = -(-body.config.image[2] // 4)
    return [{"text": _place(t, columns), "kind": "cell"} for t in range(positions)], []


def _place(number: int, across: int) -> str:
    return f"row {number // across + 1} column {number % across + 1}"


def _mark() -> Token:
    return {"text": "cls", "kind": "cls"}


def _reader(block: str) -> Kind:
    words = "Each byte becomes a vector, what it is plus where it is"
    return Kind("byte", "the bytes of a message", "message", words, block, _vectors, _bytes, _visible)


CAUSAL = _reader("Each position looks back at the message, then thinks on its own")
BOTH_WAYS = _reader("Each position looks at the whole message, then thinks on its own")
PATCHES = Kind(
    "patch", "the patches of an image", "image", "Each patch becomes a vector, what it shows plus where it lies",
    "Each patch looks at the whole image, then thinks on its own", _vectors, _patches, _everything,
)  # fmt: skip
CELLS = Kind(
    "cell", "the cells of an image", "image", "Each pixel and those around it become channels",
    "Two convolutions look at 3 by 3 pixels, and add what they find", _channels, _grid, _everything,
)  # fmt: skip
ANY = Kind(
    "position", "the positions of an item", "message", "Each item becomes vectors",
    "It works on each position's vector", _vectors, _numbered, _everything,
)  # fmt: skip
