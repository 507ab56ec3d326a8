"""One body with many heads, as a person meets it: JupyterLab 4, a real Chromium, mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Site, notebook
from playwright.sync_api import Locator, Page
from test_explorers_browser import shown

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
CELL = """
from headswap import Recipe, Shelf, run_regime
from headswap.explorers import lesson_base, many_heads, question_split

base = lesson_base()
shelf = Shelf(base)
for task in ("spam", "comma", "exactly one"):
    split = question_split(task, 80)
    shelf.put(task, run_regime(base, split, "head-only", Recipe(epochs=10)), split.label_names)
many_heads(shelf)
"""

BEYOND = """all => all.filter(e => {
  const [a, b] = [e.getBoundingClientRect(), e.closest('.hs-k').getBoundingClientRect()];
  return a.left < b.left - 1 || a.right > b.right + 1 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth;
}).map(e => e.className)"""


@pytest.fixture
def opened(site: Site) -> Iterator[Page]:
    """A page with the picture; at its end nothing was asked of the network and no error was said."""
    with notebook(site, CELL, height=900) as (view, _):
        shown(view).get_by_text("1 pass", exact=True).wait_for(timeout=60_000)
        yield view


def row(view: Page, task: str) -> Locator:
    return shown(view).locator(".hs-k-head", has_text=task).first


def test_a_head_is_taken_off_and_put_back_by_the_keyboard_and_keeps_the_focus(opened: Page) -> None:
    box = row(opened, "comma").get_by_role("checkbox")
    box.focus()
    opened.keyboard.press("Space")
    row(opened, "comma").get_by_text("taken off").wait_for()
    shown(opened).get_by_text("The body reads the message once for both heads.").wait_for()
    assert box.evaluate("e => e === document.activeElement")
    opened.keyboard.press("Space")
    shown(opened).get_by_text("once for all 3 heads.").wait_for()


def test_typing_asks_every_head_anew(opened: Page) -> None:
    bars = shown(opened).get_by_role("meter")
    before = [bar.get_attribute("aria-valuetext") for bar in bars.all()]
    shown(opened).get_by_role("textbox", name="Message").fill("win cash now, call 0800")
    opened.wait_for_function(
        "before => [...document.querySelectorAll('.hs-k-heads [role=meter]')]"
        ".every((e, i) => e.getAttribute('aria-valuetext') !== before[i])",
        arg=before,
    )


def test_nothing_reaches_over_the_edge_on_a_narrow_page(opened: Page) -> None:
    for width in (1280, 900):
        opened.set_viewport_size({"width": width, "height": 900})
        opened.wait_for_timeout(300)
        assert shown(opened).locator(".hs-k-head *").evaluate_all(BEYOND) == []
