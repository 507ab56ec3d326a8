"""The exercises in the order of the lessons, and which of them this learner has passed."""

import html
from dataclasses import dataclass

from . import kept
from .attending import ATTEND
from .bodies import CAUSAL_MASK, PERPLEXITY
from .calibrating import ECE, TEMPERATURE
from .exercise import Exercise
from .forgetting import DRIFT, PULL
from .freezing import FREEZE, GROUPS
from .heads import FEATURE_HEAD
from .inserting import ADAPTER, LORA, MERGE, NEW_LORA
from .looking import PATCHES, SHIFT
from .measuring import CHOOSE_THRESHOLD, SCORES, VERDICTS
from .pooling import LAST_REAL, MASKED_MEAN
from .rates import LAYER_GROUPS, WARM_COSINE
from .routing import ROUTE
from .sampling import KL, SAMPLE
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
    "08": (FEATURE_HEAD,),
    "09": (LAYER_GROUPS, WARM_COSINE),
    "10": (NEW_LORA, LORA, MERGE, ADAPTER, ROUTE),
    "11": (DRIFT, PULL),
    "12": (ECE, TEMPERATURE, KL, SAMPLE),
    "15": (PATCHES, SHIFT),
}
SIGNS = {True: ("✓", "passed"), False: ("○", "not yet")}


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
        lines = [f"{lesson:{wide}}  {', '.join(map(_told, ones))}" for lesson, ones in self._lessons()]
        return "\n".join(filter(None, (self.summary, *lines, self.note)))

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{lesson}</th><td style="text-align: left">{"&emsp;".join(map(_chip, ones))}</td></tr>'
            for lesson, ones in self._lessons()
        )
        note = self.note and f'<p role="status">{html.escape(self.note)}</p>'
        caption = f'<caption style="text-align: left; white-space: nowrap">{self.summary}</caption>'
        return f"<table>{caption}<tbody>{rows}</tbody></table>{note}"

    def _lessons(self) -> list[tuple[str, list[tuple[str, bool]]]]:
        """Each lesson with its exercises."""
        lessons = dict.fromkeys(lesson for lesson, *_ in self.rows)
        return [(one, [(name, done) for lesson, name, done in self.rows if lesson == one]) for one in lessons]


def _told(exercise: tuple[str, bool]) -> str:
    name, done = exercise
    return f"{SIGNS[done][0]} {name}"


def _chip(exercise: tuple[str, bool]) -> str:
    """An exercise with its sign: a tick or a ring, and for who cannot see them the words."""
    name, done = exercise
    sign, words = SIGNS[done]
    look = "white-space: nowrap" + "; font-weight: 600" * done
    return f'<span style="{look}" aria-label="{html.escape(name)}, {words}">{sign} {html.escape(name)}</span>'


def progress() -> Progress:
    """The exercises of the course, lesson by lesson, and which of them you have passed on this machine."""
    names, note = kept.passed()
    rows = ((lesson, one.name, one.name in names) for lesson, ones in COURSE.items() for one in ones)
    return Progress(tuple(rows), note)
