"""How the learning rate moves during a stage."""

import math
from collections.abc import Callable

CUT, RATIO = 0.1, 32  # ULMFiT's: the share of the steps in which the rate climbs, and its peak over its least

# A schedule maps the share of the stage that is done, and whether a weight is new, to a multiple of the learning rate.
SCHEDULES: dict[str, Callable[[float, bool], float]] = {
    "constant": lambda done, new: 1.0,
    "cosine": lambda done, new: (1 + math.cos(math.pi * done)) / 2,
    "slanted": lambda done, new: slanted(done),
    "cosine-head": lambda done, new: (1 + math.cos(math.pi * done)) / 2 if new else 1.0,
}


def slanted(done: float) -> float:
    """A short climb to the full rate, a long fall to a 32nd of it: ULMFiT's triangle (Howard and Ruder 2018)."""
    height = done / CUT if done < CUT else (1 - done) / (1 - CUT)
    return (1 + height * (RATIO - 1)) / RATIO
