"""One task of a shelf: a head, a pool, and what the body wears while it answers for this task."""

import sys
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import torch
from torch import nn

from ..errors import CheckpointError, SettingError
from ..model.body_contract import INSERTED, Body, shelf_name
from ..model.heads import new_head
from ..model.inserts.attach import hook
from ..model.pooling import Pool, new_pool, pooled_width
from ..weights.deltas import Delta, Learned

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A module that tasks of one kind share, and the weights that it wears for this task.

    The module's dictionaries take ten times as much memory as a head's weights, so there is one module for all.
    """

    module: nn.Module
    weights: Mapping[str, torch.Tensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Outfit:
    """What a body wears for a task: inserts by the host they hang on, and weights of the body that the task changed."""

    inserts: tuple[tuple[str, Part], ...] = ()
    weights: Mapping[str, torch.Tensor] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.inserts or self.weights)


NOTHING = Outfit()


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a shelf holds for one task: what was learned, and the parts that wear it."""

    learned: Learned
    pool: Part
    head: Part
    outfit: Outfit

    @property
    def label_names(self) -> tuple[str, ...]:
        """What its classes are called."""
        return self.learned.about.label_names

    @property
    def prepends_cls(self) -> bool:
        """Whether its pool reads a special token in front of the items."""
        return cast(Pool, self.pool.module).prepends_cls

    @property
    def weights(self) -> int:
        """How many numbers it adds to the base."""
        return sum(tensor.numel() for tensor in self.learned.tensors.values())

    @property
    def bytes(self) -> int:
        """What these numbers take in memory, without the objects around them."""
        return sum(tensor.numel() * tensor.element_size() for tensor in self.learned.tensors.values())


class Blanks:
    """Modules without weights that count: one for each kind of part, whatever the number of tasks that wear it."""

    def __init__(self) -> None:
        self._modules: dict[Hashable, nn.Module] = {}
        self._told: dict[Delta, Delta] = {}

    def module(self, kind: Hashable, make: Callable[[], nn.Module]) -> nn.Module:
        """The module of that kind, made the first time that it is asked for."""
        if kind not in self._modules:
            self._modules[kind] = make().eval().requires_grad_(False)
        return self._modules[kind]

    def about(self, about: Delta) -> Delta:
        """The same words, in memory once for all tasks that they fit."""
        return self._told.setdefault(about, about)


def check_name(name: str, there: Collection[str]) -> None:
    """SettingError for what is no name of a task, or the name of one that is there."""
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise SettingError(f"{name!r} is no name for a task; give printable characters, such as spam")
    if name in there:
        raise SettingError(f"there is a task {name!r} on this shelf already; remove it first, or choose another name")


def missing_task(name: object, there: Collection[str]) -> SettingError:
    """What is said of a task that is not on the shelf: its name, and those that are there."""
    return SettingError(f"no task {name!r} is on this shelf; there is {', '.join(there) or 'none at all'}")


def new_task(learned: Learned, body: Body, blanks: Blanks, name: str) -> Task:
    """The parts of a task on this body, with tensors of its own.

    Raises CheckpointError, by the task's name, where a weight is missing or fits nowhere.
    """
    learned = _own(learned, blanks)
    about, generator, left = learned.about, torch.Generator(), dict(learned.tensors)
    wide, classes = pooled_width(about.pool, body.width), len(about.label_names)
    pool = blanks.module(("pool", about.pool), lambda: new_pool(about.pool, body.width, generator))
    head = blanks.module(("head", about.head, wide, classes), lambda: new_head(about.head, wide, classes, generator))
    pooling, heading = _part(pool, "pool.", left, name), _part(head, "head.", left, name)
    inserts = []
    for insert in about.inserts:
        for host in insert.hosts(body):
            made = blanks.module((insert, host), partial(insert.new, host, body, generator))
            prefix = f"body.{INSERTED}.{shelf_name(host)}.{insert.name}."
            inserts.append((host, _part(made, prefix, left, name)))
    weights = {key.removeprefix("body."): tensor for key, tensor in left.items()}
    own = body.state_dict() if weights else {}
    for key, tensor in weights.items():
        if key not in own or own[key].shape != tensor.shape:
            raise CheckpointError(f"{name} does not fit this body at {key}; save it again")
    outfit = Outfit(tuple(inserts), weights) if inserts or weights else NOTHING
    return Task(learned, pooling, heading, outfit)


@contextmanager
def worn(body: Body, outfit: Outfit) -> Iterator[None]:
    """The body in a task's outfit; afterwards it is what it was, whatever happens."""
    with ExitStack() as stack:
        for host, insert in outfit.inserts:
            stack.enter_context(filled(insert))
            stack.callback(hook(body.get_submodule(host), insert.module).remove)
        _swap_all(body, outfit.weights, stack)
        yield


@contextmanager
def filled(part: Part) -> Iterator[nn.Module]:
    """The part's module with this task's weights in it."""
    with ExitStack() as stack:
        _swap_all(part.module, part.weights, stack)
        yield part.module


def _swap_all(module: nn.Module, weights: Mapping[str, torch.Tensor], stack: ExitStack) -> None:
    for name, tensor in weights.items():
        _swap(module, name, tensor, stack)


def _swap(module: nn.Module, name: str, tensor: torch.Tensor, stack: ExitStack) -> None:
    """Another tensor in the place of a weight or buffer, until the stack is closed."""
    place, _, leaf = name.rpartition(".")
    part = module.get_submodule(place)
    if leaf in part._parameters:
        stack.callback(part._parameters.__setitem__, leaf, part._parameters[leaf])
        part._parameters[leaf] = nn.Parameter(tensor, requires_grad=False)
    else:
        stack.callback(part._buffers.__setitem__, leaf, part._buffers[leaf])
        part._buffers[leaf] = tensor


def _own(learned: Learned, blanks: Blanks) -> Learned:
    """A copy in memory of its own: a run may learn on, and a file's tensors hold on to the whole file."""
    tensors = {sys.intern(name): tensor.detach().clone() for name, tensor in learned.tensors.items()}
    return Learned(tensors, blanks.about(learned.about))


def _part(module: nn.Module, prefix: str, left: Tensors, name: str) -> Part:
    """The module with the tensors of that prefix; they are taken out of what is left."""
    weights = {}
    for key, own in module.state_dict().items():
        tensor = left.pop(prefix + key, None)
        if tensor is None or tensor.shape != own.shape:
            kind = module.__class__.__name__
            raise CheckpointError(f"{name} does not fit its {kind} at {prefix}{key}; save it again")
        weights[sys.intern(key)] = tensor
    return Part(module, weights)
