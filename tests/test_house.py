"""The house rules: imports run one way, functions fit a screen, every public signature is typed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles

import headswap

PACKAGE = Path(headswap.__file__).parent
# Who may import whom: a module only from rows above its own.
LEVELS = (
    {"errors"},
    {"files", "layers", "tokenizer", "metrics"},
    {"pooling", "heads", "data", "download"},
    {"body", "fixture", "readers", "baselines"},
    {"classifier", "splits", "pretrain"},
    {"regimes", "prefix", "events"},
    {"train"},
    {"run"},
    {"checkpoint", "demo"},
    {"report"},
    {"figures"},
    {"cli"},
    {"__init__", "__main__"},
)
HEAVY = ("matplotlib", "ipywidgets", "anywidget", "transformers", "sklearn", "pandas")


# Above them all, one on the other; nothing below imports them.
ROOMS = ("lab", "explorers", "exercises")


def modules() -> dict[str, ast.Module]:
    """The library's flat files; the rooms on top are `rooms()`."""
    return {path.stem: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.glob("*.py"))}


def rooms() -> dict[str, ast.Module]:
    found = (path for room in ROOMS for path in sorted((PACKAGE / room).glob("*.py")))
    return {f"{path.parent.name}/{path.stem}": ast.parse(path.read_text("utf-8")) for path in found}


def imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            names |= {node.module} if node.module else {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("headswap."):
            names.add((node.module or "").removeprefix("headswap."))
    return names


def functions() -> list[tuple[str, ast.FunctionDef]]:
    found = []
    for name, tree in (modules() | rooms()).items():
        found += [(f"{name}.{n.name}", n) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    return found


def body_lines(node: ast.FunctionDef) -> int:
    """Lines of the body without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_imports_run_one_way() -> None:
    level = {name: i for i, names in enumerate(LEVELS) for name in names}
    trees = modules()
    assert set(trees) == set(level)
    back = [
        f"{name} imports {other}"
        for name, tree in trees.items()
        for other in imported(tree)
        if level[other] >= level[name]
    ]
    assert back == []


def test_importing_headswap_imports_nothing_heavy() -> None:
    code = f"import headswap, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_importing_headswap_draws_nothing_and_says_nothing() -> None:
    code = "import torch; s = torch.get_rng_state(); import headswap; print(torch.equal(s, torch.get_rng_state()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (found.stdout, found.stderr) == ("True\n", "")


def test_functions_fit_one_screen() -> None:
    lengths = [body_lines(node) for _, node in functions()]
    assert median(lengths) <= 10
    assert quantiles(lengths, n=10)[-1] <= 30


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
    assert [name for name, node in functions() if node.args.kwarg] == ["lab/lab.__init__", "explorers/widget.set"]


def test_each_room_imports_only_the_library_and_the_rooms_below_it() -> None:
    wrong = []
    for name, tree in rooms().items():
        own = ROOMS.index(name.split("/")[0])
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                room = (node.module or "").split(".")[0]
                wrong += [f"{name} imports {room}"] * (room in ROOMS and ROOMS.index(room) >= own)
    assert wrong == []


def test_no_import_runs_in_a_circle_inside_a_room() -> None:
    for room in ROOMS:
        trees = {name.split("/")[1]: tree for name, tree in rooms().items() if name.startswith(f"{room}/")}
        left = {name: imported(tree) & set(trees) for name, tree in trees.items()}
        while left:
            free = {name for name, others in left.items() if not others}
            assert free, f"{room}: {left}"
            left = {name: others - free for name, others in left.items() if name not in free}


def test_every_public_name_has_a_docstring_that_starts_with_a_sentence() -> None:
    silent = []
    for name, tree in (modules() | rooms()).items():
        public = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]
        silent += [
            f"{name}.{n.name}"
            for n in public
            if not (ast.get_docstring(n) or "").split("\n\n")[0].rstrip().endswith((".", ";", ")"))
        ]
        assert ast.get_docstring(tree), f"{name} has no docstring"
    assert silent == []


def test_the_library_is_small() -> None:
    """Lines that are neither blank, comment nor docstring."""
    total = 0
    for path in PACKAGE.glob("*.py"):
        tree, text = ast.parse(path.read_text("utf-8")), path.read_text("utf-8").splitlines()
        said: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                said |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
        total += sum(1 for i, line in enumerate(text, 1) if line.strip() and line.strip()[0] != "#" and i not in said)
    assert total < 2000


def test_everything_public_is_listed_and_there() -> None:
    assert sorted(headswap.__all__) == sorted(set(headswap.__all__))
    assert all(hasattr(headswap, name) for name in headswap.__all__)
