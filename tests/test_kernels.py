"""Forked kernels are kernels: they compute, they are interrupted, and nothing is left of them."""

from __future__ import annotations

import os
import signal
import time

import pytest
from jupyter_client.manager import start_new_kernel


@pytest.fixture
def forked(kernels: str, monkeypatch: pytest.MonkeyPatch):
    """A kernel's manager and client, and the number of the process that runs its code."""
    monkeypatch.setenv("JUPYTER_PATH", kernels)
    monkeypatch.setenv("HEADSWAP_MARK", "seen")
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client, int(said(client, "import os; print(os.getpid())"))
    client.stop_channels()
    if manager.has_kernel:
        manager.shutdown_kernel(now=True)


def said(client, code: str) -> str:
    heard: list[str] = []
    client.execute_interactive(
        code, timeout=30, output_hook=lambda message: heard.append(message["content"].get("text", ""))
    )
    return "".join(heard)


def gone(process: int) -> bool:
    """Whether a process ends within five seconds."""
    for _ in range(50):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_a_kernel_has_torch_before_it_asks_and_the_environment_of_its_own(forked) -> None:
    _, client, _ = forked
    assert said(client, "import os, sys; print('torch' in sys.modules, os.environ['HEADSWAP_MARK'])") == "True seen\n"
    assert said(client, "import importlib.util as u; print(u.find_spec('kernels'))") == "None\n", "not from here"


def test_a_kernel_is_interrupted(forked) -> None:
    manager, client, process = forked
    # An error makes a kernel drop what has been asked in the meantime, unless it was told not to.
    asked = client.execute("import time; time.sleep(60)", stop_on_error=False)
    time.sleep(0.5)
    manager.interrupt_kernel()
    assert client.get_shell_msg(timeout=10)["content"]["status"] == "error", asked
    assert said(client, "import os; print(os.getpid())") == f"{process}\n", "it goes on"


@pytest.mark.parametrize("now", [False, True], ids=["asked to leave", "killed"])
def test_nothing_is_left_of_a_kernel_that_was_shut_down(forked, now: bool) -> None:
    manager, client, process = forked
    child = int(said(client, "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"))
    manager.shutdown_kernel(now=now)
    assert gone(process)
    assert gone(child)


def test_a_kernel_that_dies_is_known_to_have_died(forked) -> None:
    manager, _, process = forked
    os.kill(process, signal.SIGKILL)
    assert gone(process)
    for _ in range(50):
        if not manager.is_alive():
            return
        time.sleep(0.1)
    pytest.fail("Jupyter still believes in it")
