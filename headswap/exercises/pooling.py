"""Lesson 04: one vector per message, in which no pad and no neighbour has a say.

Shape letters: B batch, T bytes, D width.
"""

from collections.abc import Callable, Sequence

import torch

from .answers import Probe
from .exercise import Exercise, Trap

# Hidden states (1, T, D) such as a body might give; pads hold vectors too, and nothing says that they are small.
STATES = ((1.0, 4.0), (2.0, -1.0), (6.0, 3.0), (-3.0, 8.0), (7.0, 5.0))
MASKS = {
    "no pads": ((1, 1, 1, 1, 1), (1, 1, 1, 1, 1)),
    "pads on the right": ((1, 1, 1, 1, 1), (1, 1, 0, 0, 0)),
    "pads on the left": ((0, 0, 1, 1, 1), (0, 0, 0, 1, 1)),
    "pads on both sides": ((0, 1, 1, 1, 0), (0, 1, 1, 0, 0)),
}
Pooling = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def masked_mean(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean of the real positions: hidden (B, T, D) and mask (B, T), True on real ids, to (B, D)."""
    weight = mask.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
    return (hidden * weight).sum(1) / weight.sum(1)


def last_real(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The vector of the last real id: hidden (B, T, D) and mask (B, T), pads on either side, to (B, D)."""
    steps = torch.arange(mask.shape[1])
    last = (steps * mask).argmax(1)  # (B,): the largest step that is real
    return hidden[torch.arange(len(hidden)), last]


def _pads_counted(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden.mean(1)


def _divided_by_length(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (hidden * mask.unsqueeze(-1)).mean(1)


def _never_divided(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (hidden * mask.unsqueeze(-1)).sum(1)


def _inverted(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return masked_mean(hidden, ~mask)


def _whole_batch(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden[mask].mean(0).expand(len(hidden), -1)


def _by_the_longest(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return _never_divided(hidden, mask) / mask.sum(1).max()


def _over_the_features(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (hidden * mask.unsqueeze(-1)).mean(2)


def _last_position(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden[:, -1]


def _counted(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden[torch.arange(len(hidden)), mask.sum(1) - 1]


def _first_position(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden[:, 0]


def _one_before(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    steps = torch.arange(mask.shape[1])
    return hidden[torch.arange(len(hidden)), (steps * mask).argmax(1) - 1]


def _pads_blanked(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (hidden * mask.unsqueeze(-1))[:, -1]


def _first_real(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden[torch.arange(len(hidden)), mask.int().argmax(1)]


def _probes(name: str) -> tuple[Probe, ...]:
    return tuple(Probe(f"{name}(hidden, mask) with {says}", _asker(rows)) for says, rows in MASKS.items())


def _asker(rows: Sequence[Sequence[int]]) -> Callable[[Pooling], torch.Tensor]:
    """Two messages under these masks; the second's hidden states are the first's, doubled."""

    def ask(function: Pooling) -> torch.Tensor:
        states = torch.tensor(STATES)
        return function(torch.stack([states, 2 * states]), torch.tensor(rows, dtype=torch.bool))

    return ask


MASKED_MEAN = Exercise(
    masked_mean,
    _probes("masked_mean"),
    (
        Trap(_pads_counted, "You counted the pads: they are in the sum and in the number that you divide by."),
        Trap(_divided_by_length, "The sum is right, but you divided by T, not by the number of real bytes."),
        Trap(_never_divided, "That is the sum of the real positions; divide it by their number."),
        Trap(_inverted, "The mask is upside down: True marks real ids, and you took the mean of the pads."),
        Trap(_by_the_longest, "You divide every message by the longest one's bytes; divide each by its own."),
        Trap(_over_the_features, "You took the mean over the features, D; take it over the positions, T."),
        Trap(_whole_batch, "You took one mean over the whole batch; each message has its own."),
        Trap(_last_position, "That is the vector at the last position, not a mean."),
    ),
    (
        "Keep the pads out of two things: the sum, and the number that you divide it by.",
        "mask.unsqueeze(-1) is (B, T, 1); times hidden it turns every pad's vector to zero.",
        "Divide (hidden * weight).sum(1) by weight.sum(1), where weight is the mask as numbers, (B, T, 1).",
    ),
    "Your mean stays the same, wherever the pads are and however many.",
)

LAST_REAL = Exercise(
    last_real,
    _probes("last_real"),
    (
        Trap(_last_position, "That is the last position; with pads on the right it is a pad. Take the last real byte."),
        Trap(_counted, "You counted the real bytes from 0; with pads on the left, they begin later."),
        Trap(
            _one_before, "Off by one: this is the byte before the last. The largest real position is the place itself."
        ),
        Trap(_pads_blanked, "You set the pads to zero and take the last position: if that's a pad, you get zeros."),
        Trap(_first_position, "That is the first position; a causal body has seen only one byte there."),
        Trap(_first_real, "That is the first real byte; you need the last one, which has seen the whole message."),
    ),
    (
        "The number of real bytes doesn't tell you where they are. Ask the mask for the place itself.",
        "torch.arange(T) * mask holds each real position's number, and 0 on the pads: where is it largest?",
        "last = (torch.arange(T) * mask).argmax(1), then hidden[torch.arange(B), last].",
    ),
    "You find the last real byte on whichever side the pads are.",
)
