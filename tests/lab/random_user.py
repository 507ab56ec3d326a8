"""What a random user does to a lab: each action by mouse, key or from Python, whatever the page shows just then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from browser import ask_kernel, run_all, save
from playwright.sync_api import Error, Locator, Page, TimeoutError
from test_lab_browser import CELLS_LEFT, lab

T = TypeVar("T")

# One line for each thing that a learner may do from Python; a refused setting changes nothing.
FROM_PYTHON = (
    "lab.regime = 'full'", "lab.regime = 'head-only'", "lab.pool = 'last'", "lab.epochs = 4", "lab.epochs = 2",
    "lab.epochs = 0", "lab.seed = 3", "lab.messages = 41", "lab.learning_rate = None", "lab.learning_rate = .01",
    "lab.learning_rate = -1.0", "lab.threshold = .3", "lab.threshold = 7.0", "lab.regime = 'nonsense'", "lab.train()",
    "lab.train()", "lab.train(block=True)", "lab.step()", "lab.stop(block=False)", "lab.stop()", "lab.attempt('win')",
    "lab.pin(lab.runs[-1].id)", "lab.pin(lab.runs[0].id, False)", "lab.pin(-1)", "lab.pin(99)", "lab.forecast('0.9')",
    "lab.compare(('scratch', 'frozen-random'), 2)", "lab.compare(('head-only',), 2, 'messages', (20, 40))",
    "lab.compare(('head-only',), 1, 'pool', ('mean', 'max'))", "lab.compare((), 2)", "lab.compare(('full',), 0)",
    "lab.show(lab.compared)", "lab.use(lab.runs[-1].id)", "lab.delete(lab.runs[0].id)", "lab.restore()", "lab.line()",
    "lab.comparison_figure()", "lab.face = 'run'",
)  # fmt: skip


# Every action takes two shares from 0 to 1, so that what is drawn does not depend on what the page shows.
def _one_of(options: Sequence[T], share: float) -> T:
    return options[int(share * len(options))]


def _some(view: Page, selector: str, share: float) -> Locator | None:
    """One of the elements that are in sight: a panel may be folded, or the lab presented."""
    found = lab(view).locator(f"{selector}:visible")
    count = found.count()
    return found.nth(int(share * count)) if count else None


def _reaches(one: Locator | None) -> bool:
    """Whether the keys can go there: it may be gone when they come, with its face or its panel."""
    if one is None:
        return False
    try:
        one.focus(timeout=500)
    except TimeoutError:
        return False
    return True


def _click(view: Page, selector: str, share: float) -> str:
    """The mouse on one of the enabled elements, as it is now; it may have gone when the mouse comes."""
    one = _some(view, f"{selector}:not(:disabled)", share)
    if one is None:
        return "none"
    try:
        text = one.text_content(timeout=500)
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
    if select is None or not _reaches(select):
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
    if field is None or not _reaches(field):
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
    if field is None or not _reaches(field):
        return "hidden"
    field.fill(text)
    return repr(text)


def _random_key(view: Page, share: float, other: float) -> str:
    slider = _some(view, "[aria-label='Epoch shown']", 0)
    if slider is None or not _reaches(slider):
        return "hidden"
    key = _one_of(("ArrowLeft", "ArrowRight", "ArrowUp", "PageDown", "Escape", "Home", "End"), share)
    try:
        slider.press(key, timeout=5_000)
    except TimeoutError:
        if slider.is_visible():
            raise
        return "gone"  # what a cell had asked for a while ago has turned the page to its other face
    return key


def _random_layer(view: Page, share: float, other: float) -> str:
    """A layer that freezes or thaws, by the mouse or by a key."""
    plate = _some(view, ".hs-m-plate[role=switch]", share)
    if plate is None:
        return "hidden"
    if other < 0.6:
        return _click(view, ".hs-m-plate[role=switch]", share)
    if not _reaches(plate):
        return "gone"
    view.keyboard.press(key := "Enter" if other < 0.8 else "Space")
    return key


def _random_rate(view: Page, share: float, other: float) -> str:
    return _random_choice(view, ".hs-m-rate", share, other)


def _random_choice(view: Page, selector: str, share: float, other: float) -> str:
    """One of the selects, and one of what it offers."""
    select = _some(view, f"{selector}:not(:disabled)", share)
    if select is None or not _reaches(select):
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


def _to_compare(view: Page, share: float, other: float) -> str:
    return _click(view, ".hs-face[data-face=compare]", 0) + _drawn(view)


def _to_one_run(view: Page, share: float, other: float) -> str:
    return _click(view, ".hs-face[data-face=run]", 0) + _drawn(view)


def _ask(view: Page, share: float, other: float) -> str:
    """What to compare: a regime more or less, what varies, its values, the seeds."""
    if share < 0.5:
        return _click(view, ".hs-chip", other)
    if share < 0.7:
        return _random_choice(view, "[data-control=vary] select", 0, other)
    name = "seeds" if share < 0.85 else "values"
    texts = (
        ("1", "2", "3", "", "0", "-4", "1e9") if name == "seeds" else ("1, 2", "20 40", "mean max", "x", "", "-1;1e9")
    )
    field = _some(view, f"[data-control={name}] input", 0)
    if field is None or not _reaches(field):
        return "hidden"
    field.fill(text := _one_of(texts, other))
    field.press("Enter")
    return f"{name} {text!r}"


def _look(view: Page, share: float, other: float) -> str:
    """Another score, rival, test or cost; or another place along a sweep."""
    if share < 0.3:
        return _press(view, ".hs-along input", ("Home", "End", "ArrowLeft", "ArrowRight"), other)
    return _random_choice(view, ".hs-compareface .hs-chooser select", (share - 0.3) / 0.7, other)


def _menu(view: Page, share: float, other: float) -> str:
    """The menu of a row, and mostly something in it."""
    opened = _click(view, "[aria-haspopup=menu]", share)
    if other < 0.2:
        return f"{opened}, {_press(view, '[role=menuitem]', ('Escape', 'ArrowDown', 'ArrowUp', 'Enter'), 5 * other)}"
    return f"{opened}, {_click(view, '[role=menuitem]', (other - 0.2) / 0.8)}"


def _message(view: Page, share: float, other: float) -> str:
    """A message that is listed, by mouse or key; or another list."""
    if share < 0.3:
        return _random_choice(view, "[aria-label='Which to list']", 0, other)
    if share < 0.6:
        return _click(view, ".hs-list [role=option]", other)
    return _press(view, ".hs-list", ("ArrowDown", "ArrowUp", "Home", "End", "Enter", "Escape"), other)


def _cloud(view: Page, share: float, other: float) -> str:
    """The mouse somewhere on the cloud of vectors."""
    cloud = _some(view, ".hs-cloud", 0)
    box = cloud.bounding_box() if cloud else None
    if cloud is None or box is None:
        return "hidden"
    try:
        cloud.click(
            position={"x": share * (box["width"] - 1), "y": other * (box["height"] - 1)}, force=True, timeout=500
        )
    except Error:
        return "out of view"
    return f"{share:.2f} {other:.2f}"


def _undo(view: Page, share: float, other: float) -> str:
    """Take Reset back where that is offered."""
    return _click(view, ".hs-do-reset:text('Undo reset')", 0)


def _reload(view: Page, share: float, other: float) -> str:
    save(view)
    view.reload()
    lab(view).wait_for(timeout=60_000)
    view.evaluate("() => window.jupyterapp.restored")
    view.evaluate(CLOSE_VIEW)  # one that was closed a moment ago comes back: the layout had not been saved without it
    view.wait_for_function("window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel")
    return ""


def _restart(view: Page, share: float, other: float) -> str:
    """End the kernel, see that the lab says so, and run the cell again, as it asks."""
    session = "window.jupyterapp.shell.currentWidget.sessionContext.session"
    # JupyterLab asks a kernel who it is, and complains if that is restarted before it can answer.
    patience = "new Promise((end) => setTimeout(end, 20_000))"
    answered = f"Promise.race([{session}.kernel.requestKernelInfo().catch(() => null), {patience}])"
    view.evaluate(f"async () => {{ await {answered}; {session}.kernel.restart() }}")
    lab(view).locator(".hs-status:visible", has_text="run this cell again").wait_for(timeout=20_000)
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
    "compare": (3, lambda view, share, other: _click(view, ".hs-do-compare", 0)),
    "halt": (2, lambda view, share, other: _click(view, ".hs-do-halt", 0)),
    "to compare": (4, _to_compare),
    "to one run": (7, _to_one_run),
    "ask": (6, _ask),
    "look": (5, _look),
    "seed": (4, lambda view, share, other: _click(view, ".hs-compareface path.hs-seed", share)),
    "menu": (5, _menu),
    "undelete": (2, lambda view, share, other: _click(view, "button:text('Undo delete')", 0)),
    "share": (2, lambda view, share, other: _click(view, "button:text-is('Share')", 0)),
    "message": (5, _message),
    "cloud": (3, _cloud),
    "measure": (3, lambda view, share, other: _random_choice(view, "[aria-label='What the curves show']", 0, other)),
    "rival": (2, lambda view, share, other: _random_choice(view, ".hs-rivalry select", 0, other)),
    "fold": (5, lambda view, share, other: _click(view, "summary", share) + _drawn(view)),
    "python": (16, _random_python),
}
# What costs seconds: how often in each 500 actions, and how.
RARE = {"reload": (6, _reload), "restart": (3, _restart), "new view": (5, _new_view)}
