"""One message seen in matrix, cloud and list at once, and what is done with single runs, by real mouse and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Heard, Site, ask_kernel, notebook
from playwright.sync_api import Page
from test_lab_browser import CELLS_LEFT, lab, labs, press, shown, wait_epoch, wait_kernel, wait_phase

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

CELL = "from headswap.lab import Lab\nlab = Lab(epochs=6, folds=('scatter', 'runs'))\nlab"
RINGS = """() => [...document.querySelector('.hs-lab .hs-ring').getAttribute('d').matchAll(/M([\\d.-]+) ([\\d.-]+)a/g)]
  .map(([, x, y]) => [Number(x) + 6.5, Number(y)])"""
TARGET = "document.querySelector('.hs-lab .hs-target').getAttribute('d')"
AT_TARGET = f"(([, x, y]) => [Number(x) + 9, Number(y)])({TARGET}.match(/M([\\d.-]+) ([\\d.-]+)a/))"
MARKED = "[...document.querySelectorAll('.hs-lab .hs-list [aria-selected=true] .hs-text')].map(e => e.textContent)"
IN_SIGHT = """() => {
  const row = document.querySelector('.hs-lab .hs-list [aria-selected=true]');
  const [at, around] = [row, row.parentElement].map(e => e.getBoundingClientRect());
  return at.top >= around.top - 1 && at.bottom <= around.bottom + 1 }"""
SCROLLED = "[...document.querySelectorAll('.jp-WindowedPanel-outer, .jp-Notebook')].map(e => e.scrollTop)"
FIXED = """
def right(run):
    return [said == truth for said, truth in zip(run.verdicts.predictions, run.verdicts.labels, strict=True)]
"""


@pytest.fixture
def trained(site: Site) -> Iterator[tuple[Page, Heard]]:
    """A lab with one run."""
    with notebook(site, CELL, height=1400) as (view, heard):
        lab(view).wait_for(timeout=60_000)
        press(view, "Train")
        wait_epoch(view, 6)
        wait_phase(view, "idle")
        yield view, heard


def test_a_cell_rings_its_points_and_a_point_opens_its_message(trained: tuple[Page, Heard]) -> None:
    view, _ = trained
    cell = lab(view).get_by_role("button", name=re.compile("true ham, predicted ham"))
    cell.click()
    many = int(re.findall(r"predicted ham: (\d+)", cell.get_attribute("aria-label") or "")[0])
    view.wait_for_function(f"({RINGS})().length === {many}")
    assert lab(view).locator(".hs-list").is_hidden()
    lab(view).locator(".hs-cloud").scroll_into_view_if_needed()
    before = view.evaluate(SCROLLED)
    x, y = view.evaluate(RINGS)[-1]
    lab(view).locator(".hs-cloud").click(position={"x": x, "y": y})
    lab(view).locator(".hs-list").wait_for()
    view.wait_for_function(f"({IN_SIGHT})()")
    assert view.evaluate(SCROLLED) == before, "the list scrolls, not the page"
    (text,) = view.evaluate(MARKED)
    wait_kernel(view, "True", f"({text!r}, 0) in lab.runs[0].held_out")
    x, y = view.evaluate(AT_TARGET)  # the list has taken some of the cloud's room
    lab(view).locator(".hs-cloud").click(position={"x": x, "y": y})
    view.wait_for_function(f"{MARKED}.length === 0 && {TARGET} === ''")


def test_the_keys_go_from_message_to_message_and_escape_lets_go(trained: tuple[Page, Heard]) -> None:
    view, _ = trained
    lab(view).locator("[data-fold=messages] > summary").click()
    lab(view).get_by_role("button", name=re.compile("true spam, predicted spam")).click()
    cells = view.evaluate(CELLS_LEFT)
    listed = lab(view).get_by_role("listbox", name="listed here")
    listed.focus()
    seen = set()
    for key in ("ArrowDown", "ArrowDown", "End", "ArrowUp", "x", "Home"):
        view.keyboard.press(key)
        view.wait_for_timeout(100)
        seen.add(view.evaluate(TARGET))
        assert view.evaluate(IN_SIGHT), key
    assert len(seen) >= 3 and view.evaluate(CELLS_LEFT) == cells
    chosen = lab(view).locator("[role=option][aria-selected=true]")
    assert listed.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    view.keyboard.press("Escape")
    view.wait_for_function(f"{MARKED}.length === 0 && {TARGET} === ''")


def test_what_one_run_fixed_and_broke_against_another_is_what_python_counts(trained: tuple[Page, Heard]) -> None:
    view, _ = trained
    press(view, "Pin")
    ask_kernel(view, "lab.regime, lab.epochs = 'full', 12")
    press(view, "Train")
    wait_epoch(view, 12)
    wait_phase(view, "idle")
    lab(view).locator("[data-fold=messages] > summary").click()
    first, second = "right(lab.runs[0])", "right(lab.runs[1])"
    counts = ask_kernel(view, f"{FIXED}\npairs = list(zip({first}, {second}))\n"
                        "print(pairs.count((False, True)), pairs.count((True, False)))").split()  # fmt: skip
    which = lab(view).get_by_role("combobox", name="Which to list")
    for value, many in zip(("fixed", "broken"), counts, strict=True):
        which.select_option(value)
        lab(view).locator("[data-hs=messages] h4", has_text=f"{value.capitalize()}: {many} ·").wait_for()
        assert lab(view).locator(".hs-list li").count() == int(many)
        view.wait_for_function(f"({RINGS})().length === {many}")
    assert int(counts[0]) > 0, "else this test shows little"
    which.select_option("fixed")
    said = lab(view).locator(".hs-both").first
    assert re.fullmatch(r"run 2: P\(spam\) 0\.\d+ → \w+ · run 1: 0\.\d+ → \w+", said.inner_text())


def test_a_row_s_menu_deletes_by_keyboard_and_that_can_be_undone(trained: tuple[Page, Heard]) -> None:
    view, _ = trained
    more = lab(view).get_by_role("button", name="more for run 1")
    more.focus()
    view.keyboard.press("Enter")
    view.get_by_role("menuitem", name="Copy as Python").wait_for()
    view.keyboard.press("Escape")
    view.wait_for_function("document.querySelector('.hs-lab .hs-menu').hidden")
    assert more.evaluate("e => e === document.activeElement")
    more.click()
    lab(view).locator("[data-hs=runs] h4").click()  # a click elsewhere
    view.wait_for_function("document.querySelector('.hs-lab .hs-menu').hidden")
    more.focus()
    for key in ("Enter", "ArrowDown"):
        view.keyboard.press(key)
    inside = """e => { const [a, b] = [e, e.closest('.hs-lab')].map(n => n.getBoundingClientRect());
      return a.bottom <= b.bottom && a.right <= b.right && a.left >= b.left }"""
    assert lab(view).get_by_role("menu").evaluate(inside)
    view.keyboard.press("Enter")
    wait_kernel(view, "[]", "[*lab.runs]")
    undo = lab(view).get_by_role("button", name="Undo delete")
    undo.wait_for()
    assert undo.evaluate("e => e === document.activeElement")
    view.keyboard.press("Enter")
    lab(view).locator("[data-hs=runs] tr[data-run='1']").wait_for()
    assert [row["run"] for row in shown(view)] == [1]


def test_a_run_s_settings_are_used_again_and_a_shared_line_makes_the_same_view(site: Site) -> None:
    with labs(site, CELL) as view:
        ask_kernel(view, "lab.regime, lab.epochs, lab.pool = 'last-block', 2, 'max'")
        press(view, "Train")
        wait_epoch(view, 2)
        wait_phase(view, "idle")
        press(view, "Pin")
        ask_kernel(view, "lab.regime, lab.epochs, lab.pool, lab.threshold = 'full', 3, 'mean', 0.25")
        lab(view).get_by_role("button", name="use the settings of run 1").click()
        wait_kernel(view, "('last-block', 2, 'max')", "(lab.regime, lab.epochs, lab.pool)")
        assert lab(view).get_by_role("combobox", name="Regime").input_value() == "last-block"
        ask_kernel(view, "lab.regime = 'full'")
        view.context.grant_permissions(["clipboard-read", "clipboard-write"])
        press(view, "Share")
        lab(view).locator("[data-hs=status]", has_text="Copied: Lab(regime='full'").wait_for()
        line = view.evaluate("navigator.clipboard.readText()")
        assert line == ask_kernel(view, "print(lab.line())").strip()
        ask_kernel(view, f"again = {line}\nagain.train(block=True)")
        same = "[(r.settings == s.settings, r.pinned) for r, s in zip(again.runs, [lab.runs[0]])], len(again.runs)"
        wait_kernel(view, "[(True, True)] 2", same)
        wait_kernel(view, "True", "again.runs[0].epochs[-1].probabilities == lab.runs[0].epochs[-1].probabilities")
        wait_kernel(view, "0.25 ['scatter', 'runs']", "again.threshold, again.folds")
