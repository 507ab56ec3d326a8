"""Copies that cost nothing until somebody writes: a run's own body, and what a frozen weight is held against."""

import copy
import threading
from contextlib import suppress
from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)
_ONE_AT_A_TIME = threading.Lock()  # making the first lazy copy of a tensor changes the tensor's own bookkeeping


def lazy_copy(module: M) -> M:
    """A module of its own that shares the weights' memory until either side writes to one: then that one is copied.

    So a run on a frozen body of 22 million weights copies its head and nothing else (on a CPU, oneDNN still makes an
    LMBody copy its linear layers once).
    """
    memo: dict[int, object] = {}
    for parameter in module.parameters():
        memo[id(parameter)] = nn.Parameter(lazy_clone(parameter), parameter.requires_grad)
    for buffer in module.buffers():
        memo[id(buffer)] = lazy_clone(buffer)
    return copy.deepcopy(module, memo)


def lazy_clone(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor's values as they are now, whatever is written to it later; copied only when that happens.

    Memory that PyTorch did not allocate itself (what `torch.load` gives) is copied at once: PyTorch 2.13 would end the
    process when such a lazy copy is first written to.
    """
    plain = tensor.detach()
    with _ONE_AT_A_TIME, suppress(AttributeError, NotImplementedError, RuntimeError):  # it is private to PyTorch
        if plain.untyped_storage().resizable():
            return torch._lazy_clone(plain)  # type: ignore[attr-defined]
    return plain.clone()


def unchanged(tensor: torch.Tensor, before: torch.Tensor) -> bool:
    """Whether a tensor still holds, bit for bit, what `lazy_clone` saw; at once where nobody has written to it."""
    with suppress(AttributeError, RuntimeError):
        if torch._C._data_address(tensor) == torch._C._data_address(before):  # type: ignore[attr-defined]
            return True
    return torch.equal(_bits(tensor), _bits(before))


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    """The same memory as bytes, so that NaN equals NaN and 0.0 is not -0.0."""
    return (
        tensor.detach().contiguous().view(torch.uint8) if tensor.dim() else tensor.detach().reshape(1).view(torch.uint8)
    )
