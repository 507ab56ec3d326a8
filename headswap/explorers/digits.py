"""Handwritten digits to move, and models that read them: frozen bodies under a converged regression; what one paints.

Shape letters: N images, T positions, D width, F features, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ..data.images.digits import NAMES, DigitsData
from ..data.messages import Example, Split
from ..data.sources import split_of
from ..errors import MissingExtraError
from ..gallery.digits import painted_base
from ..gallery.spelling import moved, shifted
from ..model.body_contract import Base
from ..model.classifier import Classifier
from ..model.precision import one_thread
from ..model.vision.vit import ViTConfig
from ..training.looking.paint import hide, painted
from ..training.looking.school import Unschooled
from ..web.pixels import drawn
from .controls import slider
from .widget import Block, Explorer, card, headlines, heat, pictures, shown_as

PENALTIES = (0.01, 0.1, 1.0, 10.0)  # C of the regression: the greater, the weaker
FLAT = 1e-6  # a feature that varies less is left as it is
LABELS, MOST = 300, 2  # what the models of the toy learned from; pixels that a digit can be moved
Chances = Callable[[np.ndarray], np.ndarray]  # images (N, 1, H, W) or features (N, F) to probabilities (N, C)


@torch.no_grad()
def features(base: Base, images: np.ndarray) -> torch.Tensor:
    """The frozen body's vector at each position of each image (N, C, H, W), as (N, T, D)."""
    body = base.body.eval()
    with one_thread():
        return body.finish(body.run_blocks(body.embed(*body.encode(list(images)).tensors)))[0]


def items_of(examples: Sequence[Example]) -> np.ndarray:
    """The images (N, C, H, W)."""
    return np.stack([np.asarray(example.item) for example in examples])


def labels_of(examples: Sequence[Example]) -> np.ndarray:
    """The classes (N,)."""
    return np.array([example.label for example in examples])


def fitted(x: np.ndarray, y: np.ndarray, held_out: np.ndarray, truth: np.ndarray) -> Chances:
    """A logistic regression on features (N, F) with classes (N,), as a function from features to probabilities.

    Its penalty, and whether each feature is scaled by its own spread or all by one, are those that have the least
    loss on the held-out features. MissingExtraError without scikit-learn.
    """
    tried = [_one(x, y, held_out, truth, own, c) for own, c in product((True, False), PENALTIES)]
    return min(tried, key=lambda one: one[0])[1]


def _one(
    x: np.ndarray, y: np.ndarray, held_out: np.ndarray, truth: np.ndarray, own: bool, c: float
) -> tuple[float, Chances]:
    """The loss on what was held out, in nats, and the regression with this scale and this penalty."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingExtraError("the digits come with scikit-learn; pip install scikit-learn") from None
    spread = x.std(0) if own else np.full(x.shape[1], x.std())
    centre, scale = x.mean(0), np.where(spread > FLAT, spread, 1.0)
    # Turned so that what the images span comes first: the same regression, with fewer features than images.
    axes = np.linalg.svd((x - centre) / scale, full_matrices=False)[2].T  # (F, min(N, F))
    see: Chances = lambda some: ((some - centre) / scale) @ axes  # noqa: E731
    model = LogisticRegression(C=c, max_iter=300, tol=1e-3).fit(see(x), y)
    says: Chances = lambda some: model.predict_proba(see(some))  # noqa: E731
    true = says(held_out)[np.arange(len(truth)), truth]
    return float(-np.log(true.clip(1e-12)).mean()), says


# ---- models that read a digit


def on_pixels(split: Split) -> Chances:
    """The regression on the bare pixels of the split's training images."""
    return _under(lambda images: images.reshape(len(images), -1).astype(np.float64), split)


def on_body(base: Base, split: Split, side_by_side: bool = True) -> Chances:
    """The regression on a frozen body: its positions' vectors one after another, or their mean."""

    def see(images: np.ndarray) -> np.ndarray:
        vectors = features(base, images)  # (N, T, D)
        return (vectors.flatten(1) if side_by_side else vectors.mean(1)).numpy().astype(np.float64)

    return _under(see, split)


def _under(see: Callable[[np.ndarray], np.ndarray], split: Split) -> Chances:
    """The regression on what is seen of images, as a function from images."""
    train, held_out = ((see(items_of(part)), labels_of(part)) for part in (split.train, split.validation))
    says = fitted(*train, *held_out)
    return lambda images: says(see(images))


def right_share(says: Chances, examples: Sequence[Example], down: int = 0, right: int = 0) -> float:
    """The accuracy on these images, moved by so many pixels."""
    return float((says(shifted(items_of(examples), down, right)).argmax(1) == labels_of(examples)).mean())


# ---- a digit to move


def digits(model: Classifier | None = None, name: str = "yours") -> Explorer:
    """A test digit to move, turn and blur, and what models that never saw it say: bare pixels, and frozen bodies.

    Each learned from 300 labelled digits. A classifier of your own is asked, too.
    """
    split = split_of(DigitsData(LABELS), 0)
    readers = {
        "bare pixels": on_pixels(split),
        "random body": on_body(Unschooled(ViTConfig()).base(split, 0), split),
        "schooled body": on_body(painted_base(), split),
    }
    if model is not None:
        readers[name] = partial(chances, model)
    controls = [
        slider("number", "Test digit", 3, 1, 60),
        slider("right", "Shift right", 0, -MOST, MOST, unit="px"),
        slider("down", "Shift down", 0, -MOST, MOST, unit="px"),
        slider("turn", "Turn", 0, -90, 90, 15, unit="°"),
        slider("blur", "Blur", 0.0, 0.0, 2.0, 0.25, unit="px"),
    ]
    return Explorer("Move a digit", controls, partial(_show, split.test, readers))


@torch.no_grad()
def chances(model: Classifier, images: np.ndarray) -> np.ndarray:
    """What a classifier says of images (N, C, H, W): probabilities (N, C)."""
    with one_thread():
        return model.eval()(*model.body.encode(list(images)).tensors).softmax(1).numpy()


def _show(test: Sequence[Example], readers: Mapping[str, Chances], value: Mapping[str, Any]) -> list[Block]:
    example = test[value["number"] - 1]
    image = moved(np.asarray(example.item), value["right"], value["down"], value["turn"], value["blur"])
    told = {name: says(image[None])[0] for name, says in readers.items()}
    picture = shown_as(f"a {example.label}", drawn(image) or {}, f"a {example.label}")
    return [
        pictures("The digit", [picture], MOST, value["right"], value["down"]),
        headlines("What they say", [_card(name, row, example.label) for name, row in told.items()]),
        heat("How sure they are", [*readers], [*NAMES], [row.tolist() for row in told.values()]),
    ]


def _card(name: str, chances: np.ndarray, truth: int) -> dict[str, Any]:
    said = int(chances.argmax())
    sure = f"probability {chances[said]:.2f}"
    return card(name, str(said), f"{sure}: {'right' if said == truth else 'wrong'}", said != truth)


# ---- what a schooled body paints


def painting(base: Base | None = None) -> Explorer:
    """A test digit with patches hidden, and what the schooled body paints there: the task that it learned from."""
    base = base or painted_base()
    test = split_of(DigitsData(LABELS), 0).test
    controls = [
        slider("number", "Test digit", 3, 1, 60),
        slider("hidden", "Hidden patches, of 16", 8, 1, 15),
        slider("draw", "Another draw of them", 0, 0, 19),
    ]
    return Explorer("Paint what is hidden", controls, partial(_show_painting, base, test))


@torch.no_grad()
def _show_painting(base: Base, test: Sequence[Example], value: Mapping[str, Any]) -> list[Block]:
    example, side = test[value["number"] - 1], 2
    image = np.asarray(example.item)
    generator = torch.Generator().manual_seed(value["draw"])
    hidden = hide(1, 16, value["hidden"] / 16, generator)  # (1, T)
    with one_thread():
        said, true = painted(base, torch.from_numpy(image)[None], hidden)  # (M, P), from -1 to 1
    covered = hidden[0].nonzero().flatten().tolist()
    whole, name = image.copy(), f"a {example.label}"
    for patch, pixels in zip(covered, said.clamp(-1, 1).add(1).div(2).numpy(), strict=True):
        row, column = side * (patch // 4), side * (patch % 4)
        whole[0, row : row + side, column : column + side] = pixels.reshape(side, side)
    error = F.mse_loss(said, true).item()
    return [
        pictures("Seen, painted, true", [
            shown_as("what it sees", drawn(image) or {}, f"{name} with {len(covered)} patches hidden", covered, side),
            shown_as("what it paints", drawn(whole) or {}, f"{name} as the body paints it"),
            shown_as("what was there", drawn(image) or {}, name),
        ]),
        headlines("How wrong", [card(
            "squared error of a hidden pixel", f"{error:.2f}",
            "paper is -1, ink 1; painting the mean of all digits gets 0.29 on average",
        )]),
    ]  # fmt: skip
