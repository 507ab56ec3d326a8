"""Files are written whole or not at all."""

import contextlib
import os
from pathlib import Path

from .errors import DataError


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file to a temporary neighbour and rename it; DataError, and nothing left behind, when that fails."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)  # one step: a reader finds the old file or the whole new one
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}); choose another place") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
