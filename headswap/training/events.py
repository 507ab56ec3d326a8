"""What a run tells: one frozen dataclass of plain numbers per event. Seconds do not count when two are compared.

Shape letters: N messages, C classes.
"""

from dataclasses import dataclass, field

from ..metrics.measure import Metrics


@dataclass(frozen=True, slots=True)
class StageBegan:
    """A stage is about to train: how many weights learn, and what was computed once, in `seconds`.

    `floor` is the least value of what training makes small, in nats, where it is known: a linear probe's.
    """

    stage: int
    stages: int
    learning: int
    total: int
    epochs: int
    steps: int
    cached: str
    seconds: float = field(compare=False)
    floor: float | None = None


@dataclass(frozen=True, slots=True)
class StepDone:
    """One optimizer step: its number within the stage, from 1, and the mean loss of its batch (nats)."""

    epoch: int
    step: int
    steps: int
    loss: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    """One epoch; losses are means in nats, seconds are its own work.

    train_loss is what training makes small, a penalty included; validation_loss is the cross-entropy alone.
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
    """A stage is over; its `frozen` weights were found as they had been, bit for bit.

    `objective` is what training made small, over all training messages at the end, where its floor is known. `kept` is
    the epoch whose weights the stage ends with. `moved` is how far each place of the body is from where the run began,
    as a share of its length, and "body" all of them together (`headswap.drift`).
    """

    stage: int
    frozen: int
    kept: int
    objective: float | None
    seconds: float = field(compare=False)
    moved: tuple[tuple[str, float], ...] = ()


Event = StageBegan | StepDone | EpochDone | StageEnded
