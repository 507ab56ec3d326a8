"""What a learner wrote, put to work: their functions become parts of a real run, beside the library's own.

Every call trains anew, in this process. A function that breaks ends its own run and nothing else; a stub is not run.
Shape letters: B batch, T bytes, D width.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from math import ceil

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import random_batches
from ..data.messages import Example, Split
from ..data.tokenizer import ByteTokenizer
from ..errors import SettingError
from ..metrics.measure import measure
from ..model.body import LanguageModel
from ..model.classifier import Classifier
from ..model.copies import lazy_copy
from ..model.pooling import LastTokenPool, MeanPool, Pool
from ..model.precision import one_thread
from ..regimes.named import ALL_FROZEN, NEW, REGIMES
from ..regimes.places import parameter_groups
from ..regimes.stages import Stage
from ..training.loop import make_optimizer, predict_logits, train_classifier
from ..training.recipe import Recipe
from ..training.run import begin_stage, encode
from .answers import Function, Raised
from .beside import (
    SEED,
    Beside,
    Row,
    damage_of,
    encoded,
    f1_text,
    heard,
    judged,
    new_classifier,
    stopped,
    weights_in,
    your_turn,
)  # fmt: skip
from .exercise import Exercise, is_stub
from .freezing import FREEZE, GROUPS
from .pooling import LAST_REAL, MASKED_MEAN
from .stepping import TRAIN_STEP
from .swapping import LOSS, SWAP
from .yours_calibration import calibration, variational
from .yours_forgetting import drift, pull
from .yours_heads import feature_head
from .yours_inserts import adapters, lora, lora_machine
from .yours_looking import patches, shift
from .yours_rates import machine, rates
from .yours_shelf import route

__all__ = [
    "Beside", "YourPool", "adapters", "calibration", "drift", "feature_head", "head", "loop", "lora", "lora_machine",
    "machine", "patches", "pool", "pull", "rates", "route", "shift", "variational",
]  # fmt: skip

LONG, SHORT = 32, 15  # bytes of a message that the model reads, and of one that is cut short
# The test messages: bytes of each, whether a longer one is in the batch, and the side of the pads that it makes.
BATCHES: tuple[tuple[str, int, bool, str], ...] = (
    ("32 bytes", LONG, False, "right"),
    ("15 bytes", SHORT, False, "right"),
    ("15 bytes, 17 pads right", SHORT, True, "right"),
    ("15 bytes, 17 pads left", SHORT, True, "left"),
)
NEIGHBOUR = list(range(97, 97 + 26)) + [32] * 6  # 32 bytes that any text might hold
PLAIN, RATE, EPOCHS = Stage((*NEW, ALL_FROZEN)), 0.05, 10  # the head alone, under plain cross-entropy
POOLS: dict[str, tuple[Exercise, Callable[[], Pool]]] = {
    "mean": (MASKED_MEAN, MeanPool),
    "last": (LAST_REAL, LastTokenPool),
}


# ---- a pool (lesson 04)


class YourPool(nn.Module):
    """A function of hidden states (B, T, D) and a mask (B, T) as a pool."""

    prepends_cls = False

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.function(hidden, mask)


def pool(function: Function, base: LanguageModel, split: Split, beside: str = "mean") -> Beside:
    """Train a head under the learner's pool and under the library's, and give both F1s on long and short messages.

    `beside` is mean or last. The test messages are read at 32 bytes; then cut to 15, alone, and beside a longer one.
    """
    if beside not in POOLS:
        raise SettingError(f"beside is {beside!r}; choose one of {', '.join(POOLS)}")
    exercise, library = POOLS[beside]
    if is_stub(function):
        return your_turn([exercise.name], "as the pool of a real run")
    right = _scores(_under(library(), base, split), split.test)
    mine = heard(lambda: _scores(_under(YourPool(function), base, split), split.test))
    columns = ("F1 of one seed, 160 test messages", *(name for name, *_ in BATCHES))
    rows = [(f"the library's {beside} pool", *map(f1_text, right))]
    if isinstance(mine, Raised):
        return stopped([(exercise, function)], mine, columns, [*rows, ("yours", *["none"] * len(right))])
    rows.append(("yours", *map(f1_text, mine)))
    apart = {name: b - a for a, b, (name, *_) in zip(right, mine, BATCHES, strict=True)}
    where = max(apart, key=lambda name: abs(apart[name]))
    damage = damage_of(apart[where], f" at {where}")
    return Beside(judged([(exercise, function)], damage), columns, tuple(rows))


def _under(pool: nn.Module, base: LanguageModel, split: Split) -> Classifier:
    """A classifier with this pool, trained as `head-only` trains it."""
    regime, generator = REGIMES["head-only"], torch.Generator().manual_seed(SEED)
    stage, model = regime.stages[0], new_classifier(base, pool, generator)
    begin_stage(model, stage, generator)
    train, validation = encoded(split.train, model), encode(split.validation, model)
    optimizer = make_optimizer(parameter_groups(model, stage), regime.learning_rate, stage.weight_decay or 0.0)
    recipe = Recipe(schedule=regime.schedule)
    steps = ceil(len(train) / recipe.batch_size) * recipe.epochs
    recipe = replace(recipe, passes=ceil(stage.least_steps / steps))
    for _ in train_classifier(model, train, optimizer, recipe, validation=validation, generator=generator):
        pass
    return model


@torch.no_grad()
def _scores(model: Classifier, messages: Sequence[Example]) -> list[float]:
    """F1 of the messages in each of BATCHES; of the neighbour nothing is asked."""
    labels, tokenizer, found = [message.label for message in messages], ByteTokenizer(), []
    for _, length, neighbour, side in BATCHES:
        rows = [tokenizer.encode(str(message.item), length) for message in messages]
        ids, mask = tokenizer.pad([*rows, NEIGHBOUR] if neighbour else rows, side=side)
        found.append(measure(labels, model(ids, mask).argmax(1)[: len(rows)].tolist()).f1)
    return found


# ---- a head (lesson 03)


def head(swap: Function, loss: Function, base: LanguageModel, split: Split) -> Beside:
    """Swap a head and train it by a loss, with the learner's two functions and with the library's: both F1s.

    In both the body is frozen, whatever `swap` has made of it, and the head takes the same steps.
    """
    given = [(SWAP, swap), (LOSS, loss)]
    missing = [exercise.name for exercise, function in given if is_stub(function)]
    if missing:
        return your_turn(missing, "to train a head of your own")
    columns = (f"{EPOCHS} epochs, seed 0", "new weights", "F1 of one seed, 160 test messages")
    right = _headed(SWAP.reference, LOSS.reference, base, split)
    mine = heard(lambda: _headed(swap, loss, base, split))
    rows = [("the library's swap and loss", f"{right[0]:,}", f1_text(right[1]))]
    if isinstance(mine, Raised):
        return stopped(given, mine, columns, [*rows, ("yours", "none", "none")])
    rows.append(("yours", f"{mine[0]:,}", f1_text(mine[1])))
    return Beside(judged(given, damage_of(mine[1] - right[1])), columns, tuple(rows))


def _headed(swap: Function, loss: Function, base: LanguageModel, split: Split) -> tuple[int, float]:
    """How many weights the swapped classifier trained beside the frozen body, and its F1."""
    model, generator = swap(lazy_copy(base), 2), torch.Generator().manual_seed(SEED)
    model.body.requires_grad_(False)
    train, test = encoded(split.train, model), encoded(split.test, model)
    new = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(new, lr=RATE)
    for _ in range(EPOCHS):
        for index in random_batches(len(train), 32, generator):
            with one_thread():
                optimizer.zero_grad()
                loss(model(*train.rows.batch(index)), train.labels[index]).backward()
                optimizer.step()
    said = predict_logits(model, test).argmax(1)
    return sum(p.numel() for p in new), measure(test.labels.tolist(), said.tolist()).f1


# ---- a training loop (lesson 05)


def loop(freeze: Function, groups: Function, train_step: Function, base: LanguageModel, split: Split) -> Beside:
    """Train a head with the learner's three functions and with the library's loop: what moved, and both F1s."""
    given = [(FREEZE, freeze), (GROUPS, groups), (TRAIN_STEP, train_step)]
    missing = [exercise.name for exercise, function in given if is_stub(function)]
    if missing:
        return your_turn(missing, "in a real training loop")
    columns = ("10 epochs, seed 0", "weights that learn", "in the optimizer", "body tensors that moved", "F1")
    right, mine = _Looped(base, split), _Looped(base, split)
    right.by_the_library()
    went = heard(lambda: mine.by_yours(freeze, groups, train_step))
    rows = [("the library's loop", *right.row()), ("yours", *mine.row())]
    if isinstance(went, Raised):
        return stopped(given, went, columns, rows)
    return Beside(judged(given, damage_of(mine.f1() - right.f1())), columns, tuple(rows))


class _Looped:
    """A classifier in which every weight holds a gradient, as after a step of full fine-tuning, and how it fared."""

    def __init__(self, base: LanguageModel, split: Split) -> None:
        self.generator = torch.Generator().manual_seed(SEED)
        self.model = new_classifier(base, MeanPool(), self.generator)
        self.train, self.test = encoded(split.train, self.model), encoded(split.test, self.model)
        self.before = {name: tensor.clone() for name, tensor in self.model.body.state_dict().items()}
        self.held = 0
        ids, mask = self.train.rows.batch(torch.arange(32))
        F.cross_entropy(self.model(ids, mask), self.train.labels[:32]).backward()

    def by_the_library(self) -> None:
        """The head learns in the loop of every other run."""
        optimizer = make_optimizer(parameter_groups(self.model, PLAIN), RATE)
        self.held = weights_in(optimizer)
        for _ in train_classifier(self.model, self.train, optimizer, Recipe(EPOCHS), generator=self.generator):
            pass

    def by_yours(self, freeze: Function, groups: Function, train_step: Function) -> None:
        """The learner freezes, fills the optimizer, and takes every step."""
        freeze(self.model)
        most = len(list(self.model.parameters())) + 1
        optimizer = torch.optim.AdamW(list(islice(groups(self.model), most)), lr=RATE, weight_decay=0.01)
        self.held = weights_in(optimizer)
        for _ in range(EPOCHS):
            for index in random_batches(len(self.train), 32, self.generator):
                ids, mask = self.train.rows.batch(index)
                with one_thread():
                    train_step(self.model, optimizer, ids, mask, self.train.labels[index])

    def f1(self) -> float:
        """F1 on the test messages, with the weights as they are."""
        said = predict_logits(self.model, self.test).argmax(1)
        return measure(self.test.labels.tolist(), said.tolist()).f1

    def row(self) -> Row:
        """What learns, what the optimizer holds, what moved, and F1, as text."""
        learns = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        now = self.model.body.state_dict()
        moved = sum(not torch.equal(now[name], tensor) for name, tensor in self.before.items())
        return f"{learns:,}", f"{self.held:,}", f"{moved} of {len(now)}", f1_text(self.f1())
        return f"{learns:,}", f"{self.held:,}", f"{moved} of {len(now)}", f1_text(self.f1())
