"""`python -m benchmarks.screens`: photograph the lab in JupyterLab, light and dark, for the README."""

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.browser import ask_kernel, chromium, jupyter, open_notebook, page, run_all, set_theme, write_notebook

FOLDER = Path(__file__).resolve().parents[1] / "figures"
CELL = "from headswap.lab import Lab\nlab = Lab()\nlab"
# A pinned head-only run under a full one, and a message of one's own.
PLAY = """
lab.train(block=True)
lab.pin(1)
lab.regime = "full"
lab.train(block=True)
lab.attempt("You have won a prize! Call now to claim it")
"""
ALONE = """e => Object.assign(e.style, {
  position: 'fixed', inset: '0', zIndex: 9999, width: '1200px', height: '1240px' })"""


def main() -> int:
    """Write figures/lab-light.png and figures/lab-dark.png."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_notebook(folder / "lab.ipynb", CELL)
        with jupyter(folder) as address, chromium() as browser, page(browser, 1200, 1240) as (view, _):
            open_notebook(view, address, "lab.ipynb")
            run_all(view)
            lab = view.locator(".hs-lab")
            lab.wait_for(timeout=60_000)
            ask_kernel(view, PLAY)
            view.wait_for_timeout(4000)  # the first run is painted for two seconds
            for theme in ("Light", "Dark"):
                set_theme(view, f"JupyterLab {theme}")
                lab.evaluate("e => document.body.append(e)")  # off the notebook, which would cut it
                lab.evaluate(ALONE)
                view.wait_for_timeout(500)
                small = Image.open(BytesIO(view.screenshot())).quantize(128)  # a third of the bytes
                small.save(FOLDER / f"lab-{theme.lower()}.png", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
