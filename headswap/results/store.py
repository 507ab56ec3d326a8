"""Finished runs on disk. A result is found again only if its spec, our source and the libraries are unchanged."""

import json
from pathlib import Path
from typing import cast

from .. import values
from ..errors import HeadswapError
from ..files import write_atomically
from ..training.spec import Result, run_key
from .baselines import KINDS, Spec


def keep(result: Result, folder: Path) -> Path:
    """Write a result under its spec's key, whole or not at all."""
    path = _path(result.spec, folder)
    write_atomically(path, json.dumps(values.as_plain(result), ensure_ascii=False).encode())
    return path


def find(spec: Spec, folder: Path) -> Result | None:
    """The stored result of this very spec, code, data and PyTorch; None where there is none, or it is damaged."""
    try:
        text = _path(spec, folder).read_text("utf-8")
        brought = (spec.data, getattr(spec, "body", None))  # a source or a body of somebody's own
        own = {type(part).__name__: type(part) for part in brought}
        found = values.from_json(text, KINDS | own)
    except (OSError, UnicodeDecodeError, HeadswapError):
        return None
    return cast(Result, found) if isinstance(found, Result) and found.spec == spec else None


def is_there(spec: Spec, folder: Path) -> bool:
    """Whether a result of this very spec was kept; it is not opened."""
    return _path(spec, folder).is_file()


def _path(spec: object, folder: Path) -> Path:
    return folder / f"{run_key(spec)}.json"
