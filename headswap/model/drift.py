"""How far training moved a body from where it began, place by place."""

import math

import torch

from ..errors import SettingError
from .body_contract import Base
from .classifier import Classifier, place_of

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
