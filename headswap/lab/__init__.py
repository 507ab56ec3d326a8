"""The live lab: `from headswap.lab import Lab; Lab()`."""

from ..live.runner import Runner
from ..live.runs import Run, Settings
from .lab import Lab
from .shipped import recorded_classifier

__all__ = ["Lab", "Run", "Runner", "Settings", "recorded_classifier"]
