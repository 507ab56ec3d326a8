"""The learner's rates at work: groups and schedule in a real run, and the groups in the machine (lesson 09)."""

import json
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import torch
import torch.nn.functional as F

from ..data.batches import random_batches
from ..data.messages import Split
from ..explorers.machine import Machine
from ..explorers.machine import machine as machine_of
from ..explorers.movement import name_of
from ..metrics.measure import measure
from ..model.body import LanguageModel
from ..model.classifier import Classifier, put_back
from ..model.copies import lazy_copy
from ..model.pooling import MeanPool
from ..model.precision import one_thread
from ..regimes.named import REGIMES
from ..training.loop import predict_logits
from ..training.pretrain import perplexity
from ..web.moved import Movement
from .answers import Function, Raised
from .beside import Beside, Row, damage_of, encoded, f1_text, heard, judged, new_classifier, stopped, your_turn
from .exercise import is_stub
from .rates import LAYER_GROUPS, WARM_COSINE, rates_by_layer

SEED, SECONDS, EPOCHS = 0, 60.0, 5  # of the run, of the processor, and of the run again
RATE, FACTOR, WARM = REGIMES["discriminative"].learning_rate, 2.6, 0.1
MOST = 100  # groups that an optimizer is given; no right answer has as many


# ---- a run


def rates(layer_groups: Function, warm_cosine: Function, base: LanguageModel, split: Split) -> Beside:
    """Fine-tune everything under the learner's groups and schedule, and under ours: F1, language, and what moved."""
    given = [(LAYER_GROUPS, layer_groups), (WARM_COSINE, warm_cosine)]
    missing = [exercise.name for exercise, function in given if is_stub(function)]
    if missing:
        return your_turn(missing, "in a real run")
    right, mine = _Run(base, split), _Run(base, split)
    f1, row = right.of(LAYER_GROUPS.reference, WARM_COSINE.reference)
    columns = (f"{EPOCHS} epochs, seed 0", "F1", "perplexity", *(f"{name_of(key)} moved" for key in right.layers()))
    went = heard(lambda: mine.of(layer_groups, warm_cosine), SECONDS)
    if isinstance(went, Raised):
        return stopped(given, went, columns, [("ours", *row), ("yours", *["none"] * len(row))])
    return Beside(judged(given, damage_of(went[0] - f1)), columns, (("ours", *row), ("yours", *went[1])))


class _Run:
    """A classifier on a copy of the base, in which everything may learn, and how it fared."""

    def __init__(self, base: LanguageModel, split: Split) -> None:
        self.base, self.generator = base, torch.Generator().manual_seed(SEED)
        self.model = new_classifier(base, MeanPool(), self.generator)
        self.model.requires_grad_(True)
        self.train_data, self.test = encoded(split.train, self.model), encoded(split.test, self.model)
        self.texts = [message.text for message in split.validation]
        self.movement = Movement()
        self.movement.of(self.model)

    def of(self, layer_groups: Function, warm_cosine: Function) -> tuple[float, Row]:
        """Train; F1 on the test messages, and in words F1, perplexity, and how far each layer has moved."""
        self.train(layer_groups, warm_cosine)
        said = predict_logits(self.model, self.test).argmax(1)
        f1, moved = measure(self.test.labels.tolist(), said.tolist()).f1, self.movement.of(self.model)
        left = perplexity(put_back(self.model, self.base.head), self.texts)
        return f1, (f1_text(f1), f"{left:.1f}", *(_percent(moved[key]) for key in self.layers()))

    def train(self, layer_groups: Function, warm_cosine: Function) -> None:
        """AdamW over the groups, each group's own rate times the schedule."""
        groups = [*islice(layer_groups(self.model, RATE, FACTOR), MOST)]
        optimizer = torch.optim.AdamW(groups, lr=RATE, weight_decay=0.01)
        full = [group["lr"] for group in optimizer.param_groups]
        batches = [index for _ in range(EPOCHS) for index in random_batches(len(self.train_data), 32, self.generator)]
        for step, index in enumerate(batches):
            share = float(warm_cosine(step / len(batches), WARM))
            for group, rate in zip(optimizer.param_groups, full, strict=True):
                group["lr"] = rate * share
            with one_thread():
                optimizer.zero_grad()
                logits = self.model(*self.train_data.rows.batch(index))
                F.cross_entropy(logits, self.train_data.labels[index]).backward()
                optimizer.step()

    def layers(self) -> list[str]:
        """The layers with weights, from the head down."""
        return list(reversed(self.movement.of(self.model)))


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.1f} %"


# ---- the machine


def machine(layer_groups: Function, base: LanguageModel) -> Machine | Beside:
    """The machine with the learner's rates; a sentence instead where they can't be drawn.

    A layer that is in no group is drawn frozen: that is what it comes to.
    """
    if is_stub(layer_groups):
        return your_turn([LAYER_GROUPS.name], "to set the rates of the machine")
    drawn = machine_of(base, "full")
    told = heard(lambda: rates_by_layer(*_asked(layer_groups, drawn._model(REGIMES["full"]))), SECONDS)
    if isinstance(told, Raised):
        return stopped([(LAYER_GROUPS, layer_groups)], told, (), ())
    multiples = {key: 0.0 if rate == "none" else rate for key, rate in told.items()}
    if isinstance(heard(lambda: drawn.set(rules=json.dumps(multiples)), SECONDS), Raised):
        said = "These rates can't be drawn: the machine takes one rate for each layer."
        return Beside(judged([(LAYER_GROUPS, layer_groups)], said))
    return drawn


def _asked(layer_groups: Callable[..., Any], model: Classifier) -> tuple[Classifier, list[Mapping[str, Any]]]:
    """A copy of the model, and the learner's groups on it at a learning rate of 1."""
    copied = lazy_copy(model)
    copied.requires_grad_(True)
    return copied, [*islice(layer_groups(copied, 1.0, FACTOR), MOST)]
