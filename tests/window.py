"""One JupyterLab page, and in it one notebook, that browser tests share one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from browser import KERNEL, Heard, ask_kernel, listening, of_cells, set_theme, show_notebook, wait_idle, write_notebook
from playwright.sync_api import Browser, Page

# Every notebook closed, and its kernel with it, from JupyterLab's side: it would miss one that was taken from it.
EMPTIED = """async () => {
  const {shell, serviceManager} = window.jupyterapp;
  await serviceManager.sessions.shutdownAll();
  for (const widget of [...shell.widgets('main')]) if (widget.context) widget.dispose();  // the launcher stays
}"""

# Other cells in the notebook that is open; its kernel stays. The file on the disk is left to JupyterLab.
REPLACED = """cells => {
  const { context, content } = window.jupyterapp.shell.currentWidget;
  context.model.fromJSON(cells);
  content.mode = 'command';
  content.activeCellIndex = 0;
  document.querySelectorAll('.jp-WindowedPanel-outer').forEach(e => { e.scrollTop = 0 });
}"""
# A kernel in which nothing runs any more, no widget is open and no name is left, but those of `__main__` itself: a
# comparison's workers ask for them.
SWEPT = """
def swept():
    from ipywidgets.widgets import widget
    from headswap.lab import Lab

    for lab in [one for one in widget._instances.values() if isinstance(one, Lab)]:
        lab.stop()
    widget.Widget.close_all()
    shell = get_ipython()
    own = {name: value for name, value in shell.user_ns.items() if name.startswith("__")}
    shell.reset(new_session=True)
    shell.user_ns.update(own)

swept()
"""


@dataclass
class Window:
    """One JupyterLab page that the tests of a module share, one after another: opening it takes longer than a test."""

    address: str
    browser: Browser
    view: Page | None = None
    kernel: str | None = None  # of the notebook that is still open, swept, for the next test that wants cells run

    @contextmanager
    def lent(self, height: int = 720) -> Iterator[tuple[Page, Heard]]:
        """The page, empty and light, and what it asks for and says meanwhile. After a failure nobody gets it again."""
        with self._lent(height) as (view, heard, kernel):
            if kernel:
                view.evaluate(EMPTIED)
            yield view, heard
            view.evaluate(EMPTIED)

    @contextmanager
    def at_work(self, path: Path, cells: Sequence[str], height: int = 720) -> Iterator[tuple[Page, Heard]]:
        """The same with a notebook of these cells open; its kernel is that of the last test, swept, if there is one."""
        with self._lent(height) as (view, heard, kernel):
            if kernel:
                view.evaluate(REPLACED, of_cells(cells))
                wait_idle(view, path.name)
            else:
                write_notebook(path, *cells)
                show_notebook(view, path.name)
            yield view, heard
            ask_kernel(view, SWEPT)
            self.kernel = view.evaluate(KERNEL)["id"]

    @contextmanager
    def _lent(self, height: int) -> Iterator[tuple[Page, Heard, str | None]]:
        view, kernel, self.view, self.kernel = self.view or self._opened(), self.kernel, None, None
        view.set_viewport_size({"width": 1280, "height": height})
        view.emulate_media(media="null", color_scheme="null", reduced_motion="null", forced_colors="null")
        try:
            with listening(view) as heard:
                yield view, heard, kernel
            set_theme(view, "JupyterLab Light")
            self.view = view
        finally:
            if self.view is None:
                self.kernel = None
                view.close()

    def _opened(self) -> Page:
        view = self.browser.new_page()
        view.goto(f"{self.address}/lab/workspaces/shared?reset")
        view.wait_for_selector(".jp-Launcher", timeout=60_000)
        return view
