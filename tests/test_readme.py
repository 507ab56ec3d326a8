"""What the README prints runs as printed, and its tables are the stored results."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ROOT

from headswap.cli import _parser, main
from headswap.data import fixture
from headswap.data.tasks import QUESTIONS, answered
from headswap.errors import MissingExtraError
from headswap.results import compare
from headswap.shelf.shelf import Shelf

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"^python -m headswap (.+)$", README, re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_each_python_block_runs_as_printed(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with names of its own; what starts workers, which import it again, in a process of its own, too."""
    if "__main__" in block:
        subprocess.run([sys.executable, "-c", block], check=True, cwd=tmp_path, capture_output=True, timeout=300)
    else:
        monkeypatch.chdir(tmp_path)
        exec(block, {"__name__": "__main__"})


def few(names: tuple[str, ...], task: str, mark: str) -> str:
    """Practice messages as a file: the label, a mark, the text."""
    found = answered([m for m in fixture.messages(60) if '"' not in m.text], task)
    return "".join(f'{names[m.label]}{mark}"{m.text}"\n' for m in found)


def test_three_files_come_on_one_shelf_by_the_commands_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On small files, and without the n-grams, which take longer than all the rest."""

    def without(*rest: object) -> None:
        raise MissingExtraError("not here")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(compare, "need_sklearn", without)
    monkeypatch.setattr("headswap.cli.download_sms", lambda folder: folder / "SMSSpamCollection")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "SMSSpamCollection").write_text(few(("ham", "spam"), "spam", "\t").replace('"', ""))
    for name, task in (("topics", "friend"), ("moods", "question")):
        (tmp_path / f"{name}.csv").write_text("label,text\n" + few(QUESTIONS[task].names, task, ","))
    (tmp_path / "rows.csv").write_text('task,text\ntopic,"Hi Tom, hi"\nmood,yes?\n')
    block = next(block for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if "shelf add" in block)
    for line in block.splitlines():
        assert main(shlex.split(line)[3:]) == 0, line
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()[-3:]]
    assert [row[0] for row in rows] == ["spam", "topic", "mood"] and {len(row) for row in rows} == {4}
    assert list(Shelf.load("tasks")) == ["spam", "topic", "mood"]


def test_ten_lines_of_library_are_ten_lines() -> None:
    block = re.findall(r"```python\n(.*?)```", README.split("### Ten lines of library")[1], re.DOTALL)[0]
    assert len([line for line in block.splitlines() if line]) == 10


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_understood(command: str) -> None:
    _parser().parse_args(shlex.split(command))


@pytest.mark.parametrize("name", ["fixture", "fixture-tuned", "sms", "sms-tuned"])
def test_the_tables_are_the_stored_results(name: str) -> None:
    assert (ROOT / "figures" / f"{name}.txt").read_text("utf-8").strip() in README


@pytest.mark.parametrize("name", ["speed", "live", "lessons"])
def test_the_speed_tables_are_the_stored_benchmarks(name: str) -> None:
    assert (ROOT / "figures" / f"{name}.txt").read_text("utf-8").strip() in README


@pytest.mark.parametrize("name", ["lessons", "binder"])
def test_the_teachers_tables_are_the_stored_results(name: str) -> None:
    assert (ROOT / "figures" / f"{name}.txt").read_text("utf-8").strip() in (ROOT / "TEACHING.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["fixture", "sms"])
def test_the_stored_results_keep_what_the_readme_says(name: str) -> None:
    runs = json.loads((ROOT / "figures" / f"{name}.json").read_text("utf-8"))

    def mean(regime: str, metric: str, test: str = "balanced") -> float:
        at_defaults = [run for run in runs if not run.get("tried")]
        found = [run[metric] for run in at_defaults if (run["regime"], run["test"]) == (regime, test)]
        assert len(found) == 5
        return sum(found) / 5

    if name == "fixture":
        assert 0.85 <= mean("head-only", "precision") <= 0.95
        assert 0.78 <= mean("head-only", "recall") <= 0.92
        assert abs(mean("full", "f1") - mean("head-only", "f1")) < 0.05
    else:
        assert mean("head-only", "f1") >= 0.90
        assert mean("last-block", "f1") >= 0.925
        for regime in {run["regime"] for run in runs}:
            assert mean(regime, "precision", "natural") < mean(regime, "precision")


def test_every_picture_is_there() -> None:
    for path in re.findall(r"!\[[^\]]+\]\(([^)]+)\)|src(?:set)?=\"([^\"]+)\"", README):
        assert (ROOT / (path[0] or path[1])).is_file()
