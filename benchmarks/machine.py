"""What the machine is, and the memory and start-up time of a fresh process on it."""

import datetime
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import torch

from headswap.errors import HeadswapError

# Runs a command alone below it and prints the most memory that it held; kilobytes, but bytes on macOS.
WRAPPER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(most if sys.platform == "darwin" else most * 1024)
"""


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
    """The most bytes that `python -m headswap ARGUMENTS` holds."""
    command = [sys.executable, "-m", "headswap", *arguments]
    return int(_run([sys.executable, "-c", WRAPPER, *command]))


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
    """Time fresh processes, after one pair that fills the disk's cache."""
    times = [(_seconds("import torch"), _seconds("import torch, headswap")) for _ in range(pairs + 1)]
    alone, both = zip(*times[1:], strict=True)
    return Imports(alone, both)


def _seconds(code: str) -> float:
    began = perf_counter()
    _run([sys.executable, "-c", code])
    return perf_counter() - began


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise HeadswapError(f"a measured process failed ({reason}); run python {' '.join(command[1:])} to see why")
    return done.stdout


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
