"""How far each layer moves, as a person meets it: JupyterLab 4, a real Chromium, mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Site, notebook, set_theme
from playwright.sync_api import Locator, Page
from test_explorers_browser import CONTRAST, CUT_OFF, block, shown

from headswap.explorers.movement import recorded_rows

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
CELL = "from headswap.explorers import movement\n\nmovement()"
FULL = recorded_rows()["full", 0.001]


@pytest.fixture
def opened(site: Site) -> Iterator[Page]:
    """A page with the picture; at its end nothing was asked of the network and no error was said."""
    with notebook(site, CELL, height=900) as (view, _):
        shown(view).get_by_text("F1, ham or spam").wait_for(timeout=60_000)
        yield view


def grid(view: Page) -> Locator:
    return block(view, "How far from the start")


def test_the_keyboard_moves_the_rate_and_every_picture_follows(opened: Page) -> None:
    rate = shown(opened).get_by_role("slider", name="Learning rate")
    assert rate.get_attribute("aria-valuetext") == "0.001"
    rate.focus()
    opened.keyboard.press("End")
    high = recorded_rows()["full", 0.01]
    shown(opened).locator(".hs-result strong", has_text=f"{high['left'][0]:,.0f}").wait_for()
    assert rate.get_attribute("aria-valuetext") == "0.01"
    assert rate.evaluate("e => e === document.activeElement"), "painting keeps the focus"


def test_the_numbers_stand_in_the_cells_and_are_read_out_with_their_unit(opened: Page) -> None:
    picture = grid(opened).get_by_role("img")
    assert "5 rows by 7 columns, shades from 0 % to 100 % or more" in (picture.get_attribute("aria-label") or "")
    assert grid(opened).locator(".hs-numbers text").count() == 35
    picture.focus()
    opened.keyboard.press("End")
    said = f"row 1 Head, column 7 20: {FULL['moved']['head'][-1]:,.0f} %"
    grid(opened).get_by_role("status").get_by_text(said).wait_for()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_text_has_contrast_on_every_shade_in_both_themes(opened: Page, theme: str) -> None:
    set_theme(opened, theme)
    for key in ("Home", "End"):
        shown(opened).get_by_role("slider", name="Learning rate").focus()
        opened.keyboard.press(key)
        opened.wait_for_timeout(300)
        assert opened.evaluate(CONTRAST) == []


def test_nothing_overflows_at_400_pixels(opened: Page) -> None:
    shown(opened).evaluate("e => { e.parentElement.style.width = '400px'; e.parentElement.style.flex = 'none' }")
    opened.wait_for_timeout(400)
    assert shown(opened).evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    assert shown(opened).locator("svg text").evaluate_all(CUT_OFF) == [], "a label is cut off"
