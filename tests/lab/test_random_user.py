"""A user who does anything, in any order: no error, no stuck state, and what is shown is what Python knows."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from contextlib import suppress

from agreement import differences, of_comparison
from browser import Heard, Site, ask_kernel, fresh_notebook
from playwright.sync_api import Page, TimeoutError
from random_user import RANDOM, RARE
from test_lab_browser import CELL, SHOWN, lab, press, pytestmark, shown

__all__ = ["pytestmark"]

ACTIONS, SEED = int(os.environ.get("HEADSWAP_ACTIONS", "200")), int(os.environ.get("HEADSWAP_SEED", "0"))
CHECKS = 5
SAYS = """() => { const lab = document.querySelector(".hs-lab"), { shell } = window.jupyterapp;
  const kernel = shell.currentWidget?.sessionContext?.session?.kernel;
  return [lab?.dataset.phase, ...[...lab?.querySelectorAll(".hs-status") ?? []].map(e => e.textContent),
    ...[...shell.widgets("main")].map(one => (one === shell.currentWidget ? "in front: " : "") + one.title.label),
    kernel?.status, kernel?.connectionStatus, document.activeElement?.outerHTML.slice(0, 200)] }"""
AT_REST = "['idle', 'failed'].includes(document.querySelector('.hs-lab')?.dataset.phase)"
# A comparison under way has its bar drawn; the face that shows it must be open.
COMPARED = "document.querySelector('.hs-lab .hs-comparetop progress').classList.contains('hs-off')"
CAN_STOP = "document.querySelector('.hs-lab .hs-do-{}')?.ariaDisabled !== 'true'"


def test_a_random_user_leaves_no_error_no_stuck_state_and_a_true_table(site: Site) -> None:
    """HEADSWAP_ACTIONS=1000 HEADSWAP_SEED=7 makes it longer, and another one."""
    with fresh_notebook(site, "random", CELL) as (view, heard):
        lab(view).wait_for(timeout=60_000)
        _random_user(view, heard, SEED)


def _random_user(view: Page, heard: Heard, seed: int) -> None:
    rng = random.Random(seed)
    names = rng.choices(list(RANDOM), [weight for weight, _ in RANDOM.values()], k=ACTIONS)
    for name, (often, _) in RARE.items():
        for n in rng.sample(range(ACTIONS), max(1, often * ACTIONS // 500)):
            names[n] = name
    done: list[str] = []
    try:
        for n, name in enumerate(names, 1):
            done.append(f"{n} {name}")
            done[-1] += f" {(RANDOM | RARE)[name][1](view, rng.random(), rng.random())}"
            assert heard.console == []
            if n % (ACTIONS // CHECKS) == 0:
                _rests_and_agrees(view)
        ask_kernel(
            view, "lab.epochs, lab.regime, lab.messages, lab.data, lab.face = 3, 'head-only', 640, 'fixture', 'run'"
        )
        before = len(shown(view))
        press(view, "Train")
        view.wait_for_function(f"({SHOWN})().length === {before + 1} && {AT_REST}", timeout=120_000)
        _rests_and_agrees(view)
        assert shown(view)[-1]["outcome"].startswith("done")
    except Exception as error:
        page = view.evaluate(SAYS)
        raise AssertionError(f"seed {seed}, after {'; '.join(done[-15:])}\n{page}\n{error}") from error


def _rests_and_agrees(view: Page) -> None:
    """Stop what runs, on either face; then the browser rests, and both faces say what Python knows."""
    view.wait_for_timeout(200)  # an order of a moment ago may still be on its way to Python
    _open(view, "compare")
    _stop(view, "halt", COMPARED)
    _agrees(view, of_comparison)
    _open(view, "run")
    _stop(view, "stop", AT_REST)
    _agrees(view, differences)


def _open(view: Page, face: str) -> None:
    """Ask Python for a face until the page shows it: a click of the user's own may still be on its way, and wins."""
    there = f"document.querySelector('.hs-lab .hs-compareface').hidden === {str(face == 'run').lower()}"
    for patience in (3_000, 6_000, 12_000, 24_000):
        ask_kernel(view, f"lab.face = {face!r}")
        with suppress(TimeoutError):
            view.wait_for_function(there, timeout=patience)
            return
    assert view.evaluate(there), f"the page does not show {face}; Python says {ask_kernel(view, 'print(lab.face)')}"


def _stop(view: Page, name: str, rests: str) -> None:
    view.wait_for_function(f"{rests} || {CAN_STOP.format(name)}")
    lab(view).locator(f".hs-do-{name}").evaluate("e => e.click()")
    view.wait_for_function(rests, timeout=30_000)


def _agrees(view: Page, wrong_in: Callable[[Page], list[str]]) -> None:
    end = time.monotonic() + 5
    while (wrong := wrong_in(view)) and time.monotonic() < end:
        view.wait_for_timeout(50)
    assert not wrong
