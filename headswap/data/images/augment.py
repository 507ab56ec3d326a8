"""Random crops and flips: an image is shifted a little, and perhaps mirrored, each time that it is learned from.

Shape letters: B batch, C channels, H height, W width.
"""

from dataclasses import dataclass

import torch

from ...errors import SettingError

Inputs = tuple[torch.Tensor, ...]


@dataclass(frozen=True, slots=True)
class Augment:
    """Shift an image by up to `padding` pixels each way, and mirror every other one from left to right.

    What a shift uncovers is filled with the image's own reflection, as Zagoruyko and Komodakis (2016) do. Leave `flip`
    off where a mirrored image is another one, as with digits.
    """

    padding: int = 4
    flip: bool = True

    def __post_init__(self) -> None:
        if self.padding < 0:
            raise SettingError(f"padding is {self.padding}; give a whole number of pixels of at least 0")

    def __call__(self, inputs: Inputs, generator: torch.Generator) -> Inputs:
        """What the body reads, its images (B, C, H, W) moved at random; whatever else it reads stays as it is.

        Draws only from `generator`, on the CPU, so the draws are the same whatever the device.
        """
        images, *rest = inputs
        self._check(images)
        B, C, H, W = images.shape
        shifts = torch.randint(-self.padding, self.padding + 1, (2, B), generator=generator)
        flipped = torch.rand(B, generator=generator) < 0.5 * self.flip
        rows, columns = _reflected(shifts[0], H), _reflected(shifts[1], W)  # (B, H), (B, W)
        columns = torch.where(flipped[:, None], columns.flip(1), columns)
        example = torch.arange(B)[:, None, None, None]
        index = example, torch.arange(C)[:, None, None], rows[:, None, :, None], columns[:, None, None, :]
        return images[tuple(part.to(images.device) for part in index)], *rest

    def _check(self, images: torch.Tensor) -> None:
        if images.dim() != 4:
            kind = f"{images.dim()} axes of {str(images.dtype).removeprefix('torch.')}"
            raise SettingError(f"augmentation moves images, but this body reads {kind}; leave augment out")
        if self.padding >= min(images.shape[2:]):
            size = " by ".join(map(str, images.shape[2:]))
            raise SettingError(f"padding is {self.padding} and the images are {size} pixels; give less than a side")


def _reflected(shift: torch.Tensor, side: int) -> torch.Tensor:
    """The pixels (B, side) that a shifted line shows: beyond its ends it is its own mirror image."""
    places = (torch.arange(side) + shift[:, None]).abs()
    return (side - 1) - ((side - 1) - places).abs()
