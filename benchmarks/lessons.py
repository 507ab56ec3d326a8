"""`python -m benchmarks.lessons`: what each lesson costs: minutes to read, processor seconds, and memory.

Every notebook is run from top to bottom in a kernel of its own, which is asked at its end what it used.
"""

import json
import re
import sys
import time
from pathlib import Path

import nbformat

from headswap.files import write_atomically
from lessons.build import learners, lessons, run

from .report import aligned

FIGURES = Path(__file__).resolve().parents[1] / "figures"
PACE = 200  # words a minute
EXERCISE = 2.5  # minutes for each, a guess that teachers may correct
ASK = """import json, resource, sys
_used = resource.getrusage(resource.RUSAGE_SELF)
_most = _used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"cpu": _used.ru_utime + _used.ru_stime, "memory": _most}))"""


def main() -> int:
    """Measure every lesson, print the table, and keep it as figures/lessons.txt."""
    rows = [("lesson", "words", "exercises", "minutes", "processor", "from start to end", "memory")]
    total = {"cpu": 0.0, "wall": 0.0}
    for path in lessons():
        used = measured(learners(path))
        words, exercises = count(learners(path))
        minutes = f"{words / PACE + EXERCISE * exercises:.0f}"
        total = {name: total[name] + used[name] for name in total}
        rows.append((path.stem, str(words), str(exercises), minutes, f"{used['cpu']:.0f} s", f"{used['wall']:.0f} s",
                     f"{used['memory'] / 1e6:.0f} MB"))  # fmt: skip
    rows.append(("all", "", "", "", f"{total['cpu']:.0f} s", f"{total['wall']:.0f} s", ""))
    text = "\n".join(aligned(rows))
    print(text)
    write_atomically(FIGURES / "lessons.txt", f"{text}\n".encode())
    return 0


def measured(notebook: nbformat.NotebookNode) -> dict[str, float]:
    """Processor seconds and the most bytes of the kernel, and seconds on the wall with its start."""
    notebook.cells.append(nbformat.v4.new_code_cell(ASK))
    began = time.perf_counter()
    done = run(notebook)
    return json.loads(done.cells[-1].outputs[-1].text) | {"wall": time.perf_counter() - began}


def count(notebook: nbformat.NotebookNode) -> tuple[int, int]:
    """Words of the text, without tables' bars and marks, and exercises or missions."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return len(re.findall(r"[\w'.,-]*\w", text)), len(re.findall(r"(?m)^## Build", text))


if __name__ == "__main__":
    sys.exit(main())
