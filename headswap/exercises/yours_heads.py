"""Two heads on the same frozen features, the library's and one that works by a learner's function.

Shape letters: N messages, B batch, D width, C classes.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import random_batches
from ..data.messages import Example
from ..errors import SettingError
from ..explorers.questions import question_split
from ..live.watch import vectors
from ..metrics.measure import measure
from ..model.body import LanguageModel
from ..model.body_contract import Base
from ..model.classifier import swap_head
from ..model.heads import MLPHead, new_head
from ..model.pooling import MeanPool
from ..model.precision import one_thread
from ..regimes.named import REGIMES
from ..regimes.schedules import SCHEDULES
from ..training.run import encode
from .answers import Function, Raised
from .beside import Beside, damage_of, f1_text, heard, judged, stopped, your_turn
from .exercise import is_stub
from .heads import FEATURE_HEAD

SEED, EPOCHS, BATCH = 0, 40, 32
COLUMNS = ("exactly one: its 640 labels", "exactly one: 400 fresh", "spam: 400 fresh")


class YourHead(nn.Module):
    """A function of features (B, D) and two layers, each a (weight, bias), as a head; it begins as `like` does."""

    def __init__(self, function: Function, like: MLPHead) -> None:
        super().__init__()
        self.function, self.hidden, self.linear = function, like.hidden, like.linear

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        first, second = ((layer.weight, layer.bias) for layer in (self.hidden, self.linear))
        return self.function(pooled, first, second)


@dataclass(frozen=True, slots=True)
class Task:
    """A question about messages whose features are known: what to learn from, (N, D) and (N,), and what to judge on."""

    train: tuple[torch.Tensor, torch.Tensor]
    test: tuple[torch.Tensor, torch.Tensor]


def tasks(base: Base) -> tuple[Task, Task]:
    """The questions "exactly one" and "spam" about the same messages, which the body reads once."""
    splits = [question_split(question, seed=SEED) for question in ("exactly one", "spam")]
    train, test = (_features(base, part) for part in (splits[0].train, splits[0].test))
    one, other = (Task((train, _labels(split.train)), (test, _labels(split.test))) for split in splits)
    return one, other


def f1s(function: Function | None, asked: tuple[Task, Task]) -> list[float]:
    """F1 in each of COLUMNS of a new head for each task: the learner's by its function, or the library's MLPHead."""
    odd, spam = asked
    head, other = _trained(function, odd), _trained(function, spam)
    return [_f1(head, *odd.train), _f1(head, *odd.test), _f1(other, *spam.test)]


def _trained(function: Function | None, task: Task) -> nn.Module:
    """A head of its own for the task, at the rate of mlp-head."""
    x, labels = task.train
    generator = torch.Generator().manual_seed(SEED)
    made, regime = new_head("mlp", x.shape[1], 2, generator), REGIMES["mlp-head"]
    assert isinstance(made, MLPHead)
    head = made if function is None else YourHead(function, made)
    optimizer = torch.optim.AdamW(head.parameters(), lr=regime.learning_rate)
    batches = [index for _ in range(EPOCHS) for index in random_batches(len(x), BATCH, generator)]
    for step, index in enumerate(batches):
        optimizer.param_groups[0]["lr"] = regime.learning_rate * SCHEDULES["cosine"](step / len(batches), True)
        with one_thread():
            optimizer.zero_grad()
            F.cross_entropy(head(x[index]), labels[index]).backward()
            optimizer.step()
    return head


@torch.no_grad()
def _f1(head: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> float:
    return measure(labels.tolist(), head(x).argmax(1).tolist()).f1


def _features(base: Base, messages: tuple[Example, ...]) -> torch.Tensor:
    """What the frozen body makes of messages: their pooled vectors (N, D)."""
    unused = new_head("linear", base.body.width, 2, torch.Generator().manual_seed(SEED))
    model = swap_head(base, MeanPool(), unused).classifier
    data = encode(messages, model)
    if data is None:
        raise SettingError("the split has no messages there; give at least one of each class")
    return vectors(model, data)


def _labels(messages: tuple[Example, ...]) -> torch.Tensor:
    return torch.tensor([message.label for message in messages])


# ---- the run


def feature_head(function: Function, base: LanguageModel) -> Beside:
    """Train a head that works by the learner's function, and the library's, on the same features: F1 of both.

    Each head learns twice, from 640 messages each time: whether exactly one of spam and a comma is there, and spam.
    """
    given = [(FEATURE_HEAD, function)]
    if is_stub(function):
        return your_turn([FEATURE_HEAD.name], "as the head of a real run")
    asked = tasks(base)
    columns = ("F1 of one seed", *COLUMNS)
    right, mine = f1s(None, asked), heard(lambda: f1s(function, asked))
    rows = [("the library's MLPHead", *map(f1_text, right))]
    if isinstance(mine, Raised):
        return stopped(given, mine, columns, [*rows, ("yours", *["none"] * len(right))])
    rows.append(("yours", *map(f1_text, mine)))
    return Beside(judged(given, damage_of(mine[1] - right[1], " on exactly one")), columns, tuple(rows))
