"""The benchmarks, in their quick form: they run, hold every promised number, and compare equal work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers import ROOT

# Looked for, not imported: that takes seconds, in every process that collects tests.
missing = [name for name in ("transformers", "accelerate") if find_spec(name) is None]
CONTESTS = {
    "head-only": {"ours", "Trainer", "plain loop"},
    "full": {"ours", "Trainer", "plain loop"},
    "last-block": {"ours", "no cache"},
}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing), reason=f"not installed: {missing}")]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, str, Path]:
    """The numbers, the printed report and the figure of one quick run."""
    folder = tmp_path_factory.mktemp("bench")
    files = ["--json", str(folder / "speed.json"), "--plot", str(folder / "speed.svg")]
    command = [sys.executable, "-m", "benchmarks", "--quick", *files]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "speed.json").read_text("utf-8")), done.stdout, folder / "speed.svg"


def seconds(numbers: dict, contest: str, name: str) -> float:
    return min(run["seconds"] for run in numbers["contests"][contest][name])


def test_every_promised_number_is_there(quick) -> None:
    numbers, report, plot = quick
    assert {name: set(runs) for name, runs in numbers["contests"].items()} == CONTESTS
    assert 0 < numbers["share_linear"] < numbers["share"] < 10
    assert all(len(found) == 1 + 2 * 3 for found in numbers["peak"]["gflops"].values())  # before, and after each run
    assert sum(numbers["peak"]["profile"].values()) == pytest.approx(1)
    assert 100e6 < numbers["memory"] < 4e9
    assert numbers["memory"] + 100e6 < numbers["memory_of_two"] < 8e9, "the workers' memory counts"
    assert len(numbers["imports"]["torch"]) == len(numbers["imports"]["both"]) == numbers["plan"]["pairs"]
    assert {p["grown"] for p in numbers["growth"]} == {"messages", "max_len", "width"}
    assert all(p["epoch_seconds"] > 0 for p in numbers["growth"])
    assert all(row["what"] in report for row in numbers["table"])
    assert plot.read_text("utf-8").rstrip().endswith("</svg>")


def test_the_numbers_say_where_they_come_from_and_name_no_host_or_path(quick) -> None:
    numbers, report, _ = quick
    assert set(numbers["machine"]) == {"cpu", "cores", "threads", "system", "python", "torch", "date"}
    assert numbers["machine"]["threads"] == 1
    assert str(ROOT) not in json.dumps(numbers) + report


def test_all_do_the_same_steps_from_the_same_weights_and_learn(quick) -> None:
    numbers, _, _ = quick
    for contest in numbers["contests"].values():
        runs = [run for several in contest.values() for run in several]
        assert {run["steps"] for run in runs} == {2 * 20}
        assert max(r["loss_before"] for r in runs) - min(r["loss_before"] for r in runs) < 1e-4
        assert all(run["loss_after"] < run["loss_before"] - 0.03 for run in runs)
        assert max(r["loss_after"] for r in runs) - min(r["loss_after"] for r in runs) < 0.15


def test_a_frozen_body_is_trained_faster_than_by_trainer_even_on_a_busy_machine(quick) -> None:
    numbers, _, _ = quick
    assert seconds(numbers, "head-only", "ours") < seconds(numbers, "head-only", "Trainer")


def test_too_few_runs_are_refused_in_one_sentence() -> None:
    command = [sys.executable, "-m", "benchmarks", "--runs", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == "benchmarks: --runs is 2; give at least 3, so that a median means something"


def test_a_missing_trainer_is_one_sentence(monkeypatch) -> None:
    from benchmarks.bench import find_trainer
    from headswap.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(MissingExtraError, match="the benchmarks need accelerate; install it: pip install transformers"):
        find_trainer()
