"""What a run cost the language model that its body came from: how far each place moved, and what is forgotten."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..errors import SettingError
from ..model.body import LanguageModel
from ..model.body_contract import Base, Body
from ..model.classifier import Classifier, place_of, put_back
from ..model.copies import lazy_copy
from ..model.inserts.attach import detach, hosts_of, inserts_on
from ..training.pretrain import perplexity

WHOLE = "body"  # the row for all places together


@torch.no_grad()
def drift(model: Classifier, base: Base) -> dict[str, float]:
    """How far each place of the body is from where it began: the length of its change over its own, ‖Δw‖ / ‖w‖.

    The places are those of the rules, such as block[0]; "body" is all of them together. Head and inserts are new, so
    they are not among them. `base` is what the run started from; for another body this is a SettingError.
    """
    now, began = dict(model.body.named_parameters()), dict(base.body.named_parameters())
    changed: dict[str, float] = {}
    length: dict[str, float] = {}
    for name, weight in began.items():
        if name not in now or now[name].shape != weight.shape:
            raise SettingError(f"the base has a weight {name} that this body lacks; give the base the run started from")
        place, change = str(place_of(base, f"body.{name}")), now[name].to(weight.device) - weight
        changed[place] = changed.get(place, 0.0) + float(change.double().square().sum())
        length[place] = length.get(place, 0.0) + float(weight.double().square().sum())
    changed[WHOLE], length[WHOLE] = sum(changed.values()), sum(length.values())
    return {place: math.sqrt(changed[place] / length[place]) if length[place] else 0.0 for place in length}


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A language model's perplexity on the same texts: before a run, after it, and with what was inserted taken off."""

    before: float
    after: float
    off: float

    @property
    def factor(self) -> float:
        """How many times as many bytes the model hesitates between; 1 where nothing is forgotten."""
        return self.after / self.before


def forgotten(model: Classifier, base: LanguageModel, texts: Sequence[str]) -> Forgotten:
    """Put the language model's own head back on a trained body and ask what is left of the language.

    Neither the classifier nor the base is touched: inserts are taken off a copy.
    """
    bare = Classifier(without_inserts(model), model.pool, model.head)
    before, after, off = (
        perplexity(one, texts) for one in (base, put_back(model, base.head), put_back(bare, base.head))
    )
    return Forgotten(before, after, off)


def without_inserts(model: Classifier) -> Body:
    """A copy of the classifier's body with every insert taken off."""
    body = lazy_copy(model.body)
    for name in sorted({name for host in hosts_of(body) for name in inserts_on(body, host)}):
        detach(body, name)
    return body
