"""What must not move under the mouse, and where the keys are after a click, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Site, notebook
from playwright.sync_api import Page
from test_lab_browser import lab, press, wait_kernel
from test_machine_browser import (
    PLAIN,
    TEXT,
    plate,
    playing,
    regime,
    results,
    trained,
    typed,
    wait_presented,
    wait_regime,
    wait_state,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

# Where the machine and its parts are, counted from the top of the lab, in every frame from now on.
WATCHED = """() => {
  const lab = document.querySelector('.hs-lab');
  const top = e => Math.round(e.getBoundingClientRect().top - lab.getBoundingClientRect().top);
  window.tops = [];
  const look = () => {
    const now = top(lab.querySelector('[data-hs=machine]'));
    const last = window.tops.at(-1);
    if (last?.[1] !== now) window.tops.push([window.doing, now]);
    requestAnimationFrame(look);
  };
  look();
}"""
PARTS = """() => {
  const top = e => e.getBoundingClientRect().top;
  return [...document.querySelectorAll('.hs-lab .hs-m-layer')]
    .map(e => [e.dataset.key, Math.round(top(e) - top(e.closest('.hs-m')))]);
}"""


@pytest.fixture
def opened(site: Site) -> Iterator[Page]:
    """A lab as a learner meets it, on a page as large as a laptop's screen."""
    with notebook(site, PLAIN, height=800) as (view, _):
        lab(view).wait_for(timeout=60_000)
        yield view


def test_nothing_that_happens_moves_the_machine_or_its_parts(opened: Page) -> None:
    view = opened
    wait_state(view, "block[1]", "frozen")
    parts = view.evaluate(PARTS)
    view.evaluate(WATCHED)

    def doing(what: str) -> None:
        view.evaluate("what => { window.doing = what }", what)

    doing("a click on Block 2")
    plate(view, "block[1]").locator(".hs-m-name").click()
    wait_state(view, "block[1]", "learns")
    wait_regime(view, "built by hand")
    assert view.evaluate(PARTS) == parts, "the next click hits what is seen"
    doing("Train")
    trained(view)
    assert view.evaluate(PARTS) == parts
    doing("another regime")
    regime(view).select_option("head-only")
    wait_state(view, "block[1]", "frozen")
    assert view.evaluate(PARTS) == parts
    trained(view, 2)
    doing("Replay")
    lab(view).locator("[data-hs=play] button").click()
    playing(view, True)
    playing(view, False)
    doing("the slider")
    lab(view).get_by_role("slider", name="Epoch", exact=True).fill("3")
    doing("a text")
    typed(view, TEXT)
    results(view, 2)
    typed(view, "")
    doing("swap")
    lab(view).locator(".hs-m-swap").click()
    wait_state(view, "head", "waiting")
    doing("Train under the old head")
    trained(view, 3)
    wait_state(view, "head", "learns")
    assert view.evaluate("window.tops.length") == 1, view.evaluate("window.tops")


FOCUS = "document.activeElement === document.querySelector('.hs-lab')"
COVERED = """() => {
  const box = s => document.querySelector(`.hs-lab ${s}`).getBoundingClientRect();
  const [chip, words] = [box('[data-fold=settings] > summary'), box('[data-hs=diagnosis]')];
  return chip.right > words.left && chip.left < words.right && chip.bottom > words.top && chip.top < words.bottom;
}"""


def test_a_click_anywhere_lets_the_keys_of_the_lab_work_and_nothing_is_covered(opened: Page) -> None:
    view = opened
    view.set_viewport_size({"width": 1600, "height": 1000})
    lab(view).locator("[data-fold=runs] > summary").click()
    trained(view)
    lab(view).locator("[data-hs=diagnosis] p").first.click()
    scroller = "document.querySelector('.jp-WindowedPanel-outer, .jp-Notebook').scrollTop"
    before = view.evaluate(scroller)
    for key in ("Escape", "p"):
        view.keyboard.press("p")
        wait_presented(view, True)
        assert not view.evaluate(COVERED)
        view.keyboard.press(key)
        wait_presented(view, False)
        assert view.evaluate(FOCUS)
        assert view.evaluate(scroller) == before
    typed(view, TEXT)
    results(view, 2)
    for way in ("close", "Escape", "Escape on the button"):
        inside = lab(view).get_by_role("button", name="Look inside Block 2")
        inside.click()
        zoom = lab(view).locator(".hs-m-zoom")
        zoom.get_by_text("Inside Block 2").wait_for()
        if way == "close":
            zoom.get_by_role("button", name="close").click()
        else:
            if way == "Escape":
                zoom.get_by_role("button", name="close").focus()
            view.keyboard.press("Escape")
        zoom.wait_for(state="hidden")
        assert inside.evaluate("e => e === document.activeElement"), "the keys are where they came from"
    lab(view).locator("[data-hs=runs] .hs-do-reset").scroll_into_view_if_needed()
    press(view, "Reset")
    wait_kernel(view, "0", "len(lab.runs)")
    view.wait_for_function(
        """() => { const at = document.querySelector('.hs-lab [data-hs=diagnosis]').getBoundingClientRect();
        return at.top >= 0 && at.bottom <= innerHeight }""",
        timeout=10_000,
    )
