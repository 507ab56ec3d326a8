"""How much of the machine's arithmetic full fine-tuning uses: model FLOPs against the fastest matmul."""

from dataclasses import dataclass
from time import perf_counter

import torch

from .speed import Task

SIZES = (512, 1024, 2048)
CONVENTION = (
    "model FLOPs after PaLM (Chowdhery et al. 2022, appendix B): 6 per position and weight of the blocks' linear "
    "layers, 12 T D per position and block for attention, not halved for the causal mask; real positions only"
)


@dataclass(frozen=True, slots=True)
class Peak:
    """What torch.mm reached around the runs of full fine-tuning, and the arithmetic that one such run needs."""

    gflops: tuple[float, ...]
    linear_gflop: float
    attention_gflop: float

    @property
    def best(self) -> float:
        """The machine's peak in GFLOP/s."""
        return max(self.gflops)

    def shares(self, seconds: float) -> tuple[float, float]:
        """The shares of the peak that a run of `seconds` reached: by linear layers alone, and with attention."""
        possible = self.best * seconds
        return self.linear_gflop / possible, (self.linear_gflop + self.attention_gflop) / possible


def matmul_peak(repeats: int = 3) -> float:
    """The best GFLOP/s that torch.mm reaches on square float32 matrices, on the threads that torch has."""
    return max(_matmul(size) for size in SIZES for _ in range(repeats))


def work_of(task: Task) -> tuple[float, float]:
    """GFLOP of full fine-tuning, by CONVENTION: in linear layers, and in attention's two products."""
    body, lengths = task.start()[0].body, task.data().lengths
    weights = sum(p.numel() for p in body.blocks.parameters() if p.ndim == 2)
    positions = task.recipe.epochs * int(lengths.sum())
    pairs = task.recipe.epochs * int((lengths**2).sum())
    return 6e-9 * weights * positions, 12e-9 * body.depth * body.width * pairs


def _matmul(size: int) -> float:
    a, b = torch.rand(size, size), torch.rand(size, size)
    began = perf_counter()
    torch.mm(a, b)
    return 2e-9 * size**3 / (perf_counter() - began)
