"""A linear probe that has converged: standardised features, a penalty that belongs to the objective, a known optimum.

Twenty messages can always be told apart perfectly, and then the best weights without a penalty are infinite. So there
is one, chosen on validation. Features resemble one another, and along what they share the objective is far steeper
than across it: the head learns on mixtures that make it about as steep everywhere (Newton's method has the same
idea), which are then folded away too. What training reaches is held against the optimum (`optimum.py`).
Shape letters: N messages, D width, C classes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import Batch
from ..errors import SettingError
from .classifier import Classifier
from .heads import LinearHead
from .losses import Loss, Seen
from .optimum import choose_l2, evening, optimum

USUAL = 0.1  # where there are no validation messages to choose by
MOST_WEIGHTS = 2_000  # a head with more is not solved for
FLAT = 1e-6  # a feature that varies less is left as it is


@dataclass(frozen=True, slots=True)
class Probe(Loss):
    """Cross-entropy plus a penalty on a linear head's weights: l2 / 2 times their sum of squares, per message.

    While it trains, the head sees standardised features, mixed. Without an `l2` the one of four with the lowest
    validation loss is taken: 1 / (C N) for a C of .01, .1, 1 and 10. `floor` is the objective's least value, where the
    features stay what they are.
    """

    l2: float | None = None
    floor: float | None = None  # pyright: ignore[reportIncompatibleVariableOverride]

    def __call__(self, model: nn.Module, output: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The objective of one batch: mean cross-entropy of logits (B, C), and the penalty."""
        weight = cast(LinearHead, cast(Classifier, model).head).standardised()
        return F.cross_entropy(output, batch.labels) + 0.5 * (self.l2 or 0.0) * weight.square().sum()

    def begin(self, model: nn.Module, see: Callable[[], Seen]) -> "Probe":
        """Standardise and mix what the head sees, and choose the penalty."""
        head = cast(Classifier, model).head
        if not isinstance(head, LinearHead):
            kind = type(head).__name__
            raise SettingError(f"a probe's loss is for a linear head, this is a {kind}; give the stage another loss")
        seen = see()
        scale, mean = torch.std_mean(seen.features, 0, correction=0)
        scale = torch.where(scale > FLAT, scale, 1.0)
        l2, floor = self._solved(seen, mean, scale)
        x = ((seen.features - mean) / scale).double()
        # Features that still move must not be stretched by what they were.
        head.standardise(mean, scale, evening(x, l2).to(mean) if seen.fixed else torch.eye(len(mean)).to(mean))
        return replace(self, l2=l2, floor=floor if seen.fixed else None)

    def end(self, model: nn.Module) -> None:
        """Fold the standardisation into the head's weights: the same answers, from a plain linear head."""
        head = cast(Classifier, model).head
        if isinstance(head, LinearHead):
            head.fold()

    def _solved(self, seen: Seen, mean: torch.Tensor, scale: torch.Tensor) -> tuple[float, float | None]:
        """The penalty, chosen where it was not given, and the objective's least value."""
        count = len(seen.labels)
        if seen.classes * (seen.features.shape[1] + 1) > MOST_WEIGHTS:
            return self.l2 if self.l2 is not None else 1 / (USUAL * count), None
        x = ((seen.features - mean) / scale).double()
        if self.l2 is not None or seen.validation is None:
            l2 = self.l2 if self.l2 is not None else 1 / (USUAL * count)
            return l2, optimum(x, seen.labels, seen.classes, l2).objective
        features, labels = seen.validation
        return choose_l2(x, seen.labels, ((features - mean) / scale).double(), labels, seen.classes)
