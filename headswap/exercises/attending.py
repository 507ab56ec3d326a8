"""Lesson 02: attention by hand, one head for a few bytes.

Shape letters: T bytes, D width.
"""

import torch

from .answers import Probe
from .exercise import Exercise, Trap


def attend(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """What causal attention hands to each position, (T, D): queries, keys and values (T, D), one row a byte."""
    T, D = queries.shape
    scores = queries @ keys.T / D**0.5  # (T, T): row i looks at column j
    hidden = torch.ones(T, T, dtype=torch.bool).triu(1)
    weights = scores.masked_fill(hidden, float("-inf")).softmax(1)
    return weights @ values


# ---- wrong on purpose: one misconception each


def _weights(
    queries: torch.Tensor, keys: torch.Tensor, scale: float | None = None, diagonal: int = 1, fill: float = -torch.inf
) -> torch.Tensor:
    """The attention weights (T, T), with one thing otherwise."""
    scores = queries @ keys.T / (queries.shape[1] ** 0.5 if scale is None else scale)
    return scores.masked_fill(torch.ones_like(scores).triu(diagonal) == 1, fill).softmax(1)


def _unscaled(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return _weights(queries, keys, scale=1.0) @ values


def _divided_by_width(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return _weights(queries, keys, scale=queries.shape[1]) @ values


def _divided_by_length(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return _weights(queries, keys, scale=len(queries) ** 0.5) @ values


def _sees_the_future(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return _weights(queries, keys, diagonal=len(queries)) @ values


def _mask_transposed(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return attend(queries.flip(0), keys.flip(0), values.flip(0)).flip(0)


def _one_too_far(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return _weights(queries, keys, diagonal=2) @ values


def _blind_to_itself(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return _weights(queries, keys, diagonal=0) @ values


def _hidden_at_zero(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return _weights(queries, keys, fill=0.0) @ values


def _masked_after(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return _weights(queries, keys, diagonal=len(queries)).tril() @ values


def _down_the_columns(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    scores = queries @ keys.T / queries.shape[1] ** 0.5
    return scores.masked_fill(torch.ones_like(scores).triu(1) == 1, -torch.inf).softmax(0) @ values


def _no_softmax(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return (queries @ keys.T / queries.shape[1] ** 0.5).tril() @ values


def _roles_swapped(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return attend(keys, queries, values)


def _keys_handed_over(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return attend(queries, keys, keys)


def _weights_alone(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return _weights(queries, keys)


# ---- the exercise


def _asked(T: int, D: int, seed: int) -> Probe:
    """Whole numbers of one digit, so that a learner can follow one on paper."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(-3, 4, (3, T, D), generator=generator).tolist()
    says = "attend(queries, keys, values) with queries {}, keys {} and values {}".format(*rows)
    return Probe(says, lambda fn: fn(*(torch.tensor(row, dtype=torch.float32) for row in rows)))


ATTEND = Exercise(
    attend,
    (_asked(1, 2, 0), _asked(3, 2, 1), _asked(3, 4, 2), _asked(4, 2, 3)),
    (
        Trap(_unscaled, "The scores are not scaled: divide them by the square root of D, or one weight takes all."),
        Trap(_divided_by_width, "You divide the scores by D; it is the square root of D."),
        Trap(_divided_by_length, "You scale by the number of bytes; what counts is how many products a score sums: D."),
        Trap(_sees_the_future, "Nothing is masked: the first byte already takes from the last. Hide what comes later."),
        Trap(_mask_transposed, "Your mask is transposed: it hides the past and shows the future. Row i looks back."),
        Trap(_one_too_far, "Off by one: each position still sees the byte after it, the very one it has to guess."),
        Trap(_blind_to_itself, "Off by one: a position may see itself, or the first one has nothing to look at."),
        Trap(_hidden_at_zero, "A hidden score of 0 still gets a weight, because exp(0) is 1: fill with float('-inf')."),
        Trap(_masked_after, "You mask after the softmax, so a row no longer adds up to 1: mask the scores before it."),
        Trap(_down_the_columns, "Your softmax runs down the columns; a row's weights must add up to 1: softmax(1)."),
        Trap(_no_softmax, "These are raw scores; a softmax over each row turns them into weights that add up to 1."),
        Trap(_roles_swapped, "Keys and queries are swapped: the row that looks is the query's, so queries @ keys.T."),
        Trap(_keys_handed_over, "You mix the keys, but they only say where to look. Mix the values."),
        Trap(_weights_alone, "These are the weights, (T, T); weigh the values with them: weights @ values."),
    ),
    (
        "Four steps: the scores, the mask, the weights, the weighted mean of the values.",
        "queries @ keys.T is (T, T): row i looks at column j. Divide by D ** 0.5; what row i may not see gets -inf.",
        "scores.masked_fill(torch.ones(T, T, dtype=torch.bool).triu(1), float('-inf')).softmax(1) @ values.",
    ),
    "Each byte takes a weighted mean of what it may see, and the first one, alone, takes its own value.",
)
