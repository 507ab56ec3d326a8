"""Frozen dataclasses as JSON and back: so a run, a regime or an insert can be stored, hashed and sent elsewhere."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TypeAlias

from .errors import SettingError

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
KIND = "kind"  # the key under which a dataclass or an enumeration leaves its name


def as_plain(value: object) -> Plain:
    """A value as what JSON knows: a dataclass becomes its fields and the name of its kind, a tuple a list."""
    if isinstance(value, Enum):
        return {KIND: type(value).__name__, "value": value.value}
    if is_dataclass(value) and not isinstance(value, type):
        named = {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
        return {KIND: type(value).__name__, **named}
    if isinstance(value, tuple | list):
        return [as_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise SettingError(f"a {type(value).__name__} cannot be stored as JSON; use numbers, texts, tuples, dataclasses")


def from_plain(plain: Plain, kinds: Mapping[str, type]) -> object:
    """The value again; `kinds` names the classes that may come, and nothing else is made. Lists become tuples."""
    if isinstance(plain, list):
        return tuple(from_plain(item, kinds) for item in plain)
    if not isinstance(plain, dict):
        return plain
    made = {key: from_plain(item, kinds) for key, item in plain.items() if key != KIND}
    if KIND not in plain:
        return made
    kind = kinds.get(str(plain[KIND]))
    if kind is None:
        raise SettingError(f"the kind {plain[KIND]!r} is unknown here; choose one of {', '.join(sorted(kinds))}")
    try:
        return kind(**made)
    except TypeError as error:
        raise SettingError(f"a stored {plain[KIND]} does not fit this version ({error}); make it again") from None


def to_json(value: object) -> str:
    """The value as one line of JSON, its keys in order, so that equal values give equal text."""
    return json.dumps(as_plain(value), sort_keys=True, ensure_ascii=False)


def from_json(text: str, kinds: Mapping[str, type]) -> object:
    """The value of `to_json`; SettingError where the text is no JSON or holds an unknown kind."""
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise SettingError(f"this is not JSON ({error}); give what was stored") from None
    return from_plain(plain, kinds)
