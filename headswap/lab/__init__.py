"""The live lab: `from headswap.lab import Lab; Lab()`."""

from .lab import Lab
from .runner import Runner
from .runs import Run, Settings

__all__ = ["Lab", "Run", "Runner", "Settings"]
