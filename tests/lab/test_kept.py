"""What the lab keeps: runs that Reset put away, good files beside a refused one, and messages read before Train."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch
from helpers import until

from headswap.data.fixture import messages
from headswap.data.sources import split_of
from headswap.errors import DataError, SettingError
from headswap.lab import Lab
from headswap.live.prepare import at_hand, prepared
from headswap.live.runs import Run, Settings
from headswap.model.body import LMBody

SMALL = {"max_len": 16, "epochs": 2, "messages": 64}
GOOD = "\n".join(f"{'spam' if m.label else 'ham'}\t{m.text}" for m in messages(60)).encode()
ROWS = (f"{'spam' if m.label else 'ham'},{m.text.replace(',', '')} \u00a3" for m in messages(60))
LATIN = "\n".join(ROWS).encode("latin-1")


def test_a_reset_can_be_taken_back_until_the_next_run_begins() -> None:
    lab = Lab(**SMALL)
    lab.train(block=True)
    lab.train(block=True)
    before = lab.runs
    lab.reset()
    assert lab.runs == () and lab.story()["away"] == 2
    lab.restore()
    assert lab.runs == before and lab.story()["away"] == 0
    lab.reset()
    lab.train(block=True)
    lab.restore()
    assert len(lab.runs) == 1, "a new run has begun: the old ones are gone"


def test_a_second_reset_does_not_lose_what_the_first_put_away() -> None:
    lab = Lab(**SMALL)
    lab.train(block=True)
    lab.reset()
    lab.reset()
    lab.restore()
    assert len(lab.runs) == 1


def test_refused_files_take_no_good_one_s_place() -> None:
    lab = Lab(**SMALL)
    for i in range(5):
        lab._take_file(f"good-{i}.tsv", [memoryview(GOOD)])
    for i in range(6):
        lab._take_file(f"bad-{i}.tsv", [memoryview(b"one line that is no message")])
    assert lab.said is not None and lab.said["wrong"]
    assert lab.files == [f"good-{i}.tsv" for i in range(5)] and lab.data == "good-4.tsv"


def test_how_one_file_was_read_is_forgotten_with_the_next() -> None:
    lab = Lab(**SMALL)
    lab._take_file("latin.csv", [memoryview(LATIN)])
    lab.encoding = "latin-1"
    assert lab.data == "latin.csv"
    lab.positive = "ham"
    lab._take_file("good.tsv", [memoryview(GOOD)])
    assert lab.data == "good.tsv" and (lab.encoding, lab.positive) == ("", "")


def test_a_bet_outlives_a_reload_of_the_page() -> None:
    lab = Lab(question="Which?", answers=["one", "two"], **SMALL)
    lab.forecast("two")
    assert lab.story()["forecast"] == "two"


def test_a_label_names_what_differs_from_the_defaults() -> None:
    assert Run(1, Settings()).label == "head-only · mean · seed 0"
    odd = Settings(data="somewhere/mine.csv", messages=2560, learning_rate=0.1, max_len=64, causal=False)
    told = "mine.csv · 2,560 messages · rate 0.1 · 64 bytes · no causal mask"
    assert Run(1, odd).label == f"head-only · mean · seed 0 · {told}"


def test_a_lab_on_show_reads_its_messages_before_train_and_trains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(Settings(**SMALL), lambda done: None)  # the body is on disk
    lab = Lab(**SMALL)
    asked = []
    real = LMBody.run_blocks
    monkeypatch.setattr(LMBody, "run_blocks", lambda self, *rest: asked.append(len(rest[0][0])) or real(self, *rest))
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda *rest: pytest.fail("something learned"))
    lab._asked(lab, {"do": "hello"}, [])
    until(lambda: lab._ready is not None and bool(lab._ready[1].known))
    until(lambda: not lab._runner._reading.locked())
    monkeypatch.undo()
    read = sum(asked)
    assert read >= 64
    monkeypatch.setattr(LMBody, "run_blocks", lambda self, *rest: asked.append(len(rest[0][0])) or real(self, *rest))
    lab.train(block=True)
    assert sum(asked) == read, "no message is read a second time"


def test_a_lab_that_nobody_sees_reads_nothing() -> None:
    lab = Lab(**SMALL)
    lab.messages = 32
    time.sleep(0.2)
    assert lab._ready is None


@pytest.mark.parametrize("settings", [{"messages": 80_000}, {"data": "mine.csv"}, {"max_len": 17}])
def test_only_what_is_quick_is_read_ahead(settings: dict[str, object]) -> None:
    assert not at_hand(Settings(**(SMALL | settings)))  # type: ignore[arg-type]


def test_a_run_gives_the_same_numbers_whether_its_messages_were_read_ahead_or_not() -> None:
    ahead, plain = Lab(**SMALL), Lab(**SMALL)
    settings = ahead._settings()
    ahead._runner.look_ahead(settings, lambda: True)
    ahead.train(block=True)
    plain.train(block=True)
    assert [e.validation for e in ahead.runs[0].epochs] == [e.validation for e in plain.runs[0].epochs]
    assert [e.train_loss for e in ahead.runs[0].epochs] == [e.train_loss for e in plain.runs[0].epochs]


def test_a_comparison_that_is_refused_leaves_the_lab_as_it_is() -> None:
    lab = Lab()
    with pytest.raises(SettingError, match="seeds"):
        lab.compare(("full",), 0)
    assert (lab.face, lab.contest, lab.compared) == ("run", {}, None)


def test_a_file_of_three_classes_can_be_swept_over_its_messages(tmp_path: Path) -> None:
    """20 messages cannot be shared out alike among three classes; whoever opened the page anew heard nothing more."""
    rows = [f"{('ham', 'spam', 'news')[n % 3]},{m.text.replace(',', '')} {n}" for n, m in enumerate(messages(400))]
    (tmp_path / "three.csv").write_text("label,text\n" + "\n".join(rows), encoding="utf-8")
    lab = Lab(data=str(tmp_path / "three.csv"), max_len=8, epochs=1, messages=60)
    lab.compare(("frozen-random",), 1, "messages", (20, 40), block=True)
    assert lab.compared is not None and lab.compared.plan.values == (21, 42) and not lab.compared.failures
    assert lab.story()["contest"]["plan"]["names"] == ["ham", "news", "spam"]


def test_what_a_page_could_not_open_again_is_not_begun(tmp_path: Path) -> None:
    """The file holds no 60,000 messages: such a comparison on the table would leave a reloaded page without a word."""
    lab = Lab(data=str(_two_classes(tmp_path)), max_len=8, epochs=1)
    with pytest.raises((DataError, SettingError)):
        lab.compare(("frozen-random",), 1, "messages", (60_000,))
    assert lab.compared is None and lab.story()["contest"] is None


def test_a_recorded_comparison_needs_its_file_no_more(tmp_path: Path) -> None:
    """Whoever opens it, chooses another rival and reloads the page still sees it."""
    lab = Lab(data=str(_two_classes(tmp_path)), max_len=8, epochs=1, messages=40)
    lab.compare(("frozen-random", "scratch"), 1, block=True)
    kept = lab.record(tmp_path / "kept.json")
    (tmp_path / "mine.csv").unlink()
    split_of.cache_clear()  # as in another kernel
    other = Lab()
    other.show(kept)
    before = other.story()["contest"]
    other._asked(other, {"do": "rival", "rival": 1}, [])
    after = other.story()["contest"]
    assert (before["rival"], after["rival"]) == (0, 1) and after["plan"] == before["plan"]


def _two_classes(folder: Path) -> Path:
    rows = [f"{'ham' if n % 2 else 'spam'},{m.text.replace(',', '')} {n}" for n, m in enumerate(messages(400))]
    (folder / "mine.csv").write_text("label,text\n" + "\n".join(rows), encoding="utf-8")
    return folder / "mine.csv"
