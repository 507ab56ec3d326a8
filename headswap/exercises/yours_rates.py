"""A learner's groups and schedule in a real run, and a learner's groups as the machine's rates (lesson 09)."""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

import torch
import torch.nn.functional as F

from ..data.batches import ClassificationDataset, random_batches
from ..data.messages import Split
from ..errors import SettingError
from ..explorers.machine import Machine
from ..explorers.machine import machine as machine_of
from ..explorers.movement import name_of
from ..metrics.measure import measure
from ..model.body import LanguageModel
from ..model.classifier import Classifier, put_back, swap_head
from ..model.copies import lazy_copy
from ..model.heads import LinearHead
from ..model.pooling import MeanPool
from ..model.precision import one_thread
from ..regimes.named import REGIMES
from ..training.loop import predict_logits
from ..training.pretrain import perplexity
from ..web.moved import Movement
from .answers import Function, Raised
from .beside import Beside, damage_of, encoded, heard, judged, stopped, your_turn
from .exercise import is_stub
from .rates import LAYER_GROUPS, WARM_COSINE, rates_by_layer

SEED, EPOCHS, MOST = 0, 5, 100  # of the run; groups that an optimizer is given: no right answer has as many
RATE, FACTOR, WARM = REGIMES["discriminative"].learning_rate, 2.6, 0.1
LAYERS = ("head", "norm", "block[1]", "block[0]", "embedding")  # of the lessons' body, from above
COLUMNS = ("F1", "perplexity", *(f"{name_of(key)} moved" for key in LAYERS))
Outcome = tuple[float, tuple[str, ...]]  # F1, and all columns as text


# ---- a run


def outcome(layer_groups: Function, warm_cosine: Function, base: LanguageModel, split: Split) -> Outcome:
    """Fine-tune everything under these groups and this schedule: F1, what is left of the language, and what moved."""
    head = LinearHead(base.body.width, 2, torch.Generator().manual_seed(SEED))
    model = swap_head(lazy_copy(base), MeanPool(), head).classifier
    model.requires_grad_(True)
    movement = Movement()
    movement.of(model)
    train(model, encoded(split.train, model), layer_groups, warm_cosine)
    test, far = encoded(split.test, model), movement.of(model)
    f1 = measure(test.labels.tolist(), predict_logits(model, test).argmax(1).tolist()).f1
    left = perplexity(put_back(model, base.head), [message.text for message in split.validation])
    return f1, (f"{f1:.2f}", f"{left:.1f}", *(f"{100 * (far[key] or 0.0):.1f} %" for key in LAYERS))


def train(model: Classifier, data: ClassificationDataset, layer_groups: Function, warm_cosine: Function) -> None:
    """AdamW over the groups, each group's own rate times the schedule."""
    groups = [*islice(layer_groups(model, RATE, FACTOR), MOST)]
    optimizer = torch.optim.AdamW(groups, lr=RATE, weight_decay=0.01)
    full, generator = [group["lr"] for group in optimizer.param_groups], torch.Generator().manual_seed(SEED)
    batches = [index for _ in range(EPOCHS) for index in random_batches(len(data), 32, generator)]
    for step, index in enumerate(batches):
        share = float(warm_cosine(step / len(batches), WARM))
        for group, rate in zip(optimizer.param_groups, full, strict=True):
            group["lr"] = rate * share
        with one_thread():
            optimizer.zero_grad()
            F.cross_entropy(model(*data.rows.batch(index)), data.labels[index]).backward()
            optimizer.step()


# ---- the machine


def drawn(layer_groups: Function, base: LanguageModel) -> Machine:
    """The machine with the rates of these groups; a layer that is in none is frozen there, for it comes to the same.

    Raises SettingError for rates that the machine can't show: it takes one for each layer.
    """
    shown = machine_of(base, "full")
    model = lazy_copy(shown._model(REGIMES["full"]))
    model.requires_grad_(True)
    groups: list[Mapping[str, Any]] = [*islice(layer_groups(model, 1.0, FACTOR), MOST)]
    told = {key: 0.0 if rate == "none" else rate for key, rate in rates_by_layer(model, groups).items()}
    if not all(isinstance(rate, int | float) for rate in told.values()):
        raise SettingError("the machine takes one rate for each layer, and these differ within one")
    shown.set(rules=json.dumps(told))
    return shown


# ---- the run


def rates(layer_groups: Function, warm_cosine: Function, base: LanguageModel, split: Split) -> Beside:
    """Fine-tune everything under the learner's groups and schedule, and under ours: F1, language, and what moved."""
    given = [(LAYER_GROUPS, layer_groups), (WARM_COSINE, warm_cosine)]
    missing = [exercise.name for exercise, function in given if is_stub(function)]
    if missing:
        return your_turn(missing, "in a real run")
    columns = ("5 epochs, seed 0", *COLUMNS)
    f1, row = outcome(LAYER_GROUPS.reference, WARM_COSINE.reference, base, split)
    mine = heard(lambda: outcome(layer_groups, warm_cosine, base, split))
    rows = [("the library's", *row)]
    if isinstance(mine, Raised):
        return stopped(given, mine, columns, [*rows, ("yours", *["none"] * len(row))])
    return Beside(judged(given, damage_of(mine[0] - f1)), columns, (*rows, ("yours", *mine[1])))


def machine(layer_groups: Function, base: LanguageModel) -> Machine | Beside:
    """The machine with the learner's rates, or a sentence where there is none yet or it can't be drawn."""
    if is_stub(layer_groups):
        return your_turn([LAYER_GROUPS.name], "to set the rates of the machine")
    found = heard(lambda: drawn(layer_groups, base))
    return stopped([(LAYER_GROUPS, layer_groups)], found, (), ()) if isinstance(found, Raised) else found
