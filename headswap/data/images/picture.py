"""An image with a label, and parts of a list of images that hold every class equally often."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import DataError, SettingError


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image (channels, height, width), the class it belongs to, and what people call it.

    The array holds bytes from 0 to 255, or numbers from 0 to 1.
    """

    item: np.ndarray
    label: int
    text: str


def drawn(
    pictures: Sequence[Picture], names: Sequence[str], sizes: dict[str, int], seed: int
) -> list[tuple[Picture, ...]]:
    """Parts of these sizes, in each of which every class is equally frequent, and what is left over as the last part.

    No picture is in two parts, and the same seed gives the same parts. Raises SettingError for a size that does not
    divide by the classes, and DataError where a class has too few pictures.
    """
    _check(pictures, names, sizes, seed)
    rng = np.random.Generator(np.random.PCG64(seed))
    pools = [[p for p in pictures if p.label == label] for label in range(len(names))]
    pools = [[pool[i] for i in rng.permutation(len(pool))] for pool in pools]
    parts, start = [], 0
    for size in sizes.values():
        end = start + size // len(names)
        parts.append(_mixed([pool[start:end] for pool in pools], rng))
        start = end
    return [*parts, _mixed([pool[start:] for pool in pools], rng)]


def _mixed(pools: Sequence[Sequence[Picture]], rng: np.random.Generator) -> tuple[Picture, ...]:
    together = [picture for pool in pools for picture in pool]
    return tuple(together[i] for i in rng.permutation(len(together)))


def _check(pictures: Sequence[Picture], names: Sequence[str], sizes: dict[str, int], seed: int) -> None:
    classes = len(names)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise SettingError(f"seed is {seed!r}, expected a whole number from 0 up: give 0, 1 or the like")
    for part, size in sizes.items():
        if not isinstance(size, int) or size < classes or size % classes:
            ask = f"expected a whole number of images that divides by {classes} classes"
            raise SettingError(f"{part} is {size!r}, {ask}: give {classes}, {2 * classes} or the like")
    counts = np.bincount([picture.label for picture in pictures], minlength=classes)
    rarest, need = int(counts.argmin()), sum(sizes.values()) // classes
    if counts[rarest] < need:
        asked = ", ".join(f"{part} {size:,}" for part, size in sizes.items())
        raise DataError(
            f"The class {names[rarest]} has {counts[rarest]:,} images, expected {need:,} for {asked}: "
            "make the parts smaller"
        )
