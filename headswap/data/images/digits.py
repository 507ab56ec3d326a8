"""Handwritten digits of 8 by 8 pixels: 1,797 images that come with scikit-learn (UCI, Alpaydin and Kaynak 1998)."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from ...errors import MissingExtraError
from ..messages import Split
from .picture import Picture, drawn

NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


@dataclass(frozen=True, slots=True)
class DigitsData:
    """The digits: how many to train, validate and test on, drawn by the seed, every class equally often.

    A body is schooled on all that nobody is judged by, so it stays the same however many digits are labelled.
    """

    labelled: int = 640
    validation: int = 160
    test: int = 400

    def split(self, seed: int) -> Split:
        """The digits of this seed."""
        sizes = {"test": self.test, "validation": self.validation, "labelled": self.labelled}
        test, validation, train, rest = drawn(digits(), NAMES, sizes, seed)
        read = tuple(sorted((p.item for p in (*train, *rest)), key=bytes))
        return Split(train, validation, test, label_names=NAMES, corpus=read)

    def __str__(self) -> str:
        return "digits"


@cache
def digits() -> tuple[Picture, ...]:
    """All digits, each (1, 8, 8) with numbers from 0 (paper) to 1 (ink); MissingExtraError without scikit-learn."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingExtraError("the digits come with scikit-learn; pip install scikit-learn") from None
    pixels, labels = map(np.asarray, load_digits(return_X_y=True))  # (N, 64), from 0 to 16, and (N,)
    images = (pixels / 16).astype("float32").reshape(-1, 1, 8, 8)
    return tuple(Picture(image, int(label), f"a {label}") for image, label in zip(images, labels, strict=True))
