"""How a shelf's folder is changed: by one process at a time, and with nothing left behind, even by one that was killed.

A change names in a journal what it may leave over, and removes of that what the index does not name: when it is done,
when it fails, and if it was killed, when the next one begins. No other file in the folder is ever touched.
"""

import contextlib
import errno
import json
import os
import time
from collections.abc import Callable, Collection, Iterator
from glob import escape
from pathlib import Path

from ..errors import CheckpointError, DataError
from ..files import write_atomically

try:
    import fcntl
except ImportError:  # Windows: there a change only looks whether the index is still the one that it has read
    fcntl = None

JOURNAL = "shelf.unfinished"
PATIENCE, LOOK = 30.0, 0.02  # seconds to wait for another process, and between two looks
Named = Callable[[], Collection[str]]  # what the index names at this moment


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Change a folder while no other process does; it is made if need be, and removed if nothing came of it.

    The lock hangs on the folder itself and ends with the process, however that ends: there is no stale one to break.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder} cannot be written ({error.strerror}); choose another place") from error
    with _locked(folder):
        try:
            yield
        except BaseException:
            if made:
                with contextlib.suppress(OSError):  # somebody has put something into it
                    folder.rmdir()
            raise


def change(folder: Path, index: str, content: bytes, over: Collection[str], write: Callable[[], object],
           named: Named) -> None:  # fmt: skip
    """Have files written, then the index; `over` are the names that it may leave over. Call it while alone."""
    _sweep(folder, index, named)
    try:
        _note(folder, over)
        write()
        write_atomically(folder / index, content)
    finally:
        _sweep(folder, index, named)


def _note(folder: Path, names: Collection[str]) -> None:
    path = folder / JOURNAL
    try:
        path.write_text(json.dumps(sorted(names)), "utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}); choose another place") from error


def _sweep(folder: Path, index: str, named: Named) -> None:
    """Remove what the journal names and the index doesn't, half-written files, and the journal."""
    noted = _noted(folder)
    if noted is None:
        return
    for name in noted - {*named()}:
        _remove(folder / name)
    for name in (*noted, index):
        for part in folder.glob(f".{escape(name)}.*.part"):
            _remove(part)
    _remove(folder / JOURNAL)


def _noted(folder: Path) -> set[str] | None:
    """Names of weights in this folder that the journal holds; none where it was cut off before anything was written."""
    try:
        names = json.loads((folder / JOURNAL).read_text("utf-8"))
        return {name for name in names if Path(name).name == name and name.endswith(".safetensors")}
    except OSError:
        return None
    except (ValueError, TypeError):
        return set()


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    if fcntl is None:
        yield
        return
    try:
        place = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise DataError(f"{folder} cannot be opened ({error.strerror}); choose another place") from error
    try:
        _wait(place, folder)
        yield
    finally:
        os.close(place)


def _wait(place: int, folder: Path) -> None:
    """Take the lock; CheckpointError where somebody else keeps it. Some network file systems have none: go on."""
    assert fcntl is not None
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                return None
        if time.monotonic() > end:
            raise CheckpointError(f"another process is changing {folder}; try again when it has finished")
        time.sleep(LOOK)
