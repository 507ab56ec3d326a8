"""The live lab: `from headswap.lab import Lab; Lab()`."""

from .lab import Lab
from .runner import Run, Runner, Settings

__all__ = ["Lab", "Run", "Runner", "Settings"]
