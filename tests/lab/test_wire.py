"""What goes from the lab to the browser: numbered, in order, each thing once, and no more than a page needs."""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
import tracemalloc
import weakref
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from headswap.data.fixture import messages
from headswap.errors import SettingError
from headswap.lab import Lab, Run, Settings
from headswap.live.runs import head_of
from headswap.live.shelf import for_the_lab
from headswap.live.told import Epochs, Told, shares_told
from headswap.metrics.measure import measure
from headswap.results.progress import Progress
from headswap.training.events import EpochDone, StepDone
from headswap.web import cells


class Heard(Lab):
    """A lab whose messages are kept instead of sent."""

    def __init__(self, **settings: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(**settings)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(json.loads(json.dumps(content)))

    def ask(self, **content: Any) -> None:
        self._asked(self, content, [])

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["kind"] == kind]


@pytest.fixture
def hostile() -> Iterator[None]:
    """Threads that are interrupted as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hostile")
def test_three_threads_that_tell_at_once_lose_nothing_and_keep_their_order() -> None:
    lab = Heard()

    def tell(name: int) -> None:
        for i in range(300):
            lab._tell({"kind": "state", "phase": f"{name}", "sentence": f"{i}", "done": 0.0, "left": None})

    threads = [threading.Thread(target=tell, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [message["n"] for message in lab.sent] == list(range(1, 901))
    for name in range(3):
        assert [int(m["sentence"]) for m in lab.sent if m["phase"] == str(name)] == list(range(300))
    assert lab.state["sentence"] == lab.sent[-1]["sentence"], "what Python sees is what was told last"


def test_messages_are_told_once_per_data_set() -> None:
    lab = Heard(max_len=16, messages=64, epochs=1)
    for seed in range(3):
        lab.seed = seed
        lab.train(block=True)
    first, second, third = lab.of("run")
    assert len(first["messages"][first["run"]["data_key"]]) == 160
    assert second["messages"] == third["messages"] == {}
    assert "messages" not in first["run"]
    lab.pin(1)
    assert "messages" not in lab.sent[-1] and len(json.dumps(lab.sent[-1])) < 100


def test_a_new_page_hears_old_runs_in_brief_and_the_rest_when_it_asks() -> None:
    lab = Heard(max_len=16, messages=64, epochs=3)
    for seed in range(3):
        lab.seed = seed
        lab.train(block=True)
    lab.ask(do="hello")
    told = lab.sent[-1]
    own = [run for run in told["runs"] if not run["recorded"]]
    assert [run["whole"] for run in own] == [False, False, True]
    for run in own:
        assert [len(epoch["p"]) for epoch in run["epochs"]][-1] == 160
        assert all(epoch["validation"] is not None for epoch in run["epochs"])
    assert list(told["messages"]) == [own[-1]["data_key"]]
    lab.ask(do="want", runs=[1], data=[own[0]["data_key"]])
    (run,) = lab.sent[-1]["runs"]
    assert run["whole"] and [len(epoch["p"]) for epoch in run["epochs"]] == [160] * 3
    assert len(lab.sent[-1]["messages"][run["data_key"]]) == 160


def many(lab: Lab, count: int, epochs: int = 20) -> None:
    """Runs as the runner leaves them, without the training."""
    held_out = tuple((f"message number {i} " + "x" * 60, i % 2) for i in range(160))
    for number in range(1, count + 1):
        run = Run(number, Settings(seed=number), 130, 118914, "pooled vectors", held_out=held_out, perplexities=[2.0])
        run.told = Told(head_of(run, "key"))
        for epoch in range(epochs):
            rows = tuple((1 - p, p) for p in ((i * 7 + epoch + number) % 1000 / 1000 for i in range(160)))
            run.epochs.append(EpochDone(0, epoch + 1, epochs, 0.5, 0.4, measure([0, 1], [0, 1]), rows, 0.1))
            run.told.add({"epoch": epoch + 1, "train": 0.5, "validation": 0.4, "p": shares_told(rows)[0], "said": "",
                          "xy": [i % 1000 for i in range(320)], "perplexity": 2.0, "seconds": 0.1,
                          "diagnosis": "It has settled."})  # fmt: skip
        run.outcome = "done"
        lab._runner.runs.append(run)


def test_a_run_tells_the_browser_the_settings_that_are_not_the_defaults() -> None:
    rates = {"embedding": 0.0, "block[0]": 0.0, "block[1]": 0.1, "norm": 1.0, "head": 1.0}
    odd = Settings(seed=3, messages=100, learning_rate=0.003, rates=tuple(rates.items()))
    told = {"seed": 3, "messages": 100, "learning_rate": 0.003, "rates": rates}
    for settings, changed in ((Settings(), {}), (odd, told)):
        head = head_of(Run(1, settings, perplexities=[2.0]), "key")
        assert json.loads(json.dumps(head["settings"])) == changed
        assert eval(head["line"], {"Lab": dict}) == changed  # the copied line says the same


def test_two_hundred_runs_take_under_50_mb_in_the_kernel_and_5_mb_for_a_new_page() -> None:
    lab = Heard()
    tracemalloc.start()
    many(lab, 200)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert grown < 50e6, f"{grown / 1e6:.0f} MB"
    lab.ask(do="hello")
    assert len(json.dumps(lab.sent[-1])) < 5e6
    assert len(lab.sent[-1]["runs"]) >= 200


def test_epochs_come_out_as_they_went_in() -> None:
    rows = ((0.25, 0.75), (0.1, 0.9))
    done = [EpochDone(0, i, 2, 0.5, 0.4, measure([0, 1], [0, 1]), rows, 0.1) for i in (1, 2)]
    kept = Epochs(done)
    assert list(kept) == done and kept[-1] == done[1] and kept[:1] == done[:1] and len(kept) == 2
    assert Epochs([EpochDone(0, 1, 1, 0.5, None, None, (), 0.1)])[0].probabilities == ()


def test_a_cell_that_is_executed_again_lets_its_old_lab_go(monkeypatch: pytest.MonkeyPatch) -> None:
    executions = iter(("first", "first", "second"))
    monkeypatch.setattr(cells, "_cell_and_execution", lambda: ("cell", next(executions)))
    old, beside = Lab(), Lab()
    gone = weakref.ref(old)
    assert old.comm is not None and beside.comm is not None
    new = Lab()
    assert old.comm is None and beside.comm is None and new.comm is not None
    del old
    gc.collect()
    assert gone() is None


def test_progress_is_told_within_an_epoch_with_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("headswap.results.progress.perf_counter", lambda: now[0])
    said: list[tuple[str, float, float | None]] = []
    progress = Progress("run 1", 80_160, 2, lambda *told: said.append(told), told=0.0)
    for _ in range(10):
        now[0] += 0.0501
        progress.reads(128)
    heard = [f"run 1: reading each message once, {read} of 80,160" for read in ("512", "1,024")]
    assert [told[0] for told in said] == heard
    said.clear()
    progress.begin(2)
    for step in range(1, 101):
        now[0] += 0.1
        progress.step(StepDone(1, step, 1000, 0.5))
    gaps = len(said) / 10  # told a second
    assert 2 <= gaps <= 5
    assert said[-1][0] == "run 1: epoch 1 of 2, about 90 s left" and said[-1][1] == pytest.approx(0.1, abs=0.003)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_more_than_two_classes_are_told_whole_with_what_was_said(classes: int) -> None:
    rows = [[(i + c) % classes / sum(range(classes)) for c in range(classes)] for i in range(6)]
    shares, said = shares_told(rows)
    assert len(shares) == (6 if classes == 2 else 6 * classes)
    assert said == ("" if classes == 2 else "".join(str((classes - 1 - i) % classes) for i in range(6)))


def rows_of(classes: int) -> bytes:
    names = [f"kind {c}" for c in range(classes)]
    lines = [f"{names[i % classes]}\t{m.text} {i}" for i, m in enumerate(messages(40 * classes))]
    return ("label\ttext\n" + "\n".join(lines)).encode()


@pytest.mark.parametrize("classes", [3, 10])
def test_a_file_with_more_than_two_classes_trains_in_the_lab(classes: int) -> None:
    lab = Heard(max_len=16, epochs=1)
    lab._asked(lab, {"do": "file", "name": "kinds.tsv"}, [memoryview(rows_of(classes))])
    assert lab.data == "kinds.tsv" and lab.state["phase"] == "idle"
    lab.attempt("a text")
    lab.train(block=True)
    (run,) = lab.runs
    assert len(run.label_names) == classes and len(run.metrics.confusion) == classes  # type: ignore[union-attr]
    (epoch,) = lab.of("epoch")
    assert len(epoch["epoch"]["said"]) == len(lab.of("run")[0]["run"]["truths"]) > 0
    (answer,) = lab.of("answer")[-1]["answers"]
    assert len(answer["p"]) == classes
    assert [len(effects) for _, _, effects in answer["words"]] == [classes, classes]
    assert lab.figure().alt


def test_a_file_with_eleven_classes_is_refused_in_words() -> None:
    lab = Heard()
    lab._asked(lab, {"do": "file", "name": "kinds.tsv"}, [memoryview(rows_of(11))])
    assert "has 11 classes; the lab shows at most 10" in lab.said["sentence"]  # type: ignore[index]


LATIN = "label,text\n" + "".join(f'{"spam" if m.label else "ham"},"{m.text} \xa3"\n' for m in messages(40))


def test_a_file_that_was_refused_is_read_when_a_field_helps_and_the_error_names_that_field() -> None:
    lab = Heard(max_len=16)
    for _ in range(2):  # the same file twice is answered twice
        lab._asked(lab, {"do": "file", "name": "mine.csv"}, [memoryview(LATIN.encode("latin-1"))])
        assert lab.said and lab.said["wrong"]
        assert 'in the field "Encoding"' in lab.said["sentence"] and "--" not in lab.said["sentence"]
    assert lab.said["sentence"].endswith("Data is still fixture."), "what Train would train is said"
    assert [m["kind"] for m in lab.sent] == ["said", "said"] and lab.data == "fixture"
    lab.encoding = "latin-1"
    assert lab.data == "mine.csv" and not lab.said["wrong"]
    assert lab.files == ["mine.csv"]
    lab.data = "fixture"
    lab.data = "mine.csv"
    lab.epochs = 1
    lab.train(block=True)
    assert lab.runs[0].outcome == "done"


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ('save it as UTF-8, or give encoding="cp1252" (--encoding cp1252 or latin-1).',
         'save it as UTF-8, or choose cp1252 in the field "Encoding".'),
        ("give a file with a header, and name its text column with text= (--text-column).",
         'give a file with a header, and name its text column in the field "Text column".'),
        ("'fraud' is taken for the positive class, by its name; name it with positive= (--positive).",
         '\'fraud\' is taken for the positive class, by its name; name it in the field "Positive class".'),
        ("or state its encoding with encoding= (--encoding).", 'or state its encoding in the field "Encoding".'),
    ],
)  # fmt: skip
def test_errors_speak_of_the_labs_own_fields(sentence: str, told: str) -> None:
    assert for_the_lab(sentence) == told


def test_a_copied_line_says_where_a_dropped_file_cannot_be_found_again() -> None:
    lab = Heard(max_len=16, epochs=1)
    lab._asked(lab, {"do": "file", "name": "kinds.tsv"}, [memoryview(rows_of(2))])
    lab.train(block=True)
    line = lab.of("run")[-1]["run"]["line"]
    assert line == "Lab(epochs=1, max_len=16, data='kinds.tsv')  # kinds.tsv was dropped into the lab: give its path"
    eval(line, {"Lab": Lab})


def test_a_file_whose_columns_are_not_guessed_names_the_labs_own_field() -> None:
    lab = Heard(max_len=16)
    lab._asked(lab, {"do": "file", "name": "x.csv"}, [memoryview(b"a,b\nham,hello\n")])
    assert "--" not in lab.state["sentence"]
    assert lab.said and 'in the field "Text column"' in lab.said["sentence"]


def test_a_run_that_cannot_read_its_file_says_so_in_the_labs_own_words() -> None:
    lab = Heard(max_len=16)
    lab._asked(lab, {"do": "file", "name": "mine.csv"}, [memoryview(b"label,text\nham,hi\n")])
    lab._asked(lab, {"do": "file", "name": "fraud.tsv"}, [memoryview(rows_of(2))])
    lab.text_column = "b"
    lab._asked(lab, {"do": "train", "settings": {"data": "fraud.tsv"}}, [])
    lab._runner.wait()
    assert 'in the field "Text column"' in lab.state["sentence"] and "--" not in lab.state["sentence"]


def test_nothing_stays_silent_while_many_messages_are_read() -> None:
    """Reading 10,240 messages once takes a second or so: something is told at least twice a second."""
    lab, began = Heard(messages=10_240, epochs=1, max_len=16), []
    send = lab.send
    lab.send = lambda content, buffers=None: (began.append(time.perf_counter()), send(content))  # type: ignore[method-assign]
    lab.train(block=True)
    assert max(b - a for a, b in pairwise(began)) < 1.5
    assert any("reading each message once" in m["sentence"] for m in lab.of("state"))


def test_what_a_page_sets_wrongly_goes_back_there_too() -> None:
    lab = Lab()
    told: list[list[str]] = []
    lab.send_state = lambda key=None: told.append(list(key or []))  # type: ignore[method-assign]
    lab.set_state({"epochs": 0, "seed": 4})
    assert (lab.epochs, lab.seed) == (20, 0)
    assert sorted(told[-1]) == ["epochs", "seed"]


def test_a_cell_s_setting_is_checked_also_while_the_page_s_is_taken_in() -> None:
    """A page is heard in a thread of its own, and traitlets checks nothing while it takes in what came from there."""
    lab, taken = Lab(), threading.Event()

    class Slow(dict[str, int]):
        def __getitem__(self, name: str) -> int:
            taken.set()
            time.sleep(0.2)
            return super().__getitem__(name)

    page = threading.Thread(target=lab.set_state, args=(Slow(seed=3),))
    page.start()
    taken.wait()
    with pytest.raises(SettingError, match="nonsense"):
        lab.regime = "nonsense"
    page.join()
    assert (lab.regime, lab.seed) == ("head-only", 3)
