"""An explorer with every kind of block as a person meets it: JupyterLab 4, a real Chromium, mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, SCREENS, Heard, Site, ask_kernel, notebook, set_theme
from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

CELL = '''
import math
from headswap.explorers.widget import *
from headswap.explorers.controls import *

def show(v):
    ids, n, p = list(v["text"].encode()), v["max_len"], v["threshold"]
    kinds = ["byte" if t < n else "cut" for t in range(len(ids))]
    cells = [{"top": chr(i), "bottom": str(i), "kind": kind} for i, kind in zip(ids, kinds)]
    front = [{"top": "cls", "bottom": "257", "kind": "special"}] * v["cls"]
    pads = [{"top": "pad", "bottom": "256", "kind": "pad"}] * max(0, n - len(ids))
    labels = [chr(i) for i in ids[:n]]
    seen = [[None if j > i else round(1 / (i + 1), 3) for j in range(len(labels))] for i in range(len(labels))]
    losses = [(x, 0.2 + 0.9 * math.exp(-x / 5)) for x in range(21)]
    judged = [(x, 0.38 + 0.5 * math.exp(-x / 4) + 0.004 * x) for x in range(21)]
    ham, spam = [[(math.cos(i) * a + b, math.sin(2 * i)) for i in range(40)] for a, b in ((2, -2), (1.7, 2))]
    tp, fp = round(80 * (1 - p * p)), round(80 * (1 - p) ** 2)
    listed = table("Messages in the cell", ["P(spam)", "message"], [["0.512", f"one message of {v['cell']}"]])
    return [
        words("In words", f"{len(ids)} bytes, {max(0, len(ids) - n)} of them cut at {n}; pooled by {v['pool']}."),
        tape("Tokens", front + cells + pads),
        curves("Loss", "epoch", "loss (nats)", [line("training", losses), line("validation", judged, dash=True)],
               [(*judged[8], "best: 8")]),
        heat("Attention", labels, labels, seen),
        matrix("Verdicts", ((80 - fp, fp), (80 - tp, tp)), ("ham", "spam"), "cell"),
        cloud("Pooled vectors", [("ham", "circle", ham), ("spam", "triangle", spam), ("yours", "circle", [(0, 0.3)])]),
        bars("Weights that learn", [("head", 130, 118914), ("last block", 49984, 118914), ("all", 9, 9)], "weights"),
        gauge("P(spam)", 0.9 * p, f"P(spam) {0.9 * p:.3f}", limit=0.5),
        heat("Small", "ab", ["space", "e", "t"], [[0.1, 0.7, 0.2], [0.95, 0.05, 0]]),
        numbers("Read", [figure("20", "bytes in all"), figure("0", "lost")], "“Free prize, call now”"),
        batch("Batch", [{"name": "Yours", "more": 0, "cells": [
            {"sign": "é", "part": 1, "of": 2, "id": 195, "kind": "byte"},
            {"sign": "é", "part": 2, "of": 2, "id": 169, "kind": "byte"},
            {"sign": "cls", "part": 1, "of": 1, "id": 257, "kind": "special"},
            {"sign": "pad", "part": 1, "of": 1, "id": 256, "kind": "pad"},
            {"sign": "x", "part": 1, "of": 1, "id": 120, "kind": "cut"}]}]),
        folded(table("Folded", ["n"], [["1"], ["2"]])),
        guesses("Surprise", list("hi"), [0.01, 0.5], [[("H", 0.9), ("h", 0.01)], [("i", 0.5)], [("!", 0.7)]]),
        looking("Looks", ["bos", "h", "i"], [[1, None, None], [0.25, 0.75, None], [0.5, 0.4, 0.1]],
                [[("h", 0.2)], [("i", 0.6)], [("!", 0.8)]]),
        worked("By hand", {"labels": ["bos", "h"], "looker": 0, "query": [1.0, -2.0], "keys": [[0.5, 1], [1, 1]],
               "values": [[1.0, -1.0], [2.0, 3.0]], "dots": [-1.5, -1.0], "scores": [-1.06, None], "exps": [0.35, 0],
               "shares": [1, 0], "mix": [1.0, -1.0]}, 1),
        table("Scores", ["score", "value", "remark"], [["precision", tp / max(1, tp + fp), "of what is called spam"],
                                                       ["recall", tp / 80, "of the spam"]]),
        divide("Every message", [("ham", "circle", [0.02, 0.1, 0.6]), ("spam", "triangle", [0.3, 0.9, 0.97])],
               "call it spam from P(spam) ≥", "threshold"),
        crowd("A thousand messages", {"tp": 110, "fp": 44, "fn": 10, "tn": 836}, "154 are called spam."),
        numbers("Large", [
            {"name": "precision", "value": "0.948", "says": "73 of the 77", "yours": "0.5", "agrees": False},
            {"name": "recall", "value": "0.912", "says": "73 of the 80", "yours": "0.912", "agrees": True},
            {"name": "F1", "value": "0.930", "says": "high only where both are"}]),
        outcome("Your bet", f"You said: {v['bet']}.", *((v["bet"] == "two", "two") if v["bet"] != "none" else ())),
        folded(words("Behind its title", "A sentence that waits.")),
        listed if v["cell"] else words("Messages in the cell", "Choose a cell of the matrix."),
    ]

explorer = Explorer("Every block", [
    text("text", "Your message", "Free prize, call now"), slider("max_len", "Maximum length", 24, 4, 64, unit="bytes"),
    slider("threshold", "Threshold", 0.5, 0, 1, 0.01), choice("pool", "Pooling", "mean", ["mean", "last"]),
    switch("cls", "Put cls in front", False),
    cards("bet", "Which will it be?", "none", ["none", "one", "two"]), hidden("cell")], show)
explorer
'''  # fmt: skip
PICTURE = """
from headswap.results.figures import Still
falling = Still(figsize=(4, 2), layout="constrained")
falling.subplots().plot([0, 1], [1, 0])
falling.alt = "a line that falls"
falling
"""
# Text too faint or too small: on its own background, in a heat map on its own cell.
CONTRAST = """() => {
  const rgb = (text) => { const c = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    c.fillStyle = text; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; };
  const linear = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const cell = (e) => { const [b, svg] = [e.getBoundingClientRect(), e.closest('svg')];
    const [x, y] = [b.x + b.width / 2, b.y + b.height / 2];
    return [...svg.querySelectorAll('.hs-cells rect')].find(r => { const c = r.getBoundingClientRect();
      return c.left <= x && x <= c.right && c.top <= y && y <= c.bottom; }); };
  const ground = (e) => { if (e.closest('.hs-numbers')) return rgb(getComputedStyle(cell(e)).fill);
    for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; }
    return [255, 255, 255, 255]; };
  const bad = [];
  for (const e of document.querySelectorAll('.hs-explorer *')) {
    const says = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!says || e.closest(':disabled') || !e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const ink = e.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(rgb(ink)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${e.textContent.slice(0, 40)}`);
    if (parseFloat(style.fontSize) < 11) bad.push(`small ${e.textContent.slice(0, 40)}`);
  }
  return bad;
}"""
CUT_OFF = """all => all.filter(t => {
  const [a, b] = [t.getBoundingClientRect(), t.closest('svg').getBoundingClientRect()];
  return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1;
}).map(t => t.textContent)"""


@pytest.fixture
def opened(site: Site) -> Iterator[tuple[Page, Heard]]:
    """A page with every block on it; at its end nothing was asked of the network and no error was said."""
    with notebook(site, CELL, PICTURE, height=900) as (view, heard):
        shown(view).get_by_text("20 bytes").wait_for(timeout=60_000)
        yield view, heard


def shown(view: Page) -> Locator:
    return view.locator(".hs-explorer")


def block(view: Page, title: str) -> Locator:
    return shown(view).locator(f'.hs-panel[aria-label="{title}"]')


def fold(view: Page, title: str) -> Locator:
    return shown(view).locator(".hs-folded > summary", has_text=title)


def still(view: Page, name: str) -> None:
    """A picture of the whole explorer, on a page tall enough for it."""
    view.set_viewport_size({"width": 1280, "height": 3600})
    view.wait_for_timeout(400)
    SCREENS.mkdir(exist_ok=True)
    shown(view).screenshot(path=str(SCREENS / f"explorer-{name}.png"))


def test_the_keyboard_moves_every_control_and_the_numbers_follow(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    message = shown(view).get_by_role("textbox", name="Your message")
    message.focus()
    view.keyboard.press("Control+a")
    view.keyboard.type("Win")
    shown(view).get_by_text("3 bytes, 0 of them cut at 24").wait_for()
    assert block(view, "Tokens").get_by_role("listitem").count() == 24
    for key in ("Tab", "Home"):
        view.keyboard.press(key)
    shown(view).get_by_text("3 bytes, 0 of them cut at 4;").wait_for()
    assert shown(view).get_by_role("slider", name="Maximum length").get_attribute("aria-valuetext") == "4 bytes"
    for key in ("Tab", "End"):
        view.keyboard.press(key)
    block(view, "P(spam)").get_by_text("P(spam) 0.900").wait_for()
    for key in ("Tab", "l"):
        view.keyboard.press(key)
    shown(view).get_by_text("pooled by last").wait_for()
    for key in ("Tab", "Space"):
        view.keyboard.press(key)
    block(view, "Tokens").get_by_text("special token 1", exact=True).wait_for()
    assert view.evaluate("document.activeElement.type") == "checkbox", "painting keeps the focus"
    said = ask_kernel(view, "print(explorer.value)")
    assert said.strip() == str(
        {"text": "Win", "max_len": 4, "threshold": 1, "pool": "last", "cls": True} | {"bet": "none", "cell": ""}
    )


def test_a_value_set_in_python_moves_the_control(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    ask_kernel(view, "explorer.set(text='Hello', max_len=8, cls=True)")
    shown(view).get_by_text("5 bytes, 0 of them cut at 8").wait_for()
    assert shown(view).get_by_role("textbox", name="Your message").input_value() == "Hello"
    assert shown(view).get_by_role("slider", name="Maximum length").input_value() == "8"
    assert shown(view).get_by_role("checkbox", name="Put cls in front").is_checked()


def test_a_cell_of_the_matrix_is_chosen_and_unchosen_and_keeps_the_focus(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    cell = block(view, "Verdicts").get_by_role("button", name="true spam, predicted ham: 20")
    cell.focus()
    view.keyboard.press("Enter")
    shown(view).get_by_text("one message of fn").wait_for()
    assert cell.get_attribute("aria-pressed") == "true"
    assert cell.evaluate("e => e === document.activeElement")
    view.keyboard.press("Enter")
    shown(view).get_by_text("Choose a cell").wait_for()
    assert cell.get_attribute("aria-pressed") == "false"


def test_a_heat_map_reads_out_the_cell_under_the_pointer_or_the_arrow_keys(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    heat = block(view, "Attention")
    picture = heat.get_by_role("img")
    picture.focus()
    heat.get_by_role("status").get_by_text("row 1 F, column 1 F: 1").wait_for()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        view.keyboard.press(key)
    heat.get_by_role("status").get_by_text("row 2 r, column 3 e: not seen").wait_for()
    block(view, "Small").locator("svg text", has_text="0.70").hover()
    block(view, "Small").get_by_role("status").get_by_text("row 1 a, column 2 e: 0.700").wait_for()


def test_text_grid_and_guesses_follow_the_same_position(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    looks = block(view, "Looks")
    looks.get_by_text("The next byte, after i").wait_for()
    looks.get_by_role("slider", name="The position that looks").focus()
    view.keyboard.press("ArrowLeft")
    looks.get_by_text("Position 2, h, takes most from itself: 75 %.").wait_for()
    looks.get_by_text("The next byte, after h").wait_for()
    assert looks.locator(".hs-upcoming .hs-came").inner_text().split() == ["i", "60.0", "%", "✓"]
    looks.get_by_role("img").focus()
    looks.get_by_text("The next byte, after bos").wait_for()


def test_a_surprise_is_explained_to_the_keyboard(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    towers = block(view, "Surprise").get_by_role("slider", name="Surprise")
    towers.focus()
    view.keyboard.press("Home")
    block(view, "Surprise").get_by_text("It expected H, but h came: it had given that 1.0 %.").wait_for()
    assert "h came" in (towers.get_attribute("aria-valuetext") or "")


def test_a_folded_table_opens_by_keyboard(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    listed = block(view, "Folded").locator("table")
    assert not listed.is_visible()
    fold(view, "Folded").focus()
    view.keyboard.press("Enter")
    listed.wait_for()


@pytest.mark.parametrize(
    ("title", "rows"),
    [("Loss", 42), ("Batch", 5), ("Surprise", 2), ("By hand", 2), ("Attention", 20), ("Pooled vectors", 81)],
)
def test_a_picture_has_its_numbers_as_a_table(opened: tuple[Page, Heard], title: str, rows: int) -> None:
    view, _ = opened
    block(view, title).locator("summary").click()
    block(view, title).locator("details tbody tr").nth(rows - 1).wait_for()
    assert block(view, title).locator("details tbody tr").count() == rows


def test_everything_has_a_name(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    tree = shown(view).aria_snapshot()
    for line in (
        'heading "Every block" [level=4]',
        'textbox "Your message": Free prize, call now',
        'slider "Maximum length": "24"',
        'slider "Threshold": "0.5"',
        'combobox "Pooling"',
        'checkbox "Put cls in front"',
        'list "Tokens: byte 20, pad 4"',
        'meter "P(spam)"',
        'group "Which will it be?"',
        'button "one"',
        'slider "call it spam from P(spam) ≥',
        "Every message: 3 ham: 2 let through, 1 called spam; 3 spam: 1 let through, 2 called spam",
        "A thousand messages: 154 are called spam.",
        'button "true ham, predicted ham: 60, 75 % of all ham"',
        "Loss: loss (nats) from 0 to 1.50, by epoch from 0 to 20; lines: training, validation; marked: best: 8",
        "Attention: 20 rows by 20 columns",
        "Batch. Yours: 3 positions read, 1 pad, 1 cut off",
        'slider "Surprise"',
        'slider "The position that looks"',
        "Pooled vectors: ham, 40 circles; spam, 40 triangles; yours, 1 circle",
    ):
        assert line in tree, tree
    for _ in range(40):
        view.keyboard.press("Tab")
        if not view.evaluate("document.activeElement?.closest('.hs-explorer') !== null"):
            continue
        name = view.evaluate("(e => e.labels?.[0]?.innerText || e.ariaLabel || e.innerText)(document.activeElement)")
        assert name, "every control that the keyboard reaches has a name"


def test_a_bet_is_placed_by_the_keyboard_once_and_says_in_words_what_came_of_it(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    one, two = (shown(view).get_by_role("button", name=name) for name in ("one", "two"))
    one.focus()
    view.keyboard.press("Enter")
    block(view, "Your bet").get_by_text("✗ Not this time").wait_for()
    assert one.get_attribute("aria-pressed") == "true"
    assert one.inner_text().split("\n")[-1] == "✗ your bet"
    assert two.inner_text().split("\n")[-1] == "✓ came out"
    assert one.evaluate("e => e === document.activeElement"), "painting keeps the focus"
    two.focus()
    view.keyboard.press("Enter")
    assert "'bet': 'one'" in ask_kernel(view, "print(explorer.value)")


def test_large_numbers_stand_side_by_side_and_a_fold_opens_by_key(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    figures = block(view, "Large").get_by_role("listitem")
    tops = figures.evaluate_all("all => all.map(e => Math.round(e.getBoundingClientRect().top))")
    assert len(tops) == 3
    assert len(set(tops)) == 1
    heights = figures.evaluate_all("all => all.flatMap(e => [...e.children].map(c => c.getBoundingClientRect().left))")
    assert len(set(map(round, heights))) == 3, "name, number and words of each begin at one edge"
    waits = shown(view).get_by_text("A sentence that waits.")
    assert not waits.is_visible()
    fold(view, "Behind its title").focus()
    view.keyboard.press("Enter")
    waits.wait_for()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_text_has_contrast_in_both_themes(opened: tuple[Page, Heard], theme: str) -> None:
    view, _ = opened
    set_theme(view, theme)
    ask_kernel(view, "explorer.set(max_len=18, cls=True, cell='fp')")
    shown(view).get_by_text("one message of fp").wait_for()
    still(view, theme.split()[-1].lower())
    assert view.evaluate(CONTRAST) == []


def test_nothing_overflows_at_400_pixels(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    shown(view).evaluate("e => { e.parentElement.style.width = '400px'; e.parentElement.style.flex = 'none' }")
    still(view, "narrow")
    assert shown(view).evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    over = """all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.ariaLabel)"""
    assert shown(view).locator(".hs-panel").evaluate_all(over) == []
    assert shown(view).locator("svg text").evaluate_all(CUT_OFF) == [], "a label is cut off"


def test_a_picture_is_shown_with_its_words(opened: tuple[Page, Heard]) -> None:
    view, _ = opened
    picture = view.get_by_role("img", name="a line that falls")
    picture.wait_for()
    assert picture.evaluate("e => e.complete && e.naturalWidth") == 576
