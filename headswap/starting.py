"""Ctrl-C while a command is still importing, which takes seconds: one line and exit code 130, as later on.

`headswap` itself is what takes so long, so nothing in it could catch that. Before it imports anything else it asks
Python to say it shortly, and only where it is started as a command: `python -m headswap`, or `headswap`.
"""

import os
import sys
from pathlib import Path
from types import TracebackType


def is_a_command(words: list[str]) -> bool:
    """Whether this process was started for the command line; `-m` stands there while Python looks for the module."""
    return bool(words) and (words[0] == "-m" or Path(words[0]).stem == "headswap")


def stop_shortly(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What Python does with an error that nobody caught: as ever, but for Ctrl-C."""
    if not issubclass(kind, KeyboardInterrupt):
        return sys.__excepthook__(kind, error, trace)
    print("headswap: stopped", file=sys.stderr, flush=True)
    os._exit(130)


if is_a_command(sys.argv):
    sys.excepthook = stop_shortly
