"""Files are written whole or not at all, and what can be made again is kept in one folder."""

import contextlib
import os
from pathlib import Path
from uuid import uuid4

from platformdirs import user_cache_path

from .errors import DataError


def cache_folder() -> Path:
    """Where pretrained bodies and finished runs are kept; HEADSWAP_CACHE names another place."""
    return Path(os.environ.get("HEADSWAP_CACHE") or user_cache_path("headswap"))


def check_writable(path: Path) -> None:
    """DataError now, not after an hour of training, where a file could not be written there."""
    if path.is_dir():
        raise DataError(f"{path} is a folder, expected a file to write to; add a name")
    folder = next(place for place in (path.parent, *path.parent.parents) if place.exists())
    probe = folder / f".headswap-{uuid4().hex[:8]}.part"
    try:
        probe.touch()
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}); choose another place") from error
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()


def check_folder(path: Path) -> None:
    """DataError where the folder that a file is to be written to isn't there: perhaps its name is mistyped."""
    if not path.parent.is_dir():
        raise DataError(f"{path} cannot be written, because there is no folder {path.parent}; make it first")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file to a temporary neighbour and rename it; DataError, and nothing left behind, when that fails."""
    # A name of this write's own: two threads of one process may write the same path.
    part = path.with_name(f".{path.name}.{os.getpid()}.{uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)  # one step: a reader finds the old file or the whole new one
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}); choose another place") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
