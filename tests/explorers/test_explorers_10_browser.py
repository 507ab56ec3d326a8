"""Lent and mixed adapters as a person meets them: JupyterLab 4, a real Chromium, mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Site, notebook, set_theme
from playwright.sync_api import Page
from test_explorers_browser import CONTRAST, CUT_OFF, block, shown

from headswap.explorers.fused import SETS, recorded_sets

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
CELL = "from headswap.explorers import fused\n\nfused()"
ROW = recorded_sets()[SETS["practice"]]


@pytest.fixture
def opened(site: Site) -> Iterator[Page]:
    """A page with the picture; at its end nothing was asked of the network and no error was said."""
    with notebook(site, CELL, height=1000) as (view, _):
        shown(view).get_by_text("fusion minus spam's own adapter").wait_for(timeout=60_000)
        yield view


def test_shares_stand_in_the_cells_and_the_keyboard_reads_them_out(opened: Page) -> None:
    grid = block(opened, "Whose adapter the fusion uses")
    assert grid.locator(".hs-numbers text").count() == 8
    grid.get_by_role("img").focus()
    opened.keyboard.press("End")
    share = 100 * ROW["shares"][-1][-1]
    said = f"row 1 Block 2, column 4 own: {share:.0f} %" if share >= 9.95 else "row 1 Block 2, column 4"
    grid.get_by_role("status").get_by_text(said).wait_for()
    rows = block(opened, "F1 of each contender").locator("tbody tr").all_inner_texts()
    assert len(rows) == len(ROW["contenders"])
    for one, text in zip(ROW["contenders"], rows, strict=True):
        assert one["name"] in text and f"{one['f1'][0]:.3f} (" in text
        assert ("luck" in text) == ("ahead" in one), "every difference has its verdict in words"


def test_both_themes_have_contrast_and_nothing_overflows_at_400_pixels(opened: Page) -> None:
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        set_theme(opened, theme)
        opened.wait_for_timeout(300)
        assert opened.evaluate(CONTRAST) == []
    shown(opened).evaluate("e => { e.parentElement.style.width = '400px'; e.parentElement.style.flex = 'none' }")
    opened.wait_for_timeout(400)
    assert shown(opened).evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    assert shown(opened).locator("svg text").evaluate_all(CUT_OFF) == [], "a label is cut off"
