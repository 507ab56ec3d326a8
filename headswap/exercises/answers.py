"""What a function answers when it is asked: exceptions, nonsense and endless loops are answers too.

A learner's function runs here, in this process, every time anew. Nothing that it does may stop the notebook; only the
learner's own Interrupt does.
"""

import ctypes
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any, TypeVar

import numpy as np
import torch

Function = Callable[..., Any]
T = TypeVar("T")
# Of these exceptions the kind says what went wrong; of all others, such as TypeError, only the words do.
TELLING = ("ZeroDivisionError", "UnicodeDecodeError", "ValueError")
MOST = 100_000  # numbers of a tensor that are looked at; no right answer has that many
TICK = 0.1  # seconds between two looks at the clock
PATIENCE = 6  # a busy machine may take so many times the processor seconds


class TooLong(BaseException):
    """Raised inside a function whose time is over. `except Exception` does not catch it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One question: `ask` calls a function on fresh inputs and returns what can be compared; `says` shows the call."""

    says: str
    ask: Callable[[Function], Any]


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception as an answer."""

    kind: str
    says: str

    def __repr__(self) -> str:
        return f"{self.kind}: {self.says}" if self.says else self.kind


def answer_of(probe: Probe, function: Function) -> object:
    """What the function answers to the probe; an exception is an answer too, also one that would end the kernel."""
    try:
        with torch.enable_grad():  # and afterwards the mode is what it was, whatever the function has set
            return probe.ask(function)
    except (KeyboardInterrupt, TooLong):  # the learner's own Interrupt, and ours
        raise
    except BaseException as error:  # the learner's mistake is what we are here for
        return Raised(type(error).__name__, _words(error))


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns; once it has used so many processor seconds, TooLong is raised inside of it.

    It comes again if it is caught. It cannot reach into a single long call of a library.
    """
    here, gate, gone = threading.get_ident(), threading.Lock(), []
    began, used = time.monotonic(), time.process_time()
    gate.acquire()

    def watch() -> None:
        while not gate.acquire(timeout=TICK):
            if time.process_time() - used > seconds or time.monotonic() - began > PATIENCE * seconds:
                _raise_in(here, TooLong)
        gone.append(True)

    threading.Thread(target=watch, daemon=True).start()
    try:
        return work()
    finally:
        while True:  # TooLong may still come, and then here, until the watcher is gone
            try:
                if gate.locked():
                    gate.release()
                while not gone:
                    time.sleep(1e-4)
                _raise_in(here, None)  # and what has not arrived by now never will
                break
            except TooLong:
                continue


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    """Raise an exception in another thread, as soon as it runs Python; None takes back what has not arrived."""
    raised = None if kind is None else ctypes.py_object(kind)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), raised)


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def same(a: object, b: object) -> bool:
    """Whether two answers are equal: numbers to five digits, tensors by shape and value, the rest exactly."""
    try:
        return _same(a, b)
    except Exception:  # an answer that cannot be compared is not the right one
        return False


def _same(a: object, b: object) -> bool:
    if isinstance(a, Raised) or isinstance(b, Raised):
        return isinstance(a, Raised) and isinstance(b, Raised) and (a == b or a.kind == b.kind in TELLING)
    a, b = plain(a), plain(b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, int | float) and isinstance(b, int | float):
        return a == b or isclose(a, b, rel_tol=1e-5, abs_tol=1e-6) or (a != a and b != b)
    return type(a) is type(b) and bool(a == b)


def plain(value: object) -> object:
    """Tensors, arrays and tuples as nested lists; of a huge one its shape alone."""
    if isinstance(value, torch.Tensor):
        return value.detach().tolist() if value.numel() <= MOST else f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist() if value.size <= MOST else f"an array of shape {value.shape}"
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value


def shown(value: object, most: int = 160) -> str:
    """An answer, short enough for a sentence; of what has no plain words, its kind."""
    if isinstance(value, Raised):
        return shortened(repr(value), most)
    try:
        value = rounded(plain(value))
        text = repr(value) if isinstance(value, list | dict | str | int | float | complex | None) else ""
    except Exception:
        text = ""
    return kind(value) if not text or " at 0x" in text else shortened(text, most)


def shortened(text: str, most: int) -> str:
    """A text on one line, cut to so many characters, at the end of a word where it can be."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    head, blank, _ = text[: most - 1].rpartition(" ")
    return f"{head}{blank}…" if len(head) > most // 2 else f"{text[: most - 1]}…"


def kind(value: object) -> str:
    """What a value is, with its article: a generator, an Event."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def rounded(value: object) -> object:
    """Numbers to four digits, wherever they stand."""
    if isinstance(value, list):
        return [rounded(plain(v)) for v in value]
    if isinstance(value, dict):
        return {key: rounded(plain(v)) for key, v in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value
