"""`python -m benchmarks.live`: how quick the lab answers in a real browser, and what watching costs.

Opens JupyterLab with Chromium on this machine, presses the buttons, and reads the browser's and the kernel's clocks.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from headswap.files import write_atomically
from tests.browser import ask_kernel, chromium, jupyter, open_notebook, page, run_all, write_notebook

from .machine import this_machine

CELL = "from headswap.lab import Lab\nlab = Lab()\nlab"
CLICK = """([name, ready]) => new Promise(done => {
  const root = document.querySelector('.hs-lab');
  const before = Number(root.dataset.run);
  const there = new Function('d', 'before', 'return ' + ready);
  const began = performance.now();
  [...root.querySelectorAll('button')].find(b => b.innerText === name).click();
  const look = () => there(root.dataset, before)
    ? setTimeout(() => done((performance.now() - began) / 1000)) : requestAnimationFrame(look);  // after this frame
  requestAnimationFrame(look);
})"""
ENABLED = "name => [...document.querySelectorAll('.hs-lab button')].some(b => b.innerText === name && !b.disabled)"
PAINTED = "Number(d.run) > Math.max(0, before) && Number(d.epoch) >= 1"
STOPPED = "d.phase === 'idle'"
# The clock of the loop's own events, from the first to the last: the same for both sides.
HEADLESS = """
import sys, time
from headswap.training.events import StageBegan
from headswap.live.prepare import prepared
from headswap.live.runs import Settings
from headswap.training.run import start_regime
settings = Settings(regime="full")
ready = prepared(settings, lambda done: None)
_, events = start_regime(ready.base, ready.split, settings.chosen_regime(), settings.recipe())
next(events)
began = time.perf_counter()
for event in events:
    pass
print(time.perf_counter() - began)
"""
LIVE = """
import json, time
_said, _took, _sizes, _tell = {}, [], [], lab._runner.publish
def _timed(message):
    began = time.perf_counter()
    _tell(message)
    _said[message["kind"]] = began
    if message["kind"] == "epoch":
        _took.append(time.perf_counter() - began)
        _sizes.append(len(json.dumps(message | {"n": 1}).encode()))
lab._runner.publish = _timed
lab.regime = "full"
lab.train(block=True)
lab._runner.publish = _tell
print(json.dumps({"seconds": _said["end"] - _said["run"], "kernel": _took, "bytes": _sizes}))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; keeps every number where `--json` says."""
    parser = argparse.ArgumentParser(prog="benchmarks.live", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every number as JSON")
    parser.add_argument("--runs", type=int, default=5, help="alternating runs, live and headless (default: 5)")
    options = parser.parse_args(arguments)
    results = measure(options.runs)
    print(text(results))
    if options.json is not None:
        write_atomically(options.json, json.dumps(results, indent=1).encode())
    return 0


def measure(runs: int) -> dict[str, object]:
    """Clicks, stops, and live against headless training, all on one thread of torch."""
    os.environ["OMP_NUM_THREADS"] = "1"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        write_notebook(folder / "live.ipynb", CELL)
        address = stack.enter_context(jupyter(folder))
        view, _ = stack.enter_context(page(stack.enter_context(chromium())))
        open_notebook(view, address, "live.ipynb")
        run_all(view)
        view.locator(".hs-lab").wait_for(timeout=60_000)
        ask_kernel(view, "lab.train(block=True)")  # the body is pretrained once, and warm
        results: dict[str, object] = {
            "first_paint": [_click(view, "Train", PAINTED, idle=True) for _ in range(10)],
            "first_paint_new": [_clicked_on_new(view, 638 - 2 * i) for i in range(10)],
        }
        results["stop"] = {name: _stops(view, settings, wait) for name, settings, wait in STOPS}
        ask_kernel(view, "lab.regime, lab.messages, lab.epochs = 'full', 640, 20")
        pairs = [(json.loads(ask_kernel(view, LIVE)), _headless(folder)) for _ in range(runs)]
    results["live"], results["headless"] = [live for live, _ in pairs], [alone for _, alone in pairs]
    return results | {"machine": asdict(this_machine()) | {"threads": 1}}


STOPS = (
    ("full, 640 messages", "'full', 640", 1.0),
    ("full, 80,000 messages, in the middle of an epoch", "'full', 80_000", 4.0),
    ("head-only, 80,000 messages, while the prefix is computed", "'head-only', 80_000", 4.0),
)


def _stops(view: Page, settings: str, wait: float, times: int = 5) -> list[float]:
    """Seconds from the click on Stop to the painted end, `wait` seconds after Train, so in the middle of the work."""
    seconds = []
    ask_kernel(view, f"lab.regime, lab.messages = {settings}\nlab.epochs = 50")
    for _ in range(times):
        view.locator(".hs-lab").get_by_role("button", name="Train", exact=True).click()
        view.wait_for_timeout(1000 * wait)
        seconds.append(_click(view, "Stop", STOPPED))
    return seconds


def _clicked_on_new(view: Page, messages: int) -> float:
    """Seconds to the first painted epoch where no run has had just these messages before."""
    ask_kernel(view, f"lab.messages = {messages}")
    return _click(view, "Train", PAINTED, idle=True)


def _click(view: Page, name: str, ready: str, *, idle: bool = False) -> float:
    """Seconds from a click until the page shows that it is `ready`."""
    view.wait_for_function(ENABLED, arg=name, timeout=60_000)
    view.wait_for_timeout(200)
    seconds = view.evaluate(CLICK, [name, ready])
    if idle:
        view.wait_for_selector('.hs-lab[data-phase="idle"]', timeout=60_000)
    return seconds


def _headless(folder: Path) -> float:
    """Seconds of the same training in a process of its own that nobody watches."""
    environment = os.environ | {"HEADSWAP_CACHE": str(folder / ".cache")}
    done = subprocess.run([sys.executable, "-c", HEADLESS], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def text(results: dict) -> str:
    """The numbers as a table, each with its target."""
    paints = [("again", results["first_paint"]), ("new messages", results["first_paint_new"])]
    live, headless = [run["seconds"] for run in results["live"]], results["headless"]
    kernel = [1000 * seconds for run in results["live"] for seconds in run["kernel"]]
    sizes = [size for run in results["live"] for size in run["bytes"]]
    ratio = median(a / b for a, b in zip(live, headless, strict=True))
    stops = [
        (f"Stop: {name}", f"{median(s):.3f} s", f"{max(s):.3f} s", "<= 0.15 s") for name, s in results["stop"].items()
    ]
    took = f"{median(live):.2f} s / {median(headless):.2f} s"
    table = [
        ("what", "median", "largest", "target"),
        *((f"click to first painted epoch, head-only, {how}", f"{median(s):.3f} s", f"{max(s):.3f} s", "<= 0.15 s")
          for how, s in paints),
        *stops,
        ("full, live against headless", f"{ratio:.3f}x", took, "<= 1.05x"),
        ("kernel time per epoch told", f"{median(kernel):.2f} ms", f"{max(kernel):.2f} ms", "<= 0.5 ms"),
        ("bytes per epoch told", f"{median(sizes):,.0f}", f"{max(sizes):,}", "<= 4,000"),
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    rows = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in table]
    m = results["machine"]
    head = f"{m['cpu']}, {m['cores']} cores, {m['threads']} thread of torch {m['torch']}, Chromium, {m['date']}"
    return "\n".join([head, "", *rows])


if __name__ == "__main__":
    sys.exit(main())
