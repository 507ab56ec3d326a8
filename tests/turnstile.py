"""Who may run beside whom, in all processes of one test run: ordinary tests share a room, a timed one has it to itself.

Locks on files, so that a process that dies gives back what it held.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turnstile:
    """A room that many enter together or one enters alone."""

    def __init__(self, folder: Path) -> None:
        self._gate, self._room = folder / "gate", folder / "room"

    @contextmanager
    def together(self) -> Iterator[None]:
        """Inside with others who came together, never with one who is alone."""
        with _locked(self._gate, fcntl.LOCK_EX):
            room = _lock(self._room, fcntl.LOCK_SH)
        try:
            yield
        finally:
            os.close(room)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Inside with nobody else: the gate is held, so that no newcomer delays the wait for those who are inside."""
        with _locked(self._gate, fcntl.LOCK_EX), _locked(self._room, fcntl.LOCK_EX):
            yield


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    held = _lock(path, kind)
    try:
        yield
    finally:
        os.close(held)


def _lock(path: Path, kind: int) -> int:
    """An open file that holds the lock until it is closed. Child processes do not inherit it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(file, kind)
    return file
