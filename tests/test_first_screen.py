"""Nothing covers the first screen of the course: our own JupyterLab asks about no news."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import CHROMIUM, jupyter, open_notebook, page, write_notebook
from helpers import ROOT
from playwright.sync_api import Browser

TOAST = ".Toastify__toast"


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_first_screen_asks_nothing(tmp_path: Path, browser: Browser) -> None:
    write_notebook(tmp_path / "first.ipynb", "1 + 1")
    with (
        jupyter(tmp_path, flags=[f"--LabApp.app_settings_dir={ROOT / 'binder'}"]) as address,
        page(browser) as (view, _),
    ):
        open_notebook(view, address, "first.ipynb")
        view.wait_for_timeout(2500)  # the question comes within a second
        assert view.locator(TOAST).all_inner_texts() == []


@pytest.mark.parametrize("file", ["Makefile", "binder/postBuild"])
def test_these_settings_are_copied_to_where_jupyterlab_looks(file: str) -> None:
    told = (ROOT / file).read_text("utf-8")
    assert "binder/overrides.json" in told
    assert "share/jupyter/lab/settings" in told
