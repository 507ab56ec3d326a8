"""The controls of an explorer: each a plain dictionary with a name, a label, and where it starts."""

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import SettingError

Control = dict[str, Any]
Value = str | int | float | bool


def check(control: Control, value: Value) -> None:
    """A value that its control could not have is an error that says which ones it could."""
    expected = _CHECKS[control["kind"]](control, value)
    if expected:
        raise SettingError(f"{control['name']} is {value!r}; {expected}")


def _one_of(options: Sequence[Value], value: Value) -> str:
    return "" if value in options else f"choose one of {_listed(options)}"


def _no_number(control: Control, value: Value) -> str:
    low, high = control["low"], control["high"]
    whole = float(control["step"]).is_integer() and float(low).is_integer()
    number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if number and low <= value <= high:
        return ""
    return f"give a {'whole ' * whole}number from {low} to {high}"


KINDS = {str: "text", bool: "True or False", int: "whole number"}  # what a hidden control may hold


def _no_hidden(control: Control, value: Value) -> str:
    """A hidden value is of the kind that it began as, and one of its options where it has any."""
    kind = type(control["value"])
    if type(value) is not kind:
        return f"give {'' if kind is bool else 'a '}{KINDS[kind]}"
    options = control.get("options")
    return _one_of(options, value) if options else ""


_CHECKS: dict[str, Callable[[Control, Value], str]] = {
    "text": lambda _, value: "" if isinstance(value, str) else "give a text",
    "hidden": _no_hidden,
    "slider": _no_number,
    "stops": lambda control, value: _one_of(control["options"], value),
    "cards": lambda control, value: _one_of(control["options"], value),
    "choice": lambda control, value: _one_of(control["options"], value),
    "switch": lambda _, value: "" if isinstance(value, bool) else "give True or False",
}


def _listed(options: Sequence[Value]) -> str:
    return ", ".join(map(repr, options))


def text(name: str, label: str, value: str) -> Control:
    """A line to type into."""
    return {"kind": "text", "name": name, "label": label, "value": value}


def slider(
    name: str, label: str, value: float, low: float, high: float, step: float = 1, unit: str = "", *,
    within: bool = False,
) -> Control:  # fmt: skip
    """A number to slide; whole where `step` is whole. `within`: the block that it moves draws it."""
    return {"kind": "slider", "name": name, "label": label, "value": value, "low": low, "high": high, "step": step,
            "unit": unit, **({"within": True} if within else {})}  # fmt: skip


def stops(name: str, label: str, value: float, options: Sequence[float]) -> Control:
    """One of a few numbers, to slide over."""
    return {"kind": "stops", "name": name, "label": label, "value": value, "options": [*options]}


def choice(name: str, label: str, value: str, options: Sequence[str]) -> Control:
    """One of a few texts."""
    return {"kind": "choice", "name": name, "label": label, "value": value, "options": [*options]}


def cards(name: str, label: str, value: str, options: Sequence[str]) -> Control:
    """One of a few texts, as cards to bet on: the first option means none yet, and a bet once made is locked."""
    return choice(name, label, value, options) | {"kind": "cards"}


def switch(name: str, label: str, value: bool, *, within: bool = False) -> Control:
    """On or off. `within`: the block that it changes draws it."""
    return {"kind": "switch", "name": name, "label": label, "value": value, **({"within": True} if within else {})}


def hidden(name: str, value: str | bool | int = "", options: Sequence[str | bool | int] = ()) -> Control:
    """A value that a click in a block sets, such as the chosen cell of a matrix; one of `options` where there are any.

    What it begins as, a text, a whole number or True or False, it stays.
    """
    some = {"options": [*options]} if options else {}
    return {"kind": "hidden", "name": name, "label": "", "value": value, **some}
