"""The lab at rest, in motion and presented, and its machine under real keys and a real mouse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from browser import CHROMIUM, Heard, Site, ask_kernel, fresh_notebook, notebook, notebook_in, save
from playwright.sync_api import Locator, Page
from random_user import AGREE, CLOSE_VIEW, NEW_VIEW
from test_lab_browser import CELL, CELLS_LEFT, lab, labs, press, shown, wait_kernel, wait_phase

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

PLAIN = "from headswap.lab import Lab\nlab = Lab(epochs=8)\nlab"  # as a learner meets it: nothing opened
SLOW = PLAIN.replace("epochs=8", "epochs=200, regime='full'")
TEXT = "Claim your prize now"
# When a run's end was told, beside what the page notes of its painting: both clocks are this machine's.
CLOCK = """
import time
ends, publish = [], lab._runner.publish
def told(message):
    ends.append(1000 * time.time()) if message["kind"] == "end" else None
    publish(message)
lab._runner.publish = told
"""
NOTED = """() => {
  const {dataset} = document.querySelector('.hs-lab');
  const seen = window.seen = [];
  const look = () => seen.push([Date.now(), dataset.playing, dataset.phase]);
  new MutationObserver(look).observe(document.querySelector('.hs-lab'), {attributes: true});
}"""
PLAYING = '.hs-lab[data-playing="{}"]'


@pytest.fixture
def plain(site: Site) -> Iterator[tuple[Page, Heard]]:
    """A lab as a learner meets it."""
    with notebook(site, PLAIN, height=1000) as (view, heard):
        lab(view).wait_for(timeout=60_000)
        yield view, heard


@pytest.fixture(params=["lab", "notebook"])
def either(site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A lab in JupyterLab and in Notebook 7."""
    with notebook_in(request.param, site, PLAIN) as (view, _):
        lab(view).wait_for(timeout=60_000)
        yield view


def trained(view: Page, runs: int = 1) -> None:
    """Press Train and wait until the run has ended and stands painted."""
    press(view, "Train")
    view.wait_for_selector(f'.hs-lab[data-run="{runs}"]', timeout=60_000)
    wait_phase(view, "idle")


def playing(view: Page, is_: bool) -> None:
    view.wait_for_selector(PLAYING.format(str(is_).lower()), timeout=20_000)


def layer(view: Page, key: str) -> Locator:
    return lab(view).locator(f'.hs-m-layer[data-key="{key}"]')


def plate(view: Page, key: str) -> Locator:
    return layer(view, key).locator(".hs-m-plate")


def rate(view: Page, key: str) -> Locator:
    return layer(view, key).locator(".hs-m-rate")


def regime(view: Page) -> Locator:
    return lab(view).get_by_role("combobox", name="Regime")


def wait_regime(view: Page, name: str) -> None:
    now = "document.querySelector('.hs-lab [data-control=regime] select').value"
    view.wait_for_function(f"name => {now} === name", arg=name, timeout=20_000)


def wait_state(view: Page, key: str, state: str) -> None:
    lab(view).locator(f'.hs-m-layer[data-key="{key}"][data-state="{state}"]').wait_for(timeout=20_000)


def typed(view: Page, text: str) -> None:
    lab(view).get_by_role("textbox", name="Try a message").fill(text)


def told(view: Page, code: str) -> Any:
    """The value of an expression in the kernel, by way of JSON."""
    return json.loads(ask_kernel(view, f"import json\nprint(json.dumps({code}))"))


def readout(view: Page, text: str) -> None:
    lab(view).locator("[data-hs=curves] .hs-readout", has_text=re.compile(text)).wait_for(timeout=20_000)


# ---- at rest

# What can be operated: pictures and what stands behind a word aside, the bar that replays as one.
CONTROLS = """() => {
  const pictures = ".hs-m, svg, .hs-cell, summary";
  const all = [...document.querySelectorAll('.hs-lab :is(button, input, select, textarea)')]
    .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.closest(pictures) && !e.matches('[type=file]'));
  const name = e => e.closest('.hs-playbar') ? 'play' : e.labels?.[0]?.innerText || e.ariaLabel || e.innerText;
  return [...new Set(all.map(name))];
}"""
PICTURES = """() => [...document.querySelectorAll('.hs-lab :is(svg.hs-plot, .hs-m-stage, [data-hs=confusion])')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height > 50).map(e => e.closest('[data-hs]').dataset.hs)
  .filter((name, i, all) => all.indexOf(name) === i)"""


def test_the_default_view_has_at_most_eight_controls_and_three_pictures(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    view.set_viewport_size({"width": 1300, "height": 1000})
    wanted = {"Train", "Regime", "Pooling", "Epochs", "Threshold", "Try a message", "Compare", "play"}
    pictures = {"curves", "confusion", "machine"}
    assert {*view.evaluate(CONTROLS)} <= wanted
    assert {*view.evaluate(PICTURES)} <= pictures
    trained(view)
    assert {*view.evaluate(CONTROLS)} == wanted
    assert len(view.evaluate(CONTROLS)) <= 8
    assert {*view.evaluate(PICTURES)} == pictures


# ---- in motion


def test_a_first_run_is_painted_for_two_seconds_while_the_kernel_has_long_finished(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    ask_kernel(view, CLOCK)
    view.evaluate(NOTED)
    trained(view)
    seen = view.evaluate("window.seen")
    begun = next(at for at, is_playing, _ in seen if is_playing == "true")
    ended = next(at for at, is_playing, _ in seen if at > begun and is_playing == "false")
    (told_at,) = told(view, "ends")
    assert 1500 <= ended - begun <= 6000, "about two seconds; a busy machine takes longer"
    assert told_at < ended - 500, "training does not wait for the picture"
    before = len(seen)
    trained(view, 2)
    assert not [seen for seen in view.evaluate("window.seen")[before:] if seen[1] == "true"], "the second as it comes"


def painted(view: Page) -> None:
    """The first run has ended in the kernel, and is being painted."""
    ask_kernel(view, "lab.messages = 64")  # over before its painting also on a machine with much else to do
    train = lab(view).get_by_role("button", name="Train", exact=True)
    train.focus()
    view.keyboard.press("Enter")
    # Asked of the page alone: on a busy machine a question to the kernel may take as long as the painting.
    view.wait_for_selector('.hs-lab[data-phase="idle"][data-playing="true"]', timeout=60_000)


def test_space_ends_the_painting_and_presses_no_button(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    painted(view)
    view.keyboard.press("Space")
    playing(view, False)
    readout(view, "epoch 8")
    view.wait_for_timeout(400)
    assert lab(view).get_attribute("data-phase") == "idle"
    assert told(view, "len(lab.runs)") == 1, "Train has the focus and is not pressed"
    view.keyboard.press("Space")
    wait_kernel(view, "2", "len(lab.runs)")  # nothing plays: Space is the button's again
    wait_phase(view, "idle")


def test_stop_ends_the_painting_and_stops_nothing(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    painted(view)
    view.evaluate(NOTED)
    press(view, "Stop")
    playing(view, False)
    readout(view, "epoch 8")
    assert told(view, "[run.outcome for run in lab.runs]") == ["done"]
    assert not [phase for _, _, phase in view.evaluate("window.seen") if phase == "stopping"]
    assert "stop" not in lab(view).locator("[data-hs=status]").inner_text()


def test_who_wants_no_motion_sees_the_end_at_once(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    view.emulate_media(reduced_motion="reduce")
    try:
        view.evaluate(NOTED)
        trained(view)
        readout(view, "epoch 8")
        assert not [seen for seen in view.evaluate("window.seen") if seen[1] == "true"]
    finally:
        view.emulate_media(reduced_motion="no-preference")


def test_a_run_that_takes_longer_than_its_painting_is_then_shown_as_it_comes(site: Site) -> None:
    with notebook(site, SLOW) as (view, _):
        lab(view).wait_for(timeout=60_000)
        press(view, "Train")
        playing(view, True)
        playing(view, False)
        assert lab(view).get_attribute("data-phase") == "training"
        press(view, "Stop")
        wait_phase(view, "idle")


def test_a_step_leaves_nothing_that_plays_so_space_steps_again(site: Site) -> None:
    with labs(site, CELL) as view:
        step = lab(view).get_by_role("button", name="Step", exact=True)
        step.focus()
        for epoch in (1, 2):
            view.keyboard.press("Space")
            wait_kernel(view, str(epoch), "sum(len(run.epochs) for run in lab.runs)")
            wait_phase(view, "paused")
            playing(view, False)
        press(view, "Stop")
        wait_phase(view, "idle")


def test_replay_and_the_scrubber_by_keys(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    trained(view)
    bar = lab(view).locator("[data-hs=play]")
    bar.get_by_role("button").focus()
    view.keyboard.press("Enter")
    playing(view, True)
    view.keyboard.press("Enter")  # now it says Pause
    playing(view, False)
    readout(view, r"epoch \d.*held")
    assert bar.get_by_role("button").inner_text().endswith("Replay")
    view.keyboard.press("Tab")
    scrubber = bar.get_by_role("slider", name="Epoch")
    assert scrubber.evaluate("e => e === document.activeElement")
    for key, epoch in (("Home", 1), ("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("End", 8)):
        view.keyboard.press(key)
        readout(view, f"epoch {epoch}")
        assert scrubber.get_attribute("aria-valuetext") == f"epoch {epoch} of 8"
    view.keyboard.press("Tab")
    view.keyboard.press("End")  # the speed: the fastest
    assert bar.get_by_role("combobox", name="Speed").input_value() == "4"
    for _ in range(2):
        view.keyboard.press("Shift+Tab")
    view.evaluate(NOTED)
    view.keyboard.press("Enter")
    playing(view, True)
    playing(view, False)
    seen = [seen for seen in view.evaluate("window.seen") if seen[1] == "true"]
    assert seen[-1][0] - seen[0][0] < 1500, "four times as fast"
    view.keyboard.press("Enter")
    playing(view, True)
    view.keyboard.press("Space")
    playing(view, False)
    readout(view, "epoch 8")


# ---- presented


def opened_folds(view: Page) -> set[str]:
    return {*lab(view).locator("details[data-fold][open]").evaluate_all("all => all.map(e => e.dataset.fold)")}


PRESENTED = {"curves", "scatter"}
WITHIN = "document.activeElement.closest('.hs-lab') !== null"
OPENED = "document.querySelectorAll('.hs-lab details[data-fold][open]').length"


def wait_presented(view: Page, is_: bool) -> None:
    lab(view).and_(view.locator(".hs-present" if is_ else ":not(.hs-present)")).wait_for(timeout=10_000)


def test_p_presents_the_lab_and_p_ends_it_wherever_the_keys_are(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    trained(view)
    before, size = opened_folds(view), "getComputedStyle(document.querySelector('.hs-lab')).zoom"
    for place in (".hs-do-train", ".hs-m-plate[role=switch]", "[data-hs=play] button", ".hs-m-swap"):
        lab(view).locator(place).first.focus()
        view.keyboard.press("p")
        wait_presented(view, True)
        view.wait_for_function(f"{OPENED} === {len(PRESENTED)}")
        assert opened_folds(view) == PRESENTED
        assert float(view.evaluate(size)) > 1.2
        assert view.evaluate(WITHIN), "the keys stay in the lab"
        view.keyboard.press("p")
        wait_presented(view, False)
        view.wait_for_function(f"{OPENED} === {len(before)}")
        assert opened_folds(view) == before
        view.wait_for_timeout(100)  # the browser takes the focus from what it hides a little later
        assert view.evaluate(WITHIN), "the keys stay in the lab"
    typed(view, "")
    lab(view).get_by_role("textbox", name="Try a message").press_sequentially("pop")
    assert told(view, "lab.present") is False, "who types is left alone"


def test_what_is_open_and_presented_is_remembered_by_a_reloaded_page_and_a_second_view(site: Site) -> None:
    with fresh_notebook(site, "remembered", PLAIN) as (view, _):
        lab(view).wait_for(timeout=60_000)
        trained(view)
        lab(view).locator("[data-fold=runs] > summary").click()
        lab(view).locator("[data-hs=runs] table").wait_for()
        view.evaluate(NEW_VIEW)
        view.wait_for_function(AGREE, timeout=60_000)
        assert lab(view).locator("details[data-fold=runs][open]").count() == 2
        view.evaluate(CLOSE_VIEW)
        view.wait_for_function("window.jupyterapp.shell.currentWidget?.sessionContext")
        lab(view).locator(".hs-do-train").focus()
        view.keyboard.press("p")
        wait_presented(view, True)
        save(view)
        view.reload()
        wait_presented(view, True)
        assert opened_folds(view) == PRESENTED
        lab(view).locator(".hs-do-train").focus()
        view.keyboard.press("p")
        wait_presented(view, False)
        lab(view).locator("details[data-fold=runs][open]").wait_for()
        assert len(shown(view)) == 1


# ---- the machine is built by hand

LEARNT = """[sum(p.numel() for p in lab.runs[-1].model.body.blocks[1].parameters())
    + sum(p.numel() for p in lab.runs[-1].model.head.parameters()), lab.runs[-1].learning]"""
LEARNS = """[sorted(key for key, rate in lab.runs[-1].settings.rates if rate),
    lab.runs[-1].settings.chosen_regime().name]"""


def test_a_click_on_block_2_lets_it_learn_and_train_trains_just_that_and_the_head(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    wait_state(view, "block[1]", "frozen")
    name = plate(view, "block[1]").locator(".hs-m-name")
    name.scroll_into_view_if_needed()
    box = name.bounding_box()
    assert box and name.inner_text() == "Block 2"
    view.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_state(view, "block[1]", "learns")
    wait_regime(view, "built by hand")
    trained(view)
    own, learning = told(view, LEARNT)
    assert own == learning
    assert told(view, LEARNS) == [["block[1]", "head"], "mine"]
    moved = told(view, "lab.runs[-1].told.whole()['epochs'][-1]['moved']")
    assert {key for key, far in moved.items() if far} == {"block[1]", "head"}


def test_enter_and_space_on_a_layer_do_what_a_click_does(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    wait_state(view, "block[1]", "frozen")
    plate(view, "block[1]").focus()
    view.keyboard.press("Enter")
    wait_state(view, "block[1]", "learns")
    wait_regime(view, "built by hand")
    assert plate(view, "block[1]").evaluate("e => e === document.activeElement"), "the keys stay where they are"
    assert plate(view, "block[1]").get_attribute("aria-checked") == "true"
    trained(view)
    assert told(view, LEARNS) == [["block[1]", "head"], "mine"]
    own, learning = told(view, LEARNT)
    assert own == learning
    plate(view, "block[1]").focus()
    view.keyboard.press("Space")
    wait_state(view, "block[1]", "frozen")
    wait_regime(view, "head-only")
    assert told(view, "[lab.regime, lab.rates]") == ["head-only", {}]


def test_two_quick_clicks_both_count_also_while_the_kernel_is_busy(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    wait_state(view, "block[1]", "frozen")
    view.evaluate(
        """() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
        .requestExecute({ code: 'import time; time.sleep(1.5)' }) }"""
    )
    for key in ("block[1]", "norm"):
        plate(view, key).locator(".hs-m-name").click()
        wait_state(view, key, "learns")
    rate(view, "head").select_option("3")
    learning = "sorted(key for key, rate in lab.rates.items() if rate)"
    wait_kernel(view, "['block[1]', 'head', 'norm'] 3", f"{learning}, lab.rates['head']")
    for key in ("block[1]", "norm", "head"):
        wait_state(view, key, "learns")
    assert rate(view, "head").input_value() == "3"


def test_a_rate_chosen_in_a_layer_reaches_the_kernel_and_the_run(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    wait_state(view, "block[1]", "frozen")
    rate(view, "block[1]").select_option("0.38")
    wait_state(view, "block[1]", "learns")
    wait_kernel(view, "0.38", "lab.rates.get('block[1]')")
    trained(view)
    assert dict(told(view, "lab.runs[-1].settings.rates"))["block[1]"] == 0.38
    assert rate(view, "block[1]").input_value() == "0.38"
    assert "block 2 \u00d70.38" in ask_kernel(view, "print(lab.runs[-1].label)")
    rate(view, "block[1]").select_option("0")
    wait_regime(view, "head-only")


def test_thawing_everything_is_the_regime_full_and_the_last_part_that_learns_stays(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    before = {"norm": "head-only", "block[1]": "built by hand", "block[0]": "last-block", "embedding": "built by hand"}
    for key, name in before.items():
        wait_regime(view, name)
        plate(view, key).locator(".hs-m-name").click()
        wait_state(view, key, "learns")
    wait_regime(view, "full")
    assert told(view, "[lab.regime, lab.rates]") == ["full", {}]
    regime(view).select_option("head-only")
    wait_state(view, "embedding", "frozen")
    plate(view, "head").locator(".hs-m-name").click()
    lab(view).locator(".hs-m-told", has_text="Head is the last part that learns").wait_for()
    rate(view, "head").select_option("0")
    lab(view).locator(".hs-m-told", has_text="Head is the last part that learns").wait_for()
    assert rate(view, "head").input_value() == "1"
    assert told(view, "[lab.regime, lab.rates]") == ["head-only", {}]


def test_a_locked_regime_is_not_built_and_its_rates_go_back(site: Site) -> None:
    with labs(site, "from headswap.lab import Lab\nlab = Lab(locked=('regime',))\nlab") as view:
        wait_state(view, "block[1]", "frozen")
        rate(view, "block[1]").select_option("3")
        lab(view).locator("[data-hs=status]", has_text="The regime is locked here").wait_for()
        view.wait_for_function("document.querySelector('.hs-lab [data-key=\"block[1]\"] select').value === '0'")
        plate(view, "block[1]").locator(".hs-m-name").click()
        assert told(view, "[lab.regime, lab.rates]") == ["head-only", {}]


def test_the_head_has_the_classes_of_the_data_that_is_chosen(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    rows = "label\ttext\n" + "\n".join(f"{'abc'[i % 3]}\tmessage {i}" for i in range(90))
    lab(view).locator("[data-fold=more] > summary").click()
    lab(view).locator("input[type=file]").set_input_files(
        {"name": "three.tsv", "mimeType": "text/tab-separated-values", "buffer": rows.encode()}
    )
    lab(view).locator("[data-hs=status]", has_text="three.tsv: ").wait_for()
    data = lab(view).get_by_role("combobox", name="Data")
    for name, classes in (("fixture", 2), ("three.tsv", 3)):
        data.select_option(name)
        layer(view, "head").locator(".hs-m-weights", has_text=f"{classes} rows").wait_for()
        assert layer(view, "head").locator(".hs-m-row").count() == classes


# ---- a text in the machine


def flow(view: Page, more: str = "") -> dict[str, Any]:
    """What the text does in the latest run's model, asked of the kernel."""
    ask_kernel(view, "from headswap.web.flow import flow_of\nrun = lab.runs[-1]")
    return told(view, f"flow_of(run.model, {TEXT!r}{more})")


RESULTS = """all => all.map(e => [e.querySelector('.hs-m-class').textContent,
  ...[...e.querySelectorAll('.hs-m-value')].map(v => Number(v.textContent.replace('\u2212', '-')))])"""


def results(view: Page, many: int) -> list[list[Any]]:
    view.wait_for_function(f"document.querySelectorAll('.hs-lab .hs-m-results > li').length === {many}", timeout=20_000)
    return lab(view).locator(".hs-m-results > li").evaluate_all(RESULTS)


def assert_same(rows: Sequence[Sequence[Any]], flow: dict[str, Any]) -> None:
    """What is shown are these logits and probabilities, as far as they are written out."""
    for (_, logit, share), true, probability in zip(rows, flow["logits"], flow["probabilities"], strict=True):
        assert logit == pytest.approx(true, abs=0.0051 if abs(true) < 10 else 0.051)
        assert share == pytest.approx(probability, abs=0.00051)


def test_the_numbers_of_a_typed_text_are_the_model_s_own(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    trained(view)
    typed(view, TEXT)
    rows = results(view, 2)
    own = flow(view)
    assert [name for name, *_ in rows] == ["ham", "spam"]
    assert_same(rows, own)
    assert lab(view).locator(".hs-m-token").count() == len(TEXT)
    answer = lab(view).locator(".hs-answer").inner_text()
    assert f"{own['probabilities'][1]:.3f}" in answer, "the machine and the answer speak of one model"


def test_the_old_head_goes_back_with_260_rows_and_names_the_five_likeliest_bytes(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    trained(view)
    typed(view, TEXT)
    results(view, 2)
    slab, swap = lab(view).locator(".hs-m-slab"), lab(view).locator(".hs-m-swap")
    assert "260 rows" in slab.inner_text() and "put aside" in slab.inner_text()
    swap.click()
    rows = results(view, 5)
    old = flow(view, ", old_head=run.old_head")
    assert [name for name, *_ in rows] == old["labels"]
    assert_same(rows, old)
    assert "260 rows" in slab.inner_text() and "put aside" not in slab.inner_text()
    assert layer(view, "head").get_attribute("data-state") == "waiting"
    swap.focus()
    view.keyboard.press("Enter")
    assert [name for name, *_ in results(view, 2)] == ["ham", "spam"]
    assert swap.evaluate("e => e === document.activeElement")


def position(view: Page) -> int:
    return int(lab(view).locator(".hs-m-tokens").get_attribute("aria-valuenow") or 0)


def wait_position(view: Page, wanted: int) -> None:
    lab(view).locator(f'.hs-m-tokens[aria-valuenow="{wanted}"]').wait_for(timeout=10_000)


def test_arrow_keys_on_the_bytes_move_the_position_as_fast_as_they_come(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    trained(view)
    typed(view, TEXT)
    results(view, 2)
    row, last = lab(view).locator(".hs-m-tokens"), len(TEXT)
    assert position(view) == last
    row.focus()
    for key, wanted in (("ArrowLeft", last - 1), ("Home", 1), ("ArrowRight", 2), ("End", last)):
        view.keyboard.press(key)
        wait_position(view, wanted)
        assert row.evaluate("e => e === document.activeElement"), "an answer does not take the keys away"
    for _ in range(5):
        view.keyboard.press("ArrowLeft")
    wait_position(view, last - 5)
    lab(view).locator(".hs-m-token").nth(2).click()
    wait_position(view, 3)
    greatest = max(flow(view, ", 2")["strips"]["block[1]"])
    ends = re.compile(rf"to {greatest:.{2 + (greatest < 1)}f}$")
    layer(view, "block[1]").locator(".hs-m-above .hs-m-said", has_text=ends).wait_for(timeout=10_000)


def test_look_inside_tells_a_block_step_by_step_and_closes_again(plain: tuple[Page, Heard]) -> None:
    view, _ = plain
    trained(view)
    typed(view, TEXT)
    results(view, 2)
    lab(view).get_by_role("button", name="Look inside Block 2").click()
    zoom = lab(view).locator(".hs-m-zoom")
    zoom.get_by_text(re.compile("Inside Block 2")).wait_for()
    count = zoom.locator("li").count()
    assert count == len(flow(view, ", zoom='block[1]'")["steps"]) > 5
    zoom.get_by_role("button", name="close").click()
    zoom.wait_for(state="hidden")


def test_another_run_with_the_same_number_answers_with_its_own_values(site: Site) -> None:
    with labs(site, CELL) as view:
        trained(view)
        typed(view, TEXT)
        before = results(view, 2)
        press(view, "Reset")
        lab(view).get_by_role("button", name="Undo reset").wait_for()
        lab(view).locator(".hs-m-result").wait_for(state="hidden")
        regime(view).select_option("full")
        trained(view)
        rows = results(view, 2)
        assert told(view, "[run.id for run in lab.runs]") == [1]
        assert_same(rows, flow(view))
        assert rows != before


def test_an_undone_reset_brings_back_runs_and_answers(site: Site) -> None:
    cell = CELL.replace("epochs=6", "epochs=6, messages=320")  # no recorded run is of these settings
    with labs(site, cell) as view:
        trained(view)
        typed(view, TEXT)
        results(view, 2)
        answer = lab(view).locator("[data-hs=try]", has_text=re.compile(r"0\.\d{3} →"))
        answer.wait_for()
        press(view, "Reset")
        lab(view).get_by_role("button", name="Undo reset").click()
        wait_kernel(view, "[1]", "[run.id for run in lab.runs]")
        answer.wait_for(timeout=10_000)
        assert_same(results(view, 2), flow(view))


# ---- keys, neighbours, and a kernel that ends

IN_MACHINE = ":is(button, select, summary, [tabindex='0']):visible"
LETTERS, KEYS = "xabddz00y", ("ArrowDown", "ArrowUp", "Home", "End", "Escape", "m", "Shift+m")


def look_inside(view: Page) -> None:
    """Open the look inside the first block, where Escape has closed it."""
    if view.evaluate("document.querySelector('.hs-lab .hs-m-zoom').hidden"):
        lab(view).get_by_role("button", name="Look inside Block 1").press("Enter")
        lab(view).locator(".hs-m-zoom li").first.wait_for()


# How many cells and labs there are, and whether the keys are in the lab.
LEFT = f"[{CELLS_LEFT}, document.querySelectorAll('.hs-lab').length, {WITHIN}]"


def test_keys_on_the_machine_never_reach_the_notebook(either: Page) -> None:
    trained(either)
    typed(either, "Win a prize")
    results(either, 2)
    look_inside(either)
    cells, machine = either.evaluate(CELLS_LEFT), lab(either).locator("[data-hs=machine]")
    count = machine.locator(IN_MACHINE).count()
    assert count > 20
    for i in range(count):
        look_inside(either)
        where = machine.locator(IN_MACHINE).nth(i).evaluate("e => { e.focus(); return e.outerHTML.slice(0, 120) }")
        either.keyboard.type(LETTERS)
        for key in KEYS:
            either.keyboard.press(key)
        either.wait_for_function("document.querySelector('.hs-lab .hs-m-zoom').hidden")
        assert either.evaluate(LEFT) == [cells, 1, True], where
    kinds = "window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.type).join()"
    assert either.evaluate(kinds) == "code", "m would have made it a text cell"
    row = machine.locator(".hs-m-tokens")
    row.focus()
    either.keyboard.press("End")
    wait_position(either, len("Win a prize"))
    either.keyboard.press("ArrowLeft")
    wait_position(either, len("Win a prize") - 1)


def test_two_labs_on_a_page_have_two_machines(site: Site) -> None:
    cells = [f"from headswap.lab import Lab\n{name} = Lab(epochs=4)\n{name}" for name in ("one", "two")]
    with labs(site, *cells) as view:
        first, second = lab(view).all()
        state = '.hs-m-layer[data-key="block[1]"][data-state="{}"]'
        first.locator(state.format("frozen")).wait_for()
        first.locator('.hs-m-layer[data-key="block[1]"] .hs-m-name').click()
        first.locator(state.format("learns")).wait_for()
        second.locator(".hs-m-swap").click()
        second.locator('.hs-m-layer[data-key="head"][data-state="waiting"]').wait_for()
        second.locator(".hs-do-train").focus()
        view.keyboard.press("p")
        second.and_(view.locator(".hs-present")).wait_for()
        learning = "sorted(key for key, rate in one.rates.items() if rate)"
        both = f"[{learning}, [*two.rates], one.present, two.present]"
        wait_kernel(view, "[['block[1]', 'head'], [], False, True]", both)
        assert first.locator(state.format("learns")).count() == 1
        assert first.locator('.hs-m-layer[data-key="head"]').get_attribute("data-state") == "learns"
        assert "hs-present" not in (first.get_attribute("class") or "")
        view.keyboard.press("p")
        second.locator(state.format("frozen")).wait_for()
        for one in (first, second):
            one.get_by_role("button", name="Train", exact=True).click()
        for name, learning in (("one", "True"), ("two", "False")):
            wait_kernel(view, "['done']", f"[run.outcome for run in {name}.runs]")
            wait_kernel(view, learning, f"{name}.runs[0].learning > 1000")
        first.get_by_role("textbox", name="Try a message").fill(TEXT)
        first.locator(".hs-m-results > li").first.wait_for()
        assert second.locator(".hs-m-results > li").count() == 0


def test_a_restarted_kernel_leaves_a_machine_that_says_so(site: Site) -> None:
    with fresh_notebook(site, "gone", PLAIN) as (view, _):
        lab(view).wait_for(timeout=60_000)
        trained(view)
        view.evaluate("() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart() }")
        status = lab(view).locator("[data-hs=status]", has_text="The kernel was restarted: run this cell again")
        status.wait_for()
        view.wait_for_function(
            "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'", timeout=60_000
        )
        plate(view, "block[1]").locator(".hs-m-name").click()
        rate(view, "norm").select_option("1")
        view.wait_for_timeout(300)
        assert status.count() == 1
        assert layer(view, "block[1]").get_attribute("data-state") == "frozen", "nobody is there to hear of it"
        assert rate(view, "norm").input_value() == "0"
        assert regime(view).input_value() == "head-only"
        lab(view).locator("[data-hs=play] button").click()  # what was heard can still be seen
        playing(view, True)
        playing(view, False)
        typed(view, TEXT)
        view.wait_for_timeout(300)
        assert status.count() == 1
