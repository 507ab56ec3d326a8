"""One line that says whether this machine is ready for the course."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import torch
import traitlets as t

from .. import __version__
from ..web.modules import joined

HERE = Path(__file__).parent
SILENT = "no browser has answered yet, which is fine for a headless run"
ALIVE = "the browser and the kernel can talk to each other: widgets work"
STILL = "Nothing runs yet: run this cell, and the kernel answers here."
YOURS = "your machine's, once you run this cell"
OF_THE_MACHINE = ("threads", "memory available")
CGROUP = Path("/sys/fs/cgroup")


class Environment(anywidget.AnyWidget):
    """Versions, threads and memory, and whether a browser has answered; `alive` says the last."""

    _esm = joined(HERE / "environment.js")
    _css = joined(HERE / "explorer.css")

    rows = t.List().tag(sync=True)
    asked = t.Int(0).tag(sync=True)  # the browser counts up; only a living page can
    status = t.Unicode(f"Waiting for the kernel: {SILENT}.").tag(sync=True)

    def __init__(self) -> None:
        super().__init__(rows=[[name, value] for name, value in facts().items()])
        self.observe(self._answer, "asked")

    @property
    def alive(self) -> bool:
        """Whether a browser has shown this and the kernel has heard of it."""
        return self.asked > 0

    def __repr__(self) -> str:
        return f"Environment(Python, torch and headswap are here; {ALIVE if self.alive else SILENT})"

    def _answer(self, change: dict[str, Any]) -> None:
        self.status = f"{ALIVE[0].upper()}{ALIVE[1:]}."


def check_environment() -> Environment:
    """Show what the course runs on: versions, threads, free memory, and a widget that the browser answers."""
    return Environment()


def closed(state: Mapping[str, Any]) -> dict[str, Any]:
    """The check as a picture in a notebook: the versions are those of the build, the machine is the reader's."""
    rows = [[name, YOURS if name in OF_THE_MACHINE else value] for name, value in state["rows"]]
    return {**state, "rows": rows, "status": STILL}


def facts() -> dict[str, str]:
    """What the course runs on, by name."""
    free = memory_available()
    memory = "unknown on this system" if free is None else f"{free / 2**20:,.0f} MB; a lesson takes up to 800"
    return {
        "Python": platform.python_version(),
        "torch": torch.__version__,
        "headswap": __version__,
        "threads": f"{torch.get_num_threads()} used by torch, {os.cpu_count()} cores",
        "memory available": memory,
    }


def memory_available() -> int | None:
    """Bytes that are free, for the machine or for the container, whichever is less; None where nobody says."""
    known = [free for free in (_of_machine(), _of_container()) if free is not None]
    return min(known, default=None)


def _of_machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text("utf-8").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _of_container() -> int | None:
    """What a limit such as Binder's leaves, file caches not counted; a limit that is the word max is none."""
    try:
        most, used = (int((CGROUP / name).read_text("utf-8")) for name in ("memory.max", "memory.current"))
        stat = dict(line.split() for line in (CGROUP / "memory.stat").read_text("utf-8").splitlines())
        return max(0, most - used + int(stat.get("inactive_file", 0)))
    except (OSError, ValueError):
        return None
