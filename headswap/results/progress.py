"""How far a run has come within an epoch, and how long it will still take; told a few times a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

import torch

from ..training.events import StepDone

OFTEN = 0.2  # seconds between two words about progress: a page shows movement at least twice a second
LONG = 2.0  # seconds left that are worth a word


@dataclass(slots=True)
class Progress:
    """What is told while nothing else is: messages read once, then steps; `say` takes a sentence, a share and seconds.

    `examples` are those that a frozen prefix reads once, `epochs` those of all stages.
    """

    name: str
    examples: int
    epochs: int
    say: Callable[[str, float, float | None], None]
    read: int = 0
    before: int = 0  # epochs of the stages that are over
    stage: int = 0  # epochs of this one
    start: tuple[float, float] = (0.0, 0.0)  # since when, and from which share on, the pace is measured
    told: float = field(default_factory=perf_counter)

    def reads(self, examples: int) -> None:
        """So many more messages have passed the frozen prefix."""
        self.read += examples
        if self._due():
            read = min(self.read, self.examples)
            self.say(
                f"{self.name}: reading each message once, {read:,} of {self.examples:,}", read / self.examples, None
            )

    def begin(self, epochs: int) -> None:
        """A stage of so many epochs begins."""
        self.before, self.stage = self.before + self.stage, epochs
        self.resume()

    def resume(self) -> None:
        """Measure the pace from here on: what lies between was a pause."""
        self.start = perf_counter(), self.before / max(1, self.epochs)

    def step(self, event: StepDone) -> None:
        """One step more."""
        if not self._due():
            return
        done = (self.before + self.stage * event.step / event.steps) / max(1, self.epochs)
        began, share = self.start
        pace = (done - share) / max(1e-9, self.told - began)
        left = (1 - done) / pace if pace > 0 else None
        words = "" if left is None or left < LONG else f", about {seconds_left(left)} left"
        self.say(f"{self.name}: epoch {self.before + event.epoch} of {self.epochs}{words}", done, left)

    def _due(self) -> bool:
        now = perf_counter()
        if now - self.told < OFTEN:
            return False
        self.told = now
        return True


def seconds_left(seconds: float) -> str:
    """A time as one would say it."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def counting(progress: Progress) -> Callable[..., None]:
    """A hook for a body's first block, which hears of every batch that passes."""

    def hook(module: object, inputs: tuple[torch.Tensor, ...]) -> None:
        progress.reads(len(inputs[0]))

    return hook
