"""Which exercises this learner has passed, in a small file of their own; it never leaves their machine.

Nothing here raises: a check goes on where no file can be read or written, and says so.
"""

import json
import os
from pathlib import Path

from platformdirs import user_data_path

from ..errors import DataError
from ..files import write_atomically

PLACE = "HEADSWAP_PROGRESS"  # names another file
DAMAGED = "The file with your progress was damaged, so a new one begins."
WAITING = "The file with your progress is damaged; the next exercise that you pass begins a new one."


def progress_file() -> Path:
    """Where passed exercises are kept: in the user's own data folder, or where HEADSWAP_PROGRESS says."""
    return Path(os.environ.get(PLACE) or user_data_path("headswap") / "progress.json")


def passed() -> tuple[frozenset[str], str]:
    """The names of the exercises passed so far, and a sentence where the file that knows them is of no use."""
    try:
        names = json.loads(progress_file().read_text("utf-8"))["passed"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return frozenset(), WAITING
    except (FileNotFoundError, NotADirectoryError):
        return frozenset(), ""
    except (ValueError, TypeError, KeyError, RecursionError):
        return frozenset(), WAITING
    except (OSError, RuntimeError) as error:
        return frozenset(), _no_use(error)
    return frozenset(names), ""


def record(name: str) -> str:
    """Keep that an exercise was passed; a sentence where that did not go as it should."""
    names, trouble = passed()
    if name in names or trouble not in ("", WAITING):
        return trouble
    try:
        told = json.dumps({"passed": sorted({*names, name})}, indent=1)
        write_atomically(progress_file(), f"{told}\n".encode())
    except (DataError, OSError, RuntimeError) as error:
        return _no_use(error.__cause__ or error)
    return DAMAGED if trouble else ""


def _no_use(error: BaseException) -> str:
    """What went wrong, without the place: a sentence in a notebook names no folder of anybody's."""
    why = getattr(error, "strerror", None) or type(error).__name__
    return f"Your progress cannot be kept here ({why}); {PLACE} can name another file."
