"""Many runs in one look, in a real browser: points as they come in, a sweep's slider, a click on a run.

Regimes on a random body need no schooling, so that nobody waits for it here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from browser import CHROMIUM, CONTRAST, SCREENS, Heard, Site, ask_kernel, notebook, set_theme
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from test_lab_browser import CELLS_LEFT, lab, wait_phase

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

CELL = """from headswap.lab import Lab
lab = Lab(epochs=2, messages=40, max_len=8)
lab"""
POINTS = "document.querySelectorAll('.hs-contenders path.hs-seed').length"
SAYS = "document.querySelector('.hs-comparetop .hs-status').innerText"

# What reaches beyond the lab's right edge.
WIDE = """e => [...e.querySelectorAll('*')].filter(n => n.checkVisibility() && !n.closest('svg, .hs-scroll')
  && n.getBoundingClientRect().right > e.getBoundingClientRect().right + 1).map(n => n.className)"""


@pytest.fixture
def plain(site: Site) -> Iterator[tuple[Page, Heard]]:
    with notebook(site, CELL, height=1000) as (view, heard):
        lab(view).wait_for(timeout=60_000)
        yield view, heard


def face(view: Page, name: str) -> None:
    lab(view).locator("button.hs-face", has_text=name).click()


def compare(view: Page, *regimes: str, seeds: int = 2) -> None:
    """Choose by mouse and keys what to compare, and press the button."""
    face(view, "Compare")
    lab(view).locator(".hs-chip").first.wait_for()  # `all` waits for nothing
    for chip in lab(view).locator(".hs-chip").all():
        if (chip.get_attribute("aria-pressed") == "true") != (chip.inner_text().strip("✓ ") in regimes):
            chip.click()
    field = lab(view).locator("[data-control=seeds] input")
    field.fill(str(seeds))
    field.press("Enter")
    lab(view).locator(".hs-do-compare").click()


def compared(view: Page, *regimes: str, seeds: int = 2) -> None:
    """The same, and wait until all of it is drawn and told."""
    compare(view, *regimes, seeds=seeds)
    many = len(regimes) * seeds
    wait_points(view, many)
    wait_says(view, f"{many} of {many} runs")


def wait_says(view: Page, words: str) -> None:
    """Wait for the status line; a timeout that doesn't tell what it said instead helps nobody."""
    try:
        view.wait_for_function(f"{SAYS}.startsWith('{words}')")
    except PlaywrightTimeout:
        phase = ask_kernel(view, "print(lab._contest.story() and lab._contest._state())")
        raise AssertionError(f"said {view.evaluate(SAYS)!r}, not {words!r}; the kernel: {phase}") from None


def wait_points(view: Page, many: int) -> None:
    view.wait_for_function(f"{POINTS} >= {many}", timeout=90_000)


def test_two_regimes_over_two_seeds_by_mouse(plain: tuple[Page, Heard]) -> None:
    """Started by a click, drawn as runs end, a headline that says what is luck; and the numbers are Python's."""
    view, heard = plain
    compared(view, "frozen-random", "scratch")
    said = lab(view).locator(".hs-headline").inner_text()
    assert "luck" in said and "frozen-random" in said
    f1 = json.loads(
        ask_kernel(view, "import json; print(json.dumps(lab.comparison().groupby('regime').f1.mean().to_dict()))")
    )
    rows = lab(view).locator(".hs-contenders tbody tr").all_inner_texts()
    for name, mean in f1.items():
        assert any(name in row and f"{mean:.3f}" in row for row in rows), (name, mean, rows)
    assert heard.console == []


def test_a_click_on_a_point_shows_that_run_without_training_it(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    compared(view, "frozen-random", "scratch", seeds=1)
    lab(view).locator(".hs-contenders tbody tr").nth(1).locator("path.hs-seed").click(force=True)
    lab(view).locator("[data-hs=curves] .hs-runname").wait_for()
    view.wait_for_function("document.querySelector('.hs-lab').dataset.run === '1'")
    assert "frozen-random" in lab(view).locator("[data-hs=curves] .hs-runname").inner_text()
    assert ask_kernel(view, "print(len(lab.runs), lab.runs[0].model)").strip() == "1 None"
    face(view, "Compare")
    assert view.evaluate(POINTS) == 2


def test_stop_in_the_middle_keeps_what_is_finished(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    ask_kernel(view, "lab.epochs, lab.messages = 12, 640")
    compare(view, "scratch", seeds=12)
    wait_points(view, 1)
    lab(view).locator(".hs-do-halt").click()
    view.wait_for_function(f"{SAYS}.startsWith('stopped')", timeout=5_000)
    done = view.evaluate(POINTS)
    assert 1 <= done < 12
    assert ask_kernel(view, "print(len(lab.compared.results))").strip() == str(done)
    face(view, "One run")
    lab(view).locator(".hs-do-train").click()
    wait_phase(view, "training")
    lab(view).locator(".hs-do-stop").click()
    wait_phase(view, "idle")


def test_the_slider_along_a_sweep_moves_rows_and_matrix_within_a_frame(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    ask_kernel(view, "lab.compare(('scratch', 'frozen-random'), 2, 'messages', (20, 40, 80), block=True)")
    wait_points(view, 4)
    slider = lab(view).get_by_role("slider", name="Training messages")
    slider.focus()
    texts = set()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        view.keyboard.press(key)
        view.wait_for_timeout(60)
        texts.add(" ".join(lab(view).locator(".hs-contenders tbody tr").all_inner_texts()))
    assert len(texts) == 3, "each value has its own rows"
    took = view.evaluate(
        """() => new Promise(done => { const s = document.querySelector('.hs-along input'); s.value = 0;
        const began = performance.now(); s.dispatchEvent(new Event('input', {bubbles: true}));
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began))); })"""
    )
    assert took < 100, f"{took} ms for two frames"
    assert lab(view).locator(".hs-sweep .hs-headline, .hs-sweep h4").inner_text().startswith("F1 by training messages")


def test_keys_of_the_face_are_its_own(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    face(view, "Compare")
    cells = view.evaluate(CELLS_LEFT)
    for selector in (
        ".hs-chip",
        "[data-control=seeds] input",
        "[data-control=vary] select",
        ".hs-do-compare",
        ".hs-face",
    ):
        lab(view).locator(selector).first.focus()
        for key in ("x", "b", "ArrowDown"):
            view.keyboard.press(key)
        assert view.evaluate(CELLS_LEFT) == cells, selector
    view.keyboard.press("Enter")  # on the way back
    view.wait_for_function("document.activeElement.innerText === 'Compare'")  # the keys are not lost with the face


def test_a_page_that_is_opened_anew_shows_the_comparison(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    compared(view, "frozen-random", "scratch")
    before = lab(view).locator(".hs-contenders").inner_text()
    ask_kernel(view, "lab._hello()")
    view.wait_for_timeout(300)
    assert lab(view).locator(".hs-contenders").inner_text() == before


@pytest.mark.parametrize("theme, width", [("Light", 1280), ("Dark", 1280), ("Light", 640), ("Light", 400)])
def test_it_can_be_read_light_and_dark_wide_and_narrow(plain: tuple[Page, Heard], theme: str, width: int) -> None:
    view, _ = plain
    set_theme(view, f"JupyterLab {theme}")
    ask_kernel(view, "lab.compare(('scratch', 'frozen-random'), 2, block=True)")
    wait_points(view, 4)
    lab(view).evaluate("(e, width) => { e.style.width = `${width}px`; }", width)
    view.wait_for_timeout(400)
    lab(view).screenshot(path=SCREENS / f"compare-{theme.lower()}-{width}.png")
    assert view.evaluate(CONTRAST) == []
    assert lab(view).evaluate(WIDE) == []
