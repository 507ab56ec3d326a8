"""The lab as a person meets it: JupyterLab 4 and Notebook 7, a real Chromium, mouse and keyboard."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Heard, jupyter, open_notebook, page, run_all, set_theme, write_notebook
from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

CELL = "from headswap.lab import Lab\nlab = Lab(epochs=6)\nlab"
ASK = "print('RUNS', [(r.settings.regime, len(r.epochs), r.outcome) for r in lab.runs])"
SCREENS = Path(__file__).resolve().parents[1] / ".screenshots"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("jupyter")
    with jupyter(folder) as address:
        yield folder, address


@pytest.fixture
def opened(server: tuple[Path, str], request: pytest.FixtureRequest) -> Iterator[tuple[Page, Heard]]:
    """A page with a lab on it, its cell run; the test's name is the notebook's."""
    app = getattr(request, "param", "lab")
    folder, address = server
    name = re.sub(r"\W+", "-", request.node.name) + ".ipynb"
    write_notebook(folder / name, CELL)
    with page() as (view, heard):
        open_notebook(view, address, name, app)
        heard.console.clear()  # what Jupyter said of itself before there was a lab
        run_all(view)
        lab(view).wait_for(timeout=60_000)
        yield view, heard
        assert heard.outside == [], "a request left this machine"
        assert heard.console == [], "the console complains"


def lab(view: Page) -> Locator:
    return view.locator(".hs-lab")


def press(view: Page, name: str) -> None:
    lab(view).get_by_role("button", name=name, exact=True).click()


def wait_epoch(view: Page, epoch: int) -> None:
    """Wait until this epoch of a run of one's own, or a later one, is painted; fast epochs share a frame."""
    view.wait_for_function(
        """least => { const d = document.querySelector('.hs-lab')?.dataset;
        return Number(d?.run) > 0 && Number(d?.epoch) >= least }""",
        arg=epoch,
        timeout=60_000,
    )


def wait_phase(view: Page, phase: str) -> None:
    view.wait_for_selector(f'.hs-lab[data-phase="{phase}"]', timeout=60_000)


@pytest.mark.parametrize("opened", ["lab", "notebook"], indirect=True)
def test_train_step_stop_pin_reset_hover_click_and_try(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    press(view, "Train")
    wait_epoch(view, 6)
    wait_phase(view, "idle")
    counts = [int(text) for text in re.findall(r"true \w+, predicted \w+: (\d+)", _cells(view))]
    assert len(counts) == 4
    assert sum(counts) == 160
    lab(view).get_by_role("button", name=re.compile("true spam, predicted ham")).click()
    lab(view).get_by_role("textbox").last.fill("Claim your prize now")
    view.wait_for_function("document.querySelector('.hs-lab [data-hs=try]').innerText.match(/0\\.\\d|\\d ?%/)")
    slider = lab(view).get_by_role("slider", name="Epoch shown")
    slider.focus()
    slider.press("ArrowLeft")
    assert "5" in (slider.get_attribute("aria-valuetext") or "")
    slider.press("Escape")
    press(view, "Pin")
    press(view, "Step")
    wait_phase(view, "paused")
    press(view, "Stop")
    wait_phase(view, "idle")
    rows = lab(view).locator("[data-hs=runs] tbody tr")
    assert rows.count() == 2
    press(view, "Reset")
    own = "[...document.querySelectorAll('.hs-lab [data-hs=runs] tr[data-run]')].filter(r => Number(r.dataset.run) > 0)"
    view.wait_for_function(f"{own}.length === 0")  # only recorded runs are left


def test_a_page_reloaded_in_the_middle_of_a_run_shows_all_of_it(server: tuple[Path, str]) -> None:
    folder, address = server
    write_notebook(folder / "reload.ipynb", CELL.replace("epochs=6", "epochs=60, regime='full'"))
    with page() as (view, heard):
        open_notebook(view, address, "reload.ipynb")
        run_all(view)
        lab(view).wait_for(timeout=60_000)
        press(view, "Train")
        wait_epoch(view, 3)
        view.evaluate("() => { window.jupyterapp.commands.execute('docmanager:save') }")
        view.wait_for_timeout(1000)
        view.reload()
        lab(view).wait_for(timeout=60_000)
        wait_epoch(view, 6)
        lab(view).locator("[data-hs=curves] summary").click()
        rows = "document.querySelectorAll('.hs-lab [data-hs=curves] details tbody tr').length"
        view.wait_for_function(f"{rows} >= 5")  # the epochs before the reload are there too
        press(view, "Stop")
        wait_phase(view, "idle")
        assert heard.outside == []


def test_the_keyboard_alone_drives_a_whole_run(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    lab(view).get_by_role("button", name="Train", exact=True).focus()
    view.keyboard.press("Enter")
    wait_epoch(view, 6)
    wait_phase(view, "idle")
    for _ in range(40):
        view.keyboard.press("Tab")
        inside = view.evaluate("document.activeElement?.closest('.hs-lab') !== null")
        if not inside:
            break
        name = view.evaluate("(e => e.labels?.[0]?.innerText || e.ariaLabel || e.innerText)(document.activeElement)")
        assert name, "every control that the keyboard reaches has a name"


CONTRAST = """() => {
  const rgb = (text) => { const c = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    c.fillStyle = text; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; };
  const linear = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => { const f = [r, g, b].map(linear);
    return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c[3] > 250) return c; } return [255, 255, 255, 255]; };
  const bad = [];
  for (const e of document.querySelectorAll('.hs-lab *')) {
    const says = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!says || e.closest('svg, :disabled') || !e.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${e.textContent.slice(0, 40)}`);
    if (parseFloat(getComputedStyle(e).fontSize) < 11) bad.push(`small ${e.textContent.slice(0, 40)}`);
  }
  return bad;
}"""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_text_has_contrast_in_both_themes(opened: tuple[Page, Heard], theme: str) -> None:
    view, _ = opened
    set_theme(view, theme)
    press(view, "Train")
    wait_epoch(view, 6)
    view.wait_for_timeout(400)
    SCREENS.mkdir(exist_ok=True)
    lab(view).screenshot(path=str(SCREENS / f"{theme.split()[-1].lower()}.png"))
    assert view.evaluate(CONTRAST) == []


def test_nothing_overflows_at_400_pixels(server: tuple[Path, str]) -> None:
    folder, address = server
    write_notebook(folder / "narrow.ipynb", CELL)
    with page(1280, 800) as (view, _):
        open_notebook(view, address, "narrow.ipynb")
        run_all(view)
        lab(view).wait_for(timeout=60_000)
        press(view, "Train")
        wait_epoch(view, 6)
        lab(view).evaluate("e => { e.parentElement.style.width = '400px'; e.parentElement.style.flex = 'none' }")
        view.wait_for_timeout(400)
        SCREENS.mkdir(exist_ok=True)
        lab(view).screenshot(path=str(SCREENS / "narrow.png"))
        assert lab(view).evaluate("e => e.scrollWidth <= e.clientWidth + 1")


def test_a_random_user_leaves_no_error_and_no_stuck_state(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    rng = random.Random(0)
    for _ in range(150):
        _random_action(view, rng)
    if lab(view).get_attribute("data-phase") in ("training", "paused", "preparing"):
        press(view, "Stop")
    view.wait_for_function(
        "['idle', 'failed'].includes(document.querySelector('.hs-lab').dataset.phase)", timeout=60_000
    )
    press(view, "Train")
    view.wait_for_function(
        "['training', 'preparing', 'idle'].includes(document.querySelector('.hs-lab').dataset.phase)", timeout=60_000
    )
    wait_phase(view, "idle")


def _random_action(view: Page, rng: random.Random) -> None:
    kind = rng.choice(["button", "button", "select", "slider", "type", "key"])
    root = lab(view)
    if kind == "button":
        name = rng.choice(["Train", "Continue", "Stop", "Step", "Pin"])
        root.evaluate("(e, name) => [...e.querySelectorAll('button')].find(b => b.innerText === name)?.click()", name)
    elif kind == "select":
        select = root.locator("select:visible").nth(rng.randrange(2))
        options = select.locator("option").evaluate_all("all => all.map(o => o.value)")
        choice = rng.choice(options)
        if choice not in ("10240", "80000", "2560"):  # these would only take long
            select.select_option(choice)
    elif kind == "slider":
        root.get_by_role("slider", name=re.compile("Threshold")).fill(str(rng.randrange(1, 20) / 20))
    elif kind == "type":
        root.get_by_role("textbox").last.fill(rng.choice(["win", "", "hello Anna", "👍 claim"]))
    else:
        slider = root.get_by_role("slider", name="Epoch shown")
        slider.focus()
        slider.press(rng.choice(["ArrowLeft", "ArrowRight", "Escape", "Home", "End"]))


def _cells(view: Page) -> str:
    buttons = lab(view).locator("[data-hs=confusion] button")
    return "; ".join(buttons.evaluate_all("all => all.map(b => b.ariaLabel || b.title || b.innerText)"))
