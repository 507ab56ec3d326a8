"""Contests: the same training by several loops, in alternating runs, so that what a shared machine does hits all.

Timed is the training alone, optimizer included; models are built and messages encoded before the clock starts.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from statistics import median
from time import perf_counter
from typing import Self

import torch
import torch.nn.functional as F

from headswap.data.batches import ClassificationDataset
from headswap.data.messages import Message, Split
from headswap.errors import HeadswapError
from headswap.model.body import BodyConfig, new_language_model
from headswap.model.classifier import Classifier
from headswap.model.losses import CROSS_ENTROPY
from headswap.regimes.named import find_regime
from headswap.training.events import Event, StepDone
from headswap.training.loop import predict_logits
from headswap.training.recipe import Recipe
from headswap.training.run import start_regime

PLAIN_HEAD = 0.01


@dataclass(frozen=True, slots=True)
class Task:
    """What every contestant of a contest trains: the same messages, first weights, steps and learning rate.

    The last position is pooled, as GPT-2's own classifier does it.
    """

    regime: str
    train: tuple[Message, ...]
    recipe: Recipe = field(default_factory=lambda: Recipe(schedule="constant", weight_decay=0.0, pool="last"))
    config: BodyConfig = field(default_factory=BodyConfig)

    @property
    def learning_rate(self) -> float:
        """The rate that the regime was tuned to; a plain head without standardised features wants a smaller one."""
        return PLAIN_HEAD if self.regime == "head-only" else find_regime(self.regime).learning_rate

    def start(self) -> tuple[Classifier, Iterator[Event]]:
        """A new classifier, frozen as the regime says and always with the same weights, and its training.

        Everybody trains the plain loss for as many steps: the probe's own objective has no counterpart elsewhere.
        """
        base, regime = new_language_model(self.config, seed=0), find_regime(self.regime)
        plain = tuple(replace(s, loss=CROSS_ENTROPY, weight_decay=None, least_steps=0) for s in regime.stages)
        return start_regime(
            base,
            Split(self.train, (), ()),
            replace(regime, stages=plain, learning_rate=self.learning_rate),
            self.recipe,
        )

    def data(self) -> ClassificationDataset:
        """The messages, encoded."""
        return ClassificationDataset(self.train, self.config.max_len)

    def with_epochs(self, epochs: int) -> Self:
        """The same for another number of epochs."""
        return replace(self, recipe=replace(self.recipe, epochs=epochs))

    def small(self) -> Self:
        """A warm-up: two batches, once."""
        return replace(self.with_epochs(1), train=self.train[: 2 * self.recipe.batch_size])


@dataclass(frozen=True, slots=True)
class Ready:
    """A contestant at the start: `go` trains and counts its optimizer steps, `loss` judges what it has learned."""

    go: Callable[[], int]
    loss: Callable[[], float]


Contestant = Callable[[Task], Ready]


@dataclass(frozen=True, slots=True)
class Run:
    """One timed training: seconds, optimizer steps, and the loss on its messages before and after (nats)."""

    seconds: float
    steps: int
    loss_before: float
    loss_after: float


Contest = dict[str, tuple[Run, ...]]  # the runs of each contestant


def ours(task: Task) -> Ready:
    """headswap's loop."""
    model, events = task.start()
    data = task.data()
    return Ready(lambda: sum(isinstance(event, StepDone) for event in events), lambda: loss_of(model, data))


def uncached(task: Task) -> Ready:
    """headswap's loop, with the frozen prefix computed again at every step."""
    return ours(replace(task, recipe=replace(task.recipe, cache_bytes=0)))


def plain(task: Task) -> Ready:
    """The loop one writes first, on headswap's model: whole model forward, loss, backward, fused AdamW."""
    model, _ = task.start()
    data, recipe = task.data(), task.recipe

    def go() -> int:
        learning = [p for p in model.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(learning, lr=task.learning_rate, weight_decay=recipe.weight_decay, fused=True)
        generator = torch.Generator().manual_seed(recipe.seed)
        steps = 0
        for _ in range(recipe.epochs):
            for index in torch.randperm(len(data), generator=generator).split(recipe.batch_size):
                loss = F.cross_entropy(model(data.ids[index], data.mask[index]), data.labels[index])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                steps += 1
        return steps

    return Ready(go, lambda: loss_of(model, data))


def compete(
    contestants: Mapping[str, Contestant], task: Task, runs: int, between: Callable[[], object] = lambda: None
) -> Contest:
    """Let the contestants train in turn (A B A B ...), each warmed up before each run; `between` follows each run.

    Raises HeadswapError where they did not take the same number of optimizer steps.
    """
    found: dict[str, list[Run]] = {name: [] for name in contestants}
    for _ in range(runs):
        for name, contestant in contestants.items():
            measure(contestant(task.small()))
            found[name].append(measure(contestant(task)))
            between()
    contest = {name: tuple(done) for name, done in found.items()}
    _check_steps(contest)
    return contest


def measure(ready: Ready) -> Run:
    """Time one training."""
    before = ready.loss()
    began = perf_counter()
    steps = ready.go()
    seconds = perf_counter() - began
    return Run(seconds, steps, before, ready.loss())


def seconds_of(contest: Contest, name: str) -> float:
    """The median seconds of a contestant."""
    return median(run.seconds for run in contest[name])


def loss_of(model: Classifier, data: ClassificationDataset) -> float:
    """Mean cross-entropy (nats) of the messages."""
    return F.cross_entropy(predict_logits(model, data), data.labels).item()


def _check_steps(contest: Contest) -> None:
    steps = {name: runs[0].steps for name, runs in contest.items()}
    if len({run.steps for runs in contest.values() for run in runs}) != 1:
        raise HeadswapError(f"the contestants took different numbers of steps, {steps}; their times do not compare")
