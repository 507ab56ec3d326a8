"""One body, many tasks: each row is answered by its own task, exactly as if that task had the body to itself."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from helpers import ROOT, tiny_base, tiny_split
from hypothesis import given
from hypothesis import strategies as st

from headswap.cli import main
from headswap.data.messages import Split
from headswap.errors import CheckpointError, SettingError
from headswap.shelf.shelf import Shelf
from headswap.training.loop import predict_logits
from headswap.training.recipe import Recipe
from headswap.training.run import History, encode, run_regime
from headswap.weights.deltas import base_hash, learned_by, save_base, save_delta

QUICK = {"epochs": 1, "batch_size": 16}
# Every kind of thing that a task may bring: a head, a larger head, changed weights, and each kind of insert.
KINDS = (
    ("head-only", "mean"), ("mlp-head", "max"), ("head-only", "attention"), ("head-only", "mean+max"), ("full", "cls"),
    ("last-block", "last"), ("bitfit", "mean"), ("lora", "mean"), ("adapters-houlsby", "mean"),
    ("adapters-pfeiffer", "std"), ("ia3", "mean"), ("prompt", "mean"), ("prefix", "last"),
)  # fmt: skip
TEXTS = [message.text for message in tiny_split().test]


def run(regime: str, pool: str = "mean", seed: int = 0, classes: int = 2) -> History:
    split = tiny_split(seed=seed)
    if classes > 2:
        split = Split(*(tuple(_spread(part, classes) for part in (split.train, split.validation, split.test))),
                      label_names=names(classes))  # fmt: skip
    return run_regime(tiny_base(), split, regime, Recipe(pool=pool, seed=seed, **QUICK))


def _spread(messages: object, classes: int) -> tuple:
    from headswap.data.messages import Message

    return tuple(Message(message.text, i % classes) for i, message in enumerate(messages))  # type: ignore[arg-type]


def names(classes: int) -> tuple[str, ...]:
    return tuple(f"class {i}" for i in range(classes))


def alone(history: History, texts: list[str]) -> torch.Tensor:
    """What the run's own classifier says."""
    from headswap.data.messages import Message

    data = encode([Message(text, 0) for text in texts], history.classifier, 9)
    assert data is not None
    return predict_logits(history.classifier, data)


@pytest.fixture(scope="module")
def runs() -> dict[str, History]:
    return {f"{regime} {pool}": run(regime, pool) for regime, pool in KINDS}


@pytest.fixture(scope="module")
def shelf(runs: dict[str, History]) -> Shelf:
    filled = Shelf(tiny_base())
    for name, history in runs.items():
        filled.put(name, history)
    return filled


# ---- every row to its own task


def test_a_mixed_batch_says_what_each_task_says_alone(shelf: Shelf, runs: dict[str, History]) -> None:
    rows = [(name, text) for text in TEXTS for name in runs]
    found = shelf.logits([name for name, _ in rows], [text for _, text in rows])
    for name, history in runs.items():
        mine = torch.stack([logits for (task, _), logits in zip(rows, found, strict=True) if task == name])
        assert torch.allclose(mine, alone(history, TEXTS), atol=1e-5, rtol=0), name


@given(st.lists(st.tuples(st.integers(0, len(KINDS) - 1), st.integers(0, 15)), min_size=1, max_size=30))
def test_neighbours_and_their_order_change_no_answer(shelf: Shelf, drawn: list[tuple[int, int]]) -> None:
    tasks = list(shelf)
    found = shelf.logits([tasks[task] for task, _ in drawn], [TEXTS[text] for _, text in drawn])
    for (task, text), logits in zip(drawn, found, strict=True):
        assert torch.allclose(logits, shelf.logits(tasks[task], [TEXTS[text]])[0], atol=1e-5, rtol=0)


def test_more_rows_than_one_pass_takes_keep_their_places(shelf: Shelf) -> None:
    texts = [TEXTS[i % 16] for i in range(600)]
    found = torch.stack(shelf.logits("lora mean", texts))
    assert torch.allclose(found, found[:16].repeat(38, 1)[:600], atol=1e-5, rtol=0)


def test_one_text_goes_through_the_body_once_for_all_tasks_that_leave_it_as_it_is(shelf: Shelf) -> None:
    tasks, seen = [name for name in shelf if "head" in name], []
    watch = shelf._base.body.blocks[0].register_forward_hook(lambda block, inputs, output: seen.append(len(output)))
    try:
        shelf.logits(tasks, [TEXTS[0]] * len(tasks))
        assert (seen, shelf.passes(tasks)) == ([1], 1)
        seen.clear()
        shelf.logits(list(shelf), [TEXTS[0]] * len(shelf))
        dressed = sum(bool(task.outfit) for task in shelf.tasks.values())
        assert len(seen) == shelf.passes(list(shelf)) == dressed + 1
    finally:
        watch.remove()


def test_heads_of_two_three_and_nine_classes_answer_one_batch() -> None:
    shelf, histories = Shelf(tiny_base()), {n: run("head-only", classes=n) for n in (2, 3, 9)}
    for classes, history in histories.items():
        shelf.put(f"{classes} classes", history, names(classes))
    found = shelf.logits([f"{n} classes" for n in (2, 3, 9)] * 5, TEXTS[:15])
    for row, logits in enumerate(found):
        classes = (2, 3, 9)[row % 3]
        assert torch.allclose(logits, alone(histories[classes], TEXTS[row : row + 1])[0], atol=1e-5, rtol=0)
    answers = shelf.ask([f"{n} classes" for n in (2, 3, 9)] * 5, TEXTS[:15])
    assert [len(one.probabilities) for one in answers] == [2, 3, 9] * 5
    assert all(one.label == max(one.probabilities, key=dict(one.probabilities).get) for one in answers)  # type: ignore[arg-type]


def test_tasks_in_two_threads_do_not_wear_each_others_inserts(shelf: Shelf) -> None:
    tasks = ["lora mean", "full cls", "prompt mean", "head-only mean"] * 10
    right = {task: torch.stack(shelf.logits(task, TEXTS)) for task in set(tasks)}
    with ThreadPoolExecutor(4) as threads:
        for task, found in zip(tasks, threads.map(lambda task: shelf.logits(task, TEXTS), tasks), strict=True):
            assert torch.equal(torch.stack(found), right[task]), task


def test_the_body_is_untouched_by_what_its_tasks_wear(shelf: Shelf) -> None:
    shelf.logits(list(shelf), [TEXTS[0]] * len(shelf))
    assert base_hash(shelf.base) == base_hash(tiny_base())
    body = shelf._base.body
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in body.modules())


def test_an_error_in_the_middle_leaves_the_body_bare(shelf: Shelf) -> None:
    with pytest.raises(Exception):  # noqa: B017  (whatever the tokenizer says of it)
        shelf.logits("lora mean", ["half a pair \udc00"])
    test_the_body_is_untouched_by_what_its_tasks_wear(shelf)


def test_a_base_that_learns_on_changes_no_answer() -> None:
    base = tiny_base()
    shelf = Shelf(base)
    shelf.put("spam", run("head-only"))
    before = torch.stack(shelf.logits("spam", TEXTS))
    with torch.no_grad():
        for weight in base.parameters():
            weight.add_(1.0)
    assert torch.equal(torch.stack(shelf.logits("spam", TEXTS)), before)


def test_a_run_that_learns_on_changes_no_answer_of_its_task() -> None:
    shelf, history = Shelf(tiny_base()), run("head-only")
    shelf.put("spam", history)
    before = torch.stack(shelf.logits("spam", TEXTS))
    with torch.no_grad():
        for weight in history.classifier.head.parameters():
            weight.add_(1.0)
    assert torch.equal(torch.stack(shelf.logits("spam", TEXTS)), before)


def test_a_mixed_batch_of_heads_is_equal_to_the_bit_to_the_same_rows_asked_task_by_task() -> None:
    """Sharing one module between the heads must not cost a digit."""
    shelf = Shelf(tiny_base())
    for seed in range(3):
        shelf.put(str(seed), run("head-only", seed=seed))
    texts = [TEXTS[0][:5]] * 12  # equally long, so that both ways make the same batches of the body
    mixed = shelf.logits(["0", "1", "2"] * 4, texts)
    for seed in range(3):
        assert torch.equal(torch.stack(mixed[seed::3]), torch.stack(shelf.logits(str(seed), texts))[seed::3])


@pytest.mark.parametrize(("regime", "most"), [("head-only", 3_000), ("lora", 12_000)])
def test_one_task_more_costs_its_weights_and_little_else(regime: str, most: int) -> None:
    """Bytes of Python's objects; a module of its own for each head would take twice as much."""
    shelf, learned = Shelf(tiny_base()), learned_by(run(regime), tiny_base())
    shelf.keep("first", learned)
    tracemalloc.start()
    try:
        for i in range(50):
            shelf.keep(f"task {i}", learned)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert taken / 50 < most, taken / 50


# ---- what goes wrong elsewhere


def test_a_task_that_is_not_there_is_an_error_and_never_the_bases_answer(shelf: Shelf) -> None:
    with pytest.raises(SettingError, match="no task 'spma' is on this shelf; there is head-only mean, mlp-head max"):
        shelf.ask("spma", TEXTS)
    with pytest.raises(SettingError, match="no task '' is on this shelf"):
        shelf.ask(["lora mean", ""], TEXTS[:2])
    with pytest.raises(SettingError, match="1 task names came with 2 rows"):
        shelf.ask(["lora mean"], TEXTS[:2])
    with pytest.raises(SettingError, match="there is none at all"):
        Shelf(tiny_base()).ask("spam", TEXTS)


def test_a_task_of_another_body_is_refused_by_name(tmp_path: Path) -> None:
    other = tiny_base(seed=1)
    history = run_regime(other, tiny_split(), "head-only", Recipe(**QUICK))
    history.base = other
    file = save_delta(tmp_path / "other.safetensors", history, other)
    shelf = Shelf(tiny_base())
    need, found = base_hash(other)[:12], base_hash(tiny_base())[:12]
    said = f"spam needs the base base-{need}.safetensors, but this shelf has base-{found}.safetensors"
    for put in (lambda: shelf.put_file("spam", file), lambda: shelf.put("spam", history)):
        with pytest.raises(CheckpointError, match=said):
            put()
    assert len(shelf) == 0


def test_an_insert_that_is_missing_from_one_layer_is_an_error(shelf: Shelf) -> None:
    task = shelf.tasks["lora mean"]
    lacking = {key: t for key, t in task.learned.tensors.items() if "blocks/1" not in key}
    with pytest.raises(CheckpointError, match=r"half does not fit its LowRanks at body\.inserted\.blocks/1"):
        Shelf(tiny_base()).keep("half", type(task.learned)(lacking, task.learned.about))
    more = {**task.learned.tensors, "body.blocks.7.norm1.weight": torch.ones(16)}
    with pytest.raises(CheckpointError, match=r"more does not fit this body at blocks\.7\.norm1\.weight"):
        Shelf(tiny_base()).keep("more", type(task.learned)(more, task.learned.about))


def test_names_are_one_of_a_kind_and_printable(shelf: Shelf) -> None:
    small = Shelf(tiny_base())
    small.put("spam", run("head-only"))
    for name, said in (("spam", "there is a task 'spam' on this shelf already"), (" ", "is no name for a task"),
                       ("a\nb", "is no name for a task")):  # fmt: skip
        with pytest.raises(SettingError, match=said):
            small.put(name, run("head-only"))
    small.put("ham", run("head-only", seed=1))
    with pytest.raises(SettingError, match="already"):
        small.rename("ham", "spam")
    assert list(small) == ["spam", "ham"]


def test_a_removed_task_is_gone_and_a_renamed_one_answers_as_before(runs: dict[str, History]) -> None:
    shelf = Shelf(tiny_base())
    for name, history in runs.items():
        shelf.put(name, history)
    before = torch.stack(shelf.logits("lora mean", TEXTS))
    shelf.rename("lora mean", "new")
    shelf.remove("full cls")
    assert list(shelf)[6] == "new" and len(shelf) == len(KINDS) - 1
    assert torch.equal(torch.stack(shelf.logits("new", TEXTS)), before)
    for name in ("lora mean", "full cls"):
        with pytest.raises(SettingError, match=f"no task '{name}'"):
            shelf.ask(name, TEXTS)


# ---- on disk


def test_a_shelf_comes_back_to_the_bit(shelf: Shelf, tmp_path: Path) -> None:
    again = Shelf.load(shelf.save(tmp_path))
    assert list(again) == list(shelf)
    for name, task in shelf.tasks.items():
        assert torch.equal(torch.stack(again.logits(name, TEXTS)), torch.stack(shelf.logits(name, TEXTS))), name
        assert (again.tasks[name].label_names, again.tasks[name].bytes) == (task.label_names, task.bytes)


def test_saving_again_keeps_no_file_that_is_not_needed(tmp_path: Path) -> None:
    shelf = Shelf(tiny_base())
    shelf.put("a/b: Ü?", run("head-only"))
    shelf.put("two", run("head-only", seed=1))
    shelf.save(tmp_path)
    (tmp_path / "mine.txt").write_text("not the shelf's")
    shelf.remove("two")
    shelf.save(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4
    assert list(Shelf.load(tmp_path)) == ["a/b: Ü?"]


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from headswap import Shelf
from headswap import files
shelf = Shelf.load(sys.argv[2])
left, write = int(sys.argv[3]), os.replace
from pathlib import Path
whole = Path.replace
def replace(self, target):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return whole(self, target)
Path.replace = replace
shelf.rename("one", "uno")
shelf.remove("two")
shelf.put_file("three", sys.argv[4])
shelf.save(sys.argv[2])
"""


@pytest.mark.parametrize("written", [0, 3, 4])
def test_a_shelf_killed_while_it_is_saved_opens_as_it_was_or_as_it_was_to_be(tmp_path: Path, written: int) -> None:
    base, folder = tiny_base(), tmp_path / "shelf"
    shelf = Shelf(base)
    shelf.put("one", run("head-only"))
    shelf.put("two", run("lora", seed=1))
    shelf.save(folder)
    three = save_delta(tmp_path / "three.safetensors", run("mlp-head", seed=2), base)
    done = subprocess.run([sys.executable, "-c", KILLED, str(ROOT), str(folder), str(written), str(three)],
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.returncode == (-signal.SIGKILL if written < 4 else 0), done.stderr
    again = Shelf.load(folder)
    assert list(again) == (["one", "two"] if written < 4 else ["uno", "three"])
    assert torch.equal(torch.stack(again.logits(next(iter(again)), TEXTS)), torch.stack(shelf.logits("one", TEXTS)))


@pytest.mark.parametrize(
    "spoil, said",
    [
        (lambda folder: (folder / "shelf.json").unlink(), "is no shelf: there is no shelf.json in it"),
        (lambda folder: (folder / "shelf.json").write_text("{"), r"shelf\.json is damaged"),
        (
            lambda folder: (folder / "shelf.json").write_text('{"format": 9, "base": "x", "tasks": {}}'),
            "another version",
        ),
        (lambda folder: next(folder.glob("base-*")).unlink(), "base-.* is not there"),
        (lambda folder: next(folder.glob("spam-*")).write_bytes(b"x"), "spam-.* is not a headswap file"),
    ],
    ids=["no index", "half an index", "another format", "no base", "a damaged task"],
)
def test_a_spoiled_folder_is_one_sentence(tmp_path: Path, spoil: object, said: str) -> None:
    shelf = Shelf(tiny_base())
    shelf.put("spam", run("head-only"))
    shelf.save(tmp_path)
    spoil(tmp_path)  # type: ignore[operator]
    with pytest.raises(CheckpointError, match=said):
        Shelf.load(tmp_path)


def test_an_index_may_not_name_a_file_elsewhere(tmp_path: Path) -> None:
    """Else saving would delete what a foreign index names."""
    shelf, outside = Shelf(tiny_base()), tmp_path / "outside.txt"
    outside.write_text("dear to me")
    folder = shelf.save(tmp_path / "shelf")
    about = json.loads((folder / "shelf.json").read_text())
    (folder / "shelf.json").write_text(json.dumps(about | {"tasks": {"x": "../outside.txt"}}))
    for act in (lambda: Shelf.load(folder), lambda: shelf.save(folder)):
        with pytest.raises(CheckpointError, match="another version"):
            act()
    assert outside.read_text() == "dear to me"


# ---- the command line


def test_a_shelf_is_filled_and_asked_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def headswap(*arguments: str) -> tuple[int, str, str]:
        code, said = main(arguments), capsys.readouterr()
        return code, said.out, said.err

    monkeypatch.chdir(tmp_path)
    base = tiny_base()
    save_base(base, tmp_path)
    for regime, seed in (("head-only", 0), ("lora", 1)):
        save_delta(tmp_path / f"{regime}.safetensors", run(regime, seed=seed), base)
    assert headswap("shelf", "add", "mine", "spam", "head-only.safetensors")[0] == 0
    assert headswap("shelf", "add", "mine", "other", "lora.safetensors")[0] == 0
    assert headswap("shelf", "rename", "mine", "other", "again")[0] == 0
    listed = headswap("shelf", "list", "mine")[1].splitlines()
    assert [line.split()[0] for line in listed[1:]] == ["spam", "again"]
    asked = headswap("predict", "--shelf", "mine", "--task", "spam", "win cash")[1]
    (tmp_path / "rows.csv").write_text('task,text\nspam,win cash\nagain,"hello, you"\n')
    rows = headswap("predict", "--shelf", "mine", "--file", "rows.csv")[1].splitlines()
    assert rows[0] == asked.strip() and rows[1].startswith("again\t") and rows[1].endswith("\thello, you")
    for arguments, said in (
        (("predict", "--shelf", "mine", "win"), "no task is named"),
        (
            ("predict", "--shelf", "mine", "--task", "spma", "win"),
            "no task 'spma' is on this shelf; there is spam, again",
        ),
        (("shelf", "remove", "mine", "spma"), "no task 'spma'"),
        (("predict",), "give one of them"),
    ):
        code, _, told = headswap(*arguments)
        assert code == 2 and said in told and len(told.splitlines()) == 1
    assert headswap("shelf", "remove", "mine", "spam")[0] == 0
    assert len(Shelf.load(tmp_path / "mine")) == 1
