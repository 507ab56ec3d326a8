"""Lesson 02: the causal mask, and perplexity from logits.

Shape letters: B batch, T bytes, V vocabulary.
"""

import torch
import torch.nn.functional as F

from ..data.tokenizer import PAD, VOCAB_SIZE
from .answers import Function, Probe
from .exercise import Exercise, Trap


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


def _whole_numbers(T: int) -> torch.Tensor:
    return torch.ones(T, T, dtype=torch.int64).tril()


def _to_be_added(T: int) -> torch.Tensor:
    return torch.zeros(T, T).masked_fill(~causal_mask(T), float("-inf"))


def _nested_lists(T: int) -> list[list[bool]]:
    return causal_mask(T).tolist()


def _losses(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)


def _summed(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return _losses(logits, targets)[mask].sum().exp().item()


def _pads_counted(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return _losses(logits, targets).mean().exp().item()


def _pads_by_their_id(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return perplexity(logits, targets, targets != PAD)


def _softmax_first(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return perplexity(logits.softmax(-1), targets, mask)


def _over_the_bytes(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    surprise = -logits.flatten(0, 1).log_softmax(0)  # down the bytes, not along the 260 ids
    return surprise[torch.arange(targets.numel()), targets.flatten()][mask.flatten()].mean().exp().item()


def _shifted_twice(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return perplexity(logits[:, :-1], targets[:, 1:], mask[:, 1:])


def _upside_down(logits: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor) -> float:
    return perplexity(logits, targets, ~mask)


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


def _ask_perplexity(scale: float, leave_out: bool = False) -> Function:
    """Messages of three bytes and one; all logits are equal where `scale` is 0, and the mask may leave out a byte."""

    def ask(fn: Function) -> float:
        generator = torch.Generator().manual_seed(0)
        logits = scale * torch.randn(2, 3, VOCAB_SIZE, generator=generator)
        targets = torch.tensor([[104, 105, 33], [111, PAD, PAD]])
        mask = targets != PAD
        mask[0, 1] = not leave_out
        return fn(logits, targets, mask)

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
        Trap(_inverted, "The mask is inverted: True means that a position may be seen. Swap True and False."),
        Trap(_transposed, "Transposed: rows are the positions that look, and yours see the future, not the past."),
        Trap(_everything, "Everything sees everything: nothing is hidden yet, so the model can copy its answer."),
        Trap(
            _whole_numbers,
            "These are whole numbers, 0 and 1; use True and False, which hide a position: dtype=torch.bool.",
        ),
        Trap(_to_be_added, "This mask, 0 and -inf, is made for adding to the scores; here True says what may be seen."),
        Trap(_nested_lists, "This is a list of lists; turn it into a tensor of type bool."),
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
        Probe("perplexity of the same where the mask leaves out one more byte", _ask_perplexity(2.0, leave_out=True)),
    ),
    traps=(
        Trap(_summed, "The losses are summed, not averaged: your perplexity grows with the length of the text."),
        Trap(_pads_counted, "Pads are counted: leave out the losses where the mask is False, then take the mean."),
        Trap(_pads_by_their_id, "You look for pads among the targets. Ask the mask: it may leave out more."),
        Trap(_softmax_first, "Softmax before cross-entropy: it takes the raw logits and does the softmax itself."),
        Trap(_over_the_bytes, "Your softmax runs over the bytes, dim 0. A byte's 260 ids share the probability."),
        Trap(_shifted_twice, "Shifted twice: targets[b, t] already is the byte after t. Leave logits and targets as "
             "they are."),
        Trap(_upside_down, "You took the loss of the pads: the mask is True on real bytes."),
        Trap(_divided_by_all, "Pads are left out of the sum but not of the count: divide by the real bytes alone."),
        Trap(_no_exp, "This is the mean loss in nats; perplexity is its exp. Logits that are all 0 must give 260."),
        Trap(_base_two, "You raise 2 to a loss in nats: PyTorch's loss is a natural logarithm, so undo it with exp."),
        Trap(_mean_of_exps, "The exp comes too early: take the mean of the losses first, then its exp."),
        Trap(_mean_of_messages, "A mean of means: short messages count too much. Take one mean over all real bytes."),
    ),
    hints=(
        "Three steps: a loss for every byte, the mean over the real ones, exp.",
        'F.cross_entropy with reduction="none" gives a loss per byte; it wants logits (N, V) and targets (N,).',
        "flatten(0, 1) makes (B * T, V) of the logits; losses[mask.flatten()] keeps the real bytes.",
    ),
    praise="A model that knows nothing gets 260, and a pad changes nothing.",
)  # fmt: skip
