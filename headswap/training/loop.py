"""One training loop for every regime: a plain generator of events.

It prints nothing, plots nothing, saves nothing and knows no threads; whoever wants to do so consumes its events.
Shape letters: N messages, B batch, C classes.
"""

import hashlib
import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import ClassificationDataset, ordered_batches, shuffled_batches
from ..errors import DivergedError, HeadswapError, SettingError
from ..metrics.measure import Metrics, measure
from ..model.classifier import Classifier
from ..model.layers import Dropout, use_generator
from .events import EpochDone, Event, StageBegan, StageEnded, StepDone
from .prefix import Inputs, Prefix, apply_rest, frozen_prefix, prepare
from .recipe import SCHEDULES, Recipe
from .regimes import NEW_PLACES, Group

EVALUATION_BATCH = 128


def train_classifier(
    model: Classifier, train: ClassificationDataset, optimizer: torch.optim.Optimizer, recipe: Recipe, *,
    validation: ClassificationDataset | None = None, generator: torch.Generator | None = None, stage: int = 0,
    stages: int = 1,
) -> Iterator[Event]:  # fmt: skip
    """Train what requires a gradient, and yield events while doing so; the same loop for every regime.

    Checks when called, works as its events are consumed, stops between two steps when closed. The optimizer must
    hold exactly the weights that learn (SettingError). Draws only from `generator` (by default made from the
    recipe's seed). Raises DivergedError when the loss is no longer a number.
    """
    _check_optimizer(model, optimizer)
    generator = generator or torch.Generator().manual_seed(recipe.seed)
    return _train(_Loop(model, train, validation, optimizer, recipe, generator), stage, stages)


@dataclass
class _Loop:
    """The state of one stage: inputs above the frozen prefix, module modes, and the clock of its own work."""

    model: Classifier
    train: ClassificationDataset
    validation: ClassificationDataset | None
    optimizer: torch.optim.Optimizer
    recipe: Recipe
    generator: torch.Generator
    done: int = 0

    @property
    def steps(self) -> int:
        """Optimizer steps of the stage."""
        return math.ceil(len(self.train) / self.recipe.batch_size) * self.recipe.epochs

    def prepare(self) -> float:
        """Drop stale gradients, set the modes and compute the frozen prefix; seconds spent."""
        began = perf_counter()
        model, budget = self.model, self.recipe.cache_bytes
        # Until it has freed a larger block, glibc gives megabytes back after each step and faults them in again.
        torch.empty(31 * 2**20, dtype=torch.uint8)
        self.frozen = [p for p in model.parameters() if not p.requires_grad]
        for parameter in self.frozen:
            parameter.grad = None
        self.fingerprint = sha256_of([*self.frozen, *model.buffers()])
        _seed_dropout(model, self.generator)
        prefix = frozen_prefix(model)
        self.modes = _modes(model, prefix)
        model.eval()
        self.inputs = prepare(model, self.train, prefix, budget)
        self.held_out = prepare(model, self.validation, prefix, budget) if self.validation else None
        schedule = SCHEDULES[self.recipe.schedule or "constant"]
        self.rates = [(group, group["lr"], group.get("new", True), schedule) for group in self.optimizer.param_groups]
        return perf_counter() - began

    def step(self, index: torch.Tensor) -> tuple[float, float]:
        """One optimizer step on the messages at `index`: the mean loss and the seconds it took."""
        began = perf_counter()
        for module, training in self.modes:
            if module.training is not training:  # a watcher may have called eval()
                module.training = training
        for group, rate, new, schedule in self.rates:
            group["lr"] = rate * schedule(self.done / self.steps, new)
        x, mask = self.inputs.batch(index)
        logits = apply_rest(self.model, self.inputs.prefix, x, mask)  # (B, C)
        loss = F.cross_entropy(logits, self.train.labels[index])
        self.optimizer.zero_grad()
        loss.backward()
        value = loss.item()
        if not math.isfinite(value):
            rate = max(rate for _, rate, _, _ in self.rates)
            where = f"at step {self.done + 1} of {self.steps} with learning rate {rate:g}"
            raise DivergedError(f"the loss became {value} {where}; train again with a tenth of it")
        self.optimizer.step()
        self.done += 1
        return value, perf_counter() - began

    def check(self) -> tuple[float | None, Metrics | None, tuple[tuple[float, ...], ...], float]:
        """Validation loss, Metrics, probabilities (N, C) and the seconds it took."""
        if self.held_out is None or self.validation is None:
            return None, None, (), 0.0
        began = perf_counter()
        self.model.eval()
        logits = _logits(self.model, self.held_out)
        loss = F.cross_entropy(logits, self.validation.labels).item()
        metrics = _measured(logits, self.validation)
        probabilities = tuple(map(tuple, logits.softmax(1).tolist()))
        return loss, metrics, probabilities, perf_counter() - began


def _train(loop: _Loop, stage: int, stages: int) -> Iterator[Event]:
    """Events of one stage; closing it leaves the model whole, in eval mode."""
    try:
        spent = loop.prepare()
        yield StageBegan(
            stage, stages, *_counts(loop.model), loop.recipe.epochs, loop.steps, str(loop.inputs.prefix), spent
        )
        for epoch in range(1, loop.recipe.epochs + 1):
            done = yield from _epoch(loop, stage, epoch)
            spent += done.seconds
            yield done
        if sha256_of([*loop.frozen, *loop.model.buffers()]) != loop.fingerprint:
            raise HeadswapError("a frozen weight changed while training; a watcher must not write to the model")
        yield StageEnded(stage, spent, loop.fingerprint)
    finally:
        loop.model.eval()


def _epoch(loop: _Loop, stage: int, epoch: int) -> Generator[Event, None, EpochDone]:
    """The steps of one epoch, then its summary."""
    total = spent = 0.0
    for index in shuffled_batches(loop.train.lengths, loop.recipe.batch_size, loop.generator):
        loss, seconds = loop.step(index)
        total, spent = total + loss * len(index), spent + seconds
        yield StepDone(epoch, loop.done, loop.steps, loss)
    validation_loss, metrics, probabilities, seconds = loop.check()
    return EpochDone(
        stage,
        epoch,
        loop.recipe.epochs,
        total / len(loop.train),
        validation_loss,
        metrics,
        probabilities,
        spent + seconds,
    )


def evaluate(model: Classifier, data: ClassificationDataset) -> Metrics:
    """The Metrics of `model` on `data`; draws nothing, and leaves the model in the modes it was in."""
    return _measured(predict_logits(model, data), data)


def predict_logits(model: Classifier, data: ClassificationDataset) -> torch.Tensor:
    """Logits (N, C) of every message, in the data's order."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        return _logits(model, Inputs(Prefix(-1, False), data.ids, data))
    finally:
        for module, training in modes:
            module.training = training


def make_optimizer(groups: Sequence[Group], learning_rate: float, weight_decay: float = 0.01) -> torch.optim.AdamW:
    """AdamW over the groups that learn, each at its multiple of `learning_rate`.

    Groups of the same multiple are one to the optimizer, but for the new weights, which a schedule may treat apart.
    """
    merged: dict[tuple[bool, float], list[nn.Parameter]] = {}
    for group in groups:
        merged.setdefault((group.place in NEW_PLACES, group.multiple), []).extend(group.parameters)
    settings = [{"params": ps, "lr": learning_rate * multiple, "new": new} for (new, multiple), ps in merged.items()]
    return torch.optim.AdamW(settings, lr=learning_rate, weight_decay=weight_decay, fused=True)


def sha256_of(tensors: Iterable[torch.Tensor]) -> str:
    """A fingerprint of tensors, bit for bit."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _check_optimizer(model: Classifier, optimizer: torch.optim.Optimizer) -> None:
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    learning = {id(p): name for name, p in model.named_parameters() if p.requires_grad}
    if not learning:
        raise SettingError("nothing can learn: every weight is frozen; unfreeze one place, such as the head")
    missing = [name for key, name in learning.items() if key not in held]
    if missing:
        raise SettingError(f"the optimizer does not hold {missing[0]}, which should learn; make it after freezing")
    if len(held) > len(learning):
        foreign = len(held) - len(learning)
        raise SettingError(f"the optimizer holds {foreign} frozen or foreign weights; make it after freezing")


def _modes(model: Classifier, prefix: Prefix) -> list[tuple[nn.Module, bool]]:
    """Each module and whether it trains: yes if a weight in it learns; Dropout follows its parent."""
    modes = {module: any(p.requires_grad for p in module.parameters()) for module in model.modules()}
    for parent in model.modules():
        for child in parent.children():
            if isinstance(child, Dropout):
                modes[child] = modes[parent] and (parent is not model.body or prefix.blocks < 0)
    return list(modes.items())


def _seed_dropout(model: Classifier, generator: torch.Generator) -> None:
    """Let dropout draw from the run's generator, or on another device from one that it seeds."""
    device = model.body.embed_tokens.weight.device
    if device.type != "cpu":
        seed = int(torch.randint(2**62, (1,), generator=generator))
        generator = torch.Generator(device).manual_seed(seed)
    use_generator(model, generator)


@torch.no_grad()
def _logits(model: Classifier, inputs: Inputs) -> torch.Tensor:
    batches = ordered_batches(inputs.data.lengths, EVALUATION_BATCH)
    rows = torch.cat([apply_rest(model, inputs.prefix, *inputs.batch(index)) for index in batches])
    return rows[torch.cat(batches).argsort()]


def _measured(logits: torch.Tensor, data: ClassificationDataset) -> Metrics:
    if not bool(logits.isfinite().all()):
        raise DivergedError("the model answers with infinite or missing numbers; train with a smaller learning rate")
    return measure(data.labels.tolist(), logits.argmax(1).tolist(), data.classes)


def _counts(model: nn.Module) -> tuple[int, int]:
    """Weights that learn, and all weights."""
    learning = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return learning, sum(p.numel() for p in model.parameters())
