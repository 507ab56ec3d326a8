"""Lesson 10: LoRA in three short functions, and a bottleneck adapter.

Shape letters: B batch, T bytes, D width, r rank.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import skip_init

from .answers import Probe
from .exercise import Exercise, Trap

Pair = tuple[torch.Tensor, torch.Tensor]
Given = torch.Tensor
Layer = nn.Module


def new_lora(fan_in: int, fan_out: int, rank: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Two thin matrices that add nothing yet: A (rank, fan_in) is drawn, B (fan_out, rank) is zeros."""
    A = torch.randn(rank, fan_in, generator=generator) / fan_in**0.5
    return A, torch.zeros(fan_out, rank)


def lora(x: torch.Tensor, output: torch.Tensor, A: torch.Tensor, B: torch.Tensor, alpha: float) -> torch.Tensor:
    """The frozen output (..., fan_out) plus alpha / r times x A^T B^T, for the layer's input x (..., fan_in)."""
    return output + alpha / len(A) * (x @ A.T @ B.T)


def merge(weight: torch.Tensor, A: torch.Tensor, B: torch.Tensor, alpha: float) -> torch.Tensor:
    """A new weight (fan_out, fan_in) that holds the frozen one and what LoRA has learned."""
    return weight + alpha / len(A) * (B @ A)


def adapter(hidden: torch.Tensor, down: torch.nn.Module, up: torch.nn.Module) -> torch.Tensor:
    """What came in (..., D) plus what the bottleneck makes of it: down to a few numbers, gelu, and up again."""
    return hidden + up(F.gelu(down(hidden)))


# ---- wrong on purpose: how LoRA begins


def _both_drawn(fan_in: int, fan_out: int, rank: int, generator: torch.Generator) -> Pair:
    A, _ = new_lora(fan_in, fan_out, rank, generator)
    return A, torch.randn(fan_out, rank, generator=generator)


def _both_zeros(fan_in: int, fan_out: int, rank: int, generator: torch.Generator) -> Pair:
    return torch.zeros(rank, fan_in), torch.zeros(fan_out, rank)


def _zeros_in_a(fan_in: int, fan_out: int, rank: int, generator: torch.Generator) -> Pair:
    return torch.zeros(rank, fan_in), torch.randn(fan_out, rank, generator=generator)


def _the_same_rows(fan_in: int, fan_out: int, rank: int, generator: torch.Generator) -> Pair:
    return torch.ones(rank, fan_in), torch.zeros(fan_out, rank)


def _on_their_sides(fan_in: int, fan_out: int, rank: int, generator: torch.Generator) -> Pair:
    A, B = new_lora(fan_in, fan_out, rank, generator)
    return A.T, B.T


def _changed_places(fan_in: int, fan_out: int, rank: int, generator: torch.Generator) -> Pair:
    A, B = new_lora(fan_in, fan_out, rank, generator)
    return B, A


def _own_draws(fan_in: int, fan_out: int, rank: int, generator: torch.Generator) -> Pair:
    other = torch.Generator()
    other.seed()  # as PyTorch's global one, which no trap may move
    return torch.randn(rank, fan_in, generator=other), torch.zeros(fan_out, rank)


# ---- wrong on purpose: what LoRA adds


def _not_divided(x: Given, output: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return output + alpha * (x @ A.T @ B.T)


def _no_alpha(x: Given, output: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return output + x @ A.T @ B.T


def _by_the_root(x: Given, output: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return output + alpha / len(A) ** 0.5 * (x @ A.T @ B.T)


def _by_the_width(x: Given, output: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return output + alpha / A.shape[1] * (x @ A.T @ B.T)


def _upside_down(x: Given, output: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return output + len(A) / alpha * (x @ A.T @ B.T)


def _without_the_frozen(x: Given, output: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return alpha / len(A) * (x @ A.T @ B.T)


def _everything_scaled(x: Given, output: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return alpha / len(A) * (output + x @ A.T @ B.T)


def _not_transposed(x: Given, output: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return output + alpha / len(A) * (x @ A @ B)


def _b_first(x: Given, output: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return output + alpha / len(A) * (x @ B.T @ A.T)


# ---- wrong on purpose: merging


def _in_place(weight: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    weight += alpha / len(A) * (B @ A)
    return weight


def _merged_undivided(weight: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return weight + alpha * (B @ A)


def _merged_without_alpha(weight: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return weight + B @ A


def _the_change_alone(weight: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return alpha / len(A) * (B @ A)


def _on_its_side(weight: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return merge(weight, A, B, alpha).T


def _a_first(weight: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return weight + alpha / len(A) * (A @ B)


def _taken_away(weight: Given, A: Given, B: Given, alpha: float) -> torch.Tensor:
    return weight - alpha / len(A) * (B @ A)


# ---- wrong on purpose: an adapter


def _no_way_past(hidden: torch.Tensor, down: Layer, up: Layer) -> torch.Tensor:
    return up(F.gelu(down(hidden)))


def _straight(hidden: torch.Tensor, down: Layer, up: Layer) -> torch.Tensor:
    return hidden + up(down(hidden))


def _bent_at_the_end(hidden: torch.Tensor, down: Layer, up: Layer) -> torch.Tensor:
    return hidden + F.gelu(up(down(hidden)))


def _bent_twice(hidden: torch.Tensor, down: Layer, up: Layer) -> torch.Tensor:
    return hidden + F.gelu(up(F.gelu(down(hidden))))


def _all_bent(hidden: torch.Tensor, down: Layer, up: Layer) -> torch.Tensor:
    return F.gelu(hidden + up(down(hidden)))


def _bent_at_the_start(hidden: torch.Tensor, down: Layer, up: Layer) -> torch.Tensor:
    return hidden + up(down(F.gelu(hidden)))


def _relu(hidden: torch.Tensor, down: Layer, up: Layer) -> torch.Tensor:
    return hidden + up(F.relu(down(hidden)))


def _nearly_gelu(hidden: torch.Tensor, down: Layer, up: Layer) -> torch.Tensor:
    return hidden + up(F.gelu(down(hidden), approximate="tanh"))


def _up_first(hidden: torch.Tensor, down: Layer, up: Layer) -> torch.Tensor:
    return hidden + down(F.gelu(up(hidden)))


# ---- the questions


def _begun(fan_in: int, fan_out: int, rank: int) -> Probe:
    def ask(function: Callable[..., Any]) -> dict[str, object]:
        first, again = (function(fan_in, fan_out, rank, torch.Generator().manual_seed(3)) for _ in range(2))
        A, B = first
        return {
            "A": tuple(A.shape), "B": tuple(B.shape), "A is zeros": not A.any(), "B is zeros": not B.any(),
            "rows of A": "all alike" if len(A) > 1 and bool((A - A[0] == 0).all()) else "different",
            "drawn from the generator": bool(torch.equal(A, again[0]) and torch.equal(B, again[1])),
        }  # fmt: skip

    return Probe(f"new_lora({fan_in}, {fan_out}, {rank}, generator)", ask)


def _whole_numbers(*shape: int, seed: int) -> torch.Tensor:
    """Small whole numbers, so that a learner can follow on paper."""
    return torch.randint(-2, 3, shape, generator=torch.Generator().manual_seed(seed)).float()


def _adding(fan_in: int, fan_out: int, rank: int, alpha: float) -> Probe:
    x, output = _whole_numbers(2, fan_in, seed=1), _whole_numbers(2, fan_out, seed=2)
    A, B = _whole_numbers(rank, fan_in, seed=3), _whole_numbers(fan_out, rank, seed=4)
    given = ", ".join(f"{name} {one.tolist()}" for name, one in (("x", x), ("output", output), ("A", A), ("B", B)))
    says = f"lora(x, output, A, B, {alpha:g}) with {given}"
    return Probe(says, lambda fn: fn(x.clone(), output.clone(), A.clone(), B.clone(), alpha))


def _merging(fan_in: int, fan_out: int, rank: int, alpha: float) -> Probe:
    frozen = _whole_numbers(fan_out, fan_in, seed=1)
    A, B = _whole_numbers(rank, fan_in, seed=3), _whole_numbers(fan_out, rank, seed=4)

    def ask(function: Callable[..., Any]) -> dict[str, object]:
        weight = frozen.clone()
        merged = function(weight, A.clone(), B.clone(), alpha).clone()
        return {"merged": merged, "the frozen weight afterwards": weight}

    says = f"merge(weight, A, B, {alpha:g}) with weight {frozen.tolist()}, A {A.tolist()}, B {B.tolist()}"
    return Probe(says, ask)


def _adapting(width: int, narrow: int, seed: int) -> Probe:
    def layer(fan_in: int, fan_out: int, seed: int) -> nn.Module:
        made = cast(nn.Linear, skip_init(nn.Linear, fan_in, fan_out))
        with torch.no_grad():
            made.weight.copy_(_whole_numbers(fan_out, fan_in, seed=seed))
            made.bias.copy_(_whole_numbers(fan_out, seed=seed + 1))
        return made

    hidden = _whole_numbers(1, 2, width, seed=seed)
    says = f"adapter(hidden, down, up) with hidden {hidden.tolist()}, down from {width} to {narrow} numbers"
    return Probe(
        f"{says}, up from {narrow} to {width},",
        lambda fn: fn(hidden.clone(), layer(width, narrow, 5), layer(narrow, width, 7)),
    )


NEW_LORA = Exercise(
    new_lora,
    (_begun(6, 4, 2), _begun(3, 5, 1)),
    (
        Trap(_both_drawn, "B isn't zeros, so B A x adds noise before the first step: the start is not the identity."),
        Trap(_both_zeros, "Both are zeros, so each hides the other's gradient and nothing ever learns. Draw A."),
        Trap(_zeros_in_a, "The other way round: A is drawn and B is zeros, as in the paper and in the library."),
        Trap(_the_same_rows, "All rows of A are alike, so they learn alike, and the rank is 1 whatever you ask for: "
             "draw them."),
        Trap(_on_their_sides, "Your matrices lie on their sides: A is (rank, fan_in) and B is (fan_out, rank)."),
        Trap(_changed_places, "You return B first; return A, then B."),
        Trap(_own_draws, "A ignores the generator that you were given, so a run can't be repeated from its seed: pass "
             "generator=generator to torch.randn."),
    ),
    (
        "B A x must be zero at the start, and A must be able to pass on a gradient to B.",
        "Draw A with torch.randn(rank, fan_in, generator=generator), divide it by fan_in ** 0.5 so that it isn't too "
        "large, and make B with torch.zeros(fan_out, rank).",
        "A = torch.randn(rank, fan_in, generator=generator) / fan_in ** 0.5; return A, torch.zeros(fan_out, rank).",
    ),
    "B A is zero: hung on a body, your LoRA changes nothing until it learns.",
)  # fmt: skip

LORA = Exercise(
    lora,
    (_adding(3, 2, 1, 2.0), _adding(3, 4, 2, 8.0), _adding(4, 4, 3, 1.0)),
    (
        Trap(_not_divided, "alpha isn't divided by the rank: with another rank the step would change its size."),
        Trap(_no_alpha, "alpha is missing: scale what you add by alpha / rank."),
        Trap(_by_the_root, "You divide by the root of the rank. There is a variant that does (rsLoRA); here it's the "
             "rank itself."),
        Trap(_by_the_width, "You divide alpha by the width; it's the rank, the number of rows of A."),
        Trap(_upside_down, "Upside down: the scale is alpha / rank, not rank / alpha."),
        Trap(_without_the_frozen, "The frozen output is gone: add to it, or the body's own product is lost."),
        Trap(_everything_scaled, "You scale the frozen output too; only what you add gets alpha / rank."),
        Trap(_not_transposed, "The shapes don't fit: A is (rank, fan_in), so x @ A.T narrows, and then @ B.T widens."),
        Trap(_b_first, "B comes second: A narrows x to rank numbers first, then B widens them."),
    ),
    (
        "First narrow x to rank numbers with A, then widen them with B, then scale, then add.",
        "x @ A.T has rank numbers per row; @ B.T makes fan_out of them. The rank is len(A).",
        "Return output + alpha / len(A) * (x @ A.T @ B.T).",
    ),
    "Two thin products beside a frozen one, scaled by alpha / rank.",
)  # fmt: skip

MERGE = Exercise(
    merge,
    (_merging(3, 2, 1, 2.0), _merging(3, 4, 2, 8.0)),
    (
        Trap(_in_place, "You changed the frozen weight itself: merge twice and it's added twice, and there's no way "
             "back. Return a new tensor."),
        Trap(_merged_undivided, "alpha isn't divided by the rank: the merged layer would answer otherwise than the "
             "one it was trained as."),
        Trap(_merged_without_alpha, "The scale is missing: B A must be multiplied by alpha / rank, as in training."),
        Trap(_the_change_alone, "That's the change alone; the merged weight is the frozen one plus the change."),
        Trap(_on_its_side, "Your result lies on its side: a weight is (fan_out, fan_in), and so is B @ A."),
        Trap(_a_first, "The shapes don't fit: B is (fan_out, rank) and A is (rank, fan_in), so the product is B @ A."),
        Trap(_taken_away, "You subtract the change; that would unlearn it. Add it."),
    ),
    (
        "x A.T B.T is x times the transpose of B A. So B A is a change of the weight.",
        "B @ A has the weight's own shape, (fan_out, fan_in); its scale is alpha / rank.",
        "Return weight + alpha / len(A) * (B @ A), and leave the weight you were given alone.",
    ),
    "One matrix again: nothing to compute beside it, and the old weight is untouched.",
)  # fmt: skip

ADAPTER = Exercise(
    adapter,
    (_adapting(4, 2, 1), _adapting(6, 3, 2)),
    (
        Trap(_no_way_past, "What came in is gone: add the bottleneck's answer to hidden."),
        Trap(_straight, "Without gelu in between, two linear layers are no more than one."),
        Trap(_bent_at_the_end, "gelu comes after up; it belongs in the narrow middle, between down and up."),
        Trap(_bent_twice, "One gelu is enough: between down and up. After up it would cut off negative values, so the "
             "adapter could hardly subtract anything."),
        Trap(_all_bent, "You bend the sum, and what came in doesn't pass unchanged: gelu belongs between down and up."),
        Trap(_bent_at_the_start, "gelu comes before down; it belongs in the narrow middle, between down and up."),
        Trap(_relu, "That's relu, which Pfeiffer's adapters use. Use F.gelu here, as Houlsby's do in the library."),
        Trap(_nearly_gelu, "That's gelu's approximation by tanh; F.gelu(x) alone gives the exact one."),
        Trap(_up_first, "The wrong way round: down narrows first, then gelu, then up widens."),
    ),
    (
        "A bottleneck has a way through and a way past: what goes through is added to what came in.",
        "Through: down, then F.gelu, then up.",
        "Return hidden + up(F.gelu(down(hidden))).",
    ),
    "A narrow way through, and a free way past.",
)  # fmt: skip
