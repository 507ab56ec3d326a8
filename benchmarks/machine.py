"""What the machine is, and the memory and start-up time of a fresh process on it."""

import datetime
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import psutil
import torch

from headswap.errors import HeadswapError

LOOK_EVERY = 0.02  # seconds between two looks at the memory; a look takes some milliseconds from what it looks at


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and when the numbers were measured; nothing that names a host or a person."""

    cpu: str
    cores: int
    threads: int
    system: str
    python: str
    torch: str
    date: str


def this_machine() -> Machine:
    """The facts of this machine, today."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return Machine(
        _cpu(), os.cpu_count() or 1, torch.get_num_threads(), platform.system(), platform.python_version(),
        torch.__version__, today,
    )  # fmt: skip


def peak_memory(arguments: Sequence[str]) -> int:
    """The most bytes that `python -m headswap ARGUMENTS` and its worker processes hold together.

    Memory that two of them share counts once.
    """
    command, most = [sys.executable, "-m", "headswap", *arguments], 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            most = max(most, memory_of(psutil.Process(process.pid)))
            sleep(LOOK_EVERY)
        _check(command, process.returncode, process.stderr.read() if process.stderr else "")
    return most


def memory_of(process: psutil.Process) -> int:
    """Bytes that a process and all its children hold now."""
    total = 0
    with suppress(psutil.Error):  # one may end while it is looked at
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                held = one.memory_full_info()
                total += getattr(held, "pss", held.rss)  # pss, the fair share of what is shared, is Linux's
    return total


@dataclass(frozen=True, slots=True)
class Imports:
    """Seconds of a fresh `python -c "import torch"`, and of one that imports headswap too, in alternating pairs."""

    torch: tuple[float, ...]
    both: tuple[float, ...]

    @property
    def beyond(self) -> float:
        """What headswap adds: the median over the pairs."""
        return median(both - torch for torch, both in zip(self.torch, self.both, strict=True))


def import_times(pairs: int) -> Imports:
    """Time fresh processes, after one that fills the disk's cache."""
    both_of = "import torch, headswap"
    _seconds(both_of)
    times = [(_seconds("import torch"), _seconds(both_of)) for _ in range(pairs)]
    alone, both = zip(*times, strict=True)
    return Imports(alone, both)


def _seconds(code: str) -> float:
    began = perf_counter()
    _run([sys.executable, "-c", code])
    return perf_counter() - began


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    _check(command, done.returncode, done.stderr)
    return done.stdout


def _check(command: Sequence[str], code: int, said: str) -> None:
    if code:
        reason = (said.strip().splitlines() or ["no message"])[-1]
        raise HeadswapError(f"a measured process failed ({reason}); run python {' '.join(command[1:])} to see why")


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    said = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in reversed(lines))}
    if "model name" not in said:
        return platform.processor() or platform.machine()
    # One name may hide generations whose arithmetic differs by two.
    return f"{said['model name']} (family {said.get('cpu family', '?')}, model {said.get('model', '?')})"
