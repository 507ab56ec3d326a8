"""How the learning rate moves during a stage."""

import math
from collections.abc import Callable

# A schedule maps the share of the stage that is done, and whether a weight is new, to a multiple of the learning rate.
SCHEDULES: dict[str, Callable[[float, bool], float]] = {
    "constant": lambda done, new: 1.0,
    "cosine": lambda done, new: (1 + math.cos(math.pi * done)) / 2,
    "cosine-head": lambda done, new: (1 + math.cos(math.pi * done)) / 2 if new else 1.0,
}
