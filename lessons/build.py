"""`python -m lessons.build`: make notebooks/*.ipynb from lessons/*.py and run them, so that the outputs are real.

A lesson holds its exercises solved, in cells tagged `solution`. The notebook gets the learner's stub instead.
Building twice changes nothing: cells are numbered, widgets leave only their text, and no run is dated.
"""

from __future__ import annotations

import argparse
import ast
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

from headswap.files import write_atomically

LESSONS = Path(__file__).parent
NOTEBOOKS = LESSONS.parent / "notebooks"
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
VIEW = "application/vnd.jupyter.widget-view+json"
TURN = "...  # your turn"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the notebooks named, or all."""
    parser = argparse.ArgumentParser(prog="lessons.build", description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of lesson names, such as 04; all by default")
    names = parser.parse_args(arguments).names
    NOTEBOOKS.mkdir(exist_ok=True)
    for path in lessons():
        if not names or path.stem.startswith(tuple(names)):
            print(path.stem, flush=True)
            write_atomically(NOTEBOOKS / f"{path.stem}.ipynb", nbformat.writes(run(learners(path))).encode() + b"\n")
    return 0


def lessons() -> list[Path]:
    """The sources of the lessons, in their order."""
    return sorted(LESSONS.glob("[0-9][0-9]_*.py"))


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


def run(notebook: nbformat.NotebookNode, folder: Path = NOTEBOOKS) -> nbformat.NotebookNode:
    """The notebook after every cell has run, in a kernel of its own, with what a reader can use of the outputs."""
    os.environ.setdefault("PYTHONHASHSEED", "0")
    NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(folder)}}, store_widget_state=False
    ).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = joined([clean(output) for output in cell.outputs])
    notebook.metadata = nbformat.from_dict(KERNEL)
    return notebook


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
