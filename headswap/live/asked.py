"""The learner's own text: of which runs it is asked, and what was answered; nothing here knows how a run trains."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..data.tokenizer import ByteTokenizer
from ..gallery.spelling import Spelling
from ..model.classifier import Classifier
from .runs import Run
from .words import Spoken, spoken

KEPT = 8  # runs whose classifiers are kept, beside the pinned ones
Say = Callable[[Classifier, str, Spelling], Spoken]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A text, and the ids of the runs that are asked about it; none stands for the latest."""

    text: str = ""
    ids: tuple[int, ...] = ()


class Asked:
    """The text that was asked about last, and its answers by run; the latest of each run counts."""

    def __init__(self, publish: Callable[[dict[str, Any]], None]) -> None:
        self.publish = publish
        self.question = Question()
        self._answers: dict[int, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._turn = threading.Lock()  # models at rest are asked one after another

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What each run has answered to the text, in the order of their ids."""
        with self._lock:
            return [{"text": self.question.text, **self._answers[id]} for id in sorted(self._answers)]

    def forget(self) -> None:
        """Drop the answers, not the question."""
        with self._lock:
            self._answers = {}

    def ask(self, text: str, ids: Iterable[int]) -> Question:
        """A new question; DataError for a text that no tokenizer could read."""
        ByteTokenizer().encode(text)
        with self._lock:
            if text != self.question.text:
                self._answers = {}
            self.question = Question(text, tuple(dict.fromkeys(ids)))
            return self.question

    def answer(self, question: Question, model: Classifier, run: Run, say: Say) -> None:
        """Tell what a run's model says. Only the thread that trains a model may ask for it while it trains."""
        if question.text:
            self._tell(question, [_answer_of(question, model, run, say)], [])

    def at_rest(self, question: Question, runs: Mapping[int, tuple[Run, Classifier] | None]) -> None:
        """Tell what models say that nobody trains, and which are gone; a newer question ends it."""
        with self._turn:
            answers: list[dict[str, Any]] = []
            for run, model in filter(None, runs.values()):
                if question is not self.question:
                    return
                answers += [_answer_of(question, model, run, spoken)] if question.text else []
            if runs and question.text:
                self._tell(question, answers, [id for id, there in runs.items() if there is None])

    def _tell(self, question: Question, answers: list[dict[str, Any]], gone: list[int]) -> None:
        with self._lock:
            if question.text != self.question.text:
                return  # nobody asks about that any more
            self._answers |= {answer["id"]: answer for answer in answers}
        self.publish({"kind": "answer", "text": question.text, "answers": answers, "gone": gone})


def _answer_of(question: Question, model: Classifier, run: Run, say: Say) -> dict[str, Any]:
    return {"id": run.id, "epoch": len(run.told.epochs), **say(model, question.text, run.reads).told()}


def let_go(runs: list[Run]) -> None:
    """Drop the classifiers of old runs: the latest 8 keep theirs, and whatever is pinned."""
    for run in runs[:-KEPT]:
        if not run.pinned:
            run.model = None
