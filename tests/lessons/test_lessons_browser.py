"""Every lesson as a learner meets it: JupyterLab in a real Chromium, Run All; light and dark; then solved."""

from __future__ import annotations

import ast
import platform
import re
from pathlib import Path

import nbformat
import pytest
from browser import CHROMIUM, CONTRAST, Site, run_all, set_theme, show_notebook
from helpers import ROOT
from playwright.sync_api import Page
from test_lessons import IGNORED, MEASURED
from test_prove_cells import Names

from lessons import build

SCREENS = ROOT / ".screenshots"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
# The code cells that are still to be run, those that failed, and the widgets that a run has promised.
STATE = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
  const found = {waiting: 0, failed: [], widgets: 0};
  for (let i = 0; i < cells.length; i++) {
    const cell = cells.get(i);
    if (cell.type !== 'code') continue;
    if (cell.executionState !== 'idle') found.waiting += 1;
    for (const output of cell.outputs.toJSON()) {
      if (output.output_type === 'error') found.failed.push(`cell ${i}: ${output.ename}: ${output.evalue}`);
      if (output.data?.['application/vnd.jupyter.widget-view+json']) found.widgets += 1;
    }
  }
  return found;
}"""
# Words in a picture that stand on each other.
CROWDED = """() => [...document.querySelectorAll('svg.hs-plot')].flatMap(svg => {
  const words = [...svg.querySelectorAll('text')].filter(e => e.textContent.trim() && e.checkVisibility());
  const boxes = words.map(e => e.getBoundingClientRect());
  return words.flatMap((e, i) => words.slice(i + 1).flatMap((other, k) => {
    const [a, b] = [boxes[i], boxes[i + 1 + k]];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return wide > 1 && high > 4 ? [`${e.textContent} on ${other.textContent}`] : [];
  }));
})"""
# A cell with another text, run to its end.
SET_AND_RUN = """async ([number, source]) => {
  const content = window.jupyterapp.shell.currentWidget.content;
  content.model.cells.get(number).sharedModel.setSource(source);
  content.activeCellIndex = number;
  await window.jupyterapp.commands.execute('notebook:run-cell');
}"""
# Whether a notebook counts as changed once its kernel has said who it is, and what JupyterLab would save of that.
OPENED = """async () => {
  const { context, sessionContext } = window.jupyterapp.shell.currentWidget;
  await Promise.all([sessionContext.session.kernel.info, sessionContext.session.kernel.spec]);
  await new Promise(done => setTimeout(done, 500));
  return [context.model.dirty, context.model.toJSON().metadata];
}"""
# Four frames on, and all that moves and comes to an end has come to it.
PAINTED = """async () => {
  for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
  const moving = document.getAnimations().filter(one => one.effect.getComputedTiming().endTime < 2000);
  await Promise.all(moving.map(one => one.finished.catch(() => null)));
}"""
DRAWN = "document.querySelectorAll('.hs-explorer, .hs-lab').length"
SCROLLED = ".jp-WindowedPanel-outer, .jp-WindowedPanel-viewport, .jp-NotebookPanel-notebook"
HEIGHT = f"Math.max(...[...document.querySelectorAll('{SCROLLED}')].map(e => e.scrollHeight))"
TOP = f"document.querySelectorAll('{SCROLLED}').forEach(e => {{ e.scrollTop = 0 }});"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_run_all_draws_every_widget_and_the_solutions_pass(site: Site, notebook: Path) -> None:
    nbformat.write(lighter(notebook), site.folder / notebook.name)
    with site.window.lent() as (view, heard):
        show_notebook(view, notebook.name)
        heard.console.clear()  # what Jupyter said of itself
        run_all(view)
        view.wait_for_function(f"({STATE})().waiting > 0", polling=50)
        view.wait_for_function(f"({STATE})().waiting === 0", timeout=240_000, polling=250)
        found = view.evaluate(STATE)
        assert found["failed"] == []
        _unrolled(view)
        view.wait_for_function(f"{DRAWN} >= {found['widgets']}", timeout=30_000)
        assert view.evaluate(CROWDED) == []
        for theme in ("Light", "Dark"):
            set_theme(view, f"JupyterLab {theme}")
            view.evaluate(PAINTED)
            SCREENS.mkdir(exist_ok=True)
            view.screenshot(path=SCREENS / f"{notebook.stem}-{theme.lower()}.jpg", type="jpeg")
            assert view.evaluate(CONTRAST.replace("'.hs-lab *'", "'.hs-lab *, .hs-explorer *'")) == []
        _solve(view, notebook)
        assert heard.outside == []
        assert heard.console == []


def lighter(notebook: Path) -> nbformat.NotebookNode:
    """The notebook without what trains, draws nothing, and feeds nothing that is drawn, proved or solved.

    `pytest --nbval` runs those as well, and compares what they print.
    """
    found = nbformat.read(notebook, 4)
    solved = build.solved(build.LESSONS / f"{notebook.stem}.py").cells
    again = _to_run_again([cell.source for cell in found.cells], solved)
    needed: set[str] = set()
    for number, cell in reversed([*enumerate(found.cells)]):
        if cell.cell_type != "code":
            continue
        tree = ast.parse(solved[number].source)
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        made = Names.of(ast.Module([node for node in tree.body if node not in imports], []))  # type: ignore[arg-type]
        names, tags = Names.of(tree), build.tags(cell)  # type: ignore[arg-type]
        trains = "prove" not in tags and (IGNORED in tags or re.search(MEASURED, cell.source))
        drawn = any("image/png" in output.get("data", {}) for output in cell.outputs)
        if trains and not drawn and number not in again and not (made.bound | made.written) & needed:
            cell.source = "\n".join(map(ast.unparse, imports))
        else:
            needed = needed - names.bound | names.read
    return found


@pytest.mark.parametrize("notebook", NOTEBOOKS[:1], ids=lambda path: path.stem)
def test_a_stored_notebook_opens_unchanged(site: Site, notebook: Path) -> None:
    """On the Python that it was built with; JupyterLab writes any other version into the notebook at once."""
    stored = nbformat.read(notebook, 4)
    stored.metadata.language_info.version = platform.python_version()
    nbformat.write(stored, site.folder / notebook.name)
    with site.window.lent() as (view, _):
        show_notebook(view, notebook.name)
        assert view.evaluate(OPENED) == [False, stored.metadata]


def _solve(view: Page, notebook: Path) -> None:
    """Put the solutions where the stubs are and run those cells, as a learner does, and what uses them; no other."""
    solved = build.solved(build.LESSONS / f"{notebook.stem}.py").cells
    for number in _to_run_again([cell.source for cell in nbformat.read(notebook, 4).cells], solved):
        view.evaluate(SET_AND_RUN, [number, solved[number].source])
        assert view.evaluate(STATE)["failed"] == []


def _to_run_again(stubs: list[str], solved: list[nbformat.NotebookNode]) -> list[int]:
    """The numbers of the cells that a solution changes, and of those that read what such a cell defines."""
    again, changed = [], set()
    for number, (stub, cell) in enumerate(zip(stubs, solved, strict=True)):
        if cell.cell_type != "code":
            continue
        found = [Names.of(statement) for statement in ast.parse(cell.source).body]
        touched = [names for names in found if stub != cell.source or changed & (names.read | names.written)]
        if touched:
            again.append(number)
            changed |= set().union(*(names.bound | names.written for names in touched))
    return again


def _unrolled(view: Page) -> None:
    """A window as high as the lesson, so that all of it is on the page at once."""
    for _ in range(3):  # what was not on the page had no height yet
        view.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0; " + TOP + " }")
        view.set_viewport_size({"width": 1280, "height": min(16_000, view.evaluate(HEIGHT) + 200)})
        view.evaluate(PAINTED)
