"""The explorers of the first two lessons: move a control, look at what is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers import ROOT
from hypothesis import given
from hypothesis import strategies as st

from headswap import ByteTokenizer, Message, encode, measure, predict_logits, read_sms
from headswap.data.readers import unique_messages
from headswap.errors import SettingError
from headswap.explorers import environment
from headswap.explorers.environment import check_environment
from headswap.explorers.recorded import recorded
from headswap.explorers.tokens import FRONTS, practice_texts, reads, tokens
from headswap.lab import recorded_classifier
from headswap.lab.rows import recorded_runs

EXPLORER = tokens()
TEXTS = ["short", "é" * 17, "x" * 33, "y" * 64, "z" * 161]


def moved(**values: Any) -> Any:
    EXPLORER.value = {"text": "Hi", "neighbour": "Hi", "max_len": 32, "cls": False} | values
    return EXPLORER


def cells(explorer: Any, title: str, key: str = "id", kind: str = "", message: int = 0) -> list[Any]:
    return [cell[key] for cell in explorer.find(title)["messages"][message]["cells"] if kind in ("", cell["kind"])]


def large(explorer: Any) -> dict[str, str]:
    """The large numbers, by what they are."""
    return {item["says"]: item["value"] for item in explorer.find("What the model reads")["items"]}


# ---- tokens


def test_a_character_of_several_bytes_says_which_of_its_bytes_each_id_is() -> None:
    shown = moved(text="é 👍")
    assert cells(shown, "The batch") == [195, 169, 32, 240, 159, 145, 141]
    parts = [(cell["sign"], cell["part"], cell["of"]) for cell in shown.find("The batch")["messages"][0]["cells"]]
    assert parts == [("é", 1, 2), ("é", 2, 2), ("␣", 1, 1), ("👍", 1, 4), ("👍", 2, 4), ("👍", 3, 4), ("👍", 4, 4)]
    assert large(shown)["bytes"] == "7"
    assert large(shown)["lost: it reads 32"] == "0"


def test_a_longer_neighbour_brings_pads() -> None:
    assert cells(moved(text="Hi", neighbour="Hi"), "The batch", kind="pad") == []
    shown = moved(text="Hi", neighbour="Hello")
    assert cells(shown, "The batch") == [72, 105, 256, 256, 256]
    assert cells(shown, "The batch", "kind") == ["byte", "byte", "pad", "pad", "pad"]
    assert cells(shown, "The batch", message=1) == [*b"Hello"]


def test_what_is_cut_is_shown_and_counted_once() -> None:
    shown = moved(text="你好吗", neighbour="", max_len=8)
    assert cells(shown, "The batch", kind="cut") == [151]
    assert large(shown)["lost: it reads 8"] == "1"
    assert shown.find("What the model reads")["text"] == "“你好\ufffd”"
    assert sum("lost" in what for what in large(shown)) == 1


def test_the_cls_id_stands_in_front_and_takes_a_place() -> None:
    shown = moved(text="12345678", max_len=8, cls=True)
    assert cells(shown, "The batch", kind="special") == [257]
    assert cells(shown, "The batch")[0] == 257
    assert cells(shown, "The batch", "sign", "cut") == ["8"]


def test_a_very_long_text_is_not_drawn_to_its_end() -> None:
    shown = moved(text="x" * 100_000, max_len=160)
    assert len(cells(shown, "The batch")) == 160 + 40
    assert shown.find("The batch")["messages"][0]["more"] == 99_800


@given(st.text(max_size=60), st.text(max_size=60), st.integers(8, 160), st.booleans())
def test_the_grid_is_the_tokenizers_own_batch(text: str, neighbour: str, max_len: int, cls: bool) -> None:
    shown = moved(text=text, neighbour=neighbour, max_len=max_len, cls=cls)
    ids, mask = ByteTokenizer().batch([text, neighbour], max_len, cls=cls)
    for row, (drawn, real) in enumerate(zip(ids.tolist(), mask.tolist(), strict=True)):
        kept = [cell for cell in shown.find("The batch")["messages"][row]["cells"] if cell["kind"] != "cut"]
        assert [cell["id"] for cell in kept] == drawn
        assert [cell["kind"] != "pad" for cell in kept] == real
    json.dumps(shown.shown)


def test_the_verdict_is_the_trained_classifiers_and_what_is_in_front_pushes_the_message_out() -> None:
    model, shown = recorded_classifier(), reads()
    verdicts = {}
    for front in ("nothing", "a greeting", "eight emoji"):
        shown.set(front=front)
        whole = FRONTS[front] + "Claim your free prize now"
        spam = float(predict_logits(model, encode([Message(whole, 0)], model)).softmax(1)[0, 1])
        verdicts[front] = next(
            item["value"] for item in shown.find("What the model reads")["items"] if "P(spam)" in item["says"]
        )
        assert f"P(spam) {spam:.2f}" in large(shown)
    assert verdicts == {"nothing": "spam", "a greeting": "ham", "eight emoji": "ham"}
    assert cells(shown, "Byte by byte", "sign", "cut")[:5] == ["␣", "C", "l", "a", "i"]


def test_an_empty_message_gets_no_verdict() -> None:
    shown = reads()
    shown.set(text="")
    assert large(shown) == {"bytes": "0", "lost: it reads 32": "0"}


def test_half_a_surrogate_pair_is_answered_in_words() -> None:
    shown = moved(text="a\ud83d")
    assert "half a surrogate pair" in shown.find("What the model reads")["text"]
    assert moved(text="a").find("The batch")


def test_the_table_counts_bytes_and_follows_the_slider() -> None:
    explorer = tokens(TEXTS)
    title = "How many of 5 messages lose their end"
    at = [["32 bytes, the slider", 4, "80.0%"], ["64 bytes", 1, "20.0%"], ["160 bytes", 1, "20.0%"]]
    assert explorer.find(title)["rows"] == at
    explorer.set(max_len=33)
    assert explorer.find(title)["rows"][1] == ["33 bytes, the slider", 3, "60.0%"]
    assert explorer.find("Messages that lose their end")["rows"][0] == ["é" * 16 + "\ufffd", "\ufffd"]
    assert explorer.find("Messages that lose their end")["rows"][1] == ["y" * 33, "y" * 31]


def test_where_nothing_is_cut_it_says_so() -> None:
    explorer = tokens(["short"])
    assert explorer.find("Messages that lose their end")["rows"] == [["nothing is cut", ""]]


def test_by_default_it_counts_the_960_practice_messages() -> None:
    assert len(set(practice_texts())) == 960
    rows = moved().find("How many of 960 messages lose their end")["rows"]
    assert [row[1] for row in rows] == [960, 938, 0]


@pytest.mark.parametrize("values", [{"max_len": 7}, {"max_len": "32"}, {"text": 3}, {"cls": 1}, {"length": 32}])
def test_a_wrong_value_is_refused_and_changes_nothing(values: dict[str, Any]) -> None:
    before = dict(moved().value)
    with pytest.raises(SettingError):
        EXPLORER.set(**values)
    assert EXPLORER.value == before


@pytest.mark.corpus
def test_the_shares_of_real_messages_that_lesson_01_quotes(corpus_path: Path) -> None:
    lesson = (ROOT / "lessons" / "01_tokenisation.py").read_text("utf-8").replace("\n# ", " ")
    different = unique_messages(read_sms(corpus_path).messages)
    told = {None: (32, 64, 160), 0: (64,), 1: (64,)}
    assert f"{len(different):,} messages" in lesson
    for label, lengths in told.items():
        sizes = [len(m.text.encode()) for m in different if label is None or m.label == label]
        for length in lengths:
            assert f"{sum(size > length for size in sizes) / len(sizes):.1%}".replace("%", " %") in lesson


# ---- a recorded run


def test_a_recorded_run_is_marked_as_recorded_and_told_from_its_file() -> None:
    explorer = recorded()
    for run in recorded_runs():
        for epoch in (1, len(run["epochs"])):
            explorer.set(regime=run["regime"], epoch=epoch)
            assert explorer.find("What this is")["text"].startswith("Recorded, not live: seed 0")
            p = run["epochs"][epoch - 1]["p"]
            metrics = measure([label for _, label in run["messages"]], [int(one >= 500) for one in p])
            found = explorer.find("Verdicts")["counts"]
            assert found == [list(row) for row in metrics.confusion]
            assert f"F1 {metrics.f1:.3f} [" in explorer.find("After this epoch")["text"]
            assert explorer.find("Loss")["marks"][0][0] == epoch


def test_full_overfits_in_its_recording_as_lesson_00_says() -> None:
    explorer = recorded()
    explorer.set(regime="full")
    training, validation = ([y for _, y in one["points"]] for one in explorer.find("Loss")["lines"])
    assert training[-1] == min(training)
    assert validation[-1] > 1.2 * min(validation)


# ---- the environment


def test_the_environment_is_one_line_that_no_machine_changes() -> None:
    said = "no browser has answered yet, which is fine for a headless run"
    line = f"Environment(Python, torch and headswap are here; {said})"
    assert repr(check_environment()) == line


def test_the_environment_names_versions_threads_and_memory() -> None:
    found = dict(check_environment().rows)
    assert list(found) == ["Python", "torch", "headswap", "threads", "memory available"]
    assert all(found.values())


def test_a_browser_that_shows_the_check_is_answered() -> None:
    widget = check_environment()
    assert not widget.alive
    widget.set_state({"asked": 1})  # what the browser sends
    assert widget.alive
    assert widget.status == "The browser and the kernel can talk to each other: widgets work."


def test_the_memory_of_a_container_counts_without_its_file_caches(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(environment, "CGROUP", tmp_path)
    monkeypatch.setattr(environment, "_of_machine", lambda: 900)
    assert environment.memory_available() == 900
    for name, says in {"memory.max": "1000", "memory.current": "700", "memory.stat": "inactive_file 200\n"}.items():
        (tmp_path / name).write_text(says)
    assert environment.memory_available() == 500
    (tmp_path / "memory.max").write_text("max")
    assert environment.memory_available() == 900


def test_unknown_memory_is_told_as_unknown(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(environment, "CGROUP", tmp_path)
    monkeypatch.setattr(environment, "_of_machine", lambda: None)
    assert environment.facts()["memory available"] == "unknown on this system"
