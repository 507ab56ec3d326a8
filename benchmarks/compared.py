"""`python -m benchmarks.compared`: what a comparison in the lab costs, against the same runs one after another.

Five regimes at five seeds on the practice messages, from nothing: in one process, on a pool of workers that nobody
watches, and in the lab, started by a click in JupyterLab with Chromium. The numbers must be equal, bit for bit.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from statistics import median
from threading import Event, Thread

import psutil
from playwright.sync_api import Page

from headswap.comparing.plan import Plan
from headswap.files import write_atomically
from headswap.results.compare import DEFAULT_REGIMES
from headswap.results.store import find
from tests.browser import ask_kernel, chromium, jupyter, open_notebook, page, run_all, write_notebook

from .machine import this_machine

CELL = "from headswap.lab import Lab\nlab = Lab()\nlab.face = 'compare'\nlab"
ALONE = """
import sys, time
from pathlib import Path
from headswap.comparing.plan import Plan
from headswap.results.compare import DEFAULT_REGIMES, compare
from headswap.results.executors import processes
if __name__ == "__main__":
    folder, workers, seeds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    began = time.perf_counter()
    with processes(workers) as executor:
        done = list(compare([*Plan(DEFAULT_REGIMES, seeds).runs()], executor, folder=folder))
    print(time.perf_counter() - began)
"""
CLOCK = """
import time
times = []
_hear = lab._contest.comparer.hear
def _timed(comparer, place):
    began = time.perf_counter()
    _hear(comparer, place)
    times.append((began, time.perf_counter() - began, comparer.phase, place is not None))
lab._contest.comparer.hear = _timed
"""
TIMES = "import json; print(json.dumps(times))"
POINTS = "() => document.querySelectorAll('.hs-contenders path.hs-seed').length"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; keeps every number where `--json` says."""
    parser = argparse.ArgumentParser(prog="benchmarks.compared", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every number as JSON")
    parser.add_argument("--runs", type=int, default=3, help="how often to measure each way (default: 3)")
    parser.add_argument("--seeds", type=int, default=5, help="seeds of each regime (default: 5)")
    options = parser.parse_args(arguments)
    results = measure(options.runs, options.seeds)
    print(text(results))
    if options.json is not None:
        write_atomically(options.json, json.dumps(results, indent=1).encode())
    return 0


def measure(runs: int, seeds: int) -> dict:
    """Each way in turn, as often as asked for, each from an empty cache."""
    found: dict[str, list] = {"turn": [], "pool": [], "lab": []}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            found["turn"].append(_alone(folder / "turn", 1, seeds))
            found["pool"].append(_alone(folder / "pool", os.cpu_count() or 1, seeds))
            found["lab"].append(_in_the_lab(folder, seeds))
            found["lab"][-1]["equal"] = _equal(folder / "turn", folder / "lab" / ".cache", seeds)
    return found | {"seeds": seeds, "machine": asdict(this_machine())}


def _alone(folder: Path, workers: int, seeds: int) -> float:
    """Seconds of the same runs in a process of their own, or on so many workers."""
    folder.mkdir()
    script = folder / "alone.py"
    script.write_text(ALONE, "utf-8")
    command = [sys.executable, str(script), str(folder), str(workers), str(seeds)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _in_the_lab(folder: Path, seeds: int) -> dict:
    """The comparison started by a click: its seconds, when points were seen, what telling took, and the memory."""
    with ExitStack() as stack:
        place = folder / "lab"
        place.mkdir()
        write_notebook(place / "compared.ipynb", CELL)
        address = stack.enter_context(jupyter(place))
        view, _ = stack.enter_context(page(stack.enter_context(chromium())))
        open_notebook(view, address, "compared.ipynb")
        run_all(view)
        view.locator(".hs-do-compare").wait_for(timeout=60_000)
        ask_kernel(view, CLOCK + f"lab.contest = {{**lab.contest, 'seeds': {seeds}}}")
        kernel = int(ask_kernel(view, "import os; print(os.getpid())"))
        with _Memory(kernel) as memory:
            seen = _watched(view, seeds * len(DEFAULT_REGIMES))
        told = json.loads(ask_kernel(view, TIMES))
    last = [at for at, _, phase, _ in told if phase == "idle"][-1]
    return {"seconds": last - told[0][0], "telling": sum(took for _, took, _, _ in told), "seen": seen,
            "memory": memory.most}  # fmt: skip


def _watched(view: Page, planned: int) -> list[int]:
    """How many points the page has at each half second until all are there."""
    view.locator(".hs-do-compare").click()
    seen = [0]
    while seen[-1] < planned and len(seen) < 1200:
        view.wait_for_timeout(500)
        seen.append(view.evaluate(POINTS))
    view.wait_for_function("() => document.querySelector('.hs-comparetop .hs-status').innerText.includes(' runs')")
    view.wait_for_timeout(1000)
    return seen


class _Memory:
    """The most memory that a process and its children hold together, what they share counted once (PSS)."""

    def __init__(self, process: int) -> None:
        self.process, self.most, self._end = process, 0, Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> "_Memory":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(1.0):
            with suppress(psutil.Error):
                root = psutil.Process(self.process)
                everyone = [root, *root.children(recursive=True)]
                self.most = max(self.most, sum(one.memory_full_info().pss for one in everyone))


def _equal(one: Path, other: Path, seeds: int) -> bool:
    """Whether two folders hold the same results of every run."""
    specs = Plan(DEFAULT_REGIMES, seeds).runs()
    pairs = [(find(spec, one / "results"), find(spec, other / "results")) for spec in specs]
    return all(a is not None and a == b for a, b in pairs)


def text(results: dict) -> str:
    """The numbers as a table, each with its target."""
    turn, pool, labs = results["turn"], results["pool"], results["lab"]
    lab = [run["seconds"] for run in labs]
    share = [a / b for a, b in zip(lab, turn, strict=True)]
    extra = [a / b for a, b in zip(lab, pool, strict=True)]
    told = [run["telling"] / run["seconds"] for run in labs]
    many = results["seeds"] * len(DEFAULT_REGIMES)
    table = [
        ("what", "median", "from", "to", "target"),
        (f"{many} runs one after another", *_spread(turn, "{:.1f} s"), ""),
        (f"{many} runs on workers, unwatched", *_spread(pool, "{:.1f} s"), ""),
        (f"{many} runs in the lab", *_spread(lab, "{:.1f} s"), ""),
        ("lab / one after another", *_spread(share, "{:.2f}"), "<= 0.65"),
        ("lab / workers, unwatched", *_spread(extra, "{:.2f}"), "<= 1.10"),
        ("of its time the lab's own work", *_spread(told, "{:.3f}"), ""),
        ("memory of kernel and workers", *_spread([run["memory"] / 1e9 for run in labs], "{:.2f} GB"), "< 1.2 GB"),
        ("same numbers to the bit", *("yes" if all(run["equal"] for run in labs) else "NO" for _ in range(3)), "yes"),
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    rows = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in table]
    m = results["machine"]
    return "\n".join([f"{m['cpu']}, {m['cores']} cores, torch {m['torch']}, Chromium, {m['date']}", "", *rows])


def _spread(values: Sequence[float], form: str) -> tuple[str, str, str]:
    return form.format(median(values)), form.format(min(values)), form.format(max(values))


if __name__ == "__main__":
    sys.exit(main())
