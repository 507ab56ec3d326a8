"""What a learner's own functions say of a scoreboard, made ready to stand beside the library's numbers.

The functions are run as they are; a lesson hands them over made safe (`Exercise.yours`), so that an error comes back
as a value and a stub as None. Shape letter: N messages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..metrics.counts import confusion_matrix
from ..metrics.measure import Metrics

Function = Callable[..., Any]
Counts = tuple[tuple[int, ...], ...]
TURN = "your turn"
CLOSE = 1e-6
LONGEST = 60  # signs of an answer that is no number


@dataclass(frozen=True, slots=True)
class Said:
    """Counts (2, 2) from the learner's verdicts and the three scores as texts or numbers, where there are any."""

    counts: Counts | None
    scores: tuple[object, ...] | None
    note: str

    def beside(self, metrics: Metrics) -> list[dict[str, Any]]:
        """What stands beside precision, recall and F1: the learner's number, and whether it is the library's."""
        right = (metrics.precision, metrics.recall, metrics.f1)
        return [_beside(own, number) for own, number in zip(self.scores or (TURN,) * 3, right, strict=True)]


@dataclass(frozen=True, slots=True)
class Own:
    """A learner's `verdicts(probabilities, threshold)` and `scores(labels, verdicts)`, either of which may be missing.

    Where the verdicts are of no use, the scores are asked about the library's.
    """

    verdicts: Function | None
    scores: Function | None

    def said(self, labels: Sequence[int], chances: Sequence[float], threshold: float) -> Said:
        """What the functions say at this threshold."""
        given, note = None, ""
        if self.verdicts:
            answer = self.verdicts(torch.tensor(chances, dtype=torch.float64), threshold)
            given = _verdicts(answer, len(labels))
            note = f"Your verdicts: {_short(answer)}." if given is None else ""
        counts = _counts(labels, given) if given else None
        if self.scores is None:
            return Said(counts, None, note)
        used = given or [int(p >= threshold) for p in chances]
        answer = self.scores(torch.tensor(labels), torch.tensor(used))
        return Said(counts, _three(answer) or (_short(answer),) * 3, note)


def _counts(labels: Sequence[int], given: Sequence[int]) -> Counts:
    return tuple(tuple(int(n) for n in row) for row in confusion_matrix(labels, given, 2))


def _verdicts(answer: object, n: int) -> list[int] | None:
    """Verdicts (N,) of zeros and ones, or None for anything else."""
    try:
        flat = torch.as_tensor(answer).double().tolist()  # type: ignore[arg-type]
    except Exception:  # whatever a learner's function gives
        return None
    return [int(v) for v in flat] if isinstance(flat, list) and len(flat) == n and {*flat} <= {0.0, 1.0} else None


def _three(answer: object) -> tuple[float, ...] | None:
    """Three numbers, or None for anything else."""
    try:
        found = tuple(float(number) for number in answer)  # type: ignore[attr-defined]
    except Exception:
        return None
    return found if len(found) == 3 else None


def number_of(answer: object) -> float | str:
    """A learner's answer as a number, or in words what it is instead: your turn, or an error."""
    try:
        return float(answer)  # type: ignore[arg-type]
    except Exception:  # whatever a learner's function gives
        return _short(answer)


def _short(answer: object) -> str:
    """Of an answer that cannot be used, what it is: an error's own words, or its kind."""
    if answer is None:
        return TURN
    text = repr(answer) if type(answer).__name__ == "Raised" else f"a {type(answer).__name__} that cannot be read"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _beside(own: object, right: float) -> dict[str, Any]:
    if not isinstance(own, float):
        return {"yours": str(own)}
    return {"yours": f"{own:.3f}", "agrees": abs(own - right) < CLOSE}
