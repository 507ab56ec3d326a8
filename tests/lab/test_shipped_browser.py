"""A fresh page in a real Chromium: a message is answered before anybody has pressed Train."""

from __future__ import annotations

import re

import pytest
from browser import CHROMIUM, Site, ask_kernel, fresh_notebook, save
from playwright.sync_api import Page
from random_user import AGREE, NEW_VIEW
from test_lab_browser import lab
from test_machine_browser import TEXT, results, typed

from headswap.lab import recorded_classifier
from headswap.live.words import spoken

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

# Whoever would train, or pretrain a body, gets an error that the page would show; the lab is as a learner meets it.
CELL = """from headswap.lab import Lab
Lab._prepare, Lab._look_ahead = None, lambda lab: None
lab = Lab()
lab"""
# Both views' machines follow a text of so many bytes.
FOLLOWS = """bytes => [...document.querySelectorAll('.hs-lab')]
  .every(lab => lab.querySelectorAll('.hs-m-token').length === bytes)"""


def answered(view: Page, text: str) -> None:
    """Type a text; its answer, its words and the machine's values are those of the classifier that is shipped."""
    typed(view, text)
    said = spoken(recorded_classifier(), text)
    row = lab(view).locator("[data-hs=try] .hs-answer").first
    row.get_by_text(re.compile(rf"P\(spam\) {said.probabilities[1]:.3f} → \w+ · epoch 20$")).wait_for()
    words = lab(view).locator("[data-hs=try]").first.locator(".hs-words .hs-word[data-side]")
    assert words.count() == sum(abs(word.effect) > 0.02 for word in said.words) > 0  # type: ignore[arg-type]
    shares = [share for _, _, share in results(view, 2)]
    assert shares == pytest.approx(said.probabilities, abs=0.00051)


def test_a_message_typed_on_a_fresh_page_is_answered_with_word_effects_without_train(site: Site) -> None:
    with fresh_notebook(site, "shipped", CELL) as (view, _):
        lab(view).wait_for(timeout=60_000)
        hint = lab(view).locator("[data-hs=try] .hs-answer")
        hint.get_by_text("Type anything; the recorded run answers").wait_for(timeout=20_000)
        answered(view, TEXT)
        assert ask_kernel(view, "print(len(lab.runs))").strip() == "0"
        save(view)
        view.reload()
        lab(view).wait_for(timeout=60_000)
        answered(view, "See you at lunch, Mia")
        view.evaluate(NEW_VIEW)
        view.wait_for_function(AGREE, timeout=60_000)
        second = lab(view).nth(1)
        second.get_by_role("textbox", name="Try a message").fill("Our records say")
        both = lab(view).locator("[data-hs=try] .hs-words .hs-word", has_text="records")
        both.nth(1).wait_for()
        view.wait_for_function(FOLLOWS, arg=len("Our records say"), timeout=20_000)
