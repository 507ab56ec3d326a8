"""One task of a shelf: a head, a pool, and what the body wears while it answers for this task."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import torch
from torch import nn

from ..errors import CheckpointError
from ..model.body_contract import INSERTED, Body, shelf_name
from ..model.heads import Head, new_head
from ..model.inserts.attach import hook
from ..model.pooling import Pool, new_pool, pooled_width
from ..weights.deltas import Learned

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Outfit:
    """What a body wears for a task: inserts by the host they hang on, and weights of the body that the task changed."""

    inserts: tuple[tuple[str, nn.Module], ...] = ()
    weights: Mapping[str, torch.Tensor] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.inserts or self.weights)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a shelf holds for one task: what was learned, and the parts that are made of it."""

    learned: Learned
    pool: Pool
    head: Head
    outfit: Outfit

    @property
    def label_names(self) -> tuple[str, ...]:
        """What its classes are called."""
        return self.learned.about.label_names

    @property
    def weights(self) -> int:
        """How many numbers it adds to the base."""
        return sum(tensor.numel() for tensor in self.learned.tensors.values())

    @property
    def bytes(self) -> int:
        """What these numbers take in memory, without the objects around them."""
        return sum(tensor.numel() * tensor.element_size() for tensor in self.learned.tensors.values())


def new_task(learned: Learned, body: Body, pools: dict[str, Pool], name: str) -> Task:
    """The parts of a task on this body, with the learned tensors for weights.

    `pools` are those that others use: one without weights serves all of them. Raises CheckpointError, by the task's
    name, where a weight is missing or fits nowhere.
    """
    about, generator, left = learned.about, torch.Generator(), dict(learned.tensors)
    pool = pools.get(about.pool) or new_pool(about.pool, body.width, generator)
    head = new_head(about.head, pooled_width(about.pool, body.width), len(about.label_names), generator)
    _take(pool, "pool.", left, name)
    _take(head, "head.", left, name)
    inserts = []
    for insert in about.inserts:
        for host in insert.hosts(body):
            made = insert.new(host, body, generator)
            _take(made, f"body.{INSERTED}.{shelf_name(host)}.{insert.name}.", left, name)
            inserts.append((host, made.eval()))
    weights = {key.removeprefix("body."): tensor for key, tensor in left.items()}
    own = body.state_dict()
    for key, tensor in weights.items():
        if key not in own or own[key].shape != tensor.shape:
            raise CheckpointError(f"{name} does not fit this body at {key}; save it again")
    if not any(True for _ in pool.parameters()):
        pools[about.pool] = pool
    return Task(learned, pool.eval(), head.eval(), Outfit(tuple(inserts), weights))


@contextmanager
def worn(body: Body, outfit: Outfit) -> Iterator[None]:
    """The body in a task's outfit; afterwards it is what it was, whatever happens."""
    with ExitStack() as stack:
        for host, insert in outfit.inserts:
            stack.callback(hook(body.get_submodule(host), insert).remove)
        for name, tensor in outfit.weights.items():
            _swap(body, name, tensor, stack)
        yield


def _swap(body: Body, name: str, tensor: torch.Tensor, stack: ExitStack) -> None:
    """Another tensor in the place of a weight or buffer, until the stack is closed."""
    place, _, leaf = name.rpartition(".")
    module = body.get_submodule(place)
    if leaf in module._parameters:
        stack.callback(module._parameters.__setitem__, leaf, module._parameters[leaf])
        module._parameters[leaf] = nn.Parameter(tensor, requires_grad=False)
    else:
        stack.callback(module._buffers.__setitem__, leaf, module._buffers[leaf])
        module._buffers[leaf] = tensor


def _take(module: nn.Module, prefix: str, left: Tensors, name: str) -> None:
    """Make the tensors of that prefix the module's weights, and leave the others."""
    for key, own in list(module.state_dict().items()):
        tensor = left.pop(prefix + key, None)
        if tensor is None or tensor.shape != own.shape:
            raise CheckpointError(
                f"{name} does not fit its {module.__class__.__name__} at {prefix}{key}; save it again"
            )
        place, _, leaf = key.rpartition(".")
        part = module.get_submodule(place)
        if leaf in part._parameters:
            part._parameters[leaf] = nn.Parameter(tensor, requires_grad=False)
        else:
            part._buffers[leaf] = tensor
