"""The command line as a newcomer types it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ROOT

from headswap.cli import Plan, _problem, _tell, main
from headswap.data import fixture
from headswap.data.messages import SPAM
from headswap.data.sources import FixtureData
from headswap.data.splits import fixture_split
from headswap.errors import SettingError
from headswap.model.body import BodyConfig
from headswap.regimes.named import REGIMES
from headswap.results import pretrained
from headswap.results.compare import Desk, Failure, Settings, attempt, compare
from headswap.training.pretrain import Schooling
from headswap.training.recipe import Recipe
from headswap.training.spec import RunSpec

SMALL = ["demo", "--epochs", "1", "--seeds", "2", "--max-len", "16", "--regimes", "head-only,frozen-random"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo")
    outputs = ["--json", str(folder / "runs.json"), "--plot", str(folder / "plot.svg"), "--save", str(folder / "saved")]
    outputs.append("--calibration")
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: said.append(" ".join(map(str, words))))
        assert main([*SMALL, *outputs]) == 0
    return folder, "\n".join(said)


def test_the_demo_reports_each_regime_with_intervals_confusion_and_cost(demo: tuple[Path, str]) -> None:
    _, said = demo
    for part in ("head-only", "130 of", "precision", "recall", "f1", "said spam", "s of training per seed", "n-grams"):
        assert part in said
    assert re.search(r"f1 +0\.\d{3}  \[0\.\d{3}, 0\.\d{3}\]", said)
    assert "F1 minus frozen-random, paired" in said


def test_the_demo_tells_how_far_probabilities_can_be_trusted_beside_luck(demo: tuple[Path, str]) -> None:
    folder, said = demo
    mine = [run for run in json.loads((folder / "runs.json").read_text()) if run["regime"] == "head-only"]
    nll, brier, error = (sum(run[name] for run in mine) / 2 for name in ("nll", "brier", "ece"))
    beyond = sum(run["ece"] > run["ece_luck"] for run in mine)
    assert re.search(rf"NLL, in nats +{nll:.3f}  \[0\.\d{{3}}, [01]\.\d{{3}}\]   Brier {brier:.3f}  \[", said)
    assert re.search(
        rf"calibration error {error:.3f}  luck alone: 0\.\d{{3}}, up to 0\.\d{{3}}; "
        rf"more than luck at {beyond} of 2 seeds",
        said,
    )
    trusted = said.split("NLL minus frozen-random, paired")[1]
    row = next(line for line in trusted.splitlines() if line.startswith("head-only"))
    assert row.split()[1] == f"{nll:.3f}" and f" {brier:.3f}  {error:.3f}" in row and f" {beyond}/2 " in row
    assert "fitted on the validation part" in trusted


def test_the_json_holds_one_object_per_regime_seed_and_test(demo: tuple[Path, str]) -> None:
    runs = json.loads((demo[0] / "runs.json").read_text())
    assert {(r["regime"], r["seed"], r["test"]) for r in runs} == {
        (name, seed, "balanced")
        for name in ("head-only", "frozen-random", "n-grams", "n-grams 16 B")
        for seed in (0, 1)
    }
    for run in runs:
        (tn, fp), (fn, tp) = run["confusion"]
        assert tn + fp == fn + tp == 80
        assert run["recall"] == pytest.approx(tp / 80)
        assert run["precision"] == pytest.approx(tp / max(1, tp + fp))
        assert run["f1"] == pytest.approx(2 * tp / max(1, 2 * tp + fp + fn))
        assert run["accuracy"] == pytest.approx((tp + tn) / 160)
        assert run["seconds"] > 0
        assert (run["pretrain_seconds"] > 0) == (run["regime"] == "head-only")
        assert 0 < run["learning"] <= run["total"]


def test_the_plot_is_drawn(demo: tuple[Path, str]) -> None:
    assert "<svg" in (demo[0] / "plot.svg").read_text()


def test_a_saved_delta_predicts(demo: tuple[Path, str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    delta = str(demo[0] / "saved" / "head-only.safetensors")
    assert main(["predict", delta, "Claim your prize now", "See you at lunch, Anna"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [text for *_, text in rows] == ["Claim your prize now", "See you at lunch, Anna"]
    assert all(label in ("ham", "spam") and 0.5 <= float(share) <= 1 for label, share, _ in rows)
    (tmp_path / "messages.txt").write_text("one\n\ntwo\n")
    assert main(["predict", delta, "--file", str(tmp_path / "messages.txt")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_random_body_leaves_no_delta(demo: tuple[Path, str]) -> None:
    names = sorted(p.name for p in (demo[0] / "saved").iterdir())
    assert len(names) == 2
    assert names[0].startswith("base-")
    assert names[1] == "head-only.safetensors"


def test_ones_own_messages_work_from_a_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f'{"spam" if m.label == SPAM else "ham"},"{m.text}"' for m in fixture.messages(400)]
    path = tmp_path / "mine.csv"
    path.write_text("label,text\n" + "\n".join(rows), "utf-8")
    own = ["--data", str(path), "--sizes", "120,40,40", "--seeds", "1"]
    assert main([*SMALL, *own]) == 0
    said = capsys.readouterr().out
    assert "120 messages to train on, 40 to validate, 40 to test and 200 at the natural share" in said


def test_the_demo_prints_no_progress_when_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--seeds", "1"]) == 0
    assert capsys.readouterr().err == ""


def test_pretraining_never_reads_a_message_that_is_judged_on(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = pretrained.pretrain_quick

    def spy(texts, *rest, **named):
        read.extend(texts)
        return real(texts[:50], *rest, **named)

    monkeypatch.setattr(pretrained, "pretrain_quick", spy)
    list(compare([RunSpec(FixtureData(), REGIMES["head-only"], Recipe(epochs=1), seed=seed) for seed in (0, 1)]))
    for seed in (0, 1):
        split = fixture_split(seed)
        judged = {m.text for m in (*split.validation, *split.test)}
        start = seed * (640 + 1280)
        assert judged.isdisjoint(read[start : start + 640 + 1280])
        assert set(read[start : start + 640]) == {m.text for m in split.train}


@pytest.mark.parametrize("option", ["--json", "--plot", "--save"])
@pytest.mark.parametrize("place", ["a folder", "below a file"])
def test_an_output_that_cannot_be_written_is_found_before_the_training(
    option: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headswap.cli.compare", lambda *a, **k: pytest.fail("it has begun to train"))
    (tmp_path / "file").write_text("")
    (tmp_path / "x.svg").mkdir()
    if place == "a folder" and option == "--save":
        (tmp_path / "x.svg" / "base").mkdir()
    path = tmp_path / "x.svg" if place == "a folder" else tmp_path / "file" / "x.svg"
    assert main([*SMALL, option, str(path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and ("is a folder" in said or "cannot be written" in said)
    assert sorted(p.name for p in tmp_path.rglob("*") if p.name != "base") == ["file", "x.svg"]


def test_a_regime_that_diverges_is_a_row_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wild, small = Recipe(epochs=3, learning_rate=1e30), Schooling(BodyConfig(16, max_len=8), 1)
    failure = attempt(RunSpec(FixtureData(train=20), REGIMES["full"], wild, small), Desk(tmp_path))
    assert isinstance(failure, Failure) and failure.diverged
    _tell([], ("ham", "spam"), Settings(("full",)), [failure])
    said = capsys.readouterr().out
    assert re.search(r"^full +diverged at seed 0: .+ smaller learning rate$", said, re.MULTILINE)
    assert _problem([failure], 1, Plan()) is None, "a result, not a failure of ours"


def test_options_of_a_file_without_a_file_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for option in (["--sizes", "100,50,50"], ["--positive", "spam"], ["--encoding", "latin-1"]):
        assert main(["demo", *option]) == 2
        assert f"{option[0]} is for a file of your own" in capsys.readouterr().err


def test_the_demo_says_what_it_saved_and_how_to_ask_it(demo: tuple[Path, str]) -> None:
    folder, said = demo
    assert f"In {folder / 'saved'}: head-only.safetensors. Ask one: python -m headswap predict" in said


def test_predict_takes_its_texts_on_either_side_of_an_option(
    demo: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    delta, base = str(demo[0] / "saved" / "head-only.safetensors"), next((demo[0] / "saved").glob("base-*"))
    assert main(["predict", delta, "--base", str(base), "See you", "at lunch"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["predict", str(demo[0] / "saved"), "hi"]) == 2
    assert "is a folder, expected a file in it" in capsys.readouterr().err


def test_tune_prints_a_second_table_with_the_settings_chosen_on_validation(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path))
    one = ["demo", "--epochs", "1", "--seeds", "1", "--max-len", "8", "--regimes", "frozen-random", "--tune"]
    assert main([*one, "--json", str(tmp_path / "runs.json")]) == 0
    said = capsys.readouterr().out
    assert said.count("balanced test: as much ham as spam (1 seed)") == 2
    assert "Tuned: for each regime and seed the best of 6 settings" in said
    rows = json.loads((tmp_path / "runs.json").read_text())
    assert {(r["regime"], r["tried"]) for r in rows} == {
        (name, tried) for name in ("frozen-random", "n-grams", "n-grams 8 B") for tried in (0, 6)
    }


def test_all_means_every_regime(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def hear(regimes: tuple[str, ...], *rest: object) -> None:
        asked.append(regimes)
        raise SettingError("heard; that is enough")

    monkeypatch.setattr("headswap.cli.Settings", hear)
    assert main(["demo", "--regimes", "all"]) == 2
    assert asked == [tuple(REGIMES)]


def test_ctrl_c_while_it_is_still_importing_is_one_line(tmp_path: Path) -> None:
    """A torch whose import the user interrupts."""
    (tmp_path / "torch.py").write_text("raise KeyboardInterrupt")
    where = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    ask = [sys.executable, "-m", "headswap", "demo"]
    done = subprocess.run(ask, env=where, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "headswap: stopped\n")
