"""A bet before the run: the learner's answer is kept, and later stands beside the outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import SettingError
from .controls import cards
from .widget import Block, Explorer, outcome, words

OPEN = "choose an answer…"
OUTCOME = "Outcome"
NO_BET = "Choose an answer above, and you see here what came out."


class Bet(Explorer):
    """A question with a few answers; `reveal` puts the outcome beside the answer."""

    def __init__(self, question: str, answers: Sequence[str]) -> None:
        self._answers = tuple(answers)
        self._truth = self._because = ""
        super().__init__("Predict", [cards("answer", question, OPEN, [OPEN, *answers])], self._kept)

    def reveal(self, truth: str, because: str) -> Explorer:
        """Show which answer was right, and the numbers that say so; who has not bet yet still can, unspoiled."""
        if truth not in self._answers:
            raise SettingError(f"{truth!r} is not an answer of this bet; give one of {', '.join(self._answers)}")
        self._truth, self._because = truth, because
        self.shown = self._kept(self.value)
        beside = Explorer(OUTCOME, [], lambda _: self._judged(self.value))
        self.observe(lambda change: setattr(beside, "shown", self._judged(self.value)), "value")
        return beside

    def _kept(self, value: Mapping[str, Any]) -> list[Block]:
        """What the bet itself shows: the outcome only beside an answer."""
        if value["answer"] == OPEN:
            return [outcome("Your bet", "Pick a card before you read on. The first one counts.")]
        return self._judged(value) if self._truth else [outcome("Your bet", f"You said: {value['answer']}.")]

    def _judged(self, value: Mapping[str, Any]) -> list[Block]:
        answer = value["answer"]
        if answer == OPEN:
            return [outcome("Your bet", NO_BET)]
        won = answer == self._truth
        said = f"You said: {answer}. {'That is what came out.' if won else 'It came out otherwise.'}"
        return [outcome("Your bet", said, won, self._truth), words("What came out", f"{self._truth}: {self._because}")]


def predict(question: str, answers: Sequence[str]) -> Bet:
    """Ask before anything runs; nobody has to answer for the lesson to go on."""
    return Bet(question, answers)
