"""A learner's drift over a trained body, and a learner's penalty in a real run (lesson 11).

Shape letters: B batch, C classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import Batch
from ..data.messages import Split
from ..model.body import LanguageModel
from ..model.classifier import Classifier, place_of
from ..model.drift import drift as drift_of
from ..model.losses import Loss, Seen
from ..regimes.named import REGIMES, WHOLE
from ..regimes.stages import Regime
from ..results.forgetting import forgotten
from ..training.recipe import Recipe
from ..training.run import run_regime
from ..training.spec import judge
from .answers import Function, Raised
from .beside import SEED, Beside, Row, damage_of, f1_text, heard, judged, stopped, your_turn
from .exercise import is_stub
from .forgetting import DRIFT, PULL

EPOCHS, STRENGTH = 10, 0.1
HIDDEN = "These numbers don't show the mistake; the check does."
PLACES = ("embedding", "block[0]", "block[1]", "norm")  # of the lessons' body, from below


@dataclass(frozen=True, slots=True)
class PulledBack(Loss):
    """Cross-entropy plus a penalty on how far the body is from where the stage began, by any function of three.

    `pull(weights, start, strength)` gets the body's tensors as they are and as they were.
    """

    pull: Function
    strength: float = STRENGTH
    start: tuple[torch.Tensor, ...] = ()

    def begin(self, model: nn.Module, see: Callable[[], Seen]) -> PulledBack:
        """Remember where the body begins."""
        return replace(self, start=tuple(p.detach().clone() for p in _body(model)))

    def __call__(self, model: nn.Module, output: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The mean cross-entropy of logits (B, C), plus the penalty."""
        return F.cross_entropy(output, batch.labels) + self.pull(_body(model), self.start, self.strength)


def _body(model: nn.Module) -> list[nn.Parameter]:
    return list(cast(Classifier, model).body.parameters())


def pulled_back(pull: Function, strength: float = STRENGTH) -> Regime:
    """`full`, with this penalty in its loss."""
    stage = replace(WHOLE, loss=PulledBack(pull, strength))
    return replace(REGIMES["full"], name=f"full, pulled {strength:g}", stages=(stage,))


def drift(drift: Function, model: Classifier, base: LanguageModel) -> Beside:
    """How far each place of a trained body has moved, by the learner's function and by the library's."""
    if is_stub(drift):
        return your_turn([DRIFT.name], "on a trained body")
    columns = ("moved, in %", *PLACES)
    right = drift_of(model, base)
    rows: list[Row] = [("the library's", *(_percent(right[place]) for place in PLACES))]
    mine = heard(lambda: [float(drift(*_tensors(model, base, place))) for place in PLACES])
    if isinstance(mine, Raised):
        return stopped([(DRIFT, drift)], mine, columns, [*rows, ("yours", *["none"] * len(PLACES))])
    rows.append(("yours", *map(_percent, mine)))
    return Beside(judged([(DRIFT, drift)], "", HIDDEN if rows[0][1:] == rows[1][1:] else ""), columns, tuple(rows))


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def _tensors(model: Classifier, base: LanguageModel, place: str) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """A place's tensors before and after, as copies."""
    names = [name for name, _ in base.body.named_parameters() if str(place_of(base, f"body.{name}")) == place]
    before, after = ([one.body.get_parameter(name).detach().clone() for name in names] for one in (base, model))
    return before, after


def pull(pull: Function, base: LanguageModel, split: Split) -> Beside:
    """Train everything without a penalty, with the library's and with the learner's: F1, language, how far it moved."""
    if is_stub(pull):
        return your_turn([PULL.name], "in a real run")
    columns = (f"full, {EPOCHS} epochs, seed {SEED}", "F1, 160 test messages", "perplexity", "the body moved")
    f1, plain = _outcome(REGIMES["full"], base, split)
    right = _outcome(pulled_back(PULL.reference), base, split)
    rows: list[Row] = [("no penalty", f1_text(f1), *plain), ("the library's", f1_text(right[0]), *right[1])]
    mine = heard(lambda: _outcome(pulled_back(pull), base, split))
    if isinstance(mine, Raised):
        return stopped([(PULL, pull)], mine, columns, [*rows, ("yours", *["none"] * 3)])
    rows.append(("yours", f1_text(mine[0]), *mine[1]))
    return Beside(judged([(PULL, pull)], damage_of(mine[0] - right[0])), columns, tuple(rows))


def _outcome(regime: Regime, base: LanguageModel, split: Split) -> tuple[float, Row]:
    """F1, and as text the perplexity that is left and how far the body has moved."""
    model = run_regime(base, split, regime, Recipe(epochs=EPOCHS, seed=SEED)).classifier
    left = forgotten(model, base, [message.text for message in split.validation])
    far = drift_of(model, base)["body"]
    return judge(model, "test", split.test).metrics.f1, (f"{left.after:.1f}", f"{100 * far:.1f} %")
