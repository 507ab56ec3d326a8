"""What a run tells: one frozen dataclass of plain numbers per event. Seconds do not count when two are compared.

Shape letters: N messages, C classes.
"""

from dataclasses import dataclass, field

from ..metrics.measure import Metrics


@dataclass(frozen=True, slots=True)
class StageBegan:
    """A stage is about to train: how many weights learn, and what was computed once, in `seconds`."""

    stage: int
    stages: int
    learning: int
    total: int
    epochs: int
    steps: int
    cached: str
    seconds: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class StepDone:
    """One optimizer step: its number within the stage, from 1, and the mean loss of its batch (nats)."""

    epoch: int
    step: int
    steps: int
    loss: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    """One pass over the training messages; losses are mean cross-entropies in nats, seconds are its own work.

    probabilities (N, C) are those of the validation messages, in their order.
    """

    stage: int
    epoch: int
    epochs: int
    train_loss: float
    validation_loss: float | None
    validation: Metrics | None
    probabilities: tuple[tuple[float, ...], ...]
    seconds: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class StageEnded:
    """A stage is over; its `frozen` weights were found as they had been, bit for bit."""

    stage: int
    frozen: int
    seconds: float = field(compare=False)


Event = StageBegan | StepDone | EpochDone | StageEnded
