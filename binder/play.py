"""`python binder/play.py`: do here what Binder would do, in an environment of its own, and say what it took.

Installs binder/requirements.txt, runs postBuild, starts JupyterLab through start on one core, waits until it answers,
runs the first lesson, and reports size, seconds and the most memory that all its processes held together. Linux only.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 2000  # MB, what Binder gives at most
LESSON = """
import sys, nbformat
from nbclient import NotebookClient
NotebookClient(nbformat.read(sys.argv[1], as_version=4), timeout=300).execute()
"""


def main() -> int:
    """Play the build and print the report; 1 when Binder's memory would not have been enough."""
    with tempfile.TemporaryDirectory() as name:
        source, environment = Path(name) / "source", variables(Path(name))
        report = {"install and postBuild (s)": seconds(build, source, environment)}
        report["environment (MB)"] = megabytes(Path(environment["VIRTUAL_ENV"]))
        with Memory() as memory:
            began = time.perf_counter()
            server, address = start(source, environment)
            answer(f"{address}/api/status", server)
            report["start until JupyterLab answers (s)"] = time.perf_counter() - began
            report["first lesson, every cell (s)"] = seconds(first_lesson, source, environment)
            server.terminate()
            server.wait(20)
        report["most memory held (MB)"] = memory.most
    for what, value in report.items():
        print(f"{what:36}{value:8.1f}")
    return int(memory.most > LIMIT)


def seconds(work, *inputs) -> float:
    """How long some work took."""
    began = time.perf_counter()
    work(*inputs)
    return time.perf_counter() - began


def variables(folder: Path) -> dict[str, str]:
    """The environment variables of a user who has nothing but a new virtual environment."""
    venv = folder / "venv"
    return os.environ | {
        "PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "VIRTUAL_ENV": str(venv), "HOME": str(folder),
        "HEADSWAP_CACHE": str(folder / "cache"), "JUPYTER_PREFER_ENV_PATH": "1",
        "PIP_RETRIES": "0",  # an index that cannot be reached from here is not asked five times for each package
    }  # fmt: skip


def build(source: Path, environment: dict[str, str]) -> None:
    """A copy of what git knows, its packages, and postBuild."""
    listed = subprocess.run(
        ["git", "ls-files", "-zco", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-m", "venv", environment["VIRTUAL_ENV"]], check=True)
    pip = ["python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", "binder/requirements.txt"]
    subprocess.run(pip, cwd=source, env=environment, check=True)
    subprocess.run(["binder/postBuild"], cwd=source, env=environment, check=True)


def start(source: Path, environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], str]:
    """JupyterLab through binder/start, on one core and a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab = ["jupyter", "lab", "--no-browser", "--allow-root", f"--ServerApp.port={port}", "--IdentityProvider.token="]
    command = ["taskset", "-c", "0", "binder/start", *lab]
    server = subprocess.Popen(command, cwd=source, env=environment, stderr=subprocess.DEVNULL)
    return server, f"http://127.0.0.1:{port}"


def answer(address: str, server: subprocess.Popen[bytes], most: float = 120) -> None:
    """Wait until the address answers."""
    end = time.monotonic() + most
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("JupyterLab did not answer")


def first_lesson(source: Path, environment: dict[str, str]) -> None:
    """Run every cell of lesson 00 in a kernel of the environment, on the same core."""
    (lesson,) = (source / "notebooks").glob("00_*.ipynb")
    command = ["taskset", "-c", "0", "binder/start", "python", "-c", LESSON, str(lesson)]
    subprocess.run(command, cwd=source, env=environment, check=True)


class Memory:
    """The most memory that this process' descendants hold together, in MB of their proportional share."""

    def __enter__(self) -> "Memory":
        self.most, self._done = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.2):
            self.most = max(self.most, sum(map(share, descendants(os.getpid()))))


def descendants(pid: int) -> list[int]:
    """Every process below this one."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int(entry.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue  # it has ended meanwhile
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found[1:]


def share(pid: int) -> float:
    """Megabytes that a process holds, shared pages divided among those who share them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000
    except OSError:
        return 0.0


def megabytes(folder: Path) -> float:
    """The size of all files below a folder."""
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and not f.is_symlink()) / 1e6


if __name__ == "__main__":
    sys.exit(main())
