"""How training time grows with the messages, their length and the width of the body."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from headswap.data import fixture
from headswap.data.messages import Message
from headswap.model.body import BodyConfig
from headswap.training.events import StageBegan

from .speed import Task

FEW, SOME = 640, 10_240  # fewer messages than SOME are seen more than once, so that a point is not one short moment


@dataclass(frozen=True, slots=True)
class Sizes:
    """What to grow; the other sizes stay at 640 messages, 32 bytes and width 64. Fewer messages than `some` are seen
    up to three times."""

    head_only: Sequence[int] = (640, 2_560, 10_240, 40_960, 80_000)
    full: Sequence[int] = (640, 2_560, 10_240, 80_000)
    max_len: Sequence[int] = (32, 64, 96, 128, 160)
    width: Sequence[int] = (32, 64, 128, 256)
    some: int = SOME


QUICK = Sizes((64, 256), (64, 256), (32, 64), (32, 64), some=256)


@dataclass(frozen=True, slots=True)
class Point:
    """One measured size: seconds of one epoch, and of the frozen prefix, computed once before the first."""

    grown: str
    regime: str
    size: int
    epochs: int
    prefix_seconds: float
    epoch_seconds: float


def grow(sizes: Sizes) -> Iterator[Point]:
    """Measure every size, the smallest first."""
    messages = tuple(fixture.messages(max(*sizes.head_only, *sizes.full)))
    for n in sizes.head_only:
        yield _point("messages", n, Task("head-only", messages[:n]), sizes.some)
    for n in sizes.full:
        yield _point("messages", n, Task("full", messages[:n]), sizes.some)
    few = long_messages(min(FEW, *sizes.full), max(sizes.max_len))
    for length in sizes.max_len:
        yield _point("max_len", length, Task("full", few, config=BodyConfig(max_len=length)), sizes.some)
    for width in sizes.width:
        yield _point("width", width, Task("full", few, config=BodyConfig(width=width)), sizes.some)


def long_messages(n: int, length: int) -> tuple[Message, ...]:
    """Fixture messages, each read again until it has `length` bytes."""
    found = fixture.messages(n)
    return tuple(replace(m, text=" ".join([m.text] * (length // len(m.text) + 1))) for m in found)


def _point(grown: str, size: int, task: Task, some: int) -> Point:
    epochs = min(3, max(1, some // len(task.train)))
    for _ in task.small().start()[1]:
        pass
    prefix, seconds = drain(task.with_epochs(epochs))
    return Point(grown, task.regime, size, epochs, prefix, (seconds - prefix) / epochs)


def drain(task: Task) -> tuple[float, float]:
    """Seconds of the frozen prefix, and of all."""
    _, events = task.start()
    began = perf_counter()
    prefix = sum(event.seconds for event in events if isinstance(event, StageBegan))
    return prefix, perf_counter() - began
