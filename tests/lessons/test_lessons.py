"""Every lesson: its notebook is up to date, fits the screen and keeps its shape; and the builder that makes it."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from benchmarks.lessons import EXERCISE, PACE, count
from lessons import build

ROOT = build.LESSONS.parent
SECTIONS = ("A question", "Predict", "Look", "Read", "Build", "Prove", "Recap")
TAGS = {"solution", "check", "prove", "nbval-ignore-output"}
IGNORED = "nbval-ignore-output"
MINUTES = r"\*\*(\d+) minutes"
# What trains or takes the time: its numbers differ between machines, whole ones apart.
MEASURED = r"\b(pretrain|pretrain_quick|train|train_classifier|run_regime|start_regime|step|perf_counter)\("
# Spelled so that this file does not hold what it forbids.
THERE = tuple(f"/{name}/" for name in ("home", "root", "tmp", "Users", "work"))
THERE += ("site-packages", ":\\\\", "localhost", "127.0.0.1", str(ROOT))

LESSONS = {path.stem: path for path in build.lessons()}
every = pytest.mark.parametrize("name", LESSONS)
QUICK = "01_tokenisation"


def stored(name: str) -> nbformat.NotebookNode:
    return nbformat.read(build.NOTEBOOKS / f"{name}.ipynb", as_version=4)


def number(name: str) -> str:
    """What a lesson is called by: 06, or 06b."""
    return name.split("_")[0]


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(name: str) -> str:
    return "\n\n".join(cell.source for cell in build.read(LESSONS[name]).cells if cell.cell_type == "markdown")


def printed(output: nbformat.NotebookNode) -> str:
    """What an output says as plain text."""
    return output.get("text") or output.get("data", {}).get("text/plain", "")


def headings(name: str) -> list[str]:
    """The section of each `## ` heading, without its subtitle."""
    return [found.split(":")[0].strip() for found in re.findall(r"^## (.+)$", prose(name), re.MULTILINE)]


def functions(source: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def test_there_is_a_notebook_for_every_lesson_and_no_other() -> None:
    assert LESSONS
    assert sorted(path.stem for path in build.NOTEBOOKS.glob("*.ipynb")) == sorted(LESSONS)


@every
def test_the_notebook_is_what_the_lesson_says(name: str) -> None:
    def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str, str, list[str]]]:
        return [(cell.id, cell.cell_type, cell.source, build.tags(cell)) for cell in notebook.cells]

    assert cells(stored(name)) == cells(build.learners(LESSONS[name])), "run: make notebooks"


@every
def test_every_cell_was_run_in_order_and_none_failed(name: str) -> None:
    cells = code_cells(stored(name))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not any(output.output_type == "error" for cell in cells for output in cell.outputs)


@every
def test_nothing_is_warned_of(name: str) -> None:
    streams = [output for cell in code_cells(stored(name)) for output in cell.outputs if output.output_type == "stream"]
    assert [output.text for output in streams if output.name == "stderr"] == []


@every
def test_code_and_output_fit_a_screen(name: str) -> None:
    for cell in code_cells(stored(name)):
        assert len(cell.source.splitlines()) <= 15, cell.id
        assert sum(len(printed(output).splitlines()) for output in cell.outputs) <= 40, cell.id


@every
def test_sections_come_in_their_order(name: str) -> None:
    found = headings(name)
    assert set(found) <= set(SECTIONS)
    first = [found.index(section) for section in SECTIONS if section in found]
    assert first == sorted(first)
    assert set(SECTIONS) <= set(found)
    assert (found[0], found[1], found[-1]) == ("A question", "Predict", "Recap")


@every
def test_the_first_cell_is_the_title_and_states_the_minutes(name: str) -> None:
    first = build.read(LESSONS[name]).cells[0]
    assert first.cell_type == "markdown"
    assert re.match(rf"# {number(name)} · \w", first.source)
    assert re.search(MINUTES, first.source)


@every
def test_a_lesson_is_read_in_ten_to_fifteen_minutes_and_states_how_many(name: str) -> None:
    words, exercises = count(stored(name))
    stated = re.search(MINUTES, prose(name))
    assert stated
    assert int(stated[1]) == round(words / PACE)
    if name == "00_start_here":  # fifteen for all of it: with its exercise, and three to play
        assert 10 <= words / PACE + exercises * EXERCISE <= 12
    else:
        assert 10 <= round(words / PACE) <= 15


@every
def test_each_lesson_asks_before_it_tells(name: str) -> None:
    code = [cell.source for cell in code_cells(build.read(LESSONS[name]))]
    asked = next(i for i, source in enumerate(code) if re.search(r"= predict\(", source))
    told = next(i for i, source in enumerate(code) if ".reveal(" in source)
    assert asked < told


@every
def test_only_what_trains_or_times_is_left_uncompared_and_it_asserts(name: str) -> None:
    for cell in code_cells(stored(name)):
        assert set(build.tags(cell)) <= TAGS, cell.id
        if IGNORED in build.tags(cell):
            assert re.search(r"^\s*assert ", cell.source, re.MULTILINE), (
                f"{cell.id} compares nothing and asserts nothing"
            )
        elif re.search(MEASURED, cell.source):
            compared = "\n".join(map(printed, cell.outputs))
            assert not re.search(r"\d\.\d", compared), f"{cell.id} trains or times, and its numbers are compared"


@every
def test_proofs_assert_and_checks_follow_their_exercise(name: str) -> None:
    cells = code_cells(build.read(LESSONS[name]))
    proofs = [cell for cell in cells if "prove" in build.tags(cell)]
    assert proofs
    assert all("assert " in cell.source for cell in proofs)
    for before, cell in zip([None, *cells], cells, strict=False):
        if "check" in build.tags(cell):
            assert before is not None
            asked = re.search(r"exercises\.(\w+)\.check\((\w+)\)", cell.source)
            assert asked, cell.id
            assert asked[2] in functions("\n".join(c.source for c in cells if "solution" in build.tags(c)))


@every
def test_no_solution_reaches_the_learner(name: str) -> None:
    for ours, theirs in zip(build.read(LESSONS[name]).cells, stored(name).cells, strict=True):
        if "solution" not in build.tags(ours):
            continue
        solved, stubs = functions(ours.source), functions(theirs.source)
        assert solved
        assert solved.keys() == stubs.keys()
        for solution, stub in zip(solved.values(), stubs.values(), strict=True):
            assert ast.dump(solution.args) == ast.dump(stub.args)
            assert ast.get_docstring(stub)
            assert ast.get_docstring(stub) == ast.get_docstring(solution)
            assert [ast.unparse(node) for node in stub.body[1:]] == ["..."]
        assert theirs.source.count("# your turn") == len(stubs)


@every
def test_a_check_says_not_attempted_in_the_learners_notebook(name: str) -> None:
    for cell in code_cells(stored(name)):
        if "check" in build.tags(cell):
            assert [printed(output)[:18] for output in cell.outputs] == ["Not attempted yet."], cell.id


@every
def test_a_notebook_names_no_machine_and_no_moment(name: str) -> None:
    text = (build.NOTEBOOKS / f"{name}.ipynb").read_text("utf-8")
    assert [place for place in THERE if place in text] == []
    assert not re.search(r"\bat 0x[0-9a-f]+", text), "a memory address"
    notebook = stored(name)
    assert notebook.metadata.keys() == build.KERNEL.keys()
    assert notebook.metadata.kernelspec == build.SPEC
    assert notebook.metadata.language_info.name == "python"
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)


@pytest.mark.slow
def test_building_twice_changes_nothing() -> None:
    again, before = build.run(build.learners(LESSONS[QUICK]), ROOT), stored(QUICK)
    for notebook in (again, before):  # fonts, browser and Python may be others here; `test_stills.py` has the pictures
        notebook.metadata = build.KERNEL
        for output in (output for cell in code_cells(notebook) for output in cell.outputs if "data" in output):
            output.data.pop("image/png", None)
            output.metadata = {}
    assert nbformat.writes(again) == nbformat.writes(before)


# ---- the builder


def test_a_stub_keeps_signature_docstring_and_neighbours() -> None:
    told = 'import math\n\n\ndef area(r: float) -> float:\n    """Of a circle."""\n    '
    source = f"{told}s = r * r\n    return math.pi * s\n\n\nprint(1)"
    assert build.stub(source) == f"{told}...  # your turn\n\n\nprint(1)"


def test_a_stub_without_a_docstring_is_only_the_turn() -> None:
    assert build.stub("def one():\n    x = 1\n    return x") == "def one():\n    ...  # your turn"


def test_a_stub_of_a_long_docstring_ends_behind_it() -> None:
    source = 'def f(\n    a,\n    b,\n):\n    """One.\n\n    Two.\n    """\n\n    # a comment that tells\n    return a'
    assert build.stub(source) == 'def f(\n    a,\n    b,\n):\n    """One.\n\n    Two.\n    """\n    ...  # your turn'


def test_every_function_of_a_cell_is_emptied_and_a_stub_stays_one() -> None:
    source = "def f():\n    return 1\n\n\ndef g():\n    def inner():\n        return 2\n\n    return inner"
    stub = build.stub(source)
    assert stub == "def f():\n    ...  # your turn\n\n\ndef g():\n    ...  # your turn"
    assert build.stub(stub) == stub


def test_a_solved_check_must_pass(tmp_path: Path) -> None:
    lesson = tmp_path / "09_example.py"
    lesson.write_text('# %% tags=["check"]\n1 - 1\n', "utf-8")
    (cell,) = build.solved(lesson).cells
    with pytest.raises(AssertionError):
        exec(cell.source, {})


def test_widgets_leave_their_text_and_streams_are_whole() -> None:
    view = nbformat.v4.new_output("display_data", {build.VIEW: {"model_id": "1"}, "text/plain": "Lab()"})
    assert build.clean(view).data == {"text/plain": "Lab()"}
    pieces = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in ("a", "b\n")]
    assert [output.text for output in build.joined(pieces)] == ["ab\n"]


# ---- what single lessons quote


def test_lesson_00_quotes_the_scores_of_record() -> None:
    record = (ROOT / "figures" / "fixture.txt").read_text("utf-8")
    defaults = record.split("Tuned:")[0]
    rows = {line.split()[0]: line for line in defaults.splitlines()[2:] if line}
    told = prose("00_start_here")
    for regime in ("frozen-random", "head-only", "full"):
        f1, low, high = re.findall(r"\d\.\d{3}", rows[regime])[2:5]
        assert f"| {f1} | [{low}, {high}] |" in told
    both = [re.findall(r"\d\.\d{3}", rows[regime])[2] for regime in ("head-only", "full")]
    revealed = next(c.source for c in code_cells(stored("00_start_here")) if "bet.reveal" in c.source)
    assert re.findall(r"(?:head-only|full) (0\.\d+)", revealed) == both


def test_what_pretraining_is_worth_is_quoted_from_the_record() -> None:
    rows = json.loads((ROOT / "headswap" / "explorers" / "worth.json").read_text("utf-8"))
    found = {(row["set"], row["labels"]): row for row in rows}
    told = " ".join(prose("03_head_swap").split())
    for labels in (10, 640):
        mean, low, high = found["fixture", labels]["ahead"]
        assert f"{mean:.2f} [{low:.2f}, {high:.2f}]" in told
    real = [found["sms", 10]["f1"][name][0] for name in ("head-only", "frozen-random")]
    assert "give {:.2f} on the pretrained body and {:.2f} on the random one".format(*real) in told
    assert "scores {:.2f} on it and {:.2f} on a random one".format(*real) in " ".join(prose("00_start_here").split())
    ahead = [row["f1"]["n-grams"][0] > row["f1"]["head-only"][0] for (_, labels), row in found.items() if labels >= 40]
    assert all(ahead), "from 40 labels on n-grams lead on both"


def beaten(row: dict[str, Any]) -> dict[str, list[float]]:
    """How far n-grams are ahead of a frozen body and of full fine-tuning: the mean and the ends of its interval."""
    gaps = {name: row["ahead"][f"{name} - n-grams"] for name in ("head-only", "full")}
    return {name: [-mean, -high, -low] for name, (mean, low, high) in gaps.items()}


def test_lesson_07_quotes_the_story() -> None:
    rows = json.loads((ROOT / "figures" / "story.json").read_text("utf-8"))
    usual = [row for row in rows if row["test"] == "own" and row["texts"] == 1920]
    found = {(row["set"], row["bytes"], row["labels"]): row for row in usual}
    told = prose("07_lab")
    names = ("n-grams", "frozen-random", "head-only", "scratch", "full")
    sets = {
        ("fixture", 32): ("words", [10, 640]),
        ("order", 96): ("order", [40, 640]),
        ("sms", 128): ("real SMS", [640]),
    }
    for (data, size), (said, numbers) in sets.items():
        for labels in numbers:
            means = " | ".join(f"{found[data, size, labels]['f1'][name][0]:.2f}" for name in names)
            assert f"| {said}, {labels} | {means} |" in told
    less, high, low = (-number for number in found["sms", 128, 640]["ahead"]["full - head-only"])
    assert f"beats `full` by {less:.3f} [{low:.3f}, {high:.3f}]" in " ".join(told.split())
    assert all(gap[1] > 0 for name, gap in beaten(found["sms", 128, 640]).items()), "n-grams beat both"
    order = found["order", 96, 640]
    low, high = order["ahead"]["head-only - frozen-random"][1:]
    assert low <= 0 <= high, "the lesson says that it could be luck"
    assert order["ahead"]["full - n-grams"][1] > 0, "and that a body which learns wins"
    revealed = next(c.source for c in code_cells(stored("07_lab")) if "last.reveal" in c.source)
    gain, low, high = order["ahead"]["full - n-grams"]
    assert f"{gain:.2f} more [{low:.2f}, {high:.2f}]" in revealed


def test_the_map_names_every_lesson_with_its_minutes() -> None:
    rows = re.findall(r"^\| (\d\d[a-z]?) \| ([^|]+) \| (\d+) \|", prose("00_start_here"), re.MULTILINE)
    assert [row[0] for row in rows] == [number(name) for name in LESSONS]
    for (_, title, minutes), lesson in zip(rows, LESSONS.values(), strict=True):
        first = build.read(lesson).cells[0].source
        assert title in first.splitlines()[0]
        stated = re.search(MINUTES, first)
        assert stated
        assert stated[1] == minutes


def test_lesson_05_quotes_the_scores_of_record() -> None:
    record = (ROOT / "figures" / "fixture.txt").read_text("utf-8")
    scores, _, paired = record.partition("minus head-only, paired")
    told = prose("05_freeze")
    for regime in ("scratch", "head-only", "full"):
        line = next(line for line in scores.splitlines() if line.startswith(f"{regime} "))
        f1, low, high = re.findall(r"\d\.\d{3}", line)[2:5]
        assert f"| {regime} | {f1} | [{low}, {high}] |" in told
    for regime in ("scratch", "full"):
        line = next(line for line in paired.splitlines() if line.startswith("balanced ") and f" {regime} " in line)
        found = re.search(r"[+-]\d\.\d{3} \[[^\]]+\]", line)
        assert found
        assert f"| {found[0]} |" in told
