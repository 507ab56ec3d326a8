"""Lesson 02: the causal mask, and perplexity from logits.

Shape letters: B batch, T bytes, V vocabulary.
"""

import torch
import torch.nn.functional as F

from ..data.tokenizer import PAD, VOCAB_SIZE
from .exercise import Exercise, Function, Probe, Trap


def causal_mask(T: int) -> torch.Tensor:
    """What may be seen, (T, T) bool: row i is True at i and at everything before it."""
    return torch.ones(T, T, dtype=torch.bool).tril()


def perplexity(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    """exp of the mean loss per real byte: logits (B, T, V), targets (B, T), mask (B, T) True on real bytes."""
    losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")  # (B * T,)
    return losses[mask.flatten()].mean().exp().item()


# ---- wrong on purpose


def _blind_to_itself(T: int) -> torch.Tensor:
    return torch.ones(T, T, dtype=torch.bool).tril(-1)


def _one_too_far(T: int) -> torch.Tensor:
    return torch.ones(T, T, dtype=torch.bool).tril(1)


def _inverted(T: int) -> torch.Tensor:
    return ~causal_mask(T)


def _transposed(T: int) -> torch.Tensor:
    return causal_mask(T).T


def _everything(T: int) -> torch.Tensor:
    return torch.ones(T, T, dtype=torch.bool)


def _numbers(T: int) -> torch.Tensor:
    return torch.ones(T, T).tril()


def _losses(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)


def _summed(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return _losses(logits, targets)[mask].sum().exp().item()


def _pads_counted(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return _losses(logits, targets).mean().exp().item()


def _divided_by_all(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return (_losses(logits, targets) * mask).mean().exp().item()


def _no_exp(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return _losses(logits, targets)[mask].mean().item()


def _base_two(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return 2 ** _losses(logits, targets)[mask].mean().item()


def _mean_of_exps(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return _losses(logits, targets)[mask].exp().mean().item()


def _mean_of_messages(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return ((_losses(logits, targets) * mask).sum(1) / mask.sum(1)).mean().exp().item()


# ---- the exercises


def _mask_of(T: int) -> Probe:
    return Probe(f"causal_mask({T})", lambda fn: fn(T))


def _ask_perplexity(scale: float) -> Function:
    """Two messages of three bytes and one; the logits all equal where `scale` is 0."""

    def ask(fn: Function) -> float:
        generator = torch.Generator().manual_seed(0)
        logits = scale * torch.randn(2, 3, VOCAB_SIZE, generator=generator)
        targets = torch.tensor([[104, 105, 33], [111, PAD, PAD]])
        return fn(logits, targets, targets != PAD)

    return ask


CAUSAL_MASK = Exercise(
    reference=causal_mask,
    probes=(
        *map(_mask_of, (1, 2, 4)),
        Probe("The type of causal_mask(2)", lambda fn: str(fn(2).dtype).removeprefix("torch.")),
    ),
    traps=(
        Trap(_blind_to_itself, "Off by one: a position does not see itself, and the first one sees nothing at all."),
        Trap(_one_too_far, "Off by one: every position sees the next byte, the very one it has to predict."),
        Trap(_inverted, "The mask is inverted: True means may be seen, and yours is True where it may not."),
        Trap(_transposed, "Transposed: rows are the positions that look, and yours see the future, not the past."),
        Trap(_everything, "Everything sees everything: nothing is hidden yet, so the model can copy its answer."),
        Trap(_numbers, "These are numbers: PyTorch adds a mask of numbers to the scores. Only bool hides a position."),
    ),
    hints=(
        "Which columns may row 0 see? Which row 3? Write the 4 x 4 square on paper first.",
        "The True cells are a triangle: the diagonal and all below it.",
        "Start from torch.ones(T, T, dtype=torch.bool); a tensor has a method that keeps its lower triangle.",
    ),
    praise="Row i sees itself and everything before it, T (T + 1) / 2 cells in all.",
)

PERPLEXITY = Exercise(
    reference=perplexity,
    probes=(
        Probe("perplexity of logits that are all 0", _ask_perplexity(0.0)),
        Probe("perplexity of random logits, for two messages of 3 bytes and 1,", _ask_perplexity(2.0)),
    ),
    traps=(
        Trap(_summed, "The losses are summed, not averaged: your perplexity grows with the length of the text."),
        Trap(_pads_counted, "Pads are counted: leave out the losses where the mask is False, then take the mean."),
        Trap(_divided_by_all, "Pads are left out of the sum but not of the count: divide by the real bytes alone."),
        Trap(_no_exp, "This is the mean loss in nats; perplexity is its exp. Logits that are all 0 must give 260."),
        Trap(_base_two, "2 to a loss in nats: PyTorch's loss is a natural logarithm, so the way back is exp."),
        Trap(_mean_of_exps, "The exp comes too early: take the mean of the losses first, and the exp of that."),
        Trap(_mean_of_messages, "A mean of means: short messages weigh too much. Take one mean over all real bytes."),
    ),
    hints=(
        "Three steps: a loss for every byte, the mean over the real ones, exp.",
        'F.cross_entropy with reduction="none" gives a loss per byte; it wants logits (N, V) and targets (N,).',
        "flatten(0, 1) makes (B * T, V) of the logits; losses[mask.flatten()] keeps the real bytes.",
    ),
    praise="260 for a model that knows nothing, and a pad changes nothing.",
)
