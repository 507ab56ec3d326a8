"""The classifier that comes with the course: what it says, when it answers, and what a damaged file may not do."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers import until

import benchmarks.figures as figures
from headswap import CheckpointError, Message, encode, predict_logits
from headswap.explorers import lesson_base
from headswap.lab import Lab, recorded_classifier, shipped
from headswap.lab.rows import recorded_runs
from headswap.lab.shipped import Shipped
from headswap.live.prepare import at_hand
from headswap.live.runs import Settings
from headswap.live.told import thousandths
from headswap.model.classifier import Classifier
from headswap.results import pretrained

TEXT = "Our records say you won"
HEAD_ONLY, FULL = -1, -2
LAB: dict[str, Any] = {"max_len": 16, "epochs": 2, "messages": 64}


class Heard(Lab):
    """A lab that keeps what it tells the browser, and that may not train."""

    def __init__(self, **settings: Any) -> None:
        self.told: list[dict[str, Any]] = []
        super().__init__(**settings)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.told.append(content)

    def _look_ahead(self) -> None:
        """Reading ahead is no training, and not what is looked at here."""

    def _prepare(self, settings: Any, progress: Any) -> Any:
        raise AssertionError("nothing is prepared: it answers without it")

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.told if one["kind"] == kind]

    def ask(self, text: str, *ids: int) -> dict[str, Any]:
        """What the page is told that asks these runs."""
        before = len(self.of("answer"))
        self._asked(self, {"do": "try", "text": text, "ids": [*ids]}, [])
        until(lambda: len(self.of("answer")) > before)
        return self.of("answer")[-1]


def shares(model: Classifier, texts: list[str]) -> list[float]:
    data = encode([Message(text, 0) for text in texts], model)
    assert data is not None
    return predict_logits(model, data).softmax(1)[:, 1].tolist()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is shipped, to be damaged."""
    copied = tmp_path / "recorded"
    shutil.copytree(shipped.FOLDER, copied)
    monkeypatch.setattr(shipped, "FOLDER", copied)
    return copied


def test_the_classifier_says_what_the_recorded_run_said_after_its_last_epoch() -> None:
    (run,) = [run for run in recorded_runs() if "weights" in run]
    assert (run["id"], run["line"]) == (HEAD_ONLY, "Lab()"), "it is that of the default settings"
    said = shares(recorded_classifier(), [text for text, _ in run["messages"]])
    assert said == pytest.approx(run["exact"], abs=1e-5)
    assert [thousandths(p) for p in run["exact"]] == run["epochs"][-1]["p"]


def test_what_is_done_to_a_classifier_changes_no_other() -> None:
    model = recorded_classifier()
    before = shares(model, [TEXT])
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    assert shares(recorded_classifier(), [TEXT]) == before


def test_a_fresh_lab_answers_with_word_effects_before_anything_is_trained() -> None:
    lab = Heard()
    (head,) = [run for run in lab.story()["runs"] if run["keeps"]]
    assert (head["id"], head["recorded"]) == (HEAD_ONLY, True)
    assert not {"weights", "exact"} & set(head), "that is nothing for the browser"
    (one,) = lab.ask(TEXT, HEAD_ONLY)["answers"]
    assert (one["id"], one["epoch"]) == (HEAD_ONLY, 20)
    assert one["p"][1] == pytest.approx(shares(recorded_classifier(), [TEXT])[0], abs=1e-4)
    assert [TEXT[start:end] for start, end, _ in one["words"]] == TEXT.split()
    assert all(effect for _, _, effect in one["words"])
    assert lab.runs == ()


def test_a_reloaded_page_and_a_second_view_are_answered_too() -> None:
    lab = Heard()
    first = lab.ask(TEXT, HEAD_ONLY)["answers"]
    lab._asked(lab, {"do": "hello"}, [])
    assert [run["id"] for run in lab.of("history")[-1]["runs"] if run["keeps"]] == [HEAD_ONLY]
    assert lab.ask(TEXT, HEAD_ONLY)["answers"] == first


def test_python_asks_the_recorded_run_where_there_is_no_other() -> None:
    lab = Heard()
    lab.attempt(TEXT)
    until(lambda: lab.tried)
    assert [one["id"] for one in lab.tried] == [HEAD_ONLY]
    other = Heard(seed=3)
    other.attempt(TEXT)
    assert other._runner.asked.question.ids == (), "it was recorded with other settings"


def test_the_machine_shows_a_text_s_way_through_the_recorded_run() -> None:
    lab = Heard()
    order = {"do": "flow", "id": HEAD_ONLY, "text": TEXT, "position": -1, "head": 0, "zoom": "", "asked": "?"}
    for swapped, labels in ((True, 0), (False, 5)):
        lab._asked(lab, order | {"swapped": swapped}, [])
        until(lambda swapped=swapped: len(lab.of("flow")) == 2 - swapped)
        flow = lab.of("flow")[-1]["flow"]
        assert len(flow.get("labels", [])) == labels
        if swapped:
            assert flow["probabilities"][1] == pytest.approx(shares(recorded_classifier(), [TEXT])[0], rel=1e-3)


def test_a_recorded_run_without_a_classifier_is_gone_and_says_so() -> None:
    lab = Heard()
    assert [run["keeps"] for run in lab.story()["runs"]] == [True, False]
    told = lab.ask(TEXT, FULL, HEAD_ONLY)
    assert ([one["id"] for one in told["answers"]], told["gone"]) == ([HEAD_ONLY], [FULL])


def test_a_lab_that_asks_for_a_bet_has_no_recorded_classifier() -> None:
    lab = Heard(question="Which?", answers=["this", "that"])
    assert lab.story()["runs"] == []
    assert lab.ask(TEXT, HEAD_ONLY) | {"n": 0} == {
        "kind": "answer", "text": TEXT, "answers": [], "gone": [HEAD_ONLY], "n": 0}  # fmt: skip


def test_a_pinned_recorded_run_answers_beside_a_run_of_one_s_own() -> None:
    lab = Lab(**LAB)
    lab.pin(HEAD_ONLY)
    lab.attempt(TEXT, [1, HEAD_ONLY])
    lab.train(block=True)
    until(lambda: len(lab.tried) == 2)
    assert [(one["id"], one["epoch"]) for one in lab.tried] == [(HEAD_ONLY, 20), (1, 2)]
    lab.attempt("another text")
    until(lambda: lab.tried)
    assert [one["id"] for one in lab.tried] == [1], "the latest of one's own, as ever"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[-7] ^= 1
    path.write_bytes(bytes(raw))


def another(path: Path) -> None:
    """A head of the same base, whole, but not the one whose answers were recorded."""
    base = shipped.load_base(next(path.parent.glob("base-*")))
    model, about = shipped.load_delta(path, base)
    with torch.no_grad():
        model.head.linear.bias += 1  # type: ignore[operator]
    settings = Lab()._settings()
    history = figures.History(settings.chosen_regime(), settings.recipe(), model)
    figures.save_delta(path, history, base, about.label_names)


@pytest.mark.parametrize("damage, what", [(cut, "base-*"), (flip, "base-*"), (Path.unlink, "base-*"),
    (cut, "1-*.safetensors"), (flip, "1-*.safetensors"), (another, "1-*.safetensors")])  # fmt: skip
def test_a_damaged_missing_or_wrong_file_is_one_sentence(damage: Any, what: str, folder: Path) -> None:
    damage(next(folder.glob(what)))
    lab = Heard()
    assert lab.ask(TEXT, HEAD_ONLY)["gone"] == [HEAD_ONLY]
    lab.ask("another text", HEAD_ONLY)
    (said,) = lab.of("said")
    assert said["wrong"] and said["sentence"] == (
        "the trained classifier that comes with headswap is damaged or missing; install headswap again, "
        "or press Train for one of your own"
    )
    with pytest.raises(CheckpointError, match=r"damaged or missing; install headswap again$"):
        recorded_classifier()


def test_what_the_command_keeps_is_what_the_lab_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(**LAB)
    lab.train(block=True)
    (tmp_path / "base-of-the-last-time.safetensors").touch()
    stored = figures.keep(lab.runs[0], tmp_path / "1-small.safetensors")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    model, base = shipped._read(stored)
    texts = [text for text, _ in lab.runs[0].held_out]
    assert shares(model, texts) == pytest.approx(stored["exact"], abs=1e-5)
    assert base.head is not None
    assert [path.name for path in tmp_path.glob("base-*")] == [stored["weights"]["base"]], "no old one stays"


def test_the_classifier_adds_at_most_550_kB_and_is_all_there_is() -> None:
    (run,) = [run for run in recorded_runs() if "weights" in run]
    there = {path.name: path.stat().st_size for path in shipped.FOLDER.glob("*.safetensors")}
    assert set(there) == {run["weights"]["base"], run["weights"]["delta"]}
    assert sum(there.values()) + len(json.dumps([run["weights"], run["exact"]])) < 550_000


def test_the_example_of_the_docstring_gives_logits_ham_first() -> None:
    assert recorded_classifier.__doc__ is not None
    (code,) = re.findall(r"`(predict_logits\(.*?\))` gives", recorded_classifier.__doc__)
    names = {"predict_logits": predict_logits, "encode": encode, "Message": Message, "text": TEXT}
    logits = eval(code, names | {"model": (model := recorded_classifier())})
    assert tuple(logits.shape) == (1, 2)
    assert logits.softmax(1)[0, 1].item() == pytest.approx(shares(model, [TEXT])[0])


def test_the_first_train_of_the_lab_need_not_pretrain_the_body_that_comes_along(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where this fails after a change of the source: `python -m benchmarks.figures recorded`."""
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path))
    monkeypatch.setattr("headswap.results.pretrained.pretrain_quick", lambda *given, **named: pytest.fail("pretrains"))
    lab = Lab(epochs=1)
    lab.train(block=True)
    assert lab.runs[0].outcome == "done"


def test_another_body_than_the_one_that_comes_along_is_never_taken_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path))
    shipped = Shipped(recorded_runs(), lambda error: None)
    for settings in (Settings(max_len=16), Settings(causal=False), Settings(data="shifted", max_len=24)):
        shipped.lend(settings)
        assert not at_hand(settings)


def test_the_lessons_body_comes_with_the_course(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody waits for it; and it is the one that would have been made."""
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path))
    monkeypatch.setattr(pretrained, "pretrain_quick", lambda *_, **__: pytest.fail("it was pretrained again"))
    body, own = lesson_base().body, recorded_classifier().body
    assert all(torch.equal(a, b) for a, b in zip(body.parameters(), own.parameters(), strict=True))
