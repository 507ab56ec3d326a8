"""A bet before the run: the learner's answer is kept, and later stands beside the outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .widget import Block, Explorer, choice, words

OPEN = "choose an answer…"


class Bet(Explorer):
    """A question with a few answers; `reveal` puts the outcome beside the answer."""

    def __init__(self, question: str, answers: Sequence[str]) -> None:
        self._truth = self._because = ""
        super().__init__("Predict", [choice("answer", question, OPEN, [OPEN, *answers])], self._say)

    def reveal(self, truth: str, because: str) -> Explorer:
        """Show which answer was right, and the numbers that say so; the widget above follows."""
        self._truth, self._because = truth, because
        self.shown = self._say(self.value)
        return Explorer("Outcome", [], lambda _: self.shown)

    def _say(self, value: Mapping[str, Any]) -> list[Block]:
        answer = value["answer"]
        if not self._truth:
            said = "Choose before you read on; the answer is kept." if answer == OPEN else f"You said: {answer}."
            return [words("Your bet", said)]
        judged = "You did not bet." if answer == OPEN else f"You said: {answer}. {self._judged(answer)}"
        return [words("Your bet", judged), words("What came out", f"{self._truth}: {self._because}")]

    def _judged(self, answer: str) -> str:
        return "That is what came out." if answer == self._truth else "It came out otherwise."


def predict(question: str, answers: Sequence[str]) -> Bet:
    """Ask before anything runs; nobody has to answer for the lesson to go on."""
    return Bet(question, answers)
