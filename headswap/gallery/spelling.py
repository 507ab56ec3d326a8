"""What a learner asks a model about, written as a line: a text is itself, an image is its number and how it is moved.

"12 right turn" is image 12 of the validation images, a pixel further right and turned by 15 degrees. So whatever the
lab does with the words of a text, it does with the moves of an image.
Shape letters: N images, C channels, H height, W width.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F

from ..data.images.picture import Picture
from ..data.messages import Example, Message

Spelling = Callable[[str], Example | None]  # None where the line names nothing
TURN, BLUR = 15.0, 0.5  # degrees and pixels of one word
MOVES: Final = ("left", "right", "up", "down", "turn", "back", "blur")


def as_text(line: str) -> Example | None:
    """The line itself; None for an empty one."""
    return Message(line, 0) if line else None


def as_image(images: Sequence[Example]) -> Spelling:
    """How images are spelled: a whole number from 1, then words of MOVES; other words move nothing."""

    def read(line: str) -> Example | None:
        number = re.search(r"[-\u2212]?\d+([.,]\d+)?", line)
        if number is None or not re.fullmatch("[0-9]+", number[0]) or not 1 <= int(number[0]) <= len(images):
            return None
        example = images[int(number[0]) - 1]
        many = {word: line.lower().split().count(word) for word in MOVES}
        right, down, turn = (many[a] - many[b] for a, b in (("right", "left"), ("down", "up"), ("turn", "back")))
        image = moved(np.asarray(example.item), right, down, TURN * turn, BLUR * many["blur"])
        return Picture(image, example.label, example.text)

    return read


def moved(image: np.ndarray, right: int, down: int, turn: float, blur: float) -> np.ndarray:
    """An image (C, H, W) turned clockwise by degrees, blurred over so many pixels, then shifted; paper comes in."""
    found = torch.from_numpy(image)[None].float()
    if turn:
        found = turned(found, turn)
    if blur:
        found = blurred(found, blur)
    return shifted(found.clamp(0, 1).numpy(), down, right)[0]


def shifted(images: np.ndarray, down: int, right: int) -> np.ndarray:
    """Images (N, C, H, W) moved by whole pixels; what a shift uncovers is paper, and nothing wraps round."""
    H, W = images.shape[2:]
    room = np.pad(images, ((0, 0), (0, 0), (abs(down), abs(down)), (abs(right), abs(right))))
    top, left = abs(down) - down, abs(right) - right
    return room[:, :, top : top + H, left : left + W]


def turned(images: torch.Tensor, degrees: float) -> torch.Tensor:
    """Images (N, C, H, W) turned clockwise about their middle."""
    angle = torch.tensor(degrees).deg2rad()
    rows = [[angle.cos(), angle.sin(), 0.0], [-angle.sin(), angle.cos(), 0.0]]
    places = F.affine_grid(torch.tensor([rows]).expand(len(images), -1, -1), list(images.shape), align_corners=False)
    return F.grid_sample(images, places, align_corners=False)


def blurred(images: torch.Tensor, spread: float) -> torch.Tensor:
    """Each pixel of (N, C, H, W) as the mean of those around it, weighted by a bell of this spread in pixels."""
    bell = torch.exp(-0.5 * (torch.arange(-3.0, 4.0) / spread) ** 2)
    bell, C = bell / bell.sum(), images.shape[1]
    return F.conv2d(images, (bell[:, None] * bell).expand(C, 1, 7, 7), padding=3, groups=C)
