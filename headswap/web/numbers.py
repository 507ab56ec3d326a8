"""Numbers as the browser gets them: about four digits of each, and none where a number is not finite."""

import math
from collections.abc import Iterable

import torch


def short(number: float) -> float | None:
    """The number to four significant digits; None for infinity and for what is no number."""
    return float(f"{number:.4g}") if math.isfinite(number) else None


def shorts(numbers: torch.Tensor | Iterable[float]) -> list[float | None]:
    """The numbers of a tensor of one axis, or of a list, each to four significant digits."""
    return [short(number) for number in (numbers.tolist() if isinstance(numbers, torch.Tensor) else numbers)]
