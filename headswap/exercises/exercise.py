"""An exercise is a value: a reference, small probes, and the wrong answers that have a name.

A learner's function is asked every probe. Where its answers differ from the reference's they are compared with those
of each trap, a wrong answer on purpose: the trap that answers the same has found the misconception.
"""

from __future__ import annotations

import dis
import html
import inspect
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FunctionType

import torch

from ..errors import SettingError
from ..explorers.reading import Source, read
from . import kept
from .answers import Function, Probe, Raised, TooLong, answer_of, kind, same, shown, within

HIDE = "HEADSWAP_HIDE_SOLUTIONS"  # a teacher sets it to 1
SECONDS = 10.0  # of the processor; then a learner's function is stopped. A right one takes some hundredths
MANY = " Comparing tensors answers for every element, and `if` wants a single answer: go row by row, or use argmax."
# What a function that does nothing consists of, in the bytecodes of Python 3.11 to 3.14.
IDLE = {"RESUME", "NOP", "POP_TOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}


@dataclass(frozen=True, slots=True)
class Trap:
    """A wrong answer that has exactly one misconception, and the sentence that names it."""

    wrong: Function
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: passed, not attempted, or wrong, one sentence about it, and perhaps a note."""

    state: str
    sentence: str
    note: str = ""

    def __bool__(self) -> bool:
        return self.state == "passed"

    def __repr__(self) -> str:
        return " ".join(filter(None, (WORDS[self.state][0], self.sentence, self.note)))

    def _repr_html_(self) -> str:
        word, colour = WORDS[self.state]
        style = f"border-left: 4px solid {colour}; padding: 4px 10px; margin: 2px 0"
        said = html.escape(" ".join(filter(None, (self.sentence, self.note))))
        return f'<div role="status" style="{style}"><strong>{word}</strong> {said}</div>'


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
        """Say of a learner's function whether it is right, not attempted, or wrong and why; never raises.

        That it passed is kept in a file of the learner's own (`kept.py`).
        """
        if not callable(answer):
            return Verdict("wrong", f"{self.name} is {kind(answer)}; define it as a function.")
        (right, expected), (given, returned) = self._asked(self.reference), self._asked(answer)
        if len(given) < len(right):
            late = self.probes[len(given)].says
            return Verdict("wrong", f"{late} was stopped after {SECONDS:g} seconds: look for a loop without an end.")
        if is_stub(answer) or all(isinstance(a, Raised) and a.kind == "NotImplementedError" for a in given):
            return Verdict("not attempted", f"Write {self.name} and run this cell again.")
        if all(map(same, given, right)):
            return Verdict("passed", self.praise, kept.record(self.name))
        if returned and not any(r is not None for r in returned) and any(e is not None for e in expected):
            return Verdict("wrong", f"{self.name} returns None: end it with return, and what it has worked out.")
        said = self._misfit(answer) or self._named(given) or self._difference(given, right)
        return Verdict("wrong", said)

    def yours(self, answer: Function) -> Function:
        """The learner's function, safe to use in a lesson: an error is a value, and so is a call that was stopped.

        While it is a stub it answers None, as stubs do. What it is given are copies.
        """

        def used(*given: object) -> object:
            copies = [one.clone() if isinstance(one, torch.Tensor) else one for one in given]
            probe = Probe(self.name, lambda function: function(*copies))
            try:
                return within(SECONDS, lambda: answer_of(probe, answer))
            except TooLong:
                return Raised("TooLong", f"stopped after {SECONDS:g} seconds")

        return used

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

    def _asked(self, function: Function) -> tuple[list[object], list[object]]:
        """What a function answers to the probes, as far as it gets in its time, and what it returned itself."""
        answers, returned = [], []

        def heard(*given: object) -> object:
            returned.append(function(*given))
            return returned[-1]

        with suppress(TooLong):
            within(SECONDS, lambda: answers.extend(answer_of(probe, heard) for probe in self.probes))
        return answers, returned

    def _misfit(self, function: Function) -> str:
        """A sentence where the function can't be called with the arguments that it is given, or none."""
        names = list(inspect.signature(self.reference).parameters)
        with suppress(ValueError, TypeError):  # what is built in may not say what it takes
            takes = inspect.signature(function)
            try:
                takes.bind(*names)
            except TypeError:
                return f"{self.name}{takes} doesn't fit: it's called as {self.name}({', '.join(names)})."
        return ""

    def _named(self, given: Sequence[object]) -> str:
        """The sentence of the trap that answers the same, or none."""
        for trap in self.traps:
            answers = (answer_of(probe, trap.wrong) for probe in self.probes)
            if all(map(same, given, answers)):
                return trap.sentence
        return ""

    def _difference(self, given: Sequence[object], right: Sequence[object]) -> str:
        probe, came, expected = next(
            (probe, a, b) for probe, a, b in zip(self.probes, given, right, strict=True) if not same(a, b)
        )
        verb = "raised" if isinstance(came, Raised) else "gave"
        if isinstance(came, dict) and isinstance(expected, dict) and came.keys() == expected.keys():
            key = next(key for key in came if not same(came[key], expected[key]))
            return f"{probe.says}: {key} is {shown(came[key])}; expected {shown(expected[key])}."
        many = MANY if isinstance(came, Raised) and "Boolean value of Tensor" in came.says else ""
        wanted = shown(expected)
        if isinstance(expected, dict) and wanted.endswith("…"):  # too much to read: its first part
            wanted = next(f"{key} {shown(value)}" for key, value in expected.items())
        return f"{probe.says} {verb} {shown(came)}; expected {wanted}.{many}"


def is_stub(function: Function) -> bool:
    """Whether a function does nothing yet: only `...`, `pass` or `return None`."""
    if not isinstance(function, FunctionType):
        return False
    steps = list(dis.get_instructions(function))
    constants = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return all(step.opname in IDLE for step in steps) and all(c is None or c is ... for c in constants)
