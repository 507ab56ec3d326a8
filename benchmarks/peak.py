"""How much of the machine's arithmetic full fine-tuning uses, held against the fastest kernel that it may use.

The limit is what the fastest of torch.mm, F.linear and oneDNN's linear reaches on any of some shapes, those of this
body's layers and large squares; and a profile says where the time goes.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

import torch
import torch.nn.functional as F
from torch.profiler import ProfilerActivity, profile

from headswap.model.onednn import OneDnnLinear, works

from .speed import Task

# rows, in, out: squares, and the layers of a body of width 64 on a batch of 32 messages of 32 bytes
SHAPES = ((512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048), (1024, 64, 192), (1024, 64, 256), (1024, 256, 64))
CONVENTION = (
    "model FLOPs after PaLM (Chowdhery et al. 2022, appendix B): 6 per position and weight of the blocks' linear "
    "layers, 12 T D per position and block for attention, not halved for the causal mask; real positions only"
)
Kernel = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
KERNELS: dict[str, Kernel] = {"torch.mm": lambda x, weight, bias: torch.mm(x, weight.t()), "F.linear": F.linear} | (
    {"oneDNN's linear": OneDnnLinear.apply} if works() else {}
)  # type: ignore[dict-item]
# Where time goes: the first of these that a profiled operator's name holds.
PARTS = {
    "linear": ("OneDnnLinear", "linear", "addmm", "::mm", "mkldnn"),
    "attention": ("attention", "bmm"),
    "gelu": ("gelu",),
    "layer norm": ("layer_norm",),
    "optimizer": ("adam", "Optimizer"),
    "copies": ("copy_", "clone", "contiguous", "::to", "fill_", "zero_", "cat", "stack"),
    "embedding": ("embedding", "index"),
}


@dataclass(frozen=True, slots=True)
class Peak:
    """GFLOP/s that each kernel reached around the runs of full fine-tuning, and the arithmetic of one such run.

    `profile` is the share of the processor's time by kind of work.
    """

    gflops: Mapping[str, tuple[float, ...]]
    linear_gflop: float
    attention_gflop: float
    profile: Mapping[str, float]

    @property
    def kernel(self) -> str:
        """The fastest kernel."""
        return max(self.gflops, key=lambda name: max(self.gflops[name]))

    @property
    def best(self) -> float:
        """The machine's peak in GFLOP/s: the fastest kernel's best."""
        return max(self.gflops[self.kernel])

    def shares(self, seconds: float) -> tuple[float, float]:
        """The shares of the peak that a run of `seconds` reached: by linear layers alone, and with attention."""
        possible = self.best * seconds
        return self.linear_gflop / possible, (self.linear_gflop + self.attention_gflop) / possible


def matmul_peaks(repeats: int) -> dict[str, float]:
    """The best GFLOP/s that each kernel reaches on float32, on the threads that torch has."""
    return {name: max(_product(k, *s) for s in SHAPES for _ in range(repeats)) for name, k in KERNELS.items()}


def where_time_goes(task: Task) -> dict[str, float]:
    """The share of processor time of full fine-tuning by kind of work, largest first; what is left is dispatch."""
    _, events = task.start()
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in events:
            pass
    seconds = Counter[str]()
    for entry in profiled.key_averages():
        named = (part for part, words in PARTS.items() if any(word in entry.key for word in words))
        seconds[next(named, "the rest")] += entry.self_cpu_time_total
    total = sum(seconds.values())
    return {part: spent / total for part, spent in seconds.most_common()}


def work_of(task: Task) -> tuple[float, float]:
    """GFLOP of full fine-tuning, by CONVENTION: in linear layers, and in attention's two products."""
    body, lengths = task.start()[0].body, task.data().lengths
    weights = sum(p.numel() for p in body.blocks.parameters() if p.ndim == 2)
    positions = task.recipe.epochs * int(lengths.sum())
    pairs = task.recipe.epochs * int((lengths**2).sum())
    return 6e-9 * weights * positions, 12e-9 * body.depth * body.width * pairs


def _product(kernel: Kernel, rows: int, inner: int, out: int) -> float:
    x, weight, bias = torch.rand(rows, inner), torch.rand(out, inner), torch.rand(out)
    times = max(1, 2**27 // (rows * inner * out))  # a single small product is too short for the clock
    with torch.no_grad():
        began = perf_counter()
        for _ in range(times):
            kernel(x, weight, bias)
    return 2e-9 * rows * inner * out * times / (perf_counter() - began)
