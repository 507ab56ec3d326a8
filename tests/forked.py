"""One process that has imported PyTorch for each test process, from which all its kernels are forked."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack

import pytest

from .kernels import forked_kernels

KERNELS = pytest.StashKey[str]()


def kernels_of(config: pytest.Config) -> str:
    """What JUPYTER_PATH must be for forked kernels; they are made when first asked for, and end with the session."""
    if KERNELS not in config.stash:
        stack, folder = ExitStack(), tempfile.mkdtemp(prefix="kernels-", dir=os.environ["HEADSWAP_TESTS"])
        config.stash[KERNELS] = stack.enter_context(forked_kernels(folder))
        config.add_cleanup(stack.close)
    return config.stash[KERNELS]
