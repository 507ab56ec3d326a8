"""How a run computes: on one thread, in the dtype that was asked for, and with the model's modes given back."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import nn


@contextmanager
def one_thread() -> Iterator[None]:
    """One torch thread: two add up in another order, and the numbers would hang on how many cores there are."""
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def modes_kept(model: nn.Module) -> Iterator[None]:
    """Whatever is switched to train or eval in between, every module leaves as it came."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def products_in(dtype: str, device: torch.device) -> AbstractContextManager[object]:
    """Products in this dtype (autocast); float32 is how they are taken anyway."""
    return nullcontext() if dtype == "float32" else torch.autocast(device.type, getattr(torch, dtype))
