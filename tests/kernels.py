"""Kernels for tests, forked from one process that has imported PyTorch: a fresh one takes three seconds to import it.

`python kernels.py SOCKET -f CONNECTION_FILE` is what Jupyter starts and signals in the kernel's place.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


@contextmanager
def forked_kernels(folder: str) -> Iterator[str]:
    """What JUPYTER_PATH must be, so that `python3` means a kernel forked here; such kernels end with this context."""
    import subprocess
    from pathlib import Path

    address = str(Path(folder) / "kernels.socket")
    told = Path(folder) / "kernels" / "python3" / "kernel.json"
    told.parent.mkdir(parents=True)
    command = [sys.executable, "-ISs", __file__, address, "-f", "{connection_file}"]
    told.write_text(json.dumps({"argv": command, "display_name": "Python 3 (ipykernel)", "language": "python"}))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}  # as `lessons.build` has it
    parent = subprocess.Popen([sys.executable, __file__, address], env=environment, stdin=subprocess.DEVNULL)
    try:
        yield folder
    finally:
        parent.kill()
        parent.wait()


def _parent(address: str) -> None:
    """Fork a kernel for each connection."""
    import ipykernel.kernelapp
    import ipywidgets  # noqa: F401
    import torch  # noqa: F401

    import headswap.lab  # noqa: F401

    sys.path.pop(0)  # a kernel does not look for modules beside this file
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        while True:
            link, _ = door.accept()
            if os.fork() == 0:
                door.close()
                ipykernel.kernelapp.launch_new_instance(_become_kernel(link))
                os._exit(0)
            link.close()


def _become_kernel(link: socket.socket) -> list[str]:
    """Take over the place, the environment and the output of the process that asked; the kernel's arguments."""
    import threading

    asked, outputs, _, _ = socket.recv_fds(link, 1 << 20, 2)
    while not asked.endswith(b"\n"):
        asked += link.recv(1 << 20)
    arguments, place, environment = json.loads(asked)
    os.setsid()
    for here, there in zip(outputs, (1, 2), strict=True):
        os.dup2(here, there)
    os.chdir(place)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=[link], daemon=True).start()
    link.sendall(str(os.getpid()).encode())
    sys.argv = ["ipykernel_launcher", *arguments]
    return [*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"]


def _end_with(link: socket.socket) -> None:
    """When the process that asked has been killed, so is the kernel, with all that it has started."""
    link.recv(1)
    os.killpg(0, signal.SIGKILL)


def _stand_in(address: str, arguments: Sequence[str]) -> None:
    """Ask for a kernel, hand on signals, end with it."""
    from time import sleep

    link = socket.socket(socket.AF_UNIX)
    for _ in range(600):
        with suppress(OSError):
            link.connect(address)
            break
        sleep(0.1)
    asked = json.dumps([arguments, os.getcwd(), dict(os.environ)]) + "\n"
    sent = socket.send_fds(link, [asked.encode()], [1, 2])
    link.sendall(asked.encode()[sent:])
    kernel = int(link.recv(100))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(kernel, number))
    link.recv(1)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        _parent(sys.argv[1])
    else:
        _stand_in(sys.argv[1], sys.argv[2:])
