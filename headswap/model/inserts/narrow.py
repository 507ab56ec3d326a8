"""Two products with a narrow side, each put so that forward and backward meet no slow shape of a kernel.

They are F.linear to float32's last digits. Its own backward multiplies long sides first, which on a CPU takes up to
five times as long where one side is 8 (CONTRIBUTING.md). Shape letters: N positions of all messages, r narrow side.
"""

import torch


def narrowed(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """Many numbers to a few: x (..., in) by weight (r, in) to (..., r)."""
    columns = x.flatten(0, -2).t()  # (in, N)
    few = weight @ columns if bias is None else torch.addmm(bias.unsqueeze(1), weight, columns)  # (r, N)
    return few.t().unflatten(0, x.shape[:-1])


def widened(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """A few numbers to many: x (..., r) by weight (out, r) to (..., out)."""
    rows, across = x.flatten(0, -2), weight.t().contiguous()  # (N, r), (r, out)
    many = rows @ across if bias is None else torch.addmm(bias, rows, across)
    return many.unflatten(0, x.shape[:-1])
