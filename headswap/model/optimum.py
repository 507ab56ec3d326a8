"""The best linear head there is: on a frozen body its problem is convex, and Newton's method finds the answer.

Shape letters: N messages, D width, C classes.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

STRENGTHS = (0.01, 0.1, 1.0, 10.0)  # C: the penalty is |W|^2 / (2 C N), so a larger C means a weaker one


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best linear head: weights (C, D), biases (C,), and the objective there, in nats per message."""

    weight: torch.Tensor
    bias: torch.Tensor
    objective: float

    def loss(self, x: torch.Tensor, y: torch.Tensor) -> float:
        """Its mean cross-entropy on other messages: x (N, D), y (N,)."""
        return F.cross_entropy(x @ self.weight.T + self.bias, y).item()


@dataclass(frozen=True, slots=True)
class _Problem:
    """The objective as a function of b (C - 1, D + 1): the head's weights in directions that add up to zero."""

    basis: torch.Tensor  # (C, C - 1)
    ones: torch.Tensor  # (N, D + 1), the features and a 1
    y: torch.Tensor  # (N,)
    penalty: torch.Tensor  # (D + 1,), 0 for the bias

    def value(self, b: torch.Tensor) -> tuple[float, torch.Tensor]:
        """The objective, and the probabilities (N, C)."""
        logs = (self.ones @ b.T @ self.basis.T).log_softmax(1)
        return float(F.nll_loss(logs, self.y) + 0.5 * (self.penalty * b.square()).sum()), logs.exp()

    def slope(self, b: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
        """The gradient (C - 1, D + 1)."""
        miss = p - F.one_hot(self.y, p.shape[1])
        return (miss @ self.basis).T @ self.ones / len(self.y) + self.penalty * b

    def curvature(self, p: torch.Tensor) -> torch.Tensor:
        """The Hessian, ((C - 1)(D + 1))^2; a grain on the diagonal keeps it solvable where classes are certain."""
        seen, (K, W) = p @ self.basis, (self.basis.shape[1], self.ones.shape[1])  # seen: (N, C - 1)
        hessian = p.new_zeros(K, W, K, W)
        for i in range(K):
            for j in range(i + 1):
                weight = p @ (self.basis[:, i] * self.basis[:, j]) - seen[:, i] * seen[:, j]  # (N,)
                block = (self.ones * weight[:, None]).T @ self.ones / len(self.ones)
                hessian[i, :, j], hessian[j, :, i] = block, block.T
        grain = (self.penalty + 1e-9).repeat(K)
        return hessian.reshape(K * W, K * W) + grain.diag()


def optimum(x: torch.Tensor, y: torch.Tensor, classes: int, l2: float, start: Optimum | None = None) -> Optimum:
    """Where mean cross-entropy plus l2 / 2 |W|^2 is least: Newton's method on x (N, D), y (N,), biases unpenalised.

    The rows of W add up to zero there, so C - 1 directions are enough: for two classes, one vector.
    """
    penalty = torch.cat([x.new_full((x.shape[1],), l2), x.new_zeros(1)])
    problem = _Problem(_zero_sum(classes).to(x), torch.cat([x, x.new_ones(len(x), 1)], 1), y, penalty)
    b = x.new_zeros(classes - 1, x.shape[1] + 1)
    if start is not None:
        b = problem.basis.T @ torch.cat([start.weight, start.bias[:, None]], 1)
    value, p = problem.value(b)
    for _ in range(100):
        slope = problem.slope(b, p)
        step = torch.linalg.solve(problem.curvature(p), slope.flatten()).view_as(b)
        fall = float((slope * step).sum())  # twice what the step promises to gain
        if fall < 1e-10:
            break
        share = 1.0
        while (found := problem.value(b - share * step))[0] > value - 1e-4 * share * fall and share > 1e-6:
            share /= 2
        b, (value, p) = b - share * step, found
    whole = problem.basis @ b
    return Optimum(whole[:, :-1], whole[:, -1], value)


def evening(x: torch.Tensor, l2: float) -> torch.Tensor:
    """The matrix (D, D) that evens out how steep the objective is on features x (N, D) with mean 0.

    At the start two classes have one chance in two each, and the curvature is cov(x) / 4 + l2. On features times its
    inverse square root it is the same in every direction; half that matrix keeps it as along a standardised feature.
    """
    if not x.isfinite().all():
        return torch.eye(x.shape[1]).to(x)  # the first step says what is wrong with them
    values, vectors = torch.linalg.eigh(x.T @ x / len(x))
    curvature = values.clamp_min(0) / 4 + max(l2, 1e-6)
    return vectors / (2 * curvature.sqrt()) @ vectors.T


def _zero_sum(classes: int) -> torch.Tensor:
    """An orthonormal basis (C, C - 1) of the vectors that add up to zero."""
    rows = torch.arange(classes).double()
    basis = (rows[:, None] <= rows[None, :-1]).double() / (rows[1:] * (rows[1:] + 1)).sqrt()
    below = rows[:, None] == rows[None, 1:]
    return torch.where(below, -rows[1:] / (rows[1:] * (rows[1:] + 1)).sqrt(), basis)


def choose_l2(
    x: torch.Tensor, y: torch.Tensor, held_out: torch.Tensor, truth: torch.Tensor, classes: int
) -> tuple[float, float]:
    """The penalty whose optimum has the lowest validation loss, and the objective's least value under it."""
    best: tuple[float, float, float] | None = None
    start = None
    for strength in STRENGTHS:  # from the strongest penalty on: each optimum begins at the one before
        l2 = 1 / (strength * len(y))
        start = optimum(x, y, classes, l2, start)
        loss = start.loss(held_out, truth)
        if best is None or loss < best[0]:
            best = loss, l2, start.objective
    assert best is not None
    return best[1:]
