"""One training loop for every regime: a plain generator of events.

It prints nothing, plots nothing, saves nothing and knows no threads; whoever wants to do so consumes its events.
Shape letters: N messages, B batch, C classes.
"""

import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import nn

from ..data.batches import Batch, ClassificationDataset, ordered_batches, random_batches
from ..errors import DivergedError, HeadswapError, SettingError
from ..metrics.measure import Metrics, measure
from ..model.body_contract import device_of
from ..model.classifier import Classifier
from ..model.copies import lazy_clone, unchanged
from ..model.layers import Dropout, use_generator
from ..model.losses import Seen
from ..model.precision import modes_kept, one_thread, products_in
from ..regimes.places import Group
from ..regimes.schedules import SCHEDULES
from .events import EpochDone, Event, StageBegan, StageEnded, StepDone
from .prefix import (
    MOVED,
    NOTHING,
    Inputs,
    Known,
    Prefix,
    above,
    frozen_prefix,
    held_bytes,
    pooled,
    prepare,
    remember,
    uncached,
)  # fmt: skip
from .recipe import Recipe

EVALUATION_BATCH = 128


def train_classifier(
    model: Classifier, train: ClassificationDataset, optimizer: torch.optim.Optimizer, recipe: Recipe, *,
    validation: ClassificationDataset | None = None, generator: torch.Generator | None = None, stage: int = 0,
    stages: int = 1, known: Known | None = None,
) -> Iterator[Event]:  # fmt: skip
    """Train what requires a gradient, and yield events while doing so; the same loop for every regime.

    Checks when called, works as its events are consumed, stops between two steps when closed. The optimizer must
    hold exactly the weights that learn (SettingError), and has its learning rates back at the end. Draws only from
    `generator` (by default made from the recipe's seed). Raises DivergedError when the loss is no longer a number.
    `known` holds what a body with these very weights made of these messages, and takes what is missing.
    """
    _check_optimizer(model, optimizer)
    generator = generator or torch.Generator().manual_seed(recipe.seed)
    known = {} if known is None else known
    return _train(_Loop(model, train, validation, optimizer, recipe, generator, known), stage, stages)


@dataclass
class _Loop:
    """The state of one stage: inputs above the frozen prefix, module modes, and the clock of its own work."""

    model: Classifier
    train: ClassificationDataset
    validation: ClassificationDataset | None
    optimizer: torch.optim.Optimizer
    recipe: Recipe
    generator: torch.Generator
    known: Known
    done: int = 0
    kept: int = 0
    lowest: float = math.inf
    weights: list[tuple[torch.Tensor, torch.Tensor]] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """Optimizer steps of the stage."""
        return math.ceil(len(self.train) / self.recipe.batch_size) * self.recipe.passes * self.recipe.epochs

    def prepare(self) -> float:
        """Drop stale gradients, set the modes and compute the frozen prefix; seconds spent."""
        began = perf_counter()
        model, self.device = self.model, device_of(self.model)
        # Until it has freed a larger block, glibc gives megabytes back after each step and faults them in again.
        torch.empty(31 * 2**20, dtype=torch.uint8)
        for parameter in model.parameters():
            if not parameter.requires_grad:
                parameter.grad = None
        _seed_dropout(model, self.generator)
        prefix = frozen_prefix(model)
        self.modes = _modes(model, prefix)
        self.frozen = [(name, tensor, lazy_clone(tensor)) for name, tensor in _frozen(model, self.modes)]
        model.eval()
        with one_thread(), self._precision():
            self.inputs, self.held_out = self._inputs(prefix)
            model.objective = model.objective.begin(model, self._seen)
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
        with one_thread():
            value = self._backward(self._batches(index), len(index))
            self._check(value)
            self.optimizer.step()
        self.done += 1
        return value, perf_counter() - began

    def check(self) -> tuple[float | None, Metrics | None, tuple[tuple[float, ...], ...], float]:
        """Validation loss, Metrics, probabilities (N, C) and the seconds it took."""
        if self.held_out is None or self.validation is None:
            return None, None, (), 0.0
        began = perf_counter()
        self.model.eval()
        with one_thread(), self._precision():
            logits = _logits(self.model, self.held_out, self.validation.lengths).float()
        loss = F.cross_entropy(logits, self.validation.labels).item()
        metrics = _measured(logits, self.validation)
        probabilities = tuple(map(tuple, logits.softmax(1).tolist()))
        return loss, metrics, probabilities, perf_counter() - began

    def keep_best(self, epoch: int, loss: float | None) -> None:
        """Where the best epoch is to be kept: remember what learned, if no loss was lower so far."""
        if self.recipe.keep == "last" or loss is None:
            self.kept = epoch
        elif loss < self.lowest:
            self.lowest, self.kept = loss, epoch
            self.weights = [(tensor, tensor.detach().clone()) for tensor in self._moving()]

    @torch.no_grad()
    def restore(self) -> None:
        """Go back to the epoch that is kept."""
        for tensor, value in self.weights:
            tensor.copy_(value)

    @torch.no_grad()
    def objective(self) -> float | None:
        """What training made small, over all training messages, where its floor is known."""
        if self.model.objective.floor is None:
            return None
        self.model.eval()
        with one_thread(), self._precision():
            logits = _logits(self.model, self.inputs, self.train.lengths).float()
        return self.model.loss(logits, Batch((), self.train.labels)).item()

    def end(self) -> int:
        """How many weights were frozen; HeadswapError where one of them is not what it was."""
        changed = [name for name, tensor, before in self.frozen if not unchanged(tensor, before)]
        if changed:
            raise HeadswapError(
                f"a frozen weight changed while training, {changed[0]}; a watcher must not write to the model"
            )
        return sum(tensor.numel() for _, tensor, _ in self.frozen if isinstance(tensor, nn.Parameter))

    def leave(self) -> None:
        """Leave the model in eval mode, and the optimizer with the rates that it came with."""
        self.model.objective.end(self.model)
        self.model.eval()
        for group, rate, _, _ in getattr(self, "rates", ()):
            group["lr"] = rate

    def kept_once(self) -> str:
        """What of the training messages was computed once, in words."""
        moved = self.recipe.augment is not None and frozen_prefix(self.model) != NOTHING
        return MOVED if moved else str(self.inputs.prefix)

    def _moving(self) -> list[torch.Tensor]:
        """What training moves: weights that learn, and buffers of modules that train, such as a batch norm's means."""
        learning = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        return learning + [buffer for module, train in self.modes if train for buffer in module.buffers(recurse=False)]

    def _inputs(self, prefix: Prefix) -> tuple[Inputs, Inputs | None]:
        """What stands above the prefix, for training and validation; both share one memory budget."""
        reads = self.recipe.pool if prefix.pooled else self.model.pool.prepends_cls
        key = prefix, reads, self.recipe.compute, self.recipe.cache_bytes, self.recipe.augment
        if key in self.known:
            return self.known[key]
        inputs = prepare(self.model, self.train, self._steady(prefix), self.recipe.cache_bytes)
        held_out = None
        if self.validation is not None:
            held_out = prepare(self.model, self.validation, prefix, self.recipe.cache_bytes - held_bytes(inputs))
        remember(self.known, key, inputs, held_out)
        return inputs, held_out

    @torch.no_grad()
    def _seen(self) -> Seen:
        """The head's inputs: pooled vectors as they are now."""
        features = [(_pooled(self.model, self.inputs, self.train.lengths).float(), self.train.labels)]
        if self.held_out is not None and self.validation is not None:
            held_out = _pooled(self.model, self.held_out, self.validation.lengths).float()
            features.append((held_out, self.validation.labels))
        validation = features[1] if len(features) > 1 else None
        fixed = self._steady(frozen_prefix(self.model)).pooled
        return Seen(*features[0], validation, self.train.classes, fixed)

    def _steady(self, prefix: Prefix) -> Prefix:
        """The part of the prefix that makes the same of a training message at every step: none if it is moved."""
        return prefix if self.recipe.augment is None else NOTHING

    def _batches(self, index: torch.Tensor) -> Iterator[Batch]:
        """The messages at `index`, a micro-batch at a time; the draws that move a batch are those of the whole."""
        augment, size = self.recipe.augment, self.recipe.compute.micro_batch or len(index)
        if augment is None:
            yield from map(self.inputs.batch, index.split(size))
            return
        batch = self.inputs.batch(index)
        inputs = augment(batch.inputs, self.generator)
        for part in torch.arange(len(index), device=batch.labels.device).split(size):
            yield Batch(tuple(tensor[part] for tensor in inputs), batch.labels[part])

    def _backward(self, batches: Iterator[Batch], whole: int) -> float:
        """The gradients of a batch of `whole` messages, one part of it after the other; its mean loss."""
        value, model = 0.0, self.model
        for i, batch in enumerate(batches):
            count = len(batch.labels)
            with self._precision():
                loss = model.loss(above(model, self.inputs.prefix, batch), batch)
            loss = loss if count == whole else loss * (count / whole)
            if i == 0:
                self.optimizer.zero_grad()  # not before the forward pass: the memory it frees is what backward takes
            loss.backward()
            value += loss.item()
        return value

    def _check(self, loss: float) -> None:
        """Refuse a loss that is no number, and after the first backward a weight that nothing teaches."""
        if not math.isfinite(loss):
            rate = max(rate for _, rate, _, _ in self.rates)
            where = f"at step {self.done + 1} of {self.steps} with learning rate {rate:g}"
            raise DivergedError(f"the loss became {loss} {where}; train again with a tenth of it")
        if self.done == 0:
            check_gradients(self.model)

    def _precision(self) -> AbstractContextManager[object]:
        return products_in(self.recipe.compute.dtype, self.device)


def _train(loop: _Loop, stage: int, stages: int) -> Iterator[Event]:
    """Events of one stage; closing it leaves the model whole, in eval mode."""
    try:
        spent = loop.prepare()
        counts = (*_counts(loop.model), loop.recipe.epochs, loop.steps)
        floor = loop.model.objective.floor
        yield StageBegan(stage, stages, *counts, loop.kept_once(), spent, floor)
        for epoch in range(1, loop.recipe.epochs + 1):
            done = yield from _epoch(loop, stage, epoch)
            spent += done.seconds
            loop.keep_best(epoch, done.validation_loss)
            yield done
        loop.restore()
        yield StageEnded(stage, loop.end(), loop.kept, loop.objective(), spent)
    finally:
        loop.leave()


def _epoch(loop: _Loop, stage: int, epoch: int) -> Generator[Event, None, EpochDone]:
    """The steps of one epoch, then its summary."""
    total = spent = 0.0
    for _ in range(loop.recipe.passes):
        for index in random_batches(len(loop.train), loop.recipe.batch_size, loop.generator):
            loss, seconds = loop.step(index)
            total, spent = total + loss * len(index), spent + seconds
            yield StepDone(epoch, loop.done, loop.steps, loss)
    validation_loss, metrics, probabilities, seconds = loop.check()
    return EpochDone(
        stage,
        epoch,
        loop.recipe.epochs,
        total / (len(loop.train) * loop.recipe.passes),
        validation_loss,
        metrics,
        probabilities,
        spent + seconds,
    )


def check_gradients(model: nn.Module) -> None:
    """SettingError for a weight that should learn and got no gradient from the backward pass before."""
    without = [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None]
    if without:
        raise SettingError(f"{without[0]} should learn but gets no gradient: the loss does not depend on it; freeze it")


def evaluate(model: Classifier, data: ClassificationDataset) -> Metrics:
    """The Metrics of `model` on `data`; draws nothing, and leaves the model in the modes it was in."""
    return _measured(predict_logits(model, data), data)


def predict_logits(model: Classifier, data: ClassificationDataset) -> torch.Tensor:
    """Logits (N, C) of every message, in the data's order."""
    with one_thread(), modes_kept(model):
        model.eval()
        return _logits(model, uncached(data), data.lengths)


def make_optimizer(groups: Sequence[Group], learning_rate: float, weight_decay: float = 0.01) -> torch.optim.AdamW:
    """AdamW over the groups that learn, each at its multiple of `learning_rate`.

    Groups of the same multiple are merged, except for the new weights, which a schedule may treat apart.
    """
    merged: dict[tuple[bool, float], list[nn.Parameter]] = {}
    for group in groups:
        merged.setdefault((group.place.new, group.multiple), []).extend(group.parameters)
    settings = [{"params": ps, "lr": learning_rate * multiple, "new": new} for (new, multiple), ps in merged.items()]
    return torch.optim.AdamW(settings, lr=learning_rate, weight_decay=weight_decay, fused=True)


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


def _frozen(model: Classifier, modes: list[tuple[nn.Module, bool]]) -> Iterator[tuple[str, torch.Tensor]]:
    """Weights that do not learn, and buffers of modules that do not train, with their names.

    A batch norm that learns moves its running mean; one that is frozen must not.
    """
    training = dict(modes)
    yield from ((name, p) for name, p in model.named_parameters() if not p.requires_grad)
    for path, module in model.named_modules():
        if not training[module]:
            yield from ((f"{path}.{name}", buffer) for name, buffer in module.named_buffers(recurse=False))


def _seed_dropout(model: Classifier, generator: torch.Generator) -> None:
    """Let dropout draw from the run's generator, or on another device from one that it seeds."""
    device = device_of(model)
    if device.type != "cpu":
        seed = int(torch.randint(2**62, (1,), generator=generator))
        generator = torch.Generator(device).manual_seed(seed)
    use_generator(model, generator)


@torch.no_grad()
def _logits(model: Classifier, inputs: Inputs, lengths: torch.Tensor) -> torch.Tensor:
    batches = ordered_batches(lengths, EVALUATION_BATCH)
    rows = torch.cat([above(model, inputs.prefix, inputs.batch(index)) for index in batches])
    return rows[torch.cat(batches).argsort()]


@torch.no_grad()
def _pooled(model: Classifier, inputs: Inputs, lengths: torch.Tensor) -> torch.Tensor:
    """What the head sees of every message, (N, D)."""
    if inputs.prefix.pooled:
        return inputs.rows.tensors[0]
    batches = ordered_batches(lengths, EVALUATION_BATCH)
    rows = torch.cat([pooled(model, inputs.prefix, inputs.batch(index)) for index in batches])
    return rows[torch.cat(batches).argsort()]


def _measured(logits: torch.Tensor, data: ClassificationDataset) -> Metrics:
    if not bool(logits.isfinite().all()):
        raise DivergedError("the model outputs infinite or missing numbers; train with a smaller learning rate")
    return measure(data.labels.tolist(), logits.argmax(1).tolist(), data.classes)


def _counts(model: nn.Module) -> tuple[int, int]:
    """Weights that learn, and all weights."""
    learning = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return learning, sum(p.numel() for p in model.parameters())
