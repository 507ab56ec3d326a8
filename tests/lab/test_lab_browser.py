"""The lab as a person meets it: JupyterLab 4 and Notebook 7, a real Chromium, mouse and keyboard."""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
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
    run_all,
    run_cell,
    save,
    set_theme,
)
from playwright.sync_api import Error, Locator, Page, TimeoutError

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

# Every panel open: a test that is about a panel need not open it first.
OPEN = "folds=('metrics', 'scatter', 'messages', 'facts', 'runs', 'more')"
CELL = f"from headswap.lab import Lab\nlab = Lab(epochs=6, {OPEN})\nlab"
ASK = "print('RUNS', [(r.settings.regime, len(r.epochs), r.outcome) for r in lab.runs])"
T = TypeVar("T")


@pytest.fixture
def opened(site: Site, request: pytest.FixtureRequest) -> Iterator[tuple[Page, Heard]]:
    """A page with a lab on it, its cell run; the test's name is the notebook's."""
    name = re.sub(r"\W+", "-", request.node.name)
    with notebook(site, name, CELL) as (view, heard):
        lab(view).wait_for(timeout=60_000)
        yield view, heard


@pytest.fixture(params=["lab", "notebook"])
def fresh(site: Site, request: pytest.FixtureRequest) -> Iterator[tuple[Page, Heard]]:
    """The same on a page that nobody had, in JupyterLab and in Notebook 7."""
    with fresh_notebook(site, "fresh", CELL, app=request.param) as (view, heard):
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


def test_train_step_stop_pin_reset_hover_click_and_try(fresh: tuple[Page, Heard]) -> None:
    view, _ = fresh
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


CELLS_LEFT = "window.jupyterapp.shell.currentWidget.content.model.cells.length"


def test_a_letter_typed_on_a_control_is_not_taken_for_a_command_of_the_notebook(fresh: tuple[Page, Heard]) -> None:
    """In command mode `x` cuts the cell and `a` adds one; the notebook asks the focused element first."""
    view, _ = fresh
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


ACTIONS, SEED = int(os.environ.get("HEADSWAP_ACTIONS", "200")), int(os.environ.get("HEADSWAP_SEED", "0"))
RARE = {"reload": 6, "restart": 3, "new view": 5}  # how often, in each 500 actions
CHECKS = 5
SAYS = """() => { const lab = document.querySelector(".hs-lab");
  return [lab?.dataset.phase, lab?.querySelector(".hs-status")?.textContent] }"""
AT_REST = "['idle', 'failed'].includes(document.querySelector('.hs-lab')?.dataset.phase)"
# One line for each thing that a learner may do from Python; a refused setting changes nothing.
FROM_PYTHON = (
    "lab.regime = 'full'", "lab.regime = 'head-only'", "lab.pool = 'last'", "lab.epochs = 4", "lab.epochs = 2",
    "lab.epochs = 0", "lab.seed = 3", "lab.messages = 41", "lab.learning_rate = None", "lab.learning_rate = .01",
    "lab.learning_rate = -1.0", "lab.threshold = .3", "lab.threshold = 7.0", "lab.regime = 'nonsense'", "lab.train()",
    "lab.train()", "lab.train(block=True)", "lab.step()", "lab.stop(block=False)", "lab.stop()", "lab.attempt('win')",
    "lab.pin(lab.runs[-1].id)", "lab.pin(lab.runs[0].id, False)", "lab.pin(-1)", "lab.pin(99)", "lab.forecast('0.9')",
)  # fmt: skip
KNOWN = """
import json
lab.threshold = 0.5
rows = lab.frame().to_dict("records")
print(json.dumps([
    {"run": r["id"], "regime": r["regime"], "pooling": r["pool"], "seed": r["seed"], "learns": f"{r['learning']:,}",
     "epochs": r["epochs_done"],
     "best epoch": int(r["best_epoch"]) if r["best_epoch"] and r["best_epoch"] > 0 else None,
     "outcome": " · predicted: ".join(filter(None, (r["outcome"], r["forecast"]))), "pinned": run.pinned,
     "F1": r["f1"] if r["f1"] == r["f1"] else None} for r, run in zip(rows, lab.runs, strict=True)]))
"""
# Which layers the next run trains, as the optimizer would group them; and which are drawn so.
LEARNING = """
import json
import torch
from headswap.model.body import BodyConfig, LMBody
from headswap.model.classifier import Classifier
from headswap.model.heads import new_head
from headswap.model.pooling import new_pool, pooled_width
from headswap.training.run import first_head
from headswap.web.layers import by_layer
from headswap.web.machine import begin
settings = lab._settings()
regime, generator = settings.chosen_regime(), torch.Generator().manual_seed(0)
body = LMBody(BodyConfig(width=4, heads=1, max_len=settings.max_len), generator)
head = new_head(first_head(regime), pooled_width(settings.pool, 4), 2, generator)
model = Classifier(body, new_pool(settings.pool, 4, generator), head)
rates = by_layer(model, begin(model, regime.stages[0]))
print(json.dumps(sorted(key for key, each in rates.items() if any(each))))
"""
DRAWN = """() => [...document.querySelectorAll('.hs-lab [data-hs=machine] .hs-m-layer')]
  .filter(e => e.querySelector('.hs-m-plate').ariaLabel.includes(', learns')).map(e => e.dataset.key).sort()"""
WAITING = "document.querySelector('.hs-lab .hs-m-layer[data-key=head]').dataset.state === 'waiting'"
SHOWN = """() => {
  const table = document.querySelector('.hs-lab [data-hs=runs] table');
  const names = [...table.querySelectorAll('thead th')].map(th => th.textContent.replace(/ \\(.*/, ''));
  const said = cell => cell.textContent === '\u2013' ? null : cell.textContent;
  return [...table.querySelectorAll('tr[data-run]')].filter(tr => Number(tr.dataset.run) > 0).map(tr => ({
    ...Object.fromEntries(names.map((name, i) => [name, said(tr.cells[i])])),
    pinned: tr.querySelector('[aria-label^="pin run"]').ariaPressed === 'true' }));
}"""


@pytest.mark.parametrize("fresh", ["lab"], indirect=True)
def test_a_random_user_leaves_no_error_no_stuck_state_and_a_true_table(fresh: tuple[Page, Heard]) -> None:
    """HEADSWAP_ACTIONS=1000 HEADSWAP_SEED=7 makes it longer, and another one."""
    _random_user(*fresh, seed=SEED)


def _random_user(view: Page, heard: Heard, seed: int) -> None:
    rng = random.Random(seed)
    names = rng.choices(list(RANDOM), [weight for weight, _ in RANDOM.values()], k=ACTIONS)
    for name, often in RARE.items():
        for n in rng.sample(range(ACTIONS), max(1, often * ACTIONS // 500)):
            names[n] = name
    done: list[str] = []
    try:
        for n, name in enumerate(names, 1):
            done.append(f"{n} {name}")
            act = {"reload": _reload, "restart": _restart, "new view": _new_view}.get(name) or RANDOM[name][1]
            done[-1] += f" {act(view, rng.random(), rng.random())}"
            assert heard.console == []
            if n % (ACTIONS // CHECKS) == 0:
                _rests_and_agrees(view)
        ask_kernel(view, "lab.epochs, lab.regime, lab.messages, lab.data = 3, 'head-only', 640, 'fixture'")
        before = len(shown(view))
        press(view, "Train")
        view.wait_for_function(f"({SHOWN})().length === {before + 1} && {AT_REST}", timeout=120_000)
        _rests_and_agrees(view)
        assert shown(view)[-1]["outcome"].startswith("done")
    except Exception as error:
        page = view.evaluate(SAYS)
        raise AssertionError(f"seed {seed}, after {'; '.join(done[-15:])}\n{page}\n{error}") from error


def shown(view: Page) -> list[dict[str, Any]]:
    """The learner's own runs as the table in the browser has them, in order of birth."""
    rows = view.evaluate(SHOWN)
    for row in rows:
        row["run"], row["epochs"] = map(int, re.findall(r"\d+", row["run"])[:2])
    return sorted(rows, key=lambda row: row["run"])


def _rests_and_agrees(view: Page) -> None:
    """Stop what runs; then the browser rests, and its table says what Python knows."""
    view.wait_for_timeout(200)  # an order of a moment ago may still be on its way to Python
    view.wait_for_function(f"{AT_REST} || [...document.querySelectorAll('.hs-do-stop:enabled')].length")
    _click(view, ".hs-do-stop", 0)
    view.wait_for_function(AT_REST, timeout=30_000)
    end = time.monotonic() + 5
    while (differences := _all_differences(view)) and time.monotonic() < end:
        view.wait_for_timeout(50)
    assert not differences


def _all_differences(view: Page) -> list[str]:
    """What the table of runs and the machine show otherwise than Python knows it."""
    differences = _differences(json.loads(ask_kernel(view, KNOWN)), shown(view))
    learning, drawn = json.loads(ask_kernel(view, LEARNING)), view.evaluate(DRAWN)
    if view.evaluate(WAITING):  # a head that is not in use shows no state, and the pool below it is not drawn
        learning = [key for key in learning if key not in ("head", "pool")]
    return differences + ([] if drawn == learning else [f"{learning} learn and {drawn} are drawn"])


def _differences(known: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[str]:
    """What the browser shows otherwise than Python knows it; F1 is shown to three digits."""
    if [row["run"] for row in known] != [row["run"] for row in rows]:
        return [f"runs {[row['run'] for row in known]} are shown as {[row['run'] for row in rows]}"]
    if any("F1" not in row for row in rows):
        return ["the heading still names another threshold than one half"]
    wrong = []
    for true, row in zip(known, rows, strict=True):
        f1 = row["F1"] and float(row["F1"].split()[0])
        same = f1 == true["F1"] if None in (f1, true["F1"]) else abs(f1 - true["F1"]) <= 0.0005 + 1e-9
        others = [name for name in true if name != "F1" and str(true[name]) != str(row[name])]
        wrong += [f"run {true['run']}: {name} {true[name]!r} is shown as {row[name]!r}" for name in others]
        wrong += [] if same else [f"run {true['run']}: F1 {true['F1']} is shown as {f1}"]
    return wrong


# Every action takes two shares from 0 to 1, so that what is drawn does not depend on what the page shows.
def _one_of(options: Sequence[T], share: float) -> T:
    return options[int(share * len(options))]


def _some(view: Page, selector: str, share: float) -> Locator | None:
    """One of the elements that are in sight: a panel may be folded, or the lab presented."""
    found = lab(view).locator(f"{selector}:visible")
    count = found.count()
    return found.nth(int(share * count)) if count else None


def _click(view: Page, selector: str, share: float) -> str:
    """The mouse on one of the enabled elements, as it is now; it may have gone when the mouse comes."""
    one = _some(view, f"{selector}:not(:disabled)", share)
    if one is None:
        return "none"
    try:
        text = one.inner_text(timeout=500)
        one.click(force=True, timeout=500)
    except TimeoutError:
        return "gone"
    except Error as error:  # a key has set the page scrolling, or a run has begun that has nothing to replay yet
        if "outside of the viewport" not in str(error) and "not visible" not in str(error):
            raise
        return "out of view"
    return repr(text)


def _random_button(view: Page, share: float, other: float) -> str:
    name = _one_of(("train",) * 5 + ("step", "step", "stop", "stop", "pin"), share)
    return f"{name} {_click(view, f'.hs-do-{name}', 0)}"


def _random_select(view: Page, share: float, other: float) -> str:
    name = _one_of(("regime", "regime", "pool", "messages", "data"), share)
    select = _some(view, f"[data-control={name}] select", 0)
    if select is None:
        return "hidden"
    options = select.locator("option").evaluate_all("all => all.map(o => o.value)")
    quick = [value for value in options if name != "messages" or int(value) <= 640]
    select.select_option(value := _one_of(quick, other))
    return f"{name} {value}"


def _random_slider(view: Page, share: float, other: float) -> str:
    if share < 0.3:
        return "tuned " + _click(view, "[data-control=learning_rate] input[type=checkbox]", 0)
    name = "Threshold" if share < 0.65 else "Learning rate"
    found = (
        lab(view)
        .get_by_role("slider", name=name)
        .evaluate_all(
            """(all, share) => all.map(e => {
          if (!e.checkVisibility()) return 'hidden';  // more than two classes have no one threshold
          if (e.disabled) return 'locked';
          e.value = Number(e.min) + share * (e.max - e.min);
          e.dispatchEvent(new Event('input', {bubbles: true}));
          if (share > .3) e.dispatchEvent(new Event('change', {bubbles: true}));
          return e.value; })""",
            other,
        )
    )
    return f"{name} {found}"


def _random_number(view: Page, share: float, other: float) -> str:
    name = _one_of(("epochs", "epochs", "epochs", "seed", "max_len"), share)
    text = _one_of(("", "-3", "1e", "2.7", "0", "e--", "4", "6", "7") if name == "epochs" else
                   ("", "-3", "1e999", "2.7", "99999999999", "16", "32"), other)  # fmt: skip
    if name == "max_len" and text == "99999999999":
        text = "x"  # the widest body would only take long
    field = _some(view, f"[data-control={name}] input", 0)
    if field is None:
        return "hidden"
    field.focus()
    view.keyboard.press("Control+a")
    view.keyboard.press("Delete")
    view.keyboard.type(text)
    if other < 0.8:
        view.keyboard.press("Enter")
    return f"{name} {text!r}"


def _random_text(view: Page, share: float, other: float) -> str:
    text = _one_of(("win", "", "hello Anna", "👍 claim", "<b>x</b>"), share)
    field = _some(view, "[data-control=predict] input", 0)
    if field is None:
        return "hidden"
    field.fill(text)
    return repr(text)


def _random_key(view: Page, share: float, other: float) -> str:
    slider = _some(view, "[aria-label='Epoch shown']", 0)
    if slider is None:
        return "hidden"
    slider.focus()
    slider.press(key := _one_of(("ArrowLeft", "ArrowRight", "ArrowUp", "PageDown", "Escape", "Home", "End"), share))
    return key


def _random_layer(view: Page, share: float, other: float) -> str:
    """A layer that freezes or thaws, by the mouse or by a key."""
    plate = _some(view, ".hs-m-plate[role=switch]", share)
    if plate is None:
        return "hidden"
    if other < 0.6:
        return _click(view, ".hs-m-plate[role=switch]", share)
    plate.focus()
    view.keyboard.press(key := "Enter" if other < 0.8 else "Space")
    return key


def _random_rate(view: Page, share: float, other: float) -> str:
    return _random_choice(view, ".hs-m-rate", share, other)


def _random_choice(view: Page, selector: str, share: float, other: float) -> str:
    """One of the selects, and one of what it offers."""
    select = _some(view, f"{selector}:not(:disabled)", share)
    if select is None:
        return "hidden"
    options = select.locator("option").evaluate_all("all => all.map(o => o.value)")
    try:
        select.select_option(value := _one_of(options or ["gone"], other), timeout=500)
    except TimeoutError:  # a new run has no epochs to replay yet
        return "gone"
    return value


def _random_byte(view: Page, share: float, other: float) -> str:
    """A byte that is clicked, or an arrow key on the row of bytes."""
    if other < 0.5:
        return _click(view, "[data-looked] > .hs-m-token", share)
    return _press(view, "[data-looked]", ("ArrowLeft", "ArrowRight", "Home", "End", "PageUp"), share)


def _press(view: Page, selector: str, keys: Sequence[str], share: float) -> str:
    """A key on the element, where it is in sight."""
    one = _some(view, selector, 0)
    if one is None:
        return "hidden"
    try:
        one.focus(timeout=500)
    except TimeoutError:
        return "gone"
    view.keyboard.press(key := _one_of(keys, share))
    return key


def _space(view: Page, share: float, other: float) -> str:
    """Space where a button has the focus: it ends a painting, or it presses the button."""
    return _press(view, _one_of((".hs-do-train", ".hs-play", ".hs-m-swap", ".hs-do-stop"), other), (" ",), share)


def _present(view: Page, share: float, other: float) -> str:
    """P with the focus anywhere; presented, the lab shows little, so it is soon ended again."""
    places = (".hs-do-train", ".hs-play", ".hs-m-plate[role=switch]", "summary")
    return _press(view, _one_of(places, other), ("p",), share) + _drawn(view)


def _present_no_more(view: Page, share: float, other: float) -> str:
    if "hs-present" not in (lab(view).get_attribute("class") or ""):
        return "not presented"
    return _press(view, ".hs-do-train", ("p",), share) + _drawn(view)


def _drawn(view: Page) -> str:
    """Wait until what opens or closes has done so: the next action looks for what is in sight."""
    view.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return ""


def _undo(view: Page, share: float, other: float) -> str:
    """Take Reset back where that is offered."""
    return _click(view, ".hs-do-reset:text('Undo reset')", 0)


def _reload(view: Page, share: float, other: float) -> str:
    save(view)
    view.reload()
    lab(view).wait_for(timeout=60_000)
    view.wait_for_function("window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel")
    return ""


def _restart(view: Page, share: float, other: float) -> str:
    """End the kernel, see that the lab says so, and run the cell again, as it asks."""
    session = "window.jupyterapp.shell.currentWidget.sessionContext.session"
    view.evaluate(f"() => {{ {session}.kernel.restart() }}")
    lab(view).locator("[data-hs=status]", has_text="run this cell again").wait_for(timeout=20_000)
    view.wait_for_function(f"{session}.kernel.status === 'idle'", timeout=60_000)
    run_all(view)
    lab(view).locator("[data-hs=status]", has_text="ready").wait_for(timeout=60_000)
    return ""


NEW_VIEW = """async () => {
  const {shell, commands} = window.jupyterapp;
  const {content} = shell.currentWidget;
  content.activeCellIndex = content.widgets.findIndex(cell => cell.node.querySelector('.hs-lab'));
  await commands.execute('notebook:create-output-view');
}"""
# Every lab on the page shows the same runs, in the same words.
AGREE = """() => {
  const told = lab => [...lab.querySelectorAll('tr[data-run]')].map(row => row.textContent).sort().join('|');
  const all = [...document.querySelectorAll('.hs-lab')].map(told);
  return all.length === 2 && all[0] === all[1];
}"""
CLOSE_VIEW = """() => {
  const {shell} = window.jupyterapp;
  const all = [...shell.widgets('main')];
  all.filter(widget => widget.content?.id.startsWith('LinkedOutputView')).forEach(widget => widget.dispose());
  shell.activateById(all.find(widget => widget.context).id);
}"""


def _new_view(view: Page, share: float, other: float) -> str:
    """JupyterLab's second view of the same output knows what the first one knows; then it is closed."""
    view.evaluate(NEW_VIEW)
    view.wait_for_function(AGREE, timeout=60_000)
    view.evaluate(CLOSE_VIEW)
    view.wait_for_function("window.jupyterapp.shell.currentWidget?.sessionContext")
    return ""


def _random_file(view: Page, share: float, other: float) -> str:
    name, content = _one_of(FILES, share)
    lab(view).locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    return name


def _random_typed(view: Page, share: float, other: float) -> str:
    """A real key on whatever control the share picks; the notebook keeps its cells."""
    cells = view.evaluate(CELLS_LEFT)
    found = lab(view).locator("input:visible, select:visible, summary:visible, [tabindex='0']:visible")
    try:
        found.nth(int(share * found.count())).focus(timeout=500)
    except TimeoutError:
        return "gone"
    key = _one_of(("x", "a", "b", "d", "Escape", "ArrowUp", "ArrowDown", "End", "Home", "z"), other)
    view.keyboard.press(key)
    assert view.evaluate(CELLS_LEFT) == cells
    return key


def _blocked(view: Page, share: float, other: float) -> str:
    """A cell that keeps the kernel busy for a while; the page goes on."""
    code = f"import time; time.sleep({other:.1f})"
    view.evaluate(
        "code => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({ code }) }", code
    )
    return code


def _random_python(view: Page, share: float, other: float) -> str:
    code = _one_of(FROM_PYTHON, share)
    ask_kernel(view, f"try:\n    {code}\nexcept Exception: pass")
    return code


def _rows(names: tuple[str, ...], mark: str = "\t") -> bytes:
    lines = [f"{names[i % len(names)]}{mark}message {i} of {i % 7}" for i in range(30 * len(names))]
    return "\n".join([f"label{mark}text", *lines]).encode()


FILES = (
    ("two.tsv", _rows(("no", "yes"))), ("fraud.csv", _rows(("fraud", "legit"), ",")),
    ("three.tsv", _rows(("a", "b", "c"))),
    ("ten.tsv", _rows(tuple("abcdefghij"))), ("eleven.tsv", _rows(tuple("abcdefghijk"))), ("empty.csv", b""),
    ("one.csv", _rows(("ham",), ",")), ("latin.csv", _rows(("ham", "spam"), ",") + b"\nham,caf\xe9"),
    ("json.csv", b'[{"label": "spam"}]'), ("zip.csv", b"PK\x03\x04"),
)  # fmt: skip


# What a random user does: how often, and how.
RANDOM: dict[str, tuple[int, Callable[[Page, float, float], str]]] = {
    "button": (30, _random_button),
    "reset": (2, lambda view, share, other: _click(view, ".hs-do-reset", 0)),
    "undo": (2, _undo),
    "layer": (12, _random_layer),
    "rate": (6, _random_rate),
    "swap": (3, lambda view, share, other: _click(view, ".hs-m-swap", 0)),
    "inside": (3, lambda view, share, other: _click(view, ":is(.hs-m-below, .hs-m-zoomhead) > .hs-m-button", share)),
    "byte": (5, _random_byte),
    "play": (5, lambda view, share, other: _click(view, ".hs-play", 0)),
    "scrub": (4, lambda view, share, other: _press(view, "[aria-label=Epoch]", ("ArrowLeft", "Home", "End"), share)),
    "speed": (2, lambda view, share, other: _random_choice(view, "[aria-label=Speed]", share, other)),
    "space": (4, _space),
    "present": (3, _present),
    "no more": (9, _present_no_more),
    "select": (10, _random_select),
    "slider": (12, _random_slider),
    "number": (8, _random_number),
    "text": (6, _random_text),
    "file": (3, _random_file),
    "typed": (6, _random_typed),
    "blocked": (1, _blocked),
    "key": (8, _random_key),
    "confusion": (6, lambda view, share, other: _click(view, "[data-hs=confusion] button", share)),
    "row": (8, lambda view, share, other: _click(view, "[data-hs=runs] tbody button", share)),
    "sort": (6, lambda view, share, other: _click(view, ".hs-sort", share)),
    "fold": (5, lambda view, share, other: _click(view, "summary", share) + _drawn(view)),
    "python": (16, _random_python),
}


NAMELESS = re.compile(r'^\s*- (?:button|slider|combobox|textbox|checkbox|spinbutton)(?! ["/]).*', re.MULTILINE)


def test_every_control_has_a_name_for_a_screen_reader(site: Site) -> None:
    made = f'Lab(epochs=2, {OPEN}, question="Does it overfit?", answers=["yes", "no"])'
    with labs(site, "names", f"from headswap.lab import Lab\nlab = {made}\nlab") as view:
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
def labs(site: Site, name: str, *cells: str) -> Iterator[Page]:
    """A page with these cells run, and as many labs on it."""
    with notebook(site, name, *cells) as (view, _):
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
    with labs(site, "again", cell) as view:
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
    with labs(site, "two", *cells, beside) as view:
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
    with labs(site, "bet", f"from headswap.lab import Lab\nlab = {made}\nlab") as view:
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
    with labs(site, "asked", CELL) as view:
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
    with labs(site, "few", head + few, head + fast) as view:
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
