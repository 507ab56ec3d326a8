"""The live lab: `from headswap.lab import Lab; Lab()`."""

from ..live.runner import Runner
from ..live.runs import Run, Settings
from .lab import Lab

__all__ = ["Lab", "Run", "Runner", "Settings"]
