"""The exercises in the order of the lessons, and which of them this learner has passed."""

import html
from dataclasses import dataclass

from . import kept
from .attending import ATTEND
from .bodies import CAUSAL_MASK, PERPLEXITY
from .exercise import Exercise
from .freezing import FREEZE, GROUPS
from .measuring import CHOOSE_THRESHOLD, SCORES, VERDICTS
from .pooling import LAST_REAL, MASKED_MEAN
from .starting import DECIDE
from .stepping import TRAIN_STEP
from .swapping import COUNT_NEW_WEIGHTS, LOSS, SWAP
from .tokenising import DECODE, PAD_AND_MASK

COURSE: dict[str, tuple[Exercise, ...]] = {
    "00": (DECIDE,),
    "01": (PAD_AND_MASK, DECODE),
    "02": (CAUSAL_MASK, ATTEND, PERPLEXITY),
    "03": (SWAP, COUNT_NEW_WEIGHTS, LOSS),
    "04": (MASKED_MEAN, LAST_REAL),
    "05": (FREEZE, GROUPS, TRAIN_STEP),
    "06": (VERDICTS, SCORES),
    "06b": (CHOOSE_THRESHOLD,),
}
WORDS = {True: "✓ passed", False: "not yet"}


@dataclass(frozen=True, slots=True)
class Progress:
    """Lesson, exercise and whether it is passed, row by row, and perhaps a note on the file that says so."""

    rows: tuple[tuple[str, str, bool], ...]
    note: str = ""

    @property
    def summary(self) -> str:
        """How many of all are passed."""
        return f"{sum(done for *_, done in self.rows)} of {len(self.rows)} exercises passed."

    def __repr__(self) -> str:
        wide = max(len(lesson) for lesson, *_ in self.rows)
        width = max(len(name) for _, name, _ in self.rows)
        lines = [f"{lesson:{wide}}  {name:{width}}  {WORDS[done]}" for lesson, name, done in self.rows]
        return "\n".join(filter(None, (self.summary, *lines, self.note)))

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td>{lesson}</td><th scope="row" style="text-align: left">{html.escape(name)}</th>'
            f'<td style="text-align: left">{WORDS[done]}</td></tr>'
            for lesson, name, done in self.rows
        )
        names = ("Lesson", "Exercise", "State")
        head = "".join(f'<th scope="col" style="text-align: left">{name}</th>' for name in names)
        table = f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
        note = self.note and f'<p role="status">{html.escape(self.note)}</p>'
        return f"<table><caption>{self.summary}</caption>{table}</table>{note}"


def progress() -> Progress:
    """The exercises of the course, lesson by lesson, and which of them you have passed on this machine."""
    names, note = kept.passed()
    rows = ((lesson, one.name, one.name in names) for lesson, ones in COURSE.items() for one in ones)
    return Progress(tuple(rows), note)
