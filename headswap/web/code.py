"""A value as the Python that makes it: what a learner built by hand can be copied, read and run."""

from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum

from ..regimes.stages import Regime

WIDE = 76  # characters of a line
FIRST = ("name", "summary")  # fields that need no name in front


def code_of(regime: Regime) -> str:
    """The regime as Python code over a few lines, which evaluates to an equal one.

    It takes the names that `headswap` exports. Fields at their defaults are left out.
    """
    return _code(regime, 0)


def _code(value: object, depth: int, before: int = 0) -> str:
    """The code of a value that begins `before` characters into its line, opened where it would be too long."""
    line, parts = _line(value), _parts(value)
    if not parts or 4 * depth + before + len(line) <= WIDE:
        return line
    inner, outer = " " * 4 * (depth + 1), " " * 4 * depth
    lines = [f"{inner}{part}\n" for part in _filled(parts, depth + 1)]
    return f"{_name(value)}(\n{''.join(lines)}{outer})"


def _filled(parts: list[tuple[str, object]], depth: int) -> list[str]:
    """The parts with their commas, each from a line of its own; pairs, such as rules, as many as a line holds."""
    lines: list[str] = []
    pairs = all(isinstance(part, tuple) and not label for label, part in parts)
    for label, part in parts:
        said = f"{label}{_code(part, depth, len(label) + 1)},"
        if pairs and lines and 4 * depth + len(lines[-1]) + 1 + len(said) <= WIDE:
            lines[-1] += f" {said}"
        else:
            lines.append(said)
    return lines


def _line(value: object) -> str:
    """The code of a value on one line."""
    if isinstance(value, str):
        return repr(value) if '"' in value else f'"{repr(value)[1:-1]}"'
    if not (isinstance(value, tuple) or _made(value)):
        return repr(value)
    parts = [f"{label}{_line(part)}" for label, part in _parts(value)]
    alone = "," if isinstance(value, tuple) and len(parts) == 1 else ""
    return f"{_name(value)}({', '.join(parts)}{alone})"


def _made(value: object) -> bool:
    return is_dataclass(value) and not isinstance(value, type | Enum)


def _name(value: object) -> str:
    return "" if isinstance(value, tuple) else type(value).__name__


def _parts(value: object) -> list[tuple[str, object]]:
    """What stands between the brackets: items of a tuple, or fields with their names; nothing of a plain value."""
    if isinstance(value, tuple):
        return [("", item) for item in value]
    if not _made(value):
        return []
    named = [(field, getattr(value, field.name)) for field in fields(value)]  # type: ignore[arg-type]
    return [
        ("" if field.name in FIRST and isinstance(value, Regime) else f"{field.name}=", part)
        for field, part in named
        if part != _default(field)
    ]


def _default(field: Field[object]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default
