"""Images on their way into a body: checked, stacked, and centred on zero.

Shape letters: N images, B batch, C channels, H height, W width.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ...errors import DataError, SettingError

Size = tuple[int, int, int]  # channels, height and width


def encode_images(items: Sequence[Any], size: Size) -> torch.Tensor:
    """Images (N, C, H, W), in the order in which they came: bytes stay bytes, numbers from 0 to 1 become float32.

    An image of one channel may come as (H, W). Raises DataError, with the number of the image, for another size, for
    another kind of number, and for a number outside 0 to 1.
    """
    arrays = [_array(i, item, size) for i, item in enumerate(items)]
    if all(array.dtype == np.uint8 for array in arrays):
        return torch.from_numpy(np.stack(arrays))
    return torch.from_numpy(np.stack([_shares(i, array) for i, array in enumerate(arrays)]))


def centred(images: torch.Tensor) -> torch.Tensor:
    """Pixels as numbers from -1 to 1, whether they are bytes or numbers from 0 to 1."""
    return images.float() * (2 / 255) - 1 if images.dtype == torch.uint8 else images * 2 - 1


def check_size(size: Size, least: int) -> None:
    """SettingError for a size that is not three whole numbers, or for a side shorter than `least` pixels."""
    if len(size) != 3 or size[0] < 1 or min(size[1:]) < least:
        raise SettingError(
            f"image is {size}; give channels, height and width, each side at least {least} pixels, such as (3, 32, 32)"
        )


def _array(i: int, item: Any, size: Size) -> np.ndarray:  # noqa: ANN401
    array = np.asarray(item)
    if array.ndim == 2:
        array = array[None]
    if array.shape != size:
        raise DataError(f"image {i} has the shape {array.shape}, expected {size}; scale it, or give another body")
    return array


def _shares(i: int, array: np.ndarray) -> np.ndarray:
    """The image as float32 from 0 to 1."""
    if array.dtype == np.uint8:
        return array.astype(np.float32) / 255
    if array.dtype.kind != "f":
        raise DataError(f"image {i} holds {array.dtype} numbers, expected uint8 from 0 to 255 or floats from 0 to 1")
    if not ((array >= 0) & (array <= 1)).all():
        raise DataError(f"image {i} holds a number that is not between 0 and 1; divide by the largest, or give uint8")
    return array.astype(np.float32)
