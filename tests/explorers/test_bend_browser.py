"""The plane of lesson 08 as a person meets it: by keyboard, in both themes, narrow, in forced colours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Heard, Site, ask_kernel, notebook, set_theme
from playwright.sync_api import Locator, Page
from test_explorers_browser import CONTRAST, CUT_OFF, shown, still

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
CELL = """
from headswap.explorers import bend
explorer = bend()
explorer
"""


@pytest.fixture
def opened(site: Site) -> Iterator[Page]:
    with notebook(site, CELL, height=900) as (view, heard):
        shown(view).get_by_text("guessing gets 50 %").wait_for(timeout=60_000)
        yield view
        assert isinstance(heard, Heard)


def picture(view: Page) -> Locator:
    return shown(view).locator("svg.hs-field")


def test_by_keyboard_a_straight_line_becomes_a_bend_and_picture_and_numbers_follow(opened: Page) -> None:
    before = picture(opened).locator(".hs-f-turn").get_attribute("d")
    assert "A linear head: a straight line: it says exactly one in" in (
        picture(opened).get_attribute("aria-label") or ""
    )
    opened.get_by_role("slider", name="Hidden units").focus()
    for _ in range(2):
        opened.keyboard.press("ArrowRight")
    shown(opened).get_by_text("a straight line gets").wait_for()
    shown(opened).locator('.hs-panel[aria-label="A head with 4 hidden units"]').wait_for()
    assert picture(opened).locator(".hs-f-turn").get_attribute("d") != before
    assert "'units': 4" in ask_kernel(opened, "print(explorer.value)")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_text_has_contrast_in_both_themes(opened: Page, theme: str) -> None:
    set_theme(opened, theme)
    ask_kernel(opened, "explorer.set(task='spam or ham', labels=20, units=64)")
    shown(opened).locator('.hs-panel[aria-label="A head with 64 hidden units"]').wait_for()
    still(opened, f"bend-{theme.split()[-1].lower()}")
    assert opened.evaluate(CONTRAST) == []


@pytest.mark.parametrize("width", [400, 700, 1000])
def test_nothing_is_cut_off(opened: Page, width: int) -> None:
    shown(opened).evaluate(f"e => {{ e.parentElement.style.width = '{width}px'; e.parentElement.style.flex = 'none' }}")
    still(opened, f"bend-{width}")
    assert shown(opened).evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    over = """all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.ariaLabel)"""
    assert shown(opened).locator(".hs-panel").evaluate_all(over) == []
    assert picture(opened).locator("text").evaluate_all(CUT_OFF) == []


def test_in_forced_colours_both_sides_the_line_and_the_points_are_still_drawn(opened: Page) -> None:
    opened.emulate_media(forced_colors="active")
    still(opened, "bend-forced")
    look = "e => [getComputedStyle(e).fill, getComputedStyle(e).stroke]"
    surest = picture(opened).locator(".hs-f-no").first, picture(opened).locator(".hs-f-yes").last
    sides = [side.evaluate(look)[0] for side in surest]
    paper = shown(opened).evaluate("e => getComputedStyle(e).backgroundColor")
    assert len({*sides, paper}) == 3
    assert picture(opened).locator(".hs-f-turn").evaluate(look)[1] not in ("none", paper)


def test_the_points_are_there_as_a_table(opened: Page) -> None:
    ask_kernel(opened, "explorer.set(labels=20)")
    shown(opened).get_by_text("of 20 right").wait_for()
    shown(opened).locator("details summary", has_text="as a table").click()
    shown(opened).locator("details tbody tr").nth(19).wait_for()
    assert shown(opened).locator("details tbody tr").count() == 20
