"""The notebook that browser tests share: what one test leaves, the next does not find."""

from __future__ import annotations

import pytest
from browser import CHROMIUM, KERNEL, Site, ask_kernel, notebook
from test_lab_browser import CELLS_LEFT, lab, wait_phase

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

BUSY = """import sys
from headswap.lab import Lab
lab = sys.kept = Lab(epochs=200, regime='full')
lab.train()
lab"""
LEFT = """import sys
from ipywidgets.widgets import widget
print('lab' in globals(), sys.kept._runner.busy, len(widget._instances))
del sys.kept"""


def test_a_test_finds_nothing_of_the_one_before_but_its_kernel(site: Site) -> None:
    with notebook(site, BUSY, "pass") as (view, _):
        wait_phase(view, "training")
        kernel = view.evaluate(KERNEL)["id"]
    with notebook(site, "pass") as (view, _):
        assert view.evaluate(KERNEL)["id"] == kernel
        assert ask_kernel(view, LEFT).split() == ["False", "False", "0"]
        assert view.evaluate(CELLS_LEFT) == 1
        assert lab(view).count() == 0
