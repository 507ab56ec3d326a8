"""What a learner wrote, put to work: their functions become parts of a real run, beside the library's own.

Every call trains anew, in this process. A function that breaks ends its own run and nothing else; a stub is not run.
Shape letters: B batch, T bytes, D width.
"""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import ClassificationDataset, random_batches
from ..data.messages import Example, Split
from ..data.tokenizer import ByteTokenizer
from ..errors import SettingError
from ..explorers.machine import Machine
from ..metrics.measure import measure
from ..model.body import LanguageModel
from ..model.classifier import Classifier, swap_head
from ..model.copies import lazy_copy
from ..model.heads import new_head
from ..model.pooling import LastTokenPool, MeanPool, Pool
from ..model.precision import one_thread
from ..regimes.named import ALL_FROZEN, NEW, REGIMES
from ..regimes.places import parameter_groups
from ..regimes.stages import Stage
from ..training.loop import make_optimizer, predict_logits, train_classifier
from ..training.recipe import Recipe
from ..training.run import begin_stage, encode
from .answers import Function, Probe, Raised, TooLong, answer_of, shown, within
from .exercise import Exercise, is_stub
from .freezing import FREEZE, GROUPS
from .pooling import LAST_REAL, MASKED_MEAN
from .rates import LAYER_GROUPS, WARM_COSINE
from .stepping import TRAIN_STEP
from .swapping import LOSS, SWAP
from .yours_rates import COLUMNS as OF_RATES
from .yours_rates import drawn, outcome

SEED, SECONDS = 0, 60.0  # of the run, and of the processor; then a learner's run is stopped
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
Row = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Beside:
    """A run with the learner's functions beside the library's run, and one sentence or two about the difference."""

    said: str
    columns: Row = ()
    rows: tuple[Row, ...] = ()

    def __repr__(self) -> str:
        grid = [self.columns, *self.rows] if self.rows else []
        sizes = [max(map(len, column)) for column in zip(*grid, strict=True)]
        lines = ["  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True)).rstrip() for row in grid]
        return "\n".join([*lines, self.said])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="text-align: left">{html.escape(name)}</th>' for name in self.columns)
        rows = "".join(
            f'<tr><th scope="row" style="text-align: left">{html.escape(name)}</th>'
            + "".join(f'<td style="text-align: left">{html.escape(cell)}</td>' for cell in cells)
            + "</tr>"
            for name, *cells in self.rows
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
        return f'{table}<p role="status">{html.escape(self.said)}</p>'


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
        return _your_turn([exercise.name], "as the pool of a real run")
    right = _scores(_under(library(), base, split), split.test)
    mine = _heard(lambda: _scores(_under(YourPool(function), base, split), split.test))
    columns = ("F1 of one seed, 160 test messages", *(name for name, *_ in BATCHES))
    rows = [(f"the library's {beside} pool", *map(_f1, right))]
    if isinstance(mine, Raised):
        return _stopped([(exercise, function)], mine, columns, [*rows, ("yours", *["none"] * len(right))])
    rows.append(("yours", *map(_f1, mine)))
    apart = {name: b - a for a, b, (name, *_) in zip(right, mine, BATCHES, strict=True)}
    where = max(apart, key=lambda name: abs(apart[name]))
    damage = _damage(apart[where], f" at {where}")
    return Beside(_judged([(exercise, function)], damage), columns, tuple(rows))


def _under(pool: nn.Module, base: LanguageModel, split: Split) -> Classifier:
    """A classifier with this pool, trained as `head-only` trains it."""
    regime, generator = REGIMES["head-only"], torch.Generator().manual_seed(SEED)
    stage, model = regime.stages[0], _new(base, pool, generator)
    begin_stage(model, stage, generator)
    train, validation = _encoded(split.train, model), encode(split.validation, model)
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
        return _your_turn(missing, "to train a head of your own")
    columns = (f"{EPOCHS} epochs, seed 0", "new weights", "F1 of one seed, 160 test messages")
    right = _headed(SWAP.reference, LOSS.reference, base, split)
    mine = _heard(lambda: _headed(swap, loss, base, split))
    rows = [("the library's swap and loss", f"{right[0]:,}", _f1(right[1]))]
    if isinstance(mine, Raised):
        return _stopped(given, mine, columns, [*rows, ("yours", "none", "none")])
    rows.append(("yours", f"{mine[0]:,}", _f1(mine[1])))
    return Beside(_judged(given, _damage(mine[1] - right[1])), columns, tuple(rows))


def _headed(swap: Function, loss: Function, base: LanguageModel, split: Split) -> tuple[int, float]:
    """How many weights the swapped classifier trained beside the frozen body, and its F1."""
    model, generator = swap(lazy_copy(base), 2), torch.Generator().manual_seed(SEED)
    model.body.requires_grad_(False)
    train, test = _encoded(split.train, model), _encoded(split.test, model)
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
        return _your_turn(missing, "in a real training loop")
    columns = ("10 epochs, seed 0", "weights that learn", "in the optimizer", "body tensors that moved", "F1")
    right, mine = _Looped(base, split), _Looped(base, split)
    right.by_the_library()
    went = _heard(lambda: mine.by_yours(freeze, groups, train_step))
    rows = [("the library's loop", *right.row()), ("yours", *mine.row())]
    if isinstance(went, Raised):
        return _stopped(given, went, columns, rows)
    return Beside(_judged(given, _damage(mine.f1() - right.f1())), columns, tuple(rows))


class _Looped:
    """A classifier in which every weight holds a gradient, as after a step of full fine-tuning, and how it fared."""

    def __init__(self, base: LanguageModel, split: Split) -> None:
        self.generator = torch.Generator().manual_seed(SEED)
        self.model = _new(base, MeanPool(), self.generator)
        self.train, self.test = _encoded(split.train, self.model), _encoded(split.test, self.model)
        self.before = {name: tensor.clone() for name, tensor in self.model.body.state_dict().items()}
        self.held = 0
        ids, mask = self.train.rows.batch(torch.arange(32))
        F.cross_entropy(self.model(ids, mask), self.train.labels[:32]).backward()

    def by_the_library(self) -> None:
        """The head learns in the loop of every other run."""
        optimizer = make_optimizer(parameter_groups(self.model, PLAIN), RATE)
        self.held = _weights(optimizer)
        for _ in train_classifier(self.model, self.train, optimizer, Recipe(EPOCHS), generator=self.generator):
            pass

    def by_yours(self, freeze: Function, groups: Function, train_step: Function) -> None:
        """The learner freezes, fills the optimizer, and takes every step."""
        freeze(self.model)
        most = len(list(self.model.parameters())) + 1
        optimizer = torch.optim.AdamW(list(islice(groups(self.model), most)), lr=RATE, weight_decay=0.01)
        self.held = _weights(optimizer)
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
        return f"{learns:,}", f"{self.held:,}", f"{moved} of {len(now)}", _f1(self.f1())


# ---- rates (lesson 09)


def rates(layer_groups: Function, warm_cosine: Function, base: LanguageModel, split: Split) -> Beside:
    """Fine-tune everything under the learner's groups and schedule, and under ours: F1, language, and what moved."""
    given = [(LAYER_GROUPS, layer_groups), (WARM_COSINE, warm_cosine)]
    missing = [exercise.name for exercise, function in given if is_stub(function)]
    if missing:
        return _your_turn(missing, "in a real run")
    columns = ("5 epochs, seed 0", *OF_RATES)
    f1, row = outcome(LAYER_GROUPS.reference, WARM_COSINE.reference, base, split)
    mine = _heard(lambda: outcome(layer_groups, warm_cosine, base, split))
    rows = [("the library's", *row)]
    if isinstance(mine, Raised):
        return _stopped(given, mine, columns, [*rows, ("yours", *["none"] * len(row))])
    return Beside(_judged(given, _damage(mine[0] - f1)), columns, (*rows, ("yours", *mine[1])))


def machine(layer_groups: Function, base: LanguageModel) -> Machine | Beside:
    """The machine with the learner's rates, or a sentence where there is none yet or it can't be drawn."""
    if is_stub(layer_groups):
        return _your_turn([LAYER_GROUPS.name], "to set the rates of the machine")
    found = _heard(lambda: drawn(layer_groups, base))
    return _stopped([(LAYER_GROUPS, layer_groups)], found, (), ()) if isinstance(found, Raised) else found


# ---- what they need


def _new(base: LanguageModel, pool: nn.Module, generator: torch.Generator) -> Classifier:
    head = new_head("linear", base.body.width, 2, generator)
    return swap_head(lazy_copy(base), pool, head).classifier  # pyright: ignore[reportArgumentType]


def _encoded(messages: Sequence[Example], model: Classifier) -> ClassificationDataset:
    data = encode(messages, model)
    if data is None:
        raise SettingError("the split has no messages there; give at least one of each class")
    return data


def _weights(optimizer: torch.optim.Optimizer) -> int:
    return sum(p.numel() for group in optimizer.param_groups for p in group["params"])


def _heard(work: Callable[[], T]) -> T | Raised:
    """What a run with a learner's functions returns; what it raised, or that it took too long, is an answer too."""
    try:
        return within(SECONDS, lambda: answer_of(Probe("your run", lambda run: run()), work))  # pyright: ignore
    except TooLong:
        return Raised("TooLong", f"after {SECONDS:g} seconds it was still running; look for a loop without an end")


def _f1(value: float) -> str:
    return f"{value:.2f}"


def _damage(change: float, where: str = "") -> str:
    """The change in F1 as a sentence; none where it rounds to nothing."""
    if abs(change) < 0.005:
        return ""
    return f"Your F1 is {abs(change):.2f} {'lower' if change < 0 else 'higher'}{where}{', by luck' * (change > 0)}."


def _your_turn(names: Sequence[str], where: str) -> Beside:
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return Beside(f"Your turn: write {listed}, and this cell uses {'them' if names[1:] else 'it'} {where}.")


def _stopped(given: Sequence[tuple[Exercise, Function]], why: Raised, columns: Row, rows: Sequence[Row]) -> Beside:
    return Beside(_judged(given, f"Your run stopped: {shown(why)}."), columns, tuple(rows))


def _judged(given: Sequence[tuple[Exercise, Function]], damage: str) -> str:
    """What the checks say of functions that are not right yet, and what the mistake costs here."""
    verdicts = [(exercise.name, exercise.check(function)) for exercise, function in given]
    wrong = [f"{name}: {verdict.sentence}" for name, verdict in verdicts if not verdict]
    if not wrong:
        return damage or "Yours does what the library's does: the same numbers in every column."
    silent = "F1 doesn't show this mistake here; the check does."
    return " ".join([*wrong, damage or silent])
