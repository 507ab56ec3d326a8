"""`python -m lessons.build`: make notebooks/*.ipynb from lessons/*.py and run them, so that the outputs are real.

A lesson holds its exercises solved, in cells tagged `solution`. The notebook gets the learner's stub instead.
Building twice changes nothing: cells are numbered, widgets leave a picture and their text, and no run is dated.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
import nbformat
from nbclient import NotebookClient

from headswap.exercises.kept import PLACE
from headswap.files import write_atomically
from tests.browser import CHROMIUM

from .stills import VIEW, State, put_stills, states

LESSONS = Path(__file__).parent
NOTEBOOKS = LESSONS.parent / "notebooks"
# As ipykernel names itself: JupyterLab calls a notebook changed as soon as its kernel says anything else.
SPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
KERNEL = {"kernelspec": SPEC, "language_info": {"name": "python"}}
MISSING = "lessons.build photographs the widgets and finds no Chromium: install chromium or google-chrome."
NAME = re.compile(r"\d\d[a-z]?_")  # 06_metrics, and 06b_how_sure after it
TURN = "...  # your turn"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the notebooks named, or all."""
    parser = argparse.ArgumentParser(prog="lessons.build", description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of lesson names, such as 04 or 06b; all by default")
    names = parser.parse_args(arguments).names
    if CHROMIUM is None:
        parser.exit(1, f"{MISSING}\n")
    NOTEBOOKS.mkdir(exist_ok=True)
    for path in lessons():
        if not names or path.stem.startswith(tuple(names)):
            print(path.stem, flush=True)
            write_atomically(NOTEBOOKS / f"{path.stem}.ipynb", built(path))
    return 0


def built(lesson: Path, folder: Path = NOTEBOOKS) -> bytes:
    """The file of a lesson's notebook: run, and with a picture of each widget."""
    return nbformat.writes(run(learners(lesson), folder, stills=True)).encode() + b"\n"


def lessons() -> list[Path]:
    """The sources of the lessons, in their order."""
    return sorted(path for path in LESSONS.glob("*.py") if NAME.match(path.stem))


def learners(lesson: Path) -> nbformat.NotebookNode:
    """The notebook that a learner opens: every exercise a stub, nothing run yet."""
    notebook = read(lesson)
    for cell in notebook.cells:
        if "solution" in tags(cell):
            cell.source = stub(cell.source)
    return notebook


def solved(lesson: Path) -> nbformat.NotebookNode:
    """The notebook with every exercise solved, and every check bound to pass."""
    notebook = read(lesson)
    for cell in notebook.cells:
        if "check" in tags(cell):
            cell.source = f"verdict = {cell.source.strip()}\nassert verdict, verdict"
    return notebook


def read(lesson: Path) -> nbformat.NotebookNode:
    """A lesson as a notebook with clean metadata and numbered cells."""
    notebook = jupytext.read(lesson)
    notebook.metadata = nbformat.from_dict(KERNEL)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        kept = tags(cell)
        cell.id = f"{lesson.stem.replace('_', '-')}-{number:02}"
        cell.metadata = nbformat.from_dict({"tags": kept} if kept else {})
    return notebook


def tags(cell: nbformat.NotebookNode) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def stub(source: str) -> str:
    """The source with the body of each function replaced by the learner's turn; signature and docstring stay."""
    lines = source.splitlines()
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.FunctionDef):
            told = ast.get_docstring(node) is not None
            first = node.body[1] if told and len(node.body) > 1 else node.body[0]
            indent = " " * first.col_offset
            start = (node.body[0].end_lineno or 0) if told else first.lineno - 1
            lines[start : node.end_lineno] = [indent + TURN]
    return "\n".join(lines)


def run(notebook: nbformat.NotebookNode, folder: Path = NOTEBOOKS, *, stills: bool = False) -> nbformat.NotebookNode:
    """The notebook after every cell has run, in a kernel of its own, with what a reader can use of the outputs.

    With `stills` that includes a picture of each widget, which takes Chromium.
    """
    os.environ.setdefault("PYTHONHASHSEED", "0")
    widgets = execute(notebook, folder)
    if stills:
        put_stills(notebook, widgets)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = joined([clean(output) for output in cell.outputs])
    notebook.metadata = nbformat.from_dict(KERNEL | {"language_info": notebook.metadata.language_info})
    return notebook


def execute(notebook: nbformat.NotebookNode, folder: Path) -> dict[str, State]:
    """Run every cell, as a learner who has passed nothing yet; the widgets as they are at the end."""
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=300, resources=where, store_widget_state=False)
    with TemporaryDirectory() as new, client.setup_kernel(env=os.environ | {PLACE: str(Path(new) / "progress.json")}):
        client.execute(cleanup_kc=False)  # or the kernel would be gone before it is asked
        return states(client)


def clean(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An output without the view of a widget that is gone: its text stays."""
    output.get("data", {}).pop(VIEW, None)
    return output


def joined(outputs: Sequence[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Outputs with a stream's pieces put together: how they were cut depends on the moment."""
    kept: list[nbformat.NotebookNode] = []
    for output in outputs:
        last = kept[-1] if kept else None
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            kept.append(output)
    return kept


if __name__ == "__main__":
    sys.exit(main())
