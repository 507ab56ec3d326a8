"""What a run is told: its settings, and where and how precisely it computes."""

import math
from dataclasses import dataclass, field
from typing import Literal

from ..data.images.augment import Augment
from ..errors import SettingError
from ..regimes.schedules import SCHEDULES

DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Compute:
    """Where a run computes and how precisely: the device, the dtype of its products, and examples per micro-batch.

    No device means the base's own. Weights stay in their dtype; with bfloat16 or float16 the products are taken in
    it (autocast), and so is the frozen prefix. A batch is worked through `micro_batch` examples at a time, with the
    gradients of the whole; None takes it at once. Only a batch norm that learns tells the difference: its means are
    those of the micro-batch.
    """

    device: str | None = None
    dtype: str = "float32"
    micro_batch: int | None = None

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise SettingError(f"dtype {self.dtype!r} is unknown; choose one of {', '.join(DTYPES)}")
        if self.micro_batch is not None and self.micro_batch < 1:
            raise SettingError(f"micro_batch is {self.micro_batch}; give a whole number of at least 1, or None")


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of a run. Batches count messages; None takes what the regime was tuned to.

    With `keep` "best" a stage ends with the weights of the epoch whose validation loss was lowest, with "last" with
    those it has. `dropout` is the body's while it is fine-tuned; None leaves it as it is. An epoch goes `passes` times
    over the messages. cache_bytes bounds what the frozen prefix may take, training and validation together; 0 turns
    it off. `augment` moves the images of every step at random; then no prefix of the training images is kept, because
    none of them comes twice.
    """

    epochs: int = 20
    batch_size: int = 32
    learning_rate: float | None = None
    schedule: str | None = None
    weight_decay: float = 0.01
    pool: str = "mean"
    seed: int = 0
    keep: Literal["last", "best"] = "last"
    dropout: float | None = None
    passes: int = 1
    cache_bytes: int = 256 * 2**20
    compute: Compute = field(default_factory=Compute)
    augment: Augment | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "passes"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} is {getattr(self, name)}; give a whole number of at least 1")
        if self.learning_rate is not None and not 0.0 < self.learning_rate < math.inf:
            raise SettingError(f"learning_rate is {self.learning_rate}; give a number above 0, such as 0.001")
        if self.keep not in ("last", "best"):
            raise SettingError(f"keep is {self.keep!r}; give last, or best for the epoch of the lowest validation loss")
        if self.dropout is not None and not 0.0 <= self.dropout < 1.0:
            raise SettingError(f"dropout is {self.dropout}; it is a share, so give 0 <= dropout < 1")
        if self.schedule is not None and self.schedule not in SCHEDULES:
            raise SettingError(f"schedule {self.schedule!r} is unknown; choose one of {', '.join(SCHEDULES)}")
