"""A copy of a model that nobody watches, so that looking at it tells no watcher that something happened."""

import copy
from collections import OrderedDict
from types import FunctionType, MethodType
from typing import Any, TypeVar

from torch import nn

from ..model.copies import lazy_clone

M = TypeVar("M", bound=nn.Module)
HOOKS = ("_forward_hooks", "_forward_pre_hooks")


def quiet_copy(model: M) -> M:
    """A copy that shares the weights' memory until somebody writes to them, without the hooks of watchers.

    A hook that is a function, or a method of something that is no module, is a watcher's and stays behind; what an
    insert hangs on a module comes along.
    """
    memo: dict[int, Any] = {}
    for parameter in model.parameters():
        memo[id(parameter)] = nn.Parameter(lazy_clone(parameter), parameter.requires_grad)
    for buffer in model.buffers():
        memo[id(buffer)] = lazy_clone(buffer)
    for module in model.modules():
        for name in HOOKS:
            memo[id(getattr(module, name))] = OrderedDict()
    copied = copy.deepcopy(model, memo)
    for module, own in zip(model.modules(), copied.modules(), strict=True):
        for name in HOOKS:
            kept = {key: hook for key, hook in getattr(module, name).items() if not _watches(hook)}
            getattr(own, name).update(copy.deepcopy(kept, memo))
    return copied


def _watches(hook: object) -> bool:
    if isinstance(hook, MethodType):
        return not isinstance(hook.__self__, nn.Module)
    return isinstance(hook, FunctionType)
