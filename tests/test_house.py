"""The house rules: imports run one way, functions fit a screen, every public signature is typed."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from statistics import median, quantiles

import pytest

import headswap

PACKAGE = Path(headswap.__file__).parent
# Who may import whom: a file or a room only from the rows above its own. The listing is the table of contents.
FLOORS = (
    {"errors", "starting"},
    {"files", "values"},
    {"data"},
    {"metrics"},
    {"calibration"},
    {"model"},
    {"regimes"},
    {"training"},
    {"weights"},
    {"results"},
    {"shelf", "images"},
    {"web", "cli", "gallery"},
    {"__init__", "__main__"},
    {"live"},
    {"comparing"},
    {"lab"},
    {"explorers"},
    {"exercises"},
)
HEAVY = ("matplotlib", "ipywidgets", "anywidget", "transformers", "sklearn", "pandas")


def modules(package: Path = PACKAGE) -> dict[str, ast.Module]:
    """Every file of the package, by its path without the ending, in every folder: `training/loop`."""
    paths = (p for p in sorted(package.rglob("*.py")) if "__pycache__" not in p.parts)
    return {path.relative_to(package).with_suffix("").as_posix(): parsed(path.read_text("utf-8")) for path in paths}


@cache
def parsed(source: str) -> ast.Module:
    """The tree of a file; most tests ask for the same ones, and none writes to them."""
    return ast.parse(source)


@cache
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Everything in a tree, in no order that matters."""
    return tuple(ast.walk(tree))


def imported(name: str, tree: ast.Module, known: set[str]) -> set[str]:
    """The files of the package that a file imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            found |= {file for alias in node.names for file in _files(alias.name.split("."), (), known)}
        if isinstance(node, ast.ImportFrom):
            here = ["headswap", *name.split("/")[:-1]]
            start = here[: len(here) - node.level + 1] if node.level else []
            found |= _files(
                [*start, *filter(None, (node.module or "").split("."))], [a.name for a in node.names], known
            )
    return found


def _files(dotted: list[str], names: Iterable[str], known: set[str]) -> set[str]:
    """The file that a dotted module is, and those of the imported names that are files themselves."""
    if not dotted or dotted[0] != "headswap":
        return set()
    inner = [p for p in (["/".join([*dotted[1:], n]) for n in names]) if p in known or f"{p}/__init__" in known]
    own = "/".join(dotted[1:])
    wanted = inner or ([own] if own else ["__init__"])
    return {p if p in known else f"{p}/__init__" for p in wanted}


def back_arrows(trees: dict[str, ast.Module]) -> list[str]:
    """Imports from a room to its own floor or one above it; and what stands on no floor."""
    level = {room: i for i, row in enumerate(FLOORS) for room in row}
    known, found = set(trees), []
    for name, tree in trees.items():
        room = name.split("/")[0]
        if room not in level:
            found.append(f"{name} stands on no floor")
            continue
        for other in imported(name, tree, known):
            there = other.split("/")[0]
            if there != room and level.get(there, 99) >= level[room]:
                found.append(f"{name} imports {other}")
    return sorted(found)


def circles(trees: dict[str, ast.Module]) -> list[str]:
    """The files that import each other in a circle."""
    left = {name: imported(name, tree, set(trees)) - {name} for name, tree in trees.items()}
    while free := {name for name, others in left.items() if not others & set(left)}:
        left = {name: others for name, others in left.items() if name not in free}
    return sorted(left)


def functions() -> list[tuple[str, ast.FunctionDef]]:
    found = []
    for name, tree in modules().items():
        found += [(f"{name}.{n.name}", n) for n in nodes(tree) if isinstance(n, ast.FunctionDef)]
    return found


def body_lines(node: ast.FunctionDef) -> int:
    """Lines of the body without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_imports_run_one_way_in_every_folder() -> None:
    assert back_arrows(modules()) == []


def test_no_file_imports_itself_in_a_circle() -> None:
    assert circles(modules()) == []


@pytest.mark.parametrize(
    "file, line, complaint",
    [
        ("data/splits.py", "from ..training.recipe import Recipe", "data/splits imports training/recipe"),
        ("model/deep/insert.py", "from ...lab import Lab", "model/deep/insert imports lab/__init__"),
        (
            "metrics/counts.py",
            "def f():\n    from headswap.results.report import table",
            "metrics/counts imports results/report",
        ),
        ("attic/new.py", "", "attic/new stands on no floor"),
    ],
)
def test_an_arrow_that_runs_back_is_found_in_a_folder(tmp_path: Path, file: str, line: str, complaint: str) -> None:
    house = shutil.copytree(PACKAGE, tmp_path / "headswap", ignore=shutil.ignore_patterns("__pycache__"))
    (house / file).parent.mkdir(exist_ok=True)
    with (house / file).open("a") as target:
        target.write(f"\n{line}\n")
    assert back_arrows(modules(house)) == [complaint]


def test_a_circle_is_found_in_a_folder(tmp_path: Path) -> None:
    house = shutil.copytree(PACKAGE, tmp_path / "headswap", ignore=shutil.ignore_patterns("__pycache__"))
    with (house / "model" / "layers.py").open("a") as target:
        target.write("\nfrom .body import LMBody\n")
    assert {"model/layers", "model/body"} <= set(circles(modules(house)))


IMPORTS = f"""
import json, sys, torch
found, state = [], torch.get_rng_state()
import headswap
found += [torch.equal(state, torch.get_rng_state()), [name for name in {HEAVY!r} if name in sys.modules]]
import headswap.exercises, headswap.lab
print(json.dumps([*found, [name for name in {HEAVY!r} if name in sys.modules]]))
"""


@pytest.fixture(scope="module")
def imports() -> subprocess.CompletedProcess[str]:
    """A new process that imports headswap, then the lab and the exercises, and says what came along."""
    return subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True)


def test_importing_headswap_imports_nothing_heavy(imports: subprocess.CompletedProcess[str]) -> None:
    _, heavy, _ = json.loads(imports.stdout)
    assert heavy == []


def test_importing_the_lab_and_the_exercises_imports_nothing_that_may_never_be_needed(
    imports: subprocess.CompletedProcess[str],
) -> None:
    """Pictures and tables bring their libraries when the first one is asked for; a kernel starts sooner."""
    *_, heavy = json.loads(imports.stdout)
    assert set(heavy) <= {"ipywidgets", "anywidget"}


def test_importing_headswap_draws_nothing_and_says_nothing(imports: subprocess.CompletedProcess[str]) -> None:
    same, *_ = json.loads(imports.stdout)
    assert same and imports.stdout.count("\n") == 1 and imports.stderr == ""


def test_functions_fit_one_screen() -> None:
    lengths = [body_lines(node) for _, node in functions()]
    assert median(lengths) <= 10
    assert quantiles(lengths, n=10)[-1] <= 25


def test_every_signature_is_typed() -> None:
    untyped = []
    for name, node in functions():
        arguments = [
            a for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs) if a.arg not in ("self", "cls")
        ]
        if node.returns is None or any(a.annotation is None for a in arguments):
            untyped.append(name)
    assert untyped == []


def test_no_function_passes_keyword_arguments_along() -> None:
    """Two take names of their own that they check: the settings of a Lab, the controls of an Explorer."""
    assert [name for name, node in functions() if node.args.kwarg] == ["explorers/widget.set", "lab/lab.__init__"]


def test_every_public_name_has_a_docstring_that_starts_with_a_sentence() -> None:
    silent = []
    for name, tree in modules().items():
        public = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]
        silent += [
            f"{name}.{n.name}"
            for n in public
            if not (ast.get_docstring(n) or "").split("\n\n")[0].rstrip().endswith((".", ";", ")"))
        ]
        assert ast.get_docstring(tree), f"{name} has no docstring"
    assert silent == []


def code_lines(path: Path) -> int:
    """Lines that are neither blank, comment nor docstring."""
    text = path.read_text("utf-8")
    said: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            said |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(1 for i, line in lines if line.strip() and line.strip()[0] != "#" and i not in said)


def test_every_room_is_small() -> None:
    """A folder of the library that passes 1,000 lines of code holds two ideas; lessons' rooms grow with the lessons."""
    rooms = Counter[str]()
    for name in (name for name in modules() if not name.startswith(("explorers/", "exercises/"))):
        rooms[name.rpartition("/")[0] or name] += code_lines(PACKAGE / f"{name}.py")
    assert {room: lines for room, lines in rooms.items() if lines > 1000} == {}


def test_no_file_is_longer_than_400_lines() -> None:
    long = {name: len((PACKAGE / f"{name}.py").read_text("utf-8").splitlines()) for name in modules()}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_everything_public_is_listed_and_there() -> None:
    assert sorted(headswap.__all__) == sorted(set(headswap.__all__))
    assert all(hasattr(headswap, name) for name in headswap.__all__)
