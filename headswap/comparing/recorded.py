"""A comparison in a file: what a page shows of it comes first, so that it opens at once; the results follow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from .. import values
from ..errors import DataError, HeadswapError
from ..files import write_atomically
from ..live.runs import Settings
from ..training.spec import KINDS, Result
from .comparison import Comparison
from .plan import Plan
from .told import whole_told

FORM: Final = "headswap comparison 1"  # of the file; another form is another number
OWN = KINDS | {kind.__name__: kind for kind in (Plan, Settings)}


def save_comparison(found: Comparison, path: str | Path, rival: int = 0) -> Path:
    """Write a comparison to a file of one JSON line for the whole and one for each result, whole or not at all."""
    told = whole_told(found, rival, next(iter(found.tests), ""))
    head = {"form": FORM, "plan": values.as_plain(found.plan), "told": told}
    lines = [head, *(values.as_plain(result) for result in found.results.values())]
    text = "\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
    write_atomically(Path(path), text.encode())
    return Path(path)


def load_comparison(path: str | Path) -> Comparison:
    """A comparison from the file that `save_comparison` wrote; nothing is trained. DataError where the file is none."""
    try:
        head, _, rest = Path(path).read_text("utf-8").partition("\n")
        whole = json.loads(head)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from None
    except ValueError:
        raise DataError(f"{path} is not a recorded comparison; give a file that `Lab.record` wrote") from None
    if not isinstance(whole, dict) or whole.get("form") != FORM:
        raise DataError(f"{path} is not a comparison recorded by this version; record it again with `Lab.record`")
    return Comparison(_plan(whole, path), _told(whole, path), lambda: _results(rest, path))


def _plan(whole: dict[str, Any], path: str | Path) -> Plan:
    try:
        plan = values.from_plain(whole.get("plan"), OWN)
    except (HeadswapError, TypeError) as error:
        raise _unfit(path, error) from None
    if not isinstance(plan, Plan):
        raise _unfit(path, "it has no plan")
    return plan


def _told(whole: dict[str, Any], path: str | Path) -> dict[str, Any]:
    told = whole.get("told")
    if not isinstance(told, dict) or not {"plan", "runs", "cells", "rival", "test"} <= {*told}:
        raise _unfit(path, "it does not say what came out")
    return told


def _results(lines: str, path: str | Path) -> Iterator[Result]:
    for line in lines.splitlines():
        try:
            result = values.from_json(line, OWN)
        except HeadswapError as error:
            raise _unfit(path, error) from None
        if isinstance(result, Result):
            yield result


def _unfit(path: str | Path, why: object) -> DataError:
    return DataError(f"{path} does not fit this version ({why}); record it again with `Lab.record`")
