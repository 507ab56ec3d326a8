"""Still pictures of a notebook's widgets, for readers who have no kernel: on GitHub, on nbviewer, before the first run.

Each is drawn by the widget's own code from the state that its run ended with, in a page without network, clock or
motion, so that the same state gives the same picture.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat
import numpy as np
from nbclient import NotebookClient
from PIL import Image
from playwright.sync_api import Browser, Page

from headswap.explorers.closed import closed, in_words
from tests.browser import chromium

State = Mapping[str, Any]
VIEW = "application/vnd.jupyter.widget-view+json"
WIDTH, SHARPNESS, COLOURS = 940, 1.25, 64
# Every widget by the id that an output has for it, as it is at the end: that is what a reader sees after Run All. A lab
# adds the story that it would tell a new page.
ASK = """import json, ipywidgets
def _told(key, state):
    story = getattr(ipywidgets.widgets.widget._instances[key], "story", None)
    return state | ({"story": story(whole=True)} if story else {})
_states = ipywidgets.Widget.get_manager_state()["state"]
print(json.dumps({key: _told(key, told["state"]) for key, told in _states.items()}))"""
# The widget stands in a frame with a line above, or a learner would press its buttons in vain. The lab's table of runs
# goes without its column of buttons: then the others fit.
PAGE = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: #ffffff; }
#still { width: %(width)dpx; box-sizing: border-box; border: 1px solid #d4d4d4; border-radius: 4px; }
#still { --jp-ui-font-family: "Liberation Sans", Arial, Helvetica, sans-serif; }
#still { --jp-code-font-family: "Liberation Mono", "Courier New", monospace; }
#still td.hs-actions, #still table:has(td.hs-actions) thead th:last-child { display: none; }
#still header { padding: 3px 10px; color: #3d3d3d; background: #f0f0f0; font: 12px/1.4 var(--jp-ui-font-family); }
%(style)s</style>
<div id="still"><header>A still picture. Run this cell, and it comes alive.</header><div id="widget"></div></div>"""
# A model as anywidget has it, with nobody behind it but a lab's story.
DRAW = """async ([code, state]) => {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const heard = {};
  const model = { get: (name) => state[name], set: () => {}, on: (name, work) => { heard[name] = work; }, off: () => {},
    save_changes: () => {}, send: (order) => {
      if (order.do === "hello" && state.story) heard["msg:custom"](state.story);
    } };
  const { default: widget } = await import(address);
  await widget.render({ model, el: document.getElementById("widget") });
  await document.fonts.ready;
  for (let frames = 0; frames < 6; frames++) await new Promise(requestAnimationFrame);
}"""


def states(client: NotebookClient) -> dict[str, State]:
    """Every widget of a kernel that has run its notebook, by its id."""
    cells = client.nb.cells
    cells.append(nbformat.v4.new_code_cell(ASK))  # for a moment: the client writes what it runs into its notebook
    client.execute_cell(cells[-1], len(cells) - 1, store_history=False)
    return json.loads("".join(output.text for output in cells.pop().outputs if output.get("name") == "stdout"))


def put_stills(notebook: nbformat.NotebookNode, known: Mapping[str, State]) -> None:
    """Put a picture and its words beside the view of each widget in the notebook."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    outputs = [output for output in outputs if VIEW in output.get("data", {})]
    shown = [closed(known[output.data[VIEW]["model_id"]]) for output in outputs]
    for output, state, picture in zip(outputs, shown, photographs(shown), strict=True):
        output.data["image/png"] = base64.b64encode(picture).decode() + "\n"
        output.metadata["image/png"] = {"alt": in_words(state), "width": WIDTH}


def photographs(shown: Sequence[State]) -> list[bytes]:
    """Each state as its widget draws it, as a small PNG."""
    if not shown:
        return []
    with chromium() as browser:
        return [_photograph(browser, state) for state in shown]


def _photograph(browser: Browser, state: State) -> bytes:
    page = browser.new_page(
        viewport={"width": WIDTH, "height": 1200}, device_scale_factor=SHARPNESS, offline=True, locale="en-US",
        timezone_id="UTC", color_scheme="light", reduced_motion="reduce",
    )  # fmt: skip
    try:
        return reduced(_drawn(page, state))
    finally:
        page.close()


def _drawn(page: Page, state: State) -> bytes:
    page.set_content(PAGE % {"width": WIDTH, "style": state["_css"]})
    page.evaluate(DRAW, [state["_esm"], {name: value for name, value in state.items() if name[0] != "_"}])
    return page.locator("#still").screenshot(animations="disabled", caret="hide")


def reduced(picture: bytes) -> bytes:
    """The picture in few colours, without dithering: a third of the bytes, and lines and letters as clear as before.

    The first colour is the commonest, each further one that which is common and far from those before. Pillow's own
    palettes let a thin pink triangle turn grey, or paper yellow.
    """
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    codes = np.asarray(image).reshape(-1, 3) @ np.array([1 << 16, 1 << 8, 1])
    found, place, count = np.unique(codes, return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)
    chosen, nearest, distance = [], np.zeros(len(found), np.uint8), np.full(len(found), 3 * 256**2)
    for number in range(min(COLOURS, len(found))):
        chosen.append(colours[np.argmax(np.sqrt(count) * distance)])
        away = ((colours - chosen[-1]) ** 2).sum(axis=1)
        nearest[away < distance] = number
        distance = np.minimum(distance, away)
    small, file = Image.frombytes("P", image.size, nearest[place.ravel()].tobytes()), io.BytesIO()
    small.putpalette(np.array(chosen, np.uint8).tobytes())
    small.save(file, "png", optimize=True)
    return file.getvalue()
