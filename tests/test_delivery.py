"""The lab as it is handed over: in a kernel nobody watches, in notebooks that pytest compares."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from browser import write_notebook
from test_setup import run

from headswap.data.splits import fixture_split

pytestmark = pytest.mark.slow

WIDGET = "application/vnd.jupyter.widget"
CELLS = (
    "from headswap.lab import Lab\nlab = Lab(epochs=2, messages=64, max_len=16)\nlab",
    "lab.train(block=True)",
    "(run,) = lab.runs\nassert (run.outcome, len(run.epochs)) == ('done', 2)\nassert 0 <= run.metrics.f1 <= 1",
    "lab",
    "frame = lab.frame()\nassert frame['seconds'][0] > 0\nlist(frame)",
    "frame.drop(columns='seconds')",  # the only timing: all else must come out the same again
    "lab.figure()",
    "import ipykernel, sys\n(ipykernel.__version__, sys.prefix)",
)


@pytest.fixture(scope="module", autouse=True)
def _own_options() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_ADDOPTS", raising=False)
        yield


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook that holds the lab, run once without a browser; the outputs are stored in it."""
    path = tmp_path_factory.mktemp("notebook") / "lab.ipynb"
    write_notebook(path, *CELLS)
    run(sys.executable, "-c", "from nbclient.cli import main; main()", "--inplace", path, cwd=path.parent)
    return path


def output(notebook: Path, cell: str) -> dict[str, str]:
    """What a cell of the notebook showed, by MIME type."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    (shown,) = cells[CELLS.index(cell)]["outputs"]
    return {kind: "".join(data) if isinstance(data, list) else data for kind, data in shown["data"].items()}


def test_the_lab_runs_in_this_environments_kernel_without_a_browser(executed: Path) -> None:
    assert output(executed, CELLS[-1])["text/plain"] == repr((version("ipykernel"), sys.prefix))
    for cell in (CELLS[0], "lab"):
        shown = output(executed, cell)
        assert shown["text/plain"] == "Lab(epochs=2, messages=64, max_len=16)"
        assert f"{WIDGET}-view+json" in shown
    assert "base64,iVBORw0KGgo" in output(executed, "lab.figure()")["text/html"]


def test_a_saved_notebook_keeps_the_run_for_a_page_without_a_kernel(executed: Path) -> None:
    stored = json.loads(executed.read_text("utf-8"))["metadata"]["widgets"][f"{WIDGET}-state+json"]["state"]
    (state,) = (one["state"] for one in stored.values() if "kept" in one["state"])
    run = state["kept"]
    assert (run["id"], run["outcome"], len(run["epochs"])) == (1, "done", 2)
    assert len(run["truths"]) == len(run["epochs"][-1]["p"]) == 160
    assert fixture_split().validation[0].text not in json.dumps(state), "no message is kept"


def test_a_notebook_with_the_lab_passes_nbval_twice(executed: Path) -> None:
    for _ in range(2):
        said = run(sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", executed, cwd=executed.parent)
        assert f"{len(CELLS)} passed" in said
