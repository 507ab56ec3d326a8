"""A learner's patches under a frozen body, and a learner's shift in a real run (lesson 15).

Shape letters: B batch, N images, H height, W width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..data.messages import Example, Split
from ..explorers.digits import Chances, chances, on_body, right_share
from ..model.body_contract import Base
from ..model.copies import lazy_copy
from ..model.vision.pixels import centred
from ..model.vision.vit import ViT
from ..training.looking.paint import painting_error
from ..training.recipe import Recipe
from ..training.run import run_regime
from .answers import Function, Raised
from .beside import SEED, Beside, Row, damage_of, heard, judged, stopped, your_turn
from .exercise import is_stub
from .looking import PATCHES, SHIFT

RATE, EPOCHS = 5e-3, 20  # of the run with shifts
SILENT = "Accuracy doesn't show this mistake here; the check does."
MOVES = ((0, 1), (0, -1), (1, 0), (-1, 0))  # pixels down and to the right


@dataclass(frozen=True, slots=True)
class Shifting:
    """Each batch of images moved by a function, by at most a pixel each way: every image of a batch alike."""

    shift: Function

    def __call__(self, inputs: tuple[torch.Tensor, ...], generator: torch.Generator) -> tuple[torch.Tensor, ...]:
        """Images (B, C, H, W) moved at random; the draws come from the run's own generator."""
        images, *rest = inputs
        down, right = (int(one) for one in torch.randint(-1, 2, (2,), generator=generator))
        return self.shift(images, down, right), *rest


def patches(patches: Function, base: Base, split: Split) -> Beside:
    """What a schooled frozen body makes of images that the learner's function has cut, and that the library's has."""
    if is_stub(patches):
        return your_turn([PATCHES.name], "under a frozen body")
    columns = (
        f"frozen, {len(split.train)} labels",
        "squared error of the painting",
        f"accuracy, {len(split.test)} digits",
    )
    right = _cut_scores(base, split)
    rows: list[Row] = [("the library's patches", *_cut_row(right))]
    mine = heard(lambda: _cut_scores(with_patches(base, patches), split))
    if isinstance(mine, Raised):
        return stopped([(PATCHES, patches)], mine, columns, [*rows, ("yours", "none", "none")])
    rows.append(("yours", *_cut_row(mine)))
    return Beside(judged([(PATCHES, patches)], _damage(mine[1] - right[1]), SILENT), columns, tuple(rows))


def with_patches(base: Base, patches: Function) -> Base:
    """A copy of a vision transformer's base that cuts its images by this function."""
    copied = lazy_copy(base)
    body = copied.body
    assert isinstance(body, ViT)
    side = body.config.patch
    body.cut = lambda images: patches(centred(images), side)
    return copied


def _cut_scores(base: Base, split: Split) -> tuple[float, float]:
    """The painting error on validation images, and the accuracy of a regression on the frozen body."""
    error = painting_error(base, [example.item for example in split.validation])[0]
    return error, right_share(on_body(base, split), split.test)


def _cut_row(scores: tuple[float, float]) -> Row:
    return f"{scores[0]:.2f}", f"{scores[1]:.3f}"


def shift(shift: Function, base: Base, split: Split) -> Beside:
    """Train a random body on images that stay, that the library moves, and that the learner does: two accuracies.

    The base gives the body's sizes; its weights are drawn anew.
    """
    if is_stub(shift):
        return your_turn([SHIFT.name], "in a real run")
    columns = (f"scratch, {len(split.train)} labels, seed {SEED}", "digits as they are", "digits moved by a pixel")
    still, right = (_trained(base, split, moving) for moving in (None, SHIFT.reference))
    rows: list[Row] = [("no shifts", *_shares_text(still)), ("the library's shift", *_shares_text(right))]
    mine = heard(lambda: _trained(base, split, shift))
    if isinstance(mine, Raised):
        return stopped([(SHIFT, shift)], mine, columns, [*rows, ("yours", "none", "none")])
    rows.append(("yours", *_shares_text(mine)))
    return Beside(judged([(SHIFT, shift)], _damage(mine[1] - right[1]), SILENT), columns, tuple(rows))


def _trained(base: Base, split: Split, moving: Function | None) -> tuple[float, float]:
    """The accuracy on the test images after a run, as they are and moved by one pixel each way in turn."""
    augment = None if moving is None else Shifting(moving)
    recipe = Recipe(epochs=EPOCHS, learning_rate=RATE, seed=SEED, augment=augment)  # pyright: ignore[reportArgumentType]
    model = run_regime(base, split, "scratch", recipe).classifier
    return shares(lambda images: chances(model, images), split.test)


def shares(says: Chances, test: Sequence[Example]) -> tuple[float, float]:
    """The accuracy on images as they are, and moved by one pixel each way in turn."""
    return right_share(says, test), float(np.mean([right_share(says, test, *move) for move in MOVES]))


def _shares_text(found: tuple[float, float]) -> Row:
    return f"{found[0]:.3f}", f"{found[1]:.3f}"


def _damage(change: float) -> str:
    return damage_of(change, score="accuracy")
