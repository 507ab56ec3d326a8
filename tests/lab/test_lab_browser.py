"""The lab as a person meets it: JupyterLab 4 and Notebook 7, a real Chromium, mouse and keyboard."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from browser import (
    CHROMIUM,
    CONTRAST,
    SCREENS,
    Heard,
    Site,
    ask_kernel,
    fresh_notebook,
    notebook,
    notebook_in,
    run_cell,
    save,
    set_theme,
)
from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

# Every panel open: a test that is about a panel need not open it first.
OPEN = "folds=('metrics', 'scatter', 'messages', 'facts', 'runs', 'more')"
CELL = f"from headswap.lab import Lab\nlab = Lab(epochs=6, {OPEN})\nlab"
ASK = "print('RUNS', [(r.settings.regime, len(r.epochs), r.outcome) for r in lab.runs])"
T = TypeVar("T")


@pytest.fixture
def opened(site: Site) -> Iterator[tuple[Page, Heard]]:
    """A page with a lab on it, its cell run."""
    with notebook(site, CELL) as (view, heard):
        lab(view).wait_for(timeout=60_000)
        yield view, heard


@pytest.fixture(params=["lab", "notebook"])
def either(site: Site, request: pytest.FixtureRequest) -> Iterator[tuple[Page, Heard]]:
    """The same in JupyterLab and in Notebook 7."""
    with notebook_in(request.param, site, CELL) as (view, heard):
        lab(view).wait_for(timeout=60_000)
        yield view, heard


def lab(view: Page) -> Locator:
    return view.locator(".hs-lab")


def press(view: Page, name: str) -> None:
    lab(view).get_by_role("button", name=name, exact=True).click()


def wait_epoch(view: Page, epoch: int) -> None:
    """Wait until this epoch of a run of one's own, or a later one, is painted; fast epochs share a frame."""
    view.wait_for_function(
        """least => { const d = document.querySelector('.hs-lab')?.dataset;
        return Number(d?.run) > 0 && Number(d?.epoch) >= least && d?.playing !== 'true' }""",
        arg=epoch,
        timeout=60_000,
    )


def wait_phase(view: Page, phase: str) -> None:
    still = '[data-playing="false"]' if phase == "idle" else ""  # a first run is painted for two seconds
    view.wait_for_selector(f'.hs-lab[data-phase="{phase}"]{still}', timeout=60_000)


def test_train_step_stop_pin_reset_hover_click_and_try(either: tuple[Page, Heard]) -> None:
    view, _ = either
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
    view.wait_for_function("document.activeElement.getAttribute('aria-valuetext').startsWith('epoch 5: ')")
    slider.press("Escape")
    press(view, "Pin")
    press(view, "Step")
    wait_phase(view, "paused")
    ask_kernel(view, "lab.pin(lab.runs[-1].id)")
    lab(view).locator('[aria-label="pin run 2"][aria-pressed=true]').wait_for()  # while the run is going
    press(view, "Stop")
    wait_phase(view, "idle")
    rows = lab(view).locator("[data-hs=runs] tbody tr")
    assert rows.count() == 2
    press(view, "Reset")
    own = "[...document.querySelectorAll('.hs-lab [data-hs=runs] tr[data-run]')].filter(r => Number(r.dataset.run) > 0)"
    view.wait_for_function(f"{own}.length === 0")  # only recorded runs are left


SHOWN = """() => {
  const table = document.querySelector('.hs-lab [data-hs=runs] table');
  const names = [...table.querySelectorAll('thead th')].map(th => th.textContent.replace(/ \\(.*/, ''));
  const said = cell => cell.textContent === '\u2013' ? null : cell.textContent;
  return [...table.querySelectorAll('tr[data-run]')].filter(tr => Number(tr.dataset.run) > 0).map(tr => ({
    ...Object.fromEntries(names.map((name, i) => [name, said(tr.cells[i])])),
    pinned: tr.querySelector('[aria-label^="pin run"]').ariaPressed === 'true' }));
}"""


def shown(view: Page) -> list[dict[str, Any]]:
    """The learner's own runs as the table in the browser has them, in order of birth."""
    rows = view.evaluate(SHOWN)
    for row in rows:
        row["run"], row["epochs"] = map(int, re.findall(r"\d+", row["run"])[:2])
    return sorted(rows, key=lambda row: row["run"])


CELLS_LEFT = "window.jupyterapp.shell.currentWidget.content.model.cells.length"


def test_a_letter_typed_on_a_control_is_not_taken_for_a_command_of_the_notebook(either: tuple[Page, Heard]) -> None:
    """In command mode `x` cuts the cell and `a` adds one; the notebook asks the focused element first."""
    view, _ = either
    cells = view.evaluate(CELLS_LEFT)
    inputs = ("[data-control=epochs] input", ".hs-threshold input[type=range]", "[data-control=regime] select")
    others = ("[data-hs=curves] svg.hs-plot", ".hs-do-train", "[data-hs=curves] summary", ".hs-list")
    for control in (*inputs, *others):
        lab(view).locator(control).focus()
        for key in ("x", "a", "b"):
            view.keyboard.press(key)
        assert view.evaluate(CELLS_LEFT) == cells, control
        assert lab(view).count() == 1, control


def test_a_page_reloaded_in_the_middle_of_a_run_shows_all_of_it(site: Site) -> None:
    with fresh_notebook(site, "reload", CELL.replace("epochs=6", "epochs=200, regime='full'")) as (view, _):
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


def test_nothing_overflows_at_400_pixels(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    press(view, "Train")
    wait_epoch(view, 6)
    lab(view).evaluate("e => { e.parentElement.style.width = '400px'; e.parentElement.style.flex = 'none' }")
    view.wait_for_timeout(400)
    SCREENS.mkdir(exist_ok=True)
    lab(view).screenshot(path=str(SCREENS / "narrow.png"))
    assert lab(view).evaluate("e => e.scrollWidth <= e.clientWidth + 1")


NAMELESS = re.compile(r'^\s*- (?:button|slider|combobox|textbox|checkbox|spinbutton)(?! ["/]).*', re.MULTILINE)


def test_every_control_has_a_name_for_a_screen_reader(site: Site) -> None:
    made = f'Lab(epochs=2, {OPEN}, question="Does it overfit?", answers=["yes", "no"])'
    with labs(site, f"from headswap.lab import Lab\nlab = {made}\nlab") as view:
        lab(view).locator(".hs-question select").select_option("yes")
        press(view, "Train")
        wait_epoch(view, 2)
        wait_phase(view, "idle")
        lab(view).get_by_role("textbox", name="Try a message").fill("Claim your prize")
        lab(view).get_by_role("button", name="Look inside Block 1").click()
        lab(view).get_by_role("button", name="Close Block 1").wait_for()
        while (closed := lab(view).locator("details:not([open]) > summary:visible")).count():
            closed.first.click()
        snapshot = lab(view).aria_snapshot()
        assert NAMELESS.findall(snapshot) == []
        for said in (
            'button "Train"', 'button "pin run 1"', 'combobox "Regime"', 'combobox "Does it overfit?"',
            'spinbutton "Epochs"', 'checkbox "tuned"', 'checkbox "Causal mask"', 'slider "Threshold"',
            'slider "Learning rate"', 'slider "Epoch shown"', 'textbox "Try a message"', 'combobox "Head"',
            'slider "Position looked at"', 'slider "The vector after Block 2"', 'slider "Epoch"', 'combobox "Speed"',
            'button "▶ Replay"',
        ):  # fmt: skip
            assert f"- {said}" in snapshot
        for said in ('switch "Block 2: 49,984 weights', 'combobox "Block 2: how fast it learns"'):
            assert said in snapshot


@contextmanager
def labs(site: Site, *cells: str) -> Iterator[Page]:
    """A page with these cells run, and as many labs on it."""
    with notebook(site, *cells) as (view, _):
        view.wait_for_function(f"document.querySelectorAll('.hs-lab').length === {len(cells)}", timeout=60_000)
        yield view


def wait_kernel(view: Page, wanted: str, code: str) -> None:
    """Wait until the expression has this value in the kernel."""
    end = time.monotonic() + 60
    while (said := ask_kernel(view, f"print({code})").strip()) != wanted and time.monotonic() < end:
        view.wait_for_timeout(100)
    assert said == wanted


def test_a_cell_run_again_stops_the_run_of_its_old_lab(site: Site) -> None:
    cell = "from headswap.lab import Lab\nkept = [*globals().get('kept', []), Lab(regime='full', epochs=200)]\nkept[-1]"
    with labs(site, cell) as view:
        press(view, "Train")
        wait_epoch(view, 1)
        run_cell(view, 0)
        wait_kernel(view, "['stopped']", "[run.outcome for run in kept[0].runs]")
        wait_kernel(view, "2 []", "len(kept), [*kept[-1].runs]")
        view.wait_for_selector('.hs-lab[data-phase="idle"]')
        ask_kernel(view, "kept[-1].epochs = 3")
        press(view, "Train")
        wait_epoch(view, 3)
        wait_phase(view, "idle")
        wait_kernel(view, "['done']", "[run.outcome for run in kept[1].runs]")
        assert lab(view).count() == 1


def test_two_labs_in_one_notebook_go_their_own_ways(site: Site) -> None:
    cells = [f"from headswap.lab import Lab\n{name} = Lab(regime='full', {more}, {OPEN})\n{name}"
             for name, more in (("one", "epochs=5"), ("two", "epochs=4, pool='max'"))]  # fmt: skip
    beside = "three = Lab(regime='full', epochs=5)\nthree.train()\nfour = Lab()\nthree"
    with labs(site, *cells, beside) as view:
        first, second, _ = lab(view).all()
        for one in (first, second):
            one.get_by_role("button", name="Train", exact=True).click()
        second.get_by_role("slider", name="Threshold").fill("0.9")
        wait_kernel(view, "0.5 0.9", "one.threshold, two.threshold")
        for name, ends in (("one", "[(5, 'done')]"), ("two", "[(4, 'done')]"), ("three", "[(5, 'done')]")):
            wait_kernel(view, ends, f"[(len(run.epochs), run.outcome) for run in {name}.runs]")
        for one, row in ((first, "5 of 5"), (second, "4 of 4")):
            one.locator("[data-hs=runs] tr[data-run='1']", has_text=f"1 · {row}").wait_for()
            assert one.locator("[data-hs=runs] tr[data-run]").count() == 1
        assert first.get_by_role("slider", name="Threshold").input_value() == "0.5"


def test_a_saved_page_shows_its_runs_without_their_kernel(site: Site) -> None:
    """With Settings > Save Widget State Automatically; without it JupyterLab shows the line of text instead."""
    setting = "() => window.jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"
    with fresh_notebook(site, "alone", CELL) as (view, _):
        lab(view).wait_for(timeout=60_000)
        press(view, "Train")
        wait_epoch(view, 6)
        wait_phase(view, "idle")
        view.evaluate(setting)
        try:
            save(view)
        finally:
            view.evaluate(setting)
        row = lab(view).locator("[data-hs=runs] tr[data-run='1']")
        before = row.inner_text()
        view.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        press(view, "Train")
        status = lab(view).locator("[data-hs=status]", has_text="run this cell again")
        status.wait_for()
        assert row.inner_text() == before
        view.reload()  # a new kernel, which knows nothing of the lab
        lab(view).wait_for(timeout=60_000)
        row.wait_for()
        assert row.inner_text() == before
        assert sum(map(int, re.findall(r"predicted \w+: (\d+)", _cells(view)))) == 160
        press(view, "Train")
        status.wait_for()


def test_the_learner_bets_before_train_and_finds_the_bet_beside_the_outcome(site: Site) -> None:
    made = f'Lab(epochs=2, {OPEN}, question="F1 after two epochs?", answers=["below 0.9", "above 0.9"])'
    with labs(site, f"from headswap.lab import Lab\nlab = {made}\nlab") as view:
        train = lab(view).get_by_role("button", name="Train", exact=True)
        question = lab(view).get_by_role("combobox", name="F1 after two epochs?")
        assert train.is_disabled()
        assert lab(view).locator("[data-hs=diagnosis]").get_by_text("choose an answer, then").count() == 1
        assert shown(view) == []  # a recorded run might hold the answer
        assert lab(view).get_by_role("button", name="Step", exact=True).is_disabled()
        question.select_option("above 0.9")
        train.click()
        wait_epoch(view, 2)
        wait_phase(view, "idle")
        assert shown(view)[0]["outcome"] == "done · predicted: above 0.9"
        assert "above 0.9" in lab(view).locator("[data-hs=diagnosis]").inner_text()
        wait_kernel(view, "above 0.9", "lab.frame().forecast[0]")


def test_a_text_asked_for_from_python_is_shown_and_one_s_own_answered_after_it(site: Site) -> None:
    with labs(site, CELL) as view:
        field = lab(view).get_by_role("textbox", name="Try a message")
        answered = lab(view).locator("[data-hs=try]").get_by_text(re.compile(r"P\(spam\) 0\.\d+ →"))
        press(view, "Train")
        wait_epoch(view, 6)
        wait_phase(view, "idle")
        field.fill("See you at lunch")
        answered.wait_for()
        field.blur()
        ask_kernel(view, "lab.attempt('win a prize')")
        view.wait_for_function("document.querySelector('.hs-lab [data-hs=try] input').value === 'win a prize'")
        answered.wait_for()
        field.fill("See you at lunch")
        answered.wait_for()
        assert field.input_value() == "See you at lunch"


def test_controls_not_named_are_hidden_and_locked_ones_disabled(site: Site) -> None:
    head = "from headswap.lab import Lab\n"
    few = 'few = Lab(controls=("regime", "epochs"))\nfew'
    fast = 'fast = Lab(locked=("pool", "learning_rate", "train", "predict"))\nfast'
    with labs(site, head + few, head + fast) as view:
        first, second = lab(view).all()
        rows = first.locator("[data-control]:visible").evaluate_all("all => all.map(e => e.dataset.control)")
        assert rows == ["regime", "epochs"]
        assert first.locator(".hs-run:visible, .hs-do-train:visible, [type=file]:visible").count() == 0
        for one in ("[data-control=pool] select", "[data-control=learning_rate] input", ".hs-do-train",
                    "[data-control=predict] input"):  # fmt: skip
            assert second.locator(one).first.is_disabled(), one
        assert second.locator("[data-control=regime] select").is_enabled()
        assert second.locator(".hs-do-step").is_enabled()


def test_a_file_is_taken_and_a_bad_one_answered_with_one_sentence(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    choose = lab(view).locator("input[type=file]")
    status = lab(view).locator("[data-hs=status]")
    rows = [f"{'spam' if i % 2 else 'ham'},{'win a prize now' if i % 2 else 'see you at home'} {i}" for i in range(60)]
    choose.set_input_files(
        {"name": "mine.csv", "mimeType": "text/csv", "buffer": "\n".join(["label,text", *rows]).encode()}
    )
    status.get_by_text("mine.csv: 60 messages").wait_for()
    assert lab(view).get_by_role("combobox", name="Data").input_value() == "mine.csv"
    press(view, "Train")
    wait_epoch(view, 6)
    wait_phase(view, "idle")
    assert sum(map(int, re.findall(r"true \w+, predicted \w+: (\d+)", _cells(view)))) == 10
    ask_kernel(view, "lab.epochs, lab.regime = 200, 'full'")
    press(view, "Train")
    wait_phase(view, "training")
    choose.set_input_files({"name": "bad.csv", "mimeType": "text/csv", "buffer": b"no labels here\nat all\n"})
    status.get_by_text("bad.csv has one column").wait_for()
    view.wait_for_timeout(1500)  # the run goes on, and its news do not wipe the answer away
    said = status.inner_text()
    assert "bad.csv has one column" in said
    assert "\n" not in said and "Traceback" not in said and "/tmp" not in said, said
    press(view, "Stop")  # the run goes on, and can be stopped
    wait_phase(view, "idle")
    wait_kernel(view, "['done', 'stopped']", "[run.outcome for run in lab.runs]")


def _cells(view: Page) -> str:
    buttons = lab(view).locator("[data-hs=confusion] button")
    return "; ".join(buttons.evaluate_all("all => all.map(b => b.ariaLabel || b.title || b.innerText)"))
