"""The lab without a browser: the runner, the settings, and that live is headless to the bit."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from headswap.data.fixture import messages
from headswap.data.readers import Reading
from headswap.data.sources import FileData, split_of
from headswap.data.splits import fixture_split
from headswap.errors import DivergedError, HeadswapError, SettingError
from headswap.lab import Lab, Run, Runner, Settings
from headswap.live.prepare import own, practice, prepared
from headswap.live.runs import Prepared, diagnose, tolerated
from headswap.live.shelf import dropped
from headswap.metrics.measure import measure
from headswap.model.body import Block
from headswap.training.events import EpochDone, Event, StageBegan, StepDone
from headswap.training.pretrain import pretraining_texts
from headswap.training.run import run_regime, start_regime


@pytest.fixture(scope="module")
def base() -> Prepared:
    return prepared(Settings(max_len=16), lambda done: None)


def quick(**settings: Any) -> Settings:
    return Settings(**({"max_len": 16, "epochs": 3, "messages": 64} | settings))


class Told(list[dict[str, Any]]):
    """What a runner published."""

    def kinds(self) -> list[str]:
        return [m["phase"] if m["kind"] == "state" else m["kind"] for m in self if not m.get("done")]


def runner(base: Prepared, start: Any = start_regime) -> tuple[Runner, Told]:
    told = Told()
    small = Prepared(base.base, practice(quick()), base.key)
    return Runner(told.append, lambda settings, progress: small, start), told


def slow(seconds: float = 0.02, steps: int = 500) -> Any:
    """A fake training that takes its time: real model, made-up events."""

    def start(base: Any, split: Any, regime: Any, recipe: Any, known: Any) -> tuple[Any, Iterator[Event]]:
        model, _ = start_regime(base, split, regime, recipe)

        def events() -> Iterator[Event]:
            yield StageBegan(0, 1, 34, 99, recipe.epochs, steps * recipe.epochs, "nothing", 0.0)
            for epoch in range(1, recipe.epochs + 1):
                for step in range(steps):
                    time.sleep(seconds)
                    yield StepDone(epoch, step, steps, 0.5)
                yield EpochDone(0, epoch, recipe.epochs, 0.5, 0.6, measure([0, 1], [0, 1]), ((0.5, 0.5),), 0.1)

        return model, events()

    return start


def heard(lab: Lab) -> list[dict[str, Any]]:
    """What a lab sends from now on."""
    sent: list[dict[str, Any]] = []
    lab.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    return sent


def history(lab: Lab) -> dict[str, Any]:
    """What a new page is told."""
    sent = heard(lab)
    lab._asked(lab, {"do": "hello"}, [])
    return sent[-1]


def test_a_run_is_told_from_its_beginning_to_its_end(base: Prepared) -> None:
    run, told = runner(base)
    run.train(quick())
    run.wait(60)
    assert told.kinds() == ["preparing", "run", "training", "epoch", "epoch", "epoch", "end", "idle"]
    assert [m["epoch"]["epoch"] for m in told if m["kind"] == "epoch"] == [1, 2, 3]
    assert run.runs[0].outcome == "done"
    epoch = next(m for m in told if m["kind"] == "epoch")["epoch"]
    assert len(epoch["p"]) == 160
    assert len(epoch["xy"]) == 320


def test_a_second_stage_tells_how_many_weights_learn_now(base: Prepared) -> None:
    run, told = runner(base)
    run.train(quick(regime="lp-ft"))
    run.wait(60)
    (one,) = run.runs
    assert told.kinds().count("stage") == 1
    (told_of,) = (m for m in told if m["kind"] == "stage")
    begun = next(m["run"] for m in told if m["kind"] == "run")
    assert begun["learning"] == 130 < told_of["learning"] == one.learning == one.told.head["learning"]


@pytest.mark.alone
def test_stop_is_honoured_within_a_step(base: Prepared) -> None:
    run, told = runner(base, slow())
    run.train(quick())
    while "training" not in told.kinds():
        time.sleep(0.01)
    began = time.perf_counter()
    run.stop()
    run.wait(5)
    assert time.perf_counter() - began < 0.15
    assert run.runs[0].outcome == "stopped"
    assert told.kinds()[-3:] == ["stopping", "end", "idle"]


@pytest.mark.alone
def test_stop_is_honoured_while_the_frozen_prefix_is_computed(base: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    many, told, passes, forward = Prepared(base.base, practice(Settings()), base.key), Told(), [], Block.forward

    def slowly(block: Block, *inputs: torch.Tensor) -> torch.Tensor:
        passes.append(block)
        time.sleep(0.08)
        return forward(block, *inputs)

    monkeypatch.setattr(Block, "forward", slowly)
    run = Runner(told.append, lambda settings, progress: many)
    run.train(quick())
    _until(lambda: len(passes) > 6)  # the first are the picture's own
    began = time.perf_counter()
    run.stop()
    run.wait(5)
    assert time.perf_counter() - began < 0.15
    assert "epoch" not in told.kinds()


def test_train_while_running_is_impossible(base: Prepared) -> None:
    run, told = runner(base, slow())
    run.train(quick())
    run.train(quick())
    threads = [t for t in threading.enumerate() if t.name.startswith("headswap-run")]
    assert len(threads) == 1
    run.stop()
    run.wait(5)
    assert told.kinds().count("run") <= 1


def test_step_trains_one_epoch_and_pauses_and_train_goes_on(base: Prepared) -> None:
    run, _ = runner(base)
    run.train(quick(), single=True)
    _until(lambda: run.phase == "paused")
    assert len(run.runs[0].epochs) == 1
    run.train(quick(), single=True)
    _until(lambda: len(run.runs[0].epochs) == 2 and run.phase == "paused")
    run.train(quick())
    run.wait(60)
    assert len(run.runs[0].epochs) == 3
    assert run.runs[0].outcome == "done"
    assert len(run.runs) == 1


def test_an_error_in_the_thread_becomes_one_sentence(base: Prepared) -> None:
    def start(*_: Any) -> tuple[Any, Iterator[Event]]:
        raise DivergedError("the loss became nan; train again with a tenth of the rate")

    run, told = runner(base, start)
    run.train(quick())
    run.wait(5)
    assert told[-1]["phase"] == "failed"
    assert told[-1]["sentence"] == "failed: the loss became nan; train again with a tenth of the rate"
    assert not run.busy


def test_a_stopped_paused_run_ends(base: Prepared) -> None:
    run, _ = runner(base)
    run.train(quick(), single=True)
    _until(lambda: run.phase == "paused")
    run.stop()
    run.wait(5)
    assert run.runs[0].outcome == "stopped"


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("regime", ["head-only", "last-block", "full"])
def test_live_is_headless_to_the_bit(base: Prepared, regime: str) -> None:
    lab = Lab(regime=regime, epochs=3, max_len=16, messages=64)
    lab.train()
    while lab._runner.busy:
        torch.rand(100)
    headless = run_regime(base.base, practice(quick()), regime, quick().recipe())
    live = lab.runs[0].epochs
    assert [e.validation for e in live] == [e.validation for e in headless.epochs]
    assert [(e.train_loss, e.validation_loss) for e in live] == [
        (e.train_loss, e.validation_loss) for e in headless.epochs
    ]
    assert [e.probabilities for e in live] == [e.probabilities for e in headless.epochs]


def test_the_lab_runs_from_python_alone() -> None:
    lab = Lab(max_len=16, messages=64)
    lab.regime, lab.pool, lab.epochs = "last-block", "mean", 2
    lab.train(block=True)
    (run,) = lab.runs
    assert (run.settings.regime, len(run.epochs), run.outcome) == ("last-block", 2, "done")
    frame = lab.frame()
    assert list(frame["regime"]) == ["last-block"]
    assert frame["f1_low"][0] <= frame["f1"][0] <= frame["f1_high"][0]
    assert len(lab.figure().axes) == 2
    assert repr(lab) == "Lab(regime='last-block', epochs=2, messages=64, max_len=16)"
    again = eval(repr(lab), {"Lab": Lab})
    assert again._settings() == lab._settings()
    lab.reset()
    assert lab.runs == ()


def test_a_lab_that_asks_for_a_bet_shows_no_run_that_might_hold_the_answer() -> None:
    assert len(history(Lab())["runs"]) == 2
    assert history(Lab(question="Which F1?", answers=["above .9", "below"]))["runs"] == []


def test_step_blocks_until_its_epoch_is_done() -> None:
    lab = Lab(max_len=16, messages=64, epochs=3)
    lab.step(block=True)
    assert len(lab.runs[0].epochs) == 1
    lab.step(block=True)
    assert len(lab.runs[0].epochs) == 2
    lab.stop()
    assert lab.runs[0].outcome == "stopped"


def test_two_labs_do_not_disturb_each_other() -> None:
    first, second = Lab(max_len=16, messages=64, epochs=2), Lab(max_len=16, messages=64, epochs=2, regime="full")
    first.train()
    second.train()
    first._runner.wait(60)
    second._runner.wait(60)
    assert [r.settings.regime for r in first.runs + second.runs] == ["head-only", "full"]
    assert first.runs[0].outcome == second.runs[0].outcome == "done"


def test_a_message_is_tried_at_once_and_after_each_epoch(base: Prepared) -> None:
    run, told = runner(base)
    run.train(quick())
    run.wait(60)
    run.attempt("Claim your prize now")
    _until(lambda: "answer" in told.kinds())
    run.train(quick())
    run.wait(60)
    answers = [one for m in told if m["kind"] == "answer" for one in m["answers"]]
    assert [a["id"] for a in answers] == [1, 2, 2, 2]
    assert [a["epoch"] for a in answers] == [3, 1, 2, 3]
    assert all(sum(a["p"]) == pytest.approx(1, abs=1e-4) for a in answers)
    # An answer passes the head as the validation messages do, and must not be taken for one of them.
    assert [len(m["epoch"]["xy"]) for m in told if m["kind"] == "epoch"] == [320] * 6


def test_the_picture_says_in_words_what_it_shows() -> None:
    lab = Lab(max_len=16, messages=64, epochs=2)
    assert lab.figure().alt == "No run yet."
    lab.train(block=True)
    lab.pin(1)
    lab.seed = 1
    lab.train(block=True)
    (first, last), (rows, _) = lab.runs[1].epochs, lab.runs[1].metrics.confusion
    alt = lab.figure().alt
    assert alt.startswith(
        f"Loss of {lab.runs[1].label} over 2 epochs: "
        f"training from {first.train_loss:.3f} to {last.train_loss:.3f} nats; "
        f"validation from {first.validation_loss:.3f} to {last.validation_loss:.3f} nats, lowest after epoch 2."
    )
    assert f"is ham: {rows[0]} said ham, {rows[1]} said spam" in alt
    assert alt.endswith(f"Pinned beside it: {lab.runs[0].label}.")
    assert all(tick.is_integer() for tick in lab.figure().axes[0].get_xticks())


@pytest.mark.parametrize("regime, forgets", [("head-only", False), ("full", True), ("scratch", None)])
def test_the_gauge_says_who_forgets_the_language(base: Prepared, regime: str, forgets: bool | None) -> None:
    run, told = runner(base)
    run.train(quick(regime=regime))
    run.wait(60)
    before = told[1]["run"]["perplexity0"]
    after = [m["epoch"]["perplexity"] for m in told if m["kind"] == "epoch"][-1]
    assert (None if before is None else after != before) == forgets


def test_the_wire_carries_at_most_4_kb_per_epoch(base: Prepared) -> None:
    import json

    run, told = runner(base)
    run.train(quick())
    run.wait(60)
    assert max(len(json.dumps(m)) for m in told if m["kind"] == "epoch") < 4096


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"regime": "sideways"}, "regime 'sideways' is unknown"),
        ({"pool": "median"}, "pool 'median' is unknown"),
        ({"epochs": 0}, "epochs is 0"),
        ({"learning_rate": -1.0}, "learning_rate is -1"),
        ({"controls": ["gearbox"]}, "control 'gearbox' is unknown"),
        ({"gear": 3}, "setting 'gear' is unknown"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        Lab(**change)


def test_a_run_that_fails_says_so_in_python_too() -> None:
    lab = Lab(max_len=16, data="nowhere.tsv")
    with pytest.raises(HeadswapError, match=r"There is no file nowhere\.tsv"):
        lab.train(block=True)


def test_more_or_fewer_messages_are_judged_on_the_same_ones() -> None:
    few, many = practice(Settings(messages=40)), practice(Settings(messages=1000))
    assert few.validation == many.validation == fixture_split().validation
    assert (len(few.train), len(many.train)) == (40, 1000)
    assert sum(m.label for m in few.train) == 20
    judged = {m.text for m in (*many.validation, *many.test)}
    assert judged.isdisjoint(m.text for m in many.train)
    assert set(many.unlabelled).isdisjoint(m.text for m in many.train)


def test_a_dropped_file_is_read_and_a_bad_one_is_explained_by_its_own_name() -> None:
    rows = "".join(f"{'spam' if m.label else 'ham'}\t{m.text}\n" for m in fixture_split().train[:100])
    corpus = dropped("mine.tsv", rows.encode(), Reading())
    assert (corpus.source, len(corpus.messages)) == ("mine.tsv", 100)
    with pytest.raises(HeadswapError, match=r"^mine\.tsv is empty"):
        dropped("mine.tsv", b"", Reading())
    with pytest.raises(HeadswapError, match="the lab reads up to 5 MB"):
        dropped("mine.tsv", b"x" * 5_000_001, Reading())


def test_a_file_gets_the_body_in_the_lab_that_a_comparison_gives_it(tmp_path: Path) -> None:
    """Both read what is left of the file, so that a run here may be held against one there."""
    rows = [f"{'spam' if m.label else 'ham'}\t{m.text}\n" for m in messages(100)]
    rows += [f"ham\tsee you at {i}\n" for i in range(80)]
    (path := tmp_path / "mine.tsv").write_text("".join(rows))
    source = FileData.of(path)
    here, there = own(Settings(data=str(path), messages=source.train), None), split_of(source, 0)
    assert here.unlabelled
    assert pretraining_texts(here) == pretraining_texts(there)
    assert (here.train, here.validation, here.test) == (there.train, there.validation, there.test)


def test_ones_own_file_can_be_trained_on(tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").write_text("".join(f"{'spam' if m.label else 'ham'}\t{m.text}\n" for m in messages(100)))
    lab = Lab(data=str(tmp_path / "mine.tsv"), max_len=16, epochs=1)
    lab.train(block=True)
    assert sum(lab.runs[0].metrics.support) == 16  # type: ignore[union-attr]


def made(train: list[float], validation: list[float]) -> Run:
    run = Run(1, Settings())
    for i, (a, b) in enumerate(zip(train, validation, strict=True)):
        run.epochs.append(EpochDone(0, i + 1, len(train), a, b, measure([0, 1], [0, 1]), (), 0.1))
    return run


@pytest.mark.parametrize(
    "train, validation, said",
    [
        ([0.6, 0.5, 0.4, 0.3], [0.6, 0.5, 0.45, 0.4], "still improving"),
        ([0.6, 0.4, 0.2, 0.1, 0.05, 0.02], [0.6, 0.5, 0.55, 0.6, 0.7, 0.8], "has overfitted since epoch 2"),
        ([0.694] * 5, [0.694] * 5, "isn't learning"),
        ([57.0, 20.0, 9.0, 3.9], [50.0, 22.0, 8.0, 4.1], "worse than guessing"),
        ([0.1, 0.01, 0.001, 0.0, 0.0], [0.01, 1e-4, 2e-4, 3e-4, 4e-4], "settled"),
        ([0.3] * 6, [0.4, 0.35, 0.3501, 0.3502, 0.3503, 0.3504], "settled"),
        ([0.5, 0.4, 0.3, 0.2], [0.4, 0.36, 0.35, 0.351], "training loss is still falling, the validation loss hardly"),
        ([0.5, 0.4, 0.3, 0.2], [0.4, 0.36, 0.35, 0.37], "loss is still falling while the validation loss rises"),
    ],
)
def test_the_curves_are_put_into_words(train: list[float], validation: list[float], said: str) -> None:
    assert said in diagnose(made(train, validation))


def _until(true: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        (None, "nearing the best that a head can do: 0.200 nats to go"),
        (0.303, "It has settled: with the body frozen, no head could fit the training messages much better."),
        (0.31, "its loss is 0.310 nats, and 0.300 is the least possible"),
    ],
)
def test_a_probe_is_held_against_the_best_head_there_is(objective: float | None, said: str) -> None:
    """Its validation loss may rise on the way; that is no reason to tell of overfitting."""
    run = made([0.9, 0.7, 0.6, 0.55, 0.5], [0.5, 0.4, 0.45, 0.5, 0.6])
    run.floor, run.objective = 0.3, objective
    assert said in diagnose(run) and "overfit" not in diagnose(run)


def test_the_floor_reaches_the_browser_with_the_run() -> None:
    lab = Lab(epochs=1, max_len=16, messages=100)
    lab.train(block=True)
    lab.regime = "last-block"
    lab.train(block=True)
    probe, last = lab.runs
    assert probe.floor is not None and probe.told.head["floor"] == pytest.approx(probe.floor, abs=1e-5)
    assert probe.objective is not None and probe.objective <= tolerated(probe.floor)
    assert last.told.head["floor"] is None


def test_a_file_is_read_in_the_encoding_and_with_the_positive_class_that_one_names(tmp_path: Path) -> None:
    rows = [f"{'fraud' if m.label else 'legit'},{m.text.replace(',', '')} \xa3" for m in messages(60)]
    (tmp_path / "mine.csv").write_bytes(b"label,text\n" + "\n".join(rows).encode("latin-1"))
    lab = Lab(data=str(tmp_path / "mine.csv"), encoding="latin-1", positive="legit", max_len=16, epochs=1)
    assert "encoding='latin-1'" in repr(lab) and "positive='legit'" in repr(lab)
    lab.train(block=True)
    assert lab.runs[0].label_names == ("fraud", "legit")
