"""An exercise is a value: a reference, small probes, and the wrong answers that have a name.

A learner's function is asked every probe. Where its answers differ from the reference's they are compared with those
of each trap, a wrong answer on purpose: the trap that answers the same has found the misconception.
"""

from __future__ import annotations

import dis
import html
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from types import FunctionType
from typing import Any

import numpy as np
import torch

from ..errors import SettingError
from ..explorers.reading import Source, read

HIDE = "HEADSWAP_HIDE_SOLUTIONS"  # a teacher sets it to 1
# What a function that does nothing consists of, in the bytecodes of Python 3.11 to 3.14.
IDLE = {"RESUME", "NOP", "POP_TOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Probe:
    """One question: `ask` calls a function on fresh inputs and returns what can be compared; `says` shows the call."""

    says: str
    ask: Callable[[Function], Any]


@dataclass(frozen=True, slots=True)
class Trap:
    """A wrong answer that has exactly one misconception, and the sentence that names it."""

    wrong: Function
    sentence: str


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception as an answer; two of one kind are the same answer."""

    kind: str
    says: str

    def __repr__(self) -> str:
        return f"{self.kind}: {self.says}" if self.says else self.kind


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: passed, not attempted, or wrong, and one sentence about it."""

    state: str
    sentence: str

    def __bool__(self) -> bool:
        return self.state == "passed"

    def __repr__(self) -> str:
        return f"{WORDS[self.state][0]} {self.sentence}"

    def _repr_html_(self) -> str:
        word, colour = WORDS[self.state]
        style = f"border-left: 4px solid {colour}; padding: 4px 10px; margin: 2px 0"
        return f'<div role="status" style="{style}"><strong>{word}</strong> {html.escape(self.sentence)}</div>'


WORDS = {
    "passed": ("Passed.", "var(--jp-success-color1, #388e3c)"),
    "not attempted": ("Not attempted yet.", "var(--jp-border-color1, #9e9e9e)"),
    "wrong": ("Not yet.", "var(--jp-warn-color1, #f57c00)"),
}


class Hint(str):
    """A sentence that a notebook shows without quotation marks."""

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class Exercise:
    """A function to write, with its check, its hints and its solution."""

    reference: Function
    probes: tuple[Probe, ...]
    traps: tuple[Trap, ...]
    hints: tuple[str, ...]
    praise: str

    @property
    def name(self) -> str:
        """The name of the function that is asked for."""
        return self.reference.__name__

    def check(self, answer: Function) -> Verdict:
        """Say of a learner's function whether it is right, not attempted, or wrong and why; never raises."""
        if not callable(answer):
            return Verdict("wrong", f"{self.name} is {type(answer).__name__}; define it as a function.")
        if is_stub(answer):
            return Verdict("not attempted", f"Write {self.name} and run this cell again.")
        given, right = self._answers(answer), self._answers(self.reference)
        if all(isinstance(a, Raised) and a.kind == "NotImplementedError" for a in given):
            return Verdict("not attempted", f"Write {self.name} and run this cell again.")
        if all(map(same, given, right)):
            return Verdict("passed", self.praise)
        for trap in self.traps:
            if all(map(same, given, self._answers(trap.wrong))):
                return Verdict("wrong", trap.sentence)
        return Verdict("wrong", self._difference(given, right))

    def hint(self, number: int = 1) -> Hint:
        """One of the hints, from a nudge to nearly the answer."""
        if not 1 <= number <= len(self.hints):
            raise SettingError(f"hint {number} does not exist; {self.name} has hints 1 to {len(self.hints)}")
        return Hint(f"{self.hints[number - 1]} (hint {number} of {len(self.hints)})")

    def solution(self) -> Source | Hint:
        """The reference's own source, unless the teacher has hidden it."""
        if os.environ.get(HIDE):
            return Hint("The solutions are hidden in this class; ask your teacher, or take the next hint.")
        return read(self.reference)

    def _answers(self, function: Function) -> list[object]:
        return [answer_of(probe, function) for probe in self.probes]

    def _difference(self, given: Sequence[object], right: Sequence[object]) -> str:
        probe, came, expected = next(
            (probe, a, b) for probe, a, b in zip(self.probes, given, right, strict=True) if not same(a, b)
        )
        verb = "raised" if isinstance(came, Raised) else "gave"
        return f"{probe.says} {verb} {shown(came)}; expected {shown(expected)}."


def answer_of(probe: Probe, function: Function) -> object:
    """What the function answers to the probe; an exception is an answer too."""
    try:
        return probe.ask(function)
    except Exception as error:  # the learner's mistake is what we are here for
        return Raised(type(error).__name__, str(error))


def is_stub(function: Function) -> bool:
    """Whether a function does nothing yet: only `...`, `pass` or `return None`."""
    if not isinstance(function, FunctionType):
        return False
    steps = list(dis.get_instructions(function))
    constants = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return all(step.opname in IDLE for step in steps) and all(c is None or c is ... for c in constants)


def same(a: object, b: object) -> bool:
    """Whether two answers are equal: numbers to five digits, tensors by shape and value, the rest exactly."""
    if isinstance(a, Raised) or isinstance(b, Raised):
        return isinstance(a, Raised) and isinstance(b, Raised) and a.kind == b.kind
    a, b = plain(a), plain(b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, int | float) and isinstance(b, int | float):
        return a == b or isclose(a, b, rel_tol=1e-5, abs_tol=1e-6) or (a != a and b != b)
    return type(a) is type(b) and a == b


def plain(value: object) -> object:
    """Tensors, arrays and tuples as nested lists."""
    if isinstance(value, torch.Tensor):
        return value.detach().tolist()
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value


def shown(value: object, most: int = 160) -> str:
    """An answer, short enough for a sentence."""
    value = rounded(plain(value))
    text = repr(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def rounded(value: object) -> object:
    """Numbers to four digits, wherever they stand."""
    if isinstance(value, list):
        return [rounded(plain(v)) for v in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value
