"""LoRA, its merging and an adapter, as learners write them: three right ones and three wrong ones for each."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

Function = Callable[..., Any]
RIGHT: dict[str, tuple[Function, Function, Function]] = {}
WRONG: dict[str, tuple[tuple[str, Function], ...]] = {}


def uniform(fan_in, fan_out, rank, generator):
    A = torch.empty(rank, fan_in)
    nn.init.kaiming_uniform_(A, a=math.sqrt(5), generator=generator)
    return A, torch.zeros((fan_out, rank))


def as_parameters(fan_in, fan_out, rank, generator):
    A = nn.Parameter(torch.randn((rank, fan_in), generator=generator))
    B = nn.Parameter(0 * torch.empty(fan_out, rank).fill_(1.0))
    return A, B


def small_numbers(fan_in, fan_out, rank, generator):
    A = torch.normal(0.0, 0.02, (rank, fan_in), generator=generator)
    return [A, A.new_zeros(fan_out, rank)]


def both_small(fan_in, fan_out, rank, generator):
    A, _ = small_numbers(fan_in, fan_out, rank, generator)
    return A, torch.normal(0.0, 0.02, (fan_out, rank), generator=generator)


RIGHT["new_lora"] = uniform, as_parameters, small_numbers
WRONG["new_lora"] = (
    ("B isn't zeros", both_small),
    ("Both are zeros", lambda n, m, r, generator: (torch.zeros(r, n), torch.zeros(m, r))),
    ("Your matrices lie on their sides", lambda n, m, r, g: (torch.randn(n, r, generator=g), torch.zeros(r, m))),
)


def by_linear(x, output, A, B, alpha):
    rank = B.shape[1]
    return F.linear(F.linear(x, A), B) * (alpha / rank) + output


def by_the_whole_matrix(x, output, A, B, alpha):
    change = B @ A * alpha / A.size(0)
    return output + x @ change.T


def row_by_row(x, output, A, B, alpha):
    rows = [o + alpha * (B @ (A @ one)) / len(A) for one, o in zip(x, output, strict=True)]
    return torch.stack(rows)


RIGHT["lora"] = by_linear, by_the_whole_matrix, row_by_row
WRONG["lora"] = (
    ("alpha isn't divided by the rank", lambda x, output, A, B, alpha: output + alpha * F.linear(F.linear(x, A), B)),
    ("The frozen output is gone", lambda x, output, A, B, alpha: F.linear(x, B @ A) * alpha / len(A)),
    ("The shapes don't fit", lambda x, output, A, B, alpha: output + (alpha / len(A)) * x.matmul(A).matmul(B)),
)


def scaled_last(weight, A, B, alpha):
    return (B.matmul(A) * alpha).div(A.shape[0]).add(weight)


def rank_by_rank(weight, A, B, alpha):
    merged = weight.clone()
    for i in range(len(A)):
        merged += alpha / len(A) * torch.outer(B[:, i], A[i])
    return merged


def added_in_place(weight, A, B, alpha):
    weight.add_(B @ A, alpha=alpha / len(A))
    return weight


RIGHT["merge"] = scaled_last, rank_by_rank, lambda W, A, B, alpha: torch.addmm(W, B, A, alpha=alpha / len(A))
WRONG["merge"] = (
    ("You changed the frozen weight itself", added_in_place),
    ("alpha isn't divided by the rank", lambda weight, A, B, alpha: torch.addmm(weight, B, A, alpha=alpha)),
    ("The scale is missing", lambda weight, A, B, alpha: weight + torch.matmul(B, A)),
)


def in_steps(hidden, down, up):
    narrow = down(hidden)
    wide = up(nn.GELU()(narrow))
    return wide + hidden


RIGHT["adapter"] = (
    in_steps,
    lambda hidden, down, up: torch.add(up(torch.nn.functional.gelu(down(hidden))), hidden),
    lambda hidden, down, up: hidden + nn.Sequential(down, nn.GELU(), up)(hidden),
)
WRONG["adapter"] = (
    ("What came in is gone", lambda hidden, down, up: up(F.gelu(down(hidden)))),
    ("Without gelu in between", lambda hidden, down, up: nn.Sequential(down, up)(hidden) + hidden),
    ("That's relu", lambda hidden, down, up: hidden + up(torch.relu(down(hidden)))),
)


def heads_row_by_row(tasks, features, heads):
    return [heads[task](row) for task, row in zip(tasks, features, strict=True)]


def once_for_each_head(tasks, features, heads):
    answers = {}
    for task in set(tasks):
        mine = torch.tensor([name == task for name in tasks])
        for row, logits in zip(mine.nonzero().flatten().tolist(), heads[task](features[mine]), strict=True):
            answers[row] = logits
    return [answers[row] for row in range(len(tasks))]


def checked_first(tasks, features, heads):
    for task in tasks:
        if task not in heads:
            raise ValueError(f"there is no head for {task}")
    for i, task in enumerate(tasks):
        yield heads[task](features[i : i + 1])[0]


def one_head_for_all(tasks, features, heads):
    head = heads[tasks[0]]
    return head(features)


def sorted_by_first_seen(tasks, features, heads):
    answers = []
    for task in dict.fromkeys(tasks):
        answers += [heads[task](row) for name, row in zip(tasks, features, strict=True) if name == task]
    return answers


def with_a_default(tasks, features, heads):
    default = next(iter(heads))
    return [heads[task if task in heads else default](features[i]) for i, task in enumerate(tasks)]


RIGHT["route"] = heads_row_by_row, once_for_each_head, checked_first
WRONG["route"] = (
    ("One head answers every row", one_head_for_all),
    ("Your answers come grouped by task", sorted_by_first_seen),
    ("A name that isn't there is answered by another head", with_a_default),
)
