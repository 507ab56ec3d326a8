"""A JupyterLab or Notebook 7 with no settings but its own, and a real Chromium in front of it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, TimeoutError, sync_playwright

if TYPE_CHECKING:
    from window import Window

NAMES = ("chromium", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for path in map(shutil.which, NAMES) if path), None)
SHARED = "shared.ipynb"  # the notebook that tests share, one after another
LOCAL = ("localhost", "127.0.0.1", "")
# What JupyterLab and Chromium say of themselves, with or without a lab on the page.
SCREENS = Path(__file__).resolve().parents[1] / ".screenshots"
NOT_OURS = (
    "Unrecognized feature",
    "Connection lost, reconnecting",
    "React DevTools",
    "preload",
    "GPU stall",
    "WebGL",
    "did not appear within",
    "is taking too long to activate",
    "ms to activate",
)

# What is too pale or too small to read inside a lab.
CONTRAST = """() => {
  const dot = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const [colours, grounds] = [new Map(), new Map()];  // a page has few colours and many elements
  const found = (known, key, make) => { if (!known.has(key)) known.set(key, make(key)); return known.get(key); };
  const drawn = (text) => { dot.clearRect(0, 0, 1, 1); dot.fillStyle = text; dot.fillRect(0, 0, 1, 1);
    return [...dot.getImageData(0, 0, 1, 1).data]; };
  const rgb = (text) => found(colours, text, drawn);
  const linear = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => { const f = [r, g, b].map(linear);
    return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const ground = (e) => (e ? found(grounds, e, (at) => { const c = rgb(getComputedStyle(at).backgroundColor);
    return c[3] > 250 ? c : ground(at.parentElement); }) : [255, 255, 255, 255]);
  const bad = [];
  for (const e of document.querySelectorAll('.hs-lab *')) {
    const says = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!says || e.closest('svg, :disabled, [aria-disabled=true]') || !e.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${e.textContent.slice(0, 40)}`);
    if (parseFloat(getComputedStyle(e).fontSize) < 11) bad.push(`small ${e.textContent.slice(0, 40)}`);
  }
  return bad;
}"""


@dataclass
class Heard:
    """What the page asked of the network and said on its console."""

    outside: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def request(self, request: Request) -> None:
        if urlparse(request.url).hostname not in LOCAL and request.url.startswith(("http", "ws")):
            self.outside.append(request.url)

    def message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in NOT_OURS):
            self.console.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def error(self, error: Exception) -> None:
        self.console.append(f"page error: {getattr(error, 'stack', None) or error}")


@dataclass(frozen=True)
class Site:
    """Where a browser test works: a server's folder and address, a browser for pages, and one that is open already."""

    folder: Path
    address: str
    browser: Browser
    window: Window

    def tidy(self) -> None:
        """As if no test had been here: no kernel, no notebook, no setting, no layout of windows.

        But for the notebook that the window keeps open, with its kernel: both are swept.
        """
        kernels = f"{self.address}/api/kernels"
        with urllib.request.urlopen(kernels, timeout=20) as answer:
            running = [kernel["id"] for kernel in json.load(answer)]
        for kernel in running:
            if kernel != self.window.kernel:
                asked = urllib.request.Request(f"{kernels}/{kernel}", method="DELETE")
                urllib.request.urlopen(asked, timeout=20).close()
        shutil.rmtree(self.folder / ".config" / "lab", ignore_errors=True)
        for path in self.folder.glob("*.ipynb"):
            if self.window.kernel is None or path.name != SHARED:
                path.unlink()


@contextmanager
def jupyter(
    folder: Path, cache: Path | None = None, app: str = "lab", kernels: str | None = None, flags: Sequence[str] = (),
) -> Iterator[str]:  # fmt: skip
    """A server on a free port with no settings but its own; the address it answers at.

    `kernels` is a folder of kernel specifications, in the form of JUPYTER_PATH. With `flags` it is started as somebody
    would who has only these: then nothing else keeps it from asking about news.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    private = {f"JUPYTER_{kind}_DIR": str(folder / f".{kind.lower()}") for kind in ("CONFIG", "DATA", "RUNTIME")}
    environment = os.environ | private | {"HEADSWAP_CACHE": str(cache or folder / ".cache"), "OMP_NUM_THREADS": "1"}
    environment |= {"JUPYTER_PATH": kernels} if kernels else {}
    settings = folder / ".settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    if not flags:
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    environment["JUPYTERLAB_SETTINGS_DIR"] = str(folder / ".settings")
    command = [
        sys.executable, "-m", "jupyter", app, "--no-browser", "--allow-root", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=",
        "--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--KernelManager.shutdown_wait_time=0.5",  # a kernel has nothing to save, so it need not leave in peace
        *flags,
    ]  # fmt: skip
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/api/status", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(address: str, server: subprocess.Popen[bytes], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("Jupyter did not start; see server.log")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium that asks nothing of the network by itself."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page(browser: Browser, width: int = 1280, height: int = 720, *, dark: bool = False) -> Iterator[tuple[Page, Heard]]:
    """A new page that shares nothing with others, not even a cache; and what it asks for and says."""
    scheme = "dark" if dark else "light"
    view = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    try:
        with listening(view) as heard:
            yield view, heard
    finally:
        view.close()


@contextmanager
def listening(view: Page) -> Iterator[Heard]:
    """What the page asks of the network and says on its console while we listen."""
    heard = Heard()
    wired = {"request": heard.request, "console": heard.message, "pageerror": heard.error}
    for event, hear in wired.items():
        view.on(event, hear)  # type: ignore[call-overload]
    try:
        yield heard
    finally:
        for event, hear in wired.items():
            view.remove_listener(event, hear)


@contextmanager
def notebook(site: Site, *cells: str, height: int = 720) -> Iterator[tuple[Page, Heard]]:
    """A page with these cells run; at its end nothing was asked of the network and the console is quiet."""
    with site.window.at_work(site.folder / SHARED, cells, height) as (view, heard), quiet(heard):
        run_all(view)
        yield view, heard


@contextmanager
def fresh_notebook(site: Site, name: str, *cells: str, app: str = "lab") -> Iterator[tuple[Page, Heard]]:
    """The same on a page that nobody had: for Notebook 7, and where a reload would remember the tests before."""
    write_notebook(site.folder / f"{name}.ipynb", *cells)
    with page(site.browser) as (view, heard):
        open_notebook(view, site.address, f"{name}.ipynb", app)
        with quiet(heard):
            run_all(view)
            yield view, heard


def notebook_in(app: str, site: Site, *cells: str) -> AbstractContextManager[tuple[Page, Heard]]:
    """The same in JupyterLab, on the page that tests share, or in Notebook 7, on one of its own."""
    return notebook(site, *cells) if app == "lab" else fresh_notebook(site, "seven", *cells, app=app)


@contextmanager
def quiet(heard: Heard) -> Iterator[None]:
    """Nothing is asked of the network and the console does not complain; what Jupyter said before does not count."""
    heard.console.clear()
    yield
    assert heard.outside == [], "a request left this machine"
    assert heard.console == [], "the console complains"


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook of code cells that nobody has run."""
    path.write_text(json.dumps(of_cells(cells)))


def of_cells(cells: Sequence[str]) -> dict[str, Any]:
    """The same as JSON."""
    code = [
        {"cell_type": "code", "id": f"cell{i}", "metadata": {}, "execution_count": None, "outputs": [], "source": cell}
        for i, cell in enumerate(cells)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": code, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def open_notebook(view: Page, address: str, name: str, app: str = "lab") -> None:
    """Open the notebook and wait until its kernel can be asked."""
    path = f"/lab/tree/{name}?reset" if app == "lab" else f"/notebooks/{name}"
    view.goto(address + path)
    wait_idle(view, name)


def show_notebook(view: Page, name: str) -> None:
    """Open the notebook in a JupyterLab that is on the page, and wait until its kernel can be asked."""
    view.evaluate(OPEN, name)
    wait_idle(view, name)


# A lab that is still putting its workspace together may close what was just opened, so it is waited for.
OPEN = """async path => {
  const { commands, restored } = window.jupyterapp;
  await restored;
  if (!await commands.execute('docmanager:open', { path })) throw new Error(`${path} did not open`);
}"""


def wait_idle(view: Page, name: str) -> None:
    """Wait until this notebook is in front and its kernel can be asked."""
    view.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    idle = f"path => {{ ({TO_THE_FRONT})(path); const {{ path: front, status }} = ({KERNEL})(); "
    idle += "return front === path && status === 'idle' }"
    try:
        view.wait_for_function(idle, arg=name, timeout=60_000)
    except TimeoutError as error:
        raise AssertionError(f"{name} is not to be asked: {view.evaluate(KERNEL)}") from error


# JupyterLab at times has a notebook on the page and none in front; then its commands run nothing.
TO_THE_FRONT = """path => { const { shell } = window.jupyterapp;
  const asked = [...shell.widgets('main')].find(widget => widget.context?.path === path);
  if (asked && shell.currentWidget !== asked) shell.activateById(asked.id) }"""

# Which notebook is in front, what its kernel says of itself, and what JupyterLab asks meanwhile.
KERNEL = """() => { const shown = window.jupyterapp?.shell?.currentWidget, session = shown?.sessionContext?.session;
  const dialog = document.querySelector('.jp-Dialog')?.textContent;
  const { status, connectionStatus, id } = session?.kernel ?? {};
  return { path: shown?.context?.path, session: session?.id, id, status, connectionStatus, dialog } }"""


def run_all(view: Page) -> None:
    """Run every cell; the promise is not returned, it would wait for the end."""
    view.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")


def set_theme(view: Page, name: str) -> None:
    """Switch JupyterLab's theme and wait for it."""
    view.evaluate("name => { window.jupyterapp.commands.execute('apputils:change-theme', {theme: name}) }", name)
    light = "true" if "Light" in name else "false"
    view.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached", timeout=20_000)


ASK = """async code => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({code, store_history: false});
  let said = '';
  future.onIOPub = ({content}) => { said += content.text ?? (content.traceback ?? []).join('\\n') };
  const reply = await future.done;
  return [reply.content.status, said];
}"""


def ask_kernel(view: Page, code: str) -> str:
    """Run code in the notebook's kernel, outside every cell; what it printed."""
    status, said = view.evaluate(ASK, code)
    assert status == "ok", said
    return said


def save(view: Page) -> None:
    """Save the notebook and wait for it."""
    view.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")


def run_cell(view: Page, index: int) -> None:
    """Run one cell, without waiting for its end."""
    view.evaluate(
        "index => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;"
        " window.jupyterapp.commands.execute('notebook:run-cell') }",
        index,
    )
