"""What a demanding user does: real keys on every control, files that fail, cells that block, kernels that end."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from browser import Site, fresh_notebook, notebook, notebook_in
from playwright.sync_api import Page, expect
from test_lab_browser import CELL, CELLS_LEFT, SCREENS, lab, press, wait_epoch, wait_kernel, wait_phase

from headswap.data.fixture import messages

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXPLORER = """
from headswap.explorers.controls import choice, slider, switch, text
from headswap.explorers.widget import Explorer, words
Explorer("Kinds", [text("t", "A text", "hi"), slider("n", "A number", 5, 0, 10), choice("c", "A choice", "one",
         ["one", "two", "three"]), switch("s", "A switch", False)], lambda v: [words("Said", repr(v))])
"""
KEYS = ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "Escape")
FOCUSABLE = "input:not([type=file]):visible, select:visible, button:visible, summary:visible, [tabindex='0']:visible"

# Give the control the keys, unless it is one that trains or none; what it is.
FOCUSED = """e => { if (e.disabled || e.matches('.hs-do-train, .hs-do-step, .hs-do-reset')) return '';
  e.focus(); return e.outerHTML.slice(0, 120) }"""


@pytest.fixture(params=["lab", "notebook"])
def both(site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A lab and an explorer in JupyterLab and in Notebook 7."""
    with notebook_in(request.param, site, CELL, EXPLORER) as (view, _):
        lab(view).wait_for(timeout=60_000)
        view.locator(".hs-explorer").wait_for(timeout=60_000)
        yield view


def test_keys_on_any_control_leave_the_notebook_alone_and_move_the_control(both: Page) -> None:
    cells = both.evaluate(CELLS_LEFT)
    for widget in (".hs-lab", ".hs-explorer"):
        count = both.locator(widget).locator(FOCUSABLE).count()
        assert count > 3
        for i in range(count):
            where = both.locator(widget).locator(FOCUSABLE).nth(i).evaluate(FOCUSED)
            if not where:
                continue
            for key in KEYS:
                both.keyboard.press(key)
            both.keyboard.type("xabddz00")
            left = f"[{CELLS_LEFT}, document.querySelectorAll('{widget}').length]"
            assert both.evaluate(left) == [cells, 1], where
    number = both.get_by_label("A number")
    number.focus()
    both.keyboard.press("Home")
    both.keyboard.press("ArrowRight")
    assert number.input_value() == "1"
    chosen = both.get_by_label("A choice")
    chosen.focus()
    both.keyboard.type("th")
    assert chosen.input_value() == "three"
    both.wait_for_function("document.querySelector('.hs-explorer').innerText.includes('three')")


def test_a_number_that_is_being_typed_survives_the_end_of_a_run(site: Site) -> None:
    with notebook(site, CELL) as (view, _):
        lab(view).wait_for(timeout=60_000)
        press(view, "Train")
        seed = lab(view).get_by_role("spinbutton", name="Seed")
        seed.focus()
        view.keyboard.press("Control+a")
        view.keyboard.type("12")
        wait_epoch(view, 6)
        wait_phase(view, "idle")
        view.keyboard.type("345")
        assert seed.input_value() == "12345"
        view.keyboard.press("Enter")
        wait_kernel(view, "12345", "lab.seed")  # ipywidgets holds a value back while the kernel answers the last one


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_a_kernel_that_is_restarted_is_told_in_lab_and_explorer(site: Site, app: str) -> None:
    with fresh_notebook(site, f"restart-{app}", CELL.replace("epochs=6", "epochs=200, regime='full'"), EXPLORER,
                        app=app) as (view, _):  # fmt: skip
        lab(view).wait_for(timeout=60_000)
        press(view, "Train")
        wait_epoch(view, 2)
        view.evaluate("() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart() }")
        lab(view).locator("[data-hs=status]", has_text="The kernel was restarted: run this cell again").wait_for()
        stop = lab(view).locator(".hs-do-stop")
        assert stop.get_attribute("aria-disabled") == "true"
        assert "running" not in lab(view).locator("[data-hs=runs]").inner_text()
        view.get_by_label("A number").focus()
        view.keyboard.press("ArrowRight")
        view.locator(".hs-explorer [role=alert]", has_text="run this cell again").wait_for()
        kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        view.wait_for_function(f"{kernel}.status === 'idle'", timeout=60_000)


def test_stop_says_so_while_a_cell_blocks_the_kernel(site: Site) -> None:
    block = "import time\nlab.train()\ntime.sleep(6)"
    with notebook(site, CELL.replace("epochs=6", "epochs=200, regime='full'"), "pass") as (view, _):
        lab(view).wait_for(timeout=60_000)
        view.evaluate(
            """code => { const k = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            k.requestExecute({ code }) }""",
            block,
        )
        wait_epoch(view, 1)
        press(view, "Stop")
        lab(view).locator("[data-hs=status]", has_text=re.compile("busy with another cell|run 1: stopped")).wait_for()
        wait_phase(view, "idle")
        expect(lab(view).locator(".hs-do-train")).to_be_focused()  # Stop is out of sight, and the keys go on from there


def table(classes: int) -> bytes:
    names = [
        "bill",
        "love",
        "work",
        "travel",
        "sport",
        "food",
        "music",
        "health",
        "news",
        "a kind with a rather long name",
    ]
    rows = [f"{names[i % classes]}\t{m.text} {i}" for i, m in enumerate(messages(40 * classes))]
    return ("label\ttext\n" + "\n".join(rows)).encode()


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_a_file_of_several_classes_trains_and_shows_them_all(site: Site, classes: int) -> None:
    with notebook(site, CELL) as (view, heard):
        lab(view).wait_for(timeout=60_000)
        content = {"name": "kinds.tsv", "mimeType": "text/tab-separated-values", "buffer": table(classes)}
        lab(view).locator("input[type=file]").set_input_files(content)
        lab(view).locator("[data-hs=status]", has_text="kinds.tsv: ").wait_for()
        press(view, "Train")
        wait_epoch(view, 6)
        wait_phase(view, "idle")
        assert lab(view).locator("[data-hs=confusion] .hs-cell").count() == classes**2
        SCREENS.mkdir(exist_ok=True)
        view.wait_for_timeout(400)
        lab(view).screenshot(path=str(SCREENS / f"classes-{classes}.png"))
        assert lab(view).evaluate("e => e.scrollWidth <= e.clientWidth + 1")
        assert heard.console == []


def test_a_wrong_file_is_answered_each_time_and_a_field_mends_it(site: Site) -> None:
    rows = "".join(f'{"spam" if m.label else "ham"},"{m.text} \xa3"\n' for m in messages(60))
    bad = {"name": "mine.csv", "mimeType": "text/csv", "buffer": f"label,text\n{rows}".encode("latin-1")}
    with notebook(site, CELL) as (view, _):
        lab(view).wait_for(timeout=60_000)
        status = lab(view).locator("[data-hs=status]")
        for _ in range(2):
            status.evaluate("line => line.replaceChildren()")  # the first answer must not pass for the second
            lab(view).locator("input[type=file]").set_input_files(bad)
            status.get_by_text('in the field "Encoding"').wait_for()
            assert "Reading" not in status.inner_text()
        lab(view).get_by_role("combobox", name="Encoding").select_option("latin-1")
        status.get_by_text("mine.csv: 60 messages").wait_for()
        assert status.get_attribute("data-failed") is None
        data = lab(view).get_by_role("combobox", name="Data")
        data.select_option("fixture")
        data.select_option("mine.csv")
        press(view, "Train")
        wait_epoch(view, 6)
        wait_phase(view, "idle")


def test_an_epoch_is_held_by_the_keyboard(site: Site) -> None:
    with notebook(site, CELL) as (view, _):
        lab(view).wait_for(timeout=60_000)
        press(view, "Train")
        wait_epoch(view, 6)
        wait_phase(view, "idle")
        slider = lab(view).get_by_role("slider", name="Epoch shown")
        slider.focus()
        view.keyboard.press("ArrowLeft")
        view.keyboard.press("Enter")
        lab(view).get_by_role("button", name="Train", exact=True).focus()
        lab(view).locator("[data-hs=curves] .hs-readout", has_text=re.compile(r"epoch 5: .*held")).wait_for()


def test_a_bet_that_waits_shows_no_outcome(site: Site) -> None:
    cell = CELL.replace("epochs=6", "epochs=2, question='Which?', answers=['one', 'two']")
    with notebook(site, cell, "lab.train(block=True)") as (view, _):
        lab(view).locator("[data-hs=diagnosis]", has_text="Choose an answer first").wait_for(timeout=60_000)
        assert not re.search(r"\d\.\d{3}", lab(view).locator("[data-hs=metrics]").inner_text())
        lab(view).locator(".hs-question select").select_option("one")
        lab(view).locator("[data-hs=runs] tr[data-run='1']").wait_for()


FRAMES = """() => {
  const seen = window.framesSeen = [];
  const metrics = document.querySelector('.hs-lab [data-hs=metrics]');
  const tick = (now) => { seen.push([now, metrics.textContent]); requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""


def test_the_threshold_is_dragged_at_30_frames_a_second_over_40_runs(site: Site) -> None:
    quick = "for _ in range(39): lab.train(block=True)"  # every run is judged on as many messages as any
    last = "lab.messages = 640\nlab.train(block=True)"  # its probabilities lie far apart
    made = CELL.replace("epochs=6", "epochs=1, regime='full', messages=40")
    with notebook(site, made, quick, last) as (view, _):
        lab(view).locator("[data-hs=runs] tr[data-run='40']").wait_for(timeout=120_000)
        slider = lab(view).get_by_role("slider", name="Threshold")
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box
        height = box["y"] + box["height"] / 2
        view.mouse.move(box["x"] + box["width"] / 2, height)
        view.mouse.down()
        view.evaluate(FRAMES)
        for i in range(240):
            view.mouse.move(box["x"] + box["width"] * (0.5 + 0.45 * math.sin(i / 12)), height)
        frames = view.evaluate("window.framesSeen")
        view.mouse.up()
        gaps = sorted(b - a for (a, _), (b, _) in pairwise(frames))
        middle, late = gaps[len(gaps) // 2], gaps[int(len(gaps) * 0.95)]
        print(f"{len(gaps)} frames: half within {middle:.1f} ms, 95 % within {late:.1f}, the longest {gaps[-1]:.1f}")
        assert len({said for _, said in frames}) > 10, "the numbers follow the hand"
        assert len(gaps) > 30 and middle <= 1000 / 30, f"{1000 / middle:.0f} frames a second"
