"""The reliability panel under real keys, and that its numbers are those that Python gives."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

import pytest
from browser import CHROMIUM, Site, ask_kernel, notebook
from playwright.sync_api import Page, expect
from test_lab_browser import lab

from headswap.lab import Lab
from headswap.live.claims import Calibration

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

CELL = "from headswap.lab import Lab\nlab = Lab(folds=('reliability',))\nlab"
# What the panel says one frame after the slider was moved: nobody but the browser can have answered.
SLID = """power => new Promise(done => {
  const panel = document.querySelector('.hs-lab [data-hs=reliability]');
  const slider = panel.querySelector('input[type=range]');
  slider.value = power;
  slider.dispatchEvent(new Event('input'));
  requestAnimationFrame(() => done(panel.querySelector('.hs-hint:last-child').textContent));
})"""


def said(found: Calibration) -> str:
    return f"NLL {found.nll:.3f} nats"


def in_kernel(view: Page, code: str) -> dict[str, Any]:
    """A calibration in the notebook's kernel, as plain values."""
    return json.loads(ask_kernel(view, f"import json, dataclasses\nprint(json.dumps(dataclasses.asdict({code})))"))


def test_the_slider_answers_in_a_frame_and_every_number_is_pythons(site: Site) -> None:
    here = Lab()  # the recorded run that this page shows, too
    with notebook(site, CELL, height=1400) as (view, heard):
        panel = lab(view).locator("[data-hs=reliability]")
        first = here.calibration()
        expect(panel).to_contain_text(said(first), timeout=60_000)
        assert in_kernel(view, "lab.calibration()") == json.loads(json.dumps(asdict(first)))
        error, luck = re.findall(r"([\d.]+)\s%", panel.get_by_text("Calibration error").inner_text())
        assert float(error) == pytest.approx(100 * first.ece, abs=0.06)
        assert float(luck) == pytest.approx(100 * first.floor.interval[1], abs=0.8), "another generator's luck"
        assert first.best is not None
        expect(panel).to_contain_text(f"T = {first.best:.2f} fits best")

        assert said(here.calibration(temperature=2)) in view.evaluate(SLID, 1)
        panel.get_by_role("button", name="Go to best").click()
        expect(panel).to_contain_text(said(here.calibration(temperature=first.best)))
        slider = panel.get_by_role("slider", name="Temperature")
        slider.press("Home")
        expect(panel).to_contain_text(said(here.calibration(temperature=0.25)))
        panel.get_by_role("button", name="Back to T = 1").click()
        expect(panel).to_contain_text(said(first))

        picture = panel.get_by_role("slider", name="Reliability")
        for bin in [one for one in first.bins if one.count][:2]:
            picture.press("ArrowRight")
            read = f"Of {bin.count} messages called {100 * bin.low:.0f} to {100 * bin.high:.0f} % sure"
            expect(picture).to_have_attribute("aria-valuetext", re.compile(read))
        lab(view).get_by_role("slider", name="Epoch", exact=True).press("Home")
        expect(panel).to_contain_text(re.compile(f"epoch 1 ·.*{said(here.calibration(epoch=1))}"))
        assert heard.outside == []
