"""Twenty-two regimes in the lab: four groups in the menu, and a fold where they are compared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Site, notebook
from playwright.sync_api import Page, expect

from headswap.regimes.named import GROUPS, REGIMES, in_groups

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture
def view(site: Site) -> Iterator[Page]:
    with notebook(site, "from headswap.lab import Lab\nLab()", height=1000) as (view, _):
        view.locator(".hs-lab").wait_for(timeout=60_000)
        yield view


def test_the_menu_lists_every_regime_in_its_group_the_familiar_four_first(view: Page) -> None:
    select = view.locator(".hs-lab [data-control=regime] select").first
    groups = select.evaluate("e => [...e.children].map(g => [g.label, [...g.children].map(o => o.value)])")
    assert [name for name, _ in groups] == [*GROUPS]
    assert [name for _, names in groups for name in names] == [regime.name for regime in in_groups()]
    assert groups[0][1] == ["head-only", "last-block", "full", "scratch"]
    assert {name for _, names in groups for name in names} == {*REGIMES}


def test_the_other_regimes_wait_in_a_fold_that_counts_those_chosen(view: Page) -> None:
    lab = view.locator(".hs-lab")
    lab.locator("button.hs-face", has_text="Compare").click()
    fold = lab.locator("[data-control=regimes] details")
    assert lab.locator("[data-control=regimes] > .hs-chips .hs-chip").count() == 5
    assert not fold.get_by_role("button", name="lora", exact=True).is_visible()
    fold.locator("summary").press("Enter")
    fold.get_by_role("button", name="lora", exact=True).click()
    expect(fold.locator("summary")).to_have_text("More regimes (1 chosen)")
    assert lab.locator("[data-control=regimes] .hs-chip").count() == len(REGIMES)
