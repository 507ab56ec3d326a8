"""How far each layer has moved since the start: the length of its change over the length it began with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import nn

from ..model.classifier import Classifier, place_of
from ..model.heads import LinearHead
from .layers import key_of


@dataclass(slots=True)
class _Start:
    """One parameter as it began: itself, its layer, the square of its length, and its values once it may learn."""

    parameter: nn.Parameter
    layer: str
    square: float
    values: torch.Tensor | None = None


@dataclass(slots=True)
class Movement:
    """Remembers where the weights began, and says how far each layer is from there: ‖Δw‖ / ‖w‖.

    A parameter's values are kept from the first call at which it may learn; one that appears later, such as the new
    head of a second stage, begins then. Weights that never learn count in ‖w‖ alone.
    """

    _starts: dict[str, _Start] = field(default_factory=dict)

    @torch.no_grad()
    def of(self, model: Classifier) -> dict[str, float | None]:
        """How far each layer with weights has moved, by key; None for a layer whose weights began at 0."""
        values = _values(model)
        self._meet(model, values)
        starts = {name: start for name, start in self._starts.items() if start.values is not None}
        before = [start.values for start in starts.values()]
        changes = torch._foreach_sub([values[name] for name in starts], before) if starts else ()  # pyright: ignore
        moved = _by_layer(zip((start.layer for start in starts.values()), _squares(changes), strict=True))
        lengths = _by_layer((start.layer, start.square) for start in self._starts.values())
        return {key: (moved.get(key, 0.0) / square) ** 0.5 if square else None for key, square in lengths.items()}

    def _meet(self, model: Classifier, values: dict[str, torch.Tensor]) -> None:
        """Take in what is new, keep what now learns, and forget what is gone."""
        named = dict(model.named_parameters())
        known = {name: start.parameter for name, start in self._starts.items()}
        new = [name for name, parameter in named.items() if known.get(name) is not parameter]
        for name, square in zip(new, _squares([values[name] for name in new]), strict=True):
            self._starts[name] = _Start(named[name], key_of(place_of(model, name)), square)
        for name, parameter in named.items():
            start = self._starts[name]
            if start.values is None and parameter.requires_grad:
                start.values = values[name].clone()
        for name in self._starts.keys() - named.keys():
            del self._starts[name]


def _values(model: Classifier) -> dict[str, torch.Tensor]:
    """Every parameter's values by name; a probe's head as it will be once its standardisation is folded away."""
    values = {name: parameter.detach() for name, parameter in model.named_parameters()}
    if isinstance(model.head, LinearHead) and model.head.mean is not None:
        weight, bias = model.head.folded()
        values |= {"head.linear.weight": weight, "head.linear.bias": bias}
    return values


def _squares(tensors: Sequence[torch.Tensor]) -> list[float]:
    """The squared length of each tensor, in one go: a call for each would cost more than the arithmetic."""
    return torch.stack(torch._foreach_norm(tensors)).square().tolist() if tensors else []  # pyright: ignore


def _by_layer(squares: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The sum of the squares of each layer."""
    sums: dict[str, float] = {}
    for key, square in squares:
        sums[key] = sums.get(key, 0.0) + square
    return sums
