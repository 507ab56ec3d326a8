"""`python -m benchmarks.lessons`: what each lesson costs: minutes, processor seconds, and memory.

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
    rows = [("lesson", "words", "to read", "exercises", "with them", "processor", "from start to end", "memory")]
    total = {"cpu": 0.0, "wall": 0.0}
    for path in lessons():
        notebook, used = measured(learners(path))
        words, exercises = count(notebook)
        reading = words / PACE
        total = {name: total[name] + used[name] for name in total}
        rows.append((path.stem, f"{words:,}", f"{reading:.0f} min", str(exercises),
                     f"{reading + EXERCISE * exercises:.0f} min", f"{used['cpu']:.0f} s", f"{used['wall']:.0f} s",
                     f"{used['memory'] / 1e6:.0f} MB"))  # fmt: skip
    rows.append(("all", "", "", "", "", f"{total['cpu']:.0f} s", f"{total['wall']:.0f} s", ""))
    text = "\n".join(aligned(rows))
    print(text)
    write_atomically(FIGURES / "lessons.txt", f"{text}\n".encode())
    return 0


def measured(notebook: nbformat.NotebookNode) -> tuple[nbformat.NotebookNode, dict[str, float]]:
    """The notebook after its run; processor seconds and the most bytes of the kernel, seconds on the wall."""
    notebook.cells.append(nbformat.v4.new_code_cell(ASK))
    began = time.perf_counter()
    done = run(notebook)
    used = json.loads(done.cells.pop().outputs[-1].text) | {"wall": time.perf_counter() - began}
    return done, used


def count(notebook: nbformat.NotebookNode) -> tuple[int, int]:
    """Words that there are to read, in text, code and what cells print, the library's source included; exercises."""
    told = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output for cell in code for output in cell.outputs]
    printed = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs]
    words = sum(len(re.findall(r"[\w'.,-]*\w", text)) for text in (*told, *(cell.source for cell in code), *printed))
    return words, sum(len(re.findall(r"(?m)^## Build", text)) for text in told)


if __name__ == "__main__":
    sys.exit(main())
