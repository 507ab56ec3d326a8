"""Runs as values: the same bits from one worker or two, stored, found again, and whole when something ends early."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from helpers import ROOT, tiny_split
from hypothesis import given
from hypothesis import strategies as st
from pictures import Digits, Drawn
from toys import Shifts

from headswap import values
from headswap.cli import main
from headswap.data.messages import Split
from headswap.data.sources import FileData, FixtureData
from headswap.errors import DataError, SettingError
from headswap.files import write_atomically
from headswap.model.body import BodyConfig
from headswap.regimes.named import REGIMES
from headswap.regimes.schedules import SCHEDULES
from headswap.regimes.stages import FROZEN, Falling, Regime, Stage
from headswap.results import baselines, store
from headswap.results.baselines import NgramsSpec
from headswap.results.compare import Failure, Settings, compare
from headswap.results.executors import cores, processes
from headswap.results.pretrained import kept_base
from headswap.results.scores import differences, scores
from headswap.training import spec as specs_module
from headswap.training.pretrain import Schooling
from headswap.training.recipe import Compute, Recipe
from headswap.training.spec import Result, RunSpec, run_key, run_spec
from headswap.weights.deltas import load_delta

SMALL = Schooling(BodyConfig(width=16, heads=2, max_len=16), epochs=1)
QUICK = Recipe(epochs=2, batch_size=16, learning_rate=0.01)


@dataclass(frozen=True)
class Few:
    """A few fixture messages: a source of the tests' own."""

    def split(self, seed: int) -> Split:
        return tiny_split(seed=seed)


@dataclass(frozen=True)
class Broken:
    """A source whose messages cannot be had."""

    def split(self, seed: int) -> Split:
        raise DataError("the dog ate the messages; ask for others")


def spec(regime: str = "head-only", seed: int = 0, data: object = Few(), **more: object) -> RunSpec:
    return RunSpec(data, REGIMES[regime], QUICK, SMALL, seed, **more)  # type: ignore[arg-type]


def several() -> list[RunSpec]:
    return [spec(regime, seed) for seed in (0, 1) for regime in ("frozen-random", "head-only", "full")]


def by_spec(outcomes: list[Result | Failure]) -> dict[object, Result | Failure]:
    return {outcome.spec: outcome for outcome in outcomes}


# ---- a run is a value


def test_a_run_is_pure_and_two_threads_change_no_bit() -> None:
    first = run_spec(spec("full"))
    torch.manual_seed(7)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert run_spec(spec("full")) == first
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_results_are_equal_whatever_they_cost() -> None:
    first = run_spec(spec())
    other = replace(first, cost=replace(first.cost, seconds=99.0, machine="another"))
    assert first == other and first != replace(first, seed=1)


@pytest.mark.parametrize("name", REGIMES)
def test_a_spec_and_its_result_survive_json_and_pickle(name: str) -> None:
    kinds = baselines.KINDS | {"Few": Few}
    result = run_spec(spec(name))
    assert values.from_json(values.to_json(result), kinds) == result
    assert pickle.loads(pickle.dumps(result)) == result
    again = values.from_json(values.to_json(result.spec), kinds)
    assert again == result.spec and run_spec(again) == result  # type: ignore[arg-type]


rates = st.one_of(st.just(FROZEN), st.floats(1e-6, 10), st.builds(Falling, st.floats(1, 9)))
stages = st.builds(
    Stage,
    st.lists(st.tuples(st.sampled_from(["head", "blocks", "block[-1]", "everything"]), rates), max_size=3).map(tuple),
    st.sampled_from(["linear", "mlp", None]),
    st.floats(0.01, 1),
    st.just((Shifts((0, 1)),)),
    st.none() | st.floats(1e-6, 1),
    st.none() | st.sampled_from(sorted(SCHEDULES)),
)
regimes = st.builds(
    Regime, st.text(), st.text(), st.lists(stages, min_size=1, max_size=3).map(tuple), st.floats(1e-6, 1), st.text()
)
computes = st.builds(Compute, micro_batch=st.none() | st.integers(1, 9))
recipes = st.builds(Recipe, st.integers(1, 99), st.integers(1, 99), compute=computes)


@given(st.builds(RunSpec, st.builds(FixtureData), regimes, recipes, st.builds(Schooling), st.integers(0, 2**40)))
def test_any_spec_comes_back_from_json_and_equal_specs_have_one_key(made: RunSpec) -> None:
    again = values.from_json(values.to_json(made), specs_module.KINDS | {"Shifts": Shifts})
    assert again == made and run_key(again) == run_key(made)
    assert run_key(replace(made, seed=made.seed + 1)) != run_key(made)


def test_the_key_covers_pytorch_the_source_and_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("text,label\n" + "".join(f"hello {i},{'spam' if i % 2 else 'ham'}\n" for i in range(40)))
    data = FileData.of(file, (8, 4, 4))
    keys = {run_key(spec(data=data))}
    file.write_text(file.read_text().replace("hello 3", "hallo 3"))
    keys.add(run_key(spec(data=FileData.of(file, (8, 4, 4)))))
    monkeypatch.setattr(torch, "__version__", "9.9")
    keys.add(run_key(spec(data=data)))
    monkeypatch.setattr(specs_module, "source_hash", lambda: "other code")
    keys.add(run_key(spec(data=data)))
    assert len(keys) == 4
    with pytest.raises(DataError, match=r"mine\.csv has changed since this run was described"):
        data.split(0)


def test_all_source_that_makes_numbers_is_in_the_source_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "headswap"
    files = [package / (s if s.endswith(".py") else f"{s}/a.py") for s in (*specs_module.SOURCES, "results/report.py")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("one = 1")
    monkeypatch.setattr(specs_module, "__file__", str(package / "training" / "spec.py"))
    found = []
    for file in (None, *files):
        if file is not None:
            file.write_text(f"two = '{file}'")
        specs_module.source_hash.cache_clear()
        found.append(specs_module.source_hash())
    specs_module.source_hash.cache_clear()
    assert len(set(found)) == 1 + len(specs_module.SOURCES)
    assert found[-1] == found[-2], "a table may change and no number with it"


@pytest.mark.parametrize(
    "text, sentence",
    [
        ('{"kind": "os.system"}', "the kind 'os.system' is unknown here"),
        ('{"kind": "Recipe", "epoch": 3}', "a stored Recipe does not fit this version"),
        ("{", "this is not JSON"),
    ],
)
def test_json_makes_nothing_but_the_kinds_that_it_was_given(text: str, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        values.from_json(text, specs_module.KINDS)
    with pytest.raises(SettingError, match="a set cannot be stored as JSON"):
        values.to_json({1})


# ---- compare


@pytest.fixture(scope="module")
def two() -> Iterator[Executor | None]:
    """Two workers for several tests: each takes seconds to import PyTorch."""
    with processes(2) as executor:
        yield executor


def test_one_worker_two_workers_and_threads_give_the_same_results_to_the_bit(two: Executor | None) -> None:
    here = by_spec(list(compare(several())))
    there = by_spec(list(compare(several(), two)))
    with ThreadPoolExecutor(2) as threads:
        beside = by_spec(list(compare(several(), threads)))
    assert set(here) == set(several())
    assert here == there == beside


def test_a_body_of_images_is_compared_like_any_other(two: Executor | None) -> None:
    made = [RunSpec(Digits(), REGIMES[name], QUICK, Drawn(), seed) for seed in (0, 1) for name in ("head-only", "full")]
    here = by_spec(list(compare(made)))
    assert by_spec(list(compare(made, two))) == here
    assert all(isinstance(outcome, Result) for outcome in here.values())


def test_a_run_that_fails_is_told_and_the_others_go_on(two: Executor | None) -> None:
    broken, wild = spec(data=Broken()), replace(spec("full"), recipe=replace(QUICK, learning_rate=1e30))
    made = [broken, spec(), wild, spec("scratch")]
    for outcomes in (by_spec(list(compare(made))), by_spec(list(compare(made, two)))):
        assert outcomes[broken] == Failure(broken, "the dog ate the messages; ask for others")
        assert isinstance(outcomes[wild], Failure) and "loss became" in outcomes[wild].sentence
        assert isinstance(outcomes[spec()], Result) and isinstance(outcomes[spec("scratch")], Result)


def test_a_worker_that_dies_is_told_and_nothing_hangs() -> None:
    if cores() < 2:
        pytest.skip("one core: there is no worker to die")
    with processes(2) as executor:
        assert executor is not None
        executor.submit(os.getpid).result()
        dying = executor.submit(os._exit, 1)
        with pytest.raises(Exception, match="terminated abruptly"):
            dying.result()
        made = [spec(), spec("scratch")]  # one waits for a body, one does not
        outcomes = list(compare(made, executor))
    said = "a worker died, probably because memory ran out; run the rest with fewer workers"
    assert by_spec(outcomes) == {one: Failure(one, said) for one in made}


def test_on_one_core_and_for_one_worker_the_runs_stay_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with processes(1) as executor:
        assert executor is None
    monkeypatch.setattr("headswap.results.executors.cores", lambda: 1)
    with processes(4) as executor:
        assert executor is None
    with pytest.raises(SettingError, match="workers is 0"), processes(0):
        pass


def test_a_body_is_schooled_once_for_all_its_runs(tmp_path: Path) -> None:
    list(compare(several(), folder=tmp_path))
    assert len(list((tmp_path / "bases").glob("*/base-*.safetensors"))) == 2


# ---- stored and found again


def test_a_finished_run_is_found_again_even_on_a_source_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = by_spec(list(compare(several()[:2], folder=tmp_path)))
    ran: list[object] = []
    train = specs_module.train_spec
    monkeypatch.setattr("headswap.results.compare.train_spec", lambda s, *rest: ran.append(s) or train(s, *rest))
    again = by_spec(list(compare(several(), folder=tmp_path, resume=True)))
    assert ran == several()[2:]
    assert {s: again[s] for s in first} == first
    ran.clear()
    list(compare(several()[:1], folder=tmp_path))
    assert ran == several()[:1], "without resume everything runs"


def test_a_damaged_or_foreign_result_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(baselines.KINDS, "Few", Few)
    path = store.keep(run_spec(spec()), tmp_path)
    assert store.find(spec(), tmp_path) == run_spec(spec())
    whole = path.read_bytes()
    for wrong in (b"", whole[:100], whole.replace(b'"seed": 0', b'"seed": 1'), b"\xff\xfe", b"[1]"):
        path.write_bytes(wrong)
        assert store.find(spec(), tmp_path) is None


def test_saved_weights_are_those_of_this_very_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(baselines.KINDS, "Few", Few)
    weights, slower = tmp_path / "weights", replace(spec(), recipe=replace(QUICK, learning_rate=0.005))
    list(compare([slower], folder=tmp_path))
    list(compare([spec()], folder=tmp_path, weights=weights))
    before = (weights / "head-only.safetensors").read_bytes()
    list(compare([slower], folder=tmp_path, resume=True, weights=weights))
    assert (weights / "head-only.safetensors").read_bytes() != before
    assert load_delta(weights / "head-only.safetensors")[1].regime == "head-only"


def test_leaving_early_keeps_what_was_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(baselines.KINDS, "Few", Few)
    for executor in (None, ThreadPoolExecutor(1)):
        folder = tmp_path / str(executor is None)
        outcomes = compare(several(), executor, folder=folder)
        kept = [next(outcomes), next(outcomes)]
        outcomes.close()
        assert [store.find(one.spec, folder / "results") for one in kept] == kept
        assert len(list((folder / "results").glob("*.json"))) == 2


# Long enough for the rest to be under way when three runs are done: with shorter ones all twelve were.
DEMO = ["demo", "--seeds", "3", "--epochs", "2", "--regimes", "frozen-random,scratch"]
INTERRUPTED = """
import os, signal, sys, threading
from headswap.cli import main
def stop():
    import time, pathlib
    folder = pathlib.Path(os.environ["HEADSWAP_CACHE"]) / "compare" / "results"
    while len(list(folder.glob("*.json"))) < 3:
        time.sleep(0.01)
    os.kill(os.getpid(), int(sys.argv[1]))
if __name__ == "__main__":
    threading.Thread(target=stop, daemon=True).start()
    sys.exit(main([*sys.argv[2:], "--workers", "2"]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "sent, code", [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)], ids=["Ctrl-C", "killed"]
)
def test_a_comparison_that_ends_in_the_middle_goes_on_with_resume(
    tmp_path: Path, sent: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED)
    environment = os.environ | {"HEADSWAP_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    run = [sys.executable, str(script), str(int(sent)), *DEMO]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, done.stderr
    results = cache / "compare" / "results"
    kept = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert 3 <= len(kept) < 12
    assert not list(results.glob(".*")), "nothing half-written stays"
    if code == 130:
        assert "of 12 runs; they are kept, and --resume does the rest" in done.stderr
        assert "balanced test" in done.stdout, "what is finished is shown"
    monkeypatch.setenv("HEADSWAP_CACHE", str(cache))
    assert main([*DEMO, "--resume"]) == 0
    after = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert len(after) == 12 and {name: after[name] for name in kept} == kept


ORPHANS = """
import os, sys, time
from headswap.results.executors import processes
def sleep(): time.sleep(600)
if __name__ == "__main__":
    with processes(2) as executor:
        print(*executor.map(os.getppid, range(0)), *[executor.submit(os.getpid).result() for _ in range(4)], flush=True)
        executor.submit(sleep), executor.submit(sleep)
        time.sleep(0.5)
        os.kill(os.getpid(), int(sys.argv[1]))
        time.sleep(600)
"""


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_workers_end_with_the_process_that_started_them(tmp_path: Path, signal_number: int) -> None:
    if cores() < 2:
        pytest.skip("one core: there are no workers")
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    run = [sys.executable, str(script), str(int(signal_number))]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=120)
    workers = {int(word) for word in done.stdout.split()}
    assert workers
    end = time.monotonic() + 20
    while (alive := {pid for pid in workers if Path(f"/proc/{pid}").exists()}) and time.monotonic() < end:
        time.sleep(0.1)
    assert alive == set()


# ---- beside the runs


def test_the_ngrams_are_a_run_beside_the_others() -> None:
    pytest.importorskip("sklearn")
    found = list(compare([NgramsSpec(Few(), 0), spec()]))
    assert [outcome.name for outcome in found if isinstance(outcome, Result)] == ["n-grams", "head-only"]
    table = scores([outcome for outcome in found if isinstance(outcome, Result)])
    assert table[0].verdicts.labels == table[1].verdicts.labels
    assert table[0].verdicts.keys == table[1].verdicts.keys, "a message is known again"
    assert set(differences(table, "balanced", "head-only")) == {"n-grams"}
    assert differences([row for row in table if row.regime != "head-only"], "balanced", "head-only") == {}


def test_settings_become_specs_seed_by_seed() -> None:
    made = Settings(("head-only", "full"), 2).specs(FixtureData())
    assert [(s.name, s.seed) for s in made][:2] == [("head-only", 0), ("full", 0)]
    assert [s.recipe.seed for s in made if isinstance(s, RunSpec)] == [0, 0, 1, 1]


def test_a_kept_base_is_the_one_that_was_schooled_and_a_damaged_one_is_made_anew(tmp_path: Path) -> None:
    config = BodyConfig(width=16, heads=2, max_len=16)
    first, seconds = kept_base(["hello there", "you"], config, tmp_path, epochs=1)
    again, told = kept_base(["hello there", "you"], config, tmp_path, epochs=1, watch=lambda step: pytest.fail("again"))
    assert told == seconds > 0
    assert all(map(torch.equal, first.state_dict().values(), again.state_dict().values()))
    (file,) = tmp_path.glob("*/base-*.safetensors")
    file.write_bytes(file.read_bytes()[:-1])
    assert kept_base(["hello there", "you"], config, tmp_path, epochs=1)[1] != 0
    assert len(list(tmp_path.glob("*/base-*.safetensors"))) == 1


def test_two_threads_may_write_one_path(tmp_path: Path) -> None:
    path, errors = tmp_path / "one.json", []
    contents = [json.dumps([i] * 20_000).encode() for i in range(4)]

    def write(content: bytes) -> None:
        try:
            for _ in range(50):
                write_atomically(path, content)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and path.read_bytes() in contents
    assert [p.name for p in tmp_path.iterdir()] == ["one.json"]
